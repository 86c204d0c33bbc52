// NPY files, the format of numpy.save: a magic text, a header that is a Python dict, then the elements.
import { endianness } from 'node:os'
import { describe, shapeText } from '../checks.js'
import { ArgumentError, FormatError } from '../errors.js'
import { checkPath, readWhole } from '../io/files.js'

/** Elements of an NPY file: float16 become float32; 64-bit integers int32 where they fit, else float64; booleans 0 and 1. */
export type NpyData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array

/** The content of an NPY file. */
export interface NpyArray {
  /** Extents, outermost first. */
  readonly shape: readonly number[]
  /** Elements, row-major, whichever order the file has. */
  readonly data: NpyData
}

const LARGEST = 2 ** 32
const MAGIC = Buffer.from('\x93NUMPY', 'latin1')
// A Python dict of three keys in any order.
const DESCR = /'descr':\s*('[^']*'|\[.*?\])/s
const FORTRAN = /'fortran_order':\s*(True|False)/
const SHAPE = /'shape':\s*\(([\dL,\s]*)\)/
const HEADER = new RegExp(
  `^\\{(\\s*(${[DESCR, FORTRAN, SHAPE].map(({ source }) => source).join('|')})\\s*,?){3}\\s*\\}\\s*$`,
  's',
)

/**
 * Reads an NPY file.
 * @throws FileError if it cannot be read, FormatError if it breaks a rule of the format or has elements other than numbers
 */
export async function readNpy(path: string): Promise<NpyArray> {
  return parseNpyAs('readNpy', await readWhole('readNpy', checkPath('readNpy', path), LARGEST), describe(path))
}

/**
 * Parses an NPY file in memory.
 * @param bytes - the whole file
 * @throws FormatError as {@link readNpy}
 */
export function parseNpy(bytes: Uint8Array | ArrayBuffer): NpyArray {
  if (!(bytes instanceof Uint8Array) && !(bytes instanceof ArrayBuffer)) {
    throw new ArgumentError('parseNpy', 'bytes as Uint8Array or ArrayBuffer', describe(bytes))
  }
  return parseNpyAs('parseNpy', bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes), 'the buffer')
}

