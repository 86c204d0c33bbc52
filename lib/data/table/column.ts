// Columns of a table: four kinds, each a typed array, with missing values marked in the array itself.
import { describe } from '../../checks.js'
import { ArgumentError } from '../../errors.js'

/** The kinds of columns. */
export type ColumnKind = 'numeric' | 'categorical' | 'boolean' | 'date'

/** One cell as JavaScript has it; null where it is missing. */
export type Cell = number | string | boolean | Date | null

/** Arrays that numbers can lie in. */
export type NumericArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array

/** Numbers; NaN where one is missing. Integers lie in integer arrays where none is missing. */
export interface NumericColumn {
  readonly kind: 'numeric'
  readonly name: string
  readonly values: NumericArray
}

/** Texts, each stored once: row i has categories[codes[i]]; code −1 is missing. */
export interface CategoricalColumn {
  readonly kind: 'categorical'
  readonly name: string
  readonly codes: Int32Array
  readonly categories: readonly string[]
}

/** 0 for false, 1 for true, 255 where it is missing. */
export interface BooleanColumn {
  readonly kind: 'boolean'
  readonly name: string
  readonly values: Uint8Array
}

/** Milliseconds since 1970 UTC; NaN where it is missing. */
export interface DateColumn {
  readonly kind: 'date'
  readonly name: string
  readonly values: Float64Array
}

/** A column of any kind. */
export type Column = NumericColumn | CategoricalColumn | BooleanColumn | DateColumn

/** All kinds. */
export const columnKinds: readonly ColumnKind[] = ['numeric', 'categorical', 'boolean', 'date']

/** What stands for a missing boolean. */
export const MISSING_BOOLEAN = 255

/** The typed array that a column lies in. */
export function storageOf(column: Column): NumericArray {
  return column.kind === 'categorical' ? column.codes : column.values
}

/** Whether row i is missing. */
export function isMissing(column: Column, i: number): boolean {
  if (column.kind === 'categorical') return column.codes[i] === -1
  if (column.kind === 'boolean') return column.values[i] === MISSING_BOOLEAN
  return Number.isNaN(column.values[i])
}

/** Row i as JavaScript has it. */
export function cellOf(column: Column, i: number): Cell {
  if (isMissing(column, i)) return null
  if (column.kind === 'categorical') return column.categories[column.codes[i]!]!
  if (column.kind === 'boolean') return column.values[i] === 1
  return column.kind === 'date' ? new Date(column.values[i]!) : column.values[i]!
}

// Frozen columns that are known to be sound: checking codes takes a pass over them.
const sound = new WeakSet<Column>()

/** A column that is sound by its making, frozen. */
export function frozen<T extends Column>(column: T): T {
  Object.freeze(column)
  sound.add(column)
  return column
}

/** The same column over other storage of the same type: rows of the column. */
export function withStorage(column: Column, storage: NumericArray): Column {
  if (column.kind === 'categorical') return frozen({ ...column, codes: storage as Int32Array })
  return frozen({ ...column, values: storage } as Column)
}

/** The rows that `indices` name, copied. The indices are checked by the caller. */
export function takeRows(column: Column, indices: ArrayLike<number>): Column {
  const from = storageOf(column)
  const to = new (from.constructor as Float64ArrayConstructor)(indices.length) as NumericArray
  for (let i = 0; i < to.length; i++) to[i] = from[indices[i]!]!
  return withStorage(column, to)
}

/** Whether a value is an array that numbers can lie in. */
export function isNumericArray(value: unknown): value is NumericArray {
  return (
    ArrayBuffer.isView(value) &&
    !(value instanceof DataView) &&
    !(value instanceof BigInt64Array) &&
    !(value instanceof BigUint64Array) &&
    !(value instanceof Uint8ClampedArray)
  )
}

/** A name of a column: a text that is not empty. */
export function checkName(operation: string, name: unknown): string {
  if (typeof name !== 'string' || name === '') {
    throw new ArgumentError(operation, 'the name of a column to be a text that is not empty', describe(name))
  }
  return name
}

/** The kind of a column. */
export function checkKind(operation: string, name: string, kind: unknown): ColumnKind {
  if (!columnKinds.includes(kind as ColumnKind)) {
    throw new ArgumentError(
      operation,
      `the type of column ${describe(name)} to be one of ${columnKinds.join(', ')}`,
      describe(kind),
    )
  }
  return kind as ColumnKind
}

/** Kinds by the names of columns. */
export function checkKinds(operation: string, kinds: unknown): ReadonlyMap<string, ColumnKind> {
  if (kinds === undefined) return new Map()
  if (typeof kinds !== 'object' || kinds === null || Array.isArray(kinds)) {
    throw new ArgumentError(operation, 'types to be an object of column kinds', describe(kinds))
  }
  return new Map(Object.entries(kinds).map(([name, kind]) => [name, checkKind(operation, name, kind)]))
}

/** A column that somebody else made, checked and frozen: its arrays are shared, not copied. */
export function checkColumn(operation: string, given: unknown): Column {
  if (typeof given !== 'object' || given === null) throw new ArgumentError(operation, 'a column', describe(given))
  const column = given as Column
  if (sound.has(column)) return column
  const name = checkName(operation, column.name)
  const of = `column ${describe(name)}`
  const wrong = (expected: string, actual: string) => new ArgumentError(operation, `${of} to have ${expected}`, actual)
  switch (checkKind(operation, name, column.kind)) {
    case 'numeric': {
      const { values } = column as NumericColumn
      if (!isNumericArray(values)) throw wrong('values in a typed array of numbers', describe(values))
      return frozen({ kind: 'numeric', name, values })
    }
    case 'date': {
      const { values } = column as DateColumn
      if (!(values instanceof Float64Array)) throw wrong('values in a Float64Array', describe(values))
      return frozen({ kind: 'date', name, values })
    }
    case 'boolean': {
      const { values } = column as BooleanColumn
      if (!(values instanceof Uint8Array)) throw wrong('values in a Uint8Array', describe(values))
      const bad = values.findIndex((value) => value > 1 && value !== MISSING_BOOLEAN)
      if (bad >= 0) throw wrong(`values 0, 1 or ${MISSING_BOOLEAN}`, `${values[bad]} in row ${bad}`)
      return frozen({ kind: 'boolean', name, values })
    }
    case 'categorical': {
      const { codes, categories } = column as CategoricalColumn
      if (!(codes instanceof Int32Array)) throw wrong('codes in an Int32Array', describe(codes))
      if (!Array.isArray(categories) || categories.some((category) => typeof category !== 'string')) {
        throw wrong('categories in an array of texts', describe(categories))
      }
      if (new Set(categories).size !== categories.length) throw wrong('categories that differ', 'two that are equal')
      const bad = codes.findIndex((code) => code < -1 || code >= categories.length)
      if (bad >= 0) throw wrong(`codes from -1 to ${categories.length - 1}`, `${codes[bad]} in row ${bad}`)
      const kept = Object.isFrozen(categories) ? categories : Object.freeze([...categories])
      return frozen({ kind: 'categorical', name, codes, categories: kept })
    }
  }
}
