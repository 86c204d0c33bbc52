// The parts of Arrow and Parquet files that are looked through before others decode them, made by hand: messages, batches, LZ4
// and Zstandard frames that claim what is not there.
import { describe, expect, it } from 'vitest'
import { fits, TypeId } from '../../lib/data/columnar/arrow-batch.js'
import { checkedMessages } from '../../lib/data/columnar/arrow-messages.js'
import { unpackLz4Frame } from '../../lib/data/columnar/lz4.js'
import { unpackers } from '../../lib/data/columnar/unpack.js'

/** A table of a flatbuffer: scalars as bytes, or what it refers to, by slot. */
interface Fields {
  readonly [slot: number]: readonly number[] | Fields | Vector
}
/** A vector of scalars or of tables, which may claim another length than it has. */
interface Vector {
  readonly parts: readonly number[] | readonly Fields[]
  readonly claims: number
}

const int32 = (value: number) => [...new Uint8Array(Int32Array.of(value).buffer)]
const int64 = (...values: number[]) => values.flatMap((v) => [...new Uint8Array(BigInt64Array.of(BigInt(v)).buffer)])
const vector = (parts: Vector['parts'], claims = parts.length): Vector => ({ parts, claims })
const structs = (...rows: number[][]): Vector => vector(int64(...rows.flat()), rows.length)

/** A flatbuffer, everything behind what refers to it. */
function flat(root: Fields): number[] {
  const bytes = [0, 0, 0, 0]
  const set = (at: number, value: number) => bytes.splice(at, 4, ...int32(value))
  const reserve = (list: readonly number[]) => bytes.push(...list) - list.length
  function place(item: Fields | Vector): number {
    const children: [number, Fields | Vector][] = []
    const refer = (to: Fields | Vector) => {
      children.push([reserve([0, 0, 0, 0]), to])
      return children.at(-1)![0]
    }
    const start = bytes.length
    let at = start
    if ('parts' in item) {
      const { parts, claims } = item as Vector
      reserve(int32(claims))
      for (const part of parts) {
        if (typeof part === 'number') bytes.push(part)
        else refer(part)
      }
    } else {
      const fields = Object.entries(item as Fields)
      const places = 2 + Math.max(2, ...fields.map(([slot]) => Number(slot)))
      reserve(Array<number>(places).fill(0))
      bytes[start] = places
      at = reserve(int32(places))
      for (const [slot, value] of fields) {
        const where = Array.isArray(value) ? reserve(value) : refer(value as Fields | Vector)
        bytes[start + Number(slot)] = where - at
      }
    }
    for (const [where, child] of children) set(where, place(child) - where)
    return at
  }
  set(0, place(root))
  return bytes
}

const [KIND, HEADER, BODY] = [6, 8, 10]
const message = (kind: number, header: Fields, body = 0): Fields => ({
  [KIND]: [kind],
  [HEADER]: header,
  [BODY]: int64(body),
})
const schema = (fields: Fields) => message(1, fields)
const dictionary = (fields: Fields, body = 0) => message(2, fields, body)
const batch = (fields: Fields, body = 0) => message(3, fields, body)

/** A stream of one message with a body of zeros. */
function stream(root: Fields, body = 0): Uint8Array {
  const bytes = flat(root)
  return Uint8Array.from([...int32(-1), ...int32(bytes.length), ...bytes, ...Array<number>(body).fill(0)])
}

function nested(depth: number): Fields {
  let fields: Fields = {}
  for (let i = 0; i < depth; i++) fields = { 14: vector([fields]) }
  return fields
}

const union = (ids: Fields): Fields => ({ 6: vector([{ 8: [14], 10: ids }]) })

