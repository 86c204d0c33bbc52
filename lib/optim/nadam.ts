// NAdam, as torch.optim.NAdam.
import { nonNegative, options } from '../checks.js'
import { MomentOptimizer, type MomentOptions, momentKeys } from './moments.js'

/** Options of {@link NAdam}. Learning rate 0.002 unless told. */
export interface NAdamOptions extends MomentOptions {
  /** ψ of the schedule of momentum. Default 0.004. */
  momentumDecay?: number
  /** Whether weight decay leaves the gradient alone. Default false. */
  decoupledWeightDecay?: boolean
}

/**
 * Adam with Nesterov's momentum (Dozat 2016): μ(t) = β1·(1 − 0.96^(t·ψ)/2);
 * p −= learningRate·((1 − μ(t))·g/(1 − Πμ(1…t)) + μ(t + 1)·m/(1 − Πμ(1…t + 1)))/(√v̂ + ε).
 */
export class NAdam extends MomentOptimizer {
  readonly momentumDecay: number

  constructor(given?: NAdamOptions) {
    const all = options('NAdam', given, [...momentKeys, 'momentumDecay', 'decoupledWeightDecay'])
    const { momentumDecay = 4e-3, decoupledWeightDecay = false } = all
    super('NAdam', all, { learningRate: 2e-3, decoupled: decoupledWeightDecay })
    this.momentumDecay = nonNegative('NAdam', 'momentumDecay', momentumDecay)
  }

  protected override get rule(): number {
    return 4
  }
  protected override get own(): readonly number[] {
    return [...super.own, this.momentumDecay]
  }
}
