// Splits and folds: sizes, shares of classes, whole groups, order of time, seeds, and what cannot be divided.
import { describe, expect, it } from 'vitest'
import { ArgumentError, kFold, type Split, split, Table } from '../../lib/index.js'

const ascending = (n: number) => Array.from({ length: n }, (_, i) => i)
const sorted = (rows: Iterable<number>) => Array.from(rows).sort((a, b) => a - b)

/** Every row once, in one part or the other. */
function expectWhole({ train, test }: Split, n: number): void {
  expect(sorted([...train, ...test])).toEqual(ascending(n))
  expect(train.length).toBeGreaterThan(0)
  expect(test.length).toBeGreaterThan(0)
}

describe('split', () => {
  const sizes: [number, number | undefined, number][] = [
    [10, undefined, 2],
    [10, 0.25, 3],
    [100, 0.07, 7],
    [100, 0.29, 29],
    [2, 0.2, 1],
    [2, 0.9, 1],
    [1000, 0.0001, 1],
    [1000, 0.9999, 999],
    [7, 3, 3],
    [7, 1, 1],
  ]
  it.each(sizes)('%i rows with test %s give %i', (n, test, expected) => {
    const parts = split(n, test === undefined ? undefined : { test })
    expectWhole(parts, n)
    expect(parts.test.length).toBe(expected)
    expect(sorted(parts.test)).toEqual(Array.from(parts.test))
    expect(sorted(parts.train)).toEqual(Array.from(parts.train))
  })

  it('has an order of its seed, and looks random', () => {
    const test = (seed: number) => Array.from(split(1000, { seed }).test)
    expect(test(1)).toEqual(test(1))
    expect(test(1)).not.toEqual(test(2))
    const mean = test(3).reduce((sum, row) => sum + row, 0) / 200
    expect(mean).toBeGreaterThan(430)
    expect(mean).toBeLessThan(570)
  })

  const classes = Array.from({ length: 103 }, (_, i) => (i % 10 === 0 ? 'rare' : i % 3 === 0 ? 'middle' : 'often'))
  const table = Table.from({ c: classes, n: classes.map((c) => c.length), b: classes.map((c) => c === 'rare') })
  it.each([
    ['an array', 103, classes],
    ['a categorical column', table, 'c'],
    ['a numeric column', table, 'n'],
  ])('keeps the shares of classes from %s', (_, rows, stratify) => {
    const parts = split(rows, { test: 0.3, stratify, seed: 5 })
    expectWhole(parts, 103)
    expect(parts.test.length).toBe(31)
    const count = (rows: Iterable<number>, c: string) => Array.from(rows).filter((row) => classes[row] === c).length
    for (const c of ['rare', 'middle', 'often']) {
      const exact = (count(ascending(103), c) * 31) / 103
      expect(Math.abs(count(parts.test, c) - exact), c).toBeLessThan(1)
    }
  })

  it('rounds the shares of classes to the nearest that add up', () => {
    const stratify = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1] // 2.1 and 0.9 of three
    for (let seed = 0; seed < 5; seed++) {
      const { test } = split(10, { test: 3, stratify, seed })
      expect(Array.from(test, (row) => stratify[row]!).reduce((sum, c) => sum + c, 0)).toBe(1)
    }
  })

  it('never divides a group', () => {
    const groups = Array.from({ length: 200 }, (_, i) => `g${(i * i) % 23}`)
    const seen = new Set<string>()
    for (let seed = 0; seed < 5; seed++) {
      const parts = split(200, { test: 0.25, groups, seed })
      expectWhole(parts, 200)
      const tested = new Set(Array.from(parts.test, (row) => groups[row]))
      for (const row of parts.train) expect(tested.has(groups[row])).toBe(false)
      expect(Math.abs(parts.test.length - 50)).toBeLessThan(20)
      seen.add([...tested].sort().join())
    }
    expect(seen.size).toBeGreaterThan(1)
    expectWhole(split(100, { groups: ascending(100).map((i) => (i === 50 ? 'b' : 'a')) }), 100)
  })

  it('tests on what comes last', () => {
    const when = [5, 1, 3, 3, 9, 0]
    const { train, test } = split(6, { test: 0.5, time: when })
    expect([Array.from(train), Array.from(test)]).toEqual([
      [5, 1, 2],
      [3, 0, 4],
    ])
    const dates = Table.from({ d: when.map((t) => new Date(t)) })
    expect(split(dates, { test: 0.5, time: 'd' })).toEqual({ train, test })
  })

  const refused: [string, () => unknown, RegExp][] = [
    ['one row', () => split(1), /at least 2 rows, got 1/],
    ['no rows', () => split(0), /at least 2 rows, got 0/],
    ['a fraction of rows', () => split(2.5), /rows to be an integer/],
    ['rows as an array', () => split([1, 2] as never), /rows to be an integer/],
    ['nothing to test', () => split(10, { test: 0 }), /test between 0 and 1, or a number of rows, got 0/],
    ['a share above 1', () => split(10, { test: 1.5 }), /test between 0 and 1/],
    ['NaN', () => split(10, { test: Number.NaN }), /test between 0 and 1/],
    ['nothing to train on', () => split(10, { test: 10 }), /test of at most 9 rows of 10, got 10/],
    [
      'two ways at once',
      () => split(4, { stratify: [1, 1, 2, 2], groups: [1, 1, 2, 2] }),
      /one of stratify, groups and time, got stratify and groups/,
    ],
    ['labels too few', () => split(4, { stratify: [1, 2] }), /stratify of 4 values, one per row, got 2/],
    ['a name without a table', () => split(4, { groups: 'g' }), /groups as an array, as there is no table/],
    [
      'a name that is no column',
      () => split(Table.from({ a: [1, 2] }), { groups: 'g' }),
      /a column among "a", got "g"/,
    ],
    ['one group', () => split(3, { groups: ['a', 'a', 'a'] }), /at least 2 groups, got 1/],
    ['a missing time', () => split(3, { time: [1, null, 2] }), /date or number in every row, got null in row 1/],
    ['texts as times', () => split(Table.from({ a: ['x', 'y'] }), { time: 'a' }), /got "x" in row 0/],
    ['a bad seed', () => split(3, { seed: -1 }), /seed/],
    ['an unknown option', () => split(3, { tests: 0.1 } as never), /options among test, stratify/],
  ]
  it.each(refused)('refuses %s', (_, run, message) => {
    expect(run).toThrow(message)
  })
})

