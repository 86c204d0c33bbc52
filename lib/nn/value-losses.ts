// Losses of values: sums of one function of prediction and target, element by element.
import { boolean, finite, nonNegative, oneOf, options, positive, shapeText } from '../checks.js'
import { DTypeError, ShapeError } from '../errors.js'
import { formText, type Value } from '../gates/gate.js'
import { native } from '../native/load.js'
import { tensor } from '../tensor/create.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { sameShape } from '../tensor/shape.js'
import { floats, Tensor } from '../tensor/tensor.js'
import {
  type LossOptions,
  type Reduced,
  type Reduction,
  reductions,
  type SampleWeights,
  upstreamLike,
  Waiting,
  weightsOf,
} from './loss.js'
import { type ElementKind, elementLoss } from './loss-sums.js'

/** What stands beside the prediction, one number per element. */
export interface LossElements {
  readonly target: FloatArray
  /** Null where all are 1. */
  readonly weights: FloatArray | null
}

interface Kept extends LossElements {
  readonly x: FloatArray
  /** The prediction, for its form. */
  readonly of: Value
  readonly divisor: number
}

/**
 * Base of the losses of values. Predictions and targets have one form: tensors of one shape, or numbers. ℓ is one number
 * per element; the mean is over all elements. Keeps both; backward: dx = ℓ'·upstream/n.
 */
export abstract class ValueLoss<R extends Reduction = 'mean'> {
  readonly targets = 'values'
  /** What becomes of the losses of the elements. */
  readonly reduction: R
  /** Name of the loss in messages. */
  abstract readonly name: string
  /** Which function ℓ is. */
  abstract readonly kind: ElementKind
  /** The constant of ℓ. */
  readonly parameter: number
  readonly #waiting = new Waiting<Kept>()

  protected constructor(operation: string, reduction: R | undefined, parameter = 0) {
    this.reduction = oneOf(operation, 'reduction', reduction ?? 'mean', reductions) as R
    this.parameter = parameter
  }

  /** Whether it is the mean over all elements: what compiled plans know. */
  get plain(): boolean {
    return this.reduction === 'mean'
  }

  /**
   * @param prediction - a number or tensor
   * @param target - of the same form
   * @param weights - one per row (the first axis)
   */
  forward(prediction: Value, target: Value | readonly unknown[], weights?: SampleWeights): Reduced<R> {
    const x = this.#elements('prediction', prediction)
    const wanted = Array.isArray(target) ? tensor(target as number[], { dtype: dtypeOf(prediction) }) : target
    const t = this.#elements('target', wanted as Value)
    this.#checkForms(prediction, wanted as Value)
    const each = this.#weights(prediction, weights)
    const divisor = this.reduction === 'mean' ? this.total(prediction, each) : 1
    const kept = { x, ...this.elements(prediction, t, each), of: prediction, divisor }
    const loss = this.reduction === 'none' ? this.#each(kept) : this.#run(kept, 0, null) / divisor
    this.#waiting.put(kept)
    return loss as Reduced<R>
  }

  /**
   * [gradient with respect to the prediction].
   * @param upstream - a factor, default 1; for reduction `none` the gradient of every loss
   */
  backward(upstream?: Value): [Tensor]
  backward(upstream?: Value): [Value]
  backward(upstream: Value = 1): [Value] {
    const kept = this.#waiting.peek(this.name)
    const dx = allocate(kept.x instanceof Float64Array ? 'float64' : 'float32', kept.x.length)
    if (this.reduction === 'none' && typeof kept.of !== 'number') {
      const factors = upstreamLike(this.name, upstream, kept.of.shape)
      const weights = dx.map((_, i) => factors[i]! * (kept.weights?.[i] ?? 1)) as FloatArray
      this.#run({ ...kept, weights }, 1, dx)
    } else this.#run(kept, finite(this.name, 'upstream', upstream) / kept.divisor, dx)
    this.#waiting.take(this.name)
    return [typeof kept.of === 'number' ? dx[0]! : new Tensor(dx, kept.of.shape)]
  }

  /** Targets and weights as ℓ takes them: those given, unless the loss has its own per column. */
  protected elements(_prediction: Value, target: FloatArray, weights: FloatArray | null): LossElements {
    return { target, weights }
  }

  /** What the mean divides by: the sum of the elements' weights. */
  protected total(prediction: Value, weights: FloatArray | null): number {
    if (weights) return native().sum(weights)
    return typeof prediction === 'number' ? 1 : prediction.data.length
  }

  #run({ x, target, weights }: Pick<Kept, 'x' | 'target' | 'weights'>, scale: number, dx: FloatArray | null): number {
    return elementLoss(this.kind, x, target, weights, this.parameter, scale, dx)
  }

  // A sum of one element is the element.
  #each(kept: Kept): Value {
    const { x, target, weights, of } = kept
    const losses = x.map((_, i) => {
      const one = (array: FloatArray) => array.subarray(i, i + 1)
      return this.#run({ ...kept, x: one(x), target: one(target), weights: weights && one(weights) }, 0, null)
    }) as FloatArray
    return typeof of === 'number' ? losses[0]! : new Tensor(losses, of.shape)
  }

  #elements(name: string, value: Value): FloatArray {
    return typeof value === 'number' ? Float64Array.of(value) : floats(this.name, name, value)
  }

  #checkForms(prediction: Value, target: Value): void {
    if (typeof prediction === 'number' && typeof target === 'number') return
    const same =
      typeof prediction !== 'number' && typeof target !== 'number' && sameShape(prediction.shape, target.shape)
    if (!same)
      throw new ShapeError(this.name, `a target like the prediction, ${formText(prediction)}`, formText(target))
    if (prediction.dtype !== target.dtype) {
      throw new DTypeError(this.name, `a target of type ${prediction.dtype}`, target.dtype)
    }
    if (prediction.size === 0) throw new ShapeError(this.name, 'at least one element', shapeText(prediction.shape))
  }

  #weights(prediction: Value, given: SampleWeights | undefined): FloatArray | null {
    const shape = typeof prediction === 'number' ? [] : prediction.shape
    const rows = shape[0] ?? 1
    const weights = weightsOf(this.name, given, rows, dtypeOf(prediction))
    const size = typeof prediction === 'number' ? 1 : prediction.data.length
    if (!weights || size === rows) return weights
    const width = size / rows
    return allocate(dtypeOf(prediction), size).map((_, i) => weights[Math.floor(i / width)]!) as FloatArray
  }
}

