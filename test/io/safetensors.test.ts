// The safetensors format: what is written, byte by byte, and every rule that reading enforces.
import { describe, expect, it } from 'vitest'
import { decodeSafetensors, encodeSafetensors, FormatError, tensor, zeros } from '../../lib/index.js'

/** A file from header text (or object) and data. */
function file(header: unknown, data: readonly number[] | Uint8Array = [], length?: number): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(BigInt(length ?? json.length))
  return Buffer.concat([prefix, json, Uint8Array.from(data)])
}

const w = { dtype: 'F32', shape: [1], data_offsets: [0, 4] }
const four = [0, 0, 128, 63]

describe('encodeSafetensors', () => {
  it('writes the bytes that the reference implementation writes', () => {
    const bytes = encodeSafetensors(
      { '10': tensor([1, 2]), b: tensor([[3]], { dtype: 'float64' }), '9': tensor(Int32Array.of(-1)) },
      { note: 'ä "q"' },
    )
    const text = Buffer.from(bytes).toString('latin1', 8)
    const header =
      '{"__metadata__":{"note":"ä \\"q\\""},"b":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]},' +
      '"10":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"9":{"dtype":"I32","shape":[1],"data_offsets":[16,20]}}'
    const padded = Buffer.from(header).toString('latin1')
    expect(text.startsWith(padded)).toBe(true)
    const start = 8 + Number(Buffer.from(bytes).readBigUInt64LE())
    expect(start % 8).toBe(0)
    expect(text.slice(padded.length, start - 8)).toMatch(/^ {0,7}$/)
    expect(Buffer.from(bytes.subarray(start)).toString('hex')).toBe('00000000000008400000803f00000040ffffffff')
  })

  it('comes back as it was, whatever the shapes and values', () => {
    const tensors = {
      scalar: tensor(Float64Array.of(Number.NaN), { shape: [] }),
      empty: zeros([0, 3]),
      cube: tensor(Float32Array.of(-0, 1e-45, Number.POSITIVE_INFINITY, 4, 5, 6, 7, 8), { shape: [2, 2, 2] }),
      __proto: tensor(Int32Array.of(2 ** 31 - 1)),
      'ключ "x"\n': tensor([1]),
    }
    const back = decodeSafetensors(encodeSafetensors(tensors, { __proto__x: '', a: '1' }))
    expect(back.metadata).toEqual({ __proto__x: '', a: '1' })
    expect(Object.keys(back.tensors).sort()).toEqual(Object.keys(tensors).sort())
    for (const [name, expected] of Object.entries(tensors)) {
      expect(back.tensors[name]?.shape, name).toEqual(expected.shape)
      expect(back.tensors[name]?.data, name).toEqual(expected.data)
    }
  })

  it('keeps a tensor called __proto__', () => {
    const tensors = Object.fromEntries([['__proto__', tensor([1])]])
    const back = decodeSafetensors(encodeSafetensors(tensors)).tensors
    expect(Object.keys(back)).toEqual(['__proto__'])
  })

  it('reads a view that is not aligned, and copies', () => {
    const bytes = encodeSafetensors({ a: tensor([1, 2]) })
    const shifted = new Uint8Array(bytes.length + 1)
    shifted.set(bytes, 1)
    const { tensors } = decodeSafetensors(shifted.subarray(1))
    shifted.fill(0)
    expect(tensors.a?.toArray()).toEqual([1, 2])
  })

  it('refuses names and metadata that the format cannot hold', () => {
    expect(() => encodeSafetensors({ __metadata__: tensor([1]) })).toThrow(/names other than __metadata__/)
    expect(() => encodeSafetensors({ '\ud800': tensor([1]) })).toThrow(/well-formed/)
    expect(() => encodeSafetensors({}, { a: 1 as unknown as string })).toThrow(/well-formed strings, got 1/)
    expect(() => encodeSafetensors({ a: [1] as never })).toThrow(/a tensor a, got array of 1/)
  })
})

