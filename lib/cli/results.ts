// What comes of a training or an evaluation: scores by name, as a table, and what one should know of them.
import type { Assessment } from '../report/assess.js'
import { scoreNames, scoresOf } from '../report/predictions.js'
import type { TabularModel } from '../tabular/model.js'
import type { TrainingRecord } from '../tabular/record.js'
import type { History } from '../train/history.js'
import { shortNumber, table } from './table.js'

/** Scores on rows that were kept out, or, for want of such, on those that stopped the training. */
export interface Scores {
  readonly test: Readonly<Record<string, number>> | null
  readonly validation: Readonly<Record<string, number>> | null
}

/** The scores of a training. */
export function scoresFor({ record }: TabularModel, tested: Assessment | undefined): Scores {
  const { validation } = record
  return {
    test: tested ? scoresOf(tested.predictions) : null,
    validation: validation ? { ...validation.metrics, loss: validation.loss } : null,
  }
}

const parts = ['accuracy', 'balancedAccuracy', 'precision', 'recall']

/** Scores as a table. */
export function scoreTable({ test, validation }: Scores, width: number): string {
  const scores = test ?? validation
  if (!scores) return 'Nothing to judge it by: no row was kept out.'
  const rows = Object.entries(scores).map(([name, value]) => [
    scoreNames[name] ?? name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
    parts.includes(name) ? `${(100 * value).toFixed(2)} %` : shortNumber(value),
  ])
  return table(['score', 'value'], rows, width)
}

/** The course of a training; of several networks one history each. */
export function trainingHistory({ members, seconds }: TrainingRecord): History[] {
  return members.map(({ epochs }) => ({ epochs, seconds }))
}

/** What one should know of a training and its test. */
export function notesOf({ data, classWeights }: TrainingRecord, tested: Assessment | undefined): string[] {
  const notes: string[] = []
  const rows = (count: number) => (count === 1 ? '1 row' : `${count.toLocaleString('en-US')} rows`)
  if (data.dropped > 0) notes.push(`${rows(data.dropped)} without a value of the target were left out of the training.`)
  for (const { name, reason } of data.ignored) notes.push(`Column ${name} is not used: ${reason}.`)
  if (classWeights && data.classes) {
    const least = data.classes.reduce((a, b) => (b.rows < a.rows ? b : a))
    const weight = classWeights[data.classes.indexOf(least)]!
    notes.push(
      `Classes are very unequal: ${least.label} has ${rows(least.rows)}, each of which counts ${shortNumber(weight)} times in the loss.`,
    )
  }
  return [...notes, ...testNotes(tested)]
}

/** What one should know of a test. */
export function testNotes(tested: Assessment | undefined): string[] {
  if (!tested) return []
  const { missing, unknown } = tested
  return [
    ...(missing > 0 ? [`${missing} tested rows have no value of the target and are left out.`] : []),
    ...(unknown > 0 ? [`${unknown} tested rows are of classes that the model does not know and are left out.`] : []),
  ]
}
