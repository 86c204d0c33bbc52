// Pages: a heading over one chart, or several in rows.
import { describe, integer, options } from '../checks.js'
import { svg, text, textWidth } from '../draw/svg.js'
import { type Theme, type ThemeName, themeOf } from '../draw/theme.js'
import { ArgumentError } from '../errors.js'
import { type BarsOptions, barsPanel } from './bars.js'
import { type FieldOptions, fieldPanel } from './field.js'
import { type ConfusionOptions, confusionPanel, type HeatmapOptions, heatmapPanel } from './heatmap.js'
import { type ImagesOptions, imagesPanel } from './images.js'
import { type LinesOptions, linesPanel } from './lines.js'
import { type ChartOptions, list, type Panel, string } from './panel.js'

/** The options of every kind of chart. */
export interface ChartKinds {
  lines: LinesOptions
  bars: BarsOptions
  heatmap: HeatmapOptions
  confusion: ConfusionOptions
  field: FieldOptions
  images: ImagesOptions
}

/** A chart of a page: the options of its kind, and the kind. The page has the theme. */
export type PagePanel = { [K in keyof ChartKinds]: { kind: K } & Omit<ChartKinds[K], 'theme'> }[keyof ChartKinds]

/** Options of {@link page}. */
export interface PageOptions {
  title?: string
  subtitle?: string
  /** Colours. Default light. */
  theme?: ThemeName
  /** The charts, row after row. */
  panels: readonly PagePanel[]
  /** Charts in a row. Default: up to 3 in one row, more in a square of at most 3 in a row. */
  columns?: number
  /** Space around everything; 0 suits pages that have their own. Default 32. */
  margin?: number
}

const makers: { [K in keyof ChartKinds]: (operation: string, given: ChartKinds[K]) => Panel } = {
  lines: linesPanel,
  bars: barsPanel,
  heatmap: heatmapPanel,
  confusion: confusionPanel,
  field: fieldPanel,
  images: imagesPanel,
}

const [MARGIN, GAP] = [32, 24]

/** A chart as a picture of its own: its title becomes the page's heading. */
export function single<K extends keyof ChartKinds>(kind: K, given: ChartKinds[K]): string {
  const operation = `plot.${kind}`
  const panel = makers[kind](operation, given)
  const theme = themeOf(operation, (given as ChartOptions).theme)
  return laidOut(panel.title, panel.subtitle, theme, [panel], 1, true)
}

/** Several charts on one page. */
export function page(given: PageOptions): string {
  const all = options('plot.page', given, ['title', 'subtitle', 'theme', 'panels', 'columns', 'margin'])
  const panels = list('plot.page', 'panels', all?.panels).map((each, i) => {
    const kind = (each as { kind?: unknown } | null)?.kind as keyof ChartKinds
    if (typeof each !== 'object' || !Object.hasOwn(makers, kind)) {
      throw new ArgumentError(
        'plot.page',
        `panels[${i}].kind to be one of ${Object.keys(makers).join(', ')}`,
        describe(kind),
      )
    }
    const { kind: _, ...chart } = each
    return makers[kind](`plot.page panel ${i}`, chart as never)
  })
  const columns = integer(
    'plot.page',
    'columns',
    all.columns ?? (panels.length <= 3 ? panels.length : Math.min(3, Math.ceil(Math.sqrt(panels.length)))),
    1,
    100,
  )
  const theme = themeOf('plot.page', all.theme)
  const { title = '', subtitle = '' } = all
  return laidOut(
    string('plot.page', 'title', title),
    string('plot.page', 'subtitle', subtitle),
    theme,
    panels,
    columns,
    false,
    integer('plot.page', 'margin', all.margin ?? MARGIN, 0, 1000),
  )
}

function laidOut(
  title: string,
  subtitle: string,
  theme: Theme,
  panels: readonly Panel[],
  columns: number,
  bare: boolean,
  margin = MARGIN,
): string {
  const across = Math.min(columns, panels.length)
  const rows = Array.from({ length: Math.ceil(panels.length / across) }, (_, r) =>
    panels.slice(r * across, (r + 1) * across),
  )
  const widths = Array.from({ length: across }, (_, c) => Math.max(...rows.map((row) => row[c]?.width ?? 0)))
  const charts = widths.reduce((a, b) => a + b, 0) + GAP * (across - 1)
  const width =
    2 * margin + Math.max(charts, Math.min(textWidth(title, 20), 1400), Math.min(textWidth(subtitle, 12.5), 1400))
  const drawing: string[] = []
  let top = margin
  if (title) {
    top += 14
    drawing.push(text(margin, top, title, { size: 22, weight: 700, fill: theme.ink }))
  }
  if (subtitle) {
    top += title ? 25 : 6
    drawing.push(text(margin, top, subtitle, { size: 13.5, fill: theme.muted }))
  }
  if (title || subtitle) top += 25
  for (const row of rows) {
    const height = Math.max(...row.map((panel) => (bare ? panel.bareHeight : panel.height)))
    let x = margin
    for (const [c, panel] of row.entries()) {
      drawing.push(...panel.paint({ x, y: top, width: widths[c]!, height }, theme, bare))
      x += widths[c]! + GAP
    }
    top += height + GAP
  }
  return svg(width, top - GAP + margin, title || panels[0]!.title || 'chart', theme, drawing)
}
