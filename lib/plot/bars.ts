// Bar charts: one bar per label, or a group of bars, upright or lying.
import { boolean, describe, options } from '../checks.js'
import { type Box, placed, round, shortened, text, textWidth } from '../draw/svg.js'
import { type ColorName, checkColor, colorOf, type Theme } from '../draw/theme.js'
import { ArgumentError, ShapeError } from '../errors.js'
import { type PlotAxis, type Scale, scaleOf } from './axis.js'
import { paintLegend } from './legend.js'
import {
  type ChartOptions,
  chartKeys,
  list,
  type Numbers,
  numbersOf,
  type Panel,
  paintCard,
  panelOf,
  small,
  string,
} from './panel.js'

/** One bar per label. */
export interface BarSeries {
  /** The name in the legend. */
  name?: string
  /** As many as there are labels; no bar where one is not finite. */
  values: Numbers
  /** Default: the next of the theme's. */
  color?: ColorName | (string & {})
}

/** Options of {@link bars}. */
export interface BarsOptions extends ChartOptions {
  /** What the groups of bars are called. */
  labels: readonly string[]
  series: readonly BarSeries[]
  /** The axis of the values. */
  y?: PlotAxis
  /** Whether bars lie, which suits long labels. Default false. */
  horizontal?: boolean
  /** Whether each bar's value stands at its end. Default: for up to 24 bars. */
  values?: boolean
}

/** Checks a bar chart. */
export function barsPanel(operation: string, given: BarsOptions): Panel {
  const all = options(operation, given, [...chartKeys, 'labels', 'series', 'y', 'horizontal', 'values'])
  const labels = list(operation, 'labels', all?.labels).map((label, i) => string(operation, `labels[${i}]`, label))
  const series = list(operation, 'series', all.series).map((each, i) => {
    if (typeof each !== 'object' || each === null)
      throw new ArgumentError(operation, `series[${i}] to be an object`, describe(each))
    const { name = '', values, color } = options(operation, each, ['name', 'values', 'color'])
    const numbers = numbersOf(operation, `series[${i}].values`, values)
    if (numbers.length !== labels.length)
      throw new ShapeError(
        operation,
        `${labels.length} entries of series[${i}].values, one per label`,
        String(numbers.length),
      )
    checkColor(operation, color)
    return { name: string(operation, `series[${i}].name`, name), values: numbers, color }
  })
  const count = labels.length * series.length
  const { horizontal = false, values: shown = count <= 24 } = all
  boolean(operation, 'horizontal', horizontal)
  boolean(operation, 'values', shown)
  const scale = scaleOf(
    operation,
    'y',
    all.y,
    series.flatMap(({ values }) => values),
    { zero: true },
  )
  const size = horizontal ? [640, 100 + Math.max(labels.length * 30, count * 18)] : [640, 360]
  const panel = panelOf(operation, all, size[0]!, size[1]!, (box, theme, bare) => {
    const { drawing, top } = paintCard(panel, box, theme, bare)
    const named = series.map(({ name, color }, i) => ({ name, color: colorOf(theme, color, i) }))
    const legend = paintLegend(
      named.filter(({ name }) => name),
      box.x + 20,
      top - 6,
      box.width - 40,
      theme,
    )
    drawing.push(...legend.drawing)
    const paint = horizontal ? lying : upright
    const area = {
      x: box.x,
      y: top + legend.height,
      width: box.width,
      height: box.y + box.height - top - legend.height,
    }
    const groups = labels.map((label, i) => ({
      label,
      bars: series.map(({ values }, k) => ({ value: values[i]!, color: named[k]!.color })),
    }))
    return [...drawing, ...paint(groups, area, scale, theme, shown)]
  })
  return panel
}

interface Group {
  readonly label: string
  readonly bars: readonly { readonly value: number; readonly color: string }[]
}

// Where bars start: at 0, or at the end of the axis that is nearer to it.
function base(scale: Scale): number {
  const zero = scale.at(0)
  return Number.isFinite(zero) ? Math.min(1, Math.max(0, zero)) : 0
}

