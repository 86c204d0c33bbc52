// Shapes: validation, sizes, and the arithmetic of row-major strides and NumPy broadcasting.
import { describe, shapeText } from '../checks.js'
import { ArgumentError, ShapeError } from '../errors.js'

/** The extents of a tensor, outermost first; `[]` is a single number. Frozen. */
export type Shape = readonly number[]

/** The longest tensor: what typed arrays can hold on every supported platform. */
const MAX_ELEMENTS = 2 ** 32
/** The most axes of a tensor. */
export const MAX_AXES = 32

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  let size = 1
  for (let i = 0; i < shape.length; i++) size *= shape[i]!
  return size
}

/** Whether two shapes are equal. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Whether a value is a frozen array of extents, which can be used as it is. */
export function isShape(value: unknown): value is Shape {
  if (!Array.isArray(value) || !Object.isFrozen(value)) return false
  for (let i = 0; i < value.length; i++) if (!Number.isSafeInteger(value[i]) || value[i] < 0) return false
  return true
}

/** Checks a shape given by the user, and returns a frozen copy of it. */
export function checkShape(operation: string, value: unknown): Shape {
  if (!Array.isArray(value)) throw new ArgumentError(operation, 'shape to be an array of integers ≥ 0', describe(value))
  if (value.length > MAX_AXES) throw new ShapeError(operation, `at most ${MAX_AXES} dimensions`, String(value.length))
  const shape: number[] = Array.from(value)
  for (const extent of shape) {
    if (!Number.isSafeInteger(extent) || extent < 0) {
      throw new ArgumentError(operation, 'shape to be an array of integers ≥ 0', `[${shape.map(describe).join(', ')}]`)
    }
  }
  const size = sizeOf(shape)
  if (!(size <= MAX_ELEMENTS)) {
    throw new ShapeError(operation, `a shape of at most ${MAX_ELEMENTS} elements`, shapeText(shape))
  }
  return Object.freeze(shape)
}

/** The shape of two operands under NumPy's rules: trailing axes equal, or one of them 1 or absent. */
export function broadcastShape(operation: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length)
  const out = new Array<number>(rank)
  for (let i = 1; i <= rank; i++) {
    const m = a[a.length - i] ?? 1
    const n = b[b.length - i] ?? 1
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(operation, 'shapes that broadcast together', `${shapeText(a)} and ${shapeText(b)}`)
    }
    out[rank - i] = m === 1 ? n : m
  }
  return Object.freeze(out)
}

/** Row-major strides for reading a tensor of `shape` as if it had the shape `onto`: 0 along broadcast axes. */
export function broadcastStrides(shape: Shape, onto: Shape): number[] {
  const strides = new Array<number>(onto.length).fill(0)
  let stride = 1
  for (let i = 1; i <= shape.length; i++) {
    const extent = shape[shape.length - i]!
    if (extent !== 1) strides[onto.length - i] = stride
    stride *= extent
  }
  return strides
}

/** An axis counted from the front; negative ones count from the back. */
export function checkAxis(operation: string, axis: unknown, rank: number): number {
  if (!Number.isInteger(axis) || (axis as number) < -rank || (axis as number) >= rank) {
    throw new ArgumentError(operation, `axis to be an integer in [${-rank}, ${rank})`, describe(axis))
  }
  return (axis as number) < 0 ? (axis as number) + rank : (axis as number)
}
