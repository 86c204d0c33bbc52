// JSON lines, NPY, NPZ, and readTable's choice of a reader: what they read, and every way a file can be wrong.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { crc32, deflateRawSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { optional } from '../../lib/data/read/choose.js'
import {
  ArgumentError,
  type CategoricalColumn,
  DependencyError,
  FormatError,
  type NpyArray,
  type NumericColumn,
  parseNpy,
  parseNpz,
  readJsonLines,
  readNpy,
  readNpz,
  readTable,
} from '../../lib/index.js'
import { thrownBy } from '../support.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chainrule-readers-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe('readJsonLines', () => {
  it('reads objects, with what they lack as missing', async () => {
    const text = '{"a":1,"s":"x","when":"2024-05-31"}\n\n{"a":null,"b":true}\r\n{"s":"é","a":2.5}'
    const expected = [
      { a: 1, s: 'x', when: new Date('2024-05-31'), b: null },
      { a: null, s: null, when: null, b: true },
      { a: 2.5, s: 'é', when: null, b: null },
    ]
    expect((await readJsonLines(file('a.jsonl', text))).toObjects()).toEqual(expected)
    expect((await readJsonLines(file('a.ndjson.gz', gzipSync(text)))).toObjects()).toEqual(expected)
    expect((await readJsonLines(file('bom.jsonl', `\ufeff${text}`))).toObjects()).toEqual(expected)
    const bytes = Buffer.from(text)
    const letters = Readable.from(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)))
    expect((await readJsonLines(letters)).toObjects()).toEqual(expected)
    const some = await readJsonLines(file('a.jsonl', text), {
      columns: ['s', 'a'],
      limit: 1,
      types: { a: 'categorical' },
    })
    expect(some.toObjects()).toEqual([{ s: 'x', a: '1' }])
    expect((await readJsonLines(file('e.jsonl', ''))).rows).toBe(0)
  })

  it('reads files of many pieces', async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) =>
      JSON.stringify({ i, s: `text ${i % 7}`, note: 'x'.repeat(i % 40) }),
    )
    const table = await readJsonLines(file('long.jsonl', `${lines.join('\n')}\n`))
    expect(table.rows).toBe(60_000)
    expect(table.row(43_210)).toEqual({ i: 43_210, s: `text ${43_210 % 7}`, note: 'x'.repeat(43_210 % 40) })
    expect((table.column('s') as CategoricalColumn).categories).toHaveLength(7)
    expect((table.column('i') as NumericColumn).values).toEqual(Int32Array.from(lines, (_, i) => i))
  })

  const wrong: [string, string | Uint8Array, RegExp, number][] = [
    ['no JSON', '{"a":1}\n{"a":\n', /JSON in every line, got "{\\"a\\":"/, 2],
    ["Python's NaN", '{"a":1}\n\n{"a": NaN}\n', /NaN is no JSON: write null/, 3],
    ['a number', '{"a":1}\n7\n', /an object in every line, got 7/, 2],
    ['an array of objects', '[{"a":1}]\n', /an object in every line, got array of 1 .*is no JSON lines/, 1],
    [
      'mixed types',
      '{"a":1}\n{"a":"x"}\n',
      /numbers in column "a" as in the rows before, got "x" \(.*line 2\); give types: { a: 'categorical' }/,
      2,
    ],
    ['nested values', '{"a":{"b":1}}\n', /a number, text, boolean, Date or null in column "a", got an object/, 1],
    ['an empty key', '{"a":1}\n{"":1}\n', /keys that are not empty, got ""/, 2],
    ['no UTF-8', Buffer.from('{"a":"x"}\n{"a":"\xe9"}\n', 'latin1'), /text in UTF-8/, 2],
    ['a NUL byte', '{"a":1}\n{"a":\0}\n', /a NUL byte/, 2],
  ]
  it.each(wrong)('refuses %s', async (_, content, message, line) => {
    const path = file('wrong.jsonl', content)
    await expect(readJsonLines(path)).rejects.toThrow(FormatError)
    await expect(readJsonLines(path)).rejects.toMatchObject({ message, line, file: path })
  })

  it('refuses options that are none, and columns that are not there', async () => {
    await expect(readJsonLines(file('a.jsonl', '{"a":1}'), { columns: ['b'] })).rejects.toThrow(
      /a column among "a", got "b"/,
    )
    await expect(readJsonLines('a.jsonl', { header: true } as never)).rejects.toThrow(ArgumentError)
  })
})

