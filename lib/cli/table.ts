// Tables in text, as wide as the terminal at most, and the ways in which numbers are written in them.
import { shortened } from '../draw/svg.js'

/** A table. Columns whose cells are all numbers stand to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], width = 100): string {
  const widths = head.map((title, i) => Math.max(length(title), ...rows.map((row) => length(row[i] ?? ''))))
  shrink(widths, width)
  const numeric = head.map(
    (_, i) => rows.length > 0 && rows.every((row) => /^[-−+]?[\d.,]*\d\S*( %)?$|^[–-]?$/.test(row[i] ?? '')),
  )
  const line = (cells: readonly string[]) =>
    widths
      .map((w, i) => {
        const cell = shortened(cells[i] ?? '', w)
        const space = ' '.repeat(Math.max(0, w - length(cell)))
        return numeric[i] ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd()
  const rule = '─'.repeat(widths.reduce((a, b) => a + b + 2, -2))
  const titled = head.some((title) => title !== '') ? [line(head), rule] : []
  return [...titled, ...rows.map(line)].join('\n')
}

/** Names and values below each other. */
export function pairs(entries: readonly (readonly [string, string])[], width = 100): string {
  return table(['', ''], entries, width)
}

function length(text: string): number {
  return Array.from(text).length
}

// Takes columns from the widest until the table fits, or none has more than 6.
function shrink(widths: number[], room: number): void {
  for (let over = widths.reduce((a, b) => a + b + 2, -2) - room; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths))
    if (widths[widest]! <= 6) return
    widths[widest]!--
  }
}

/** A number in four digits. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return value.toLocaleString('en-US')
  const size = Math.abs(value)
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(2) : String(Number(value.toPrecision(4)))
}

/** Seconds as people say them. */
export function secondsText(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  const whole = Math.round(seconds)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)]
  const rest = `${String(minutes).padStart(hours ? 2 : 1, '0')}:${String(whole % 60).padStart(2, '0')}`
  return hours ? `${hours}:${rest} h` : `${rest} min`
}

/** Bytes as people say them. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB']
  let power = 0
  let value = bytes
  while (value >= 1000 && power < units.length - 1) {
    value /= 1000
    power++
  }
  return `${power === 0 ? value : Number(value.toPrecision(3))} ${units[power]}`
}
