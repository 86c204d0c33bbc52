// NPZ files, the format of numpy.savez: NPY files within a ZIP archive, stored or deflated.
import { promisify } from 'node:util'
import { zlib } from '../builtin.js'
import { describe } from '../checks.js'
import { ArgumentError, FormatError } from '../errors.js'
import { checkPath, readWhole } from '../io/files.js'
import { type NpyArray, parseNpyAs } from './npy.js'

const LARGEST = 2 ** 32 // bytes of the archive, and of all that comes out of it
const [END, CENTRAL, LOCAL] = [0x06054b50, 0x02014b50, 0x04034b50] // "PK" and two numbers
const [END_SIZE, CENTRAL_SIZE, LOCAL_SIZE] = [22, 46, 30]
const LONGEST_COMMENT = 65_535
const [STORED, DEFLATED] = [0, 8]

/** A file within an archive, as its directory has it. */
interface Entry {
  readonly name: string
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  readonly offset: number
}

/**
 * Reads the arrays of an NPZ file, by name.
 * @throws FileError if it cannot be read, FormatError if it breaks a rule of ZIP or NPY
 * @example const { x, y } = await readNpz('train.npz')
 */
export async function readNpz(path: string): Promise<Record<string, NpyArray>> {
  return unzip('readNpz', await readWhole('readNpz', checkPath('readNpz', path), LARGEST), describe(path))
}

/**
 * Reads the arrays of an NPZ file in memory.
 * @throws FormatError as {@link readNpz}
 */
export async function parseNpz(bytes: Uint8Array): Promise<Record<string, NpyArray>> {
  if (!(bytes instanceof Uint8Array)) throw new ArgumentError('parseNpz', 'bytes as Uint8Array', describe(bytes))
  return unzip('parseNpz', bytes, 'the buffer')
}

async function unzip(operation: string, given: Uint8Array, source: string): Promise<Record<string, NpyArray>> {
  // Detached memory has no bytes, but nothing can be made over it.
  const bytes = given.length === 0 ? Buffer.alloc(0) : Buffer.from(given.buffer, given.byteOffset, given.length)
  const refuse: Refuse = (expected, actual, cause) =>
    new FormatError(operation, `${source} ${expected}`, actual, cause === undefined ? {} : { cause })
  const entries = directory(bytes, refuse)
  let [total, packed] = [0, 0]
  for (const { size, packed: own } of entries) [total, packed] = [total + size, packed + own]
  // Files that share their bytes would unpack to any size.
  if (total > LARGEST || packed > bytes.length) {
    throw refuse(`with at most ${LARGEST} bytes unpacked, and no files that overlap`, `${packed} bytes for ${total}`)
  }
  const arrays: [string, NpyArray][] = []
  for (const entry of entries) {
    if (entry.name.endsWith('/')) continue
    const name = entry.name.replace(/\.npy$/, '')
    const content = await contentOf(bytes, entry, refuse)
    arrays.push([name, parseNpyAs(operation, content, `${describe(entry.name)} in ${source}`)])
  }
  const found = Object.fromEntries(arrays)
  if (Object.keys(found).length !== arrays.length) throw refuse('with names that differ', 'one twice')
  return found
}

type Refuse = (expected: string, actual: string, cause?: unknown) => FormatError

// The directory stands before the end record, which stands before a comment of any length.
function directory(bytes: Buffer, refuse: Refuse): Entry[] {
  let end = bytes.length - END_SIZE
  const last = Math.max(0, end - LONGEST_COMMENT)
  while (
    end >= last &&
    !(bytes.readUInt32LE(end) === END && end + END_SIZE + bytes.readUInt16LE(end + 20) === bytes.length)
  )
    end--
  if (end < last) throw refuse('to end with the directory of a ZIP archive', `${bytes.length} bytes without one`)
  const count = bytes.readUInt16LE(end + 10)
  const offset = bytes.readUInt32LE(end + 16)
  if (count === 0xffff || offset === 0xffffffff) throw refuse('below 4 GiB and 65535 files', 'a ZIP64 archive')
  if (bytes.readUInt16LE(end + 4) !== 0 || bytes.readUInt16LE(end + 8) !== count) throw refuse('in one part', 'several')
  const entries: Entry[] = []
  let at = offset
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_SIZE > end || bytes.readUInt32LE(at) !== CENTRAL)
      throw refuse('with a sound directory', `entry ${i} broken`)
    const lengths = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field)) as [number, number, number]
    const next = at + CENTRAL_SIZE + lengths[0] + lengths[1] + lengths[2]
    if (next > end) throw refuse('with a sound directory', `entry ${i} cut`)
    const name = bytes.toString('utf8', at + CENTRAL_SIZE, at + CENTRAL_SIZE + lengths[0])
    if (bytes.readUInt16LE(at + 8) & 1) throw refuse('without encryption', `${describe(name)} encrypted`)
    entries.push({
      name,
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
    })
    at = next
  }
  return entries
}

async function contentOf(bytes: Buffer, entry: Entry, refuse: Refuse): Promise<Uint8Array> {
  const { name, method, crc, packed, size, offset } = entry
  const of = `with ${describe(name)}`
  if (offset + LOCAL_SIZE > bytes.length || bytes.readUInt32LE(offset) !== LOCAL)
    throw refuse(of, 'nothing at its place')
  const start = offset + LOCAL_SIZE + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28)
  if (start + packed > bytes.length) throw refuse(`${of} of ${packed} bytes`, `${Math.max(0, bytes.length - start)}`)
  if (method !== STORED && method !== DEFLATED) throw refuse(`${of} stored or deflated`, `method ${method}`)
  const raw = bytes.subarray(start, start + packed)
  const content = method === STORED ? raw : await inflated(raw, size, of, refuse)
  if (content.length !== size) throw refuse(`${of} of ${size} bytes`, String(content.length))
  if (zlib().crc32(content) !== crc)
    throw refuse(`${of} with the checksum of its directory`, 'another: the file is damaged')
  return content
}

async function inflated(raw: Buffer, size: number, of: string, refuse: Refuse): Promise<Uint8Array> {
  try {
    return await promisify(zlib().inflateRaw)(raw, { maxOutputLength: Math.max(size, 1) })
  } catch (cause) {
    throw refuse(`${of} deflated to ${size} bytes`, (cause as Error).message, cause)
  }
}