/** An NPY file as numpy writes it, or with a longer header. */
function npy(
  descr: string,
  shape: number[],
  body: Uint8Array,
  { fortran = false, version = 1, least = 0 } = {},
): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const dict = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${tuple}, }`
  const start = version === 1 ? 10 : 12
  const padded = dict.padEnd(64 * Math.ceil((start + dict.length + 1) / 64) - start - 1)
  const header = `${padded.padEnd(least - 1)}\n`
  const magic = Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0`, 'latin1')
  const length = Buffer.alloc(version === 1 ? 2 : 4)
  if (version === 1) length.writeUInt16LE(header.length)
  else length.writeUInt32LE(header.length)
  return Buffer.concat([magic, length, Buffer.from(header, 'latin1'), body])
}

const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
const swapped = (array: ArrayBufferView, size: number) => {
  const bytes = Buffer.from(bytesOf(array))
  return size === 2 ? bytes.swap16() : size === 4 ? bytes.swap32() : bytes.swap64()
}

describe('parseNpy', () => {
  const rows: [string, ArrayBufferView, NpyArray['data']][] = [
    [
      'f2',
      Uint16Array.of(0x3c00, 0xc000, 0x7c00, 0x0001, 0x7bff, 0x8000),
      Float32Array.of(1, -2, Infinity, 2 ** -24, 65504, -0),
    ],
    ['f4', Float32Array.of(1.5, -0, NaN, Infinity, 1e-40, 3), Float32Array.of(1.5, -0, NaN, Infinity, 1e-40, 3)],
    ['f8', Float64Array.of(1.5, -0, NaN, Infinity, 5e-324, 3), Float64Array.of(1.5, -0, NaN, Infinity, 5e-324, 3)],
    ['i2', Int16Array.of(1, -2, 3, -4, 5, 32767), Int16Array.of(1, -2, 3, -4, 5, 32767)],
    ['i4', Int32Array.of(1, -2, 3, -4, 5, -(2 ** 31)), Int32Array.of(1, -2, 3, -4, 5, -(2 ** 31))],
    ['i8', BigInt64Array.of(1n, -2n, 3n, -4n, 5n, 6n), Int32Array.of(1, -2, 3, -4, 5, 6)],
    ['i8', BigInt64Array.of(1n, -2n, 3n, -4n, 5n, 2n ** 53n), Float64Array.of(1, -2, 3, -4, 5, 2 ** 53)],
    ['u2', Uint16Array.of(1, 2, 3, 4, 5, 65535), Uint16Array.of(1, 2, 3, 4, 5, 65535)],
    ['u4', Uint32Array.of(1, 2, 3, 4, 5, 2 ** 32 - 1), Uint32Array.of(1, 2, 3, 4, 5, 2 ** 32 - 1)],
    ['u8', BigUint64Array.of(1n, 2n, 3n, 4n, 5n, 2n ** 63n), Float64Array.of(1, 2, 3, 4, 5, 2 ** 63)],
  ]
  it.each(rows)('reads %s, of both byte orders', (type, elements, expected) => {
    expect(parseNpy(npy(`<${type}`, [2, 3], bytesOf(elements)))).toEqual({ shape: [2, 3], data: expected })
    expect(parseNpy(npy(`>${type}`, [2, 3], swapped(elements, Number(type[1]))))).toEqual({
      shape: [2, 3],
      data: expected,
    })
  })

  it('reads bytes and booleans, every version, and every shape', () => {
    expect(parseNpy(npy('|i1', [2], Uint8Array.of(1, 255))).data).toEqual(Int8Array.of(1, -1))
    expect(parseNpy(npy('|u1', [2], Uint8Array.of(1, 255))).data).toEqual(Uint8Array.of(1, 255))
    expect(parseNpy(npy('|b1', [3], Uint8Array.of(1, 0, 7))).data).toEqual(Uint8Array.of(1, 0, 1))
    for (const version of [1, 2, 3])
      expect(parseNpy(npy('|u1', [1], Uint8Array.of(9), { version })).data).toEqual(Uint8Array.of(9))
    expect(parseNpy(npy('|u1', [], Uint8Array.of(9)))).toEqual({ shape: [], data: Uint8Array.of(9) })
    expect(parseNpy(npy('<f8', [0, 3], Uint8Array.of()))).toEqual({ shape: [0, 3], data: new Float64Array(0) })
    expect(parseNpy(npy('|u1', [1], Uint8Array.of(9), { version: 2, least: 65_536 })).shape).toEqual([1])
    const whole = npy('<f4', [1], bytesOf(Float32Array.of(2.5)))
    expect(parseNpy(Uint8Array.from([0, 0, 0, ...whole]).subarray(3)).data).toEqual(Float32Array.of(2.5))
    expect(parseNpy(whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.length) as ArrayBuffer).data).toEqual(
      Float32Array.of(2.5),
    )
  })

  it('puts the order of Fortran right, in any number of dimensions', () => {
    // numpy 2.4: np.save(…, np.array(np.arange(6).reshape(2, 3), dtype='>f4', order='F'))
    const written =
      'k05VTVBZAQB2AHsnZGVzY3InOiAnPmY0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAQEAAAD+AAABAgAAAQAAAAECgAAA='
    expect(parseNpy(Buffer.from(written, 'base64'))).toEqual({ shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) })
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), (shape) => {
        const size = shape.reduce((a, b) => a * b, 1)
        const body = new Uint8Array(size)
        // Element (i, j, k …) is its row-major number; in the file the first index runs fastest.
        for (let at = 0; at < size; at++) {
          let [rest, number] = [at, 0]
          const index = shape.map((extent) => {
            const i = rest % extent
            rest = (rest - i) / extent
            return i
          })
          for (const [axis, extent] of shape.entries()) number = number * extent + index[axis]!
          body[at] = number
        }
        expect(Array.from(parseNpy(npy('|u1', shape, body, { fortran: true })).data)).toEqual(
          Array.from({ length: size }, (_, i) => i),
        )
      }),
      { numRuns: 50 },
    )
  })

  const body = Uint8Array.of(1, 2, 3, 4)
  const broken: [string, Uint8Array, RegExp][] = [
    ['nothing', Uint8Array.of(), /the magic text of NPY, got 0 bytes/],
    ['another magic', Buffer.from('\x93NUMPX\x01\0v\0{}', 'latin1'), /magic text/],
    ['version 4', npy('|u1', [4], body, { version: 4 }), /of version 1, 2 or 3, got 4/],
    ['a cut header', npy('|u1', [4], body).subarray(0, 60), /its whole header, got 60 bytes/],
    ['a byte too few', npy('|u1', [5], body), /of 5 bytes after the header, for \[5\], got 4/],
    ['a byte too many', npy('|u1', [3], body), /of 3 bytes after the header, for \[3\], got 4/],
    ['texts', npy('<U4', [1], body), /of floats .*got '<U4'/],
    ['objects', npy('|O', [1], body), /of floats .*got '\|O'/],
    ['complex numbers', npy('<c8', [1], body), /of floats/],
    ['extended floats', npy('<f16', [1], body), /of floats/],
    ['a long double', npy('<b8', [1], body), /of floats/],
    ['extents that overflow', npy('<f8', [2 ** 31, 2 ** 31, 2 ** 31], body), /extents of at most 4294967296 bytes/],
    ['extents that overflow before a zero', npy('<f8', [2 ** 40, 0], Uint8Array.of()), /extents of at most/],
    [
      'integers too large',
      npy('<i8', [1], bytesOf(BigInt64Array.of(2n ** 60n + 1n))),
      /integers that float64 can hold/,
    ],
    [
      'a header that is too long',
      npy('|u1', [4], body, { version: 2, least: 65_537 }),
      /at most 65536 bytes, got 65537/,
    ],
    [
      'a header without an end',
      Buffer.from(
        "\x93NUMPY\x01\0\x43\0{'descr': '|u1', 'fortran_order': False, 'shape': (4,), } and more  \n1234",
        'latin1',
      ),
      /with a header/,
    ],
    ['no header', Buffer.from('\x93NUMPY\x01\0\x04\0 [] ', 'latin1'), /with a header { 'descr'/],
    [
      'a header that lacks the shape',
      Buffer.from("\x93NUMPY\x01\0\x2e\0{'descr': '|u1', 'fortran_order': False, }     ", 'latin1'),
      /with a header/,
    ],
  ]
  it.each(broken)('refuses %s', (_, bytes, message) => {
    expect(thrownBy(() => parseNpy(bytes))).toBeInstanceOf(FormatError)
    expect(() => parseNpy(bytes)).toThrow(message)
  })

  it('names files, and refuses what is no buffer', async () => {
    expect((await readNpy(file('a.npy', npy('|u1', [4], body)))).shape).toEqual([4])
    await expect(readNpy(file('cut.npy', npy('|u1', [5], body)))).rejects.toThrow(
      /\[readNpy\] expected ".*cut.npy" of 5 bytes/,
    )
    expect(() => parseNpy('x' as never)).toThrow(ArgumentError)
  })
})

