// The safetensors format: 8 bytes with the length of a JSON header, the header, and the tensors' bytes one after the other,
// all little-endian. The header names every tensor with its type, shape and range: {"w":{"dtype":"F32","shape":[2,3],
// "data_offsets":[0,24]}}.
import { describe, shapeText } from '../checks.js'
import { ArgumentError, FormatError } from '../errors.js'
import type { StateDict } from '../nn/state.js'
import { checkShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { parseStrict } from './json.js'
import { elementsOf, elementTypes, rankOf, readable, typeOf } from './types.js'

/** The content of a safetensors file. */
export interface Safetensors {
  readonly tensors: StateDict
  /** The free text entries of `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>
}

/** A tensor as the header describes it. */
export interface TensorEntry {
  readonly name: string
  /** As the format calls it: F32, F64, I64 … */
  readonly type: string
  readonly shape: readonly number[]
  /** First and last byte + 1, counted from the end of the header. */
  readonly begin: number
  readonly end: number
}

/** A tensor of a file, as summaries tell of it. */
export interface TensorSummary {
  readonly name: string
  /** Element type as the file's format calls it: F32, F64, I64 … */
  readonly type: string
  readonly shape: readonly number[]
  readonly bytes: number
}

/** A checked header. */
export interface Header {
  readonly entries: readonly TensorEntry[]
  readonly metadata: Readonly<Record<string, string>>
  /** Where the tensors' bytes begin. */
  readonly start: number
}

// The limit of the reference implementation.
const MAX_HEADER = 100_000_000
/** Bytes before the header. */
export const PREFIX = 8
const METADATA = '__metadata__'

/**
 * The bytes of a safetensors file. All tensors are copied at once: a training that goes on meanwhile does not mix into it.
 * Tensors are laid out as by the reference implementation: widest type first, then by name.
 * @throws ArgumentError for names or metadata that the format cannot hold
 */
export function encodeSafetensors(tensors: StateDict, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const { head, data } = encodeParts('encodeSafetensors', tensors, () => metadata)
  return Buffer.concat([head, data])
}

/** The same in two pieces; the metadata may depend on the data, as a checksum does. */
export function encodeParts(
  operation: string,
  tensors: StateDict,
  metadataOf: (data: Uint8Array) => Readonly<Record<string, string>>,
): { head: Uint8Array; data: Uint8Array } {
  const { data, head } = layOut(operation, tensors)
  return { head: head(metadataOf(data)), data }
}

/** A copy of all tensors' bytes, and what stands before it for some metadata. */
export interface Layout {
  readonly data: Uint8Array
  head(metadata: Readonly<Record<string, string>>): Uint8Array
}

/** Copies the bytes of tensors to where they stand in a file. */
export function layOut(operation: string, tensors: StateDict): Layout {
  if (typeof tensors !== 'object' || tensors === null) {
    throw new ArgumentError(operation, 'tensors by name', describe(tensors))
  }
  const named = Object.entries(tensors).map(([name, tensor]) => {
    if (name === METADATA) throw new ArgumentError(operation, `names other than ${METADATA}`, describe(name))
    if (!(tensor instanceof Tensor)) throw new ArgumentError(operation, `a tensor ${name}`, describe(tensor))
    return { key: jsonString(operation, name), order: Buffer.from(name), tensor, type: typeOf(tensor.dtype) }
  })
  named.sort((a, b) => rankOf(a.type) - rankOf(b.type) || a.order.compare(b.order))
  const data = new Uint8Array(named.reduce((sum, { tensor }) => sum + tensor.data.byteLength, 0))
  let offset = 0
  const members = named.map(({ key, type, tensor: { data: elements, shape } }) => {
    const begin = offset
    offset += elements.byteLength
    data.set(new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength), begin)
    return `${key}:{"dtype":"${type}","shape":[${shape.join(',')}],"data_offsets":[${begin},${offset}]}`
  })
  const head = (metadata: Readonly<Record<string, string>>) => {
    if (typeof metadata !== 'object' || metadata === null) {
      throw new ArgumentError(operation, 'metadata to be texts by name', describe(metadata))
    }
    const texts = Object.entries(metadata).map((pair) => pair.map((text) => jsonString(operation, text)).join(':'))
    const first = texts.length > 0 ? [`"${METADATA}":{${texts.join(',')}}`] : []
    return encodeHeader(operation, `{${[...first, ...members].join(',')}}`)
  }
  return { data, head }
}

// Padded with spaces, so that the data begins at a multiple of 8.
function encodeHeader(operation: string, text: string): Uint8Array {
  const json = Buffer.from(text)
  const length = Math.ceil(json.length / PREFIX) * PREFIX
  if (length > MAX_HEADER) throw new ArgumentError(operation, `a header of at most ${MAX_HEADER} bytes`, `${length}`)
  const head = new Uint8Array(PREFIX + length).fill(0x20)
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true)
  head.set(json, PREFIX)
  return head
}

// Text that survives UTF-8: no lone surrogates.
function jsonString(operation: string, text: unknown): string {
  if (typeof text !== 'string' || Buffer.from(text).toString() !== text) {
    throw new ArgumentError(operation, 'names and metadata to be well-formed strings', describe(text))
  }
  return JSON.stringify(text)
}