describe('messages', () => {
  const sound: [string, Uint8Array][] = [
    ['no message', Uint8Array.of()],
    ['an end mark', Uint8Array.from([...int32(-1), ...int32(0), 1, 2, 3])],
    ['a length without a mark before it', Uint8Array.from([...int32(flat({}).length), ...flat({})])],
    ['a message of nothing', stream({})],
    ['a header of no kind', stream({ [HEADER]: {} })],
    ['a header of another kind', stream(message(4, {}))],
    ['a schema of nothing', stream(schema({}))],
    [
      'a schema with fields and metadata',
      stream(schema({ 6: vector([{ 16: vector([]) }, nested(9)]), 8: vector([]) })),
    ],
    ['a union', stream(schema(union({ 6: vector([...int32(0), ...int32(1)], 2) })))],
    ['a union without ids', stream(schema(union({})))],
    ['a field of another type', stream(schema({ 6: vector([{ 8: [2], 10: {} }]) }))],
    ['a batch of nothing', stream(batch({}))],
    ['a batch', stream(batch({ 6: structs([3, 0]), 8: structs([0, 8], [8, 8]), 12: structs([2]) }, 16), 16)],
    ['a dictionary of nothing', stream(dictionary({ 6: {} }))],
    ['a dictionary', stream(dictionary({ 6: { 4: int64(64), 6: structs([64, 0]) } }, 8), 8)],
    ['a compressed dictionary', stream(dictionary({ 6: { 4: int64(5000), 10: {} } }, 8), 8)],
  ]
  it.each(sound)('%s', (_, bytes) => expect(checkedMessages(bytes)).toBe(bytes))

  const file = (inner: readonly number[], footer: number, end = 'ARROW1') =>
    Uint8Array.from([...Buffer.from('ARROW1\0\0'), ...inner, ...int32(footer), ...Buffer.from(end)])

  it('of a file are those between its start and its footer', () => {
    const inner = [...stream(batch({}))]
    expect([...checkedMessages(file([...inner, 7, 7, 7], 3))]).toEqual(inner)
  })

  const unsound: [string, Uint8Array, RegExp | typeof RangeError][] = [
    ['a file without an end', file([], 0, 'ARROW2'), /does not end with ARROW1/],
    ['a file of its marks alone', Uint8Array.from(Buffer.from('ARROW1ARROW1')), /does not end with ARROW1/],
    ['a footer of less than nothing', file([], -1), /a footer of -1 bytes/],
    ['a footer longer than the file', file([1, 2], 3), /a footer of 3 bytes/],
    ['a message of less than nothing', Uint8Array.from(int32(-2)), /a message of -2 bytes/],
    ['a message longer than the stream', Uint8Array.from([...int32(-1), ...int32(9)]), /a message of 9 bytes/],
    ['a cut length', Uint8Array.from(int32(-1)), RangeError],
    ['a body of less than nothing', stream(batch({}, -8)), /a body of -8 bytes/],
    ['a body longer than the stream', stream(batch({}, 8), 7), /a body of 8 bytes/],
    ['a way out of the message', Uint8Array.from([...int32(4), ...int32(2 ** 30)]), RangeError],
    ['a vector of more than is there', stream(batch({ 6: vector([], 1e6) })), /a vector of 1000000 parts/],
    ['metadata of more than is there', stream(schema({ 8: vector([], 1e6) })), /a vector of 1000000 parts/],
    ['ids of more than is there', stream(schema(union({ 6: vector([], 1e6) }))), /a vector of 1000000 parts/],
    ['a type without its kind', stream(schema({ 6: vector([{ 10: {} }]) })), /lacks a part/],
    ['fields in fields in fields …', stream(schema({ 6: vector([nested(66)]) })), /nested more than 64 deep/],
    ['fields without end', stream(schema({ 6: vector(Array(400_004).fill(0), 100_001) })), /more than 100000 fields/],
    ['a buffer before the body', stream(batch({ 8: structs([-1, 1]) })), /a buffer of 1 bytes from -1/],
    ['a buffer of less than nothing', stream(batch({ 8: structs([0, -1]) })), /a buffer of -1 bytes from 0/],
    ['a buffer beyond the body', stream(batch({ 8: structs([4, 5]) }, 8), 8), /a buffer of 5 bytes from 4/],
    ['less than no buffers', stream(batch({ 8: structs([0, 0]), 12: vector(int64(-1), 1) })), /-1 buffers/],
    ['more buffers than there are', stream(batch({ 12: vector(int64(1), 1) })), /1 buffers of a column, of 0/],
    ['a dictionary without entries', stream(dictionary({})), /lacks a part/],
    ['entries of less than nothing', stream(dictionary({ 6: { 4: int64(-1) } })), /a dictionary of -1 entries/],
    ['entries beyond the body', stream(dictionary({ 6: { 6: structs([65, 0]) } }, 8), 8), /of 65 entries/],
    ['entries beyond all', stream(dictionary({ 6: { 4: int64(2 ** 24 + 1), 10: {} } })), /of 16777217 entries/],
  ]
  it.each(unsound)('refused: %s', (_, bytes, why) => expect(() => checkedMessages(bytes)).toThrow(why))
})

