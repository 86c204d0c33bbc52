// Batch normalisation: statistics of the batch in training, running ones in inference.
import { boolean, options, positive, positiveInteger } from '../checks.js'
import { ArgumentError, DTypeError, ShapeError } from '../errors.js'
import { type BackwardOptions, formText, type Value } from '../gates/gate.js'
import { native } from '../native/load.js'
import { allocate, checkFloatDType, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import { type Buffered, Layer, type NamedTensor } from './layer.js'
import { gradientOf, type Parameter, sharedTensor, valuesOf } from './parameters.js'
import type { Widths } from './widths.js'

/** Options of {@link BatchNorm}. */
export interface BatchNormOptions {
  /** What is added to the variance. Default 1e-5. */
  epsilon?: number
  /** Part of a batch's statistics in the running ones, in (0, 1]. Default 0.1, as in PyTorch (Keras counts the other way). */
  momentum?: number
  /** Whether there are trained factors γ and offsets β. Default true. */
  affine?: boolean
  /** Element type. Default float32. */
  dtype?: FloatDType
}

/** From a forward as in training: the batch's statistics; as in inference: the running variance of then. */
type Kept =
  | { readonly x: Tensor; readonly mean: FloatArray; readonly rstd: FloatArray }
  | { readonly x: Tensor; readonly fixed: { readonly mean: FloatArray; readonly variance: FloatArray } }

/**
 * Ioffe & Szegedy 2015, PyTorch's BatchNorm1d: x̂ = (x − mean)/√(variance + ε) in each column, then y = γ·x̂ + β. x is
 * [batch, features], or [..., features]: all axes but the last count as rows.
 *
 * In training, mean and (biased) variance are those of the batch, of two rows at least, and every forward moves the running
 * ones: r = (1 − momentum)·r + momentum·statistic, with the unbiased variance. In inference (`eval()`, `infer`,
 * `predict…`) the running ones are used.
 *
 * Keeps x and the statistics; backward in training: dx = (g − mean(g) − x̂·mean(g·x̂))/√(variance + ε) with g = γ·dy; after a
 * forward in inference mode dx = g/√(variance + ε). dγ = Σ dy·x̂, dβ = Σ dy (=). γ, β and the running statistics are `weight`,
 * `bias`, `running_mean` and `running_var` in state dicts.
 */
export class BatchNorm extends Layer<Kept> implements Buffered, Widths {
  /** Columns. */
  readonly features: number
  /** What is added to the variance. */
  readonly epsilon: number
  /** Part of a batch's statistics in the running ones. */
  readonly momentum: number
  /** Element type of parameters, inputs and outputs. */
  readonly dtype: FloatDType
  /** [features] */
  readonly runningMean: Tensor
  /** [features] */
  readonly runningVariance: Tensor
  readonly #gamma: Parameter | undefined
  readonly #beta: Parameter | undefined
  // Batches in the running statistics while these are renewed.
  #renewed: number | undefined

  constructor(features: number, given?: BatchNormOptions) {
    super()
    const keys = ['epsilon', 'momentum', 'affine', 'dtype'] as const
    const { epsilon = 1e-5, momentum = 0.1, affine = true, dtype = 'float32' } = options('BatchNorm', given, keys)
    this.features = positiveInteger('BatchNorm', 'features', features)
    this.epsilon = positive('BatchNorm', 'epsilon', epsilon)
    this.momentum = positive('BatchNorm', 'momentum', momentum)
    if (momentum > 1) throw new ArgumentError('BatchNorm', 'momentum in (0, 1]', String(momentum))
    this.dtype = checkFloatDType('BatchNorm', dtype)
    this.runningMean = sharedTensor([features], dtype)
    this.runningVariance = sharedTensor([features], dtype)
    if (boolean('BatchNorm', 'affine', affine)) {
      this.#gamma = this.declare('weight', [features], dtype)
      this.#beta = this.declare('bias', [features], dtype)
    }
    this.settle(0)
  }

  /** γ [features], or undefined without. */
  get weight(): Tensor | undefined {
    return this.#gamma?.value
  }
  /** β [features], or undefined without. */
  get bias(): Tensor | undefined {
    return this.#beta?.value
  }
  /** The same as `features`. */
  get inputs(): number {
    return this.features
  }
  outputsFor(): number {
    return this.features
  }

  buffers(): readonly NamedTensor[] {
    return [
      { name: 'running_mean', value: this.runningMean },
      { name: 'running_var', value: this.runningVariance },
    ]
  }

  /** γ and running variance 1, β and running mean 0. */
  override initialize(): void {
    this.weight?.data.fill(1)
    this.bias?.data.fill(0)
    this.runningMean.data.fill(0)
    this.runningVariance.data.fill(1)
  }

  /** @internal From here on the running statistics are the mean over all batches, or, for `false`, follow momentum again. */
  renew(begin: boolean): void {
    this.#renewed = begin ? 0 : undefined
  }

  override forward(x: Tensor): Tensor
  override forward(x: Value): Value
  override forward(x: Value): Value {
    return super.forward(x)
  }

  override infer(x: Tensor): Tensor
  override infer(x: Value): Value
  override infer(x: Value): Value {
    return this.#fixed(this.#checkInput(x), this.#gamma, this.#beta)
  }

  override backward(dy: Value, given?: BackwardOptions): [Tensor] {
    return super.backward(dy, given) as [Tensor]
  }

  #checkInput(x: Value): Tensor {
    if (!(x instanceof Tensor) || x.rank < 1 || x.shape[x.rank - 1] !== this.features) {
      throw new ShapeError('BatchNorm', `input [batch, ${this.features}]`, formText(x))
    }
    if (x.dtype !== this.dtype) throw new DTypeError('BatchNorm', `input of type ${this.dtype}`, x.dtype)
    return x
  }

  protected override compute(value: Value): Value {
    const x = this.#checkInput(value)
    if (!this.training) {
      const fixed = { mean: this.runningMean.data.slice(), variance: this.runningVariance.data.slice() }
      this.kept = { x, fixed: fixed as { mean: FloatArray; variance: FloatArray } }
      return this.#fixed(x, this.#gamma, this.#beta)
    }
    if (x.data.length < 2 * this.features) {
      const remedy = `at least 2 rows in training, whose variance is taken (inference takes one: eval() or infer)`
      throw new ShapeError('BatchNorm', remedy, formText(x))
    }
    const [y, mean, rstd] = [x.data.length, this.features, this.features].map((n) => allocate(this.dtype, n)) as [
      FloatArray,
      FloatArray,
      FloatArray,
    ]
    native().batchNormForward(
      this.features,
      x.data as FloatArray,
      valuesOf(this.#gamma),
      valuesOf(this.#beta),
      this.epsilon,
      this.#renewed === undefined ? this.momentum : 1 / ++this.#renewed,
      this.runningMean.data as FloatArray,
      this.runningVariance.data as FloatArray,
      y,
      mean,
      rstd,
    )
    this.kept = { x, mean, rstd }
    return new Tensor(y, x.shape)
  }

  // γ·(x − mean)/√(variance + ε) + β with statistics that do not depend on x; the running ones unless told.
  #fixed(
    x: Tensor,
    gamma?: Parameter,
    beta?: Parameter,
    mean = this.runningMean.data,
    variance = this.runningVariance.data,
  ) {
    const y = allocate(this.dtype, x.data.length)
    const statistics = [mean as FloatArray, variance as FloatArray] as const
    const input = x.data as FloatArray
    native().batchNormInfer(this.features, input, valuesOf(gamma), valuesOf(beta), this.epsilon, ...statistics, y)
    return new Tensor(y, x.shape)
  }

  protected override derive(dy: Value, kept: Kept, { accumulate = false }: BackwardOptions): Value[] {
    const upstream = dy as Tensor
    const [dgamma, dbeta] = [gradientOf(this.#gamma, accumulate), gradientOf(this.#beta, accumulate)]
    if ('fixed' in kept) return [this.#backFixed(upstream, kept, dgamma, dbeta)]
    const { x, mean, rstd } = kept
    const dx = allocate(this.dtype, x.data.length)
    const gamma = valuesOf(this.#gamma)
    const [input, dOut] = [x.data as FloatArray, upstream.data as FloatArray]
    native().batchNormBackward(this.features, input, gamma, mean, rstd, dOut, dx, dgamma, dbeta)
    return [new Tensor(dx, x.shape)]
  }

  #backFixed(
    dy: Tensor,
    { x, fixed }: Extract<Kept, { fixed: unknown }>,
    dgamma: FloatArray | null,
    dbeta: FloatArray | null,
  ): Tensor {
    if (dgamma && dbeta) {
      const products = this.#fixed(x, undefined, undefined, fixed.mean, fixed.variance).data as FloatArray
      native().binary(2, products, dy.data as FloatArray, products)
      native().columnSums(products, dgamma, true)
      native().columnSums(dy.data as FloatArray, dbeta, true)
    }
    return this.#fixed(dy, this.#gamma, undefined, allocate(this.dtype, this.features), fixed.variance)
  }
}
