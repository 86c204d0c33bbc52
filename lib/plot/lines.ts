// Line charts: one or several series over a common axis, as lines, points or both.
import { boolean, describe, oneOf, options } from '../checks.js'
import { round, shortened, text, textWidth } from '../draw/svg.js'
import { type ColorName, checkColor, colorOf, type Theme } from '../draw/theme.js'
import { ArgumentError, ShapeError } from '../errors.js'
import { type PlotAxis, scaleOf } from './axis.js'
import { type Entry, paintLegend, spread } from './legend.js'
import {
  type ChartOptions,
  chartKeys,
  clipped,
  type Frame,
  list,
  type Numbers,
  numbersOf,
  type Panel,
  paintCard,
  paintFrame,
  panelOf,
  string,
} from './panel.js'

/** A series of a line chart. */
export interface LineSeries {
  /** The name in the legend. */
  name?: string
  /** The values; a line has a gap where one is not finite. */
  y: Numbers
  /** Where they lie, as many as `y`. Default 1, 2, 3 …, for epochs. */
  x?: Numbers
  /** A colour's name, or hexadecimal like `#2f6bff`. Default: the next of the theme's. */
  color?: ColorName | (string & {})
  /** Whether the line is dashed. Default false. */
  dashed?: boolean
  /** Default: lines, with points where there are at most 30. */
  marks?: 'lines' | 'points' | 'both'
}

/** Options of {@link lines}. */
export interface LinesOptions extends ChartOptions {
  series: readonly LineSeries[]
  /** The horizontal axis. */
  x?: PlotAxis
  /** The vertical axis. */
  y?: PlotAxis
  /** Where names stand: at the lines' `ends`, on `top`, or `none`. Default ends for up to 6 lines, else top. */
  legend?: 'ends' | 'top' | 'none'
  /** Whether the last value stands below a name at a line's end. Default false. */
  endValues?: boolean
}

interface Drawn {
  readonly name: string
  readonly color: string | undefined
  readonly points: readonly (readonly [x: number, y: number])[]
  readonly dashed: boolean
  readonly marks: 'lines' | 'points' | 'both'
}

/** Checks a line chart. */
export function linesPanel(operation: string, given: LinesOptions): Panel {
  const all = options(operation, given, [...chartKeys, 'series', 'x', 'y', 'legend', 'endValues'])
  const drawn = list(operation, 'series', all?.series).map((each, i) => seriesOf(operation, `series[${i}]`, each))
  const { legend, endValues = false } = all
  if (legend !== undefined) oneOf(operation, 'legend', legend, ['ends', 'top', 'none'])
  boolean(operation, 'endValues', endValues)
  const named = drawn.filter(({ name }) => name !== '').length
  const scattered = drawn.some(({ marks }) => marks === 'points')
  const place = legend ?? (named === 0 ? 'none' : drawn.length <= 6 && !scattered ? 'ends' : 'top')
  const xs = scaleOf(
    operation,
    'x',
    all.x,
    drawn.flatMap(({ points }) => points.map(([x]) => x)),
    { tight: !scattered, ticks: 8 },
  )
  const ys = scaleOf(
    operation,
    'y',
    all.y,
    drawn.flatMap(({ points }) => points.map(([, y]) => y)),
  )
  const panel = panelOf(operation, all, 640, 360, (box, theme, bare) => {
    const { drawing, top } = paintCard(panel, box, theme, bare)
    const colors = drawn.map(({ color }, i) => colorOf(theme, color, i))
    const entries = drawn.map(({ name, marks }, i) => ({ name, color: colors[i]!, dot: marks === 'points' }))
    const legend = paintLegend(
      place === 'top' ? entries.filter(({ name }) => name) : [],
      box.x + 20,
      top - 6,
      box.width - 40,
      theme,
    )
    const ends = drawn.map(({ name, points }) => {
      const last = points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)).at(-1)
      return { name: shortened(name, 28), last, value: last && endValues ? ys.format(last[1]) : '' }
    })
    const widest = Math.max(...ends.map(({ name, value }) => Math.max(textWidth(name, 12), textWidth(value, 12))))
    const right = place === 'ends' ? 32 + widest : 28
    const frame = paintFrame(box, top + legend.height, theme, xs, ys, right)
    const curves = drawn.flatMap((series, i) => paintSeries(series, colors[i]!, frame, theme))
    drawing.push(...legend.drawing, ...frame.drawing, ...clipped(frame.inner, curves))
    return place === 'ends' ? [...drawing, ...paintEnds(ends, entries, frame)] : drawing
  })
  return panel
}

