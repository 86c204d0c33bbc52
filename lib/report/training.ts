// The part of a report about the training: loss, accuracy and metrics over the epochs.
import type { LineSeries } from '../plot/lines.js'
import type { EpochRecord, History } from '../train/history.js'
import { listOf, number, object, optional, recordOf } from './check.js'
import { type Chart, gallery, HEIGHT, htmlTable, WIDTH } from './html.js'
import { numberText, percentText } from './numbers.js'

/** Checks what stands for the course of a training. */
export const checkHistory = object({
  epochs: listOf(
    object({
      epoch: number,
      loss: number,
      accuracy: optional(number),
      validationLoss: optional(number),
      validationAccuracy: optional(number),
      metrics: optional(recordOf(number)),
      seconds: number,
      samplesPerSecond: number,
    }),
  ),
  seconds: number,
})

const LISTED = 60 // epochs in the table of numbers

/** Learning curves and their numbers. */
export function trainingSection(histories: readonly History[]): string {
  if (histories.length > 1) return severalSection(histories)
  const [{ epochs }] = histories as [History]
  const values = (of: (epoch: EpochRecord) => number | undefined) => epochs.map((epoch) => of(epoch) ?? Number.NaN)
  const names = Object.keys(epochs[0]?.metrics ?? {})
  const last = epochs.at(-1)!
  return gallery([
    {
      ...curve('Loss', values((e) => e.loss), values((e) => e.validationLoss), true), // biome-ignore format: a chart
      alt: `Loss over ${epochs.length} epochs, at last ${numberText(last.loss)}`,
      caption: captionOf(epochs),
      numbers: numbers(epochs),
    },
    last.accuracy === undefined
      ? undefined
      : curve('Accuracy, %', values((e) => 100 * e.accuracy!), values((e) => 100 * (e.validationAccuracy ?? Number.NaN))), // biome-ignore format: a chart
    ...names.map((name) => curve(name, [], values((e) => e.metrics?.[name]))), // biome-ignore format: a chart
  ])
}

// Of several networks one line each: the training in grey, the validation in blue.
function severalSection(histories: readonly History[]): string {
  const lines = (of: (epoch: EpochRecord) => number | undefined, name: string, color: string): LineSeries[] =>
    histories.flatMap(({ epochs }, i) => {
      const y = epochs.map((epoch) => of(epoch) ?? Number.NaN)
      return y.every(Number.isNaN) ? [] : [{ ...(i === 0 && { name }), y, color, marks: 'lines' as const }]
    })
  const longest = Math.max(...histories.map(({ epochs }) => epochs.length))
  const chart = (title: string, series: LineSeries[], caption: string): Chart | undefined =>
    series.length === 0
      ? undefined
      : {
          title,
          alt: `${title} of ${histories.length} networks over up to ${longest} epochs`,
          caption,
          panel: {
            kind: 'lines',
            width: WIDTH,
            height: HEIGHT,
            legend: 'top',
            series,
            x: { label: 'epoch' },
            y: { log: title === 'Loss', format: (value) => numberText(Number(value.toPrecision(3))) },
          },
        }
  const part = (value: number | undefined) => (value === undefined ? undefined : 100 * value)
  const caption = `${histories.length} networks, whose outputs are averaged: a line for each. The axis is logarithmic; the training loss of an epoch is the mean over its batches, dropout included.`
  return gallery([
    chart(
      'Loss',
      [...lines((e) => e.loss, 'training', 'grey'), ...lines((e) => e.validationLoss, 'validation', 'blue')],
      caption,
    ),
    chart(
      'Accuracy, %',
      [
        ...lines((e) => part(e.accuracy), 'training', 'grey'),
        ...lines((e) => part(e.validationAccuracy), 'validation', 'blue'),
      ],
      'Accuracy after each epoch.',
    ),
  ])
}

function curve(title: string, training: number[], validation: number[], log = false): Chart {
  const series: LineSeries[] = []
  const validated = validation.some((value) => !Number.isNaN(value))
  if (training.length > 0) series.push({ name: 'training', y: training, color: validated ? 'grey' : 'blue' })
  if (validated) series.push({ name: 'validation', y: validation, color: 'blue' })
  const drawn = series.length > 0 ? series : [{ y: validation }]
  const positive = [...training, ...validation].some((value) => value > 0)
  return {
    title,
    alt: `${title} over ${validation.length} epochs`,
    caption: title === 'Loss' ? '' : `${title.replace(', %', '')} after each epoch.`,
    panel: {
      kind: 'lines',
      width: WIDTH,
      height: HEIGHT,
      legend: 'top',
      series: drawn,
      x: { label: 'epoch' },
      y: { log: log && positive, format: (value) => numberText(Number(value.toPrecision(3))) },
    },
  }
}

function captionOf(epochs: readonly EpochRecord[]): string {
  const judged = epochs.filter(({ validationLoss }) => Number.isFinite(validationLoss))
  const [best] = judged.sort((a, b) => a.validationLoss! - b.validationLoss!)
  const scale = 'The axis is logarithmic; the training loss of an epoch is the mean over its batches, dropout included.'
  if (!best) return scale
  return `The validation loss is lowest, ${numberText(best.validationLoss!)}, after epoch ${best.epoch} of ${epochs.length}. ${scale}`
}

function numbers(epochs: readonly EpochRecord[]): string {
  const stride = Math.ceil(epochs.length / LISTED)
  const shown = epochs.filter((_, i) => i % stride === 0 || i === epochs.length - 1)
  const labelled = epochs.some(({ accuracy }) => accuracy !== undefined)
  const rows = shown.map((epoch) => [
    String(epoch.epoch),
    numberText(epoch.loss),
    numberText(epoch.validationLoss ?? Number.NaN),
    ...(labelled
      ? [percentText(epoch.accuracy ?? Number.NaN), percentText(epoch.validationAccuracy ?? Number.NaN)]
      : []),
  ])
  const head = ['epoch', 'loss', 'validation loss', ...(labelled ? ['accuracy', 'validation accuracy'] : [])]
  return htmlTable('The training, epoch by epoch', head, rows, head.map((_, i) => i)) // biome-ignore format: one call
}
