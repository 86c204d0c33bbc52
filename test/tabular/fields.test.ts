// What is read of files of transforms field by field, and dates as features at their edges.
import { describe, expect, it } from 'vitest'
import { Mismatch, ValueColumn } from '../../lib/data/table/values.js'
import { DateFeature } from '../../lib/tabular/features/date.js'
import { Fields } from '../../lib/tabular/transforms/fields.js'

describe('fields', () => {
  const fields = new Fields('load', 'a thing', {
    n: 3, text: 'a', yes: true, list: [1, 2], texts: ['a', 'b'], objects: [{}], object: {}, none: null, hole: [1, undefined], inherited: undefined,
  }) // biome-ignore format: a table

  it('come as they are', () => {
    expect([fields.number('n'), fields.integer('n', 0, 3), fields.boolean('yes'), fields.text('text')]).toEqual([3, 3, true, 'a']) // biome-ignore format: a row
    expect(fields.oneOf('text', ['b', 'a'])).toBe('a')
    expect([fields.list('list'), fields.numbers('list', 2), fields.texts('texts')]).toEqual([[1, 2], Float64Array.of(1, 2), ['a', 'b']]) // biome-ignore format: a row
    expect([fields.objects('objects'), fields.object('object')]).toEqual([[{}], {}])
    expect([fields.has('n'), fields.has('toString'), fields.has('inherited')]).toEqual([true, false, false])
  })

  it.each<[string, (fields: Fields) => unknown, RegExp]>([
    ['a number that is none', (f) => f.number('text'), /a thing with n?.*text as a finite number, got "a"/],
    ['a number that is not there', (f) => f.number('toString'), /toString as a finite number, got undefined/],
    ['an integer too low', (f) => f.integer('n', 4, 9), /an integer from 4 to 9, got 3/],
    ['an integer too high', (f) => f.integer('n', 0, 2), /an integer from 0 to 2/],
    ['an integer that is a text', (f) => f.integer('text', 0, 2), /an integer/],
    ['a truth that is none', (f) => f.boolean('n'), /true or false/],
    ['a text that is none', (f) => f.text('n'), /as a text/],
    ['a name that is not known', (f) => f.oneOf('text', ['b']), /one of b, got "a"/],
    ['a list that is none', (f) => f.list('object'), /as a list/],
    ['numbers that are none', (f) => f.numbers('texts'), /finite numbers, got "a"/],
    ['numbers with a hole', (f) => f.numbers('hole'), /finite numbers, got undefined/],
    ['more numbers', (f) => f.numbers('list', 3), /as 3 numbers/],
    ['texts that are none', (f) => f.texts('list'), /as texts, got 1/],
    ['texts with a hole', (f) => f.texts('hole'), /as texts/],
    ['objects that are none', (f) => f.objects('list'), /as objects, got 1/],
    ['objects with a hole', (f) => f.objects('hole'), /as objects/],
    ['an object that is null', (f) => f.object('none'), /as an object, got null/],
    ['an object that is a number', (f) => f.object('n'), /as an object/],
    ['another transform', (f) => f.checkTransform('Scaler'), /transform Scaler/],
  ])('refuse %s', (_, read, message) => {
    expect(() => read(fields)).toThrow(message)
    expect(() => read(fields)).toThrow(expect.objectContaining({ code: 'INVALID_FORMAT', operation: 'load' }) as never)
  })

  it.each([[undefined], [null], [[]], ['text'], [3]])('are no %s', (value) => {
    expect(() => new Fields('load', 'a thing', value)).toThrow(/a thing as an object/)
  })
})

describe('dates as features', () => {
  const day = 86_400_000
  const fit = (...values: number[]) => DateFeature.fit({ kind: 'date', name: 'd', values: Float64Array.from(values) })
  const none = Number.NaN

  it('teach nothing where there are none, or one', () => {
    expect([fit(), fit(none, none), fit(5 * day, 5 * day)]).toEqual(['no values', 'no values', 'one value'])
  })

  it('mark what is missing, even where the others are all the same', () => {
    const feature = fit(5 * day, none, 5 * day) as DateFeature
    expect(feature).toMatchObject({ deviation: 1, rounds: [], indicator: true, width: 2, outputs: ['d', 'd missing'] })
    expect(feature.summary).toBe('date, time, missing values marked')
  })

  it('go round where they differ', () => {
    expect((fit(0, 7 * day) as DateFeature).rounds).toEqual(['year'])
    expect((fit(0, 1) as DateFeature).rounds).toEqual(['year', 'week', 'day'])
    expect((fit(-1, -1 - 7 * day) as DateFeature).summary).toBe('date, time, year')
    expect((fit(0, day) as DateFeature).outputs).toEqual(['d', 'd year sin', 'd year cos', 'd week sin', 'd week cos'])
  })

  const sound = { name: 'd', mean: 0, deviation: 1, rounds: ['day'], indicator: false }
  it.each([
    ['a round that there is not', { rounds: ['toString'] }, /rounds among year, week, day/],
    ['a deviation of 0', { deviation: 0 }, /a deviation > 0/],
    ['a deviation below 0', { deviation: -1 }, /a deviation > 0/],
    ['no name', { name: undefined }, /name as a text/],
  ])('refuse %s', (_, change, message) => {
    expect(DateFeature.restored(new Fields('load', 'a feature', sound)).rounds).toEqual(['day'])
    expect(() => DateFeature.restored(new Fields('load', 'a feature', { ...sound, ...change }))).toThrow(message)
  })
})

describe('values of a column that was told its kind', () => {
  const cells = (kind: 'numeric' | 'categorical' | 'boolean' | 'date', ...values: unknown[]) => {
    const column = new ValueColumn('a', kind)
    for (const value of values) column.add(value)
    return column.finish()
  }
  it('are converted where that loses nothing', () => {
    expect(cells('numeric', 1, true, false, '2.5', 7n, null)).toMatchObject({ values: Float64Array.of(1, 1, 0, 2.5, 7, Number.NaN) }) // biome-ignore format: a row
    expect(cells('categorical', 'x', 1, true, 2n, new Date(0))).toMatchObject({ categories: ['x', '1', 'true', '2', '1970-01-01T00:00:00.000Z'] }) // biome-ignore format: a row
    expect(cells('boolean', true, 'no', 1, 0)).toMatchObject({ values: Uint8Array.of(1, 0, 1, 0) })
    expect(cells('date', new Date(5), '1970-01-02', 9)).toMatchObject({ values: Float64Array.of(5, 86_400_000, 9) })
  })

  const gone = new Date(Number.NaN)
  it.each([
    ['numeric', [2n ** 60n + 1n, 'x', {}, () => 0, Symbol('s'), gone]],
    ['categorical', [{}, [], () => 0, Symbol('s'), gone]],
    ['boolean', ['maybe', 2, {}, new Date(0), 5n]],
    ['date', [gone, 'yesterday', {}, true, Number.POSITIVE_INFINITY, 5n]],
  ] as const)('are refused otherwise: %s', (kind, values) => {
    for (const value of values) expect(() => cells(kind, value), String(value)).toThrow(Mismatch)
  })
})
