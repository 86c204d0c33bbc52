// Arithmetic on values, numbers and tensors alike, that gates make their outputs and gradients of. Tensors follow NumPy's
// broadcasting; sumTo is its transpose. No state: what a gate keeps is the gate's affair.

import { DTypeError } from '../errors.js'
import { native } from '../native/load.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { broadcastShape, type Shape, sameShape, sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { checkIntact, type Named } from './contract.js'
import type { Value } from './gate.js'
import { reduceAxes } from './reduce.js'
import { expand } from './strided.js'

/** The addon's numbers of its operations on two arrays. */
export const binaryKinds = { add: 0, subtract: 1, multiply: 2, divide: 3, maximum: 4, minimum: 5 } as const
/** Operations on two values. */
export type BinaryKind = keyof typeof binaryKinds

/** The same operations on numbers; a NaN wins, as in the kernels. */
const onNumbers: Record<BinaryKind, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  maximum: (a, b) => (a > b || Number.isNaN(a) ? a : b),
  minimum: (a, b) => (a < b || Number.isNaN(a) ? a : b),
}

// Numbers beside tensors are arrays of one element; a call has one number at most.
const single = { float32: new Float32Array(1), float64: new Float64Array(1) } as const

/** a ∘ b on numbers, tensors or one of each; tensors broadcast. `gate` names the caller in errors. */
export function binary(gate: Named, kind: BinaryKind, a: number, b: number): number
export function binary(gate: Named, kind: BinaryKind, a: Value, b: Value): Value
export function binary(gate: Named, kind: BinaryKind, a: Value, b: Value): Value {
  if (typeof a === 'number' && typeof b === 'number') return onNumbers[kind](a, b)
  const dtype = commonDType(gate, a, b)
  const shape = commonShape(gate, a, b)
  const out = allocate(dtype, sizeOf(shape))
  if (out.length === 0) return new Tensor(out, shape)
  if (out.length <= SMALL && shape.length <= 2 && typeof a !== 'number' && typeof b !== 'number') {
    checkIntact(gate, 'operand', a)
    checkIntact(gate, 'operand', b)
    smallBroadcast(onNumbers[kind], a, b, shape, out)
    return new Tensor(out, shape)
  }
  const [x, y] = [operand(gate, a, shape, dtype), operand(gate, b, shape, dtype)]
  if (out.length <= SMALL) smallBinary(onNumbers[kind], x, y, out)
  else native().binary(binaryKinds[kind], x, y, out)
  return new Tensor(out, shape)
}

// Up to here a loop in TypeScript takes less time than calling the addon, and gives the same bits: the operations are
// exact to the last place, and one rounded to float64 before float32 is rounded as at once.
const SMALL = 64

function smallBinary(f: (a: number, b: number) => number, a: FloatArray, b: FloatArray, out: FloatArray): void {
  const sa = a.length === 1 ? 0 : 1
  const sb = b.length === 1 ? 0 : 1
  for (let i = 0; i < out.length; i++) out[i] = f(a[i * sa]!, b[i * sb]!)
}

// What a step along the rows, or the columns, of a shape of one or two axes moves within a shape that broadcasts to it.
function rowStep(shape: Shape): number {
  return shape.length === 2 && shape[0] !== 1 ? shape[1]! : 0
}
function columnStep(shape: Shape): number {
  return shape.length > 0 && shape[shape.length - 1] !== 1 ? 1 : 0
}

function smallBroadcast(
  f: (a: number, b: number) => number,
  a: Tensor,
  b: Tensor,
  shape: Shape,
  out: FloatArray,
): void {
  const [x, y] = [a.data, b.data]
  const columns = shape.length > 0 ? shape[shape.length - 1]! : 1
  const [rowA, rowB, columnA, columnB] = [rowStep(a.shape), rowStep(b.shape), columnStep(a.shape), columnStep(b.shape)]
  for (let i = 0, startA = 0, startB = 0; i < out.length; startA += rowA, startB += rowB) {
    for (let c = 0; c < columns; c++, i++) out[i] = f(x[startA + c * columnA]!, y[startB + c * columnB]!)
  }
}

function smallSum(gradient: Tensor, to: Shape): Tensor {
  const { data, shape, dtype } = gradient
  const columns = shape[shape.length - 1]!
  const sums = new Float64Array(sizeOf(to))
  const [row, column] = [rowStep(to), columnStep(to)]
  for (let i = 0, start = 0; i < data.length; start += row) {
    for (let c = 0; c < columns; c++, i++) sums[start + c * column]! += data[i]!
  }
  return new Tensor(dtype === 'float64' ? sums : Float32Array.from(sums), to)
}

