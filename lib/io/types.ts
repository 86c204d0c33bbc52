// The element types of safetensors: what they are called, how wide they are, and how those that tensors do not have are read.
import { describe } from '../checks.js'
import { FormatError } from '../errors.js'
import { allocate, type DType, type TensorData } from '../tensor/dtype.js'

/** An element type of the format. */
export interface ElementType {
  /** Bits per element. */
  readonly bits: number
  /** The element type that a tensor of it gets here; undefined where there is none. */
  readonly dtype?: DType
  /** The elements, where they are not stored as they are: from their bytes. */
  readonly convert?: (bytes: Uint8Array<ArrayBuffer>) => ArrayLike<number> | ArrayLike<bigint>
}

// Numbers in 8 bits.
function e4m3(byte: number): number {
  const [sign, exponent, mantissa] = [byte & 0x80 ? -1 : 1, (byte >> 3) & 15, byte & 7]
  if ((byte & 0x7f) === 0x7f) return Number.NaN
  return sign * (exponent === 0 ? mantissa * 2 ** -9 : (8 + mantissa) * 2 ** (exponent - 10))
}
const e5m2 = (byte: number) => half(byte << 8)
const e8m0 = (byte: number) => (byte === 255 ? Number.NaN : 2 ** (byte - 127))

// Sign, 5 bits of exponent, 10 of mantissa: every value of it is one of float32.
function half(bits: number): number {
  const [sign, exponent, mantissa] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023]
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25))
}

/** float16 elements, exactly. */
export function halves(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  const from = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
  const out = new Float32Array(from.length)
  for (let i = 0; i < out.length; i++) out[i] = half(from[i]!)
  return out
}

/** bfloat16 elements, the upper halves of float32. */
export function brainHalves(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  const from = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
  const out = new Uint32Array(from.length)
  for (let i = 0; i < out.length; i++) out[i] = from[i]! << 16
  return new Float32Array(out.buffer)
}

// Elements of 8 bits, from a table of the 256 values that is made when it is first needed.
function looked(value: (byte: number) => number): (bytes: Uint8Array) => Float32Array {
  let values: Float64Array | undefined
  return (bytes) => {
    values ??= Float64Array.from({ length: 256 }, (_, byte) => value(byte))
    const out = new Float32Array(bytes.length)
    for (let i = 0; i < out.length; i++) out[i] = values[bytes[i]!]!
    return out
  }
}

type View<T> = new (buffer: ArrayBuffer, offset: number, length: number) => T

function viewed<T extends ArrayLike<number> | ArrayLike<bigint>>(type: View<T>, size: number) {
  return (bytes: Uint8Array<ArrayBuffer>): T => new type(bytes.buffer, bytes.byteOffset, bytes.length / size)
}

/** All of them by name, in the order in which their tensors are laid out. */
export const elementTypes: Readonly<Record<string, ElementType>> = {
  U64: { bits: 64, dtype: 'int32', convert: viewed(BigUint64Array, 8) },
  I64: { bits: 64, dtype: 'int32', convert: viewed(BigInt64Array, 8) },
  F64: { bits: 64, dtype: 'float64' },
  C64: { bits: 64 },
  F32: { bits: 32, dtype: 'float32' },
  U32: { bits: 32, dtype: 'int32', convert: viewed(Uint32Array, 4) },
  I32: { bits: 32, dtype: 'int32' },
  BF16: { bits: 16, dtype: 'float32', convert: brainHalves },
  F16: { bits: 16, dtype: 'float32', convert: halves },
  U16: { bits: 16, dtype: 'int32', convert: viewed(Uint16Array, 2) },
  I16: { bits: 16, dtype: 'int32', convert: viewed(Int16Array, 2) },
  F8_E8M0: { bits: 8, dtype: 'float32', convert: looked(e8m0) },
  F8_E4M3: { bits: 8, dtype: 'float32', convert: looked(e4m3) },
  F8_E5M2: { bits: 8, dtype: 'float32', convert: looked(e5m2) },
  I8: { bits: 8, dtype: 'int32', convert: viewed(Int8Array, 1) },
  U8: { bits: 8, dtype: 'int32', convert: (bytes) => bytes },
  F6_E3M2: { bits: 6 },
  F6_E2M3: { bits: 6 },
  F4: { bits: 4 },
  BOOL: { bits: 8, dtype: 'int32', convert: (bytes) => bytes },
}

const names = Object.keys(elementTypes)

/** Names of the types that can be read. */
export const readable = names.filter((name) => elementTypes[name]!.dtype !== undefined)

/** The type that a tensor is written as. */
export function typeOf(dtype: DType): string {
  return names.find((name) => elementTypes[name]!.dtype === dtype && !elementTypes[name]!.convert)!
}

/** Where a type stands in the order of the layout. */
export function rankOf(type: string): number {
  return names.indexOf(type)
}

/**
 * The elements of a tensor from its bytes, which are not copied if they need no conversion.
 * @throws FormatError for integers beyond int32, and for truth values other than 0 and 1
 */
export function elementsOf(operation: string, name: string, type: string, bytes: Uint8Array<ArrayBuffer>): TensorData {
  const { dtype, convert } = elementTypes[type]!
  if (!convert)
    return { float32: viewed(Float32Array, 4), float64: viewed(Float64Array, 8), int32: viewed(Int32Array, 4) }[dtype!](
      bytes,
    )
  const elements = convert(bytes)
  if (elements instanceof Float32Array) return elements
  const out = allocate('int32', elements.length) as Int32Array
  for (let i = 0; i < out.length; i++) {
    const value = Number(elements[i])
    out[i] = value
    if (out[i] !== value) throw new FormatError(operation, `integers of 32 bits in ${describe(name)}`, `${elements[i]}`)
    if (type === 'BOOL' && value > 1) throw new FormatError(operation, `0 and 1 in ${describe(name)}`, `${value}`)
  }
  return out
}
