// Metrics of predicted values.
import type { Tensor } from '../../tensor/tensor.js'
import { pairOf } from './metric.js'

/** The mean of |prediction − target| over all elements. */
export function meanAbsoluteError(prediction: Tensor, target: Tensor): number {
  const [p, t] = pairOf('meanAbsoluteError', prediction, target)
  let sum = 0
  for (let i = 0; i < p.length; i++) sum += Math.abs(p[i]! - t[i]!)
  return sum / p.length
}

/** The root of the mean of (prediction − target)² over all elements. */
export function rootMeanSquaredError(prediction: Tensor, target: Tensor): number {
  const [p, t] = pairOf('rootMeanSquaredError', prediction, target)
  let sum = 0
  for (let i = 0; i < p.length; i++) sum += (p[i]! - t[i]!) ** 2
  return Math.sqrt(sum / p.length)
}

/**
 * R² = 1 − Σ(prediction − target)²/Σ(target − mean)² of each column, the mean over columns: 1 is perfect, 0 is what the
 * mean would get. A column of equal targets counts 1 if it is met exactly, else 0.
 * @param prediction - [rows] or [rows, columns]
 */
export function rSquared(prediction: Tensor, target: Tensor): number {
  const [p, t] = pairOf('rSquared', prediction, target)
  const rows = prediction.shape[0] ?? 1
  const columns = p.length / rows
  let total = 0
  for (let c = 0; c < columns; c++) {
    let mean = 0
    for (let i = c; i < t.length; i += columns) mean += t[i]! / rows
    let [residual, variance] = [0, 0]
    for (let i = c; i < t.length; i += columns) {
      residual += (p[i]! - t[i]!) ** 2
      variance += (t[i]! - mean) ** 2
    }
    total += variance === 0 ? Number(residual === 0) : 1 - residual / variance
  }
  return total / columns
}
