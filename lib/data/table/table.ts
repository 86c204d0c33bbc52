// Table: named columns of equal length. Typed, columnar, immutable.
import { describe, integer, options } from '../../checks.js'
import { ArgumentError, IndexError, ShapeError } from '../../errors.js'
import { allocate, checkFloatDType, type FloatDType } from '../../tensor/dtype.js'
import { Tensor } from '../../tensor/tensor.js'
import {
  type Cell,
  type Column,
  type ColumnKind,
  cellOf,
  checkColumn,
  checkKinds,
  checkName,
  MISSING_BOOLEAN,
  storageOf,
  takeRows,
  withStorage,
} from './column.js'
import { columnsOfArrays, columnsOfObjects } from './from.js'
import { textOfTable } from './text.js'

/** Options of {@link Table.from}. */
export interface TableOptions {
  /** Kinds of columns by name, where they shall not be inferred from the values. */
  types?: Readonly<Record<string, ColumnKind>>
}

/** Options of {@link Table.tensor}. */
export interface TableTensorOptions {
  /** Element type. Default float32. */
  dtype?: FloatDType
}

/** Where rows come from: objects, or columns by name. */
export type TableSource = readonly object[] | Readonly<Record<string, Column | ArrayLike<unknown>>>

/**
 * Named columns of equal length. Nothing of a table can be changed but the numbers in the typed arrays of its columns, which
 * it shares with whoever made them and with the tables made from it; leave these alone.
 */
export class Table {
  /** Number of rows. */
  readonly rows: number
  /** Names in the order of the columns. Frozen. */
  readonly names: readonly string[]
  /** The columns in order. Frozen. */
  readonly columns: readonly Column[]
  readonly #byName: ReadonlyMap<string, Column>

  /**
   * @param columns - at least one for a table with rows; all of one length, with names that differ
   * @throws ArgumentError for what is no column or for a name that comes twice, ShapeError for lengths that differ
   */
  constructor(columns: readonly Column[]) {
    if (!Array.isArray(columns)) throw new ArgumentError('Table', 'an array of columns', describe(columns))
    this.columns = Object.freeze(Array.from(columns, (column) => checkColumn('Table', column)))
    this.names = Object.freeze(this.columns.map(({ name }) => name))
    this.rows = this.columns.length === 0 ? 0 : storageOf(this.columns[0]!).length
    this.#byName = new Map(this.columns.map((column) => [column.name, column]))
    const seen = new Set<string>()
    for (const column of this.columns) {
      if (seen.size === seen.add(column.name).size) {
        throw new ArgumentError('Table', 'columns with names that differ', `${describe(column.name)} twice`)
      }
      const { length } = storageOf(column)
      if (length !== this.rows) {
        const expected = `column ${describe(column.name)} of ${this.rows} rows like ${describe(this.names[0])}`
        throw new ShapeError('Table', expected, String(length))
      }
    }
    Object.freeze(this)
  }

  /**
   * A table of objects (one per row; what one lacks is missing), or of columns by name. Numbers become numeric columns, texts
   * categorical ones (dates, if all are ISO dates), booleans and Dates their kinds; null, undefined and NaN are missing.
   * Typed arrays and finished columns are not copied.
   * @throws ArgumentError where values are mixed or unusable, with row, column and what to do; ShapeError for columns whose lengths differ
   * @example Table.from([{ age: 31, city: 'Oslo' }, { age: null, city: 'Rome' }], { types: { city: 'categorical' } })
   */
  static from(source: TableSource, given?: TableOptions): Table {
    const kinds = checkKinds('Table.from', options('Table.from', given, ['types']).types)
    if (typeof source !== 'object' || source === null || ArrayBuffer.isView(source)) {
      throw new ArgumentError('Table.from', 'an array of objects, or an object of columns', describe(source))
    }
    if (source instanceof Table) return source
    const columns = Array.isArray(source)
      ? columnsOfObjects('Table.from', source, kinds)
      : columnsOfArrays('Table.from', source as Record<string, unknown>, kinds)
    return new Table(columns)
  }

  /**
   * The column of a name.
   * @throws ArgumentError naming the columns there are
   */
  column(name: string): Column {
    const column = this.#byName.get(name)
    if (column === undefined) {
      throw new ArgumentError('Table', `a column among ${listed(this.names)}`, describe(name))
    }
    return column
  }

  /** Whether there is a column of that name. */
  has(name: string): boolean {
    return this.#byName.has(name)
  }

  /** These columns, in this order. */
  select(names: readonly string[]): Table {
    return new Table(checkNames(names).map((name) => this.column(name)))
  }

