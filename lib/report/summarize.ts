// A table in short: what its columns hold, for the part of a report about the data.
import { describe, options } from '../checks.js'
import { type Column, isMissing } from '../data/table/column.js'
import { Table } from '../data/table/table.js'
import { ArgumentError } from '../errors.js'
import type { ColumnSummary, DataSummary } from './columns.js'

/** What the columns are for. */
export interface Roles {
  readonly target: string
  readonly ignored?: readonly string[]
}

const BINS = 16
const TOP = 10

/** The columns of a table in short. */
export function summarize(table: Table, roles: Roles): DataSummary {
  if (!(table instanceof Table)) throw new ArgumentError('summarize', 'a Table', describe(table))
  const { target, ignored = [] } = options('summarize', roles, ['target', 'ignored'])
  if (typeof target !== 'string') {
    throw new ArgumentError('summarize', 'roles { target } with the name of a column', describe(target))
  }
  if (!Array.isArray(ignored)) {
    throw new ArgumentError('summarize', 'ignored to be an array of names', describe(ignored))
  }
  const columns = table.columns.map((column): ColumnSummary => {
    const role = column.name === target ? 'target' : ignored.includes(column.name) ? 'ignored' : 'feature'
    let missing = 0
    for (let i = 0; i < table.rows; i++) if (isMissing(column, i)) missing++
    const head = { name: column.name, kind: column.kind, role, missing } as const
    return column.kind === 'numeric' || column.kind === 'date'
      ? { ...head, ...numbers(column.values) }
      : { ...head, ...categories(column) }
  })
  return { rows: table.rows, columns }
}

function numbers(values: ArrayLike<number>) {
  let [count, mean, squares] = [0, 0, 0]
  let [minimum, maximum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) continue
    count++
    const before = value - mean
    mean += before / count // Welford's way: no sum that could overflow or cancel
    squares += before * (value - mean)
    if (value < minimum) minimum = value
    if (value > maximum) maximum = value
  }
  if (count === 0) return { counts: [] }
  const counts = new Array<number>(BINS).fill(0)
  const width = maximum / BINS - minimum / BINS
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (Number.isFinite(value)) counts[width > 0 ? Math.min(BINS - 1, Math.floor((value - minimum) / width)) : 0]!++
  }
  return { minimum, mean, maximum, deviation: Math.sqrt(squares / count), counts }
}

function categories(column: Extract<Column, { kind: 'categorical' | 'boolean' }>) {
  const [codes, names] =
    column.kind === 'categorical' ? [column.codes, column.categories] : [column.values, ['false', 'true']]
  const rows = new Float64Array(names.length)
  for (const code of codes) if (code >= 0 && code < names.length) rows[code]!++
  const seen = names.map((name, i) => [name, rows[i]!] as const).filter(([, count]) => count > 0)
  const top = seen.sort((a, b) => b[1] - a[1]).slice(0, TOP)
  return { distinct: seen.length, top, counts: top.map(([, count]) => count) }
}
