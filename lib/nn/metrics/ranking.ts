// Metrics of how well scores rank two classes: areas below curves.
import { describe, shapeText } from '../../checks.js'
import { ArgumentError, ShapeError } from '../../errors.js'
import { Tensor } from '../../tensor/tensor.js'
import type { Labels } from '../labels.js'
import { floatsOf } from './metric.js'

/** Rows with equal scores: how many of them are of class 1 and of class 0. */
interface Tie {
  readonly positives: number
  readonly negatives: number
}

/**
 * The area below the ROC curve: the part of pairs of a row of class 1 and one of class 0 whose first has the larger score,
 * ties counting half. NaN where a class has no row.
 * @param scores - [rows] or [rows, 1]; or [rows, 2], logits or probabilities of both classes
 * @param labels - 0 or 1 per row, integers or floats
 */
export function rocAuc(scores: Tensor, labels: Tensor | Labels): number {
  let [below, pairs, negatives, positives] = [0, 0, 0, 0]
  for (const tie of ties('rocAuc', scores, labels).reverse()) {
    pairs += tie.positives * (below + tie.negatives / 2)
    below += tie.negatives
    negatives += tie.negatives
    positives += tie.positives
  }
  return pairs / (positives * negatives)
}

/**
 * The area below the curve of precision over recall, as average precision: Σ (recall's step)·precision, from the largest
 * score down. NaN where there is no row of class 1. Takes what {@link rocAuc} takes.
 */
export function prAuc(scores: Tensor, labels: Tensor | Labels): number {
  let [hits, taken, area] = [0, 0, 0]
  for (const { positives, negatives } of ties('prAuc', scores, labels)) {
    hits += positives
    taken += positives + negatives
    area += positives * (hits / taken)
  }
  return area / hits
}

// The rows in order of falling scores, equal ones together.
function ties(operation: string, given: Tensor, labels: Tensor | Labels): Tie[] {
  const scores = oneScore(operation, given)
  const truth = binary(operation, labels, scores.length)
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!)
  const list: { positives: number; negatives: number }[] = []
  let last = Number.NaN
  for (const i of order) {
    if (scores[i] !== last) list.push({ positives: 0, negatives: 0 })
    last = scores[i]!
    list.at(-1)![truth[i] === 1 ? 'positives' : 'negatives']++
  }
  return list
}

function oneScore(operation: string, given: Tensor): Float64Array {
  const data = floatsOf(operation, 'scores', given)
  const [rows = 0, columns = 1] = given.shape
  if (given.rank < 1 || given.rank > 2 || columns < 1 || columns > 2) {
    throw new ShapeError(operation, 'scores [rows], [rows, 1] or [rows, 2]', shapeText(given.shape))
  }
  const scores = Float64Array.from({ length: rows }, (_, i) =>
    columns === 2 ? data[2 * i + 1]! - data[2 * i]! : data[i]!,
  )
  const bad = scores.findIndex((score) => Number.isNaN(score))
  if (bad >= 0) throw new ArgumentError(operation, 'scores that are numbers', `NaN in row ${bad}`)
  return scores
}

function binary(operation: string, labels: Tensor | Labels, rows: number): ArrayLike<number> {
  const data: ArrayLike<number> = labels instanceof Tensor ? labels.data : (labels as ArrayLike<number>)
  if (typeof data?.length !== 'number' || typeof data === 'string') {
    throw new ArgumentError(operation, 'labels as a tensor or array', describe(labels))
  }
  if (data.length !== rows) throw new ShapeError(operation, `${rows} labels, one per row`, String(data.length))
  for (let i = 0; i < rows; i++) {
    if (data[i] !== 0 && data[i] !== 1) throw new ArgumentError(operation, 'labels 0 and 1', describe(data[i]))
  }
  return data
}
