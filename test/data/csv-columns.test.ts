// What columns of CSV are made of: fields as numbers, dates and truths, what a column looks like, and where fields go.
import { describe, expect, it } from 'vitest'
import { booleanAt, dateAt, MissingCells, NumberReader } from '../../lib/data/csv/cells.js'
import { type Doubt, explained, Looks } from '../../lib/data/csv/classify.js'
import { sinkOf, TextSink } from '../../lib/data/csv/sinks.js'

/** A field between others, which must not count. */
const framed = (text: string) => {
  const field = Buffer.from(text)
  return [Buffer.concat([Buffer.from('7'), field, Buffer.from('7')]), 1, 1 + field.length] as const
}

describe('fields', () => {
  const reader = new NumberReader()
  const numbers: [text: string, form: string, value: number][] = [
    ['0', 'integer', 0],
    ['-0', 'integer', -0],
    ['+12', 'integer', 12],
    ['007', 'code', 7],
    ['00', 'code', 0],
    ['9007199254740992', 'integer', 2 ** 53],
    ['9007199254740993', 'integer', 2 ** 53],
    ['9007199254740994', 'code', 2 ** 53 + 2],
    ['.5', 'float', 0.5],
    ['5.', 'float', 5],
    ['-1.25', 'float', -1.25],
    ['1e22', 'float', 1e22],
    ['1e23', 'float', 1e23],
    ['1e-22', 'float', 1e-22],
    ['123.456e-25', 'float', 123.456e-25],
    ['1E+5', 'float', 1e5],
    ['1.5e-3', 'float', 0.0015],
    ['Infinity', 'float', Number.POSITIVE_INFINITY],
    ['-inf', 'float', Number.NEGATIVE_INFINITY],
  ]
  it.each(numbers)('%s is a number', (text, form, value) => {
    expect(reader.read(...framed(text))).toBe(true)
    expect([reader.form, reader.value]).toEqual([form, value])
  })

  it.each(['', '-', '+', '.', 'e', '1e', '1e+', '1e5x', '1x', '--1', '1d5', '1.2.3', '1,5', 'nfi', '0x10', '1_0', 'infinit'])('%j is none', (text) => {
    expect(reader.read(...framed(text))).toBe(false)
    expect(reader.form).toBe('none')
  }) // biome-ignore format: a row

  const day = 86_400_000
  it.each([
    ['1970-01-02', day],
    ['1970/01/02', day],
    ['1970-01-02T00:00:01Z', day + 1000],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
    ['1970-01-02 00:00', day],
  ])('%s is a date', (text, value) => expect(dateAt(...framed(text))).toBe(value))
  it.each(['1970-01/02', '1970.01.02', '1970-1-002', '2023-02-29', '1970-01-0', '197a-01-02', '1970-01-02T', `1970-01-02T00:00:00.${'0'.repeat(21)}`])(
    '%s is none',
    (text) => expect(dateAt(...framed(text))).toBeNaN(),
  ) // biome-ignore format: a row

  it('truths are words in any case', () => {
    expect(['true', 'TRUE', 'False', 'fAlSe'].map((text) => booleanAt(...framed(text)))).toEqual([1, 1, 0, 0])
    expect(['yes', 'tru', 'truee', '1', '', 'falsd'].map((text) => booleanAt(...framed(text)))).toEqual(Array(6).fill(-1)) // biome-ignore format: a row
  })

  it('are missing where they are empty or say so', () => {
    const missing = new MissingCells([' NA ', 'n/a', '', '-'])
    expect(['', 'NA', 'n/a', '-'].map((text) => missing.has(...framed(text)))).toEqual([true, true, true, true])
    expect(['N', 'na', 'NAN', 'n/b', '--'].map((text) => missing.has(...framed(text)))).toEqual(Array(5).fill(false))
    expect(new MissingCells([]).has(...framed('NA'))).toBe(false)
  })
})