describe('batches', () => {
  const bytes = (length: number) => new Uint8Array(length)
  const isValid = () => true
  const rows: [string, boolean, object][] = [
    ['numbers', true, { type: { typeId: TypeId.int }, length: 3, values: bytes(3) }],
    ['too few numbers', false, { type: { typeId: TypeId.int }, length: 3, values: bytes(2) }],
    ['no numbers', false, { type: { typeId: TypeId.int }, length: 3 }],
    ['half a row', false, { type: { typeId: TypeId.int }, length: 0.5, values: bytes(3) }],
    ['less than no rows', false, { type: { typeId: TypeId.int }, length: -1, values: bytes(3) }],
    ['more rows than an array has', false, { type: { typeId: TypeId.int }, length: 2 ** 31, values: bytes(3) }],
    ['nothing', true, { type: { typeId: TypeId.null }, length: 2 ** 24 }],
    ['nothing, too often', false, { type: { typeId: TypeId.null }, length: 2 ** 24 + 1 }],
    ['holes', true, { type: { typeId: TypeId.int }, length: 9, nullCount: 1, values: bytes(9), validity: bytes(2) }],
    ['holes unsaid', false, { type: { typeId: TypeId.int }, length: 9, nullCount: 1, values: bytes(9) }],
    [
      'holes cut',
      false,
      { type: { typeId: TypeId.int }, length: 9, nullCount: 1, values: bytes(9), validity: bytes(1) },
    ],
    ['holes of no rows', true, { type: { typeId: TypeId.int }, length: 0, nullCount: 1, values: bytes(0) }],
    ['bits', true, { type: { typeId: TypeId.bool }, length: 8, values: bytes(1) }],
    ['too few bits', false, { type: { typeId: TypeId.bool }, length: 9, values: bytes(1) }],
    ['texts', true, { type: { typeId: TypeId.utf8 }, length: 2, values: bytes(5), offsets: [0, 2, 5] }],
    ['no texts', true, { type: { typeId: TypeId.utf8 }, length: 0, values: bytes(0) }],
    ['texts beyond', false, { type: { typeId: TypeId.utf8 }, length: 2, values: bytes(5), offsets: [0, 2, 6] }],
    ['texts back', false, { type: { typeId: TypeId.utf8 }, length: 2, values: bytes(5), offsets: [0, 3, 2] }],
    ['texts before', false, { type: { typeId: TypeId.utf8 }, length: 1, values: bytes(5), offsets: [-1, 3] }],
    ['texts cut', false, { type: { typeId: TypeId.utf8 }, length: 2, values: bytes(5), offsets: [0, 2] }],
    ['long texts', true, { type: { typeId: TypeId.largeUtf8 }, length: 1, values: bytes(5), offsets: [0n, 5n] }],
    ['views', true, { type: { typeId: TypeId.utf8View }, length: 2, values: bytes(32) }],
    ['too few views', false, { type: { typeId: TypeId.utf8View }, length: 2, values: bytes(31) }],
    ['decimals', true, { type: { typeId: TypeId.decimal, bitWidth: 64 }, length: 2, values: bytes(16) }],
    ['too few decimals', false, { type: { typeId: TypeId.decimal, bitWidth: 64 }, length: 2, values: bytes(15) }],
    ['entries', true, { type: { typeId: TypeId.dictionary }, length: 2, values: [1, 0], cache: ['a', 'b'] }],
    ['entries without a dictionary', false, { type: { typeId: TypeId.dictionary }, length: 1, values: [0] }],
    ['entries beyond', false, { type: { typeId: TypeId.dictionary }, length: 1, values: [1], cache: ['a'] }],
    ['entries before', false, { type: { typeId: TypeId.dictionary }, length: 1, values: [-1], cache: ['a'] }],
    ['too few entries', false, { type: { typeId: TypeId.dictionary }, length: 2, values: [0], cache: ['a'] }],
    [
      'holes where entries are beyond',
      true,
      { type: { typeId: TypeId.dictionary }, length: 1, values: [9], cache: ['a'], isValid: () => false },
    ],
  ]
  it.each(rows)('%s: %s', (_, expected, parts) =>
    expect(fits({ nullCount: 0, isValid, ...parts } as never)).toBe(expected),
  )
})

