// Learning curves: the course of a training as a picture.
import { describe, options } from '../checks.js'
import { numberText } from '../draw/numbers.js'
import type { ThemeName } from '../draw/theme.js'
import { ArgumentError } from '../errors.js'
import type { LineSeries } from './lines.js'
import { type PagePanel, page } from './page.js'
import { string } from './panel.js'

/** What {@link history} needs of an epoch; what fit returns has it. */
export interface EpochNumbers {
  readonly loss: number
  readonly accuracy?: number
  readonly validationLoss?: number
  readonly validationAccuracy?: number
}

/** Options of {@link history}. */
export interface HistoryOptions {
  title?: string
  subtitle?: string
  /** Colours. Default light. */
  theme?: ThemeName
  /** Whether the axis of the loss is logarithmic. Default true. */
  log?: boolean
  /** What the validation data are called. Default `validation`. */
  validationName?: string
}

/**
 * Learning curves: the loss, and where there are labels the accuracy, over the epochs.
 * @param history - what fit returns
 * @returns SVG
 */
export function history(history: { readonly epochs: readonly EpochNumbers[] }, given?: HistoryOptions): string {
  const keys = ['title', 'subtitle', 'theme', 'log', 'validationName'] as const
  const { log = true, validationName = 'validation', ...heading } = options('plot.history', given, keys)
  string('plot.history', 'validationName', validationName)
  const epochs = history?.epochs
  if (!Array.isArray(epochs) || epochs.length === 0) {
    throw new ArgumentError('plot.history', 'a history of at least one epoch', describe(history))
  }
  for (const epoch of epochs) {
    if (typeof epoch !== 'object' || epoch === null) {
      throw new ArgumentError('plot.history', 'epochs to be objects', describe(epoch))
    }
  }
  // One value per epoch, NaN where it has none; undefined if no epoch has one.
  const values = (name: keyof EpochNumbers, factor: number) => {
    const found = epochs.map((epoch: EpochNumbers) => factor * (epoch[name] ?? Number.NaN))
    return found.every(Number.isNaN) && name !== 'loss' ? [] : found
  }
  const curves = (training: number[], validation: number[]): LineSeries[] => [
    { name: 'training', y: training, color: validation.length > 0 ? 'grey' : 'blue' },
    ...(validation.length > 0 ? [{ name: validationName, y: validation, color: 'blue' }] : []),
  ]
  const shared = { kind: 'lines', x: { label: 'epoch' }, endValues: true, width: 456, height: 312 } as const
  const panels: PagePanel[] = [
    {
      ...shared,
      title: 'Loss',
      subtitle: log ? 'logarithmic' : '',
      series: curves(values('loss', 1), values('validationLoss', 1)),
      y: { log, format: (value) => numberText(value, 3) },
    },
  ]
  const accuracy = values('accuracy', 100)
  if (accuracy.length > 0) {
    const format = (value: number) => String(Number(value.toFixed(2)))
    const series = curves(accuracy, values('validationAccuracy', 100))
    panels.push({ ...shared, title: 'Accuracy, %', series, y: { format } })
  }
  return page({ ...heading, panels })
}
