// The sums behind the losses, as the addon computes them, and the errors of their labels.
import { LabelError } from '../errors.js'
import { native, translated } from '../native/load.js'
import type { FloatArray } from '../tensor/dtype.js'

/** The addon's numbers of the losses of elements; their formulas stand with the losses. */
export const elementKinds = {
  absolute: 0,
  squared: 1,
  huber: 2,
  smoothL1: 3,
  binaryCrossEntropy: 4,
  hinge: 5,
  squaredHinge: 6,
  poisson: 7,
  klDivergence: 8,
} as const

/** Names of the losses of elements. */
export type ElementKind = keyof typeof elementKinds

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
  try {
    return native().elementLoss(elementKinds[kind], x, target, weights, parameter, scale, dx)
  } catch (error) {
    throw translated(kind, error) // what was kept may have lost its memory since forward
  }
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
  { classes, rows, smoothing, ignore }: LabelWeights,
  scale: number,
  dx: FloatArray | null,
  sums: Float64Array,
): void {
  try {
    if (!classes && !rows && smoothing === 0 && ignore === undefined) {
      sums[0] = native().crossEntropy(cols, x, labels, scale, dx)
      sums[1] = labels.length
      return
    }
    native().weightedCrossEntropy(cols, x, labels, classes, rows, smoothing, ignore ?? null, scale, dx, sums)
  } catch (error) {
    const { code, where = -1, value = -1 } = error as { code?: string; where?: number; value?: number }
    throw code === 'OUT_OF_RANGE' ? labelError(operation, cols, value, where) : translated(operation, error)
  }
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

function labelError(operation: string, cols: number, label: number, row: number): LabelError {
  return new LabelError(operation, `labels in [0, ${cols})`, `${label} at row ${row}`, row)
}
