// What a metric is, and the checks that all share.
import { describe, shapeText } from '../../checks.js'
import { DTypeError, ShapeError } from '../../errors.js'
import { formText } from '../../gates/gate.js'
import type { FloatArray } from '../../tensor/dtype.js'
import { Tensor } from '../../tensor/tensor.js'
import { type Labels, labelsOf } from '../labels.js'

/** A number that says how good outputs are for their targets. */
export type Metric = (output: Tensor, target: Tensor) => number

/** A metric that takes rows in pieces, and keeps of them what it needs. */
export interface MetricObject {
  /** Begins anew. */
  reset(): void
  /** Takes the outputs of some more rows and their targets. */
  update(output: Tensor, target: Tensor): void
  /** The number for all rows since the beginning. */
  result(): number
}

/** Scores [rows, classes] and the labels of their rows. */
export function scoresAndLabels(operation: string, scores: unknown, labels: Labels) {
  const data = floatsOf(operation, 'scores', scores)
  const { shape } = scores as Tensor
  if (shape.length !== 2 || !shape[1])
    throw new ShapeError(operation, 'scores [rows, classes]', formText(scores as Tensor))
  const truth = labelsOf(operation, labels)
  if (truth.length !== shape[0]) {
    throw new ShapeError(operation, `${shape[0]} labels, one per row`, String(truth.length))
  }
  return { data, rows: shape[0]!, classes: shape[1], truth }
}

/** The elements of a tensor of floats. */
export function floatsOf(operation: string, name: string, value: unknown): FloatArray {
  if (!(value instanceof Tensor)) throw new ShapeError(operation, `${name} to be a tensor`, describe(value))
  if (value.dtype === 'int32') throw new DTypeError(operation, `${name} of a float type`, 'int32')
  return value.data as FloatArray
}

/** Two tensors of floats with equal shapes and at least one element. */
export function pairOf(operation: string, prediction: unknown, target: unknown): readonly [FloatArray, FloatArray] {
  const p = floatsOf(operation, 'predictions', prediction)
  const t = floatsOf(operation, 'targets', target)
  const [ps, ts] = [(prediction as Tensor).shape, (target as Tensor).shape]
  if (p.length !== t.length || p.length === 0) {
    throw new ShapeError(operation, `targets ${shapeText(ps)} like the predictions, not empty`, shapeText(ts))
  }
  return [p, t]
}
