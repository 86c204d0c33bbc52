// The sums behind the losses: over elements and over rows, with weights, each with its gradient in the same sweep.
import { LabelError } from '../errors.js'
import { native, translated } from '../native/load.js'
import type { FloatArray } from '../tensor/dtype.js'

/** ℓ(x, t) and ℓ' with respect to x; p is the constant that some of them have. */
interface ElementFunction {
  value(x: number, t: number, p: number): number
  slope(x: number, t: number, p: number): number
}

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
const sigmoid = (x: number) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))
const clipped = (d: number, limit: number) => Math.min(Math.max(d, -limit), limit)

/** The losses of elements: function and derivative side by side. */
export const elementFunctions = {
  absolute: {
    value: (x, t) => Math.abs(x - t),
    slope: (x, t) => Math.sign(x - t),
  },
  squared: {
    value: (x, t) => (x - t) ** 2,
    slope: (x, t) => 2 * (x - t),
  },
  huber: {
    value(x, t, delta) {
      const d = Math.abs(x - t)
      return d <= delta ? 0.5 * d * d : delta * (d - 0.5 * delta)
    },
    slope: (x, t, delta) => clipped(x - t, delta),
  },
  smoothL1: {
    value(x, t, beta) {
      const d = Math.abs(x - t)
      return d < beta ? (0.5 * d * d) / beta : d - 0.5 * beta
    },
    slope: (x, t, beta) => clipped((x - t) / beta, 1),
  },
  // −p·t·log σ(x) − (1 − t)·log σ(−x), log σ(x) = −softplus(−x)
  binaryCrossEntropy: {
    value: (x, t, p) => p * t * softplus(-x) + (1 - t) * softplus(x),
    slope: (x, t, p) => (1 - t) * sigmoid(x) - p * t * sigmoid(-x),
  },
  hinge: {
    value: (x, t, margin) => Math.max(0, margin - t * x),
    slope: (x, t, margin) => (margin - t * x > 0 ? -t : margin - t * x <= 0 ? 0 : Number.NaN),
  },
  squaredHinge: {
    value: (x, t, margin) => Math.max(0, margin - t * x) ** 2,
    slope: (x, t, margin) => -2 * t * Math.max(0, margin - t * x),
  },
  poisson: {
    value: (x, t) => Math.exp(x) - t * x,
    slope: (x, t) => Math.exp(x) - t,
  },
  // 0·log 0 = 0
  klDivergence: {
    value: (x, t) => (t === 0 ? 0 : t * (Math.log(t) - x)),
    slope: (_x, t) => -t,
  },
} as const satisfies Record<string, ElementFunction>

/** Names of the losses of elements. */
export type ElementKind = keyof typeof elementFunctions

/** Σ wℓ(x, t) over elements; dx = scale·w·ℓ' (=) unless null. */
export function elementLoss(
  kind: ElementKind,
  x: FloatArray,
  target: FloatArray,
  weights: FloatArray | null,
  parameter: number,
  scale: number,
  dx: FloatArray | null,
): number {
  if (kind === 'squared' && !weights) return native().squaredError(x, target, 2 * scale, dx)
  const { value, slope } = elementFunctions[kind] as ElementFunction
  let sum = 0
  let lost = 0 // what rounding took from the sum (Kahan)
  for (let i = 0; i < x.length; i++) {
    const weight = weights ? weights[i]! : 1
    if (dx) dx[i] = scale * weight * slope(x[i]!, target[i]!, parameter)
    else {
      const term = weight * value(x[i]!, target[i]!, parameter) - lost
      const next = sum + term
      lost = Number.isFinite(next) ? next - sum - term : 0
      sum = next
    }
  }
  return sum
}

/** What cross-entropy of labels can take into account. */
export interface LabelWeights {
  readonly classes: FloatArray | null
  readonly rows: FloatArray | null
  readonly smoothing: number
  readonly ignore: number | undefined
}

/**
 * Softmax cross-entropy of logits x [rows, cols] and labels. sums = [Σ wℓ, Σ w] (=), w = row weight · weight of the label's
 * class; dx = scale times the gradient of the first (=) unless null. Ignored rows count for nothing.
 */