/** The same under another name, for errors. */
export function parseNpyAs(operation: string, bytes: Uint8Array, source: string): NpyArray {
  const wrong = (expected: string, actual: string) => new FormatError(operation, `${source} ${expected}`, actual)
  if (bytes.length < 10) throw wrong('to start with the magic text of NPY', `${bytes.length} bytes`)
  if (MAGIC.compare(bytes, 0, MAGIC.length) !== 0) {
    const start = describe(Buffer.from(bytes.subarray(0, 6)).toString('latin1'))
    throw wrong('to start with the magic text of NPY', start)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = bytes[6]!
  if (version < 1 || version > 3) throw wrong('of version 1, 2 or 3', String(version))
  const start = version === 1 ? 10 : 12
  const length = version === 1 ? view.getUint16(8, true) : bytes.length < 12 ? Infinity : view.getUint32(8, true)
  if (start + length > bytes.length) throw wrong('with its whole header', `${bytes.length} bytes`)
  if (length > 65_536) throw wrong('with a header of at most 65536 bytes', String(length))
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1')
  const [descr, fortran, sizes] = [DESCR, FORTRAN, SHAPE].map((part) => part.exec(text)?.[1])
  if (!HEADER.test(text) || descr === undefined || fortran === undefined || sizes === undefined) {
    throw wrong("with a header { 'descr', 'fortran_order', 'shape' }", describe(text))
  }
  const type = typeOf(descr)
  if (!type) throw wrong('of floats (f2 f4 f8), integers (i1 … u8) or booleans', descr.slice(0, 80))
  const extents = sizes
    .replaceAll('L', '')
    .split(',')
    .map((extent) => extent.trim())
  const shape = extents.filter((extent) => extent !== '').map(Number)
  const largest = shape.reduce((size, extent) => size * Math.max(1, extent), type.size)
  if (!(largest <= LARGEST)) throw wrong(`with extents of at most ${LARGEST} bytes`, shapeText(shape))
  const count = shape.reduce((size, extent) => size * extent, 1)
  const body = bytes.subarray(start + length)
  if (body.length !== count * type.size) {
    throw wrong(`of ${count * type.size} bytes after the header, for ${shapeText(shape)}`, String(body.length))
  }
  const elements = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const data = type.read(elements, count, !type.bigEndian)
  if (data === undefined) throw wrong('of integers that float64 can hold', 'larger ones')
  return { shape: Object.freeze(shape), data: fortran === 'True' ? rowMajor(data, shape) : data }
}

interface ElementType {
  readonly size: number
  /** Undefined where an element has no exact number. */
  read(view: DataView, count: number, littleEndian: boolean): NpyData | undefined
}

const LITTLE_ENDIAN = endianness() === 'LE'

// Elements that an array of ours holds as they are.
function plain(
  type: new (length: number) => NpyData,
  get: (view: DataView, at: number, le: boolean) => number,
): ElementType {
  const size = new type(1).BYTES_PER_ELEMENT
  const read = (view: DataView, count: number, littleEndian: boolean) => {
    const out = new type(count)
    if (size > 1 && littleEndian !== LITTLE_ENDIAN) return filled(out, (i) => get(view, size * i, littleEndian))
    new Uint8Array(out.buffer).set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
    return out
  }
  return { size, read }
}

const types: Readonly<Record<string, ElementType>> = {
  f2: { size: 2, read: (view, n, le) => filled(new Float32Array(n), (i) => half(view.getUint16(2 * i, le))) },
  f4: plain(Float32Array, (view, at, le) => view.getFloat32(at, le)),
  f8: plain(Float64Array, (view, at, le) => view.getFloat64(at, le)),
  i1: plain(Int8Array, (view, at) => view.getInt8(at)),
  i2: plain(Int16Array, (view, at, le) => view.getInt16(at, le)),
  i4: plain(Int32Array, (view, at, le) => view.getInt32(at, le)),
  i8: { size: 8, read: (view, n, le) => wide(n, (i) => view.getBigInt64(8 * i, le)) },
  u1: plain(Uint8Array, (view, at) => view.getUint8(at)),
  u2: plain(Uint16Array, (view, at, le) => view.getUint16(at, le)),
  u4: plain(Uint32Array, (view, at, le) => view.getUint32(at, le)),
  u8: { size: 8, read: (view, n, le) => wide(n, (i) => view.getBigUint64(8 * i, le)) },
  b1: { size: 1, read: (view, n) => filled(new Uint8Array(n), (i) => (view.getUint8(i) === 0 ? 0 : 1)) },
}

function typeOf(descr: string): (ElementType & { bigEndian: boolean }) | undefined {
  const found = /^'([<>|=])([fiub][1248])'$/.exec(descr)
  if (!found || !Object.hasOwn(types, found[2]!)) return undefined
  return { ...types[found[2]!]!, bigEndian: found[1] === '>' }
}

function filled<T extends NpyData>(array: T, read: (i: number) => number): T {
  for (let i = 0; i < array.length; i++) array[i] = read(i)
  return array
}

// 64-bit integers as int32 where all fit, as float64 where that is exact.
function wide(count: number, read: (i: number) => bigint): Int32Array | Float64Array | undefined {
  const integers = new Int32Array(count)
  let i = 0
  for (; i < count; i++) {
    const value = Number(read(i))
    if ((value | 0) !== value) break
    integers[i] = value
  }
  if (i === count) return integers
  const floats = Float64Array.from(integers)
  for (; i < count; i++) {
    const value = read(i)
    floats[i] = Number(value)
    if (BigInt(floats[i]!) !== value) return undefined
  }
  return floats
}

/** The number of a float16. */
export function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
}

// From column-major order: walks through the file's order and counts the place in ours.
function rowMajor<T extends NpyData>(data: T, shape: readonly number[]): T {
  const out = data.slice() as T
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1))
  const index = shape.map(() => 0)
  let to = 0
  for (let i = 0; i < data.length; i++) {
    out[to] = data[i]!
    for (let axis = 0; axis < shape.length; axis++) {
      to += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      to -= index[axis]! * strides[axis]!
      index[axis] = 0
    }
  }
  return out
}
