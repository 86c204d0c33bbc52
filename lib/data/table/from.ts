// Columns from what a program has at hand: arrays of objects, and arrays by name.
import { describe } from '../../checks.js'
import { ArgumentError } from '../../errors.js'
import { type Column, type ColumnKind, checkColumn, checkName, isNumericArray } from './column.js'
import { Mismatch, ValueColumn } from './values.js'

const MOST_ROWS = 2 ** 31 - 1

/** Rows given as objects: a column for every key of any of them, in order of first appearance. */
export class ObjectRows {
  readonly #kinds: ReadonlyMap<string, ColumnKind>
  readonly #columns = new Map<string, ValueColumn>()
  #rows = 0

  constructor(kinds: ReadonlyMap<string, ColumnKind>) {
    this.#kinds = kinds
  }

  /** Rows so far. */
  get rows(): number {
    return this.#rows
  }

  /** Columns so far. */
  get width(): number {
    return this.#columns.size
  }

  /** Adds a row. Throws Mismatch for a value that its column cannot hold. */
  add(row: object): void {
    for (const name of Object.keys(row)) {
      const column = this.#columns.get(name) ?? this.#create(name)
      column.padTo(this.#rows)
      column.add((row as Record<string, unknown>)[name])
    }
    this.#rows++
  }

  /** The columns, all of one length; those that were told and never came have nothing but missing cells. */
  finish(): Column[] {
    for (const name of this.#kinds.keys()) if (!this.#columns.has(name)) this.#create(name)
    return Array.from(this.#columns.values(), (column) => {
      column.padTo(this.#rows)
      return column.finish()
    })
  }

  #create(name: string): ValueColumn {
    if (name === '') throw new Mismatch('keys that are not empty', describe(name))
    const column = new ValueColumn(name, this.#kinds.get(name))
    this.#columns.set(name, column)
    return column
  }
}

/** Columns of an array of objects. */
export function columnsOfObjects(
  operation: string,
  rows: readonly unknown[],
  kinds: ReadonlyMap<string, ColumnKind>,
): Column[] {
  const builder = new ObjectRows(kinds)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    if (
      typeof row !== 'object' ||
      row === null ||
      Array.isArray(row) ||
      ArrayBuffer.isView(row) ||
      row instanceof Date
    ) {
      throw new ArgumentError(operation, `an object in row ${i}`, describe(row))
    }
    located(operation, i, () => builder.add(row))
  }
  return builder.finish()
}

/** Columns of an object of arrays or finished columns. */
export function columnsOfArrays(
  operation: string,
  arrays: Readonly<Record<string, unknown>>,
  kinds: ReadonlyMap<string, ColumnKind>,
): Column[] {
  for (const name of kinds.keys()) {
    if (!Object.hasOwn(arrays, name))
      throw new ArgumentError(operation, 'types of columns that are given', describe(name))
  }
  return Object.entries(arrays).map(([name, source]) =>
    columnOf(operation, checkName(operation, name), source, kinds.get(name)),
  )
}

function columnOf(operation: string, name: string, source: unknown, kind: ColumnKind | undefined): Column {
  const expected = `column ${describe(name)} as an array or a column`
  if (typeof source !== 'object' || source === null || source instanceof DataView) {
    throw new ArgumentError(operation, expected, describe(source))
  }
  if ('kind' in source) {
    const column = checkColumn(operation, { ...source, name })
    if (kind === undefined || kind === column.kind) return column
    throw new ArgumentError(operation, `column ${describe(name)} of type ${kind}`, column.kind)
  }
  if (isNumericArray(source) && (kind === undefined || kind === 'numeric'))
    return { kind: 'numeric', name, values: source }
  const { length } = source as ArrayLike<unknown>
  if (!Number.isInteger(length) || length < 0 || length > MOST_ROWS)
    throw new ArgumentError(operation, expected, describe(source))
  const column = new ValueColumn(name, kind)
  for (let i = 0; i < length; i++) located(operation, i, () => column.add((source as ArrayLike<unknown>)[i]))
  return column.finish()
}

function located(operation: string, row: number, add: () => void): void {
  try {
    add()
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error
    const { expected, actual, advice } = error
    throw new ArgumentError(operation, expected, `${actual} in row ${row}${advice && `; ${advice}`}`)
  }
}
