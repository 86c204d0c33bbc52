// Charts of trainings and experiments, as SVG: what is exported as `plot`.
import type { BarsOptions } from './bars.js'
import type { FieldOptions } from './field.js'
import type { ConfusionOptions, HeatmapOptions } from './heatmap.js'
import type { ImagesOptions } from './images.js'
import type { LinesOptions } from './lines.js'
import { single } from './page.js'

export { type PngOptions, toPng } from '../draw/render.js'
export type { ColorName, ThemeName } from '../draw/theme.js'
export type { PlotAxis } from './axis.js'
export type { BarSeries, BarsOptions } from './bars.js'
export type { FieldOptions } from './field.js'
export type { ConfusionOptions, HeatmapOptions } from './heatmap.js'
export { type EpochNumbers, type HistoryOptions, history } from './history.js'
export type { ImagesOptions, SheetImage, Span } from './images.js'
export type { LineSeries, LinesOptions } from './lines.js'
export { type PageOptions, type PagePanel, page } from './page.js'
export type { ChartOptions, Numbers } from './panel.js'

/**
 * A line chart, or points, of one or several series.
 * @example plot.lines({ title: 'Error', series: [{ name: 'relu', x: [1, 2, 4], y: [0.5, 0.2, 0.1] }], y: { log: true } })
 * @returns SVG
 * @throws ArgumentError for options that are unknown or unusable, ShapeError for lengths that do not fit
 */
export function lines(options: LinesOptions): string {
  return single('lines', options)
}

/**
 * A bar chart.
 * @example plot.bars({ title: 'Accuracy', labels: ['wide', 'deep'], series: [{ values: [0.91, 0.95] }] })
 * @returns SVG
 */
export function bars(options: BarsOptions): string {
  return single('bars', options)
}

/**
 * A matrix as coloured cells: [rows, columns].
 * @example plot.heatmap({ values: layer.weight, x: 'input', y: 'unit' })
 * @returns SVG
 */
export function heatmap(options: HeatmapOptions): string {
  return single('heatmap', options)
}

/**
 * A confusion matrix [classes, classes]: right ones blue, wrong ones red, each as a share of its row.
 * @example plot.confusion({ title: 'Digits', matrix: confusionMatrix(scores, labels) })
 * @returns SVG
 */
export function confusion(options: ConfusionOptions): string {
  return single('confusion', options)
}

/**
 * What a network of two inputs says all over the plane: regions of classes, their boundary, and points.
 * @example plot.field({ points: x, labels: y, predict: (places) => model.predictSync(places) })
 * @returns SVG
 */
export function field(options: FieldOptions): string {
  return single('field', options)
}

/**
 * A sheet of small images with captions.
 * @example plot.images({ images: digits.map((pixels, i) => ({ pixels, caption: String(labels[i]) })) })
 * @returns SVG
 */
export function images(options: ImagesOptions): string {
  return single('images', options)
}
