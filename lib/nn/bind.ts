// Bind: a gate of two inputs, one of which is a tensor that belongs to it.
import { boolean, describe, integer, options } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { Add, Divide, Maximum, Minimum, Multiply, Pow, Subtract } from '../gates/binary.js'
import type { BackwardOptions, BuiltinGate, Value } from '../gates/gate.js'
import { MatMul } from '../gates/matmul.js'
import type { FloatDType } from '../tensor/dtype.js'
import { floats, type Tensor } from '../tensor/tensor.js'
import { type Buffered, Layer, type NamedTensor } from './layer.js'
import { type Parameter, sharedTensor } from './parameters.js'
import type { Widths } from './widths.js'

/** Options of {@link Bind}. */
export interface BindOptions {
  /** Which input of the gate the tensor is: 0 or 1. Default 1. */
  position?: 0 | 1
  /** Whether the tensor is trained as a parameter. Default false: it stays as it is, but is saved. */
  trained?: boolean
}

/** The gates that can be bound, by name. */
export const bindable = { Add, Subtract, Multiply, Divide, Maximum, Minimum, Pow, MatMul } as const

/**
 * A gate of two inputs with a tensor c as one of them: x ∘ c, or c ∘ x for `position: 0`. The tensor is copied; in state dicts
 * it is `value`. Keeps what the gate keeps; dx is the gate's, dc overwrites the parameter's gradient (=) if c is trained.
 * @example new Bind(new Subtract(), tensor([0.5, 0.2])) // x − [0.5, 0.2]
 */
export class Bind extends Layer<true> implements Buffered, Widths {
  /** The gate: Add, Subtract, Multiply, Divide, Maximum, Minimum, Pow or MatMul. */
  readonly gate: BuiltinGate<unknown>
  /** Which of the gate's inputs the tensor is. */
  readonly position: 0 | 1
  /** Whether the tensor is trained. */
  readonly trained: boolean
  readonly #parameter: Parameter | undefined
  readonly #fixed: Tensor | undefined

  /**
   * @param gate - one of {@link bindable}, used by nobody else
   * @param value - of type float32 or float64
   */
  constructor(gate: BuiltinGate<unknown>, value: Tensor, given?: BindOptions) {
    super()
    const { position = 1, trained = false } = options('Bind', given, ['position', 'trained'])
    if (!Object.values(bindable).some((type) => gate?.constructor === type)) {
      throw new ArgumentError('Bind', `one of the gates ${Object.keys(bindable).join(', ')}`, describe(gate))
    }
    const values = floats('Bind', 'value', value)
    this.gate = gate
    this.position = integer('Bind', 'position', position, 0, 1) as 0 | 1
    this.trained = boolean('Bind', 'trained', trained)
    const dtype = value.dtype as FloatDType
    if (trained) this.#parameter = this.declare('value', value.shape, dtype)
    else this.#fixed = sharedTensor(value.shape, dtype)
    this.settle(0)
    this.value.data.set(values)
  }

  /** The tensor. */
  get value(): Tensor {
    return this.#parameter?.value ?? this.#fixed!
  }
  /** Element type of the tensor, inputs and outputs. */
  get dtype(): FloatDType {
    return this.value.dtype as FloatDType
  }

  buffers(): readonly NamedTensor[] {
    return this.#fixed ? [{ name: 'value', value: this.#fixed }] : []
  }

  get inputs(): undefined {
    return undefined
  }
  outputsFor(width: number | undefined): number | undefined {
    const { rank, shape } = this.value
    const own = rank > 0 ? shape[rank - 1]! : 1
    if (this.gate instanceof MatMul) return this.position === 1 && rank === 2 ? own : undefined
    return own > 1 ? own : width
  }

  /** Draws nothing: the tensor is what it was made with. */
  override initialize(): void {}

  override forward(x: Tensor): Tensor
  override forward(x: Value): Value
  override forward(x: Value): Value {
    return super.forward(x)
  }

  override infer(x: Tensor): Tensor
  override infer(x: Value): Value
  override infer(x: Value): Value {
    return this.gate.infer(...this.#ordered(x))
  }

  override backward(dy: Value, given?: BackwardOptions): [Tensor] {
    return super.backward(dy, given) as [Tensor]
  }

  override suspend(): () => void {
    const resume = [super.suspend(), this.gate.suspend()]
    return () => {
      for (const each of resume) each()
    }
  }

  protected override compute(x: Value): Value {
    const y = this.gate.forward(...this.#ordered(x))
    this.kept = true
    return y
  }

  #ordered(x: Value): [Value, Value] {
    return this.position === 1 ? [x, this.value] : [this.value, x]
  }

  protected override derive(dy: Value, _kept: true, { accumulate = false }: BackwardOptions): Value[] {
    const gradients = this.gate.backward(dy)
    const dc = gradients[this.position] as Tensor
    if (this.#parameter) {
      const { data } = this.#parameter.gradient
      for (let i = 0; i < data.length; i++) data[i] = accumulate ? data[i]! + dc.data[i]! : dc.data[i]!
    }
    return [gradients[1 - this.position]!]
  }
}
