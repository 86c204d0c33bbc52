// Element types: their names and their typed arrays.
import { describe } from '../checks.js'
import { ArgumentError, DTypeError } from '../errors.js'

/** Arrays of the two element types that gates work on. */
export type FloatArray = Float32Array | Float64Array
/** Any array a tensor can lie in. */
export type TensorData = FloatArray | Int32Array
/** Names of the element types. */
export type DType = 'float32' | 'float64' | 'int32'
/** The element types that gates work on. */
export type FloatDType = 'float32' | 'float64'

const constructors = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const

/** All element types. */
export const dtypes: readonly DType[] = ['float32', 'float64', 'int32']

/** The element type of an array, or undefined if tensors cannot lie in it. */
export function dtypeOf(data: unknown): DType | undefined {
  // A proxy of an array is no view, and a subclass may say that it has another length.
  if (!ArrayBuffer.isView(data) || !isHonest(data)) return undefined
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof Float64Array) return 'float64'
  if (data instanceof Int32Array) return 'int32'
  return undefined
}

/** Whether an array has the length that it says. */
export function isHonest(data: ArrayBufferView): boolean {
  const { length, BYTES_PER_ELEMENT } = data as FloatArray
  return data.byteLength === length * BYTES_PER_ELEMENT
}

/** Whether the memory of an array was given away, to another thread, say, or its buffer has shrunk below it. */
export function isDetached(data: ArrayBufferView): boolean {
  if (data.byteLength > 0 || data instanceof DataView) return false
  try {
    Uint8Array.prototype.values.call(data as Uint8Array) // throws for memory that is gone, not for none
    return false
  } catch {
    return true
  }
}

/** A new array of zeros. */
export function allocate(dtype: FloatDType, length: number): FloatArray
export function allocate(dtype: DType, length: number): TensorData
export function allocate(dtype: DType, length: number): TensorData {
  return reserved(() => new constructors[dtype](length), length)
}

/** What `make` makes of memory. @throws ArgumentError where the system does not give that much */
export function reserved<T>(make: () => T, elements: number): T {
  try {
    return make()
  } catch (cause) {
    throw new ArgumentError('chainrule', 'sizes that fit into memory', `${elements} elements`, { cause })
  }
}

/** Checks the name of an element type. */
export function checkDType(operation: string, value: unknown): DType {
  if (typeof value !== 'string' || !dtypes.includes(value as DType)) {
    throw new DTypeError(operation, `dtype to be one of ${dtypes.join(', ')}`, describe(value))
  }
  return value as DType
}

/** Checks the name of a floating-point element type. */
export function checkFloatDType(operation: string, value: unknown): FloatDType {
  const dtype = checkDType(operation, value)
  if (dtype === 'int32') throw new DTypeError(operation, 'dtype float32 or float64', 'int32')
  return dtype
}
