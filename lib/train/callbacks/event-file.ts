// The bytes of TensorBoard's event files: TFRecords (length and data, each with a masked CRC-32C) of protocol buffers
// tensorflow.Event { 1 wall_time: double, 2 step: int64, 3 file_version: string, 5 summary { 1 value { 1 tag: string,
// 2 simple_value: float } } }.

// CRC-32C (Castagnoli), reflected polynomial.
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc >>> 0
})

/** CRC-32C of some bytes. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

// TFRecords turn a checksum by 15 bits and add a constant, so that checksums of checksums stay useful.
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** One record of a file. */
export function record(data: Uint8Array): Buffer {
  const out = Buffer.alloc(data.length + 16)
  out.writeBigUInt64LE(BigInt(data.length), 0)
  out.writeUInt32LE(masked(out.subarray(0, 8)), 8)
  out.set(data, 12)
  out.writeUInt32LE(masked(data), 12 + data.length)
  return out
}

/** The record that a file begins with. @param seconds - since 1970 */
export function fileVersion(seconds: number): Buffer {
  return record(Buffer.concat([double(1, seconds), bytes(3, Buffer.from('brain.Event:2'))]))
}

/** A record of numbers by name. @param step - epochs or batches */
export function scalars(seconds: number, step: number, numbers: Readonly<Record<string, number>>): Buffer {
  const values = Object.entries(numbers).map(([tag, value]) =>
    bytes(1, Buffer.concat([bytes(1, Buffer.from(tag)), float(2, value)])),
  )
  return record(Buffer.concat([double(1, seconds), key(2, 0), varint(step), bytes(5, Buffer.concat(values))]))
}

function varint(value: number): Buffer {
  const out: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128)
  return Buffer.from([...out, rest])
}

// Wire types: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes.
function key(field: number, wire: number): Buffer {
  return varint(field * 8 + wire)
}

function double(field: number, value: number): Buffer {
  const out = Buffer.alloc(8)
  out.writeDoubleLE(value)
  return Buffer.concat([key(field, 1), out])
}

function float(field: number, value: number): Buffer {
  const out = Buffer.alloc(4)
  out.writeFloatLE(value)
  return Buffer.concat([key(field, 5), out])
}

function bytes(field: number, value: Uint8Array): Buffer {
  return Buffer.concat([key(field, 2), varint(value.length), value])
}
