// Heat maps: a matrix as coloured cells with their numbers; confusion matrices are heat maps of rows' shares.
import { boolean, describe, oneOf, options } from '../checks.js'
import { numberText } from '../draw/numbers.js'
import { pngUri } from '../draw/png.js'
import { type Box, placed, shortened, text, textWidth } from '../draw/svg.js'
import { hexOf, rgbOf, type Theme } from '../draw/theme.js'
import { ArgumentError, ShapeError } from '../errors.js'
import type { Tensor } from '../tensor/tensor.js'
import {
  type ChartOptions,
  chartKeys,
  matrixOf,
  type Numbers,
  type Panel,
  paintCard,
  panelOf,
  small,
  string,
} from './panel.js'
import { inkOn, type RampName, ramp } from './ramp.js'

/** Options of {@link heatmap}. */
export interface HeatmapOptions extends ChartOptions {
  /** [rows, columns] */
  values: Tensor | readonly Numbers[]
  /** Names of the rows. Default none. */
  rows?: readonly string[]
  /** Names of the columns. Default none. */
  columns?: readonly string[]
  /** What the columns are. */
  x?: string
  /** What the rows are. */
  y?: string
  /** `sequential` from least to greatest; `diverging` around 0. Default: diverging if signs differ. */
  ramp?: RampName
  /** How numbers are written. Default in three digits. */
  format?: (value: number) => string
  /** Whether cells show their numbers. Default: for up to 400 cells. */
  numbers?: boolean
}

/** Options of {@link confusion}. */
export interface ConfusionOptions extends ChartOptions {
  /** Counts [classes, classes], true classes in rows, predicted ones in columns: what confusionMatrix returns. */
  matrix: Tensor | readonly Numbers[]
  /** Names of the classes. Default 0, 1, 2 … */
  classes?: readonly string[]
}

interface Cells {
  readonly values: readonly (readonly number[])[]
  readonly rows: readonly string[] | undefined
  readonly columns: readonly string[] | undefined
  readonly x: string
  readonly y: string
  /** The place of a cell's colour on the ramp, 0 to 1. */
  shade(value: number, row: number, column: number): number
  readonly ramp: RampName
  label(value: number): string
  readonly numbers: boolean
}

/** Checks a heat map. */
export function heatmapPanel(operation: string, given: HeatmapOptions): Panel {
  const all = options(operation, given, [
    ...chartKeys,
    'values',
    'rows',
    'columns',
    'x',
    'y',
    'ramp',
    'format',
    'numbers',
  ])
  const values = matrixOf(operation, 'values', all?.values)
  const {
    rows,
    columns,
    x = '',
    y = '',
    format = (value: number) => numberText(value, 3),
    numbers = values.length * values[0]!.length <= 400,
  } = all
  if (typeof format !== 'function') throw new ArgumentError(operation, 'format to be a function', describe(format))
  const finite = values.flat().filter(Number.isFinite)
  const [low, high] = finite.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)] as const, [
    Infinity,
    -Infinity,
  ] as const)
  const name = oneOf(operation, 'ramp', all.ramp ?? (low < 0 && high > 0 ? 'diverging' : 'sequential'), [
    'sequential',
    'diverging',
  ])
  const reach = Math.max(Math.abs(low), Math.abs(high)) || 1
  const shade =
    name === 'diverging'
      ? (v: number) => 0.5 + v / reach / 2
      : (v: number) => (high > low ? (v - low) / (high - low) : 0.5)
  return cellsPanel(operation, all, {
    values,
    rows: names(operation, 'rows', rows, values.length),
    columns: names(operation, 'columns', columns, values[0]!.length),
    x: string(operation, 'x', x),
    y: string(operation, 'y', y),
    shade,
    ramp: name,
    label: (value) => String(format(value)),
    numbers: boolean(operation, 'numbers', numbers),
  })
}

/** Checks a confusion matrix. */
export function confusionPanel(operation: string, given: ConfusionOptions): Panel {
  const all = options(operation, given, [...chartKeys, 'matrix', 'classes'])
  const values = matrixOf(operation, 'matrix', all?.matrix)
  if (values.length !== values[0]!.length) {
    throw new ShapeError(operation, 'a square matrix', `[${values.length}, ${values[0]!.length}]`)
  }
  const classes = names(operation, 'classes', all.classes, values.length) ?? values.map((_, i) => String(i))
  const sums = values.map((row) => row.reduce((a, b) => a + b, 0))
  return cellsPanel(operation, all, {
    values,
    rows: classes,
    columns: classes,
    x: 'predicted',
    y: 'true',
    // Right ones are blue, wrong ones red, and cube roots make the few wrong ones visible.
    shade: (count, i, j) => 0.5 + (i === j ? 0.5 : -0.5) * Math.cbrt(sums[i] ? count / sums[i]! : 0),
    ramp: 'diverging',
    label: (count) => (count === 0 ? '' : numberText(count)),
    numbers: values.length <= 30,
  })
}

