// Numbers as transforms take them: tensors, arrays and columns as rows and columns; and statistics of a column.
import { describe, shapeText } from '../../checks.js'
import type { BooleanColumn, DateColumn, NumericColumn } from '../../data/table/column.js'
import { MISSING_BOOLEAN } from '../../data/table/column.js'
import { ArgumentError, ShapeError } from '../../errors.js'
import { type NestedInput, tensor } from '../../tensor/create.js'
import { allocate, type FloatArray, type FloatDType } from '../../tensor/dtype.js'
import type { Shape } from '../../tensor/shape.js'
import { elements, Tensor } from '../../tensor/tensor.js'

/** Numbers to transform: [rows] or [rows, columns] as a tensor, typed or nested array, or one column of a table. */
export type NumericInput =
  | Tensor
  | ArrayLike<number>
  | readonly (readonly number[])[]
  | NumericColumn
  | DateColumn
  | BooleanColumn

/** Numbers in one form. */
export interface Matrix {
  readonly data: ArrayLike<number>
  readonly rows: number
  readonly columns: number
  readonly shape: Shape
  /** float32 for float32, else float64. */
  readonly dtype: FloatDType
}

/** The numbers given. NaN is allowed. */
export function matrixOf(operation: string, given: NumericInput): Matrix {
  if (isColumn(given)) return columnMatrix(operation, given)
  const expected = 'numbers as a tensor, array or numeric column'
  if (typeof given !== 'object' || given === null) throw new ArgumentError(operation, expected, describe(given))
  if (!(given instanceof Tensor) && !Array.isArray(given) && !ArrayBuffer.isView(given)) {
    throw new ArgumentError(operation, expected, describe(given))
  }
  if (Array.isArray(given) && given.length === 0) return shaped(operation, new Float64Array(0), [0], 'float64')
  const made = given instanceof Tensor ? given : tensor(given as NestedInput[], asTyped(given))
  return shaped(operation, elements(operation, made), made.shape, made.dtype === 'float32' ? 'float32' : 'float64')
}

function asTyped(given: unknown): { dtype?: FloatDType } {
  return given instanceof Float32Array || given instanceof Int32Array ? {} : { dtype: 'float64' }
}

function isColumn(given: unknown): given is NumericColumn | DateColumn | BooleanColumn {
  return typeof (given as { kind?: unknown } | null)?.kind === 'string'
}

function columnMatrix(operation: string, { kind, values, name }: NumericColumn | DateColumn | BooleanColumn): Matrix {
  if (kind !== 'numeric' && kind !== 'date' && kind !== 'boolean') {
    throw new ArgumentError(operation, 'a column of numbers', `the ${kind} column ${describe(name)}`)
  }
  const data = kind === 'boolean' ? Float64Array.from(values, (v) => (v === MISSING_BOOLEAN ? Number.NaN : v)) : values
  return shaped(operation, data, [data.length], 'float64')
}

function shaped(operation: string, data: ArrayLike<number>, shape: Shape, dtype: FloatDType): Matrix {
  if (shape.length !== 1 && shape.length !== 2) {
    throw new ShapeError(operation, 'numbers [rows] or [rows, columns]', shapeText(shape))
  }
  const [rows, columns = 1] = shape as [number, number?]
  return { data, rows, columns, shape, dtype }
}

/** A tensor of the form of a matrix, each element made by f of that element and its column. */
export function mapped({ data, columns, shape, dtype }: Matrix, f: (x: number, column: number) => number): Tensor {
  const out = allocate(dtype, data.length) as FloatArray
  for (let i = 0, j = 0; i < out.length; i++) {
    out[i] = f(data[i]!, j)
    j = j + 1 === columns ? 0 : j + 1
  }
  return new Tensor(out, Object.freeze([...shape]))
}

/** The finite numbers of a column; NaN and infinities are left out. */
export function finiteOf({ data, rows, columns }: Matrix, column: number): Float64Array {
  const out = new Float64Array(rows)
  let count = 0
  for (let i = 0, at = column; i < rows; i++, at += columns) {
    const x = data[at]!
    if (x - x === 0) out[count++] = x
  }
  return out.subarray(0, count)
}

/** Mean and standard deviation of numbers. */
export interface Moments {
  readonly mean: number
  /** Of the population: the root of Σ(x − mean)²/n. */
  readonly deviation: number
}

/** Mean and deviation in two passes; 0 and 0 of nothing. Neither sums nor squares overflow. */
export function momentsOf(values: Float64Array): Moments {
  const n = values.length
  let peak = 0
  for (let i = 0; i < n; i++) peak = Math.max(peak, Math.abs(values[i]!))
  if (peak === 0) return { mean: 0, deviation: 0 }
  // A power of two: dividing by it is exact.
  const unit = 2 ** Math.floor(Math.log2(peak))
  const base = values[0]! / unit
  let sum = 0
  for (let i = 0; i < n; i++) sum += values[i]! / unit - base
  const mean = base + sum / n
  let squares = 0
  let rest = 0
  for (let i = 0; i < n; i++) {
    const d = values[i]! / unit - mean
    squares += d * d
    rest += d
  }
  return { mean: mean * unit, deviation: Math.sqrt(Math.max(0, (squares - (rest * rest) / n) / n)) * unit }
}

/** Whether a deviation is no more than rounding makes of equal numbers (scikit-learn's bound). */
export function isConstant({ mean, deviation }: Moments, count: number): boolean {
  return deviation <= count * Math.abs(mean) * Number.EPSILON
}

/** The quantile q in [0, 1] of sorted numbers, between neighbours on a straight line (numpy's default). */
export function quantileOf(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1)
  const low = Math.floor(at)
  const high = Math.min(low + 1, sorted.length - 1)
  const [a, b] = [sorted[low]!, sorted[high]!]
  return a === b ? a : a + (b - a) * (at - low)
}
