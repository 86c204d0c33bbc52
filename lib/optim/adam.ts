// Adam and AdamW, as torch.optim.Adam and AdamW.
import { describe, nonNegative, options, within } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { type NativeUpdate, Optimizer } from './optimizer.js'

/** Options of {@link Adam} and {@link AdamW}. */
export interface AdamOptions {
  /** Step size. Default 0.001. */
  learningRate?: number
  /** Decay of the first and second moment. Default [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** Added to the root of the second moment. Default 1e-8. */
  epsilon?: number
  /** Adam: L2 penalty on the gradient, default 0. AdamW: decay of the parameter itself, default 0.01. */
  weightDecay?: number
}

abstract class AdamFamily extends Optimizer {
  readonly betas: readonly [number, number]
  readonly epsilon: number
  readonly weightDecay: number
  #learningRate: number
  protected abstract readonly decoupled: boolean

  constructor(given: AdamOptions | undefined, weightDecayDefault: number) {
    super()
    const name = new.target.name
    const keys = ['learningRate', 'betas', 'epsilon', 'weightDecay'] as const
    const {
      learningRate = 1e-3,
      betas = [0.9, 0.999],
      epsilon = 1e-8,
      weightDecay = weightDecayDefault,
    } = options(name, given, keys)
    this.#learningRate = nonNegative(name, 'learningRate', learningRate)
    if (!Array.isArray(betas) || betas.length !== 2)
      throw new ArgumentError(name, 'betas to be two numbers', describe(betas))
    this.betas = [within(name, 'betas[0]', betas[0], 0, 1), within(name, 'betas[1]', betas[1], 0, 1)]
    this.epsilon = nonNegative(name, 'epsilon', epsilon)
    this.weightDecay = nonNegative(name, 'weightDecay', weightDecay)
  }

  /** Step size; may be changed between steps. */
  get learningRate(): number {
    return this.#learningRate
  }
  set learningRate(value: number) {
    this.#learningRate = nonNegative(this.constructor.name, 'learningRate', value)
  }

  protected override get vectors(): number {
    return 2
  }

  override get update(): NativeUpdate {
    const { learningRate, betas, epsilon, weightDecay, decoupled } = this
    return {
      optimizer: decoupled ? 2 : 1,
      options: [learningRate, weightDecay, decoupled ? 1 : 0, 0, betas[0], betas[1], epsilon],
    }
  }
}

/** m and v are running means of g and g²; p −= learningRate·m̂/(√v̂ + ε), both corrected for their start at 0. */
export class Adam extends AdamFamily {
  constructor(given?: AdamOptions) {
    super(given, 0)
  }
  protected override get decoupled(): boolean {
    return false
  }
}

/** Adam with decoupled weight decay: p −= learningRate·weightDecay·p before the step. */
export class AdamW extends AdamFamily {
  constructor(given?: AdamOptions) {
    super(given, 0.01)
  }
  protected override get decoupled(): boolean {
    return true
  }
}
