// IDX files: every element type, gzip, and every way a file can be wrong.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FileError, FormatError, parseIdx, readIdx } from '../../lib/index.js'

function idx(code: number, shape: number[], body: number[]): Uint8Array {
  const extents = shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255])
  return Uint8Array.from([0, 0, code, shape.length, ...extents, ...body])
}

describe('parseIdx', () => {
  const rows = [
    { code: 8, body: [0, 255], type: Uint8Array, values: [0, 255] },
    { code: 9, body: [127, 255], type: Int8Array, values: [127, -1] },
    { code: 11, body: [0x01, 0x02, 0xff, 0xfe], type: Int16Array, values: [258, -2] },
    { code: 12, body: [0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff], type: Int32Array, values: [65536, -1] },
    { code: 13, body: [0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0], type: Float32Array, values: [1.5, -2] },
    {
      code: 14,
      body: [0x3f, 0xf8, ...Array(6).fill(0), 0xc0, ...Array(7).fill(0)],
      type: Float64Array,
      values: [1.5, -2],
    },
  ]

  it.each(rows)('reads elements of type $code as $type.name, big-endian', ({ code, body, type, values }) => {
    const { shape, data } = parseIdx(idx(code, [1, 2], body))
    expect(shape).toEqual([1, 2])
    expect(data).toBeInstanceOf(type)
    expect(Array.from(data)).toEqual(values)
  })

  it('takes an ArrayBuffer, a view into a larger one, an empty array and a single number', () => {
    const bytes = idx(8, [3], [1, 2, 3])
    expect(Array.from(parseIdx(bytes.buffer as ArrayBuffer).data)).toEqual([1, 2, 3])
    const within = new Uint8Array(bytes.length + 5)
    within.set(bytes, 3)
    expect(Array.from(parseIdx(within.subarray(3, 3 + bytes.length)).data)).toEqual([1, 2, 3])
    expect(parseIdx(idx(8, [0, 28, 28], [])).shape).toEqual([0, 28, 28])
    expect(parseIdx(idx(8, [], [7]))).toEqual({ shape: [], data: Uint8Array.of(7) })
  })

  const broken: [string, Uint8Array, RegExp][] = [
    ['nothing', Uint8Array.of(), /at least 4 bytes, got 0/],
    ['no zeros first', Uint8Array.of(1, 0, 8, 1, 0, 0, 0, 0), /magic number such as 00000803, got 01000801/],
    ['an unknown element type', idx(10, [1], [0]), /magic/],
    ['a cut header', idx(8, [1, 2], []).subarray(0, 9), /at least 12 bytes, got 9/],
    ['a byte too few', idx(8, [2, 2], [1, 2, 3]), /16 bytes for \[2, 2\], got 15/],
    ['a byte too many', idx(8, [2, 2], [1, 2, 3, 4, 5]), /16 bytes for \[2, 2\], got 17/],
    ['elements that are cut', idx(12, [1], [0, 0, 0]), /12 bytes for \[1\], got 11/],
    ['extents that overflow', idx(14, [0xffffffff, 0xffffffff, 0xffffffff], []), /at most 2147483648 bytes/],
    ['extents that overflow to infinity', idx(8, Array(40).fill(0xffffffff), []), /at most 2147483648 bytes/],
    ['extents that overflow before a zero', idx(8, [0xffffffff, 0xffffffff, 0], []), /at most 2147483648 bytes/],
    ['extents that overflow after a zero', idx(8, [0, ...Array(254).fill(0xffffffff)], []), /at most 2147483648 bytes/],
    ['more rows than there are', idx(8, [0x7fffffff, 1], [0]), /2147483659 bytes for \[2147483647, 1\], got 13/],
  ]
  it.each(broken)('refuses %s', (_, bytes, message) => {
    expect(() => parseIdx(bytes)).toThrow(FormatError)
    expect(() => parseIdx(bytes)).toThrow(message)
  })

  it('refuses every shorter or longer file', () => {
    const whole = idx(11, [2, 3], Array(12).fill(7))
    const longer = new Uint8Array(whole.length + 1)
    longer.set(whole)
    for (let length = 0; length <= longer.length; length++) {
      if (length === whole.length) expect(parseIdx(longer.subarray(0, length)).shape).toEqual([2, 3])
      else expect(() => parseIdx(longer.subarray(0, length)), `${length} bytes`).toThrow(FormatError)
    }
  })

  it('refuses what is no buffer', () => {
    expect(() => parseIdx('file' as unknown as Uint8Array)).toThrow(/\[parseIdx\] expected bytes/)
  })
})

describe('readIdx', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'chainrule-idx-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('reads plain and gzipped files', async () => {
    const bytes = idx(8, [2, 2], [1, 2, 3, 4])
    writeFileSync(join(folder, 'plain'), bytes)
    writeFileSync(join(folder, 'packed.gz'), gzipSync(bytes))
    const plain = await readIdx(join(folder, 'plain'))
    expect(Array.from(plain.data)).toEqual([1, 2, 3, 4])
    expect(await readIdx(join(folder, 'packed.gz'))).toEqual(plain)
  })

  it('names the file it refuses', async () => {
    writeFileSync(join(folder, 'damaged.gz'), gzipSync(idx(8, [2], [1, 2])).subarray(0, 15))
    writeFileSync(join(folder, 'padded.gz'), Buffer.concat([gzipSync(idx(8, [2], [1, 2])), Buffer.from('more')]))
    writeFileSync(join(folder, 'short'), idx(8, [2], [1]))
    writeFileSync(join(folder, 'short.gz'), gzipSync(idx(8, [2], [1])))
    await expect(readIdx(join(folder, 'damaged.gz'))).rejects.toThrow(FormatError)
    await expect(readIdx(join(folder, 'damaged.gz'))).rejects.toThrow(/gzip/)
    await expect(readIdx(join(folder, 'padded.gz'))).rejects.toThrow(FormatError)
    for (const name of ['short', 'short.gz']) {
      await expect(readIdx(join(folder, name))).rejects.toThrow(/\[readIdx\] expected .*short.* of 10 bytes .* got 9/)
    }
    await expect(readIdx(join(folder, 'missing'))).rejects.toMatchObject({ code: 'FILE_FAILED', message: /ENOENT/ })
    await expect(readIdx(folder)).rejects.toThrow(FileError)
    await expect(readIdx('')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})