  /** All columns but these. */
  drop(names: readonly string[]): Table {
    const dropped = new Set(checkNames(names).map((name) => this.column(name)))
    return new Table(this.columns.filter((column) => !dropped.has(column)))
  }

  /** With a column more, or instead of the one of its name. */
  with(column: Column): Table {
    const name = checkName('Table', column?.name)
    if (!this.has(name)) return new Table([...this.columns, column])
    return new Table(this.columns.map((old) => (old.name === name ? column : old)))
  }

  /**
   * Copies of the rows that `indices` name, in that order; a row may come more than once.
   * @throws IndexError for an index that is none
   */
  take(indices: ArrayLike<number>): Table {
    if (typeof indices !== 'object' || indices === null || !(Number.isInteger(indices.length) && indices.length >= 0)) {
      throw new ArgumentError('Table', 'indices in an array', describe(indices))
    }
    for (let i = 0; i < indices.length; i++) this.#checkRow(indices[i])
    return new Table(this.columns.map((column) => takeRows(column, indices)))
  }

  /** Rows `from` (inclusive) to `to` (exclusive), as a view; negative numbers count from the end, as in arrays. */
  slice(from = 0, to: number = this.rows): Table {
    integer('Table', 'from', from, Number.MIN_SAFE_INTEGER)
    integer('Table', 'to', to, Number.MIN_SAFE_INTEGER)
    const at = (index: number) => Math.min(Math.max(index < 0 ? index + this.rows : index, 0), this.rows)
    const [start, end] = [at(from), Math.max(at(from), at(to))]
    return new Table(this.columns.map((column) => withStorage(column, storageOf(column).subarray(start, end))))
  }

  /** One row as an object. */
  row(i: number): Record<string, Cell> {
    this.#checkRow(i)
    return Object.fromEntries(this.columns.map((column) => [column.name, cellOf(column, i)]))
  }

  /** All rows as objects. */
  toObjects(): Record<string, Cell>[] {
    return Array.from({ length: this.rows }, (_, i) => this.row(i))
  }

  /**
   * Numeric, boolean and date columns as a tensor [rows, columns]; what is missing is NaN, dates are milliseconds since 1970.
   * @param names - which columns. Default: all that are numeric or boolean
   * @throws ArgumentError for a categorical column, or if there is none to take
   */
  tensor(names?: readonly string[], given?: TableTensorOptions): Tensor {
    const { dtype = 'float32' } = options('Table.tensor', given, ['dtype'])
    const chosen =
      names === undefined
        ? this.columns.filter(({ kind }) => kind === 'numeric' || kind === 'boolean')
        : checkNames(names).map((name) => this.column(name))
    if (chosen.length === 0) throw new ArgumentError('Table.tensor', 'at least one column of numbers', 'none')
    const width = chosen.length
    const out = allocate(checkFloatDType('Table.tensor', dtype), this.rows * width)
    for (const [j, column] of chosen.entries()) {
      if (column.kind === 'categorical') {
        throw new ArgumentError('Table.tensor', 'columns of numbers', `the categorical column ${describe(column.name)}`)
      }
      const { values } = column
      for (let i = 0, to = j; i < values.length; i++, to += width) out[to] = values[i]!
      if (column.kind !== 'boolean') continue
      for (let i = 0; i < values.length; i++) if (values[i] === MISSING_BOOLEAN) out[i * width + j] = Number.NaN
    }
    return new Tensor(out, Object.freeze([this.rows, width]))
  }

  /** The first rows as a table of text, with the kinds of the columns below their names. */
  head(rows = 10): string {
    return textOfTable(this.columns, this.rows, integer('Table.head', 'rows', rows, 0))
  }

  /** The first rows, as text. */
  toString(): string {
    return this.head()
  }

  /** What console.log shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }

  #checkRow(i: unknown): void {
    if (!Number.isInteger(i) || (i as number) < 0 || (i as number) >= this.rows) {
      throw new IndexError('Table', `rows from 0 to ${this.rows - 1}`, describe(i))
    }
  }
}

function checkNames(names: unknown): readonly string[] {
  if (!Array.isArray(names)) throw new ArgumentError('Table', 'names of columns in an array', describe(names))
  return Array.from(names, (name) => checkName('Table', name))
}

/** Names for a message, not too many of them. */
export function listed(names: readonly string[], most = 20): string {
  if (names.length === 0) return 'none (the table has no columns)'
  const shown = names
    .slice(0, most)
    .map((name) => describe(name))
    .join(', ')
  return names.length > most ? `${shown} … (${names.length} columns)` : shown
}