/** A ZIP archive. Entries may have what readers skip: text after their names, in the directory also a note. */
function zip(
  entries: { name: string; content: Uint8Array; deflated?: boolean; extra?: number; note?: number }[],
  change: Record<string, number> = {},
): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content, deflated = false, extra = 0, note = 0 } of entries) {
    const packed = deflated ? deflateRawSync(content) : content
    const fields = {
      method: deflated ? 8 : 0,
      crc: crc32(content),
      packed: packed.length,
      size: content.length,
      offset,
      flags: 0,
      ...change,
    }
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(name.length, 26)
    local.writeUInt16LE(change.localExtra ?? 2 * extra, 28)
    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014b50, 0)
    central.writeUInt16LE(fields.flags, 8)
    central.writeUInt16LE(fields.method, 10)
    central.writeUInt32LE(fields.crc, 16)
    central.writeUInt32LE(fields.packed, 20)
    central.writeUInt32LE(fields.size, 24)
    central.writeUInt16LE(name.length, 28)
    central.writeUInt16LE(extra, 30)
    central.writeUInt16LE(change.note ?? note, 32)
    central.writeUInt32LE(fields.offset, 42)
    parts.push(local, Buffer.from(name), Buffer.alloc(2 * extra, 'x'), Buffer.from(packed))
    directory.push(central, Buffer.from(name), Buffer.alloc(extra + note, 'n'))
    offset += 30 + name.length + 2 * extra + packed.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(change.disk ?? 0, 4)
  end.writeUInt16LE(change.own ?? change.count ?? entries.length, 8)
  end.writeUInt16LE(change.count ?? entries.length, 10)
  end.writeUInt32LE(
    directory.reduce((sum, { length }) => sum + length, 0),
    12,
  )
  end.writeUInt32LE(change.start ?? offset, 16)
  return Buffer.concat([...parts, ...directory, end])
}