describe('kFold', () => {
  it.each([
    [10, 5],
    [11, 5],
    [2, 2],
    [101, 7],
  ])('tests each of %i rows in one of %i folds', (n, folds) => {
    const parts = kFold(n, { folds, seed: 1 })
    expect(parts).toHaveLength(folds)
    for (const part of parts) {
      expectWhole(part, n)
      expect(Math.abs(part.test.length - n / folds)).toBeLessThan(1)
    }
    expect(sorted(parts.flatMap(({ test }) => Array.from(test)))).toEqual(ascending(n))
    expect(kFold(n, { folds, seed: 1 })).toEqual(parts)
  })

  it('deals out classes evenly, sizes too', () => {
    const classes = Array.from({ length: 97 }, (_, i) => [0, 0, 1, 0, 2, 1, null][i % 7])
    expect(kFold(97, { stratify: classes, seed: 1 })).not.toEqual(kFold(97, { stratify: classes, seed: 2 }))
    for (const { test } of kFold(97, { folds: 4, stratify: classes })) {
      expect(Math.abs(test.length - 97 / 4)).toBeLessThan(1)
      for (const c of [0, 1, 2, null]) {
        const share = classes.filter((other) => other === c).length / 4
        expect(Math.abs(Array.from(test).filter((row) => classes[row] === c).length - share)).toBeLessThan(1)
      }
    }
  })

  it('keeps groups whole and folds of like size', () => {
    const groups = Array.from({ length: 300 }, (_, i) => Math.floor(Math.sqrt(i)))
    const parts = kFold(300, { folds: 3, groups })
    for (const part of parts) {
      expectWhole(part, 300)
      const tested = new Set(Array.from(part.test, (row) => groups[row]))
      for (const row of part.train) expect(tested.has(groups[row]!)).toBe(false)
      expect(Math.abs(part.test.length - 100)).toBeLessThanOrEqual(10)
    }
  })

  it('goes forward in time', () => {
    const time = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    const parts = kFold(10, { folds: 3, time }).map(({ train, test }) => [train.length, Array.from(test)])
    expect(parts).toEqual([
      [4, [5, 4]],
      [6, [3, 2]],
      [8, [1, 0]],
    ])
  })

  it('refuses too few rows, classes and groups', () => {
    expect(() => kFold(4)).toThrow(/at least 5 rows for 5 folds, got 4/)
    expect(() => kFold(3, { folds: 3, time: [1, 2, 3] })).toThrow(/at least 4 rows/)
    expect(() => kFold(6, { folds: 1 })).toThrow(ArgumentError)
    expect(() => kFold(6, { folds: 3, groups: [1, 1, 1, 2, 2, 2] })).toThrow(/at least 3 groups, got 2/)
    expect(() => kFold(6, { folds: 3, stratify: ['a', 'a', 'b', 'a', 'b', 'a'] })).toThrow(
      /at least 3 rows of each class, got 2 of "b"/,
    )
  })
})
