// Tables as text that people can read in a terminal.
import { type Column, cellOf } from './column.js'

const WIDEST = 24 // characters of a cell
const MOST = 12 // columns

/** The first rows of columns: names, kinds, cells, and what was left out. */
export function textOfTable(columns: readonly Column[], rows: number, most: number): string {
  const shown = Math.min(rows, most)
  const kept = columns.slice(0, MOST)
  const grid = kept.map((column) => {
    const cells = Array.from({ length: shown }, (_, i) => cellText(column, i))
    const lines = [short(column.name), kindText(column), ...cells]
    const width = Math.max(...lines.map((line) => line.length))
    const left = column.kind === 'categorical'
    return lines.map((line) => (left ? line.padEnd(width) : line.padStart(width)))
  })
  const lines = Array.from({ length: kept.length > 0 ? shown + 2 : 0 }, (_, y) =>
    grid
      .map((column) => column[y]!)
      .join('  ')
      .trimEnd(),
  )
  const size = `${count(rows, 'row')} × ${count(columns.length, 'column')}`
  const left = [
    ...(rows > shown ? [`${count(rows - shown, 'more row')}`] : []),
    ...(columns.length > MOST ? [`${count(columns.length - MOST, 'more column')}`] : []),
  ]
  return [...lines, left.length > 0 ? `${size}, ${left.join(' and ')}` : size].join('\n')
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function kindText(column: Column): string {
  return column.kind === 'categorical' ? `categorical (${column.categories.length})` : column.kind
}

function cellText(column: Column, i: number): string {
  const cell = cellOf(column, i)
  if (cell === null) return '–'
  if (cell instanceof Date) return dateText(cell)
  if (typeof cell !== 'number') return short(String(cell))
  const text = String(cell)
  return text.length > 12 && !Number.isInteger(cell) ? String(Number(cell.toPrecision(7))) : text
}

function dateText(date: Date): string {
  if (Number.isNaN(date.getTime())) return 'beyond all dates'
  const text = date.toISOString()
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, -14) : text.replace('T', ' ').replace(/(\.000)?Z$/, '')
}

function short(text: string): string {
  const line = text.replace(/\p{Cc}/gu, '·')
  return line.length > WIDEST ? `${line.slice(0, WIDEST - 1)}…` : line
}