describe('parseNpz', () => {
  const x = npy('<f4', [2], bytesOf(Float32Array.of(1, 2)))
  const y = npy('|u1', [3], Uint8Array.of(1, 2, 3))

  it('reads arrays, stored and deflated, by name', async () => {
    const expected = { x: { shape: [2], data: Float32Array.of(1, 2) }, y: { shape: [3], data: Uint8Array.of(1, 2, 3) } }
    const bytes = zip([
      { name: 'x.npy', content: x },
      { name: 'y.npy', content: y, deflated: true },
    ])
    expect(await parseNpz(bytes)).toEqual(expected)
    expect(await readNpz(file('a.npz', bytes))).toEqual(expected)
    expect(await parseNpz(zip([]))).toEqual({})
    const commented = Buffer.concat([bytes, Buffer.from('note')])
    commented.writeUInt16LE(4, bytes.length - 2)
    expect(await parseNpz(commented)).toEqual(expected)
  })

  it('skips what it does not read: folders, texts beside names, notes up to the longest, text before the archive', async () => {
    const beside = [
      { name: 'folder/', content: new Uint8Array(0) },
      { name: 'folder/x.npy', content: x, extra: 5, note: 3 },
      { name: 'y', content: y, extra: 1, note: 9, deflated: true },
    ]
    const expected = { 'folder/x': parseNpy(x), y: parseNpy(y) }
    const bytes = zip(beside)
    expect(await parseNpz(bytes)).toEqual(expected)
    // A note that holds the mark of an end.
    for (const note of [Buffer.alloc(65_535, 'x'), Buffer.from('PK\x05\x06'.padEnd(40, '-'), 'latin1')]) {
      const noted = Buffer.concat([bytes, note])
      noted.writeUInt16LE(note.length, bytes.length - 2)
      expect(await parseNpz(noted)).toEqual(expected)
      await expect(parseNpz(noted.subarray(0, -1))).rejects.toThrow(/to end with the directory/)
    }
    const within = Buffer.concat([Buffer.alloc(7), bytes, Buffer.alloc(3)])
    expect(await parseNpz(within.subarray(7, 7 + bytes.length))).toEqual(expected)
  })

  const one = [{ name: 'x.npy', content: x }]
  const whole = zip(one)
  const packed = [{ name: 'x.npy', content: x, deflated: true }]
  const broken: [string, Uint8Array, RegExp][] = [
    ['nothing', Uint8Array.of(), /to end with the directory of a ZIP archive/],
    ['text', Buffer.from('no archive, but longer than a directory'), /to end with the directory/],
    ['a cut archive', zip(one).subarray(0, 150), /to end with the directory/],
    ['a wrong checksum', zip(one, { crc: 7 }), /with "x.npy" with the checksum/],
    ['an unknown method', zip(one, { method: 12 }), /stored or deflated, got method 12/],
    ['encryption', zip(one, { flags: 1 }), /without encryption/],
    ['a place beyond the end', zip(one, { offset: 1e6 }), /with "x.npy", got nothing at its place/],
    ['more entries than there are', zip(one, { count: 2 }), /a sound directory, got entry 1 broken/],
    ['a directory elsewhere', zip(one, { start: 3 }), /a sound directory, got entry 0 broken/],
    ['an entry that is cut', zip(one, { note: 1 }), /a sound directory, got entry 0 cut/],
    ['a directory that begins where it ends', zip(one, { start: whole.length - 22 }), /got entry 0 broken/],
    ['a directory that is cut by a byte', zip(one, { start: whole.length - 22 - 45 }), /got entry 0 broken/],
    ['two parts', zip(one, { disk: 1 }), /in one part, got several/],
    ['entries in other parts', zip(one, { own: 0 }), /in one part, got several/],
    ['a directory beyond 4 GiB', zip(one, { start: 0xffffffff }), /got a ZIP64 archive/],
    ['a place a byte too far', zip(one, { offset: 1 }), /with "x.npy", got nothing at its place/],
    ['a place at the end', zip(one, { offset: whole.length - 29 }), /got nothing at its place/],
    ['a header that reaches beyond the end', zip(one, { localExtra: 60_000 }), /"x.npy" of 136 bytes, got 0/],
    ['contents that reach beyond the end', zip(one, { localExtra: 90 }), /"x.npy" of 136 bytes, got 119/],
    ['ZIP64', zip(one, { count: 0xffff }), /below 4 GiB and 65535 files/],
    ['a size that is too small', zip(packed, { size: 20 }), /deflated to 20 bytes/],
    ['a size that is too large', zip(packed, { size: 500 }), /of 500 bytes, got 136/],
    ['sizes that cannot be', zip(one, { packed: 2 ** 31 }), /no files that overlap/],
    ['broken deflate data', zip(packed, { offset: 0, packed: 20 }), /deflated to/],
    ['one name twice', zip([...one, ...one]), /names that differ/],
    [
      'what is no NPY',
      zip([{ name: 'a.txt', content: Buffer.from('hello, world') }]),
      /"a.txt" in the buffer to start with the magic text/,
    ],
  ]
  it.each(broken)('refuses %s', async (_, bytes, message) => {
    await expect(parseNpz(bytes)).rejects.toThrow(FormatError)
    await expect(parseNpz(bytes)).rejects.toThrow(message)
  })
})