function dtypeOf(value: Value): FloatDType {
  return typeof value === 'number' ? 'float64' : (value.dtype as FloatDType)
}

/** (x − t)², PyTorch's MSELoss; ℓ' = 2(x − t). */
export class MeanSquaredError<R extends Reduction = 'mean'> extends ValueLoss<R> {
  readonly name = 'MeanSquaredError'
  readonly kind = 'squared'

  constructor(given?: LossOptions<R>) {
    super('MeanSquaredError', options('MeanSquaredError', given, ['reduction']).reduction)
  }
}

/** |x − t|, PyTorch's L1Loss; ℓ' = sign(x − t), 0 at 0. */
export class MeanAbsoluteError<R extends Reduction = 'mean'> extends ValueLoss<R> {
  readonly name = 'MeanAbsoluteError'
  readonly kind = 'absolute'

  constructor(given?: LossOptions<R>) {
    super('MeanAbsoluteError', options('MeanAbsoluteError', given, ['reduction']).reduction)
  }
}

/** Options of {@link Huber}. */
export interface HuberOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** Where the square ends. Default 1. */
  delta?: number
}

/** Huber 1964, PyTorch's HuberLoss: d²/2 where |d| ≤ δ, δ(|d| − δ/2) beyond, d = x − t; ℓ' = d clipped to ±δ. */
export class Huber<R extends Reduction = 'mean'> extends ValueLoss<R> {
  readonly name = 'Huber'
  readonly kind = 'huber'

  constructor(given?: HuberOptions<R>) {
    const { reduction, delta = 1 } = options('Huber', given, ['reduction', 'delta'])
    super('Huber', reduction, positive('Huber', 'delta', delta))
  }
}

/** Options of {@link SmoothL1}. */
export interface SmoothL1Options<R extends Reduction = Reduction> extends LossOptions<R> {
  /** Where the square ends; 0 makes it the absolute error. Default 1. */
  beta?: number
}

/** PyTorch's SmoothL1Loss: d²/(2β) where |d| < β, |d| − β/2 beyond, d = x − t; ℓ' = d/β clipped to ±1. */
export class SmoothL1<R extends Reduction = 'mean'> extends ValueLoss<R> {
  readonly name = 'SmoothL1'
  readonly kind: 'smoothL1' | 'absolute'

  constructor(given?: SmoothL1Options<R>) {
    const { reduction, beta = 1 } = options('SmoothL1', given, ['reduction', 'beta'])
    super('SmoothL1', reduction, nonNegative('SmoothL1', 'beta', beta))
    this.kind = beta === 0 ? 'absolute' : 'smoothL1'
  }
}

/** Options of {@link Hinge}. */
export interface HingeOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** How far on the right side counts as right enough. Default 1. */
  margin?: number
  /** Whether the square of the hinge is taken. Default false. */
  squared?: boolean
}

/** max(0, margin − t·x) of scores x and targets t = ±1, as for support vector machines, or its square; ℓ' = −t inside the margin. */
export class Hinge<R extends Reduction = 'mean'> extends ValueLoss<R> {
  readonly name = 'Hinge'
  readonly kind: 'hinge' | 'squaredHinge'

  constructor(given?: HingeOptions<R>) {
    const { reduction, margin = 1, squared = false } = options('Hinge', given, ['reduction', 'margin', 'squared'])
    super('Hinge', reduction, finite('Hinge', 'margin', margin))
    this.kind = boolean('Hinge', 'squared', squared) ? 'squaredHinge' : 'hinge'
  }
}

/** e^x − t·x, PyTorch's PoissonNLLLoss of its defaults: x is the logarithm of the rate, t a count; ℓ' = e^x − t. */
export class Poisson<R extends Reduction = 'mean'> extends ValueLoss<R> {
  readonly name = 'Poisson'
  readonly kind = 'poisson'

  constructor(given?: LossOptions<R>) {
    super('Poisson', options('Poisson', given, ['reduction']).reduction)
  }
}

/**
 * Kullback–Leibler divergence from predicted to target distributions, PyTorch's KLDivLoss: Σ t·(log t − x), x being
 * log-probabilities, t probabilities, 0·log 0 = 0; ℓ' = −t. The mean is over rows, the divergence of distributions along the
 * last axis: PyTorch's reduction `batchmean`, not its `mean`.
 */
export class KLDivergence<R extends Reduction = 'mean'> extends ValueLoss<R> {
  readonly name = 'KLDivergence'
  readonly kind = 'klDivergence'

  constructor(given?: LossOptions<R>) {
    super('KLDivergence', options('KLDivergence', given, ['reduction']).reduction)
  }

  protected override total(prediction: Value, weights: FloatArray | null): number {
    const width = typeof prediction === 'number' ? 1 : (prediction.shape.at(-1) ?? 1)
    return super.total(prediction, weights) / width
  }
}
