// Adagrad, as torch.optim.Adagrad.
import { nonNegative, options } from '../checks.js'
import type { ParameterBlock } from '../nn/parameters.js'
import type { FloatArray } from '../tensor/dtype.js'
import { commonKeys, Optimizer, type OptimizerOptions } from './optimizer.js'

/** Options of {@link Adagrad}. Learning rate 0.01 unless told. */
export interface AdagradOptions extends OptimizerOptions {
  /** δ in learningRate/(1 + (step − 1)·δ). Default 0. */
  learningRateDecay?: number
  /** Where the sum of squares starts. Default 0. */
  initialAccumulator?: number
  /** Added to the root of the sum. Default 1e-10. */
  epsilon?: number
}

/** v += g²; p −= learningRate/(1 + (step − 1)·learningRateDecay)·g/(√v + ε). */
export class Adagrad extends Optimizer {
  readonly learningRateDecay: number
  readonly initialAccumulator: number
  readonly epsilon: number

  constructor(given?: AdagradOptions) {
    const all = options('Adagrad', given, [...commonKeys, 'learningRateDecay', 'initialAccumulator', 'epsilon'])
    super('Adagrad', all, { learningRate: 0.01 })
    const { learningRateDecay = 0, initialAccumulator = 0, epsilon = 1e-10 } = all
    this.learningRateDecay = nonNegative('Adagrad', 'learningRateDecay', learningRateDecay)
    this.initialAccumulator = nonNegative('Adagrad', 'initialAccumulator', initialAccumulator)
    this.epsilon = nonNegative('Adagrad', 'epsilon', epsilon)
  }

  override get stateNames(): readonly string[] {
    return ['sum']
  }
  protected override get rule(): number {
    return 8
  }
  protected override get own(): readonly number[] {
    return [this.learningRateDecay, this.epsilon]
  }
  protected override fresh(block: ParameterBlock): FloatArray {
    return super.fresh(block).fill(this.initialAccumulator)
  }
}
