// TablePreprocessor: a table becomes the matrix that a network reads, as it was learned from the training part.
import { describe, integer, oneOf, options, signalOf } from '../checks.js'
import { type Column, type ColumnKind, takeRows } from '../data/table/column.js'
import { Table } from '../data/table/table.js'
import { ArgumentError, FormatError, ShapeError, StateError } from '../errors.js'
import type { Json } from '../io/json.js'
import { dtypeOf, isDetached } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import { BooleanFeature } from './features/boolean.js'
import { CategoricalFeature } from './features/categorical.js'
import { converted } from './features/convert.js'
import { DateFeature } from './features/date.js'
import type { Feature, RowWriter } from './features/feature.js'
import { NumericFeature, type NumericScaling, scalings } from './features/numeric.js'
import { Fields, VERSION } from './transforms/fields.js'
import type { Transform } from './transforms/transform.js'

/** Options of {@link TablePreprocessor}. */
export interface TablePreprocessorOptions {
  /** Columns that are left out, the target for one. */
  ignore?: readonly string[]
  /** How numbers are scaled: mean 0 and deviation 1, by quantiles, … Default standard. */
  numeric?: NumericScaling
  /** Up to so many categories become columns of 0 and 1; more are codes to look up in an embedding. Default 10. */
  oneHotLimit?: number
}

/** A column that is of no use, and why. */
export interface IgnoredColumn {
  readonly name: string
  readonly reason: string
}

/** A feature that is looked up: the column of the matrix that has its codes, and how many codes there are. */
export interface EmbeddedColumn {
  readonly name: string
  readonly column: number
  readonly entries: number
}

// Rows that are written in one go: some milliseconds.
const SLICE = 1 << 16

interface Learned {
  readonly features: readonly Feature[]
  readonly ignored: readonly IgnoredColumn[]
}

/**
 * Learns the columns of a table, and makes of any table with these columns one float32 matrix [rows, width]: first numbers
 * (`dense` columns: scaled numbers, booleans, dates, categories of 0 and 1), then codes of the categories that are embedded.
 * Missing values and unknown categories are encoded as such and are no errors; NaN and infinite numbers are missing. Columns
 * with one value or none, or with a category for nearly every row, are left out.
 */
export class TablePreprocessor implements Transform {
  readonly name = 'TablePreprocessor'
  readonly #ignore: readonly string[]
  readonly #numeric: NumericScaling
  readonly #oneHotLimit: number
  #learned: Learned | undefined

  constructor(given?: TablePreprocessorOptions) {
    const all = options('TablePreprocessor', given, ['ignore', 'numeric', 'oneHotLimit'])
    const { ignore = [], numeric = 'standard', oneHotLimit = 10 } = all
    if (!Array.isArray(ignore)) throw new ArgumentError(this.name, 'ignore to be an array of names', describe(ignore))
    this.#ignore = [...ignore]
    this.#numeric = oneOf(this.name, 'numeric', numeric, scalings)
    this.#oneHotLimit = integer(this.name, 'oneHotLimit', oneHotLimit, 0, 1e4)
  }

