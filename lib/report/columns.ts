// The part of a report about the data: each column's kind, what is missing, and how its values are spread.
import { escaped, shortened } from '../draw/svg.js'
import { among, listOf, number, object, optional, text, tuple } from './check.js'
import { type Cell, htmlTable } from './html.js'
import { numberText, percentText } from './numbers.js'

/** A column in short. */
export interface ColumnSummary {
  readonly name: string
  readonly kind: string
  /** What the network does with it. */
  readonly role: 'target' | 'feature' | 'ignored'
  readonly missing: number
  /** Different values; of numbers and dates at most as many as were counted. */
  readonly distinct?: number
  /** Of numbers and dates. */
  readonly minimum?: number
  readonly mean?: number
  readonly maximum?: number
  readonly deviation?: number
  /** The most frequent values of categories and booleans, with their rows. */
  readonly top?: readonly (readonly [value: string, rows: number])[]
  /** Rows in ranges of equal width, or of the most frequent values. */
  readonly counts: readonly number[]
}

/** A table in short. */
export interface DataSummary {
  readonly rows: number
  readonly columns: readonly ColumnSummary[]
}

const checkColumn = object({
  name: text,
  kind: text,
  role: among('target', 'feature', 'ignored'),
  missing: number,
  distinct: optional(number),
  minimum: optional(number),
  mean: optional(number),
  maximum: optional(number),
  deviation: optional(number),
  top: optional(listOf(tuple(text, number))),
  counts: listOf(number),
})

/** Checks what stands for a table in short. */
export const checkSummary = object({ rows: number, columns: listOf(checkColumn) })

/** A table of the columns. */
export function columnSection({ rows, columns }: DataSummary): string {
  const order = { target: 0, feature: 1, ignored: 2 }
  const sorted = [...columns].sort((a, b) => order[a.role] - order[b.role])
  const lines = sorted.map((column): Cell[] => [
    column.name,
    column.role,
    column.kind,
    column.missing === 0 ? '–' : column.missing / rows < 5e-4 ? '< 0.1 %' : percentText(column.missing / rows),
    { html: spark(column) },
    valuesText(column),
  ])
  return htmlTable(
    `${rows.toLocaleString('en-US')} rows, ${columns.length} columns`,
    ['column', 'role', 'kind', 'missing', 'spread', 'values'],
    lines,
    [3],
  )
}

function valuesText({ kind, minimum, mean, maximum, deviation, top, distinct }: ColumnSummary): string {
  if (kind === 'date' && minimum !== undefined && maximum !== undefined) {
    return `${new Date(minimum).toISOString().slice(0, 10)} to ${new Date(maximum).toISOString().slice(0, 10)}`
  }
  if (mean !== undefined) {
    return `${numberText(minimum!)} to ${numberText(maximum!)}, mean ${numberText(mean)} ± ${numberText(deviation!)}`
  }
  const most = (top ?? []).slice(0, 3).map(([value, count]) => `${shortened(value, 24)} (${numberText(count)})`)
  const rest = (distinct ?? 0) - most.length
  return most.join(', ') + (rest > 0 ? ` and ${numberText(rest)} more` : '')
}

// A small chart within a line; its colour is the page's.
function spark({ counts, name }: ColumnSummary): string {
  if (counts.length === 0) return '–'
  const most = Math.max(...counts, 1)
  const width = 96 / Math.max(8, counts.length)
  const bars = counts.map((count, i) => {
    const height = count === 0 ? 0 : Math.max(1, Math.round((24 * count) / most))
    return `<rect x="${(i * width).toFixed(1)}" y="${24 - height}" width="${Math.max(1, width - 1).toFixed(1)}" height="${height}"/>`
  })
  const label = escaped(`How the values of ${name} are spread`)
  return `<svg class="spark" role="img" aria-label="${label}" width="96" height="24" viewBox="0 0 96 24">${bars.join('')}</svg>`
}