describe('LZ4', () => {
  const STORED = 0x80000000
  const uint32 = (value: number) => [...new Uint8Array(Uint32Array.of(value).buffer)]
  const frame = (flags: number, ...blocks: (number[] | [number, number[]])[]) => {
    const parts = blocks.flatMap((block) => {
      const [mark, data] = Array.isArray(block[1]) ? (block as [number, number[]]) : [0, block as number[]]
      return [...uint32(data.length + mark), ...data, ...(flags & 16 ? [9, 9, 9, 9] : [])]
    })
    return Uint8Array.from([0x04, 0x22, 0x4d, 0x18, flags, 0x40, 0, ...(flags & 8 ? int64(0) : []), ...parts])
  }
  const ended = (bytes: Uint8Array) => Uint8Array.from([...bytes, 0, 0, 0, 0])
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
  const [a, b] = [97, 98]

  it.each([
    ['nothing', frame(0x40), 0, ''],
    ['a stored block', frame(0x40, [STORED, [a, b]]), 2, 'ab'],
    ['literals alone', frame(0x40, [0x20, a, b]), 2, 'ab'],
    ['checksums and a size, passed over', frame(0x58, [0x20, a, b], [0x10, a]), 3, 'aba'],
    ['a match that overlaps itself', frame(0x40, [0x21, a, b, 2, 0]), 7, 'abababa'],
    ['a match that does not', frame(0x40, [0x40, a, b, b, a, 4, 0]), 8, 'abbaabba'],
    ['a match into the block before', frame(0x40, [0x20, a, b], [0x00, 2, 0]), 6, 'ababab'],
    ['a long match', frame(0x40, [0x1f, a, 1, 0, 255, 0]), 275, 'a'.repeat(275)],
    ['long literals', frame(0x40, [0xf0, 1, ...Array(16).fill(b)]), 16, 'b'.repeat(16)],
  ] as const)('%s', (_, bytes, length, expected) => {
    expect(text(unpackLz4Frame(ended(bytes), length))).toBe(expected)
  })

  it.each([
    ['a few bytes', Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x40, 0x40), 0, 'no LZ4 frame'],
    ['another mark', Uint8Array.of(0x05, 0x22, 0x4d, 0x18, 0x40, 0x40, 0), 0, 'no LZ4 frame'],
    ['another version', ended(frame(0x80)), 0, 'an unknown version'],
    ['a dictionary of its own', ended(frame(0x41)), 0, 'with a dictionary'],
    ['a length that nothing can unpack to', ended(frame(0x40)), 1e9, 'claims 1000000000 bytes'],
    ['no end mark', frame(0x40), 0, 'a cut LZ4 frame'],
    ['a block beyond the frame', frame(0x40, [0x20, a]).subarray(0, 12), 2, 'a cut LZ4 frame'],
    ['more than was announced, stored', ended(frame(0x40, [STORED, [a, b]])), 1, 'of more than 1 bytes'],
    ['less than was announced', ended(frame(0x40, [0x10, a])), 2, 'of 1 bytes instead of 2'],
    ['literals beyond the block', ended(frame(0x40, [0x30, a, b])), 3, 'literals beyond its end'],
    ['literals beyond the end', ended(frame(0x40, [0x20, a, b])), 1, 'literals beyond its end'],
    ['a length that never ends', ended(frame(0x40, [0xf0, 255, 255])), 9, 'a cut LZ4 block'],
    ['half an offset', ended(frame(0x40, [0x11, a, 1])), 6, 'a cut LZ4 block'],
    ['a match of nothing', ended(frame(0x40, [0x11, a, 0, 0])), 6, 'a match beyond its ends'],
    ['a match before the start', ended(frame(0x40, [0x11, a, 2, 0])), 6, 'a match beyond its ends'],
    ['a match beyond the end', ended(frame(0x40, [0x11, a, 1, 0])), 5, 'a match beyond its ends'],
  ] as const)('refused: %s', (_, bytes, length, why) => expect(() => unpackLz4Frame(bytes, length)).toThrow(why))
})