function upright(groups: readonly Group[], area: Box, scale: Scale, theme: Theme, shown: boolean): string[] {
  const marks = scale.ticks.map((tick) => scale.format(tick))
  const left = 26 + Math.max(...marks.map((mark) => textWidth(mark, 11.5))) + (scale.label ? 18 : 0)
  const step = (area.width - left - 24) / groups.length
  const turned = groups.some(({ label }) => textWidth(label, 11.5) > step - 4)
  const longest = Math.max(...groups.map(({ label }) => textWidth(shortened(label, 24), 11.5)))
  const [x0, y0] = [area.x + left, area.y + (shown ? 18 : 8)]
  const height = Math.max(10, area.y + area.height - (turned ? 24 + longest * 0.7 : 36) - y0)
  const at = (part: number) => y0 + height * (1 - part)
  const drawing = scale.ticks.flatMap((tick, i) => [
    `<path d="M${x0} ${round(at(scale.at(tick)))}h${round(step * groups.length)}" stroke="${theme.grid}"/>`,
    text(x0 - 10, at(scale.at(tick)) + 4, marks[i]!, small(theme, 'end')),
  ])
  if (scale.label)
    drawing.push(text(area.x + 22, y0 + height / 2, scale.label, { ...small(theme, 'middle'), turn: -90 }))
  const foot = base(scale)
  for (const [i, { label, bars }] of groups.entries()) {
    const width = Math.min(56, (step * 0.76) / bars.length)
    const start = x0 + step * (i + 0.5) - (width * bars.length) / 2
    for (const [k, { value, color }] of bars.entries()) {
      if (!Number.isFinite(value)) continue
      const [low, high] = ends(scale, value, foot)
      drawing.push(
        bar({ x: start + k * width + 1, y: at(high), width: width - 2, height: height * (high - low) }, color),
      )
      const below = scale.at(value) < foot
      if (shown)
        drawing.push(
          text(start + (k + 0.5) * width, below ? at(low) + 13 : at(high) - 5, scale.format(value), {
            size: 11,
            anchor: 'middle',
            fill: theme.ink,
          }),
        )
    }
    const [x, y] = [x0 + step * (i + 0.5), y0 + height + 19]
    const content = shortened(label, 24)
    drawing.push(
      turned
        ? text(x + 4, y - 4, content, { ...small(theme, 'end'), turn: -40 })
        : text(x, y, content, small(theme, 'middle')),
    )
  }
  drawing.push(`<path d="M${x0} ${round(at(foot))}h${round(step * groups.length)}" stroke="${theme.axis}"/>`)
  return drawing
}

function lying(groups: readonly Group[], area: Box, scale: Scale, theme: Theme, shown: boolean): string[] {
  const longest = Math.max(...groups.map(({ label }) => textWidth(shortened(label, 36), 12)))
  const last = shown
    ? Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => textWidth(scale.format(value), 11))))
    : 0
  const x0 = area.x + 32 + longest
  const width = Math.max(10, area.x + area.width - 28 - last - x0)
  const [y0, height] = [area.y, Math.max(10, area.height - (scale.label ? 48 : 34))]
  const at = (part: number) => x0 + width * part
  const drawing = scale.ticks.flatMap((tick) => [
    `<path d="M${round(at(scale.at(tick)))} ${round(y0)}v${round(height)}" stroke="${theme.grid}"/>`,
    text(at(scale.at(tick)), y0 + height + 19, scale.format(tick), small(theme, 'middle')),
  ])
  if (scale.label) drawing.push(text(x0 + width / 2, y0 + height + 37, scale.label, small(theme, 'middle')))
  const foot = base(scale)
  const step = height / groups.length
  for (const [i, { label, bars }] of groups.entries()) {
    const thick = Math.min(26, (step * 0.76) / bars.length)
    const start = y0 + step * (i + 0.5) - (thick * bars.length) / 2
    for (const [k, { value, color }] of bars.entries()) {
      if (!Number.isFinite(value)) continue
      const [low, high] = ends(scale, value, foot)
      drawing.push(bar({ x: at(low), y: start + k * thick + 1, width: width * (high - low), height: thick - 2 }, color))
      if (shown)
        drawing.push(
          text(at(high) + 7, start + (k + 0.5) * thick + 4, scale.format(value), { size: 11, fill: theme.ink }),
        )
    }
    drawing.push(
      text(x0 - 10, y0 + step * (i + 0.5) + 4, shortened(label, 36), { size: 12, anchor: 'end', fill: theme.ink }),
    )
  }
  drawing.push(`<path d="M${round(at(foot))} ${round(y0)}v${round(height)}" stroke="${theme.axis}"/>`)
  return drawing
}

function ends(scale: Scale, value: number, foot: number): [low: number, high: number] {
  const place = Math.min(1, Math.max(0, scale.at(value)))
  return place < foot ? [place, foot] : [foot, place]
}

function bar(box: Box, fill: string): string {
  return `<rect ${placed(box)} rx="2" fill="${fill}"/>`
}
