// Adamax, as torch.optim.Adamax.
import { options } from '../checks.js'
import { MomentOptimizer, type MomentOptions, momentKeys } from './moments.js'

/** Adam with the maximum norm: u = max(β2·u, |g| + ε); p −= learningRate·m̂/u. Learning rate 0.002 unless told. */
export class Adamax extends MomentOptimizer {
  constructor(given?: MomentOptions) {
    super('Adamax', options('Adamax', given, momentKeys), { learningRate: 2e-3 })
  }

  override get stateNames(): readonly string[] {
    return ['mean', 'maximum']
  }
  protected override get rule(): number {
    return 6
  }
}