describe('Zstandard', () => {
  const block = (type: number, size: number, data: number[] = [], last = 1) => {
    const header = (size << 3) | (type << 1) | last
    return [header & 255, (header >> 8) & 255, header >> 16, ...data]
  }
  const frame = (descriptor: number, fields: number[], ...blocks: number[][]) =>
    Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, descriptor, ...fields, ...blocks.flat()])
  const unpack = async (bytes: Uint8Array, length: number) => [...(await unpackers('read')).ZSTD!(bytes, length)]
  const stored = block(0, 2, [7, 8])

  it.each([
    ['its size in a byte', frame(0x20, [2], stored)],
    ['its size in two', frame(0x60, [...int32(300 - 256).slice(0, 2)], block(1, 300, [5])), 300],
    ['its size in four', frame(0xa0, int32(2), stored)],
    ['its size in eight', frame(0xe0, int64(2), stored)],
    ['a window, and no size', frame(0x00, [0x58], stored)],
    ['two blocks', frame(0x20, [2], block(0, 1, [7], 0), block(0, 1, [8]))],
  ] as [string, Uint8Array, number?][])('%s', async (_, bytes, length = 2) => {
    expect(await unpack(bytes, length)).toEqual(length === 2 ? [7, 8] : Array(length).fill(5))
  })

  it.each([
    ['a few bytes', frame(0x20, []), 2, 'no Zstandard frame'],
    ['another mark', Uint8Array.of(0x29, 0xb5, 0x2f, 0xfd, 0x20, 2), 2, 'no Zstandard frame'],
    ['a cut size', frame(0xe0, [2, 0]), 2, 'a cut Zstandard frame'],
    ['another size', frame(0x20, [3], stored), 2, 'of other than 2 bytes'],
    ['no block', frame(0x20, [2]), 2, 'a cut Zstandard frame'],
    [
      'blocks without end',
      frame(0x20, [2], ...Array(200).fill(block(1, 2 ** 21 - 1, [0], 0))),
      2,
      'of more than 268435456',
    ],
    ['a dictionary, and a cut block', frame(0x23, [1, 2, 3, 4, 2], block(2, 9)), 2, 'unexpected EOF'],
  ] as const)('refused: %s', async (_, bytes, length, why) => {
    await expect(unpack(bytes, length)).rejects.toThrow(new RegExp(why))
  })
})