  /**
   * Learns the columns of a table, or of some of its rows, and forgets what it knew. Returns this.
   * @throws ArgumentError if none of them is of use
   */
  fit(table: Table, rows?: Int32Array): this {
    for (const _ of this.#fitting(table, rows));
    return this
  }

  /** The same; the event loop gets its turn after every column. */
  async fitInSlices(table: Table, rows?: Int32Array, signal?: AbortSignal): Promise<this> {
    signalOf(this.name, signal)
    for (const _ of this.#fitting(table, rows)) {
      await new Promise((resume) => setImmediate(resume))
      signal?.throwIfAborted()
    }
    return this
  }

  // Stops between columns.
  *#fitting(table: Table, rows: Int32Array | undefined): Generator<void> {
    checkTable(this.name, table)
    checkRows(this.name, rows, table.rows)
    if ((rows?.length ?? table.rows) === 0) throw new ShapeError(this.name, 'at least one row', 'none')
    for (const name of this.#ignore) table.column(name)
    const features: Feature[] = []
    const ignored: IgnoredColumn[] = []
    for (const column of table.columns) {
      if (this.#ignore.includes(column.name)) continue
      const found = this.#fitColumn(rows === undefined ? column : takeRows(column, rows))
      if (typeof found === 'string') ignored.push({ name: column.name, reason: found })
      else features.push(found)
      yield
    }
    if (features.length === 0) {
      const why = ignored.map(({ name, reason }) => `${describe(name)}: ${reason}`).join('; ')
      throw new ArgumentError(this.name, 'at least one column to learn from', why || 'none')
    }
    this.#learned = { features, ignored }
  }

  #fitColumn(column: Column): Feature | string {
    switch (column.kind) {
      case 'numeric':
        return NumericFeature.fit(column, this.#numeric)
      case 'boolean':
        return BooleanFeature.fit(column)
      case 'date':
        return DateFeature.fit(column)
      case 'categorical':
        return CategoricalFeature.fit(column, this.#oneHotLimit)
    }
  }

  get #state(): Learned {
    if (this.#learned !== undefined) return this.#learned
    throw new StateError(this.name, 'fit before anything else', 'a preprocessor that has learned nothing')
  }

  /** The columns that it reads, in their order. */
  get features(): readonly Feature[] {
    return this.#state.features
  }
  /** The columns that were of no use. */
  get ignored(): readonly IgnoredColumn[] {
    return this.#state.ignored
  }
  /** Kinds of the columns that it reads, by name. */
  get kinds(): Readonly<Record<string, ColumnKind>> {
    return Object.fromEntries(this.features.map(({ name, kind }) => [name, kind]))
  }
  /** Columns of numbers of the matrix. */
  get dense(): number {
    return this.features.reduce((sum, { width }) => sum + width, 0)
  }
  /** The features that are looked up. */
  get embedded(): readonly EmbeddedColumn[] {
    const looked = this.features.filter(({ entries }) => entries !== undefined)
    return looked.map(({ name, entries }, i) => ({ name, column: this.dense + i, entries: entries! }))
  }
  /** Columns of the matrix. */
  get width(): number {
    return this.dense + this.embedded.length
  }
  /** Names of the columns of the matrix. */
  get outputs(): readonly string[] {
    const ordered = [...this.features.filter(isDense), ...this.features.filter((feature) => !isDense(feature))]
    return ordered.flatMap(({ outputs }) => outputs)
  }

  /**
   * The matrix of a table, or of some of its rows: float32 [rows, width].
   * @throws ArgumentError for columns that are missing or of another kind
   */
  transform(table: Table, rows?: Int32Array): Tensor {
    const { out, slices } = this.#begin(table, rows)
    for (const write of slices) write()
    return out
  }

  /** The same; the event loop gets its turn every few milliseconds. */
  async transformInSlices(table: Table, rows?: Int32Array, signal?: AbortSignal): Promise<Tensor> {
    signalOf(this.name, signal)
    const { out, slices } = this.#begin(table, rows)
    for (const write of slices) {
      signal?.throwIfAborted()
      write()
      await new Promise((resume) => setImmediate(resume))
    }
    return out
  }

  #begin(table: Table, rows: Int32Array | undefined): { out: Tensor; slices: Iterable<() => void> } {
    const { features } = this
    const columns = this.#columnsOf(table)
    checkRows(this.name, rows, table.rows)
    const stride = this.width
    const count = rows?.length ?? table.rows
    const out = new Float32Array(count * stride)
    let [numbers, codes] = [0, this.dense]
    const writers = features.map((feature, i): (() => RowWriter) => {
      const offset = isDense(feature) ? numbers : codes++
      numbers += feature.width
      return () => feature.writer(columns[i]!, { out, stride, offset, rows })
    })
    return { out: new Tensor(out, Object.freeze([count, stride])), slices: slicesOf(writers, count) }
  }

  #columnsOf(table: Table): Column[] {
    checkTable(this.name, table)
    const lacking = this.features.filter(({ name }) => !table.has(name)).map(({ name }) => describe(name))
    if (lacking.length > 0) {
      const there = table.names.map(describe).join(', ') || 'no columns'
      throw new ArgumentError(this.name, `the columns that were trained on, also ${lacking.join(', ')}`, there)
    }
    return this.features.map(({ name, kind }) => converted(this.name, table.column(name), kind))
  }

  toJSON(): Json {
    const { features, ignored } = this.#state
    return {
      transform: this.name,
      version: VERSION,
      features: features.map((feature) => feature.toJSON()),
      ignored: ignored.map(({ name, reason }) => ({ name, reason })),
    }
  }

  /** @internal */
  static restored(fields: Fields): TablePreprocessor {
    const made = new TablePreprocessor()
    const features = fields.objects('features').map((each) => featureOf(new Fields(made.name, 'a feature', each)))
    const ignored = fields.objects('ignored').map((each) => {
      const column = new Fields(made.name, 'an ignored column', each)
      return { name: column.text('name'), reason: column.text('reason') }
    })
    if (features.length === 0 || new Set(features.map(({ name }) => name)).size < features.length) {
      throw new FormatError(made.name, 'features of different names', `${features.length} of them`)
    }
    made.#learned = { features, ignored }
    return made
  }
}

function isDense({ entries }: Feature): boolean {
  return entries === undefined
}

// Writers are made one after the other: what one needs is free before the next.
function* slicesOf(writers: readonly (() => RowWriter)[], rows: number): Generator<() => void> {
  for (const make of writers) {
    const write = make()
    for (let from = 0; from < rows; from += SLICE) yield () => write(from, Math.min(from + SLICE, rows))
  }
}

function checkRows(operation: string, rows: unknown, count: number): void {
  if (rows === undefined) return
  if (dtypeOf(rows) !== 'int32' || isDetached(rows as Int32Array)) {
    throw new ArgumentError(operation, 'rows to be an Int32Array that has its memory', describe(rows))
  }
  const outside = (rows as Int32Array).find((row) => row < 0 || row >= count)
  if (outside !== undefined) throw new ArgumentError(operation, `rows from 0 to ${count - 1}`, String(outside))
}

function checkTable(operation: string, table: unknown): void {
  if (!(table instanceof Table)) throw new ArgumentError(operation, 'a Table (see Table.from)', describe(table))
}

const readers = {
  numeric: NumericFeature.restored,
  boolean: BooleanFeature.restored,
  date: DateFeature.restored,
  categorical: CategoricalFeature.restored,
} satisfies Record<ColumnKind, (fields: Fields) => Feature>

function featureOf(fields: Fields): Feature {
  return readers[fields.oneOf('kind', Object.keys(readers) as ColumnKind[])](fields)
}
