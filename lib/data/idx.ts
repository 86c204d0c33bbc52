// IDX files, the format of MNIST: a magic number, the extents, then the elements, all big-endian.
import { promisify } from 'node:util'
import { zlib } from '../builtin.js'
import { describe, shapeText } from '../checks.js'
import { ArgumentError, FormatError } from '../errors.js'
import { checkPath, readWhole } from '../io/files.js'
import { sizeOf } from '../tensor/shape.js'

/** Elements of an IDX file. */
export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array

/** The content of an IDX file. */
export interface IdxArray {
  /** Extents, outermost first. */
  readonly shape: readonly number[]
  /** Elements, row-major. */
  readonly data: IdxData
}

// Also for what comes out of a compressed file: a small one can claim to be anything.
const LARGEST = 2 ** 31

const readers: Record<number, { size: number; read(view: DataView, count: number): IdxData }> = {
  8: { size: 1, read: (view, count) => new Uint8Array(view.buffer, view.byteOffset, count) },
  9: { size: 1, read: (view, count) => new Int8Array(view.buffer, view.byteOffset, count) },
  11: { size: 2, read: (view, count) => filled(new Int16Array(count), (i) => view.getInt16(2 * i)) },
  12: { size: 4, read: (view, count) => filled(new Int32Array(count), (i) => view.getInt32(4 * i)) },
  13: { size: 4, read: (view, count) => filled(new Float32Array(count), (i) => view.getFloat32(4 * i)) },
  14: { size: 8, read: (view, count) => filled(new Float64Array(count), (i) => view.getFloat64(8 * i)) },
}

function filled<T extends IdxData>(array: T, read: (i: number) => number): T {
  for (let i = 0; i < array.length; i++) array[i] = read(i)
  return array
}

/**
 * Reads an IDX file, gzipped or not.
 * @throws FileError if it cannot be read, FormatError if it breaks a rule of the format
 */
export async function readIdx(path: string): Promise<IdxArray> {
  const bytes = await readWhole('readIdx', checkPath('readIdx', path), LARGEST)
  return parse(
    'readIdx',
    bytes[0] === 0x1f && bytes[1] === 0x8b ? await decompress(bytes, path) : bytes,
    describe(path),
  )
}

/**
 * Parses an IDX file in memory.
 * @param bytes - the whole file, not compressed; 8-bit elements of the result are a view of it
 * @throws FormatError for a bad magic number, extents that overflow, or another length than these say
 */
export function parseIdx(bytes: Uint8Array | ArrayBuffer): IdxArray {
  if (!(bytes instanceof Uint8Array) && !(bytes instanceof ArrayBuffer)) {
    throw new ArgumentError('parseIdx', 'bytes as Uint8Array or ArrayBuffer', describe(bytes))
  }
  return parse('parseIdx', bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes), 'the buffer')
}

async function decompress(bytes: Uint8Array, path: string): Promise<Uint8Array> {
  try {
    return await promisify(zlib().gunzip)(bytes, { maxOutputLength: LARGEST })
  } catch (cause) {
    throw new FormatError('readIdx', `${describe(path)} to be sound gzip data`, (cause as Error).message, { cause })
  }
}

function parse(operation: string, bytes: Uint8Array, source: string): IdxArray {
  if (bytes.length < 4) throw new FormatError(operation, `${source} of at least 4 bytes`, `${bytes.length}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const reader = view.getUint16(0) === 0 ? readers[bytes[2]!] : undefined
  if (!reader) {
    const magic = view.getUint32(0).toString(16).padStart(8, '0')
    throw new FormatError(operation, `${source} to start with an IDX magic number such as 00000803`, magic)
  }
  const rank = bytes[3]!
  const header = 4 + 4 * rank
  if (bytes.length < header) {
    throw new FormatError(operation, `${source} of at least ${header} bytes`, `${bytes.length}`)
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis))
  // A zero extent leaves the others unused, but not unchecked.
  const largest = shape.reduce((size, extent) => size * Math.max(1, extent), reader.size)
  if (largest > LARGEST) throw new FormatError(operation, `extents of at most ${LARGEST} bytes`, shapeText(shape))
  const count = sizeOf(shape)
  const wanted = header + count * reader.size
  if (bytes.length !== wanted) {
    throw new FormatError(operation, `${source} of ${wanted} bytes for ${shapeText(shape)}`, `${bytes.length}`)
  }
  const elements = new DataView(bytes.buffer, bytes.byteOffset + header, count * reader.size)
  return { shape: Object.freeze(shape), data: reader.read(elements, count) }
}