describe('decodeSafetensors', () => {
  it('takes what is unusual but right', () => {
    expect(decodeSafetensors(file('{}'))).toEqual({ tensors: {}, metadata: {} })
    expect(decodeSafetensors(file('{}      ')).tensors).toEqual({})
    const backwards = { b: { dtype: 'F32', shape: [1], data_offsets: [4, 8] }, a: w }
    expect(decodeSafetensors(file(backwards, [...four, ...four])).tensors.b?.item()).toBe(1)
    const nothing = { dtype: 'F64', shape: [5, 0], data_offsets: [4, 4] }
    expect(decodeSafetensors(file({ w, nothing }, four)).tensors.nothing?.shape).toEqual([5, 0])
  })

  const { NaN: none, POSITIVE_INFINITY: inf } = Number
  const converted: [string, number[], string, number[]][] = [
    ['U64', [7, 0, 0, 0, 0, 0, 0, 0], 'int32', [7]],
    ['I64', [255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 128, 255, 255, 255, 255], 'int32', [-1, -(2 ** 31)]],
    ['F64', [0, 0, 0, 0, 0, 0, 8, 64], 'float64', [3]],
    ['F32', [0, 0, 128, 63], 'float32', [1]],
    ['U32', [1, 0, 0, 0, 255, 255, 255, 127], 'int32', [1, 2 ** 31 - 1]],
    ['I32', [254, 255, 255, 255], 'int32', [-2]],
    ['BF16', [128, 63, 0, 192, 128, 127, 192, 127, 1, 0], 'float32', [1, -2, inf, none, 2 ** -133]],
    ['F16', [0, 60, 0, 192, 255, 123, 1, 0, 0, 128], 'float32', [1, -2, 65504, 2 ** -24, -0]],
    ['F16', [0, 124, 0, 252, 0, 126, 255, 3], 'float32', [inf, -inf, none, 1023 * 2 ** -24]],
    ['U16', [255, 255], 'int32', [65535]],
    ['I16', [255, 255, 0, 128], 'int32', [-1, -32768]],
    ['F8_E4M3', [0x38, 0xc0, 0x7e, 0x01, 0x80, 0x7f], 'float32', [1, -2, 448, 2 ** -9, -0, none]],
    ['F8_E5M2', [0x3c, 0xc0, 0x7b, 0x01, 0x7c, 0x7f], 'float32', [1, -2, 57344, 2 ** -16, inf, none]],
    ['F8_E8M0', [127, 128, 0, 254, 255], 'float32', [1, 2, 2 ** -127, 2 ** 127, none]],
    ['I8', [255, 127], 'int32', [-1, 127]],
    ['U8', [255, 0], 'int32', [255, 0]],
    ['BOOL', [0, 1], 'int32', [0, 1]],
  ]
  it.each(converted)('reads %s', (dtype, data, as, values) => {
    const header = { w: { dtype, shape: [values.length], data_offsets: [0, data.length] } }
    const { w } = decodeSafetensors(file(header, data)).tensors
    expect(w?.dtype).toBe(as)
    expect(Array.from(w!.data)).toEqual(values)
  })

  it('reads what the reference implementation writes for several types at once', () => {
    // Widest first, then in the order of the reference's list: 64 bits, F32, F16, BOOL.
    const header =
      '{"step":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},' +
      '"h":{"dtype":"F16","shape":[1],"data_offsets":[12,14]},"m":{"dtype":"BOOL","shape":[2],"data_offsets":[14,16]}}'
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8)
    const { tensors } = decodeSafetensors(file(padded, [3, 0, 0, 0, 0, 0, 0, 0, ...four, 0, 60, 1, 0]))
    expect(Object.entries(tensors).map(([name, { data }]) => [name, ...data])).toEqual([
      ['step', 3],
      ['b', 1],
      ['h', 1],
      ['m', 1, 0],
    ])
  })

  const huge = 2 ** 53 - 1
  const broken: [string, Uint8Array, RegExp][] = [
    ['an empty file', Uint8Array.of(), /at least 8 bytes, got 0/],
    ['a header length above 100 MB', file('{}', [], 100_000_001), /at most 100000000 bytes, got 100000001/],
    ['a header length above 2^63', Uint8Array.from(Array(16).fill(255)), /at most 100000000 bytes/],
    ['a header longer than the file', file('{}', [], 3), /header of 3 bytes, got only 2/],
    ['no header', file('', []), /starts with \{, got an empty one/],
    ['a header that starts with a space', file(' {}'), /starts with \{, got byte 32/],
    ['a header that is no object', file('[]'), /starts with \{/],
    ['a header that is no JSON', file('{"w":'), /JSON/],
    ['zeros after the header', file('{}\0\0'), /JSON/],
    ['bytes that are no UTF-8', Buffer.concat([file('{"', [], 6), Buffer.from([0xff, 0x22, 0x3a, 0x7d])]), /UTF-8/],
    ['a tensor twice', file(`{"w":${JSON.stringify(w)},"w":${JSON.stringify(w)}}`, four), /key "w" comes twice/],
    ['a tensor twice, once escaped', file(`{"w":${JSON.stringify(w)},"\\u0077":${JSON.stringify(w)}}`, four), /twice/],
    [
      'a dtype twice',
      file('{"w":{"dtype":"F64","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', four),
      /"dtype" comes twice/,
    ],
    ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), /twice/],
    ['metadata that are no object', file({ __metadata__: ['a'] }), /map names to strings/],
    ['metadata that are no text', file({ __metadata__: { a: 1 } }), /map names to strings/],
    ['a tensor that is no object', file({ w: null }), /description of tensor "w", got null/],
    ['an unknown type', file({ w: { ...w, dtype: 'F128' } }, four), /a dtype among .* of tensor "w", got "F128"/],
    ['a type called as a method', file({ w: { ...w, dtype: 'constructor' } }, four), /a dtype among/],
    ['complex numbers', file({ w: { dtype: 'C64', shape: [], data_offsets: [0, 8] } }, Array(8).fill(0)), /got C64/],
    ['elements of 4 bits', file({ w: { ...w, dtype: 'F4', shape: [8] } }, four), /a type among .* got F4/],
    ['an integer beyond int32', file({ w: { ...w, dtype: 'U32' } }, [0, 0, 0, 128]), /32 bits in "w", got 2147483648/],
    ['a truth value of 2', file({ w: { ...w, dtype: 'BOOL', shape: [4] } }, [0, 1, 2, 0]), /0 and 1 in "w", got 2/],
    ['no type', file({ w: { ...w, dtype: undefined } }, four), /got undefined/],
    ['no shape', file({ w: { ...w, shape: undefined } }, four), /a shape of integers/],
    ['a negative extent', file({ w: { ...w, shape: [-1] } }, four), /no integer ≥ 0/],
    ['a fractional extent', file({ w: { ...w, shape: [0.5] } }, four), /no integer ≥ 0/],
    ['a shape that overflows', file({ w: { ...w, shape: [huge, huge] } }, four), /bytes below 2\^53 for shape/],
    ['a shape that overflows before its 0', file({ w: { ...w, shape: [huge, huge, 0] } }, four), /bytes below 2\^53/],
    [
      'an extent of one and a half words',
      file('{"w":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}', four),
      /integer/,
    ],
    ['an extent with an exponent', file('{"w":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}', four), /exponent/],
    ['an extent of −0', file('{"w":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}'), /integer ≥ 0/],
    ['a line break behind the header', file('{}\n'), /spaces alone/],
    ['a tab behind the header', file('{}  \t'), /spaces alone/],
    ['a mark of byte order', Buffer.concat([file('\ufeff{}')]), /starts with \{/],
    [
      'elements of 4 bits that end within a byte',
      file({ w: { ...w, dtype: 'F4', shape: [9] } }, four),
      /whole number of bytes/,
    ],
    ['a shape that overflows to 4', file({ w: { ...w, shape: [2 ** 32, 2 ** 32, 1] } }, four), /bytes below 2\^53/],
    ['one offset', file({ w: { ...w, data_offsets: [0] } }, four), /two data_offsets/],
    ['a negative offset', file({ w: { ...w, data_offsets: [-4, 0] } }, four), /no integer ≥ 0/],
    ['offsets backwards', file({ w: { ...w, data_offsets: [4, 0] } }, four), /4 bytes for shape \[1\]/],
    [
      'offsets beyond 2^53',
      file('{"w":{"dtype":"F32","shape":[1],"data_offsets":[9007199254740992,9007199254740996]}}', four),
      /data_offsets/,
    ],
    ['a range of another size', file({ w: { ...w, shape: [2] } }, four), /8 bytes for shape \[2\] of F32, .* got 4/],
    [
      'a hole at the start',
      file({ w: { ...w, data_offsets: [4, 8] } }, [...four, ...four]),
      /at byte 0, got 4: a hole/,
    ],
    ['a hole between', file({ w, v: { ...w, data_offsets: [8, 12] } }, Array(12).fill(0)), /a hole/],
    ['an overlap', file({ w, v: { ...w, data_offsets: [2, 6] } }, Array(6).fill(0)), /at byte 4, got 2: an overlap/],
    ['one range twice', file({ w, v: w }, four), /an overlap/],
    ['data that are cut', file({ w }, [0, 0, 0]), /4 bytes of data, got 3/],
    ['data that go on', file({ w }, [...four, 0]), /4 bytes of data, got 5/],
  ]
  it.each(broken)('refuses %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(FormatError)
    expect(() => decodeSafetensors(bytes)).toThrow(message)
  })

  it('refuses what is no buffer', () => {
    expect(() => decodeSafetensors('x' as unknown as Uint8Array)).toThrow(/\[decodeSafetensors\] expected bytes/)
  })

  it('never throws anything else, whichever byte is wrong', () => {
    const good = encodeSafetensors({ a: tensor([1, 2]), b: tensor([3], { dtype: 'float64' }) }, { k: 'v' })
    for (let at = 0; at < good.length; at++) {
      for (const value of [0, 0x22, 0x2c, 0x39, 0x7d, 0xff]) {
        const bytes = good.slice()
        bytes[at] = value
        try {
          decodeSafetensors(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
        }
      }
      expect(() => decodeSafetensors(good.subarray(0, at))).toThrow(FormatError)
    }
  })
})
