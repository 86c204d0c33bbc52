// The safetensors format: 8 bytes with the length of a JSON header, the header, and the tensors' bytes one after the other,
// all little-endian. The header names every tensor with its type, shape and range: {"w":{"dtype":"F32","shape":[2,3],
// "data_offsets":[0,24]}}.
import { describe, shapeText } from '../checks.js'
import { ArgumentError, FormatError } from '../errors.js'
import type { StateDict } from '../nn/state.js'
import { allocate, type DType } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import { parseStrict } from './json.js'

/** The content of a safetensors file. */
export interface Safetensors {
  readonly tensors: StateDict
  /** The free text entries of `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>
}

/** A tensor as the header describes it. */
export interface TensorEntry {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
  /** First and last byte + 1, counted from the end of the header. */
  readonly begin: number
  readonly end: number
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
const PREFIX = 8
const METADATA = '__metadata__'

const types: Record<DType, { name: string; size: number }> = {
  float64: { name: 'F64', size: 8 },
  float32: { name: 'F32', size: 4 },
  int32: { name: 'I32', size: 4 },
}
const dtypes = Object.keys(types) as DType[]

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
  const named = Object.entries(tensors).map(([name, tensor]) => {
    if (name === METADATA) throw new ArgumentError(operation, `names other than ${METADATA}`, describe(name))
    if (!(tensor instanceof Tensor)) throw new ArgumentError(operation, `a tensor ${name}`, describe(tensor))
    return { key: jsonString(operation, name), order: Buffer.from(name), tensor }
  })
  named.sort((a, b) => dtypes.indexOf(a.tensor.dtype) - dtypes.indexOf(b.tensor.dtype) || a.order.compare(b.order))
  const data = new Uint8Array(named.reduce((sum, { tensor }) => sum + tensor.data.byteLength, 0))
  let offset = 0
  const members = named.map(({ key, tensor: { data: elements, dtype, shape } }) => {
    const begin = offset
    offset += elements.byteLength
    data.set(new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength), begin)
    const range = `"data_offsets":[${begin},${offset}]`
    return `${key}:{"dtype":"${types[dtype].name}","shape":[${shape.join(',')}],${range}}`
  })
  const texts = Object.entries(metadataOf(data)).map((pair) =>
    pair.map((text) => jsonString(operation, text)).join(':'),
  )
  if (texts.length > 0) members.unshift(`"${METADATA}":{${texts.join(',')}}`)
  return { head: encodeHeader(operation, `{${members.join(',')}}`), data }
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
export function readTensors(bytes: Uint8Array, { entries, start }: Header): StateDict {
  const named = entries.map(({ name, dtype, shape, begin, end }) => {
    const data = allocate(dtype, (end - begin) / types[dtype].size)
    new Uint8Array(data.buffer).set(bytes.subarray(start + begin, start + end))
    return [name, new Tensor(data, shape)] as const
  })
  return Object.fromEntries(named)
}

/** Checks the whole header against the format and the length of the file. */
export function readHeader(operation: string, bytes: Uint8Array): Header {
  const refuse = (expected: string, actual: string, cause?: unknown): never => {
    throw new FormatError(operation, expected, actual, cause === undefined ? undefined : { cause })
  }
  if (!(bytes instanceof Uint8Array)) throw new ArgumentError(operation, 'bytes as Uint8Array', describe(bytes))
  if (bytes.length < PREFIX) refuse(`a file of at least ${PREFIX} bytes`, `${bytes.length}`)
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  if (length > MAX_HEADER) refuse(`a header of at most ${MAX_HEADER} bytes`, `${length}: is this a safetensors file?`)
  const start = PREFIX + length
  if (start > bytes.length) refuse(`a header of ${length} bytes`, `only ${bytes.length - PREFIX} bytes`)
  if (bytes[PREFIX] !== 0x7b)
    refuse('a header that starts with {', length === 0 ? 'an empty one' : `byte ${bytes[PREFIX]}`)
  let content: unknown
  try {
    content = parseStrict(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(PREFIX, start)))
  } catch (cause) {
    return refuse('a header of JSON in UTF-8, no key twice', (cause as Error).message, cause)
  }
  const { [METADATA]: texts = {}, ...described } = content as Record<string, unknown>
  const entries = Object.entries(described).map(([name, info]) => readEntry(operation, name, info))
  checkRanges(operation, entries, bytes.length - start)
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
  const { dtype: typeName, shape, data_offsets: offsets } = info
  const dtype = dtypes.find((each) => types[each].name === typeName)
  if (dtype === undefined) return refuse('dtype F32, F64 or I32', typeName)
  if (!isExtents(shape)) return refuse('a shape of integers ≥ 0', shape)
  if (!isExtents(offsets) || offsets.length !== 2) return refuse('two data_offsets, integers ≥ 0,', offsets)
  const [begin, end] = offsets as [number, number]
  const size = shape.includes(0) ? 0 : shape.reduce((a, b) => a * b, types[dtype].size)
  if (!Number.isSafeInteger(size) || end - begin !== size) {
    return refuse(`${size} bytes for shape ${shapeText(shape)} of ${typeName}, the range`, end - begin)
  }
  return { name, dtype, shape: Object.freeze(shape), begin, end }
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
