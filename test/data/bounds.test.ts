// Files of arrays at the very bounds of their formats, and names of columns in messages.
import { describe, expect, it } from 'vitest'
import { FormatError, parseIdx, parseNpy, Table } from '../../lib/index.js'

const npy = (version: number, text: string) => {
  const header = Buffer.from(text)
  const length = version === 1 ? Buffer.from([header.length, 0]) : Buffer.from([header.length, 0, 0, 0])
  return Buffer.concat([Buffer.from([0x93]), Buffer.from('NUMPY'), Buffer.from([version, 0]), length, header])
}
const empty = "{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }"

describe('bounds', () => {
  it('an IDX file of four bytes is one number short, one of three is none', () => {
    expect(() => parseIdx(Uint8Array.of(0, 0, 8))).toThrow('of at least 4 bytes, got 3')
    expect(() => parseIdx(Uint8Array.of(0, 0, 8, 1))).not.toThrow('of at least 4 bytes')
    expect(() => parseIdx(Uint8Array.of(0, 0, 8, 1))).toThrow(FormatError)
    expect(() => parseIdx(Uint8Array.of(1, 0, 8, 1))).toThrow('magic number such as 00000803, got 01000801')
  })

  it.each([1, 2, 3])('NPY of version %i', (version) => {
    expect(parseNpy(npy(version, empty)).shape).toEqual([0])
  })

  it.each([0, 4, 255])('NPY of version %i is refused', (version) => {
    expect(() => parseNpy(npy(version, empty))).toThrow(`of version 1, 2 or 3, got ${version}`)
  })

  it('names that are words of at most 40 letters stand in advice as they are', () => {
    const advice = (name: string) => () => Table.from({ [name]: [1, 'x'] })
    expect(advice('a'.repeat(40))).toThrow(`types: { ${'a'.repeat(40)}: 'categorical' }`)
    expect(advice('a'.repeat(41))).toThrow(`types: { "${'a'.repeat(40)}…": 'categorical' }`)
    expect(advice('two words')).toThrow(`types: { "two words": 'categorical' }`)
  })
})
