// What all charts share: their options, the checks of their numbers, and the card with title and axes that they lie on.
import { describe, integer } from '../checks.js'
import { type Box, card, placed, round, shortened, text, textWidth } from '../draw/svg.js'
import type { Theme, ThemeName } from '../draw/theme.js'
import { ArgumentError } from '../errors.js'
import { isDetached } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import type { Scale } from './axis.js'

/** Options of every chart. */
export interface PanelOptions {
  /** What the chart shows. */
  title?: string
  /** How, and of what. */
  subtitle?: string
  /** Width of the chart's card. The default suits the kind of chart. */
  width?: number
  /** Height of the chart's card. */
  height?: number
}

/** Options of a chart that is a picture of its own. */
export interface ChartOptions extends PanelOptions {
  /** Colours. Default light. */
  theme?: ThemeName
}

/** Names of the options in {@link ChartOptions}. */
export const chartKeys = ['title', 'subtitle', 'width', 'height', 'theme'] as const

/** Numbers of a chart: an array, a typed array or a tensor. */
export type Numbers = ArrayLike<number> | Tensor

/** A chart whose options have been checked. */
export interface Panel {
  readonly width: number
  readonly height: number
  /** The height without a title. */
  readonly bareHeight: number
  readonly title: string
  readonly subtitle: string
  /** The chart within a card; `bare` if its title stands elsewhere. */
  paint(box: Box, theme: Theme, bare: boolean): string[]
}

/** Size and titles of a chart, checked; `titleRoom` is what the default height has for a title. */
export function panelOf(
  operation: string,
  given: PanelOptions,
  width: number,
  height: number,
  paint: Panel['paint'],
  titleRoom = 0,
): Panel {
  const { title = '', subtitle = '', width: w = width, height: h = height } = given
  return {
    width: integer(operation, 'width', w, 80, 20000),
    height: integer(operation, 'height', h, 80, 20000),
    bareHeight: given.height ?? Math.max(80, height - titleRoom),
    title: string(operation, 'title', title),
    subtitle: string(operation, 'subtitle', subtitle),
    paint,
  }
}

/** A string. */
export function string(operation: string, name: string, value: unknown): string {
  if (typeof value !== 'string') throw new ArgumentError(operation, `${name} to be a string`, describe(value))
  return value
}

/** An array that is not empty. */
export function list<T>(operation: string, name: string, value: readonly T[]): readonly T[] {
  if (!Array.isArray(value) || value.length === 0) {
    const got = Array.isArray(value) ? 'an empty one' : describe(value)
    throw new ArgumentError(operation, `${name} to be an array with entries`, got)
  }
  return Array.from(value) // holes become undefined, which callers refuse
}

/** Numbers as an array; NaN and infinities are allowed, and charts leave them out. */
export function numbersOf(operation: string, name: string, value: Numbers): number[] {
  const data = value instanceof Tensor ? value.data : value
  const lost = ArrayBuffer.isView(data) && isDetached(data)
  if (typeof data !== 'object' || data === null || lost || !(data.length >>> 0 === data.length)) {
    throw new ArgumentError(operation, `${name} to be an array of numbers`, describe(value))
  }
  return Array.from(data, (each, i) => {
    if (typeof each !== 'number') throw new ArgumentError(operation, `${name}[${i}] to be a number`, describe(each))
    return each
  })
}

/** Rows of numbers: a tensor [rows, columns] or nested arrays. */
export function matrixOf(operation: string, name: string, value: Tensor | readonly Numbers[]): number[][] {
  const rows = value instanceof Tensor ? (value.rank === 2 ? (value.toArray() as number[][]) : []) : value
  if (!Array.isArray(rows) || rows.length === 0 || !rows[0]?.length) {
    throw new ArgumentError(operation, `${name} to be a matrix, as a tensor or nested arrays`, describe(value))
  }
  return Array.from(rows, (row, i) => {
    const numbers = numbersOf(operation, `${name}[${i}]`, row)
    if (numbers.length === rows[0].length) return numbers
    throw new ArgumentError(operation, `${name} to have rows of one length, ${rows[0].length}`, String(numbers.length))
  })
}

/** Style of the small grey text of axes and notes. */
export function small(theme: Theme, anchor: 'start' | 'middle' | 'end' = 'start') {
  return { size: 11.5, fill: theme.muted, anchor } as const
}

