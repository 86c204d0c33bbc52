// Rows of encoded data: some of them, and several parts as one.
import type { FloatArray } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'

/** Encoded rows: a matrix, and labels or values [rows, 1]. */
export interface Samples {
  readonly x: Tensor
  readonly y: Int32Array | Tensor
}

/** Copies of some rows. */
export function rowsOf({ x, y }: Samples, rows: Int32Array): Samples {
  return { x: matrixRows(x, rows), y: y instanceof Tensor ? matrixRows(y, rows) : rows.map((i) => y[i]!) }
}

function matrixRows({ data, shape }: Tensor, rows: Int32Array): Tensor {
  const width = shape[1]!
  const out = new Float32Array(rows.length * width)
  for (const [i, row] of rows.entries())
    out.set((data as FloatArray).subarray(row * width, (row + 1) * width), i * width)
  return new Tensor(out, Object.freeze([rows.length, width]))
}

/** Outputs and their truths, one part behind the other. */
export function joined(
  parts: readonly { readonly outputs: Tensor; readonly truth: Int32Array | Tensor }[],
): [outputs: Tensor, truth: Int32Array | Tensor] {
  const outputs = stacked(parts.map((part) => part.outputs))
  if (parts[0]!.truth instanceof Tensor) return [outputs, stacked(parts.map(({ truth }) => truth as Tensor))]
  return [outputs, Int32Array.from(parts.flatMap(({ truth }) => Array.from(truth as Int32Array)))]
}

function stacked(tensors: readonly Tensor[]): Tensor {
  const width = tensors[0]!.shape[1]!
  const out = new Float32Array(tensors.reduce((sum, { size }) => sum + size, 0))
  let at = 0
  for (const { data } of tensors) {
    out.set(data as FloatArray, at)
    at += data.length
  }
  return new Tensor(out, Object.freeze([out.length / width, width]))
}

/** A tensor times a factor. */
export function scaled({ data, shape }: Tensor, factor: number): Tensor {
  return new Tensor(
    (data as FloatArray).map((v) => v * factor),
    shape,
  )
}

/** Those of some rows that indices name; the indices themselves where all rows are meant. */
export function picked(rows: Int32Array | undefined, indices: Int32Array): Int32Array {
  return rows === undefined ? indices : indices.map((i) => rows[i]!)
}

/** How many rows each class has. */
export function countsOf(labels: Int32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0)
  for (let i = 0; i < labels.length; i++) counts[labels[i]!]!++
  return counts
}
