// Lion (Chen et al. 2023): steps of one length, in the direction of a running mean's sign.
import { options } from '../checks.js'
import { betasOf } from './moments.js'
import { commonKeys, Optimizer, type OptimizerOptions } from './optimizer.js'

/** Options of {@link Lion}. Learning rate 0.0001 unless told; weight decay is decoupled, as in AdamW. */
export interface LionOptions extends OptimizerOptions {
  /** Part of the mean in the direction, and part of it that stays. Default [0.9, 0.99]. */
  betas?: readonly [number, number]
}

/** p −= learningRate·(sign(β1·m + (1 − β1)·g) + weightDecay·p), then m = β2·m + (1 − β2)·g. */
export class Lion extends Optimizer {
  readonly betas: readonly [number, number]

  constructor(given?: LionOptions) {
    const all = options('Lion', given, [...commonKeys, 'betas'])
    super('Lion', all, { learningRate: 1e-4, decoupled: true })
    const { betas = [0.9, 0.99] } = all
    this.betas = betasOf('Lion', betas)
  }

  override get stateNames(): readonly string[] {
    return ['mean']
  }
  protected override get rule(): number {
    return 11
  }
  protected override get own(): readonly number[] {
    return this.betas
  }
}
