// The linear (fully connected) layer.
import { boolean, options, positiveInteger } from '../checks.js'
import { DTypeError, ShapeError } from '../errors.js'
import { checkIntact } from '../gates/contract.js'
import type { ElementwiseGate } from '../gates/elementwise.js'
import { type BackwardOptions, formText, type Value } from '../gates/gate.js'
import { matrix, multiplyInto, transposed } from '../gates/ops.js'
import { native, translated } from '../native/load.js'
import { allocate, checkFloatDType, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import { type Initializer, type InitializerName, initializers } from './initializers.js'
import { checkSource, type InitialisationSource, initializerOf, Layer } from './layer.js'
import type { Parameter } from './parameters.js'
import type { Widths } from './widths.js'

/** Options of {@link Linear}. */
export interface LinearOptions {
  /** Whether there is a bias. Default true. */
  bias?: boolean
  /** Element type. Default float32. */
  dtype?: FloatDType
  /** How the weight is drawn. Default PyTorch's: weight and bias uniform within ±1/√in. */
  initializer?: Initializer | InitializerName
  /** How the bias is drawn. Default: zeros if `initializer` is given, else PyTorch's. */
  biasInitializer?: Initializer | InitializerName
  /** Seed of the initializers. Default 0, with numbers of its own for every layer made so. */
  seed?: number
}

/**
 * y = x·Wᵀ + b. x is [batch, in] or [in]; W is [out, in] as in PyTorch, b is [out]. Keeps x.
 * backward: dx = dy·W, dW = dyᵀ·x, db = Σ rows of dy; dW and db overwrite the parameters' gradients (=).
 */
export class Linear extends Layer<Tensor> implements Widths {
  /** Inputs per row. */
  readonly inFeatures: number
  /** Outputs per row. */
  readonly outFeatures: number
  readonly #weight: Parameter
  readonly #bias: Parameter | undefined
  readonly #initializer: Initializer
  readonly #biasInitializer: Initializer

  constructor(inFeatures: number, outFeatures: number, given?: LinearOptions) {
    super()
    const keys = ['bias', 'dtype', 'initializer', 'biasInitializer', 'seed'] as const
    const { bias = true, dtype = 'float32', initializer, biasInitializer, seed } = options('Linear', given, keys)
    this.inFeatures = positiveInteger('Linear', 'inFeatures', inFeatures)
    this.outFeatures = positiveInteger('Linear', 'outFeatures', outFeatures)
    checkFloatDType('Linear', dtype)
    this.#initializer = initializer === undefined ? initializers.torchLinear() : initializerOf('Linear', initializer)
    const biasDefault = initializer === undefined ? initializers.torchLinear() : initializers.zeros()
    this.#biasInitializer = biasInitializer === undefined ? biasDefault : initializerOf('Linear', biasInitializer)
    this.#weight = this.declare('weight', [outFeatures, inFeatures], dtype)
    if (boolean('Linear', 'bias', bias)) this.#bias = this.declare('bias', [outFeatures], dtype)
    this.settle(seed)
  }

  /** [out, in] */
  get weight(): Tensor {
    return this.#weight.value
  }
  /** [out], or undefined without bias */
  get bias(): Tensor | undefined {
    return this.#bias?.value
  }
  /** Element type of parameters, inputs and outputs. */
  get dtype(): FloatDType {
    return this.#weight.dtype
  }

  /** The same as `inFeatures`. */
  get inputs(): number {
    return this.inFeatures
  }
  outputsFor(): number {
    return this.outFeatures
  }

  override initialize(source: InitialisationSource): void {
    const { seed, index } = checkSource(this.name, source)
    const { inFeatures: fanIn, outFeatures: fanOut } = this
    this.draw(this.#weight, this.#initializer, { fanIn, fanOut, seed, index })
    if (this.#bias) this.draw(this.#bias, this.#biasInitializer, { fanIn, fanOut, seed, index: index + 1 })
  }

  override forward(x: Tensor): Tensor
  override forward(x: Value): Value
  override forward(x: Value): Value {
    return super.forward(x)
  }

  override backward(dy: Value, given?: BackwardOptions): [Tensor] {
    return super.backward(dy, given) as [Tensor]
  }

  /** @internal The output of `activation` after this layer, in one sweep; both gates are then ready for backward. */
  forwardWith(activation: ElementwiseGate, x: Value): Tensor {
    const input = this.#checkInput(x)
    const z = activation.op.keeps === 'input' ? allocate(this.dtype, this.#outputSize(input)) : null
    const y = this.#multiply(input, activation, z)
    this.kept = input
    this.begin([input], y)
    activation.resume(z ? new Tensor(z, y.shape) : y, y)
    return y
  }

  /** @internal The same without keeping anything. */
  inferWith(activation: ElementwiseGate, x: Value): Tensor {
    return this.#multiply(this.#checkInput(x), activation, null)
  }

  protected override compute(x: Value): Value {
    const input = this.#checkInput(x)
    this.kept = input
    return this.#multiply(input, undefined, null)
  }

  #checkInput(x: Value): Tensor {
    if (!(x instanceof Tensor) || x.rank < 1 || x.rank > 2 || x.shape[x.rank - 1] !== this.inFeatures) {
      throw new ShapeError('Linear', `input [batch, ${this.inFeatures}]`, formText(x))
    }
    if (x.dtype !== this.dtype) throw new DTypeError('Linear', `input of type ${this.dtype}`, x.dtype)
    checkIntact(this, 'input', x)
    return x
  }

  #outputSize(x: Tensor): number {
    return (x.data.length / this.inFeatures) * this.outFeatures
  }

  // y[batch, out] = act(x[batch, in]·Wᵀ + b)
  #multiply(x: Tensor, activation: ElementwiseGate | undefined, before: FloatArray | null): Tensor {
    const { inFeatures: k, outFeatures: n } = this
    const batch = x.data.length / k
    const y = allocate(this.dtype, batch * n)
    const [p0, p1] = activation?.constants ?? [0, 0]
    const op = activation?.op.index ?? -1
    const w = this.weight.data as FloatArray
    const bias = (this.bias?.data ?? null) as FloatArray | null
    try {
      native().gemm(batch, n, k, 1, x.data as FloatArray, k, 1, w, 1, k, 0, y, bias, op, p0, p1, before)
    } catch (error) {
      throw translated('Linear', error)
    }
    return new Tensor(y, Object.freeze(x.rank === 2 ? [batch, n] : [n]))
  }

  protected override derive(
    upstream: Value,
    x: Tensor,
    { accumulate = false, inputGradient = true }: BackwardOptions,
  ): Value[] {
    const { inFeatures: k, outFeatures: n } = this
    const batch = x.data.length / k
    const dy = matrix((upstream as Tensor).data as FloatArray, batch, n)
    multiplyInto(
      this.#weight.gradient.data as FloatArray,
      transposed(dy),
      matrix(x.data as FloatArray, batch, k),
      accumulate,
    )
    if (this.#bias) native().columnSums(dy.data, this.#bias.gradient.data as FloatArray, accumulate)
    if (!inputGradient) return []
    const dx = allocate(this.dtype, x.data.length)
    multiplyInto(dx, dy, matrix(this.weight.data as FloatArray, n, k))
    return [new Tensor(dx, x.shape)]
  }
}
