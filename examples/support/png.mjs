// Writes PNG images: greyscale, 8 bits per pixel, any size.
import { crc32, deflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** The bytes of a PNG of `pixels` (0 black to 255 white), row after row. */
export function encodePng(width, height, pixels) {
  if (pixels.length !== width * height) throw new RangeError(`${width}×${height} pixels, not ${pixels.length}`)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8 // bits per sample; the other fields are 0: greyscale, deflate, standard filters, not interlaced
  const rows = Buffer.alloc((width + 1) * height) // before each row one byte, its filter: 0, none
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1)
  const body = deflateSync(rows, { level: 9 })
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', body), chunk('IEND', Buffer.alloc(0))])
}

/** The same as a data URI, for an image within SVG or HTML. */
export function pngDataUri(width, height, pixels) {
  return `data:image/png;base64,${encodePng(width, height, pixels).toString('base64')}`
}

function chunk(type, data) {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(content))
  return Buffer.concat([length, content, check])
}
