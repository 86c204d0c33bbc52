// Files in their parts and back, with the lengths and checksums that belong to the parts: what is damaged in a part so gets
// past the first look of a reader.
import { crc32, gunzipSync, gzipSync } from 'node:zlib'

const text = (bytes) => bytes.toString('utf8')

/** safetensors: [header, data]. */
export const framed = {
  unpack(bytes) {
    const length = Number(bytes.readBigUInt64LE(0))
    return [bytes.subarray(8, 8 + length), bytes.subarray(8 + length)]
  },
  pack([header, data]) {
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(header.length))
    return Buffer.concat([length, header, data])
  },
}

const checksumText = (bytes) => `crc32:${crc32(bytes).toString(16).padStart(8, '0')}`
const summed = ['dtype', 'architecture', 'preprocessing', 'labels', 'training']

/** Models: [architecture, tensors, data], with the checksums of the data and of the texts. */
export const model = {
  unpack(bytes) {
    const [header, data] = framed.unpack(bytes)
    const { __metadata__: metadata, ...tensors } = JSON.parse(text(header))
    return [Buffer.from(metadata.architecture), Buffer.from(JSON.stringify(tensors)), data]
  },
  pack([architecture, tensors, data]) {
    const texts = { dtype: 'float32', architecture: text(architecture) }
    const metadataChecksum = checksumText(JSON.stringify(summed.map((key) => texts[key] ?? null)))
    const metadata = { format: 'chainrule', version: '2', checksum: checksumText(data), metadataChecksum, ...texts }
    const rest = text(tensors)
      .replace(/^\{(?=.)/, ',')
      .replace(/^,\}$/, '}')
    return framed.pack([Buffer.from(`{"__metadata__":${JSON.stringify(metadata)}${rest}`), data])
  },
}

/** NPY: [header, data]. */
export const array = {
  unpack(bytes) {
    const start = bytes[6] === 1 ? 10 : 12
    const end = start + bytes.readUIntLE(8, start - 8)
    return [bytes.subarray(start, end), bytes.subarray(end)]
  },
  pack([header, data], { version = 1 } = {}) {
    const length = Buffer.alloc(version === 1 ? 2 : 4)
    length.writeUIntLE(version === 1 ? header.length & 0xffff : header.length, 0, length.length)
    return Buffer.concat([Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]), length, header, data])
  },
}

/** An NPY file of some elements. */
export function npy(descr, shape, elements, version = 1) {
  const head = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`
  const room = version === 1 ? 10 : 12
  const padded = `${head.padEnd(Math.ceil((room + head.length + 1) / 64) * 64 - room - 1)}\n`
  return array.pack([Buffer.from(padded), Buffer.from(elements.buffer)], { version })
}

/** ZIP: [name, content, name, content …]; `deflate` packs a content. */
export function zip(parts, deflate) {
  const [locals, entries] = [[], []]
  let offset = 0
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const [name, content] = [parts[i], parts[i + 1]]
    const packed = deflate ? deflate(content) : content
    // Method, time, date, checksum, lengths.
    const fields = Buffer.alloc(22)
    fields.writeUInt16LE(deflate ? 8 : 0, 0)
    fields.writeUInt32LE(crc32(content), 6)
    fields.writeUInt32LE(packed.length, 10)
    fields.writeUInt32LE(content.length, 14)
    fields.writeUInt16LE(name.length & 0xffff, 18)
    const local = Buffer.concat([Buffer.from('PK\x03\x04\x14\0\0\0', 'latin1'), fields, name, packed])
    const [place, end] = [Buffer.alloc(14), Buffer.alloc(0)]
    place.writeUInt32LE(offset, 10)
    entries.push(Buffer.from('PK\x01\x02\x14\0\x14\0\0\0', 'latin1'), fields, place, name, end)
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(entries)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(parts.length >> 1, 4)
  end.writeUInt16LE(parts.length >> 1, 6)
  end.writeUInt32LE(directory.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06', 'latin1'), end])
}

/** Gzipped text: [text]. */
export const gzipped = {
  unpack: (bytes) => [bytes[0] === 0x1f ? gunzipSync(bytes) : bytes],
  pack: ([content]) => gzipSync(content, { level: 1 }),
}