function seriesOf(operation: string, at: string, given: LineSeries): Drawn {
  if (typeof given !== 'object' || given === null)
    throw new ArgumentError(operation, `${at} to be an object`, describe(given))
  const {
    name = '',
    y,
    x,
    color,
    dashed = false,
    marks,
  } = options(operation, given, ['name', 'y', 'x', 'color', 'dashed', 'marks'])
  const ys = numbersOf(operation, `${at}.y`, y)
  const xs = x === undefined ? ys.map((_, i) => i + 1) : numbersOf(operation, `${at}.x`, x)
  if (xs.length !== ys.length)
    throw new ShapeError(operation, `${ys.length} entries of ${at}.x, one per y`, String(xs.length))
  checkColor(operation, color)
  if (marks !== undefined) oneOf(operation, `${at}.marks`, marks, ['lines', 'points', 'both'])
  return {
    name: string(operation, `${at}.name`, name),
    color,
    points: ys.map((value, i) => [xs[i]!, value]),
    dashed: boolean(operation, `${at}.dashed`, dashed),
    marks: marks ?? (ys.length <= 30 ? 'both' : 'lines'),
  }
}

function paintSeries({ points, dashed, marks }: Drawn, color: string, frame: Frame, theme: Theme): string[] {
  const shown = points.map(([x, y]) =>
    Number.isFinite(x) && Number.isFinite(y) ? ([round(frame.x(x)), round(frame.y(y))] as const) : undefined,
  )
  const drawing: string[] = []
  if (marks !== 'points') {
    let path = ''
    for (const [i, point] of shown.entries())
      if (point) path += `${i > 0 && shown[i - 1] ? 'L' : 'M'}${point.join(' ')}`
    const dash = dashed ? ' stroke-dasharray="6 5"' : ''
    if (path)
      drawing.push(
        `<path d="${path}" fill="none" stroke="${color}" stroke-width="2.5" stroke-linejoin="round" stroke-linecap="round"${dash}/>`,
      )
  }
  if (marks === 'lines') return drawing
  const dot = marks === 'points' ? `r="4" fill-opacity="0.8"` : 'r="3.5"'
  for (const point of shown) {
    if (point)
      drawing.push(
        `<circle cx="${point[0]}" cy="${point[1]}" ${dot} fill="${color}" stroke="${theme.panel}" stroke-width="1"/>`,
      )
  }
  return drawing
}

function paintEnds(
  ends: readonly { name: string; last: readonly [number, number] | undefined; value: string }[],
  entries: readonly Entry[],
  { inner, x, y }: Frame,
): string[] {
  const tall = ends.some(({ value }) => value !== '')
  const shown = ends.flatMap((end, i) =>
    end.last && (end.name || end.value) ? [{ ...end, last: end.last, color: entries[i]!.color }] : [],
  )
  const inside = (value: number) => Math.min(inner.y + inner.height, Math.max(inner.y, value))
  const places = spread(
    shown.map(({ last }) => inside(y(last[1]))),
    tall ? 34 : 17,
    inner.y,
    inner.y + inner.height,
  )
  const left = Math.max(...shown.map(({ last }) => x(last[0])), inner.x) + 12
  return shown.flatMap(({ name, value, color }, i) => [
    text(left, places[i]! + (tall ? -3 : 4), name, { size: 12, weight: 600, fill: color }),
    ...(value ? [text(left, places[i]! + 12, value, { size: 12, fill: color })] : []),
  ])
}
