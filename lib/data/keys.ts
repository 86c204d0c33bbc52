// Values that tell rows apart (classes, groups, times): from a column of a table, or from an array.
import { describe } from '../checks.js'
import { ArgumentError, ShapeError } from '../errors.js'
import { type Cell, type Column, cellOf, isMissing, isNumericArray } from './table/column.js'
import type { Table } from './table/table.js'

/** One small integer per row: equal ones where the values are equal. */
export interface Keys {
  /** In [0, count), each of them at least once; in order of first appearance. */
  readonly codes: Int32Array
  readonly count: number
  /** The value of a code, for messages. */
  name(code: number): string
}

/** Keys from the name of a column, or from an array of n values; what is missing is a value of its own. */
export function keysOf(operation: string, option: string, given: unknown, table: Table | undefined, n: number): Keys {
  const source = valuesOf(operation, option, given, table, n)
  const known = new Map<unknown, number>()
  const codes = new Int32Array(n)
  for (let row = 0; row < n; row++) {
    const value = source(row)
    const code = known.get(value)
    codes[row] = code ?? known.size
    if (code === undefined) known.set(value, known.size)
  }
  return { codes, count: known.size, name: (code) => describe([...known.keys()][code]) }
}

/** Times as numbers, from the name of a column or from an array. */
export function timesOf(operation: string, given: unknown, table: Table | undefined, n: number): Float64Array {
  const source = valuesOf(operation, 'time', given, table, n)
  return Float64Array.from({ length: n }, (_, row) => {
    const time = source(row)
    if (typeof time === 'number' && !Number.isNaN(time)) return time
    throw new ArgumentError(operation, 'time to be a date or number in every row', `${describe(time)} in row ${row}`)
  })
}

// Dates come as their numbers, and everything missing as null, so that equal values are the same.
function valuesOf(
  operation: string,
  option: string,
  given: unknown,
  table: Table | undefined,
  n: number,
): (row: number) => unknown {
  if (typeof given === 'string') {
    if (!table) throw new ArgumentError(operation, `${option} as an array, as there is no table`, describe(given))
    return cellsOf(table.column(given))
  }
  const usable = Array.isArray(given) || isNumericArray(given)
  if (!usable) throw new ArgumentError(operation, `${option} as the name of a column or an array`, describe(given))
  if (given.length !== n) throw new ShapeError(operation, `${option} of ${n} values, one per row`, String(given.length))
  return (row) => plain(given[row])
}

function cellsOf(column: Column): (row: number) => unknown {
  if (column.kind === 'categorical') {
    const { codes, categories } = column
    return (row) => (codes[row] === -1 ? null : categories[codes[row]!])
  }
  return (row) => (isMissing(column, row) ? null : plain(cellOf(column, row)))
}

function plain(value: Cell | undefined): unknown {
  if (value === undefined || (typeof value === 'number' && Number.isNaN(value))) return null
  return value instanceof Date ? value.getTime() : value
}
