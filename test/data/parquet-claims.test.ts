// What pages and headers of Parquet files claim to hold is gone through before anything is reserved for it.
import type { Compressors, RowGroup } from 'hyparquet'
import type { PageHeader } from 'hyparquet/src/types.js'
import { describe, expect, it } from 'vitest'
import { type Chunk, chunkOf, pagesOf } from '../../lib/data/columnar/pages.js'
import { checkPrefixes, checkValues, extentOf } from '../../lib/data/columnar/runs.js'
import { checkStructure } from '../../lib/data/columnar/thrift.js'
import type { OpenFile } from '../../lib/data/read/file.js'

const first = (num_values: number, encoding: string) =>
  ({ type: 'DATA_PAGE', data_page_header: { num_values, encoding } }) as unknown as PageHeader
const second = (num_values: number, encoding: string, levels: number, num_nulls = 0) =>
  ({
    type: 'DATA_PAGE_V2',
    data_page_header_v2: {
      num_values,
      encoding,
      num_nulls,
      definition_levels_byte_length: levels,
      repetition_levels_byte_length: 0,
    },
  }) as unknown as PageHeader

describe('levels', () => {
  it.each([
    ['a run of eight that are there', [2, 0, 0, 0, 16, 1], 8, { start: 6, present: 8 }],
    ['three that are missing, five that are there', [4, 0, 0, 0, 6, 0, 10, 1], 8, { start: 8, present: 5 }],
    ['bits, of which the last three count for nothing', [2, 0, 0, 0, 3, 0b11110101], 5, { start: 6, present: 3 }],
    ['bits of two bytes', [3, 0, 0, 0, 5, 0xff, 0x01], 16, { start: 7, present: 9 }],
  ])('%s', (_, bytes, count, extent) => {
    expect(extentOf(Uint8Array.from(bytes), first(count, 'PLAIN'), true)).toEqual(extent)
  })

  it.each([
    ['a run of 2²⁷ − 1 values', [6, 0, 0, 0, 0xfe, 0xff, 0xff, 0x7f, 1], 8, /a length of 6 bytes/],
    [
      'the same with room for it',
      [5, 0, 0, 0, 0xfe, 0xff, 0xff, 0x7f, 1],
      8,
      /a run of 134217727 values where 8 are left/,
    ],
    ['a run that goes on', [2, 0, 0, 0, 8, 1], 8, /a run that is cut/],
    ['a number without an end', [9, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255], 8, /a run that is cut/],
    ['more groups of bits than any page has', [5, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0], 8, /134217727 groups/],
    ['no length', [2, 0], 8, /a page that is cut/],
  ])('%s', (_, bytes, count, message) => {
    expect(() => extentOf(Uint8Array.from(bytes), first(count, 'PLAIN'), true)).toThrow(message)
  })

  it('of the second version are counted by their header', () => {
    expect(extentOf(Uint8Array.from([16, 1]), second(8, 'PLAIN', 2, 3), true)).toEqual({ start: 2, present: 5 })
    expect(extentOf(Uint8Array.from([]), second(8, 'PLAIN', 0), false)).toEqual({ start: 0, present: 8 })
    expect(() => extentOf(Uint8Array.from([18, 1]), second(8, 'PLAIN', 2), true)).toThrow(/a run of 9 values/)
  })
})