/**
 * Reads a safetensors file in memory; the tensors are copies. Every rule of the format is checked first.
 * @throws FormatError, naming the rule that is broken
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const header = readHeader('decodeSafetensors', bytes)
  return { tensors: readTensors(bytes, header), metadata: header.metadata }
}

/** Copies of the tensors that a checked header describes. */
export function readTensors(bytes: Uint8Array, { entries, start }: Header, operation = 'decodeSafetensors'): StateDict {
  checkReadable(operation, entries)
  const named = entries.map(({ name, type, shape, begin, end }) => {
    const elements = elementsOf(operation, name, type, new Uint8Array(bytes.subarray(start + begin, start + end)))
    return [name, new Tensor(elements, shape)] as const
  })
  return Object.fromEntries(named)
}

/** Throws FormatError for a tensor of a type that cannot be read here. */
export function checkReadable(operation: string, entries: readonly TensorEntry[]): void {
  for (const { name, type, shape } of entries) {
    if (elementTypes[type]!.dtype === undefined) {
      throw new FormatError(operation, `a type among ${readable.join(', ')} of tensor ${describe(name)}`, type)
    }
    checkShape(operation, shape)
  }
}

/** Checks the whole header against the format and the length of the file. */
export function readHeader(operation: string, bytes: Uint8Array): Header {
  if (!(bytes instanceof Uint8Array)) throw new ArgumentError(operation, 'bytes as Uint8Array', describe(bytes))
  const start = startOf(operation, bytes, bytes.length)
  return parseHeader(operation, bytes.subarray(PREFIX, start), bytes.length)
}

/** Where the data of a file begins, by its first bytes and its size. */
export function startOf(operation: string, prefix: Uint8Array, size: number): number {
  if (size < PREFIX) throw new FormatError(operation, `a file of at least ${PREFIX} bytes`, `${size}`)
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true))
  if (length > MAX_HEADER) {
    throw new FormatError(
      operation,
      `a header of at most ${MAX_HEADER} bytes`,
      `${length}: is this a safetensors file?`,
    )
  }
  const start = PREFIX + length
  if (start > size) throw new FormatError(operation, `a header of ${length} bytes`, `only ${size - PREFIX} bytes`)
  return start
}

/** Checks the header of a file of `size` bytes. */
export function parseHeader(operation: string, bytes: Uint8Array, size: number): Header {
  const refuse = (expected: string, actual: string, cause?: unknown): never => {
    throw new FormatError(operation, expected, actual, cause === undefined ? undefined : { cause })
  }
  if (bytes[0] !== 0x7b) refuse('a header that starts with {', bytes.length === 0 ? 'an empty one' : `byte ${bytes[0]}`)
  let content: unknown
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    content = parseStrict(text, { naturals: true })
    if (/[\t\n\r]$/.test(text)) refuse('spaces alone behind the header', 'other white space')
  } catch (cause) {
    if (cause instanceof FormatError) throw cause
    return refuse('a header of JSON in UTF-8, no key twice', (cause as Error).message, cause)
  }
  const { [METADATA]: texts = {}, ...described } = content as Record<string, unknown>
  const entries = Object.entries(described).map(([name, info]) => readEntry(operation, name, info))
  const start = PREFIX + bytes.length
  checkRanges(operation, entries, size - start)
  return { entries, metadata: readMetadata(operation, texts), start }
}

function readMetadata(operation: string, texts: unknown): Record<string, string> {
  const sound = isObject(texts) && Object.values(texts).every((text) => typeof text === 'string')
  if (!sound) throw new FormatError(operation, `${METADATA} to map names to strings`, describe(texts))
  return texts as Record<string, string>
}

function readEntry(operation: string, name: string, info: unknown): TensorEntry {
  const refuse = (expected: string, actual: unknown): never => {
    throw new FormatError(operation, `${expected} of tensor ${describe(name)}`, describe(actual))
  }
  if (!isObject(info)) return refuse('the description', info)
  const { dtype: type, shape, data_offsets: offsets } = info
  if (typeof type !== 'string' || !Object.hasOwn(elementTypes, type)) {
    return refuse(`a dtype among ${Object.keys(elementTypes).join(', ')}`, type)
  }
  if (!isExtents(shape)) return refuse('a shape of integers ≥ 0', shape)
  if (!isExtents(offsets) || offsets.length !== 2) return refuse('two data_offsets, integers ≥ 0,', offsets)
  const [begin, end] = offsets as [number, number]
  const size = bytesOf(shape, elementTypes[type]!.bits)
  if (size === undefined || end - begin !== size) {
    const wanted = size === undefined ? 'a whole number of bytes below 2^53' : `${size} bytes`
    return refuse(`${wanted} for shape ${shapeText(shape)} of ${type}, the range`, end - begin)
  }
  return { name, type, shape: Object.freeze(shape), begin, end }
}

// Multiplied in order, as the reference implementation does: what overflows on the way is refused, a 0 behind it or not.
function bytesOf(shape: readonly number[], bits: number): number | undefined {
  let size = bits
  for (const extent of shape) {
    size *= extent
    if (!Number.isSafeInteger(size)) return undefined
  }
  return size % 8 === 0 ? size / 8 : undefined
}

// In order of their ranges, the tensors must cover the data from its first byte to its last, each byte once.
function checkRanges(operation: string, entries: readonly TensorEntry[], length: number): void {
  const sorted = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)
  let next = 0
  for (const { name, begin, end } of sorted) {
    if (begin !== next) {
      const fault = begin < next ? 'an overlap' : 'a hole'
      throw new FormatError(operation, `data of tensor ${describe(name)} at byte ${next}`, `${begin}: ${fault}`)
    }
    next = end
  }
  if (next !== length) throw new FormatError(operation, `${next} bytes of data`, `${length}`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isExtents(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0)
}
