// CSV: syntax, names, kinds, missing cells, pieces of any size, encodings, streams, and every way a file can be wrong.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ArgumentError,
  type CategoricalColumn,
  type Column,
  type CsvOptions,
  FileError,
  FormatError,
  parseCsv,
  readCsv,
  streamCsv,
  type Table,
} from '../../lib/index.js'
import { thrownBy } from '../support.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chainrule-csv-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** A stream of pieces of so many bytes. */
function inPieces(text: string | Uint8Array, size: number): Readable {
  const bytes = Buffer.from(text)
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  )
  return Readable.from(pieces)
}

const cells = (table: Table) => table.toObjects().map((row) => Object.values(row))
const asTexts = (names: string[]) => Object.fromEntries(names.map((name) => [name, 'categorical' as const]))

describe('syntax', () => {
  const rows: [string, string, string[][], CsvOptions?][] = [
    [
      'plain',
      'a,b\nx,y\nz,w\n',
      [
        ['x', 'y'],
        ['z', 'w'],
      ],
    ],
    ['no line break at the end', 'a,b\nx,y', [['x', 'y']]],
    ['CRLF', 'a,b\r\nx,y\r\n', [['x', 'y']]],
    [
      'CR alone',
      'a,b\rx,y\rz,w',
      [
        ['x', 'y'],
        ['z', 'w'],
      ],
    ],
    [
      'mixed line breaks',
      'a,b\nx,y\r\nz,w\rq,r',
      [
        ['x', 'y'],
        ['z', 'w'],
        ['q', 'r'],
      ],
    ],
    ['empty lines', '\n\na,b\n\nx,y\n\r\n\n', [['x', 'y']]],
    ['quotes', 'a,b\n"x","y, z"\n', [['x', 'y, z']]],
    ['doubled quotes', 'a,b\n"say ""x""",""""\n', [['say "x"', '"']]],
    ['line breaks in quotes', 'a,b\n"x\ny","z\r\nw"\n', [['x\ny', 'z\r\nw']]],
    ['quotes within', 'a,b\n5" pipe,x"y"\n', [['5" pipe', 'x"y"']]],
    ['a quoted name', '"a, 1",b\nx,y\n', [['x', 'y']]],
    ['spaces kept in texts', 'a,b\n x , y\n', [[' x ', ' y']]],
    ['byte order mark', '\ufeffa,b\nx,y\n', [['x', 'y']]],
    ['letters of many bytes', 'a,b\nÄ€,😀\n', [['Ä€', '😀']]],
    ['semicolons found', 'a;b\nx,1;y\n', [['x,1', 'y']]],
    ['tabs found', 'a\tb\nx\ty\n', [['x', 'y']]],
    ['bars found', 'a|b\nx|y\n', [['x', 'y']]],
    ['delimiters in quoted names do not count', '"a;;;",b\nx,y\n', [['x', 'y']]],
    ['a delimiter told', 'a:b\nx:y\n', [['x', 'y']], { delimiter: ':' }],
    ['another quote', "a,b\n'x, y',z\n", [['x, y', 'z']], { quote: "'" }],
    ['no quotes', 'a,b\n"x,y"\n', [['"x', 'y"']], { quote: false }],
    ['a trailing delimiter', 'a,\nx,y\n', [['x', 'y']]],
    ['one column', 'a\nx\ny\n', [['x'], ['y']]],
    ['a quoted empty cell in one column', 'a\nx\n""\n', [['x'], [null as never]]],
    [
      'no header',
      'x,y\nz,w\n',
      [
        ['x', 'y'],
        ['z', 'w'],
      ],
      { header: false },
    ],
    ['names told', 'x,y\n', [['x', 'y']], { header: ['a', 'b'] }],
    ['a limit', 'a\nx\ny\nz\n', [['x'], ['y']], { limit: 2 }],
    ['columns chosen', 'a,b,c\nx,y,z\n', [['z', 'x']], { columns: ['c', 'a'] }],
  ]
  it.each(rows)('%s', async (_, text, expected, options) => {
    expect(cells(parseCsv(text, options))).toEqual(expected)
    expect(parseCsv(text, options).names[0]).not.toMatch(/^\ufeff/)
    expect(cells(await readCsv(file('plain.csv', text), options))).toEqual(expected)
    for (const size of [1, 2, 3, 7]) {
      expect(cells(await readCsv(inPieces(text, size), options)), `pieces of ${size}`).toEqual(expected)
    }
  })

  it('names columns that have no name, or one that was there before', () => {
    const names = (line: string, options?: CsvOptions) => parseCsv(`${line}\n`, options).names
    expect(names('a,,b,,')).toEqual(['a', 'column_2', 'b', 'column_4', 'column_5'])
    expect(names('a,a,a_2,a')).toEqual(['a', 'a_3', 'a_2', 'a_4'])
    expect(names(Array(50_000).fill('a').join()).at(-1)).toBe('a_50000') // not each one by a search from a_2 on
    expect(names('column_2,,column_2_2')).toEqual(['column_2', 'column_2_3', 'column_2_2'])
    expect(names(' a , b')).toEqual(['a', 'b'])
    expect(names('x,y', { header: false })).toEqual(['column_1', 'column_2'])
    expect(names('"a ""b""","c"\n1,2')).toEqual(['a "b"', 'c'])
    expect(names('0,1,2')).toEqual(['0', '1', '2']) // as pandas numbers them
    expect(names('toString,__proto__')).toEqual(['toString', '__proto__'])
  })

  it('has no rows where there is only a header', () => {
    const table = parseCsv('a,b\n')
    expect([table.rows, table.names]).toEqual([0, ['a', 'b']])
    expect(parseCsv('', { header: ['a', 'b'] }).names).toEqual(['a', 'b'])
    expect(parseCsv('', { header: false }).names).toEqual([])
  })
})

