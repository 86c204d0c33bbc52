// What the experiments of examples/lecture/ share: their options, tables, pictures, and means over seeds.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readOptions } from './options.mjs'

/**
 * Starts an experiment: reads its options and prints its title.
 * @returns `pick(full, small)` chooses by --short; `picture(name, svg)` writes the drawing to --out
 */
export function experiment(title) {
  const usage = '  --short     a small form that takes a second or two\n  --out DIR   folder for the pictures (out)'
  const { short, out } = readOptions(`${title}\n\n${usage}`, { short: false, out: 'out' })
  console.log(`${title}\n`)
  return {
    pick: (full, small) => (short ? small : full),
    picture(name, svg) {
      mkdirSync(out, { recursive: true })
      const path = join(out, `${name}.svg`)
      writeFileSync(path, svg)
      console.log(`\nPicture: ${path}`)
    },
  }
}

/** A table as text: numbers and their units right, words left. */
export function table(head, rows) {
  const lines = [head, ...rows].map((row) => row.map(String))
  const widths = head.map((_, i) => Math.max(...lines.map((row) => row[i].length)))
  const words = head.map((_, i) => i === 0 || rows.every((row) => !/^[-–\d]/.test(String(row[i]))))
  const text = lines.map((row) =>
    row.map((cell, i) => (words[i] ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('   '),
  )
  return [text[0], '─'.repeat(text[0].length), ...text.slice(1)].map((line) => line.trimEnd()).join('\n')
}

/** Three significant digits, in powers of ten where numbers are small or large. */
export function brief(value) {
  if (value === 0 || !Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  return size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(3))) : value.toExponential(1)
}

export function percent(share) {
  return `${(100 * share).toFixed(1)} %`
}

export function mean(values) {
  return values.reduce((a, b) => a + b, 0) / values.length
}