function names(
  operation: string,
  name: string,
  given: readonly string[] | undefined,
  count: number,
): readonly string[] | undefined {
  if (given === undefined) return undefined
  if (!Array.isArray(given) || given.length !== count) {
    throw new ShapeError(operation, `${count} ${name}`, Array.isArray(given) ? String(given.length) : describe(given))
  }
  return given.map((each, i) => string(operation, `${name}[${i}]`, each))
}

function cellsPanel(operation: string, given: ChartOptions, cells: Cells): Panel {
  const [rows, columns] = [cells.values.length, cells.values[0]!.length]
  const longest = (list: readonly string[] | undefined, size: number) =>
    Math.max(0, ...(list ?? []).map((n) => textWidth(shortened(n, 24), size)))
  const widest = cells.numbers ? Math.max(...cells.values.flat().map((v) => textWidth(cells.label(v), 12))) : 0
  const side = Math.min(64, Math.max(cells.numbers ? Math.max(30, widest + 12) : 4, 420 / Math.max(rows, columns)))
  const left = 20 + (cells.y ? 22 : 0) + (cells.rows ? longest(cells.rows, 12) + 10 : 0)
  const turned = longest(cells.columns, 12) > side - 4
  const above = (cells.x ? 22 : 0) + (cells.columns ? (turned ? longest(cells.columns, 12) * 0.75 + 14 : 22) : 0)
  const overhang = turned ? longest(cells.columns, 12) * 0.75 : 0
  const height = Math.min(side, 40)
  const size = [left + columns * side + Math.max(24, overhang - side / 2 + 16), 72 + above + rows * height]
  const panel = panelOf(
    operation,
    given,
    Math.max(160, Math.ceil(size[0]!)),
    Math.ceil(size[1]!),
    (box, theme, bare) => {
      const { drawing, top } = paintCard(panel, box, theme, bare)
      const right = Math.max(24, overhang - side / 2 + 16)
      const inner = { x: box.x + left, y: top + above, width: Math.max(4, box.width - left - right), height: 0 }
      inner.height = Math.max(4, box.y + box.height - 22 - inner.y)
      return [...drawing, ...paintCells(cells, inner, theme), ...paintNames(cells, inner, box, top, turned, theme)]
    },
    30,
  )
  return panel
}

function paintCells({ values, shade, ramp: name, label, numbers }: Cells, inner: Box, theme: Theme): string[] {
  const [rows, columns] = [values.length, values[0]!.length]
  const [w, h] = [inner.width / columns, inner.height / rows]
  const colors = values.map((row, i) =>
    row.map((v, j) => (Number.isFinite(v) ? ramp(name, shade(v, i, j), theme) : rgbOf(theme.grid))),
  )
  if (rows * columns > 2500) {
    const data = Uint8Array.from(colors.flat(2))
    const uri = pngUri({ width: columns, height: rows, samples: 3, data })
    return [`<image ${placed(inner)} preserveAspectRatio="none" style="image-rendering:pixelated" href="${uri}"/>`]
  }
  const gap = Math.min(w, h) > 12 ? 1 : 0
  const size = Math.min(12, h * 0.5)
  return values.flatMap((row, i) =>
    row.flatMap((value, j) => {
      const color = colors[i]![j]!
      const box = { x: inner.x + j * w, y: inner.y + i * h, width: w - gap, height: h - gap }
      const cell = `<rect ${placed(box)}${gap ? ' rx="2"' : ''} fill="${hexOf(color)}"/>`
      const shown = numbers ? label(value) : ''
      const style = { size, anchor: 'middle', fill: inkOn(color) } as const
      return shown ? [cell, text(box.x + box.width / 2, box.y + box.height / 2 + size * 0.36, shown, style)] : [cell]
    }),
  )
}

function paintNames(
  { rows, columns, x, y, values }: Cells,
  inner: Box,
  box: Box,
  top: number,
  turned: boolean,
  theme: Theme,
): string[] {
  const [w, h] = [inner.width / values[0]!.length, inner.height / values.length]
  const style = { size: 12, fill: theme.ink }
  // Names of thin rows and columns would lie on each other: every second, third … is shown.
  const some = (list: readonly string[] | undefined, room: number) => {
    const stride = Math.ceil(14 / room)
    return (list ?? []).map((name, i) => ({ name: shortened(name, 24), i })).filter(({ i }) => i % stride === 0)
  }
  const drawing = some(rows, h).map(({ name, i }) =>
    text(inner.x - 10, inner.y + (i + 0.5) * h + 4, name, { ...style, anchor: 'end' }),
  )
  for (const { name, i } of some(columns, w)) {
    const [at, above] = [inner.x + (i + 0.5) * w, inner.y - 8]
    drawing.push(
      turned ? text(at, above, name, { ...style, turn: -45 }) : text(at, above, name, { ...style, anchor: 'middle' }),
    )
  }
  if (x) drawing.push(text(inner.x + inner.width / 2, top + 8, x, small(theme, 'middle')))
  const [side, middle] = [box.x + 26, inner.y + inner.height / 2]
  if (y) drawing.push(text(side, middle, y, { ...small(theme, 'middle'), turn: -90 }))
  return drawing
}