describe('kinds', () => {
  const day = (text: string) => Date.parse(text)
  const kinds: [string, string[], Partial<Column> & { values?: unknown }][] = [
    ['integers', ['1', '-2', '+3', ' 4 '], { kind: 'numeric', values: Int32Array.of(1, -2, 3, 4) }],
    ['floats', ['1.5', '.5', '5.', '-0.25'], { kind: 'numeric', values: Float64Array.of(1.5, 0.5, 5, -0.25) }],
    ['exponents', ['1e3', '1.5E-2', '2e+1'], { kind: 'numeric', values: Float64Array.of(1000, 0.015, 20) }],
    ['infinities', ['inf', '-Infinity', '1'], { kind: 'numeric', values: Float64Array.of(Infinity, -Infinity, 1) }],
    ['negative zero', ['-0', '1'], { kind: 'numeric', values: Float64Array.of(-0, 1) }],
    ['holes', ['1', '', 'NA', 'NaN', ' ', '2'], { kind: 'numeric', values: Float64Array.of(1, NaN, NaN, NaN, NaN, 2) }],
    ['nothing', ['NA', 'null'], { kind: 'numeric', values: Float64Array.of(NaN, NaN) }],
    [
      'zip codes',
      ['00501', '10001'],
      { kind: 'categorical', codes: Int32Array.of(0, 1), categories: ['00501', '10001'] },
    ],
    ['ids too long for numbers', ['12345678901234567890', '1'], { kind: 'categorical' }],
    ['2^53', ['9007199254740992', '1'], { kind: 'numeric', values: Float64Array.of(2 ** 53, 1) }],
    ['booleans', ['true', 'FALSE', '', 'True'], { kind: 'boolean', values: Uint8Array.of(1, 0, 255, 1) }],
    ['zeros and ones', ['0', '1'], { kind: 'numeric', values: Int32Array.of(0, 1) }],
    ['yes and no', ['yes', 'no'], { kind: 'categorical', categories: ['yes', 'no'] } as Partial<Column>],
    [
      'dates',
      ['2024-01-31', 'NA', '1969-12-31'],
      { kind: 'date', values: Float64Array.of(day('2024-01-31'), NaN, day('1969-12-31')) },
    ],
    [
      'times',
      ['2024-01-31 12:30', '2024-01-31T12:30:15.5Z'],
      { kind: 'date', values: Float64Array.of(day('2024-01-31T12:30Z'), day('2024-01-31T12:30:15.5Z')) },
    ],
    ['no dates', ['2024-02-30', '2024-02-29'], { kind: 'categorical' }],
    [
      'texts',
      ['x', '', 'x', 'y'],
      { kind: 'categorical', codes: Int32Array.of(0, -1, 0, 1), categories: ['x', 'y'] } as Partial<Column>,
    ],
    [
      'texts and some numbers',
      ['12', '14B', 'x', '3'],
      { kind: 'categorical', codes: Int32Array.of(0, 1, 2, 3) } as Partial<Column>,
    ],
    ['booleans and numbers', ['true', '1'], { kind: 'categorical' }],
    ['hexadecimal', ['0x10', '0x11'], { kind: 'categorical' }],
    ['a lone sign or point', ['-', '.', '+.', 'e5'], { kind: 'categorical' }],
    ['cut exponents', ['1e', '1e+', '1.5e-'], { kind: 'categorical' }],
  ]
  it.each(kinds)('%s', (_, values, expected) => {
    const column = parseCsv(`a,b\n${values.map((value) => `${value},x`).join('\n')}\n`).column('a')
    expect(column).toMatchObject({ name: 'a', ...expected })
  })

  const told: [string, NonNullable<CsvOptions['types']>, string[], Partial<Column>][] = [
    [
      'numbers as texts',
      { a: 'categorical' },
      ['007', '1'],
      { kind: 'categorical', categories: ['007', '1'] } as Partial<Column>,
    ],
    ['codes as numbers', { a: 'numeric' }, ['007', '1'], { kind: 'numeric', values: Int32Array.of(7, 1) }],
    [
      'words as booleans',
      { a: 'boolean' },
      ['yes', 'N', '1', 'off', ''],
      { kind: 'boolean', values: Uint8Array.of(1, 0, 1, 0, 255) },
    ],
    ['dates as texts', { a: 'categorical' }, ['2024-01-31'], { kind: 'categorical' }],
  ]
  it.each(told)('%s, when told', (_, types, values, expected) => {
    expect(parseCsv(`a,b\n${values.map((value) => `${value},x`).join('\n')}\n`, { types }).column('a')).toMatchObject(
      expected,
    )
  })

  it('reads numbers to the last bit', () => {
    const texts = [
      '0.1',
      '1.7976931348623157e308',
      '5e-324',
      '2.2250738585072014e-308',
      '0.30000000000000004',
      '123456789012345678',
      '9007199254740993.0',
      '1e22',
      '1e23',
      '8.41470984807896506e-01',
      '4.35e-20',
      '0.000001',
      '179.99999999999997',
      '1e400',
      '1e-400',
    ]
    const values = (
      parseCsv(`a\n${texts.join('\n')}\n`, { types: { a: 'numeric' } }).column('a') as { values: Float64Array }
    ).values
    expect(Array.from(values)).toEqual(texts.map(Number))
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1 }), (numbers) => {
        const read = parseCsv(`a\n${numbers.map((x) => (Object.is(x, -0) ? '-0' : x)).join('\n')}\n`, {
          types: { a: 'numeric' },
        })
        expect(Array.from((read.column('a') as { values: Float64Array }).values)).toEqual(numbers)
      }),
      { numRuns: 50 },
    )
  })

  it('decides by all fields, however late one comes that is different', async () => {
    const many = '12,x\n'.repeat(230_000) // more than is looked at first
    const late = (cell: string) => `a,b\n${many}${cell},x\n12,x\n`
    const kind = async (text: string) => (await readCsv(file('late.csv', text))).column('a')
    expect(await kind(late('1.5'))).toMatchObject({ kind: 'numeric' })
    expect(await kind(late('012'))).toMatchObject({ kind: 'categorical', categories: ['12', '012'] })
    expect(parseCsv(`a,b\n${many}${'x,x\n'.repeat(30_000)}`).column('a').kind).toBe('categorical')
    const refused =
      /numbers in column "a", as 99.9 % of its fields are, got "\?" \(.*late.csv, line 230002, column 1\); if it stands for a missing value, give missing: \["\?"\]/
    await expect(kind(late('?'))).rejects.toThrow(refused)
    await expect(kind(`a,b\n?,x\n${many}`)).rejects.toThrow(/line 2, column 1/)
    await expect(readCsv(inPieces(late('2024-01-01'), 1 << 18))).rejects.toThrow(
      /got "2024-01-01" \(line 230002, column 1\)/,
    )
  })

  it('tells any number of texts apart', () => {
    const texts = Array.from({ length: 5000 }, (_, i) => `text ${(i * 7919) % 2500}`)
    const column = parseCsv(`a\n${texts.join('\n')}\n`).column('a') as CategoricalColumn
    expect(column.categories).toEqual([...new Set(texts)])
    expect(Array.from(column.codes, (code) => column.categories[code])).toEqual(texts)
  })

  it('takes its own list of missing marks', () => {
    const table = parseCsv('a,b\n?,NA\n1,-\n', { missing: ['?', '-'] })
    expect(cells(table)).toEqual([
      [null, 'NA'],
      [1, null],
    ])
    expect(parseCsv('a\nNA\n', { missing: [] }).row(0)).toEqual({ a: 'NA' })
  })
})

