// What pages and headers of Parquet files claim to hold is gone through before anything is reserved for it.
import type { PageHeader } from 'hyparquet/src/types.js'
import { describe, expect, it } from 'vitest'
import { checkPrefixes, checkValues, extentOf } from '../../lib/data/columnar/runs.js'
import { checkStructure } from '../../lib/data/columnar/thrift.js'

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
