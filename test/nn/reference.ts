// Layers and losses once more, straight from the formulas of PyTorch's documentation, in plain float64 loops. Nothing here
// calls the library.

/** A matrix as rows. */
export type Rows = number[][]

/** Rows of a flat row-major array. */
export function rowsOf(flat: ArrayLike<number>, cols: number): Rows {
  return Array.from({ length: flat.length / cols }, (_, i) =>
    Array.from({ length: cols }, (_, j) => flat[i * cols + j]!),
  )
}

const mean = (list: number[]) => list.reduce((a, b) => a + b, 0) / list.length

function transpose(rows: Rows): Rows {
  return rows[0]!.map((_, j) => rows.map((row) => row[j]!))
}

/** y = (x − E[x])/√(Var[x] + ε)·γ + β of one list, and the gradients for an upstream dy, from the chain rule step by step. */
function normalised(x: number[], gamma: number[], beta: number[], epsilon: number, dy: number[]) {
  const n = x.length
  const center = mean(x)
  const variance = mean(x.map((v) => (v - center) ** 2))
  const scale = 1 / Math.sqrt(variance + epsilon)
  const hat = x.map((v) => (v - center) * scale)
  const y = hat.map((h, i) => h * gamma[i]! + beta[i]!)
  const dhat = dy.map((d, i) => d * gamma[i]!)
  const dvariance = dhat.reduce((sum, d, i) => sum + d * (x[i]! - center), 0) * -0.5 * scale ** 3
  const dcenter = -scale * dhat.reduce((a, b) => a + b, 0) + dvariance * mean(x.map((v) => -2 * (v - center)))
  const dx = dhat.map((d, i) => d * scale + (dvariance * 2 * (x[i]! - center)) / n + dcenter / n)
  return { y, dx, hat, center, variance }
}

/** torch.nn.LayerNorm over rows. */
export function layerNorm(x: Rows, gamma: number[], beta: number[], epsilon: number, dy: Rows) {
  const rows = x.map((row, i) => normalised(row, gamma, beta, epsilon, dy[i]!))
  return {
    y: rows.map((r) => r.y),
    dx: rows.map((r) => r.dx),
    dgamma: gamma.map((_, j) => rows.reduce((sum, r, i) => sum + dy[i]![j]! * r.hat[j]!, 0)),
    dbeta: gamma.map((_, j) => dy.reduce((sum, row) => sum + row[j]!, 0)),
  }
}

/** torch.nn.BatchNorm1d in training: outputs, gradients and running statistics. */
export function batchNorm(
  x: Rows,
  gamma: number[],
  beta: number[],
  epsilon: number,
  momentum: number,
  running: { mean: number[]; variance: number[] },
  dy: Rows,
) {
  const n = x.length
  const upstream = transpose(dy)
  const columns = transpose(x).map((column, j) => {
    const same = (value: number) => column.map(() => value)
    return normalised(column, same(gamma[j]!), same(beta[j]!), epsilon, upstream[j]!)
  })
  return {
    y: transpose(columns.map((c) => c.y)),
    dx: transpose(columns.map((c) => c.dx)),
    dgamma: columns.map((c, j) => c.hat.reduce((sum, h, i) => sum + h * upstream[j]![i]!, 0)),
    dbeta: upstream.map((column) => column.reduce((a, b) => a + b, 0)),
    running: {
      mean: columns.map((c, j) => (1 - momentum) * running.mean[j]! + momentum * c.center),
      variance: columns.map((c, j) => (1 - momentum) * running.variance[j]! + (momentum * c.variance * n) / (n - 1)),
    },
  }
}

/** torch.nn.HuberLoss. */
export const huber = (delta: number) => (x: number, t: number) => {
  const d = Math.abs(x - t)
  return d <= delta ? d ** 2 / 2 : delta * (d - delta / 2)
}

/** torch.nn.SmoothL1Loss. */
export const smoothL1 = (beta: number) => (x: number, t: number) => {
  const d = Math.abs(x - t)
  return d < beta ? d ** 2 / (2 * beta) : d - beta / 2
}

/** torch.nn.BCEWithLogitsLoss. */
export const binary = (positiveWeight: number) => (x: number, t: number) => {
  const p = 1 / (1 + Math.exp(-x))
  return -(positiveWeight * t * Math.log(p) + (1 - t) * Math.log(1 - p))
}

function logSoftmax(row: number[]): number[] {
  const total = Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0))
  return row.map((v) => v - total)
}

/** torch.nn.CrossEntropyLoss of labels, and weights of rows beside it. */
export function crossEntropy(
  x: Rows,
  labels: number[],
  given: { classWeights?: number[]; labelSmoothing?: number; ignoreIndex?: number; weights?: number[] | undefined },
) {
  const { labelSmoothing: epsilon = 0, ignoreIndex, weights } = given
  let total = 0
  const each = x.map((row, i) => {
    const label = labels[i]!
    if (label === ignoreIndex) return 0
    const w = given.classWeights ?? row.map(() => 1)
    const logs = logSoftmax(row)
    const rowWeight = weights?.[i] ?? 1
    total += rowWeight * w[label]!
    const hard = -w[label]! * logs[label]!
    const even = -logs.reduce((sum, l, c) => sum + w[c]! * l, 0) / row.length
    return rowWeight * ((1 - epsilon) * hard + epsilon * even)
  })
  const sum = each.reduce((a, b) => a + b, 0)
  return { each, sum, mean: sum / total }
}

/** torch.nn.CrossEntropyLoss of probabilities, row by row. */
export function softCrossEntropy(
  x: Rows,
  targets: Rows,
  { classWeights, labelSmoothing = 0 }: { classWeights?: number[]; labelSmoothing?: number },
): number[] {
  return x.map((row, i) => {
    const logs = logSoftmax(row)
    return -logs.reduce((sum, l, c) => {
      const t = (1 - labelSmoothing) * targets[i]![c]! + labelSmoothing / row.length
      return sum + (classWeights?.[c] ?? 1) * t * l
    }, 0)
  })
}