/** The element type of two operands of which one at least is a tensor; numbers take the other's. */
export function commonDType(gate: Named, a: Value, b: Value): FloatDType {
  if (typeof a === 'number') return (b as Tensor).dtype as FloatDType
  if (typeof b !== 'number' && a.dtype !== b.dtype) {
    throw new DTypeError(gate.name, 'tensors of one dtype', `${a.dtype} and ${b.dtype}`)
  }
  return a.dtype as FloatDType
}

/** The shape that two operands, of which one at least is a tensor, broadcast to. */
export function commonShape(gate: Named, a: Value, b: Value): Shape {
  if (typeof a === 'number') return (b as Tensor).shape
  if (typeof b === 'number' || sameShape(a.shape, b.shape)) return a.shape
  return broadcastShape(gate.name, a.shape, b.shape)
}

// One element is enough for a value that is the same everywhere.
function operand(gate: Named, value: Value, shape: Shape, dtype: FloatDType): FloatArray {
  if (typeof value !== 'number') {
    checkIntact(gate, 'operand', value)
    return (value.data.length === 1 ? value.data : expand(value, shape).data) as FloatArray
  }
  const array = single[dtype]
  array[0] = value
  return array
}

/** Sums a gradient over the axes along which `input` was broadcast: the result has the form of `input`. */
export function sumTo(gradient: Value, input: Value): Value {
  if (typeof gradient === 'number') return gradient
  if (typeof input === 'number') return native().sum(gradient.data as FloatArray)
  const [from, to] = [gradient.shape, input.shape]
  if (sameShape(from, to)) return gradient
  if (gradient.data.length <= SMALL && gradient.data.length > 0 && from.length <= 2) return smallSum(gradient, to)
  const lead = from.length - to.length
  if (lead > 0 && gradient.data.length > SMALL && input.data.length > 0 && sameShape(from.slice(lead), to)) {
    const out = allocate(input.dtype as FloatDType, input.data.length)
    native().columnSums(gradient.data as FloatArray, out, false)
    return new Tensor(out, to)
  }
  const axes: number[] = []
  for (let axis = 0; axis < from.length; axis++) if (axis < lead || to[axis - lead] !== from[axis]) axes.push(axis)
  return reduceAxes('sum', gradient, axes, to)
}

const backward: Named = { name: 'backward' }

/** a + b without broadcasting: how gradients add at branches. */
export function addGradients(a: Value, b: Value): Value {
  return binary(backward, 'add', a, b)
}

/** f(a, b) element by element in TypeScript, broadcasting: for what no kernel computes. */
export function zipWith(gate: Named, a: Value, b: Value, f: (x: number, y: number) => number): Value {
  if (typeof a === 'number' && typeof b === 'number') return f(a, b)
  const dtype = commonDType(gate, a, b)
  const shape = commonShape(gate, a, b)
  const out = allocate(dtype, sizeOf(shape))
  for (const value of [a, b]) if (typeof value !== 'number') checkIntact(gate, 'operand', value)
  const x = typeof a === 'number' ? undefined : expand(a, shape).data
  const y = typeof b === 'number' ? undefined : expand(b, shape).data
  for (let i = 0; i < out.length; i++) out[i] = f(x ? x[i]! : (a as number), y ? y[i]! : (b as number))
  return new Tensor(out, shape)
}

/** A value of the same form as `like`, filled with one number. */
export function filledLike(like: Value, value: number): Value {
  if (typeof like === 'number') return value
  return new Tensor(allocate(like.dtype as FloatDType, like.data.length).fill(value) as FloatArray, like.shape)
}

/** A matrix for gemm: element (i, k) is data[i·row + k·col]. */
export interface Matrix {
  readonly data: FloatArray
  readonly rows: number
  readonly cols: number
  readonly row: number
  readonly col: number
}

/** A row-major matrix over `data`. */
export function matrix(data: FloatArray, rows: number, cols: number): Matrix {
  return { data, rows, cols, row: cols, col: 1 }
}

/** The transpose, without moving data. */
export function transposed({ data, rows, cols, row, col }: Matrix): Matrix {
  return { data, rows: cols, cols: rows, row: col, col: row }
}

/** out = A·B (=), or out + A·B (+=) if `accumulate`. */
export function multiplyInto(out: FloatArray, a: Matrix, b: Matrix, accumulate = false): void {
  native().gemm(
    a.rows,
    b.cols,
    a.cols,
    1,
    a.data,
    a.row,
    a.col,
    b.data,
    b.row,
    b.col,
    accumulate ? 1 : 0,
    out,
    null,
    -1,
    0,
    0,
    null,
  )
}
