// Parquet and Arrow: files of other writers in every compression, kinds told and limited, and every way a file can be wrong.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import * as flechette from '@uwdata/flechette'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ArgumentError,
  ChainruleError,
  FileError,
  FormatError,
  readArrow,
  readParquet,
  readTable,
  type Table,
} from '../../lib/index.js'

// Written by Polars 1.x: eight rows of every kind, with holes; two thousand rows that compress; and a column of lists.
const files = resolve(import.meta.dirname, 'files')
const flights = resolve(import.meta.dirname, '../../node_modules/vega-datasets/data/flights-3m.parquet')

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chainrule-columnar-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const date = (text: string) => new Date(text)
const kinds = [
  [1, 1, 0.5, 0.5, 'a', true, date('1970-01-01'), date('1970-01-01')],
  [2, -2, -0, 1, 'b', false, date('2023-11-14T22:13:20.123Z'), date('2022-01-08')],
  [null, 3, null, 2, 'a', null, null, null],
  [4, -4, Infinity, 3, null, true, date('1969-12-31T23:59:59.999Z'), date('1969-12-31')],
  [5, 5, 1e-300, 4, 'é😀', true, date('1970-01-01T00:00:00.001Z'), date('1970-01-02')],
  [6, -6, null, 5, '', false, date('1970-01-01T00:00:00.002Z'), date('1970-01-03')],
  [7, 7, 2, 6, 'a', false, date('1970-01-01T00:00:00.003Z'), date('1970-01-04')],
  [8, -8, 3, 7, 'b', true, date('1970-01-01T00:00:00.004Z'), date('1970-01-05')],
]
const names = ['n', 'small', 'f', 'f4', 's', 'b', 't', 'd']
const cells = (table: Table) => table.toObjects().map((row) => Object.values(row))

describe('both formats', () => {
  it.each([
    'kinds-uncompressed.parquet',
    'kinds-snappy.parquet',
    'kinds-gzip.parquet',
    'kinds-brotli.parquet',
    'kinds-zstd.parquet',
    'kinds-lz4.parquet',
    'kinds-uncompressed.arrow',
    'kinds-lz4.arrow',
    'kinds-zstd.arrow',
  ])('%s', async (name) => {
    const table = await readTable(join(files, name))
    expect(table.names).toEqual(names)
    expect(table.columns.map(({ kind }) => kind)).toEqual([
      'numeric',
      'numeric',
      'numeric',
      'numeric',
      'categorical',
      'boolean',
      'date',
      'date',
    ])
    expect(cells(table)).toEqual(kinds)
    const chosen = await readTable(join(files, name), {
      columns: ['s', 'n'],
      types: { n: 'categorical', s: 'categorical' },
      limit: 4,
    })
    expect(cells(chosen)).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['a', null],
      [null, '4'],
    ])
    const dates = await readTable(join(files, name), { columns: ['d'], types: { d: 'categorical' }, limit: 2 })
    expect(['2022-01-08T00:00:00.000Z', '1641600000000']).toContain(dates.row(1).d)
  })

  it('long columns that LZ4 compresses', async () => {
    const table = await readArrow(join(files, 'long-lz4.arrow'))
    expect(table.rows).toBe(2000)
    const expected = Array.from({ length: 2000 }, (_, i) => [Math.floor(i / 7), `category ${(i * i) % 97}`])
    expect(cells(table)).toEqual(expected)
  })

  it('the first rows of three million flights', async () => {
    const table = await readParquet(flights, { columns: ['delay', 'origin', 'date'], limit: 3 })
    expect(cells(table)).toEqual([
      [33, 'LAS', date('2001-01-01T00:01:00Z')],
      [19, 'ATL', date('2001-01-01T00:01:00Z')],
      [14, 'MCI', date('2001-01-01T00:01:00Z')],
    ])
    expect((table.column('delay') as { values: unknown }).values).toBeInstanceOf(Int32Array)
  })

  it.each(['nested.parquet', 'nested.arrow'])('%s names the nested column', async (name) => {
    await expect(readTable(join(files, name))).rejects.toThrow(
      /the nested .*column "l".*give columns: \[names …\] without it/,
    )
    expect(cells(await readTable(join(files, name), { columns: ['a'] }))).toEqual([[1], [2]])
  })

  it.each(['kinds-zstd.parquet', 'kinds-lz4.arrow'])('%s: what is asked for must be there', async (name) => {
    const path = join(files, name)
    await expect(readTable(path, { columns: ['z'] })).rejects.toThrow(/columns among "n", "small", .*, got "z"/)
    await expect(readTable(path, { types: { z: 'date' } })).rejects.toThrow(ArgumentError)
    await expect(readTable(path, { types: { s: 'numeric' } })).rejects.toThrow(
      /numbers .* in column "s", got "a" in row 0/,
    )
    await expect(readTable(path, { delimiter: ';' })).rejects.toThrow(
      /options that (parquet|arrow) files have: .*, got "delimiter"/,
    )
    await expect(readTable(path, { limit: 0 })).rejects.toThrow(ArgumentError)
    await expect(readTable(join(folder, `missing-${name}`))).rejects.toThrow(FileError)
  })
})

