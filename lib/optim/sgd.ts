// Stochastic gradient descent with momentum, as torch.optim.SGD.
import { boolean, finite, nonNegative, options } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { type NativeUpdate, Optimizer } from './optimizer.js'

/** Options of {@link SGD}. */
export interface SGDOptions {
  /** Step size. Default 0.01. */
  learningRate?: number
  /** Part of the velocity that stays. Default 0: no velocity. */
  momentum?: number
  /** Part of the gradient that does not enter the velocity. Default 0. */
  dampening?: number
  /** L2 penalty: adds weightDecay·parameter to the gradient. Default 0. */
  weightDecay?: number
  /** Nesterov's momentum; needs momentum > 0 and dampening 0. Default false. */
  nesterov?: boolean
}

/**
 * g += weightDecay·p; v = momentum·v + (1 − dampening)·g (v = g at first); p −= learningRate·v (Nesterov: g + momentum·v).
 */
export class SGD extends Optimizer {
  readonly momentum: number
  readonly dampening: number
  readonly weightDecay: number
  readonly nesterov: boolean
  #learningRate: number

  constructor(given?: SGDOptions) {
    super()
    const keys = ['learningRate', 'momentum', 'dampening', 'weightDecay', 'nesterov'] as const
    const {
      learningRate = 0.01,
      momentum = 0,
      dampening = 0,
      weightDecay = 0,
      nesterov = false,
    } = options('SGD', given, keys)
    this.#learningRate = nonNegative('SGD', 'learningRate', learningRate)
    this.momentum = nonNegative('SGD', 'momentum', momentum)
    this.dampening = finite('SGD', 'dampening', dampening)
    this.weightDecay = nonNegative('SGD', 'weightDecay', weightDecay)
    this.nesterov = boolean('SGD', 'nesterov', nesterov)
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ArgumentError(
        'SGD',
        'momentum > 0 and dampening 0 with nesterov',
        `momentum ${momentum}, dampening ${dampening}`,
      )
    }
  }

  /** Step size; may be changed between steps. */
  get learningRate(): number {
    return this.#learningRate
  }
  set learningRate(value: number) {
    this.#learningRate = nonNegative('SGD', 'learningRate', value)
  }

  protected override get vectors(): number {
    return this.momentum === 0 ? 0 : 1
  }

  override get update(): NativeUpdate {
    const { learningRate, momentum, dampening, weightDecay, nesterov } = this
    return { optimizer: 0, options: [learningRate, weightDecay, 0, 0, momentum, dampening, nesterov ? 1 : 0] }
  }
}
