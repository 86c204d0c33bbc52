// Brings a column to the kind that a feature was learned from, where nothing is lost or guessed by that.
import { describe } from '../../checks.js'
import { type Column, type ColumnKind, cellOf, MISSING_BOOLEAN } from '../../data/table/column.js'
import { ArgumentError } from '../../errors.js'

/**
 * Nothing but missing values fits every kind. Numbers and booleans are categories by their texts, booleans are numbers, and
 * the numbers 0 and 1 are booleans.
 * @throws ArgumentError naming the column, a value of it and what to do
 */
export function converted(operation: string, column: Column, kind: ColumnKind): Column {
  const { name } = column
  if (column.kind === kind) return column
  const rows = (column.kind === 'categorical' ? column.codes : column.values).length
  const first = firstValue(column, rows)
  if (first === undefined) return missingColumn(name, kind, rows)
  if (kind === 'categorical' && column.kind !== 'date') return textsOf(column, rows)
  if (kind === 'numeric' && column.kind === 'boolean') {
    return { kind, name, values: Float64Array.from(column.values, (v) => (v === MISSING_BOOLEAN ? Number.NaN : v)) }
  }
  if (kind === 'boolean' && column.kind === 'numeric') {
    const values = Uint8Array.from(column.values, (v) => (Number.isNaN(v) ? MISSING_BOOLEAN : v))
    const bad = column.values.findIndex((v: number) => !Number.isNaN(v) && v !== 0 && v !== 1)
    if (bad < 0) return { kind, name, values }
  }
  const remedy = `give its type when the table is read: types: { ${describe(name)}: '${kind}' }`
  const actual = `the ${column.kind} value ${describe(first)} (if it is ${kind} all the same, ${remedy})`
  throw new ArgumentError(operation, `column ${describe(name)} of type ${kind}, as in training`, actual)
}

function firstValue(column: Column, rows: number): unknown {
  for (let i = 0; i < rows; i++) {
    const cell = cellOf(column, i)
    if (cell !== null) return cell instanceof Date ? cell.toISOString() : cell
  }
  return undefined
}

function missingColumn(name: string, kind: ColumnKind, rows: number): Column {
  if (kind === 'categorical') return { kind, name, codes: new Int32Array(rows).fill(-1), categories: [] }
  if (kind === 'boolean') return { kind, name, values: new Uint8Array(rows).fill(MISSING_BOOLEAN) }
  return { kind, name, values: new Float64Array(rows).fill(Number.NaN) }
}

function textsOf(column: Column, rows: number): Column {
  const known = new Map<string, number>()
  const codes = new Int32Array(rows).fill(-1)
  for (let i = 0; i < rows; i++) {
    const cell = cellOf(column, i)
    if (cell === null) continue
    const text = String(cell)
    let code = known.get(text)
    if (code === undefined) {
      code = known.size
      known.set(text, code)
    }
    codes[i] = code
  }
  return { kind: 'categorical', name: column.name, codes, categories: [...known.keys()] }
}
