// RAdam, as torch.optim.RAdam.
import { options } from '../checks.js'
import { MomentOptimizer, type MomentOptions, momentKeys } from './moments.js'

/** Options of {@link RAdam}. Learning rate 0.001 unless told. */
export interface RAdamOptions extends MomentOptions {
  /** Whether weight decay leaves the gradient alone. Default false. */
  decoupledWeightDecay?: boolean
}

/**
 * Adam whose step is rectified by the variance of its denominator, and is that of momentum alone while this variance is not
 * tractable, in the first five steps or so (Liu et al. 2020).
 */
export class RAdam extends MomentOptimizer {
  constructor(given?: RAdamOptions) {
    const all = options('RAdam', given, [...momentKeys, 'decoupledWeightDecay'])
    const { decoupledWeightDecay = false } = all
    super('RAdam', all, { learningRate: 1e-3, decoupled: decoupledWeightDecay })
  }

  protected override get rule(): number {
    return 5
  }
}
