// How good outputs are for their targets: the loss, and the metrics of the task.
import { ArgumentError } from '../errors.js'
import { CrossEntropy, MeanSquaredError } from '../nn/losses.js'
import { accuracy, confusionMatrix } from '../nn/metrics/accuracy.js'
import { f1, precision, recall } from '../nn/metrics/classes.js'
import { prAuc, rocAuc } from '../nn/metrics/ranking.js'
import { meanAbsoluteError, rootMeanSquaredError, rSquared } from '../nn/metrics/values.js'
import { Tensor } from '../tensor/tensor.js'
import type { Target } from './target.js'

/** What evaluate returns. */
export interface Evaluation {
  readonly rows: number
  /** Mean of the loss that was trained with, without class weights; of scaled values for a regression. */
  readonly loss: number
  /**
   * Classes: accuracy, precision, recall and f1 (binary: of the second label; else the mean over classes), for two classes
   * rocAuc and prAuc where both have rows. Values, in their own units: meanAbsoluteError, rootMeanSquaredError, rSquared.
   */
  readonly metrics: Readonly<Record<string, number>>
  /** Of classes: entry [i][j] counts the rows of label i predicted as label j. */
  readonly confusion?: readonly (readonly number[])[]
}

/**
 * Compares outputs of a network with what they should have been.
 * @param outputs - [rows, outputs] of the network
 * @param truth - as Target.encode makes it
 */
export function evaluated(target: Target, outputs: Tensor, truth: Int32Array | Tensor): Evaluation {
  const rows = outputs.shape[0]!
  if (rows === 0) throw new ArgumentError('evaluate', 'at least one row with a target', 'none')
  if (truth instanceof Tensor) {
    const [p, t] = [target.scaler!.inverse(outputs), target.scaler!.inverse(truth)]
    const metrics = {
      meanAbsoluteError: meanAbsoluteError(p, t),
      rootMeanSquaredError: rootMeanSquaredError(p, t),
      rSquared: rSquared(p, t),
    }
    return { rows, loss: new MeanSquaredError().forward(outputs, truth), metrics }
  }
  const classes = target.labels.length
  const matrix = confusionMatrix(outputs, truth, classes).data
  const confusion = Array.from({ length: classes }, (_, i) =>
    Array.from(matrix.subarray(i * classes, (i + 1) * classes)),
  )
  const both = classes === 2 && confusion.every((row) => row.some((count) => count > 0))
  const metrics = {
    accuracy: accuracy(outputs, truth),
    precision: precision(outputs, truth),
    recall: recall(outputs, truth),
    f1: f1(outputs, truth),
    ...(both && { rocAuc: rocAuc(outputs, truth), prAuc: prAuc(outputs, truth) }),
  }
  return { rows, loss: new CrossEntropy().forward(outputs, truth), metrics, confusion }
}