/** The card and, unless the chart is `bare`, its title. Returns the drawing and where the title ends. */
export function paintCard(panel: Panel, box: Box, theme: Theme, bare: boolean): { drawing: string[]; top: number } {
  const drawing = [card(box, theme)]
  if (bare || !(panel.title || panel.subtitle)) return { drawing, top: box.y + 20 }
  const space = box.width - 40
  const wide = textWidth(panel.title, 15) + textWidth(panel.subtitle, 11.5) + 16 > space
  const fit = (content: string, size: number) => shortened(content, Math.floor(space / (0.58 * size)))
  drawing.push(text(box.x + 20, box.y + 32, fit(panel.title, 15), { size: 15, weight: 600, fill: theme.ink }))
  if (wide) drawing.push(text(box.x + 20, box.y + 50, fit(panel.subtitle, 11.5), small(theme)))
  else drawing.push(text(box.x + box.width - 20, box.y + 32, panel.subtitle, small(theme, 'end')))
  return { drawing, top: box.y + (wide ? 62 : 50) }
}

/** The area of a chart between its axes. */
export interface Frame {
  readonly drawing: string[]
  readonly inner: Box
  x(value: number): number
  y(value: number): number
}

/** Grid, ticks and labels of two axes around the largest area that fits between `top` and the card's other edges. */
export function paintFrame(box: Box, top: number, theme: Theme, xs: Scale, ys: Scale, right = 24): Frame {
  const marks = ys.ticks.map((tick) => ys.format(tick))
  const left = 26 + Math.max(12, ...marks.map((mark) => textWidth(mark, 11.5))) + (ys.label ? 18 : 0)
  const bottom = xs.label ? 48 : 34
  const inner = { x: box.x + left, y: top + 8, width: 0, height: 0 }
  inner.width = Math.max(10, box.x + box.width - right - inner.x)
  inner.height = Math.max(10, box.y + box.height - bottom - inner.y)
  const floor = inner.y + inner.height
  const x = (value: number) => inner.x + inner.width * xs.at(value)
  const y = (value: number) => inner.y + inner.height * (1 - ys.at(value))
  const drawing: string[] = []
  for (const [i, tick] of ys.ticks.entries()) {
    drawing.push(`<path d="M${round(inner.x)} ${round(y(tick))}h${round(inner.width)}" stroke="${theme.grid}"/>`)
    drawing.push(text(inner.x - 10, y(tick) + 4, marks[i]!, small(theme, 'end')))
  }
  drawing.push(`<path d="M${round(inner.x)} ${round(floor)}h${round(inner.width)}" stroke="${theme.axis}"/>`)
  for (const tick of spaced(xs, x)) drawing.push(text(x(tick), floor + 20, xs.format(tick), small(theme, 'middle')))
  const middle = inner.x + inner.width / 2
  if (xs.label) drawing.push(text(middle, floor + 38, xs.label, small(theme, 'middle')))
  const side = { x: box.x + 22, y: inner.y + inner.height / 2 }
  if (ys.label) drawing.push(text(side.x, side.y, ys.label, { ...small(theme, 'middle'), turn: -90 }))
  return { drawing, inner, x, y }
}

// The ticks whose labels do not touch: every one, every second …
function spaced(scale: Scale, x: (value: number) => number): number[] {
  for (let stride = 1; ; stride++) {
    const shown = scale.ticks.filter((_, i) => i % stride === 0)
    const half = (tick: number) => textWidth(scale.format(tick), 11.5) / 2 + 3
    const fits = shown.every((tick, i) => i === 0 || x(tick) - half(tick) >= x(shown[i - 1]!) + half(shown[i - 1]!))
    if (fits || shown.length === 1) return shown
  }
}

/** Clips what is drawn in a chart to its area: an identifier made of the place, so equal pictures have equal bytes. */
export function clipped(inner: Box, content: readonly string[]): string[] {
  const id = `clip-${[inner.x, inner.y, inner.width, inner.height].map((n) => Math.round(n)).join('-')}`
  const area = { x: inner.x - 6, y: inner.y - 6, width: inner.width + 12, height: inner.height + 12 }
  return [`<clipPath id="${id}"><rect ${placed(area)}/></clipPath>`, `<g clip-path="url(#${id})">`, ...content, '</g>']
}
