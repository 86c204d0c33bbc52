// Embedding: a trained table of vectors, looked up by index.
import { finite, integer, options, positiveInteger } from '../checks.js'
import { DTypeError, IndexError, ShapeError } from '../errors.js'
import { type BackwardOptions, formText, type Value } from '../gates/gate.js'
import { native, translated } from '../native/load.js'
import { allocate, checkFloatDType, type DType, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import { type Initializer, type InitializerName, initializers } from './initializers.js'
import { checkSource, type InitialisationSource, initializerOf, Layer } from './layer.js'
import { gradientOf, type Parameter } from './parameters.js'
import type { Widths } from './widths.js'

/** Options of {@link Embedding}. */
export interface EmbeddingOptions {
  /** An index whose vector starts at 0 and is not trained: for rows that are filled up. Default none. */
  paddingIndex?: number
  /** How the table is drawn. Default PyTorch's: normal of standard deviation 1. */
  initializer?: Initializer | InitializerName
  /** Element type of the table. Default float32. */
  dtype?: FloatDType
  /** Seed of the initializer. Default 0, with numbers of its own for every layer made so. */
  seed?: number
}

/**
 * PyTorch's Embedding: y[…, :] = W[x[…], :]. x is an int32 tensor of indices in [0, entries), [batch] or [batch, fields];
 * y is [batch, features] or [batch, fields, features] (a Flatten makes one row of the fields); W is [entries, features].
 * Keeps x; backward: dW[x[…], :] = Σ dy[…, :] (=), and dx is int32 zeros, for indices have no gradient.
 */
export class Embedding extends Layer<Tensor> implements Widths {
  /** How many vectors there are. */
  readonly entries: number
  /** Elements of a vector. */
  readonly features: number
  /** The index whose vector is not trained. */
  readonly paddingIndex: number | undefined
  readonly #table: Parameter
  readonly #initializer: Initializer

  constructor(entries: number, features: number, given?: EmbeddingOptions) {
    super()
    const keys = ['paddingIndex', 'initializer', 'dtype', 'seed'] as const
    const { paddingIndex, initializer, dtype = 'float32', seed } = options('Embedding', given, keys)
    this.entries = positiveInteger('Embedding', 'entries', entries)
    this.features = positiveInteger('Embedding', 'features', features)
    if (paddingIndex !== undefined) integer('Embedding', 'paddingIndex', paddingIndex, 0, entries - 1)
    this.paddingIndex = paddingIndex
    this.#initializer =
      initializer === undefined ? initializers.normal({ std: 1 }) : initializerOf('Embedding', initializer)
    this.#table = this.declare('weight', [entries, features], checkFloatDType('Embedding', dtype))
    this.settle(seed)
  }

  /** The table, [entries, features]. */
  get weight(): Tensor {
    return this.#table.value
  }
  /** Element type of table and outputs. */
  get dtype(): FloatDType {
    return this.#table.dtype
  }
  /** Element type of the input. */
  get inputDType(): DType {
    return 'int32'
  }
  get inputs(): undefined {
    return undefined
  }
  outputsFor(width: number | undefined): number | undefined {
    return width === undefined ? undefined : finite('Embedding', 'width', width) * this.features
  }

  override initialize(source: InitialisationSource): void {
    const { seed, index } = checkSource(this.name, source)
    const { entries: fanOut, features: fanIn } = this
    this.draw(this.#table, this.#initializer, { fanIn, fanOut, seed, index })
    if (this.paddingIndex !== undefined) this.#clearPadding(this.#table.value)
  }

  #clearPadding(table: Tensor): void {
    const { paddingIndex: row, features } = this
    if (row !== undefined) table.data.fill(0, row * features, (row + 1) * features)
  }

  override forward(x: Tensor): Tensor
  override forward(x: Value): Value
  override forward(x: Value): Value {
    return super.forward(x)
  }

  override backward(dy: Value, given?: BackwardOptions): [Tensor] {
    return super.backward(dy, given) as [Tensor]
  }

  protected override get takesIntegers(): boolean {
    return true
  }

  protected override compute(x: Value): Value {
    if (!(x instanceof Tensor) || x.rank < 1) throw new ShapeError('Embedding', 'indices [batch, …]', formText(x))
    if (!(x.data instanceof Int32Array)) throw new DTypeError('Embedding', 'indices of type int32', x.dtype)
    const y = allocate(this.dtype, x.data.length * this.features)
    try {
      native().embeddingForward(this.features, this.weight.data as FloatArray, x.data, y)
    } catch (error) {
      const { code, where = -1, value } = error as { code?: string; where?: number; value?: number }
      if (code !== 'OUT_OF_RANGE') throw translated('Embedding', error)
      throw new IndexError('Embedding', `indices in [0, ${this.entries})`, `${value} at element ${where}`)
    }
    this.kept = x
    return new Tensor(y, Object.freeze([...x.shape, this.features]))
  }

  protected override derive(dy: Value, x: Tensor, { accumulate = false }: BackwardOptions): Value[] {
    const dtable = gradientOf(this.#table, accumulate)!
    native().embeddingBackward(this.features, x.data as Int32Array, (dy as Tensor).data as FloatArray, dtable)
    this.#clearPadding(this.#table.gradient)
    return [new Tensor(new Int32Array(x.data.length), x.shape)]
  }
}