describe('streams', () => {
  it('come in tables of so many rows, with codes that stay', async () => {
    const text = `a,b\n${Array.from({ length: 25 }, (_, i) => `${i},c${i % 7}`).join('\n')}\n`
    for (const size of [1, 5, 1000]) {
      const tables: Table[] = []
      for await (const table of streamCsv(inPieces(text, size), { rows: 10 })) tables.push(table)
      expect(tables.map(({ rows }) => rows)).toEqual([10, 10, 5])
      expect(tables.flatMap(cells)).toEqual(cells(parseCsv(text)))
      const categories = tables.map((table) => (table.column('b') as CategoricalColumn).categories)
      expect(categories[2]).toEqual(categories[0])
    }
    const one: Table[] = []
    for await (const table of streamCsv(file('s.csv', text), { rows: 10, limit: 12 })) one.push(table)
    expect(one.map(({ rows }) => rows)).toEqual([10, 2])
    for await (const table of streamCsv(file('s.csv', 'a\n'))) expect(table.rows).toBe('no table')
  })

  it('say where a field is not of the kind that the first rows have', async () => {
    const run = async () => {
      for await (const table of streamCsv(file('s.csv', 'a\n1\n2\nx\n'), { rows: 2 })) expect(table.rows).toBe(2)
    }
    await expect(run()).rejects.toThrow(
      /numbers in column "a", got "x" \(.*s.csv, line 4, column 1\); .*types: { a: 'categorical' }/,
    )
    expect(() => streamCsv('x.csv', { rows: 0 })).toThrow(ArgumentError)
  })

  it('give each table as soon as its rows have come', async () => {
    let asked = 0
    async function* pieces() {
      for (const piece of ['a\n1\n2\n3\n', '4\n5\n6\n', '7\n']) {
        asked++
        yield Buffer.from(piece)
      }
    }
    const seen: [rows: number, asked: number][] = []
    for await (const { rows } of streamCsv(pieces(), { rows: 2 })) seen.push([rows, asked])
    expect(seen.map(([rows]) => rows)).toEqual([2, 2, 2, 1])
    expect(seen[0]![1]).toBeLessThan(3)
  })

  it('can be left early', async () => {
    for await (const table of streamCsv(file('s.csv.gz', gzipSync(`a\n${'1\n'.repeat(10_000)}`)), { rows: 10 })) {
      expect(table.rows).toBe(10)
      break
    }
  })
})

