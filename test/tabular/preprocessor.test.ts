// TablePreprocessor: every kind of column at its edges, learned from some rows and applied to others, and in files.
import { describe, expect, it } from 'vitest'
import { Table, TablePreprocessor, transformFromJson } from '../../lib/index.js'

const day = (text: string) => new Date(`${text}Z`)

const table = Table.from({
  age: [20, 40, null, 60],
  member: [true, null, false, true],
  since: [day('2024-01-01T00:00'), day('2024-01-03T12:00'), null, day('2024-01-05T00:00')],
  city: ['Oslo', 'Rome', null, 'Oslo'],
  same: [7, 7, 7, 7],
  none: Float64Array.of(Number.NaN, Number.NaN, Number.NaN, Number.NaN),
  y: [0, 1, 0, 1],
})

const row = (preprocessing: TablePreprocessor, values: object) =>
  Array.from(
    preprocessing.transform(
      Table.from([{ age: 40, member: true, since: day('2024-01-03T00:00'), city: 'Oslo', ...values }], {
        types: preprocessing.kinds,
      }),
    ).data,
    (v) => Math.round(1e4 * v) / 1e4 + 0,
  )

describe('TablePreprocessor', () => {
  const preprocessing = new TablePreprocessor({ ignore: ['y'] }).fit(table)

  it('makes numbers of every kind of column, and marks what was missing', () => {
    const rounds = ['year', 'week', 'day'].flatMap((round) => [`since ${round} sin`, `since ${round} cos`])
    const cities = ['city = Oslo', 'city = Rome', 'city missing']
    const marked = ['age', 'age missing', 'member', 'member missing']
    expect(preprocessing.outputs).toEqual([...marked, 'since', ...rounds, 'since missing', ...cities])
    const { data, shape } = preprocessing.transform(table)
    expect(shape).toEqual([4, preprocessing.width])
    const named = (i: number) =>
      Object.fromEntries(preprocessing.outputs.map((name, j) => [name, data[i * preprocessing.width + j]!]))
    const sd = Math.sqrt(800 / 3)
    expect(named(0)).toMatchObject({
      'age missing': 0,
      member: 1,
      'member missing': 0,
      'city = Oslo': 1,
      'city = Rome': 0,
    })
    expect(named(0).age).toBeCloseTo(-20 / sd, 6)
    expect(named(1)).toMatchObject({ age: 0, member: 0, 'member missing': 1, 'since missing': 0, 'city = Rome': 1 })
    expect(named(2)).toMatchObject({
      age: 0,
      'age missing': 1,
      member: -1,
      since: 0,
      'since missing': 1,
      'city missing': 1,
    })
    // Half a day is half a round; 1 January 2024 was a Monday, the fourth day after Thursday.
    expect([named(0)['since day cos'], named(1)['since day cos']]).toEqual([1, -1])
    expect(named(0)['since week sin']).toBeCloseTo(Math.sin((2 * Math.PI * 1) / 7), 6)
    expect(named(0)['since year cos']).toBe(1)
  })

  it('leaves out columns that say nothing, and says why', () => {
    expect(preprocessing.ignored).toEqual([
      { name: 'same', reason: 'one value' },
      { name: 'none', reason: 'no values' },
    ])
    const names = Table.from({
      id: Array.from({ length: 60 }, (_, i) => `row ${i}`),
      x: Float64Array.from({ length: 60 }, (_, i) => i),
    })
    expect(new TablePreprocessor().fit(names).ignored).toEqual([
      { name: 'id', reason: 'a value of its own in nearly every row' },
    ])
    expect(() => new TablePreprocessor().fit(names.drop(['x']))).toThrow(
      /at least one column to learn from, got "id": a value of its own/,
    )
  })

  it.each<[string, object, object]>([
    ['an infinite number, as a missing one', { age: Number.POSITIVE_INFINITY }, { age: 0, 'age missing': 1 }],
    ['a number beyond reason, as one far out', { age: 1e300 }, { age: 20, 'age missing': 0 }],
    ['an unknown category, as none', { city: 'Paris' }, { 'city = Oslo': 0, 'city = Rome': 0, 'city missing': 0 }],
    ['a missing category', { city: null }, { 'city = Oslo': 0, 'city missing': 1 }],
    ['a boolean as a number', { member: false, age: null }, { member: -1, 'age missing': 1 }],
  ])('takes %s', (_, values, expected) => {
    const encoded = row(preprocessing, values)
    expect(Object.fromEntries(preprocessing.outputs.map((name, j) => [name, encoded[j]]))).toMatchObject(expected)
  })

  it('embeds many categories: codes behind the numbers, rare ones and unknown ones 0', () => {
    const words = 'abcdefghijkl'.split('')
    const many = Table.from({ word: [...words, ...words, 'rare'], n: Float64Array.from({ length: 25 }, (_, i) => i) })
    const made = new TablePreprocessor().fit(many)
    expect([made.dense, made.width, made.embedded]).toEqual([1, 2, [{ name: 'word', column: 1, entries: 13 }]])
    expect(made.outputs).toEqual(['n', 'word'])
    const codes = made.transform(Table.from({ n: [1, 1, 1, 1], word: ['a', 'l', 'rare', 'new'] })).data
    expect([codes[1], codes[3], codes[5], codes[7]]).toEqual([1, 12, 0, 0])
    const two = new TablePreprocessor().fit(many.with({ ...many.column('word'), name: 'again' }))
    expect(two.embedded.map(({ column }) => column)).toEqual([1, 2])
    const both = two.transform(Table.from({ n: [1], word: ['b'], again: ['d'] })).data
    expect([both[1], both[2]]).toEqual([2, 4])
    expect(new TablePreprocessor({ oneHotLimit: 13 }).fit(many).embedded).toEqual([])
  })

  it('learns from some rows alone, writes some rows alone, and the same in slices', async () => {
    const some = new TablePreprocessor({ ignore: ['y'] }).fit(table, Int32Array.of(0, 3))
    expect(some.features.map(({ name }) => name)).toEqual(['age', 'since'])
    const all = some.transform(table)
    const two = some.transform(table, Int32Array.of(3, 1))
    const { width } = some
    expect(Array.from(two.data)).toEqual([
      ...Array.from(all.data.subarray(3 * width, 4 * width)),
      ...Array.from(all.data.subarray(width, 2 * width)),
    ])
    expect(await some.transformInSlices(table, Int32Array.of(3, 1))).toEqual(two)
    await expect(some.transformInSlices(table, undefined, AbortSignal.abort())).rejects.toThrow(/aborted/)
  })

  it.each(['standard', 'robust', 'minMax', 'quantile'] as const)(
    'comes back from JSON as it was, scaled %s',
    (numeric) => {
      const words = 'abcdefghijkl'.split('')
      const wide = Table.from({
        n: Float64Array.from({ length: 24 }, (_, i) => (i === 5 ? Number.NaN : i ** 2)),
        word: [...words, ...words],
        few: words.flatMap((w) => [w < 'c' ? 'low' : 'high', 'mid']),
        flag: words.flatMap(() => [true, false]),
        at: words.flatMap((_, i) => [new Date(i * 1e9), new Date(i * 3e9)]),
      })
      const made = new TablePreprocessor({ numeric }).fit(wide)
      const text = JSON.stringify(made)
      const back = transformFromJson(JSON.parse(text)) as TablePreprocessor
      expect(back.transform(wide)).toEqual(made.transform(wide))
      expect(JSON.stringify(back)).toBe(text)
      expect(back.transform(wide).data.every(Number.isFinite)).toBe(true)
    },
  )

  it('brings columns to their kinds where nothing is guessed by that', () => {
    const made = new TablePreprocessor().fit(
      Table.from({ zip: ['01', '02', '01'], n: [1, 2, 3], flag: [true, false, true] }),
    )
    const text = new TablePreprocessor().fit(Table.from({ zip: ['1', '2', '1'], n: [1, 2, 3] }))
    expect(Array.from(text.transform(Table.from({ zip: [2, 1], n: [2, 2] })).data)).toEqual([0, 1, 0, 1, 0, 0])
    const numbers = Table.from({ zip: ['02'], n: [null], flag: [0] })
    expect(Array.from(made.transform(numbers).data)).toEqual([0, 1, 0, -1])
  })

  it.each<[string, object, RegExp]>([
    ['a lacking column', { age: [1] }, /the columns that were trained on, also "member", "since", "city", got "age"/],
    [
      'texts for numbers',
      { age: ['old'], member: [true], since: [null], city: ['Oslo'] },
      /column "age" of type numeric, as in training, got the categorical value "old" \(if it is numeric all the same, give its type/,
    ],
    [
      'numbers for dates',
      { age: [1], member: [true], since: [5], city: ['Oslo'] },
      /column "since" of type date, .* got the numeric value 5/,
    ],
    [
      'numbers for booleans',
      { age: [1], member: [2], since: [null], city: ['Oslo'] },
      /column "member" of type boolean, .* got the numeric value 2/,
    ],
  ])('refuses %s', (_, columns, message) => {
    expect(() => preprocessing.transform(Table.from(columns as never))).toThrow(message)
  })

  it.each<[string, () => unknown, RegExp]>([
    ['no table', () => new TablePreprocessor().fit([{ a: 1 }] as never), /a Table \(see Table.from\), got array of 1/],
    ['no rows', () => new TablePreprocessor().fit(table, new Int32Array(0)), /at least one row/],
    [
      'an unknown column to ignore',
      () => new TablePreprocessor({ ignore: ['z'] }).fit(table),
      /a column among .*, got "z"/,
    ],
    ['use before fit', () => new TablePreprocessor().transform(table), /fit before anything else/],
    ['an unknown scaling', () => new TablePreprocessor({ numeric: 'log' as never }), /numeric to be one of standard/],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(message)
  })

  const json = JSON.stringify(preprocessing)
  it.each<[string, (text: string) => string]>([
    ['no features', (text) => text.replace(/"features":\[.*\],"ignored"/, '"features":[],"ignored"')],
    ['an unknown kind', (text) => text.replace('"kind":"boolean"', '"kind":"image"')],
    ['a name twice', (text) => text.replace('"name":"member"', '"name":"age"')],
    ['a name that is none', (text) => text.replace('"name":"member"', '"name":3')],
    [
      'a scaler of two columns',
      (text) => text.replace(/"centers":\[([^\]]*)\],"scales":\[([^\]]*)\]/, '"centers":[$1,1],"scales":[$2,1]'),
    ],
    ['another scaler', (text) => text.replace('"transform":"StandardScaler"', '"transform":"Imputer"')],
    ['an unknown round', (text) => text.replace('"year"', '"moon"')],
    [
      'an encoder of a version to come',
      (text) => text.replace('"OneHotEncoder","version":1', '"OneHotEncoder","version":9'),
    ],
  ])('refuses a file with %s', (_, change) => {
    expect(change(json)).not.toBe(json)
    expect(() => transformFromJson(JSON.parse(change(json)))).toThrow(
      expect.objectContaining({ code: 'INVALID_FORMAT' }) as never,
    )
  })
})