describe('values', () => {
  const check =
    (bytes: number[], header: PageHeader, type: 'BOOLEAN' | 'INT32' = 'INT32', present = 8) =>
    () =>
      checkValues(Uint8Array.from(bytes), header, type, { start: 0, present })

  it.each([
    ['indices of three bits', check([3, 16, 5], first(8, 'RLE_DICTIONARY'))],
    ['indices of twelve bits', check([12, 16, 5, 1], first(8, 'PLAIN_DICTIONARY'))],
    ['the only entry of a dictionary', check([0], first(8, 'RLE_DICTIONARY'))],
    ['booleans in runs', check([2, 0, 0, 0, 16, 1], first(8, 'RLE'), 'BOOLEAN')],
    ['booleans of the second version', check([2, 0, 0, 0, 16, 1], second(8, 'RLE', 0), 'BOOLEAN')],
    ['plain ones', check(Array(32).fill(0), first(8, 'PLAIN'))],
    ['none', check([], first(8, 'RLE_DICTIONARY'), 'INT32', 0)],
  ])('%s', (_, call) => {
    expect(call).not.toThrow()
  })

  it.each([
    ['more than the page has', check([3, 18, 5], first(8, 'RLE_DICTIONARY')), /a run of 9 values where 8 are left/],
    ['indices of more bits than a number has', check([33, 16, 5], first(8, 'RLE_DICTIONARY')), /indices of 33 bits/],
    ['no width', check([], first(8, 'RLE_DICTIONARY')), /indices of undefined bits/],
    ['booleans without an end', check([9, 0, 0, 0, 16, 1], first(8, 'RLE'), 'BOOLEAN'), /a length of 9 bytes/],
    ['plain ones of which a bit each is not there', check([1], first(8, 'PLAIN'), 'BOOLEAN', 9), /9 values in 1 bytes/],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message)
  })

  it('share no more with the text before than that has', () => {
    expect(() => checkPrefixes(Int32Array.of(0, 2, 3), Int32Array.of(2, 1, 0))).not.toThrow()
    expect(() => checkPrefixes(Int32Array.of(0, 3), Int32Array.of(2, 1))).toThrow(/shares 3 bytes of 2/)
    expect(() => checkPrefixes(Int32Array.of(0, 1), Int32Array.of(2, -1))).toThrow(/shares 1 bytes/)
    const [count, long] = [1024, 2 ** 19]
    const prefixes = new Int32Array(count).fill(long).fill(0, 0, 1)
    expect(() => checkPrefixes(prefixes, new Int32Array(count).fill(0).fill(long, 0, 1))).toThrow(/texts of more than/)
  })
})

describe('headers', () => {
  const list = (kind: number, count: number, ...rest: number[]) => [0x19, (count << 4) | kind, ...rest]
  it.each([
    ['nothing', [0]],
    [
      'numbers, a truth, eight bytes, a text',
      [0x15, 2, 0x11, 0x13, 9, 0x17, 1, 2, 3, 4, 5, 6, 7, 8, 0x18, 2, 65, 66, 0],
    ],
    ['a far field', [0x05, 0x80, 0x01, 7, 0]],
    ['a list of truths', [...list(1, 2, 1, 2), 0]],
    ['a list of structures', [...list(12, 2, 0, 0x15, 1, 0), 0]],
    ['a structure', [0x1c, 0x15, 1, 0, 0]],
  ])('%s', (_, bytes) => {
    expect(() => checkStructure(Uint8Array.from([255, ...bytes]), 1)).not.toThrow()
  })

  it.each([
    ['four billion parts', [0x19, 0xf5, 0xff, 0xff, 0xff, 0xff, 0x0f, 0], /4294967295 parts where 1 bytes are left/],
    ['a text beyond the end', [0x18, 9, 65], /9 parts where 1 bytes/],
    ['no end', [0x15, 2], /a header that is cut/],
    ['no end of a number', [0x15, 255, 255], /a header that is cut/],
    ['a map', [0x1b, 0, 0], /a part of kind 11/],
    ['a list of what there is not', [...list(15, 1, 0), 0], /a part of kind 15/],
    ['a structure in a structure in …', Array(100).fill(0x1c), /more than 64 structures/],
  ])('%s', (_, bytes, message) => {
    expect(() => checkStructure(Uint8Array.from(bytes), 0)).toThrow(message)
  })
})

