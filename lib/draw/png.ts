// Writes PNG images of pixels: grey or coloured, 8 bits per sample, any size.
import { zlib } from '../builtin.js'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const COLOR_TYPE = { 1: 0, 3: 2 } as const // samples per pixel to PNG's number: greyscale, RGB

/** Pixels: row after row, grey (1 sample each) or red, green, blue (3). */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly samples: 1 | 3
  readonly data: Uint8Array
}

/** The bytes of a PNG. */
function encodePng({ width, height, samples, data }: Pixels): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8 // bits per sample
  header[9] = COLOR_TYPE[samples] // the other fields are 0: deflate, standard filters, not interlaced
  const line = width * samples
  const rows = Buffer.alloc((line + 1) * height) // before each row one byte, its filter: 0, none
  for (let y = 0; y < height; y++) rows.set(data.subarray(y * line, (y + 1) * line), y * (line + 1) + 1)
  const body = zlib().deflateSync(rows, { level: 9 })
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', body), chunk('IEND', Buffer.alloc(0))])
}

/** The same as a data URI, for an image within SVG. */
export function pngUri(pixels: Pixels): string {
  return `data:image/png;base64,${encodePng(pixels).toString('base64')}`
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const check = Buffer.alloc(4)
  check.writeUInt32BE(zlib().crc32(content))
  return Buffer.concat([length, content, check])
}
