// Tensors of ONNX files: every element type, in bytes and in fields, and what is refused of them.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { FormatError } from '../../lib/index.js'
import { constantOf, typeName } from '../../lib/io/onnx/import/tensors.js'
import { elementType } from '../../lib/io/onnx/proto.js'

const folder = mkdtempSync(join(tmpdir(), 'chainrule-onnx-tensors-'))
afterAll(() => rmSync(folder, { recursive: true }))
const model = join(folder, 'model.onnx')
writeFileSync(join(folder, 'data.bin'), new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer))
symlinkSync(join(folder, 'data.bin'), join(folder, 'link.bin'))

const nothing = {
  floatData: [],
  doubleData: [],
  int32Data: [],
  int64Data: [],
  uint64Data: [],
  externalData: [],
  rawData: new Uint8Array(0),
  name: 't',
  dataLocation: 0,
}
const read = (tensor: object, path?: string) => constantOf({ ...nothing, ...tensor } as never, path)
const raw = (data: ArrayBufferView) => new Uint8Array(data.buffer.slice(0) as ArrayBuffer)

const types: [keyof typeof elementType, ArrayBufferView, object, number[]][] = [
  ['float32', Float32Array.of(1.5, -2), { floatData: [1.5, -2] }, [1.5, -2]],
  ['float64', Float64Array.of(1e300, -2), { doubleData: [1e300, -2] }, [1e300, -2]],
  ['float16', Uint16Array.of(0x3c00, 0xc000), { int32Data: [0x3c00, 0xc000] }, [1, -2]],
  ['bfloat16', Uint16Array.of(0x3f80, 0xc000), { int32Data: [0x3f80, 0xc000] }, [1, -2]],
  ['int64', BigInt64Array.of(5n, -7n), { int64Data: [5n, -7n] }, [5, -7]],
  ['uint64', BigUint64Array.of(5n, 7n), { uint64Data: [5n, 7n] }, [5, 7]],
  ['int32', Int32Array.of(5, -7), { int32Data: [5, -7] }, [5, -7]],
  ['uint32', Uint32Array.of(5, 4e9), { uint64Data: [5n, 4000000000n] }, [5, 4e9]],
  ['int16', Int16Array.of(5, -7), { int32Data: [5, -7] }, [5, -7]],
  ['uint16', Uint16Array.of(5, 60000), { int32Data: [5, 60000] }, [5, 60000]],
  ['int8', Int8Array.of(5, -7), { int32Data: [5, -7] }, [5, -7]],
  ['uint8', Uint8Array.of(5, 200), { int32Data: [5, 200] }, [5, 200]],
  ['bool', Uint8Array.of(1, 0), { int32Data: [1, 0] }, [1, 0]],
]

describe('a tensor', () => {
  it.each(types)('of %s', async (type, bytes, field, expected) => {
    const form = { dataType: elementType[type], dims: [2n] }
    for (const given of [{ rawData: raw(bytes) }, field]) {
      const { value, integer } = await read({ ...form, ...given })
      expect(Array.from(value.data)).toEqual(expected)
      expect(integer).toBe(!type.includes('float'))
      expect(value.dtype).toBe(type === 'float64' || integer ? 'float64' : 'float32')
    }
    // Bytes that do not lie at a multiple of their width.
    const shifted = new Uint8Array(raw(bytes).length + 1)
    shifted.set(raw(bytes), 1)
    const { value } = await read({ ...form, rawData: shifted.subarray(1) })
    expect(Array.from(value.data)).toEqual(expected)
  })

  it('without elements', async () => {
    const { value } = await read({ dataType: elementType.float32, dims: [0n, 3n] })
    expect(value.shape).toEqual([0, 3])
  })

  const float = { dataType: elementType.float32 }
  it.each<[string, object, RegExp]>([
    ['text', { dataType: elementType.string, dims: [1n] }, /numbers in tensor "t", got string/],
    ['a type that is to come', { dataType: 99, dims: [1n] }, /numbers in tensor "t", got number 99/],
    ['an extent below 0', { ...float, dims: [-1n] }, /tensor "t" of at most 4294967296 bytes, got shape \[-1\]/],
    ['more than fits', { ...float, dims: [2n ** 31n, 2n] }, /of at most 4294967296 bytes/],
    ['33 axes', { ...float, dims: Array(33).fill(1n) }, /of at most 4294967296 bytes/],
    ['a piece of one', { ...float, dims: [1n], segment: {} }, /in one piece, got a segment/],
    ['too few bytes', { ...float, dims: [2n], rawData: new Uint8Array(4) }, /8 bytes in tensor "t", got 4/],
    ['too few numbers', { ...float, dims: [2n], floatData: [1] }, /2 elements in tensor "t", got 1/],
    ['no numbers', { ...float, dims: [2n] }, /2 elements in tensor "t", got 0/],
  ])('is refused with %s', async (_, tensor, message) => {
    await expect(read(tensor)).rejects.toThrow(message)
    await expect(read(tensor)).rejects.toBeInstanceOf(FormatError)
  })

  const external = (entries: Record<string, string>, dims = [2n]) => ({
    ...float,
    dims,
    dataLocation: 1,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  })
  it('in a file beside the model', async () => {
    const { value } = await read(external({ location: 'data.bin', offset: '4', length: '8' }), model)
    expect(Array.from(value.data)).toEqual([2, 3])
    expect(Array.from((await read(external({ location: './data.bin' }), model)).value.data)).toEqual([1, 2])
  })

  it.each<[string, Record<string, string>, RegExp, string?]>([
    [
      'of another length',
      { location: 'data.bin', length: '4' },
      /8 bytes of external data of "t", got offset 0 and length 4/,
    ],
    ['at an offset below 0', { location: 'data.bin', offset: '-4' }, /got offset -4 and length 8/],
    ['at no offset', { location: 'data.bin', offset: 'x' }, /got offset NaN/],
    ['beyond the end', { location: 'data.bin', offset: '12' }, /up to byte 20, got a file of 16 bytes/],
    ['nowhere', {}, /within the folder of the model, got undefined/],
    ['at an absolute place', { location: join(folder, 'data.bin') }, /within the folder of the model/],
    ['above the folder', { location: '../data.bin' }, /within the folder of the model/],
    ['on a drive', { location: 'C:data.bin' }, /within the folder of the model/],
    ['behind a link', { location: 'link.bin' }, /within the folder of the model/],
    ['with a hidden end', { location: 'data.bin\0' }, /within the folder of the model/],
    ['beside nothing', { location: 'data.bin' }, /within the folder of the model/, ''],
  ])('in a file %s is refused', async (_, entries, message, path = model) => {
    await expect(read(external(entries), path || undefined)).rejects.toThrow(message)
  })

  it('has a type with a name', () => {
    expect(typeName(elementType.float16)).toBe('float16')
    expect(typeName(77)).toBe('number 77')
  })
})
