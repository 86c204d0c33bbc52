// RMSProp, as torch.optim.RMSprop.
import { boolean, nonNegative, options, within } from '../checks.js'
import { commonKeys, Optimizer, type OptimizerOptions } from './optimizer.js'

/** Options of {@link RMSProp}. Learning rate 0.01 unless told. */
export interface RMSPropOptions extends OptimizerOptions {
  /** Part of the mean of squares that stays. Default 0.99. */
  alpha?: number
  /** Added to the root of the mean. Default 1e-8. */
  epsilon?: number
  /** Part of the steps' sum that stays. Default 0: no such sum. */
  momentum?: number
  /** Whether the gradients' variance divides, and not their mean square. Default false. */
  centered?: boolean
}

/**
 * v is the running mean of g², a that of g (centred); d = g/(√(v − a²) + ε); p −= learningRate·d, or learningRate·b with
 * b = momentum·b + d.
 */
export class RMSProp extends Optimizer {
  readonly alpha: number
  readonly epsilon: number
  readonly momentum: number
  readonly centered: boolean

  constructor(given?: RMSPropOptions) {
    const all = options('RMSProp', given, [...commonKeys, 'alpha', 'epsilon', 'momentum', 'centered'])
    super('RMSProp', all, { learningRate: 0.01 })
    const { alpha = 0.99, epsilon = 1e-8, momentum = 0, centered = false } = all
    this.alpha = within('RMSProp', 'alpha', alpha, 0, 1)
    this.epsilon = nonNegative('RMSProp', 'epsilon', epsilon)
    this.momentum = nonNegative('RMSProp', 'momentum', momentum)
    this.centered = boolean('RMSProp', 'centered', centered)
  }

  override get stateNames(): readonly (string | null)[] {
    return ['squares', this.momentum === 0 ? null : 'buffer', this.centered ? 'mean' : null]
  }
  protected override get rule(): number {
    return 7
  }
  protected override get own(): readonly number[] {
    return [this.alpha, this.epsilon, this.momentum]
  }
}
