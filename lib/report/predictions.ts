// What a model said beside what was true, and the numbers that sum it up.
import { describe, oneOf } from '../checks.js'
import { ArgumentError, ShapeError } from '../errors.js'
import { argmax, confusionMatrix } from '../nn/metrics/accuracy.js'
import { f1, logLoss } from '../nn/metrics/classes.js'
import { dtypeOf } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import { check, listOf, text } from './check.js'
import { ranking } from './curves.js'

/** Predicted classes. */
export interface ClassComparison {
  readonly kind: 'classes'
  /** Names of the classes. */
  readonly labels: readonly string[]
  /** The class of each row. */
  readonly truth: Int32Array
  /** [rows, classes] */
  readonly probabilities: Tensor
}

/** Predicted values. */
export interface ValueComparison {
  readonly kind: 'values'
  /** What is predicted. */
  readonly name: string
  readonly truth: Float64Array
  readonly predicted: Float64Array
}

/** What a model said of some rows. */
export type Comparison = ClassComparison | ValueComparison

const numbers = check('a Float64Array', (value) => dtypeOf(value) === 'float64')
const codes = check('an Int32Array', (value) => dtypeOf(value) === 'int32')

/** Throws ArgumentError or ShapeError for predictions that do not go together. */
export function checkPredictions(operation: string, given: Comparison): Comparison {
  if (typeof given !== 'object' || given === null) {
    throw new ArgumentError(operation, 'predictions to be an object', describe(given))
  }
  oneOf(operation, 'predictions.kind', given.kind, ['classes', 'values'])
  if (given.kind === 'values') {
    const { truth, predicted } = given
    text(operation, 'predictions.name', given.name)
    numbers(operation, 'predictions.truth', truth)
    numbers(operation, 'predictions.predicted', predicted)
    if (truth?.length !== predicted?.length || !(truth.length > 0)) {
      throw new ShapeError(operation, 'as many predicted as true values', `${predicted?.length} and ${truth?.length}`)
    }
    return given
  }
  const { labels, truth, probabilities } = given
  listOf(text)(operation, 'predictions.labels', labels)
  codes(operation, 'predictions.truth', truth)
  const shape = probabilities instanceof Tensor ? probabilities.shape : []
  if (shape.length !== 2 || shape[0] !== truth?.length || shape[1] !== labels?.length || truth.length === 0) {
    throw new ShapeError(operation, `probabilities [${truth?.length}, ${labels?.length}]`, `[${shape.join(', ')}]`)
  }
  return given
}

/** The numbers that sum predictions up, by name. What is not defined, for want of rows of a class, is left out. */
export function scoresOf(given: Comparison): Record<string, number> {
  checkPredictions('scoresOf', given)
  const scores = given.kind === 'classes' ? classScores(given) : valueScores(given)
  return Object.fromEntries(Object.entries(scores).filter(([, value]) => !Number.isNaN(value)))
}

function classScores({ labels, truth, probabilities }: ClassComparison): Record<string, number> {
  const predicted = argmax(probabilities)
  const matrix = confusionMatrix(predicted, truth, labels.length).data
  const n = labels.length
  const recalls: number[] = []
  let right = 0
  for (let i = 0; i < n; i++) {
    let rows = 0
    for (let j = 0; j < n; j++) rows += matrix[i * n + j]!
    right += matrix[i * n + i]!
    if (rows > 0) recalls.push(matrix[i * n + i]! / rows)
  }
  const areas = labels
    .map((_, c) => rankingOf({ labels, truth, probabilities, kind: 'classes' }, c))
    .filter(({ rocAuc }) => !Number.isNaN(rocAuc))
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const binary = n === 2
  return {
    accuracy: right / truth.length,
    balancedAccuracy: mean(recalls),
    f1: f1(predicted, truth),
    rocAuc: binary ? (areas[1]?.rocAuc ?? Number.NaN) : mean(areas.map(({ rocAuc }) => rocAuc)),
    averagePrecision: binary
      ? (areas[1]?.averagePrecision ?? Number.NaN)
      : mean(areas.map(({ averagePrecision }) => averagePrecision)),
    logLoss: logLoss(probabilities, truth),
  }
}

/** The curves of one class against the others. */
export function rankingOf({ labels, truth, probabilities }: ClassComparison, label: number) {
  const n = labels.length
  const scores = Float64Array.from(truth, (_, i) => probabilities.data[i * n + label]!)
  return ranking(
    scores,
    Array.from(truth, (each) => each === label),
  )
}

function valueScores({ truth, predicted }: ValueComparison): Record<string, number> {
  const rows = truth.length
  const mean = truth.reduce((a, b) => a + b, 0) / rows
  let [squares, absolutes, variance, bias] = [0, 0, 0, 0]
  for (let i = 0; i < rows; i++) {
    const error = predicted[i]! - truth[i]!
    squares += error * error
    absolutes += Math.abs(error)
    bias += error
    variance += (truth[i]! - mean) ** 2
  }
  return {
    r2: variance === 0 ? Number.NaN : 1 - squares / variance,
    rmse: Math.sqrt(squares / rows),
    mae: absolutes / rows,
    bias: bias / rows,
  }
}

/** How scores are called where people read them. */
export const scoreNames: Readonly<Record<string, string>> = {
  accuracy: 'accuracy',
  balancedAccuracy: 'balanced accuracy',
  f1: 'F1',
  rocAuc: 'ROC AUC',
  averagePrecision: 'average precision',
  logLoss: 'log loss',
  r2: 'R²',
  rmse: 'RMSE',
  mae: 'MAE',
  bias: 'bias',
}
