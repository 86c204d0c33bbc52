// Tensors of ONNX files as constants, in whichever of their fields the numbers lie, or in a file of the model's folder.
import { dirname, isAbsolute, join, normalize, sep } from 'node:path'
import { describe, shapeText } from '../../../checks.js'
import { realpath } from '../../../disk.js'
import { FormatError } from '../../../errors.js'
import { Tensor } from '../../../tensor/tensor.js'
import { withFile } from '../../files.js'
import { brainHalves, halves } from '../../types.js'
import { elementType, type TensorProto } from '../proto.js'
import type { Constant } from './operands.js'

/** The most bytes of one tensor: what Node can hold on every supported platform. */
const LARGEST = 2 ** 32

type Bytes = Uint8Array<ArrayBuffer>

interface ElementKind {
  readonly size: number
  readonly integer: boolean
  /** Numbers from bytes. */
  read(bytes: Bytes, count: number): ArrayLike<number> | ArrayLike<bigint>
  /** Numbers from the field of the message that holds them where there are no bytes. */
  field(tensor: TensorProto): ArrayLike<number> | ArrayLike<bigint>
}

type View = new (buffer: ArrayBuffer, offset: number, length: number) => ArrayLike<number> | ArrayLike<bigint>

function kind(type: View, size: number, integer: boolean, field: ElementKind['field']): ElementKind {
  return { size, integer, read: (bytes, count) => new type(bytes.buffer, bytes.byteOffset, count), field }
}

const small = (tensor: TensorProto) => tensor.int32Data
function halfBits(convert: (bytes: Bytes) => Float32Array): ElementKind {
  return {
    size: 2,
    integer: false,
    read: (bytes, count) => convert(bytes.subarray(0, 2 * count)),
    field: ({ int32Data }) => convert(new Uint8Array(Uint16Array.from(int32Data).buffer)),
  }
}

const kinds = new Map<number, ElementKind>([
  [elementType.float32, kind(Float32Array, 4, false, ({ floatData }) => floatData)],
  [elementType.float64, kind(Float64Array, 8, false, ({ doubleData }) => doubleData)],
  [elementType.float16, halfBits(halves)],
  [elementType.bfloat16, halfBits(brainHalves)],
  [elementType.int64, kind(BigInt64Array, 8, true, ({ int64Data }) => int64Data)],
  [elementType.uint64, kind(BigUint64Array, 8, true, ({ uint64Data }) => uint64Data)],
  [elementType.int32, kind(Int32Array, 4, true, small)],
  [elementType.uint32, kind(Uint32Array, 4, true, ({ uint64Data }) => uint64Data)],
  [elementType.int16, kind(Int16Array, 2, true, small)],
  [elementType.uint16, kind(Uint16Array, 2, true, small)],
  [elementType.int8, kind(Int8Array, 1, true, small)],
  [elementType.uint8, kind(Uint8Array, 1, true, small)],
  [elementType.bool, kind(Uint8Array, 1, true, small)],
])

/** The name of an element type in messages. */
export function typeName(type: number): string {
  return Object.entries(elementType).find(([, number]) => number === type)?.[0] ?? `number ${type}`
}

/**
 * A tensor of a file. External data is read from the folder of the model alone.
 * @throws FormatError for sizes that do not fit, types that are no numbers, and places outside the folder
 */
export async function constantOf(tensor: TensorProto, modelPath: string | undefined): Promise<Constant> {
  const what = `tensor ${describe(tensor.name)}`
  const known = kinds.get(tensor.dataType)
  if (!known) throw new FormatError('importOnnx', `numbers in ${what}`, typeName(tensor.dataType))
  const shape = tensor.dims.map(Number)
  let count = 1
  for (const extent of shape) count *= extent
  const sound = shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0) && shape.length <= 32
  if (!sound || !(count * known.size <= LARGEST)) {
    throw new FormatError('importOnnx', `${what} of at most ${LARGEST} bytes`, `shape ${shapeText(shape)}`)
  }
  if (tensor.segment !== undefined) throw new FormatError('importOnnx', `${what} in one piece`, 'a segment')
  const external = (tensor.dataLocation as number) === 1
  const raw = external ? await externalData(tensor, count * known.size, modelPath) : tensor.rawData
  const elements = raw.length > 0 || external ? fromBytes(what, known, raw, count) : known.field(tensor)
  if (elements.length !== count) {
    throw new FormatError('importOnnx', `${count} elements in ${what}`, String(elements.length))
  }
  return { kind: 'constant', integer: known.integer, value: new Tensor(numbersOf(elements, known), shape) }
}

// Copied where they do not lie at a multiple of their width.
function fromBytes(
  what: string,
  { size, read }: ElementKind,
  bytes: Bytes,
  count: number,
): ArrayLike<number> | ArrayLike<bigint> {
  if (bytes.length !== count * size) {
    throw new FormatError('importOnnx', `${count * size} bytes in ${what}`, String(bytes.length))
  }
  return read(bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes), count)
}

// Floats keep their type; integers become float64, in which all that shapes and axes are can be held.
function numbersOf(elements: ArrayLike<number> | ArrayLike<bigint>, { integer, size }: ElementKind) {
  if (elements instanceof Float32Array || elements instanceof Float64Array) return elements
  if (!integer && size < 8) return Float32Array.from(elements as ArrayLike<number>)
  const out = new Float64Array(elements.length)
  for (let i = 0; i < out.length; i++) out[i] = Number(elements[i])
  return out
}

async function externalData(tensor: TensorProto, size: number, modelPath: string | undefined): Promise<Bytes> {
  const what = `external data of ${describe(tensor.name)}`
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]))
  const [offset, length] = [entries.get('offset') ?? '0', entries.get('length') ?? String(size)].map(Number)
  if (!Number.isSafeInteger(offset) || offset! < 0 || length !== size) {
    throw new FormatError('importOnnx', `${size} bytes of ${what}`, `offset ${offset} and length ${length}`)
  }
  const path = await placeOf(what, entries.get('location'), modelPath)
  return withFile('importOnnx', path, Number.MAX_SAFE_INTEGER, async (file) => {
    if (offset! + size > file.size) {
      throw new FormatError('importOnnx', `${what} up to byte ${offset! + size}`, `a file of ${file.size} bytes`)
    }
    const bytes = new Uint8Array(size)
    await file.read(bytes, offset!)
    return bytes
  })
}

// Nothing but a file below the model's folder that no link leads to.
async function placeOf(what: string, location: string | undefined, modelPath: string | undefined): Promise<string> {
  const refuse = (): never => {
    throw new FormatError('importOnnx', `${what} within the folder of the model`, describe(location))
  }
  if (modelPath === undefined || !location || location.includes('\0') || isAbsolute(location)) return refuse()
  const inner = normalize(location)
  if (/^[A-Za-z]:|^\\/.test(inner) || inner.split(/[\\/]/).includes('..')) return refuse()
  const folder = await realpath(dirname(modelPath))
  const path = join(folder, inner)
  const real = await realpath(path).catch(() => path)
  return real === path && path.startsWith(folder.endsWith(sep) ? folder : folder + sep) ? path : refuse()
}