describe('files', () => {
  it('are gzipped, of other encodings, TSV, or named by URLs', async () => {
    const text = 'name,n\nJosé,1\n'
    const expected = [{ name: 'José', n: 1 }]
    const read = async (name: string, content: Uint8Array, options?: CsvOptions) =>
      (await readCsv(file(name, content), options)).toObjects()
    expect(await read('p.csv.gz', gzipSync(text))).toEqual(expected)
    expect(await read('p.csv', Buffer.concat([gzipSync('name,n\n'), gzipSync('José,1\n')]))).toEqual(expected)
    expect(await read('l.csv', Buffer.from(text, 'latin1'), { encoding: 'latin1' })).toEqual(expected)
    expect(await read('u.csv', Buffer.from(`\ufeff${text}`, 'utf16le'), { encoding: 'utf-16le' })).toEqual(expected)
    expect(await read('t.tsv', Buffer.from('name;x\tn\nJosé\t1\n'))).toEqual([{ 'name;x': 'José', n: 1 }])
    expect((await readCsv(pathToFileURL(file('ü p.csv', text)))).toObjects()).toEqual(expected)
    expect(parseCsv(Buffer.from(text, 'latin1'), { encoding: 'latin1' }).toObjects()).toEqual(expected)
    expect(parseCsv(Buffer.from(`\ufeff${text}`)).toObjects()).toEqual(expected)
    async function* texts() {
      yield 'name,n\nJos'
      yield 'é,1\n'
    }
    expect((await readCsv(texts())).toObjects()).toEqual(expected)
  })

  it('are refused where they cannot be read', async () => {
    await expect(readCsv(join(folder, 'missing.csv'))).rejects.toMatchObject({ code: 'FILE_FAILED', message: /ENOENT/ })
    await expect(readCsv(folder)).rejects.toThrow(FileError)
    await expect(readCsv('')).rejects.toThrow(ArgumentError)
    await expect(readCsv(3 as never)).rejects.toThrow(/the path of a file, or a stream, got 3/)
    await expect(readCsv(Readable.from([3]))).rejects.toThrow(/bytes or texts, got 3/)
    await expect(readCsv(new URL('http://localhost/x.csv'))).rejects.toThrow(/file: URL/)
    async function* broken() {
      yield 'a\n1\n'
      throw new Error('the line went dead')
    }
    await expect(readCsv(broken())).rejects.toThrow('the line went dead')
  })
})

