// The codecs of Parquet and Arrow files, none of which unpacks to more than was announced.

import type { Compressors } from 'hyparquet'
import { zlib } from '../../builtin.js'
import { optional } from '../read/choose.js'

const ZSTD_MAGIC = 0xfd2fb528
const ZSTD_BLOCK = 1 << 17 // the most that a block unpacks to
const LARGEST = 2 ** 28
const MOST_RATIO = 1000

/** Functions that unpack `input` to exactly `length` bytes, by the names of Parquet's codecs. */
export async function unpackers(operation: string): Promise<Compressors> {
  const name = 'hyparquet-compressors'
  const { compressors } = await optional(operation, name, () => import('hyparquet-compressors'))
  return {
    ...compressors,
    GZIP: (input, length) => zlib().gunzipSync(input, { maxOutputLength: Math.max(length, 1) }),
    BROTLI: (input, length) => zlib().brotliDecompressSync(input, { maxOutputLength: Math.max(length, 1) }),
    ZSTD: (input, length) => {
      checkZstd(input, length)
      return compressors.ZSTD!(input, length)
    },
  }
}

/**
 * Throws unless what a Zstandard frame unpacks to is bounded: the size that it states is the expected one, and its blocks
 * cannot hold more than the largest page, or a thousand times what is there.
 */
function checkZstd(input: Uint8Array, length: number): void {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  if (input.length < 6 || view.getUint32(0, true) !== ZSTD_MAGIC) throw new Error('no Zstandard frame')
  const descriptor = input[4]!
  const single = (descriptor >> 5) & 1
  let at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!
  const sizeBytes = [single, 2, 4, 8][descriptor >> 6]!
  if (at + sizeBytes > input.length) throw new Error('a cut Zstandard frame')
  if (sizeBytes > 0 && statedSize(view, at, sizeBytes) !== length)
    throw new Error(`a Zstandard frame of other than ${length} bytes`)
  at += sizeBytes
  const largest = Math.max(LARGEST, MOST_RATIO * input.length)
  let most = 0
  for (let last = 0; last === 0; ) {
    if (at + 3 > input.length) throw new Error('a cut Zstandard frame')
    const header = input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16)
    last = header & 1
    const type = (header >> 1) & 3
    const size = header >> 3
    most += type === 2 ? ZSTD_BLOCK : size
    if (most > largest) throw new Error(`a Zstandard frame of more than ${largest} bytes`)
    at += 3 + (type === 1 ? 1 : size) // a block of one repeated byte has that alone
  }
}

function statedSize(view: DataView, at: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(at)
  if (bytes === 2) return view.getUint16(at, true) + 256
  return bytes === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true))
}
