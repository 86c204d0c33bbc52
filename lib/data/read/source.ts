// Bytes to read: of a file, gzipped or not, or of a stream; in pieces, with a limit on what they unpack to.
import { stream, zlib } from '../../builtin.js'
import { describe } from '../../checks.js'
import { Handle } from '../../disk.js'
import { ArgumentError, ChainruleError, FileError } from '../../errors.js'
import { checkPath } from '../../io/files.js'
import { unreadable } from './file.js'
import { Reading } from './place.js'

/** Bytes that come in pieces: a readable stream of Node or of the web, or any iterable, of bytes or texts. */
export type ByteStream = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>

/** What readers of texts take: the path of a file, gzipped or not, or a stream. */
export type TextSource = string | URL | ByteStream

/** Options about bytes that all readers of texts have. */
export interface SourceOptions {
  /** Name of the encoding as TextDecoder knows it, such as latin1 or utf-16le. Default utf-8, with or without byte order mark. */
  encoding?: string
  /** The most bytes that are read, counted after gzip is unpacked. Default 2^33 (8 GiB). */
  maxBytes?: number
}

export const PIECE = 1 << 20
const DEFAULT_LIMIT = 2 ** 33

/** The path of a file, from a text or a file: URL. */
export function pathOf(operation: string, path: unknown): string {
  if (path instanceof URL) {
    if (path.protocol !== 'file:') throw new ArgumentError(operation, 'a file: URL', describe(path.href))
    return checkPath(operation, decodeURIComponent(path.pathname))
  }
  return checkPath(operation, path)
}

/** Bytes in UTF-8 that can be read again from the start. */
export interface ByteSource {
  readonly reading: Reading
  /** The bytes in order; those of a piece are only there until the next is asked for. */
  pieces(): AsyncIterable<Uint8Array>
}

/** Checks where bytes come from. A stream is kept in memory, so that it can be read twice, unless `once`. */
export function byteSource(operation: string, source: TextSource, settings: SourceSettings, once = false): ByteSource {
  if (typeof source === 'string' || source instanceof URL) {
    const path = pathOf(operation, source)
    const reading = new Reading(operation, path)
    return { reading, pieces: () => decoded(reading, unpacked(reading, fileBytes(reading, path), settings), settings) }
  }
  const iterable = streamOf(operation, source)
  const reading = new Reading(operation)
  const read = () => decoded(reading, unpacked(reading, streamBytes(reading, iterable), settings), settings)
  if (once) return { reading, pieces: read }
  const kept = new Kept(read())
  return { reading, pieces: () => kept.pieces() }
}

/** Checked {@link SourceOptions}. */
export interface SourceSettings {
  readonly encoding: string
  readonly maxBytes: number
}

/** Checks the options about bytes. */
export function checkSource(
  operation: string,
  { encoding = 'utf-8', maxBytes = DEFAULT_LIMIT }: SourceOptions,
): SourceSettings {
  if (typeof maxBytes !== 'number' || !(maxBytes >= 1)) {
    throw new ArgumentError(operation, 'maxBytes to be a number ≥ 1', describe(maxBytes))
  }
  try {
    return { encoding: new TextDecoder(encoding).encoding, maxBytes }
  } catch {
    throw new ArgumentError(operation, 'encoding to be one that TextDecoder knows', describe(encoding))
  }
}

function streamOf(operation: string, source: unknown): ByteStream {
  const iterable =
    typeof source === 'object' &&
    source !== null &&
    !ArrayBuffer.isView(source) &&
    (Symbol.asyncIterator in source || Symbol.iterator in source)
  if (!iterable) throw new ArgumentError(operation, 'the path of a file, or a stream', describe(source))
  return source as ByteStream
}

// A stream's bytes, read once and kept.
class Kept {
  readonly #from: AsyncIterable<Uint8Array>
  #bytes: Uint8Array[] | undefined