describe('readTable', () => {
  it('goes by the ending, the first bytes, or what it is told', async () => {
    const json = '{"a":1}\n'
    const rows: [string, string | Uint8Array, object | undefined][] = [
      ['x.csv', 'a\n1\n', undefined],
      ['x.CSV', 'a\n1\n', undefined],
      ['x.tsv', 'a\n1\n', undefined],
      ['x.csv.gz', gzipSync('a\n1\n'), undefined],
      ['x.jsonl', json, undefined],
      ['x.ndjson.gz', gzipSync(json), undefined],
      ['x.data', json, undefined],
      ['x', gzipSync(json), undefined],
      ['y', 'a\n1\n', undefined],
      ['y.txt', `\ufeff${json}`, undefined],
      ['z.csv', json, { format: 'jsonl' }],
    ]
    for (const [name, content, options] of rows) {
      expect((await readTable(file(name, content), options)).toObjects(), name).toEqual([{ a: 1 }])
    }
    expect((await readTable(file('t.tsv', 'a,b\tc\n1\t2\n'))).names).toEqual(['a,b', 'c'])
    expect((await readTable(file('t.csv', 'a\tb;c\n1\t2\n'), { format: 'tsv' })).names).toEqual(['a', 'b;c'])
  })

  it('names itself in errors, and refuses what it does not know', async () => {
    await expect(readTable(file('x.csv', ''))).rejects.toThrow(/\[readTable\] expected a line of names/)
    await expect(readTable(file('x.jsonl', '7'))).rejects.toThrow(/\[readTable\] expected an object/)
    await expect(readTable(file('x.csv', 'a\n'), { format: 'xlsx' as never })).rejects.toThrow(
      /format to be one of csv, tsv/,
    )
    await expect(readTable(file('x.jsonl', '{}'), { header: false })).rejects.toThrow(
      /options that jsonl files have: columns, .*got "header"/,
    )
    await expect(readTable(file('x', npy('|u1', [1], Uint8Array.of(1))))).rejects.toThrow(
      /readNpy and readNpz read those/,
    )
    await expect(readTable(join(folder, 'missing'))).rejects.toMatchObject({ code: 'FILE_FAILED' })
    await expect(readTable(7 as never)).rejects.toThrow(ArgumentError)
  })
})

describe('optional packages', () => {
  it('are named with the way to install them', async () => {
    const absent = 'a-package-that-is-not-there'
    await expect(optional('readParquet', absent, () => import(/* @vite-ignore */ absent))).rejects.toThrow(
      /\[readParquet\] expected the package a-package-that-is-not-there, got none/,
    )
    await expect(optional('x', absent, () => import(/* @vite-ignore */ absent))).rejects.toThrow(DependencyError)
  })
})
