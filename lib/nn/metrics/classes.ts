// Metrics of predicted classes: top k, precision, recall, F1, and the loss of probabilities.
import { describe, oneOf, options, positiveInteger } from '../../checks.js'
import { ArgumentError } from '../../errors.js'
import type { Tensor } from '../../tensor/tensor.js'
import { checkLabels, type Labels } from '../labels.js'
import { confusionMatrix } from './accuracy.js'
import { scoresAndLabels } from './metric.js'

/**
 * The part of rows whose label is among their k largest scores; of equal ones those of the lower classes.
 * @param scores - [rows, classes]: logits or probabilities
 * @param k - default 5
 */
export function topK(scores: Tensor, labels: Labels, k = 5): number {
  const { data, rows, classes, truth } = scoresAndLabels('topK', scores, labels)
  positiveInteger('topK', 'k', k)
  checkLabels('topK', truth, classes)
  let right = 0
  for (let row = 0; row < rows; row++) {
    const label = truth[row]!
    const own = data[row * classes + label]!
    let before = 0
    for (let c = 0; c < classes; c++) {
      const score = data[row * classes + c]!
      if (score > own || (score === own && c < label)) before++
    }
    if (before < k && !Number.isNaN(own)) right++
  }
  return right / rows
}

/** Options of {@link precision}, {@link recall} and {@link f1}. */
export interface AverageOptions {
  /**
   * `binary`: of the class `positive`. `macro`: the mean over classes. `weighted`: the mean weighted by the rows of the
   * classes. `micro`: all rows counted together. Default: binary for two classes, else macro.
   */
  average?: 'binary' | 'macro' | 'weighted' | 'micro'
  /** The class of `binary`. Default 1. */
  positive?: number
}

/** Of the rows that were taken for a class, the part that is of it; 0 where there are none. */
export function precision(predicted: Tensor | Labels, labels: Labels, given?: AverageOptions): number {
  return averaged('precision', predicted, labels, given, ({ hits, taken }) => part(hits, taken))
}

/** Of the rows of a class, the part that was found; 0 where there are none. */
export function recall(predicted: Tensor | Labels, labels: Labels, given?: AverageOptions): number {
  return averaged('recall', predicted, labels, given, ({ hits, actual }) => part(hits, actual))
}

/** 2·precision·recall/(precision + recall) of each class; 0 where both are. */
export function f1(predicted: Tensor | Labels, labels: Labels, given?: AverageOptions): number {
  return averaged('f1', predicted, labels, given, ({ hits, taken, actual }) => part(2 * hits, taken + actual))
}

/** Rows of a class: right, taken for it, and of it. */
interface Counts {
  hits: number
  taken: number
  actual: number
}

function part(a: number, b: number): number {
  return b === 0 ? 0 : a / b
}

function averaged(
  operation: string,
  predicted: Tensor | Labels,
  labels: Labels,
  given: AverageOptions | undefined,
  score: (counts: Counts) => number,
): number {
  const { data, shape } = confusionMatrix(predicted, labels)
  const n = shape[0]!
  const names = ['binary', 'macro', 'weighted', 'micro'] as const
  const { average = n <= 2 ? 'binary' : 'macro', positive = 1 } = options(operation, given, ['average', 'positive'])
  oneOf(operation, 'average', average, names)
  const counts = Array.from({ length: n }, (_, c): Counts => {
    let [taken, actual] = [0, 0]
    for (let i = 0; i < n; i++) {
      taken += data[i * n + c]!
      actual += data[c * n + i]!
    }
    return { hits: data[c * n + c]!, taken, actual }
  })
  // A class that neither is there nor was guessed counts for nothing.
  const present = counts.filter(({ taken, actual }) => taken + actual > 0)
  const sum = (of: (c: Counts) => number) => present.reduce((total, c) => total + of(c), 0)
  if (average === 'macro') return part(sum(score), present.length)
  if (average === 'weighted')
    return part(
      sum((c) => score(c) * c.actual),
      sum((c) => c.actual),
    )
  if (average === 'micro') {
    return score({ hits: sum((c) => c.hits), taken: sum((c) => c.taken), actual: sum((c) => c.actual) })
  }
  if (!Number.isSafeInteger(positive) || positive < 0) {
    throw new ArgumentError(operation, 'positive to be a class', describe(positive))
  }
  return score(counts[positive] ?? { hits: 0, taken: 0, actual: 0 })
}

/** Options of {@link logLoss}. */
export interface LogLossOptions {
  /** What the scores are. Default probabilities. */
  from?: 'probabilities' | 'logits'
}

// Probabilities of 0 count as this.
const SMALLEST = 2 ** -52

/**
 * −log p of each row's label, the mean of it.
 * @param scores - [rows, classes]: probabilities, or logits
 */
export function logLoss(scores: Tensor, labels: Labels, given?: LogLossOptions): number {
  const { data, rows, classes, truth } = scoresAndLabels('logLoss', scores, labels)
  const { from = 'probabilities' } = options('logLoss', given, ['from'])
  oneOf('logLoss', 'from', from, ['probabilities', 'logits'])
  checkLabels('logLoss', truth, classes)
  let sum = 0
  for (let row = 0; row < rows; row++) {
    const scores = data.subarray(row * classes, (row + 1) * classes)
    const own = scores[truth[row]!]!
    if (from === 'logits') {
      const most = Math.max(...scores)
      let exponentials = 0
      for (const score of scores) exponentials += Math.exp(score - most)
      sum += most + Math.log(exponentials) - own
    } else {
      const odd = scores.findIndex((p) => p < 0 || p > 1 + 1e-6)
      if (odd >= 0) throw new ArgumentError('logLoss', "probabilities (or from: 'logits')", String(scores[odd]))
      sum -= Math.log(Math.max(own, SMALLEST))
    }
  }
  return sum / rows
}
