// Stochastic gradient descent with momentum, as torch.optim.SGD.
import { boolean, finite, nonNegative, options } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { commonKeys, Optimizer, type OptimizerOptions } from './optimizer.js'

/** Options of {@link SGD}. Learning rate 0.01 unless told. */
export interface SGDOptions extends OptimizerOptions {
  /** Part of the velocity that stays. Default 0: no velocity. */
  momentum?: number
  /** Part of the gradient that does not enter the velocity. Default 0. */
  dampening?: number
  /** Nesterov's momentum; needs momentum > 0 and dampening 0. Default false. */
  nesterov?: boolean
}

/**
 * v = momentum·v + (1 − dampening)·g (v = g at first); p −= learningRate·v (Nesterov: g + momentum·v).
 */
export class SGD extends Optimizer {
  readonly momentum: number
  readonly dampening: number
  readonly nesterov: boolean

  constructor(given?: SGDOptions) {
    const all = options('SGD', given, [...commonKeys, 'momentum', 'dampening', 'nesterov'])
    super('SGD', all, { learningRate: 0.01 })
    const { momentum = 0, dampening = 0, nesterov = false } = all
    this.momentum = nonNegative('SGD', 'momentum', momentum)
    this.dampening = finite('SGD', 'dampening', dampening)
    this.nesterov = boolean('SGD', 'nesterov', nesterov)
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ArgumentError(
        'SGD',
        'momentum > 0 and dampening 0 with nesterov',
        `momentum ${momentum}, dampening ${dampening}`,
      )
    }
  }

  override get stateNames(): readonly string[] {
    return this.momentum === 0 ? [] : ['velocity']
  }
  protected override get rule(): number {
    return 0
  }
  protected override get own(): readonly number[] {
    return [this.momentum, this.dampening, this.nesterov ? 1 : 0]
  }
}