describe('what is refused', () => {
  const wrong: [string, string | Uint8Array, RegExp, { line?: number; column?: number }, CsvOptions?][] = [
    ['nothing', '', /a line of names, got an empty file/, { line: 1 }],
    ['empty lines', '\n\n', /a line of names, got an empty file/, { line: 1 }],
    ['too few fields', 'a,b\nx,y\nx\n', /2 fields in every line, as there are names, got 1/, { line: 3 }],
    ['too many fields', 'a,b\nx,y,z\n', /got 3 .*put fields that hold the delimiter in quotes/, { line: 2 }],
    [
      'ragged without header',
      'x,y\nz\n',
      /2 fields in every line, as the first line has/,
      { line: 2 },
      { header: false },
    ],
    ['names that do not fit', 'x,y,z\n', /2 fields .*, got 3/, { line: 1 }, { header: ['a', 'b'] }],
    [
      'a quote left open',
      'a,b\nx,"y\nz,w\n',
      /a closing quote, got none to the one that opens here/,
      { line: 2, column: 2 },
    ],
    ['text after a quote', 'a,b\n"x"y,z\n', /after a closing quote, got other text/, { line: 2, column: 1 }],
    ['text after a quote over lines', 'a,b\n"x\n\n"y,z\n', /after a closing quote/, { line: 4, column: 1 }],
    [
      'no UTF-8',
      Buffer.from('a,b\nx,y\nJos\xe9,1\n', 'latin1'),
      /text in UTF-8, got bytes that are none .*encoding: 'latin1'/,
      { line: 3 },
    ],
    ['a cut letter', Buffer.from('a\nx\xc3', 'latin1'), /text in UTF-8/, { line: 2 }],
    ['UTF-16 without a mark', Buffer.from('a,b\nx,y\n', 'utf16le'), /text, got a NUL byte .*utf-16le/, { line: 1 }],
    ['a NUL byte', 'a,b\nx,y\nx,\0\n', /a NUL byte/, { line: 3 }],
    [
      'numbers as names',
      '5.1,3.5\n4.9,3.0\n',
      /names in the first line, got nothing but numbers .*header: false/,
      { line: 1 },
    ],
    [
      'decimal commas',
      'a;b\n1,5;x\n2,25;y\n',
      /numbers without thousands separators and with a decimal point in column "a", got "1,5".*write 1234.5/,
      { line: 2, column: 1 },
    ],
    ['thousands', 'a,b\n900,x\n"1,234",y\n', /got "1,234"/, { line: 3, column: 1 }],
    ['thousands with points', 'a;b\n1.234,5;x\n', /got "1.234,5"/, { line: 2, column: 1 }],
    [
      'a text among numbers',
      `a,b\n${'1,x\n'.repeat(20)}?,x\n`,
      /as 95.2 % of its fields are, got "\?"/,
      { line: 22, column: 1 },
    ],
    [
      'a text among dates',
      `a,b\n${'2024-01-01,x\n'.repeat(20)}soon,x\n`,
      /dates in column "a".*got "soon"/,
      { line: 22, column: 1 },
    ],
    [
      'no number where told',
      'a,b\nx,1\nx,y\n',
      /numbers in column "b", got "y"/,
      { line: 3, column: 2 },
      { types: { b: 'numeric' } },
    ],
    [
      'no boolean where told',
      'a\nmaybe\n',
      /booleans in column "a", got "maybe"/,
      { line: 2, column: 1 },
      { types: { a: 'boolean' } },
    ],
    [
      'no date where told',
      'a\n31.12.2024\n',
      /dates in column "a", got "31.12.2024"/,
      { line: 2, column: 1 },
      { types: { a: 'date' } },
    ],
    [
      'lines counted within quotes',
      'a,b\n"x\ny\nz",1\nq,r\n',
      /numbers in column "b", got "r"/,
      { line: 5, column: 2 },
      { types: { b: 'numeric' } },
    ],
  ]
  it.each(wrong)('%s', async (_, content, message, place, options) => {
    const error = thrownBy(() => parseCsv(content, options))
    expect(error).toBeInstanceOf(FormatError)
    expect((error as Error).message).toMatch(message)
    expect(error).toMatchObject({ code: 'INVALID_FORMAT', ...place })
    const path = file('wrong.csv', content)
    await expect(readCsv(path, options)).rejects.toMatchObject({ message, file: path, ...place })
    await expect(readCsv(inPieces(content, 1), options)).rejects.toMatchObject({ message, ...place })
  })

  it('UTF-16, broken gzip, and more bytes than allowed', async () => {
    await expect(readCsv(file('u.csv', Buffer.from('\ufeffa\nx\n', 'utf16le')))).rejects.toThrow(
      /text in UTF-8, got the byte order mark of UTF-16LE .*give encoding: 'utf-16le'/,
    )
    const packed = gzipSync(`a\n${'x\n'.repeat(100_000)}`)
    await expect(readCsv(file('cut.csv.gz', packed.subarray(0, packed.length - 20)))).rejects.toThrow(/sound gzip data/)
    await expect(readCsv(file('bomb.csv.gz', packed), { maxBytes: 1000 })).rejects.toThrow(
      /at most 1000 bytes when unpacked/,
    )
    await expect(readCsv(inPieces('a\nx\ny\n', 2), { maxBytes: 5 })).rejects.toThrow(/at most 5 bytes, got more/)
  })

  it('fields and lines without end', async () => {
    const piece = Buffer.alloc(1 << 20, 'x')
    async function* endless() {
      for (let i = 0; i < 1000; i++) yield piece
    }
    const read = async () => {
      for await (const table of streamCsv(endless())) return table
    }
    await expect(read()).rejects.toThrow(/lines of at most 67108864 bytes, got a longer one/)
    expect(() => parseCsv(','.repeat(100_000))).toThrow(/at most 100000 fields in a line, got more/)
  })

  const options: [CsvOptions | never, RegExp][] = [
    [{ delimeter: ',' } as never, /options among header.*got "delimeter"/],
    [{ delimiter: ',,' }, /delimiter to be one ASCII character/],
    [{ delimiter: '€' }, /delimiter to be one ASCII character/],
    [{ delimiter: '\n' }, /delimiter to be one ASCII character/],
    [{ delimiter: '"' }, /a delimiter other than the quote/],
    [{ quote: '' }, /quote to be one ASCII character/],
    [{ missing: 'NA' as never }, /missing to be an array of texts/],
    [{ columns: ['a', 'a'] }, /columns that differ/],
    [{ columns: ['z'] }, /columns among "a", "b", got "z"/],
    [{ types: { z: 'date' } }, /columns among "a", "b", got "z"/],
    [{ types: { a: 'int' as never } }, /one of numeric, categorical, boolean, date, got "int"/],
    [{ header: 'a' as never }, /header to be an array of texts/],
    [{ header: ['a', 'a'] }, /header that differ/],
    [{ limit: 0 }, /limit to be an integer ≥ 1/],
    [{ encoding: 'klingon' }, /encoding to be one that TextDecoder knows/],
    [{ maxBytes: 0 }, /maxBytes/],
  ]
  it.each(options)('options %j', (given, message) => {
    expect(() => parseCsv('a,b\n1,2\n', given)).toThrow(ArgumentError)
    expect(() => parseCsv('a,b\n1,2\n', given)).toThrow(message)
  })
})

