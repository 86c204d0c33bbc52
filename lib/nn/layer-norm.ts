// Layer normalisation.
import { boolean, options, positive, positiveInteger } from '../checks.js'
import { DTypeError, ShapeError } from '../errors.js'
import { type BackwardOptions, formText, type Value } from '../gates/gate.js'
import { native } from '../native/load.js'
import { allocate, checkFloatDType, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import { Layer } from './layer.js'
import { gradientOf, type Parameter, valuesOf } from './parameters.js'
import type { Widths } from './widths.js'

/** Options of {@link LayerNorm}. */
export interface LayerNormOptions {
  /** What is added to the variance. Default 1e-5. */
  epsilon?: number
  /** Whether there are trained factors γ. Default true. */
  affine?: boolean
  /** Whether there are trained offsets β beside γ. Default true. */
  bias?: boolean
  /** Element type. Default float32. */
  dtype?: FloatDType
}

interface Kept {
  readonly x: Tensor
  readonly mean: FloatArray
  /** 1/√(variance + ε) */
  readonly rstd: FloatArray
}

/**
 * Ba et al. 2016, PyTorch's LayerNorm over the last axis: x̂ = (x − mean)/√(variance + ε) in each row, variance biased, then
 * y = γ·x̂ + β. x is [..., features]. The same in training and inference. Keeps x, mean and 1/√(variance + ε) of the rows;
 * backward: dx = (g − mean(g) − x̂·mean(g·x̂))/√(variance + ε) with g = γ·dy, dγ = Σ dy·x̂, dβ = Σ dy (=).
 * γ and β are `weight` and `bias` in state dicts.
 */
export class LayerNorm extends Layer<Kept> implements Widths {
  /** Elements of a row. */
  readonly features: number
  /** What is added to the variance. */
  readonly epsilon: number
  /** Element type of parameters, inputs and outputs. */
  readonly dtype: FloatDType
  readonly #gamma: Parameter | undefined
  readonly #beta: Parameter | undefined

  constructor(features: number, given?: LayerNormOptions) {
    super()
    const keys = ['epsilon', 'affine', 'bias', 'dtype'] as const
    const { epsilon = 1e-5, affine = true, bias = true, dtype = 'float32' } = options('LayerNorm', given, keys)
    this.features = positiveInteger('LayerNorm', 'features', features)
    this.epsilon = positive('LayerNorm', 'epsilon', epsilon)
    this.dtype = checkFloatDType('LayerNorm', dtype)
    if (boolean('LayerNorm', 'affine', affine)) this.#gamma = this.declare('weight', [features], dtype)
    if (boolean('LayerNorm', 'bias', bias) && affine) this.#beta = this.declare('bias', [features], dtype)
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

  override initialize(): void {
    this.weight?.data.fill(1)
    this.bias?.data.fill(0)
  }

  override forward(x: Tensor): Tensor
  override forward(x: Value): Value
  override forward(x: Value): Value {
    return super.forward(x)
  }

  override backward(dy: Value, given?: BackwardOptions): [Tensor] {
    return super.backward(dy, given) as [Tensor]
  }

  protected override compute(x: Value): Value {
    if (!(x instanceof Tensor) || x.rank < 1 || x.shape[x.rank - 1] !== this.features) {
      throw new ShapeError('LayerNorm', `input [..., ${this.features}]`, formText(x))
    }
    if (x.dtype !== this.dtype) throw new DTypeError('LayerNorm', `input of type ${this.dtype}`, x.dtype)
    const rows = x.data.length / this.features
    const [y, mean, rstd] = [x.data.length, rows, rows].map((length) => allocate(this.dtype, length))
    const [gamma, beta] = [valuesOf(this.#gamma), valuesOf(this.#beta)]
    native().layerNormForward(this.features, x.data as FloatArray, gamma, beta, this.epsilon, y!, mean!, rstd!)
    this.kept = { x, mean: mean!, rstd: rstd! }
    return new Tensor(y!, x.shape)
  }

  protected override derive(dy: Value, { x, mean, rstd }: Kept, { accumulate = false }: BackwardOptions): Value[] {
    const [dgamma, dbeta] = [gradientOf(this.#gamma, accumulate), gradientOf(this.#beta, accumulate)]
    const dx = allocate(this.dtype, x.data.length)
    const [input, upstream] = [x.data as FloatArray, (dy as Tensor).data as FloatArray]
    native().layerNormBackward(this.features, input, valuesOf(this.#gamma), mean, rstd, upstream, dx, dgamma, dbeta)
    return [new Tensor(dx, x.shape)]
  }
}