export function labelCrossEntropy(
  operation: string,
  cols: number,
  x: FloatArray,
  labels: Int32Array,
  weights: LabelWeights,
  scale: number,
  dx: FloatArray | null,
  sums: Float64Array,
): void {
  const { classes, rows, smoothing, ignore } = weights
  if (!classes && !rows && smoothing === 0 && ignore === undefined) {
    sums[0] = plainCrossEntropy(operation, cols, x, labels, scale, dx)
    sums[1] = labels.length
    return
  }
  const targets = new Float64Array(cols)
  sums.fill(0)
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!
    const row = x.subarray(i * cols, (i + 1) * cols)
    const drow = dx?.subarray(i * cols, (i + 1) * cols) ?? null
    if (label === ignore) {
      drow?.fill(0)
      continue
    }
    if (label < 0 || label >= cols) throw labelError(operation, cols, label, i)
    // t_c = w_c·((1 − ε)·[c = label] + ε/C)
    for (let c = 0; c < cols; c++) {
      const share = smoothing / cols + (c === label ? 1 - smoothing : 0)
      targets[c] = (classes ? classes[c]! : 1) * share
    }
    const weight = rows ? rows[i]! : 1
    sums[0]! += weight * rowCrossEntropy(row, targets, scale * weight, drow)
    sums[1]! += weight * (classes ? classes[label]! : 1)
  }
}

/** Σ w·(−Σ_c t_c·log softmax(x)_c) over rows; t need not sum to 1. dx = scale times its gradient (=) unless null. */
export function softCrossEntropy(
  cols: number,
  x: FloatArray,
  targets: FloatArray,
  rows: FloatArray | null,
  scale: number,
  dx: FloatArray | null,
): number {
  let sum = 0
  for (let start = 0, i = 0; start < x.length; start += cols, i++) {
    const weight = rows ? rows[i]! : 1
    const part = (array: FloatArray) => array.subarray(start, start + cols)
    sum += weight * rowCrossEntropy(part(x), part(targets), scale * weight, dx && part(dx))
  }
  return sum
}

// ℓ = Σ t·(L − x), L = log Σe^x; ℓ' = softmax(x)·Σt − t
function rowCrossEntropy(x: FloatArray, t: FloatArray, scale: number, dx: FloatArray | null): number {
  let top = Number.NEGATIVE_INFINITY
  for (let c = 0; c < x.length; c++) if (!(x[c]! <= top)) top = x[c]!
  let exponentials = 0
  let total = 0
  for (let c = 0; c < x.length; c++) {
    exponentials += Math.exp(x[c]! - top)
    total += t[c]!
  }
  const norm = Math.log(exponentials)
  let loss = 0
  for (let c = 0; c < x.length; c++) {
    const below = norm - (x[c]! - top) // −log softmax(x)_c
    if (t[c] !== 0) loss += t[c]! * below
    if (dx) dx[c] = scale * (total * Math.exp(-below) - t[c]!)
  }
  return loss
}

/** −Σ w·x[label]; sums and dx as in {@link labelCrossEntropy}. */
export function labelLikelihood(
  operation: string,
  cols: number,
  x: FloatArray,
  labels: Int32Array,
  { classes, rows, ignore }: Omit<LabelWeights, 'smoothing'>,
  scale: number,
  dx: FloatArray | null,
  sums: Float64Array,
): void {
  sums.fill(0)
  dx?.fill(0)
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!
    if (label === ignore) continue
    if (label < 0 || label >= cols) throw labelError(operation, cols, label, i)
    const weight = (rows ? rows[i]! : 1) * (classes ? classes[label]! : 1)
    sums[0]! -= weight * x[i * cols + label]!
    sums[1]! += weight
    if (dx) dx[i * cols + label] = -scale * weight
  }
}

function plainCrossEntropy(
  operation: string,
  cols: number,
  x: FloatArray,
  labels: Int32Array,
  scale: number,
  dx: FloatArray | null,
): number {
  try {
    return native().crossEntropy(cols, x, labels, scale, dx)
  } catch (error) {
    const { code, where = -1, value = -1 } = error as { code?: string; where?: number; value?: number }
    throw code === 'OUT_OF_RANGE' ? labelError(operation, cols, value, where) : translated(operation, error)
  }
}

function labelError(operation: string, cols: number, label: number, row: number): LabelError {
  return new LabelError(operation, `labels in [0, ${cols})`, `${label} at row ${row}`, row)
}