describe('looks', () => {
  type Field = string | readonly [text: string, times: number]
  const of = (...fields: readonly Field[]) => {
    const looks = new Looks()
    for (const [i, field] of fields.entries()) {
      const [text, times] = typeof field === 'string' ? [field, undefined] : field
      looks.see(...framed(text), i + 2, times)
    }
    return looks
  }
  it.each([
    ['nothing', [], 'numeric'],
    ['numbers', ['1', '2.5'], 'numeric'],
    ['numbers between spaces', [' 1 ', '\t2\t'], 'numeric'],
    ['truths', ['true', 'false'], 'boolean'],
    ['dates', ['2024-01-01', '2024/01/01'], 'date'],
    ['codes', ['007'], 'categorical'],
    ['codes and numbers', ['1', ['2', 99], '007'], 'categorical'],
    ['texts', ['a', 'b'], 'categorical'],
    ['texts and some numbers', ['a', ['1', 8]], 'categorical'],
    ['dates and truths', [['2024-01-01', 8], 'true'], 'categorical'],
    ['commas and texts', ['1,5', 'a'], 'categorical'],
    ['forty letters with commas', [`1${',000'.repeat(9)}.12`], 'categorical'],
  ] as const)('%s', (_, fields, kind) => expect(of(...fields).decide()).toBe(kind))

  it.each<[string, Field[], Doubt]>([
    ['nine of ten', [['1', 9], 'a'], { noun: 'numbers', share: '90 %', odd: { look: 'text', line: 3, text: 'a' } }],
    ['most', ['x', ['1', 999], 'y'], { noun: 'numbers', share: '99.8 %', odd: { look: 'text', line: 2, text: 'x' } }],
    ['dates', [['2024-01-01', 99], '5'], { noun: 'dates', share: '99 %', odd: { look: 'number', line: 3, text: '5' } }],
    ['the first odd one that is no code', ['007', ['1', 99], 'x'], { noun: 'numbers', share: '98 %', odd: { look: 'text', line: 4, text: 'x' } }],
    ['the first of two kinds', [['1', 99], 'true', 'x'], { noun: 'numbers', share: '98 %', odd: { look: 'boolean', line: 3, text: 'true' } }],
    ['commas', ['1', '1,234.5'], { noun: 'numbers', share: '50 %', odd: { look: 'comma', line: 3, text: '1,234.5' } }],
    ['thirty-nine letters with commas', [`1${',000'.repeat(9)}.1`], { noun: 'numbers', share: '0 %', odd: { look: 'comma', line: 2, text: `1${',000'.repeat(9)}.1` } }],
    ['commas alone', ['1.234,5'], { noun: 'numbers', share: '0 %', odd: { look: 'comma', line: 2, text: '1.234,5' } }],
    ['commas and codes', ['1,5', '007'], { noun: 'numbers', share: '0 %', odd: { look: 'comma', line: 2, text: '1,5' } }],
    ['a long one', [['1', 99], 'z'.repeat(300)], { noun: 'numbers', share: '99 %', odd: { look: 'text', line: 3, text: 'z'.repeat(200) } }],
  ])('in doubt: %s', (_, fields, doubt) => expect(of(...fields).decide()).toEqual(doubt)) // biome-ignore format: a table

  it('are plain where all are texts', () => {
    expect([of('a', 'b'), of('a', '1'), of(), of('a', '2024-01-01')].map(({ plain }) => plain)).toEqual([true, false, true, false]) // biome-ignore format: a row
  })

  it('are explained with what to do', () => {
    const odd = { line: 3, text: 'x' }
    expect(explained('a b', { noun: 'dates', share: '95 %', odd: { ...odd, look: 'text' } })).toEqual([
      'dates in column "a b", as 95 % of its fields are', '"x"', `if it stands for a missing value, give missing: ["x"]; types: { "a b": 'categorical' } takes all as texts`,
    ]) // biome-ignore format: three texts
    const [expected, , advice] = explained('n', { noun: 'numbers', share: '50 %', odd: { ...odd, look: 'comma' } })
    expect(expected).toBe('numbers without thousands separators and with a decimal point in column "n"')
    expect(advice).toBe(`write 1234.5, or give types: { n: 'categorical' } to take them as texts`)
  })
})

describe('sinks', () => {
  const none = Number.NaN
  it.each([
    ['numeric', false, ['1', '2.5'], ['x', '007', ''], Float64Array.of(1, 2.5, none)],
    ['numeric', true, ['1', '007'], ['x', ''], Float64Array.of(1, 7, none)],
    ['date', false, ['1970-01-01'], ['x', '1'], Float64Array.of(0, none)],
    ['boolean', false, ['true', 'FALSE'], ['yes', '1', 'x'], Uint8Array.of(1, 0, 255)],
    ['boolean', true, ['true', 'yes', 'No', '0', 'False'], ['x', 'falsee', 'maybe'], Uint8Array.of(1, 1, 0, 0, 0, 255)],
  ] as const)('of kind %s, told %s', (kind, told, good, bad, values) => {
    const sink = sinkOf(kind, told)
    expect(sink.trims).toBe(true)
    for (let round = 0; round < 2; round++) {
      for (const text of bad) expect(sink.add(...framed(text)), text).toBe(false)
      for (const text of good) expect(sink.add(...framed(text)), text).toBe(true)
      sink.missing()
      expect(sink.finish('a')).toMatchObject({ kind, name: 'a', values })
    }
    expect((sink.finish('a') as { values: ArrayLike<number> }).values.length).toBe(0)
  })

  it('of texts count them, and keep their categories', () => {
    const sink = sinkOf('categorical', false) as TextSink
    expect(sink).toBeInstanceOf(TextSink)
    expect(sink.trims).toBe(false)
    for (const text of ['b', '', 'a', 'b']) expect(sink.add(...framed(text))).toBe(true)
    sink.missing()
    expect([...sink.times()]).toEqual([2, 1, 1])
    expect(sink.finish('a')).toMatchObject({ codes: Int32Array.of(0, 1, 2, 0, -1), categories: ['b', '', 'a'] })
    expect([...sink.times()]).toEqual([0, 0, 0])
    sink.add(...framed('a'))
    expect(sink.finish('a')).toMatchObject({ codes: Int32Array.of(2), categories: ['b', '', 'a'] })
  })
})
