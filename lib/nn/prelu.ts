// PReLU: a leaky ReLU whose slope is trained.
import { finite, options, positiveInteger } from '../checks.js'
import { DTypeError, ShapeError } from '../errors.js'
import { type BackwardOptions, formText, type Value } from '../gates/gate.js'
import { native } from '../native/load.js'
import { allocate, checkFloatDType, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import { Layer } from './layer.js'
import type { Parameter } from './parameters.js'
import type { Widths } from './widths.js'

/** Options of {@link PReLU}. */
export interface PReLUOptions {
  /** 1: one α for all; n: one per element of the last axis. Default 1. */
  channels?: number
  /** Where α starts. Default 0.25, as in PyTorch. */
  initial?: number
  /** Element type. Default float32. */
  dtype?: FloatDType
}

/** max(0, x) + α·min(0, x) with trained α. Keeps x; dα = Σ dy·min(0, x), overwritten (=) as for every parameter. */
export class PReLU extends Layer<Tensor> implements Widths {
  /** Number of slopes. */
  readonly channels: number
  readonly #alpha: Parameter
  readonly #initial: number

  constructor(given?: PReLUOptions) {
    super()
    const {
      channels = 1,
      initial = 0.25,
      dtype = 'float32',
    } = options('PReLU', given, ['channels', 'initial', 'dtype'])
    this.channels = positiveInteger('PReLU', 'channels', channels)
    this.#initial = finite('PReLU', 'initial', initial)
    this.#alpha = this.declare('weight', [channels], checkFloatDType('PReLU', dtype))
    this.settle(0)
  }

  /** [channels]; called `weight` in state dicts, as in PyTorch. */
  get alpha(): Tensor {
    return this.#alpha.value
  }

  /** `channels`, where there are several. */
  get inputs(): number | undefined {
    return this.channels > 1 ? this.channels : undefined
  }
  outputsFor(width: number | undefined): number | undefined {
    return this.inputs ?? width
  }

  override initialize(): void {
    this.alpha.data.fill(this.#initial)
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
    const fits = x instanceof Tensor && x.rank >= 1 && (this.channels === 1 || x.shape[x.rank - 1] === this.channels)
    if (!fits)
      throw new ShapeError('PReLU', this.channels === 1 ? 'a tensor' : `input [..., ${this.channels}]`, formText(x))
    if (x.dtype !== this.#alpha.dtype) throw new DTypeError('PReLU', `input of type ${this.#alpha.dtype}`, x.dtype)
    const y = allocate(x.dtype as FloatDType, x.data.length)
    native().preluForward(this.#width(x), x.data as FloatArray, this.alpha.data as FloatArray, y)
    this.kept = x
    return new Tensor(y, x.shape)
  }

  protected override derive(dy: Value, x: Tensor, { accumulate = false }: BackwardOptions): Value[] {
    const dx = allocate(x.dtype as FloatDType, x.data.length)
    const dalpha = this.#alpha.gradient.data as FloatArray
    if (!accumulate) dalpha.fill(0)
    const upstream = (dy as Tensor).data as FloatArray
    native().preluBackward(this.#width(x), x.data as FloatArray, this.alpha.data as FloatArray, upstream, dx, dalpha)
    return [new Tensor(dx, x.shape)]
  }

  #width(x: Tensor): number {
    return x.shape[x.rank - 1] || 1
  }
}