  constructor(from: AsyncIterable<Uint8Array>) {
    this.#from = from
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    if (this.#bytes === undefined) {
      const bytes: Uint8Array[] = []
      for await (const piece of this.#from) bytes.push(Uint8Array.from(piece))
      this.#bytes = bytes
    }
    for (const piece of this.#bytes) {
      yield piece
      await new Promise((resume) => setImmediate(resume))
    }
  }
}

async function* fileBytes({ operation }: Reading, path: string): AsyncGenerator<Uint8Array> {
  let file: Handle | undefined
  try {
    file = await Handle.open(path, 'r')
    const found = await file.stat()
    if (found.isDirectory()) throw new FileError(operation, 'a file', `the folder ${describe(path)}`, path)
    const buffer = Buffer.allocUnsafeSlow(PIECE)
    for (;;) {
      const bytesRead = await file.read(buffer, 0, PIECE, null)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } catch (cause) {
    if (cause instanceof ChainruleError) throw cause
    throw unreadable(operation, path, cause)
  } finally {
    await file?.close()
  }
}

async function* streamBytes({ operation }: Reading, source: ByteStream): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    if (typeof piece === 'string') yield Buffer.from(piece)
    else if (piece instanceof Uint8Array) yield piece
    else throw new ArgumentError(operation, 'a stream of bytes or texts', describe(piece))
  }
}

// Unpacks gzip, which starts with 1f 8b, and counts.
async function* unpacked(
  reading: Reading,
  bytes: AsyncGenerator<Uint8Array>,
  { maxBytes }: SourceSettings,
): AsyncGenerator<Uint8Array> {
  const first = await firstBytes(bytes)
  const whole = chained(first, bytes)
  const packed = first[0] === 0x1f && first[1] === 0x8b
  let count = 0
  for await (const piece of packed ? gunzipped(reading, whole) : whole) {
    count += piece.length
    if (count > maxBytes) {
      const advice = 'give maxBytes to read more'
      throw reading.error(`at most ${maxBytes} bytes${packed ? ' when unpacked' : ''}`, { actual: 'more', advice })
    }
    yield piece
  }
}

async function firstBytes(bytes: AsyncGenerator<Uint8Array>): Promise<Uint8Array> {
  let first: Uint8Array = new Uint8Array(0)
  while (first.length < 4) {
    const { value, done } = await bytes.next()
    if (done) break
    first = Buffer.concat([first, value])
  }
  return first
}

async function* chained(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (first.length > 0) yield first
    yield* rest
  } finally {
    await rest.return(undefined)
  }
}

async function* gunzipped(reading: Reading, bytes: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = stream().Readable.from(bytes, { objectMode: false })
  const unpack = zlib().createGunzip({ chunkSize: PIECE })
  let failed: Error | undefined
  source.on('error', (error) => {
    failed = error
    unpack.destroy(error)
  })
  try {
    yield* source.pipe(unpack)
  } catch (cause) {
    if (failed !== undefined || cause instanceof ChainruleError) throw failed ?? cause
    throw reading.error(
      'sound gzip data',
      { actual: (cause as Error).message, advice: 'the file may be cut' },
      { cause },
    )
  } finally {
    source.destroy()
    unpack.destroy()
  }
}

const marks = [
  { encoding: 'utf-16le', bytes: [0xff, 0xfe] },
  { encoding: 'utf-16be', bytes: [0xfe, 0xff] },
] as const

// UTF-8 without byte order mark, whatever the encoding is.
async function* decoded(
  reading: Reading,
  bytes: AsyncGenerator<Uint8Array>,
  { encoding }: SourceSettings,
): AsyncGenerator<Uint8Array> {
  const first = await firstBytes(bytes)
  const whole = chained(first, bytes)
  if (encoding !== 'utf-8') {
    yield* recoded(whole, encoding)
    return
  }
  const mark = marks.find((mark) => mark.bytes.every((byte, i) => first[i] === byte))
  if (mark) {
    await bytes.return(undefined)
    throw reading.error('text in UTF-8', {
      actual: `the byte order mark of ${mark.encoding.toUpperCase()}`,
      advice: `give encoding: '${mark.encoding}'`,
      line: 1,
    })
  }
  let start = first[0] === 0xef && first[1] === 0xbb && first[2] === 0xbf ? 3 : 0
  for await (const piece of whole) {
    yield start > 0 ? piece.subarray(start) : piece
    start = 0
  }
}

async function* recoded(bytes: AsyncGenerator<Uint8Array>, encoding: string): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding)
  for await (const piece of bytes) yield Buffer.from(decoder.decode(piece, { stream: true }))
  const rest = decoder.decode()
  if (rest.length > 0) yield Buffer.from(rest)
}