describe('pages', () => {
  // Headers in Thrift's compact protocol: fields of whole numbers, truths and structures by their numbers.
  type Fields = { readonly [field: number]: number | boolean | Fields }
  const number = (value: number): number[] => {
    const bytes: number[] = []
    let rest = value >= 0 ? value * 2 : -value * 2 - 1
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
    return [...bytes, rest]
  }
  const structure = (fields: Fields): number[] => {
    const bytes = Object.entries(fields).flatMap(([field, value]) => {
      const kind = typeof value === 'number' ? 5 : typeof value === 'boolean' ? (value ? 1 : 2) : 12
      const body = typeof value === 'number' ? number(value) : typeof value === 'boolean' ? [] : structure(value)
      return [kind, ...number(Number(field)), ...body]
    })
    return [...bytes, 0]
  }
  const [data, index, dictionary, second] = [0, 1, 2, 3]
  const plain = { 2: 0, 3: 3, 4: 3 }

  interface Given {
    readonly codec?: string
    readonly rows?: number
    readonly nullable?: boolean
  }
  const read = async (bytes: readonly number[], { codec = 'UNCOMPRESSED', rows = 4, nullable = false }: Given = {}) => {
    const refuse = (expected: string, actual: string) => new Error(`expected ${expected}, got ${actual}`)
    const chunk = {
      metadata: { codec },
      bytes: new DataView(Uint8Array.from(bytes).buffer),
      refuse,
    } as unknown as Chunk
    const doubled: Compressors = { LZ4: (packed) => Uint8Array.from([...packed, ...packed]) }
    const pages: number[][] = []
    for await (const page of pagesOf(chunk, { operation: 'readParquet', compressors: doubled, rows, nullable }))
      pages.push([...page.bytes])
    return pages
  }
  /** A page of `packed` bytes that unpack to `size`. */
  const page = (type: number, size: number, packed: number, own: Fields, body = Math.max(0, packed)) => [
    ...structure({ 1: type, 2: size, 3: packed, ...own }),
    ...Array<number>(body).fill(7),
  ]
  const v2 = (rows: number, more: Fields = {}) => ({ 8: { 1: 4, 2: 0, 3: rows, 4: 0, 5: 0, 6: 0, ...more } })

  it.each([
    ['of the first version', page(data, 4, 4, { 5: { 1: 4, ...plain } }), {}, [[7, 7, 7, 7]]],
    ['packed', page(data, 4, 2, { 5: { 1: 4, ...plain } }), { codec: 'LZ4' }, [[7, 7, 7, 7]]],
    ['of the second version, their levels not packed', page(second, 4, 3, v2(4, { 5: 2 })), { codec: 'LZ4', nullable: true }, [[7, 7, 7, 7]]], // biome-ignore format: a row
    ['of the second version, not packed', page(second, 2, 2, v2(4, { 7: false })), { codec: 'LZ4' }, [[7, 7]]],
    ['of nothing', page(data, 0, 0, { 5: { 1: 4, ...plain } }), { codec: 'LZ4' }, [[]]],
    ['a dictionary first', [...page(dictionary, 3, 3, { 7: { 1: 3, 2: 0 } }), ...page(data, 1, 1, { 5: { 1: 4, ...plain } })], {}, [[7, 7, 7], [7]]], // biome-ignore format: a row
  ])('%s', async (_, bytes, given, pages) => {
    expect(await read(bytes, given)).toEqual(pages)
  })

  const most = 2 ** 28
  it.each([
    ['cut', page(data, 4, 4, { 5: { 1: 4, ...plain } }, 2), {}, /pages within their chunk, got one of 4 bytes/],
    [
      'of less than nothing',
      page(data, 4, -4, { 5: { 1: 4, ...plain } }),
      {},
      /pages within their chunk, got one of -4/,
    ],
    ['too large', page(data, most + 1, 0, { 5: { 1: 4, ...plain } }), {}, /pages of at most 268435456 bytes/],
    ['less than nothing unpacked', page(data, -1, 0, { 5: { 1: 4, ...plain } }), {}, /got -1/],
    ['indices', page(index, 1, 1, {}), {}, /got one of type INDEX_PAGE/],
    ['of another kind than their type', page(data, 1, 1, v2(4)), {}, /got one of type DATA_PAGE/],
    ['values by the million', page(data, 1, 1, { 5: { 1: 2 ** 25, ...plain } }), {}, /at most 16777216 values/],
    ['fewer values than none', page(data, 1, 1, { 5: { 1: -1, ...plain } }), {}, /values, got -1/],
    ['a dictionary of more than there is', page(dictionary, 3, 3, { 7: { 1: 4, 2: 0 } }), {}, /within 3 bytes, got 4/],
    ['rows that are no values', page(second, 1, 1, v2(5)), {}, /pages of 4 rows.*got 5 rows/],
    ['missing where none may', page(second, 1, 1, v2(4, { 2: 1 })), {}, /0?1 missing/],
    ['more missing than there are', page(second, 1, 1, v2(4, { 2: 5 })), { nullable: true }, /5 missing/],
    ['missing, less than none', page(second, 1, 1, v2(4, { 2: -1 })), {}, /-1 missing/],
    ['repeated', page(second, 1, 1, v2(4, { 6: 1 })), {}, /levels within their page/],
    ['levels where nothing may be missing', page(second, 1, 1, v2(4, { 5: 1 })), {}, /got 1 bytes of levels/],
    ['longer levels than the page', page(second, 1, 1, v2(4, { 5: 2 })), { nullable: true }, /got 2 bytes of levels/],
    ['levels of less than nothing', page(second, 1, 1, v2(4, { 5: -1 })), { nullable: true }, /got -1 bytes/],
    [
      'packed in an unknown way',
      page(data, 4, 4, { 5: { 1: 4, ...plain } }),
      { codec: 'LZO' },
      /codec LZO is not known/,
    ],
    ['unpacked to another length', page(data, 5, 2, { 5: { 1: 4, ...plain } }), { codec: 'LZ4' }, /4 bytes where 5/],
    [
      'fewer than the row group has',
      page(data, 4, 4, { 5: { 1: 4, ...plain } }),
      { rows: 5 },
      /pages of 5 values.*got 4/,
    ],
    [
      'more than the row group has',
      page(data, 4, 4, { 5: { 1: 4, ...plain } }),
      { rows: 3 },
      /pages of 3 values.*got 4/,
    ],
  ])('%s', async (_, bytes, given, message) => {
    await expect(read(bytes, given)).rejects.toThrow(message)
  })

  const file = {
    size: 100,
    slice: async () => new ArrayBuffer(9),
    reading: { error: (expected: string, { actual }: { actual: string }) => new Error(`${expected}, got ${actual}`) },
  } as unknown as OpenFile
  const described = { path_in_schema: ['a'], data_page_offset: 4n, total_compressed_size: 9n }
  const chunkIn = (columns: readonly object[]) => chunkOf(file, { columns } as unknown as RowGroup, 'a')

  it.each([
    ['no chunk', [], {}, /a chunk of each row group.*got none/],
    ['no description', [{}], {}, /a chunk of each row group/],
    ['another file', [{ file_path: 'b.parquet' }], {}, /within the file itself.*b\.parquet/],
    ['the header of the file', [{}], { data_page_offset: 3n }, /within the file's 100.*got 9 from 3/],
    ['beyond the end', [{}], { total_compressed_size: 99n }, /got 99 from 4/],
    ['a length below 0', [{}], { total_compressed_size: -1n }, /got -1 from 4/],
    ['a length that no file has', [{}], { total_compressed_size: 2n ** 40n }, /got 1099511627776 from 4/],
  ])('chunks: %s', async (name, chunks, given, message) => {
    const meta_data = { ...described, ...given }
    const columns = chunks.map((chunk) => (name === 'no description' ? {} : { meta_data, ...chunk }))
    await expect(chunkIn(columns)).rejects.toThrow(message)
  })
  it('chunks begin with their dictionary, if they have one', async () => {
    const meta_data = { ...described, data_page_offset: 99n, dictionary_page_offset: 4n }
    expect((await chunkIn([{ meta_data }])).bytes.byteLength).toBe(9)
  })
})
