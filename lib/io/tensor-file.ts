// Safetensors on disk, read piece by piece: first the header alone, then the data straight to where it belongs. Between two
// pieces other work of the program gets its turn.
import { native } from '../native/load.js'
import { type OpenFile, withFile } from './files.js'
import { type Header, PREFIX, parseHeader, startOf, type TensorEntry } from './safetensors.js'

/** The largest file: what Node can hold in one buffer on every supported platform. */
const LARGEST = 2 ** 32
const PIECE = 2 ** 22
// Most models fit into what is read at first.
const FIRST = 2 ** 16

/** A safetensors file with a checked header. */
export interface TensorFile {
  readonly header: Header
  /** Of the whole file. */
  readonly bytes: number
  /** Reads all data to where `place` says, and returns its checksum. */
  read(place: (entry: TensorEntry) => Uint8Array): Promise<string>
}

/**
 * Opens a safetensors file, checks its header and lets `use` read the data.
 * @throws FileError if the file cannot be read, FormatError if it breaks a rule of the format
 */
export function withTensorFile<T>(operation: string, path: string, use: (file: TensorFile) => Promise<T>): Promise<T> {
  return withFile(operation, path, LARGEST, async (file) => {
    const first = Buffer.alloc(Math.min(FIRST, file.size))
    await file.read(first, 0)
    const start = startOf(operation, first, file.size)
    const header = parseHeader(operation, await headerOf(file, first, start), file.size)
    return use({ header, bytes: file.size, read: (place) => readData(file, first, header, place) })
  })
}

async function headerOf(file: OpenFile, first: Uint8Array, start: number): Promise<Uint8Array> {
  if (start <= first.length) return first.subarray(PREFIX, start)
  const whole = Buffer.alloc(start - PREFIX)
  await file.read(whole, PREFIX)
  return whole
}

async function readData(
  file: OpenFile,
  first: Uint8Array,
  { entries, start }: Header,
  place: (entry: TensorEntry) => Uint8Array,
): Promise<string> {
  const order = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)
  let checksum = 0
  let next = 0
  const take = (piece: Uint8Array, at: number) => {
    checksum = native().crc32(piece, checksum)
    while (next < order.length) {
      const entry = order[next]!
      const [from, to] = [Math.max(at, entry.begin), Math.min(at + piece.length, entry.end)]
      if (from < to) place(entry).set(piece.subarray(from - at, to - at), from - entry.begin)
      if (entry.end > at + piece.length) return
      next++
    }
  }
  const total = file.size - start
  const known = first.subarray(Math.min(start, first.length))
  take(known, 0)
  const piece = new Uint8Array(Math.min(PIECE, total - known.length))
  for (let at = known.length; at < total; at += piece.length) {
    const part = piece.subarray(0, Math.min(piece.length, total - at))
    await file.read(part, start + at)
    take(part, at)
  }
  return checksumText(checksum)
}

/** The checksum of data, computed piece by piece. */
export async function checksumOf(data: Uint8Array): Promise<string> {
  let checksum = 0
  for (let at = 0; at < data.length; at += PIECE) {
    if (at > 0) await new Promise(setImmediate)
    checksum = native().crc32(data.subarray(at, at + PIECE), checksum)
  }
  return checksumText(checksum)
}

/** A checksum as metadata hold it. */
export function checksumText(checksum: number): string {
  return `crc32:${checksum.toString(16).padStart(8, '0')}`
}
