// Tensor: a shape over a typed array, row-major. Pure storage; arithmetic belongs to gates.
import { describe, shapeText } from '../checks.js'
import { ArgumentError, DTypeError, IndexError, ShapeError, StateError } from '../errors.js'
import { allocate, checkDType, type DType, dtypeOf, type FloatArray, isDetached, type TensorData } from './dtype.js'
import { formatTensor } from './format.js'
import { checkShape, isShape, MAX_AXES, type Shape, sizeOf } from './shape.js'

/** A tensor as nested arrays; a plain number for shape []. */
export type Nested = number | Nested[]

/**
 * A row-major array of numbers with a shape. It is a view: `data` is not copied, and writing to `data` writes to the
 * tensor. Make one with {@link tensor}, `zeros`, `ones`, `full`, `arange` or `fromRows`.
 */
export class Tensor {
  /** Extents, outermost first. Frozen. */
  readonly shape: Shape
  /** The elements, row-major. `data.length` is `size`. */
  readonly data: TensorData
  /** Element type. */
  readonly dtype: DType

  /**
   * @param data - elements, not copied: Float32Array, Float64Array or Int32Array
   * @param shape - extents; their product is `data.length`
   * @throws DTypeError for any other array, ShapeError if the sizes differ
   */
  constructor(data: TensorData, shape: Shape) {
    const dtype = dtypeOf(data)
    if (dtype === undefined) {
      throw new DTypeError('Tensor', 'data to be a Float32Array, Float64Array or Int32Array', describe(data))
    }
    if (data.length === 0 && isDetached(data)) {
      throw new ShapeError('Tensor', 'data that has its memory', 'detached memory')
    }
    this.shape = isShape(shape) ? shape : checkShape('Tensor', shape)
    this.data = data
    this.dtype = dtype
    if (data.length !== sizeOf(this.shape)) {
      const detached = data.length === 0 ? ' (empty or detached)' : ''
      throw new ShapeError(
        'Tensor',
        `${sizeOf(this.shape)} elements for shape ${shapeText(this.shape)}`,
        `${data.length}${detached}`,
      )
    }
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape)
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length
  }

  /**
   * The same elements under another shape (a view). One extent may be −1: it is found from the others.
   * @throws ShapeError if the number of elements differs
   */
  reshape(...extents: number[] | [readonly number[]]): Tensor {
    const given: readonly unknown[] = Array.isArray(extents[0]) ? extents[0] : extents
    const wanted = (given.length > MAX_AXES ? checkShape('reshape', given) : [...given]) as number[]
    const open = wanted.indexOf(-1)
    if (open >= 0) {
      wanted[open] = 1
      const rest = sizeOf(wanted)
      wanted[open] = rest > 0 ? this.size / rest : 0
      if (!Number.isInteger(wanted[open])) {
        wanted[open] = -1
        throw new ShapeError('reshape', `a shape of ${this.size} elements`, shapeText(wanted))
      }
    }
    const shape = checkShape('reshape', wanted)
    if (sizeOf(shape) !== this.size) {
      throw new ShapeError(
        'reshape',
        `a shape of ${this.size} elements like ${shapeText(this.shape)}`,
        shapeText(shape),
      )
    }
    return new Tensor(this.data, shape)
  }

  /**
   * Rows `start` (inclusive) to `end` (exclusive) of the outermost axis, as a view.
   * @throws IndexError if they do not lie within the tensor
   */
  rows(start: number, end: number = start + 1): Tensor {
    const count = this.shape[0]
    if (count === undefined) throw new ShapeError('rows', 'a tensor with at least one axis', '[]')
    if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end < start || end > count) {
      throw new IndexError('rows', `0 ≤ start ≤ end ≤ ${count}`, `${describe(start)} to ${describe(end)}`)
    }
    const stride = sizeOf(this.shape.slice(1))
    const shape = Object.freeze([end - start, ...this.shape.slice(1)])
    return new Tensor(this.data.subarray(start * stride, end * stride), shape)
  }

  /**
   * One element.
   * @param indices - one index per axis; negative ones count from the end
   */
  at(...indices: number[]): number {
    if (indices.length !== this.rank) throw new IndexError('at', `${this.rank} indices`, String(indices.length))
    let offset = 0
    for (let i = 0; i < indices.length; i++) {
      const extent = this.shape[i]!
      const index = indices[i]!
      if (!Number.isInteger(index) || index < -extent || index >= extent) {
        throw new IndexError('at', `index ${i} in [${-extent}, ${extent})`, describe(index))
      }
      offset = offset * extent + (index < 0 ? index + extent : index)
    }
    return this.data[offset]!
  }

  /**
   * The only element.
   * @throws ShapeError unless there is exactly one
   */
  item(): number {
    if (this.size !== 1) throw new ShapeError('item', 'a tensor of one element', shapeText(this.shape))
    return this.data[0]!
  }

  /** Nested arrays; a number for shape []. */
  toArray(): Nested {
    const build = (axis: number, offset: number, stride: number): Nested => {
      const extent = this.shape[axis]
      if (extent === undefined) return this.data[offset]!
      const inner = stride / extent
      return Array.from({ length: extent }, (_, i) => build(axis + 1, offset + i * inner, inner))
    }
    return build(0, 0, this.size)
  }

  /** A copy with memory of its own. */
  clone(): Tensor {
    if (this.data.length !== this.size) throw detachedError('clone', this.shape)
    return new Tensor(this.data.slice(), this.shape)
  }

  /** A copy with another element type; to int32, fractions are cut off. */
  astype(dtype: DType): Tensor {
    checkDType('astype', dtype)
    if (this.data.length !== this.size) throw detachedError('astype', this.shape)
    const data = allocate(dtype, this.data.length)
    data.set(this.data)
    return new Tensor(data, this.shape)
  }

  /** Rows of numbers, long axes shortened, with shape and type. */
  toString(): string {
    return formatTensor(this.data, this.shape, this.dtype)
  }

  /** What console.log shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

function detachedError(operation: string, shape: Shape): StateError {
  return new StateError(operation, `a tensor ${shapeText(shape)} that has its memory`, 'detached memory')
}

/** The elements of a tensor of any type. Throws StateError where its memory was given away. */
export function elements(operation: string, value: Tensor): TensorData {
  if (value.data.length !== value.size) throw detachedError(operation, value.shape)
  return value.data
}

/** The elements of a tensor that gates can work on. Throws DTypeError for int32, ArgumentError for what is no tensor. */
export function floats(operation: string, name: string, value: unknown): FloatArray {
  if (!(value instanceof Tensor)) throw new ArgumentError(operation, `${name} to be a tensor`, describe(value))
  if (value.dtype === 'int32') throw new DTypeError(operation, `${name} of type float32 or float64`, 'int32')
  return elements(operation, value) as FloatArray
}
