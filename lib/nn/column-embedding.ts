// ColumnEmbedding: looks one column of a table of numbers up, so that categories and numbers come in one tensor.
import { describe, integer, options, positiveInteger } from '../checks.js'
import { ArgumentError, IndexError, ShapeError } from '../errors.js'
import { type BackwardOptions, formText, type Value } from '../gates/gate.js'
import { native } from '../native/load.js'
import { allocate, checkFloatDType, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import { type Initializer, type InitializerName, initializers } from './initializers.js'
import { checkSource, type InitialisationSource, initializerOf, Layer } from './layer.js'
import { gradientOf, type Parameter } from './parameters.js'
import type { Widths } from './widths.js'

/** Options of {@link ColumnEmbedding}. */
export interface ColumnEmbeddingOptions {
  /** Columns of the input. */
  inputs: number
  /** The column that holds the indices. */
  column: number
  /** How the table is drawn. Default normal of standard deviation 1. */
  initializer?: Initializer | InitializerName
  /** Element type of the table. Default float32. */
  dtype?: FloatDType
  /** Seed of the initializer. Default 0, with numbers of its own for every layer made so. */
  seed?: number
}

/** What is kept: the indices, and the input for its shape. */
interface Kept {
  readonly indices: Int32Array
  readonly x: Tensor
}

/**
 * y = W[x[:, column], :]. x is [batch, inputs] of numbers, of which those in the column are whole numbers in [0, entries);
 * y is [batch, features]; W is [entries, features]. In a {@link Parallel} beside a Slice of the other columns it lets one
 * tensor carry numbers and categories. Keeps the indices; backward: dW[x[r, column], :] = Σ dy[r, :] (=), dx is 0.
 */
export class ColumnEmbedding extends Layer<Kept> implements Widths {
  /** How many vectors there are. */
  readonly entries: number
  /** Elements of a vector. */
  readonly features: number
  /** Columns of the input. */
  readonly inputs: number
  /** The column that holds the indices. */
  readonly column: number
  readonly #table: Parameter
  readonly #initializer: Initializer

  constructor(entries: number, features: number, given: ColumnEmbeddingOptions) {
    super()
    const name = 'ColumnEmbedding'
    const keys = ['inputs', 'column', 'initializer', 'dtype', 'seed'] as const
    if (given === undefined) throw new ArgumentError(name, 'options { inputs, column }', describe(given))
    const { inputs, column, initializer = initializers.normal({ std: 1 }), dtype, seed } = options(name, given, keys)
    this.entries = positiveInteger(name, 'entries', entries)
    this.features = positiveInteger(name, 'features', features)
    this.inputs = positiveInteger(name, 'inputs', inputs)
    this.column = integer(name, 'column', column, 0, inputs - 1)
    this.#initializer = initializerOf(name, initializer)
    this.#table = this.declare('weight', [entries, features], checkFloatDType(name, dtype ?? 'float32'))
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
  outputsFor(): number {
    return this.features
  }

  override initialize(source: InitialisationSource): void {
    const { seed, index } = checkSource(this.name, source)
    const { entries: fanOut, features: fanIn } = this
    this.draw(this.#table, this.#initializer, { fanIn, fanOut, seed, index })
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
    const { inputs, column, entries, features, weight } = this
    if (!(x instanceof Tensor) || x.rank !== 2 || x.shape[1] !== inputs) {
      throw new ShapeError('ColumnEmbedding', `input [batch, ${inputs}]`, formText(x))
    }
    const rows = x.shape[0]!
    const indices = new Int32Array(rows)
    for (let r = 0, at = column; r < rows; r++, at += inputs) {
      const index = x.data[at]!
      indices[r] = index
      if (indices[r] === index && index >= 0 && index < entries) continue
      throw new IndexError('ColumnEmbedding', `indices in [0, ${entries})`, `${index} in row ${r}`)
    }
    const y = allocate(this.dtype, rows * features)
    native().embeddingForward(features, weight.data as FloatArray, indices, y)
    this.kept = { indices, x }
    return new Tensor(y, Object.freeze([rows, features]))
  }

  protected override derive(dy: Value, { indices, x }: Kept, given: BackwardOptions): Value[] {
    const dtable = gradientOf(this.#table, given.accumulate ?? false)!
    native().embeddingBackward(this.features, indices, (dy as Tensor).data as FloatArray, dtable)
    return given.inputGradient === false ? [] : [new Tensor(allocate(x.dtype as FloatDType, x.size), x.shape)]
  }
}
