// LZ4 frames, as pandas and pyarrow compress Feather files: a header, blocks of literals and matches, an end mark.

const MAGIC = 0x184d2204
const MIN_MATCH = 4
const MOST_RATIO = 255 // a byte of length stands for so many of a match

/**
 * Unpacks a frame to `length` bytes. Checksums are passed over.
 * @throws Error if it is no sound frame, or holds more or fewer bytes
 */
export function unpackLz4Frame(input: Uint8Array, length: number): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  if (input.length < 7 || view.getUint32(0, true) !== MAGIC) throw new Error('no LZ4 frame')
  const flags = input[4]!
  if (flags >> 6 !== 1 || flags & 1) throw new Error('an LZ4 frame of an unknown version, or with a dictionary')
  const [blockChecksums, contentSize] = [(flags >> 4) & 1, (flags >> 3) & 1]
  if (length > MOST_RATIO * input.length) throw new Error(`an LZ4 frame that claims ${length} bytes`)
  const out = new Uint8Array(length)
  let at = 7 + 8 * contentSize
  let to = 0
  for (;;) {
    if (at + 4 > input.length) throw new Error('a cut LZ4 frame')
    const header = view.getUint32(at, true)
    at += 4
    if (header === 0) break
    const size = header & 0x7fffffff
    if (at + size > input.length) throw new Error('a cut LZ4 frame')
    const block = input.subarray(at, at + size)
    if (header >>> 31) {
      if (to + size > length) throw new Error(`an LZ4 frame of more than ${length} bytes`)
      out.set(block, to)
      to += size
    } else {
      to = unpackBlock(block, out, to)
    }
    at += size + 4 * blockChecksums
  }
  if (to !== length) throw new Error(`an LZ4 frame of ${to} bytes instead of ${length}`)
  return out
}

// Unpacks a block behind what earlier blocks left, which matches may reach back to. Returns where it ends.
function unpackBlock(block: Uint8Array, out: Uint8Array, to: number): number {
  let at = 0
  const extended = (length: number): number => {
    if (length < 15) return length
    for (let byte = 255; byte === 255; length += byte) {
      if (at >= block.length) throw new Error('a cut LZ4 block')
      byte = block[at++]!
    }
    return length
  }
  while (at < block.length) {
    const token = block[at++]!
    const literals = extended(token >> 4)
    if (at + literals > block.length || to + literals > out.length)
      throw new Error('an LZ4 block with literals beyond its end')
    out.set(block.subarray(at, at + literals), to)
    at += literals
    to += literals
    if (at === block.length) break // the last sequence has no match
    if (at + 2 > block.length) throw new Error('a cut LZ4 block')
    const offset = block[at]! | (block[at + 1]! << 8)
    at += 2
    const match = extended(token & 15) + MIN_MATCH
    if (offset === 0 || offset > to || to + match > out.length)
      throw new Error('an LZ4 block with a match beyond its ends')
    if (offset >= match) out.copyWithin(to, to - offset, to - offset + match)
    else for (let i = 0; i < match; i++) out[to + i] = out[to + i - offset]! // it overlaps itself
    to += match
  }
  return to
}
