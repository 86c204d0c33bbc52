// Arithmetic on values, numbers and tensors alike, that gates make their outputs and gradients of. Tensors follow NumPy's
// broadcasting; sumTo is its transpose. No state: what a gate keeps is the gate's affair.

import { DTypeError } from '../errors.js'
import { native } from '../native/load.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { broadcastShape, broadcastStrides, type Shape, sameShape, sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import type { Value } from './gate.js'

/** The addon's numbers of its operations on two arrays. */
const kinds = { add: 0, subtract: 1, multiply: 2, divide: 3, maximum: 4, minimum: 5 } as const
/** Operations on two values. */
export type BinaryKind = keyof typeof kinds

const one = { a: new Float64Array(1), b: new Float64Array(1), out: new Float64Array(1) }

/** a ∘ b on numbers, tensors or one of each; tensors broadcast. `operation` names the caller in errors. */
export function binary(operation: string, kind: BinaryKind, a: Value, b: Value): Value {
  if (typeof a === 'number' && typeof b === 'number') {
    one.a[0] = a
    one.b[0] = b
    native().binary(kinds[kind], one.a, one.b, one.out)
    return one.out[0]!
  }
  const dtype = commonDType(operation, a, b)
  const shape =
    typeof a === 'number'
      ? (b as Tensor).shape
      : typeof b === 'number'
        ? a.shape
        : broadcastShape(operation, a.shape, b.shape)
  const out = allocate(dtype, sizeOf(shape))
  if (out.length > 0) native().binary(kinds[kind], operand(a, shape, dtype), operand(b, shape, dtype), out)
  return new Tensor(out, shape)
}

/** The element type of two operands; numbers take the other's. */
export function commonDType(operation: string, a: Value, b: Value): FloatDType {
  if (typeof a === 'number') return (b as Tensor).dtype as FloatDType
  if (typeof b !== 'number' && a.dtype !== b.dtype) {
    throw new DTypeError(operation, 'tensors of one dtype', `${a.dtype} and ${b.dtype}`)
  }
  return a.dtype as FloatDType
}

// One element is enough for a value that is the same everywhere.
function operand(value: Value, shape: Shape, dtype: FloatDType): FloatArray {
  if (typeof value !== 'number')
    return value.data.length === 1 ? (value.data as FloatArray) : (expand(value, shape).data as FloatArray)
  const array = allocate(dtype, 1)
  array[0] = value
  return array
}

/** Calls visit(i, offset) for every element i of `shape`, row-major, with the offset that `strides` give it. */
function walk(shape: Shape, strides: readonly number[], visit: (i: number, offset: number) => void): void {
  const index = new Array<number>(shape.length).fill(0)
  const size = sizeOf(shape)
  for (let i = 0, offset = 0; i < size; i++) {
    visit(i, offset)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      index[axis] = 0
      offset -= strides[axis]! * shape[axis]!
    }
  }
}

/** The tensor repeated along its broadcast axes; the same tensor if it has the shape already. */
export function expand(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x
  const out = allocate(x.dtype, sizeOf(shape))
  const { data } = x
  walk(shape, broadcastStrides(x.shape, shape), (i, offset) => {
    out[i] = data[offset]!
  })
  return new Tensor(out, shape)
}

/** Sums a gradient over the axes along which `input` was broadcast: the result has the form of `input`. */
export function sumTo(gradient: Value, input: Value): Value {
  if (typeof gradient === 'number') return gradient
  if (typeof input === 'number') return native().sum(gradient.data as FloatArray)
  if (sameShape(gradient.shape, input.shape)) return gradient
  const out = allocate(input.dtype as FloatDType, input.data.length)
  const lead = gradient.shape.length - input.shape.length
  if (out.length > 0 && lead > 0 && sameShape(gradient.shape.slice(lead), input.shape)) {
    native().columnSums(gradient.data as FloatArray, out, false)
  } else {
    const sums = new Float64Array(out.length)
    const { data } = gradient
    walk(gradient.shape, broadcastStrides(input.shape, gradient.shape), (i, offset) => {
      sums[offset]! += data[i]!
    })
    out.set(sums)
  }
  return new Tensor(out, input.shape)
}

/** a + b without broadcasting: how gradients add at branches. */
export function addGradients(a: Value, b: Value): Value {
  return typeof a === 'number' && typeof b === 'number' ? a + b : binary('backward', 'add', a, b)
}

/** f(a, b) element by element in TypeScript, broadcasting: for weights that no kernel computes. */
export function zipWith(operation: string, a: Value, b: Value, f: (x: number, y: number) => number): Value {
  if (typeof a === 'number' && typeof b === 'number') return f(a, b)
  const dtype = commonDType(operation, a, b)
  const shape =
    typeof a === 'number'
      ? (b as Tensor).shape
      : typeof b === 'number'
        ? a.shape
        : broadcastShape(operation, a.shape, b.shape)
  const out = allocate(dtype, sizeOf(shape))
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
