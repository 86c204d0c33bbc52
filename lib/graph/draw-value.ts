// Values beside wires: numbers, small tensors as columns of numbers in brackets, larger ones as their shape.
import { shapeText } from '../checks.js'
import { numberText } from '../draw/numbers.js'
import { round, text, textWidth } from '../draw/svg.js'
import type { Value } from '../gates/gate.js'
import { Tensor } from '../tensor/tensor.js'

const [SIZE, LINE, COLUMN_GAP, BRACKET] = [13, 16, 10, 5]
const [LONGEST, LARGEST] = [4, 12] // the longest axis, and the most elements, of tensors that show their numbers

/** A value ready to be drawn. */
export interface Label {
  readonly width: number
  readonly height: number
  /** Draws it with its lower left corner at (x, y). */
  paint(x: number, y: number, fill: string): string[]
}

/** Whether a tensor shows its numbers. */
function isSmall({ shape, size }: Tensor): boolean {
  return size > 0 && size <= LARGEST && shape.length <= 2 && shape.every((extent) => extent <= LONGEST)
}

/** The label of a value. A large gradient shows its norm, which its shape does not tell. */
export function labelOf(value: Value, digits: number, role: 'value' | 'gradient'): Label {
  if (typeof value === 'number') return line(numberText(value, digits))
  if (value.size === 1 && value.rank < 2) return line(numberText(value.data[0]!, digits))
  if (!isSmall(value)) return line(role === 'value' ? shapeText(value.shape) : `‖∇‖ ${numberText(norm(value), digits)}`)
  const width = value.rank === 2 ? value.shape[1]! : 1
  const rows = Array.from({ length: value.size / width }, (_, i) =>
    Array.from(value.data.subarray(i * width, (i + 1) * width), (v) => numberText(v, digits)),
  )
  return matrix(rows)
}

function norm({ data }: Tensor): number {
  let sum = 0
  for (const v of data) sum += v * v
  return Math.sqrt(sum)
}

function line(content: string): Label {
  return {
    width: textWidth(content, SIZE),
    height: LINE,
    paint: (x, y, fill) => [text(x, y - 4, content, { size: SIZE, fill, weight: 500 })],
  }
}

function matrix(rows: readonly (readonly string[])[]): Label {
  const widths = rows[0]!.map((_, j) => Math.max(...rows.map((row) => textWidth(row[j]!, SIZE))))
  const inner = widths.reduce((a, b) => a + b, 0) + COLUMN_GAP * (widths.length - 1)
  const [width, height] = [inner + 4 * BRACKET, rows.length * LINE + 2]
  return {
    width,
    height,
    paint(x, y, fill) {
      const top = y - height + 1
      const bracket = (from: number, turn: number) =>
        `<path d="M${round(from + turn * BRACKET)} ${round(top)}h${-turn * BRACKET}v${height - 2}h${turn * BRACKET}" fill="none" stroke="${fill}" stroke-width="1.2"/>`
      const cells = rows.flatMap((row, i) => {
        let right = x + 2 * BRACKET
        return row.map((cell, j) => {
          right += widths[j]! + (j > 0 ? COLUMN_GAP : 0)
          return text(right, top + i * LINE + 12, cell, { size: SIZE, fill, weight: 500, anchor: 'end' })
        })
      })
      return [bracket(x, 1), bracket(x + width, -1), ...cells]
    },
  }
}

/** A value in a line of text: numbers of tensors of up to six elements, else the shape. */
export function valueText(value: Value, digits: number): string {
  const plain = (v: number) => numberText(v, digits).replaceAll('−', '-')
  if (!(value instanceof Tensor)) return plain(value)
  if (value.size === 0 || value.size > 6) return shapeText(value.shape)
  return JSON.stringify(value.toArray(), (_, v) => (typeof v === 'number' ? plain(v) : v))
    .replaceAll('"', '')
    .replaceAll(',', ', ')
}
