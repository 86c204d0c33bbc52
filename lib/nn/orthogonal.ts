// Random orthogonal matrices, by orthonormalising the rows of a normal one.
import { matrix, multiplyInto, transposed } from '../gates/ops.js'
import { native } from '../native/load.js'

// Rows that are orthonormalised together: all before them are taken out by two matrix products.
const PANEL = 32

/**
 * Makes the rows of a [rows, cols] matrix, rows ≤ cols, orthonormal in place: Gram–Schmidt with every projection twice, which
 * is orthogonal to rounding (Giraud et al. 2005). R of A = R·Q has a positive diagonal, so rows of normal numbers
 * become a matrix from the uniform (Haar) distribution, as Saxe et al. 2014 ask for.
 */
export function orthonormalise(rows: number, cols: number, a: Float64Array): void {
  for (let start = 0; start < rows; start += PANEL) {
    const count = Math.min(PANEL, rows - start)
    const panel = a.subarray(start * cols, (start + count) * cols)
    if (start > 0)
      for (let round = 0; round < 2; round++) project(a.subarray(0, start * cols), start, panel, count, cols)
    for (let i = 0; i < count; i++) {
      const row = panel.subarray(i * cols, (i + 1) * cols)
      for (let round = 0; round < 2; round++) {
        for (let j = 0; j < i; j++) {
          const other = panel.subarray(j * cols, (j + 1) * cols)
          native().axpy(-native().dot(row, other), other, row)
        }
      }
      native().scale(1 / Math.sqrt(native().dot(row, row)), row)
    }
  }
}

// panel −= (panel·Qᵀ)·Q with the orthonormal rows Q
function project(q: Float64Array, rows: number, panel: Float64Array, count: number, cols: number): void {
  const onto = matrix(q, rows, cols)
  const parts = new Float64Array(count * rows)
  multiplyInto(parts, matrix(panel, count, cols), transposed(onto))
  native().scale(-1, parts)
  multiplyInto(panel, matrix(parts, count, rows), onto, true)
}