describe('Arrow', () => {
  const write = (name: string, table: flechette.Table, format: 'file' | 'stream') => {
    const path = join(folder, name)
    writeFileSync(path, flechette.tableToIPC(table, { format }) as Uint8Array)
    return path
  }

  it.each(['file', 'stream'] as const)(
    'as %s: dictionaries, decimals, times, and columns of nothing',
    async (format) => {
      const {
        dictionary,
        utf8,
        int8,
        decimal,
        timestamp,
        TimeUnit,
        nullType,
        uint32,
        float16,
        dateMillisecond,
        largeUtf8,
      } = flechette
      const made = flechette.tableFromArrays(
        {
          k: ['x', 'y', null, 'x'],
          c: [1.25, -2.5, null, 1e6],
          u: [0, 1700000000999.5, null, -1],
          z: [null, null, null, null],
          i: [2 ** 32 - 1, 0, 1, 2],
          h: [0.5, 1, 2, 3],
          d: [0, 86_400_000, null, -86_400_000],
          l: ['long', '', null, 'text'],
        },
        {
          types: {
            k: dictionary(utf8(), int8()),
            c: decimal(18, 2, 64),
            u: timestamp(TimeUnit.MICROSECOND),
            z: nullType(),
            i: uint32(),
            h: float16(),
            d: dateMillisecond(),
            l: largeUtf8(),
          },
        },
      )
      const table = await readTable(write(format === 'file' ? 'made.feather' : 'made', made, format))
      expect(table.columns.map(({ kind }) => kind)).toEqual([
        'categorical',
        'numeric',
        'date',
        'numeric',
        'numeric',
        'numeric',
        'date',
        'categorical',
      ])
      expect(cells(table)).toEqual([
        ['x', 1.25, date('1970-01-01'), null, 2 ** 32 - 1, 0.5, date('1970-01-01'), 'long'],
        ['y', -2.5, date('2023-11-14T22:13:20.999Z'), null, 0, 1, date('1970-01-02'), ''],
        [null, null, null, null, 1, 2, null, null],
        ['x', 1e6, date('1969-12-31T23:59:59.999Z'), null, 2, 3, date('1969-12-31'), 'text'],
      ])
    },
  )

  it('refuses dictionaries that claim more entries than their body has room for, before they are unpacked', async () => {
    const words = Array.from({ length: 97 }, (_, i) => `word ${i}`)
    const { dictionary, int32, utf8 } = flechette
    const made = flechette.tableFromArrays({ k: words }, { types: { k: dictionary(utf8(), int32()) } })
    const path = write('words.arrow', made, 'stream')
    const bytes = readFileSync(path)
    const [entries, claimed] = [Buffer.alloc(8), Buffer.alloc(8)]
    entries.writeBigInt64LE(97n)
    claimed.writeBigInt64LE(2n ** 32n)
    const places: number[] = []
    for (let at = bytes.indexOf(entries); at >= 0; at = bytes.indexOf(entries, at + 8)) places.push(at)
    // The dictionary's length and that of its field come first, those of the batch of rows after them.
    expect(places.length).toBe(4)
    for (const at of places.slice(0, 2)) claimed.copy(bytes, at)
    writeFileSync(path, bytes)
    await expect(readArrow(path)).rejects.toThrow('a dictionary of 4294967296 entries')
  })

  it('refuses 64-bit integers that float64 cannot hold, and columns of one name', async () => {
    const big = flechette.tableFromArrays({ a: [1n, 2n ** 60n + 1n] }, { types: { a: flechette.int64() } })
    await expect(readArrow(write('big.arrow', big, 'file'))).rejects.toThrow(
      /float64 can hold in column "a", got 1152921504606846977n in row 1/,
    )
    const column = flechette.columnFromArray([1, 2], flechette.int32())
    const twice = flechette.tableFromColumns([
      ['a', column],
      ['a', column],
    ] as never)
    await expect(readArrow(write('twice.arrow', twice, 'file'))).rejects.toThrow(/names that differ/)
  })
})

describe('damaged files', () => {
  const broken: [string, Uint8Array, RegExp][] = [
    ['x.parquet', Buffer.from(''), /a Parquet file, which ends with PAR1, got 0 bytes/],
    ['x.parquet', Buffer.from('PAR1 and a lot more'), /ends with PAR1/],
    ['x.parquet', Buffer.from('PAR1------------\xff\xff\xff\x7fPAR1', 'latin1'), /a footer of at most/],
    ['x.arrow', Buffer.from(''), /Arrow/],
    ['x.arrow', Buffer.from('ARROW1\0\0 but no more'), /Arrow/],
  ]
  it.each(broken)('%s of a few bytes', async (name, content, message) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    await expect(readTable(path)).rejects.toThrow(FormatError)
    await expect(readTable(path)).rejects.toThrow(message)
  })

  // A byte changed here and there, and cuts: each gives a table or a typed error, soon, and no process of gigabytes.
  it.each([
    'kinds-uncompressed.parquet',
    'kinds-zstd.parquet',
    'kinds-snappy.parquet',
    'kinds-lz4.arrow',
    'kinds-uncompressed.arrow',
    'kinds-zstd.arrow',
  ])('%s', async (name) => {
    const whole = readFileSync(join(files, name))
    const path = join(folder, `damaged-${name}`)
    const attempt = async (content: Uint8Array) => {
      writeFileSync(path, content)
      try {
        const table = await readTable(path)
        expect(table.rows).toBeLessThan(1e6)
      } catch (error) {
        expect(error).toBeInstanceOf(ChainruleError)
      }
    }
    for (let at = 0; at < whole.length; at += 53) {
      const changed = Buffer.from(whole)
      changed[at] = [0, 255, 127, changed[at]! ^ 1][at % 4]!
      await attempt(changed)
    }
    for (let length = 0; length < whole.length; length += 211) await attempt(whole.subarray(0, length))
  })
})
