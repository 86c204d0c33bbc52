// Tables: kinds inferred and told, missing values, rows and columns taken apart, tensors, text, and what is refused.
import { describe, expect, it } from 'vitest'
import { ArgumentError, type Column, IndexError, ShapeError, Table } from '../../lib/index.js'

const day = (text: string) => Date.parse(`${text}T00:00:00Z`)

const people = Table.from([
  { name: 'Ada', age: 36, born: '1815-12-10', member: true },
  { name: 'Alan', age: null, born: '1912-06-23', member: false },
  { name: 'Ada', born: undefined, member: null, height: 1.75 },
])

describe('Table.from', () => {
  const kinds: [string, unknown[], Partial<Column>][] = [
    ['integers', [1, -2, 3], { kind: 'numeric', values: Int32Array.of(1, -2, 3) }],
    ['floats', [1, 2.5], { kind: 'numeric', values: Float64Array.of(1, 2.5) }],
    ['a negative zero', [1, -0], { kind: 'numeric', values: Float64Array.of(1, -0) }],
    ['large integers', [2 ** 31, 1], { kind: 'numeric', values: Float64Array.of(2 ** 31, 1) }],
    ['32 bits', [2 ** 31 - 1, -(2 ** 31)], { kind: 'numeric', values: Int32Array.of(2 ** 31 - 1, -(2 ** 31)) }],
    ['numbers with holes', [null, 1, NaN], { kind: 'numeric', values: Float64Array.of(NaN, 1, NaN) }],
    ['infinities', [1, -Infinity], { kind: 'numeric', values: Float64Array.of(1, -Infinity) }],
    ['bigints', [1n, 2n ** 53n], { kind: 'numeric', values: Float64Array.of(1, 2 ** 53) }],
    ['nothing', [null, undefined], { kind: 'numeric', values: Float64Array.of(NaN, NaN) }],
    ['no rows', [], { kind: 'numeric', values: new Int32Array(0) }],
    ['booleans', [true, null, false], { kind: 'boolean', values: Uint8Array.of(1, 255, 0) }],
    [
      'texts',
      ['b', 'a', null, 'b'],
      { kind: 'categorical', codes: Int32Array.of(0, 1, -1, 0), categories: ['b', 'a'] },
    ],
    ['an empty text', [''], { kind: 'categorical', codes: Int32Array.of(0), categories: [''] }],
    ['digits as texts', ['1', '2'], { kind: 'categorical', codes: Int32Array.of(0, 1), categories: ['1', '2'] }],
    ['dates', [new Date(5), null], { kind: 'date', values: Float64Array.of(5, NaN) }],
    ['ISO dates', [null, '1970-01-02'], { kind: 'date', values: Float64Array.of(NaN, 86_400_000) }],
    [
      'dates and texts',
      ['1970-01-02', 'x'],
      { kind: 'categorical', codes: Int32Array.of(0, 1), categories: ['1970-01-02', 'x'] },
    ],
  ]
  it.each(kinds)('takes %s', (_, values, expected) => {
    expect(Table.from({ c: values }).column('c')).toEqual({ name: 'c', ...expected })
    if (values.length > 0) {
      expect(Table.from(values.map((c) => ({ c }))).column('c')).toEqual({ name: 'c', ...expected })
    }
  })

  const told: [string, 'numeric' | 'categorical' | 'boolean' | 'date', unknown[], Partial<Column>][] = [
    ['numbers as texts', 'categorical', [1, 2.5, null], { codes: Int32Array.of(0, 1, -1), categories: ['1', '2.5'] }],
    ['dates as texts', 'categorical', ['2024-01-01'], { codes: Int32Array.of(0), categories: ['2024-01-01'] }],
    [
      'mixed values as texts',
      'categorical',
      [1, 'x', true],
      { codes: Int32Array.of(0, 1, 2), categories: ['1', 'x', 'true'] },
    ],
    [
      'texts as numbers',
      'numeric',
      ['1', ' -2.5e3 ', '.5', 'inf'],
      { values: Float64Array.of(1, -2500, 0.5, Infinity) },
    ],
    ['booleans as numbers', 'numeric', [true, false], { values: Int32Array.of(1, 0) }],
    ['words as booleans', 'boolean', ['yes', 'No', 'T', 1, 0, null], { values: Uint8Array.of(1, 0, 1, 1, 0, 255) }],
    ['numbers as dates', 'date', [0, 1.5], { values: Float64Array.of(0, 1.5) }],
  ]
  it.each(told)('takes %s when told so', (_, kind, values, expected) => {
    expect(Table.from({ c: values }, { types: { c: kind } }).column('c')).toMatchObject({
      kind,
      name: 'c',
      ...expected,
    })
  })

  const times: [string, number | undefined][] = [
    ['2024-02-29', day('2024-02-29')],
    ['2023-02-29', undefined],
    ['1900-02-29', undefined],
    ['2000-02-29', day('2000-02-29')],
    ['2024-04-31', undefined],
    ['2024-13-01', undefined],
    ['2024-00-01', undefined],
    ['2024-01-00', undefined],
    ['0001-01-01', day('0001-01-01')],
    ['9999-12-31', day('9999-12-31')],
    ['2024/05/31', day('2024-05-31')],
    ['2024-05/31', undefined],
    ['2024-05-31T12:30', Date.parse('2024-05-31T12:30Z')],
    ['2024-05-31 12:30:15', Date.parse('2024-05-31T12:30:15Z')],
    ['2024-05-31T12:30:15.25Z', Date.parse('2024-05-31T12:30:15.250Z')],
    ['2024-05-31T12:30:15.999999', Date.parse('2024-05-31T12:30:15.999Z')],
    ['2024-05-31T12:30:15.001', Date.parse('2024-05-31T12:30:15.001Z')],
    ['2024-05-31T12:30:15+02:00', Date.parse('2024-05-31T12:30:15+02:00')],
    ['2024-05-31T00:30-0530', Date.parse('2024-05-31T00:30-05:30')],
    ['2024-05-31T12:30:15 +01', Date.parse('2024-05-31T12:30:15+01:00')],
    ['2024-05-31T24:00', undefined],
    ['2024-05-31T12:60', undefined],
    ['31.05.2024', undefined],
    ['05/31/2024', undefined],
    ['2024-05', undefined],
    ['20240531', undefined],
  ]
  it.each(times)('%s is a date or not', (text, time) => {
    const column = Table.from({ c: [text] }).column('c')
    if (time === undefined) expect(column.kind).toBe('categorical')
    else expect(column).toMatchObject({ kind: 'date', values: Float64Array.of(time) })
  })

  it('shares typed arrays and finished columns, and converts other arrays', () => {
    const values = Float32Array.of(1, 2)
    const codes = Int32Array.of(0, -1)
    const table = Table.from({
      values,
      bytes: Uint8Array.of(3, 4),
      big: BigInt64Array.of(5n, 6n) as unknown as ArrayLike<unknown>,
      clamped: Uint8ClampedArray.of(7, 8),
      city: { kind: 'categorical', name: 'other', codes, categories: ['Oslo'] },
    })
    expect(table.names).toEqual(['values', 'bytes', 'big', 'clamped', 'city'])
    expect(table.columns[0]).toEqual({ kind: 'numeric', name: 'values', values })
    expect((table.columns[0] as { values: unknown }).values).toBe(values)
    expect((table.column('city') as { codes: unknown }).codes).toBe(codes)
    expect(table.row(1)).toEqual({ values: 2, bytes: 4, big: 6, clamped: 8, city: null })
  })

  it('takes the keys of all objects, in order of first appearance, and lacks nothing that is told', () => {
    expect(people.names).toEqual(['name', 'age', 'born', 'member', 'height'])
    expect(people.rows).toBe(3)
    expect(people.columns.map(({ kind }) => kind)).toEqual(['categorical', 'numeric', 'date', 'boolean', 'numeric'])
    expect(Table.from([{ a: 1 }], { types: { b: 'date' } }).row(0)).toEqual({ a: 1, b: null })
    expect(Table.from([]).rows).toBe(0)
    expect(Table.from([], { types: { a: 'boolean' } }).columns).toEqual([
      { kind: 'boolean', name: 'a', values: new Uint8Array(0) },
    ])
    expect(Table.from([Object.fromEntries([['__proto__', 1]])]).row(0)).toEqual(Object.fromEntries([['__proto__', 1]]))
  })

  const sparse: unknown[] = []
  sparse[2] = { a: 1 }
  const refused: [string, () => unknown, RegExp][] = [
    [
      'numbers, then a text',
      () => Table.from([{ a: 1 }, { a: 'x' }]),
      /numbers in column "a" as in the rows before, got "x" in row 1; give types: { a: 'categorical' }/,
    ],
    [
      'a text, then numbers',
      () => Table.from({ 'a b': ['x', 1] }),
      /texts in column "a b" .* got 1 in row 1; give types: { "a b"/,
    ],
    [
      'an object as a cell',
      () => Table.from([{ a: {} }]),
      /a number, text, boolean, Date or null in column "a", got an object in row 0/,
    ],
    [
      'an object among texts',
      () => Table.from({ a: ['x', ['y']] }, { types: { a: 'categorical' } }),
      /Date or null in column "a", got array of 1 in row 1/,
    ],
    [
      'no number',
      () => Table.from({ a: ['1', '1,5'] }, { types: { a: 'numeric' } }),
      /numbers .* in column "a", got "1,5" in row 1/,
    ],
    ['hexadecimal', () => Table.from({ a: ['0x10'] }, { types: { a: 'numeric' } }), /got "0x10"/],
    [
      'a bigint that float64 cannot hold',
      () => Table.from({ a: [2n ** 53n + 1n] }),
      /float64 can hold in column "a", got 9007199254740993n/,
    ],
    ['no boolean', () => Table.from({ a: [2] }, { types: { a: 'boolean' } }), /booleans .* got 2 in row 0/],
    ['no date', () => Table.from({ a: ['yesterday'] }, { types: { a: 'date' } }), /dates such as .* got "yesterday"/],
    ['an invalid Date', () => Table.from({ a: [new Date(Number.NaN)] }), /dates such as/],
    ['a row that is no object', () => Table.from([{ a: 1 }, 2 as unknown as object]), /an object in row 1, got 2/],
    ['a row that is an array', () => Table.from([[1, 2]]), /an object in row 0, got array of 2/],
    ['holes', () => Table.from(sparse as object[]), /an object in row 0, got undefined/],
    ['a number', () => Table.from(3 as unknown as object[]), /an array of objects, or an object of columns, got 3/],
    [
      'a column that is a number',
      () => Table.from({ a: 3 as unknown as number[] }),
      /column "a" as an array or a column, got 3/,
    ],
    ['an empty name', () => Table.from({ '': [1] }), /name of a column/],
    [
      'a kind that is none',
      () => Table.from([], { types: { a: 'text' as 'date' } }),
      /type of column "a" to be one of numeric.*got "text"/,
    ],
    [
      'a type without a column',
      () => Table.from({ a: [1] }, { types: { b: 'date' } }),
      /types of columns that are given, got "b"/,
    ],
    ['an unknown option', () => Table.from([], { typos: {} } as never), /options among types, got "typos"/],
    [
      'a code too large',
      () => Table.from({ a: { kind: 'categorical', name: 'a', codes: Int32Array.of(1), categories: ['x'] } }),
      /codes from -1 to 0, got 1 in row 0/,
    ],
    [
      'a boolean of 2',
      () => Table.from({ a: { kind: 'boolean', name: 'a', values: Uint8Array.of(0, 2) } }),
      /values 0, 1 or 255, got 2 in row 1/,
    ],
    [
      'equal categories',
      () => Table.from({ a: { kind: 'categorical', name: 'a', codes: Int32Array.of(), categories: ['x', 'x'] } }),
      /categories that differ/,
    ],
    [
      'dates in float32',
      () => Table.from({ a: { kind: 'date', name: 'a', values: Float32Array.of(0) as never } }),
      /Float64Array, got Float32Array/,
    ],
  ]
  it.each(refused)('refuses %s', (_, make, message) => {
    expect(make).toThrow(ArgumentError)
    expect(make).toThrow(message)
  })

  it('refuses columns whose lengths differ, and names that come twice', () => {
    expect(() => Table.from({ a: [1, 2], b: [1] })).toThrow(ShapeError)
    expect(() => Table.from({ a: [1, 2], b: [1] })).toThrow(/column "b" of 2 rows like "a", got 1/)
    const a = people.column('age')
    expect(() => new Table([a, a])).toThrow(/names that differ, got "age" twice/)
  })
})

describe('Table', () => {
  it('gives cells, rows and objects', () => {
    expect(people.row(0)).toEqual({ name: 'Ada', age: 36, born: new Date('1815-12-10'), member: true, height: null })
    expect(people.toObjects()).toHaveLength(3)
    expect(Table.from(people.toObjects()).columns).toEqual(people.columns)
    for (const i of [-1, 3, 0.5, Number.NaN]) expect(() => people.row(i)).toThrow(IndexError)
  })

  it('selects, drops, adds and replaces columns', () => {
    expect(people.select(['age', 'name']).names).toEqual(['age', 'name'])
    expect(people.drop(['age', 'name']).names).toEqual(['born', 'member', 'height'])
    expect(people.drop(people.names).rows).toBe(0)
    const score: Column = { kind: 'numeric', name: 'score', values: Float64Array.of(1, 2, 3) }
    expect(people.with(score).names.at(-1)).toBe('score')
    expect(people.with({ ...score, name: 'age' }).column('age')).toEqual({ ...score, name: 'age' })
    expect(people.with({ ...score, name: 'age' }).names).toEqual(people.names)
    expect(people.has('age') && !people.has('toString')).toBe(true)
    expect(() => people.column('Age')).toThrow(/a column among "name", "age", "born", "member", "height", got "Age"/)
    expect(() => people.with({ ...score, values: Float64Array.of(1) })).toThrow(ShapeError)
    expect(() => people.select('age' as unknown as string[])).toThrow(/names of columns in an array/)
  })

  it('takes rows in any order, as copies, and slices them, as views', () => {
    const taken = people.take([2, 0, 0])
    expect(taken.toObjects()).toEqual([people.row(2), people.row(0), people.row(0)])
    expect(people.take(Int32Array.of()).rows).toBe(0)
    for (const bad of [[3], [-1], [0.5], [Number.NaN]]) expect(() => people.take(bad)).toThrow(IndexError)
    const slices: [number | undefined, number | undefined, number[]][] = [
      [undefined, undefined, [0, 1, 2]],
      [1, undefined, [1, 2]],
      [-1, undefined, [2]],
      [0, -1, [0, 1]],
      [2, 1, []],
      [0, 99, [0, 1, 2]],
      [-99, 1, [0]],
    ]
    for (const [from, to, rows] of slices) {
      expect(people.slice(from, to).toObjects()).toEqual(rows.map((i) => people.row(i)))
    }
    const values = Float64Array.of(1, 2, 3)
    const view = Table.from({ values }).slice(1)
    values[1] = 9
    expect(view.row(0)).toEqual({ values: 9 })
    expect(() => people.slice(0.5)).toThrow(ArgumentError)
  })

  it('gives tensors of its numbers', () => {
    const table = Table.from({ a: [1, null], c: ['x', 'y'], b: [true, null], d: [new Date(5), null] })
    const made = table.tensor()
    expect([made.shape, made.dtype, Array.from(made.data)]).toEqual([[2, 2], 'float32', [1, 1, NaN, NaN]])
    const chosen = table.tensor(['d', 'a'], { dtype: 'float64' })
    expect([chosen.dtype, Array.from(chosen.data)]).toEqual(['float64', [5, 1, NaN, NaN]])
    expect(() => table.tensor(['c'])).toThrow(/columns of numbers, got the categorical column "c"/)
    expect(() => table.select(['c']).tensor()).toThrow(/at least one column of numbers, got none/)
    expect(() => table.tensor(['a'], { dtype: 'int32' as never })).toThrow(/float32 or float64/)
    expect(table.slice(0, 0).tensor().shape).toEqual([0, 2])
  })

  it('shows itself as text', () => {
    expect(people.head(2).split('\n')).toEqual([
      'name                 age        born   member   height',
      'categorical (2)  numeric        date  boolean  numeric',
      'Ada                   36  1815-12-10     true        –',
      'Alan                   –  1912-06-23    false        –',
      '3 rows × 5 columns, 1 more row',
    ])
    expect(people.head()).toBe(`${people}`)
    expect(Table.from([]).head()).toBe('0 rows × 0 columns')
    const wide = Table.from(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`c${i}`, [i]])))
    expect(wide.head()).toMatch(/1 row × 20 columns, 8 more columns$/)
    expect(Table.from({ a: ['line\nbreak', 'x'.repeat(50)] }).head()).toMatch(/line·break\n *x{23}…/)
    const beyond = new Table([{ kind: 'date', name: 'd', values: Float64Array.of(1e20, 1) }])
    expect(beyond.head()).toMatch(/beyond all dates\n *1970-01-01 00:00:00.001\n/)
  })

  it('cannot be changed', () => {
    expect(() => Object.assign(people, { rows: 1 })).toThrow(TypeError)
    expect(() => (people.columns as Column[]).pop()).toThrow(TypeError)
    expect(() => Object.assign(people.columns[0]!, { name: 'x' })).toThrow(TypeError)
    expect(() => ((people.column('name') as unknown as { categories: string[] }).categories[0] = 'x')).toThrow(
      TypeError,
    )
  })
})