describe('properties', () => {
  const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '"', ',', '\n', '\r', ' ', ';', 'é', '😀', '1') })

  it('what is written is read, however it is quoted and cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(text, text, text), { maxLength: 12 }),
        fc.constantFrom('\n', '\r\n'),
        fc.constantFrom(',', ';', '\t'),
        fc.integer({ min: 1, max: 40 }),
        async (rows, lineBreak, delimiter, size) => {
          const lines = rows.map((row) => row.map(quoted).join(delimiter))
          const written = ['a', 'b', 'c'].join(delimiter) + lineBreak + lines.map((line) => line + lineBreak).join('')
          const options = { delimiter, types: asTexts(['a', 'b', 'c']) }
          const expected = rows.map((row) => row.map((cell) => (/^[ \t]*$/.test(cell) ? null : cell)))
          expect(cells(parseCsv(written, options))).toEqual(expected)
          expect(cells(await readCsv(inPieces(written, size), options))).toEqual(expected)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('any bytes are a table or a typed error', () => {
    const bytes = fc.uint8Array({ maxLength: 80 })
    const almost = fc.string({
      unit: fc.constantFrom('a', '1', '"', ',', '\n', '\r', ';', '\0', '.', '-', 'é'),
      maxLength: 60,
    })
    fc.assert(
      fc.property(fc.oneof(bytes, almost), fc.boolean(), (content, header) => {
        try {
          const table = parseCsv(content, { header })
          expect(table.toObjects()).toHaveLength(table.rows)
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
        }
      }),
      { numRuns: 500 },
    )
  })
})
