// Makes tensors: from nested arrays, typed arrays and numbers, or filled with one value.
import { describe, finite, options, shapeText } from '../checks.js'
import { ArgumentError, DTypeError, ShapeError } from '../errors.js'
import { allocate, checkDType, type DType, dtypeOf, type TensorData } from './dtype.js'
import { checkShape, type Shape, sizeOf } from './shape.js'
import { type Nested, Tensor } from './tensor.js'

/** Options of {@link tensor}. */
export interface TensorOptions {
  /** Extents of the result; the number of elements must fit. Default: the nesting, or [length] of a typed array. */
  shape?: readonly number[]
  /** Element type. Default: float32 for numbers and nested arrays, its own for a typed array. */
  dtype?: DType
}

/** Nested arrays as users type them. */
export type NestedInput = number | readonly NestedInput[]

const MAX_DEPTH = 32

/**
 * A tensor from a number, nested arrays or a typed array. A Float32Array, Float64Array or Int32Array is not copied unless
 * `dtype` asks for another type; other typed arrays become float32.
 * @throws ShapeError for ragged nesting or a shape that does not fit, ArgumentError for entries that are not numbers
 */
export function tensor(value: NestedInput | ArrayLike<number> | Tensor, given?: TensorOptions): Tensor {
  const { shape, dtype } = options('tensor', given, ['shape', 'dtype'])
  const type = dtype === undefined ? undefined : checkDType('tensor', dtype)
  const made =
    value instanceof Tensor ? value : ArrayBuffer.isView(value) ? fromView(value, type) : fromNested(value, type)
  const typed = type === undefined || made.dtype === type ? made : made.astype(type)
  return shape === undefined ? typed : reshaped(typed, checkShape('tensor', shape))
}

function reshaped(made: Tensor, shape: Shape): Tensor {
  if (sizeOf(shape) !== made.data.length) {
    throw new ShapeError('tensor', `${sizeOf(shape)} elements for shape ${shapeText(shape)}`, String(made.data.length))
  }
  return new Tensor(made.data, shape)
}

function fromView(view: ArrayBufferView, dtype: DType | undefined): Tensor {
  if (dtypeOf(view) !== undefined) return new Tensor(view as TensorData, [(view as TensorData).length])
  if (view instanceof DataView || view instanceof BigInt64Array || view instanceof BigUint64Array) {
    throw new DTypeError('tensor', 'an array of numbers', describe(view))
  }
  const numbers = view as unknown as ArrayLike<number> & { readonly BYTES_PER_ELEMENT: number }
  if (numbers.length * numbers.BYTES_PER_ELEMENT !== view.byteLength) {
    throw new DTypeError('tensor', 'an array that has the length it says', describe(view))
  }
  const data = allocate(dtype ?? 'float32', numbers.length)
  try {
    data.set(numbers)
  } catch (cause) {
    throw new ArgumentError('tensor', 'an array that has its memory', 'detached memory', { cause })
  }
  return new Tensor(data, [numbers.length])
}

function fromNested(value: unknown, dtype: DType = 'float32'): Tensor {
  const extents: number[] = []
  for (let level = value; Array.isArray(level); level = level[0]) {
    extents.push(level.length)
    if (extents.length > MAX_DEPTH) throw new ShapeError('tensor', `at most ${MAX_DEPTH} dimensions`, 'deeper nesting')
  }
  const shape = checkShape('tensor', extents)
  const data = allocate(dtype, sizeOf(shape))
  let next = 0
  const fill = (level: unknown, axis: number): void => {
    if (axis === shape.length) {
      if (typeof level !== 'number') throw entryError(level)
      data[next++] = level
      return
    }
    if (!Array.isArray(level)) throw raggedError(shape, axis, describe(level))
    if (level.length !== shape[axis]) throw raggedError(shape, axis, `one of ${level.length}`)
    for (let i = 0; i < level.length; i++) fill(level[i], axis + 1)
  }
  fill(value, 0)
  return new Tensor(data, shape)
}

function entryError(entry: unknown): Error {
  if (Array.isArray(entry))
    return new ShapeError('tensor', 'nested arrays of one depth', `${describe(entry)} beside numbers`)
  return new ArgumentError('tensor', 'numbers, nested arrays of numbers or a typed array', describe(entry))
}

function raggedError(shape: Shape, axis: number, actual: string): ShapeError {
  return new ShapeError('tensor', `arrays of ${shape[axis]} at depth ${axis} (not ragged)`, actual)
}

/** A tensor of zeros. */
export function zeros(shape: readonly number[], dtype: DType = 'float32'): Tensor {
  const checked = checkShape('zeros', shape)
  return new Tensor(allocate(checkDType('zeros', dtype), sizeOf(checked)), checked)
}

/** A tensor of ones. */
export function ones(shape: readonly number[], dtype: DType = 'float32'): Tensor {
  return full(shape, 1, dtype)
}

/** A tensor with one value everywhere. */
export function full(shape: readonly number[], value: number, dtype: DType = 'float32'): Tensor {
  if (typeof value !== 'number') throw new ArgumentError('full', 'value to be a number', describe(value))
  const made = zeros(shape, dtype)
  made.data.fill(value)
  return made
}

/** The numbers start, start + step, … below `stop`, as a vector. `arange(n)` counts from 0 to n − 1. */
export function arange(start: number, stop?: number, step = 1, dtype: DType = 'float32'): Tensor {
  const from = stop === undefined ? 0 : finite('arange', 'start', start)
  const to = stop === undefined ? finite('arange', 'stop', start) : finite('arange', 'stop', stop)
  if (finite('arange', 'step', step) === 0) throw new ArgumentError('arange', 'step to be a number other than 0', '0')
  const made = zeros([Math.max(0, Math.ceil((to - from) / step))], dtype)
  for (let i = 0; i < made.data.length; i++) made.data[i] = from + i * step
  return made
}

/** A matrix from vectors of one length, one per row. */
export function fromRows(rows: readonly ArrayLike<number>[], dtype: DType = 'float32'): Tensor {
  if (!Array.isArray(rows) || rows.length === 0) throw new ArgumentError('fromRows', 'at least one row', describe(rows))
  const columns = rows[0]?.length ?? 0
  const made = zeros([rows.length, columns], dtype)
  for (const [i, row] of rows.entries()) {
    if (row?.length !== columns) throw new ShapeError('fromRows', `rows of ${columns}`, `row ${i} of ${row?.length}`)
    for (let j = 0; j < columns; j++) {
      if (typeof row[j] !== 'number') throw new ArgumentError('fromRows', 'rows of numbers', describe(row[j]))
      made.data[i * columns + j] = row[j]!
    }
  }
  return made
}

/** Whether a value is a tensor. */
export function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor
}

export type { Nested }
