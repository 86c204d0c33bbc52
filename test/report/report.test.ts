// Reports: what is in them, that the numbers are right, and that nothing in them is markup by accident or needs a network.
import { describe, expect, it } from 'vitest'
import { ArgumentError, metrics, report, ShapeError, scoresOf, Table, tensor } from '../../lib/index.js'
import { type Assessment, assess, importanceOf } from '../../lib/report/assess.js'
import { calibration, type Point, ranking, thinned } from '../../lib/report/curves.js'
import { summarize } from '../../lib/report/summarize.js'
import { classes, full, generator, samples, values } from './samples.js'

describe('curves', () => {
  const random = generator(3)
  const scores = Float64Array.from({ length: 500 }, () => Math.round(20 * random()) / 20) // with ties
  const truth = Int32Array.from(scores, (score) => (score + random() > 1 ? 1 : 0))

  it('have the areas of the metrics', () => {
    const found = ranking(scores, truth)
    const given = tensor(scores, { shape: [500] })
    expect(found.rocAuc).toBeCloseTo(metrics.rocAuc(given, truth), 12)
    expect(found.averagePrecision).toBeCloseTo(metrics.prAuc(given, truth), 12)
    expect(found.roc[0]).toEqual([0, 0])
    expect(found.roc.at(-1)).toEqual([1, 1])
    const trapezoids = found.roc.slice(1).reduce((sum, [x, y], i) => sum + ((x - found.roc[i]![0]) * (y + found.roc[i]![1])) / 2, 0) // biome-ignore format: one thought
    expect(trapezoids).toBeCloseTo(found.rocAuc, 12)
  })

  it('of one class alone have no area', () => {
    expect(ranking([0.1, 0.2], [1, 1]).rocAuc).toBeNaN()
    expect(ranking([0.1, 0.2], [0, 0]).averagePrecision).toBeNaN()
    expect(ranking([], []).rocAuc).toBeNaN()
  })

  it('keep their shape with few points', () => {
    const line = Array.from({ length: 1000 }, (_, i): Point => [i / 999, Math.sqrt(i / 999)])
    const few = thinned(line, 30)
    expect(few).toHaveLength(30)
    expect([few[0], few.at(-1)]).toEqual([line[0], line.at(-1)])
    for (const [x, y] of line) {
      const k = few.findIndex(([at]) => at >= x)
      const [[a, b], [c, d]] = [few[Math.max(0, k - 1)]!, few[k]!]
      expect(Math.abs(y - (c === a ? d : b + ((d - b) * (x - a)) / (c - a)))).toBeLessThan(0.01)
    }
    expect(thinned(line.slice(0, 5), 30)).toHaveLength(5)
  })

  it('say how far probabilities can be believed', () => {
    const { bins, error } = calibration([0.05, 0.05, 0.95, 0.95, 1, Number.NaN], [0, 0, 1, 0, 1, 1])
    expect(bins).toEqual([
      { confidence: 0.05, rate: 0, rows: 2 },
      { confidence: expect.closeTo(2.9 / 3, 12), rate: expect.closeTo(2 / 3, 12), rows: 3 },
    ])
    expect(error).toBeCloseTo((2 / 5) * 0.05 + (3 / 5) * (0.9 / 3), 12)
  })
})

describe('scores', () => {
  it('of classes are those of the metrics', () => {
    const given = classes(2, 400)
    if (given.kind !== 'classes') throw new Error()
    const scores = scoresOf(given)
    expect(scores.rocAuc).toBeCloseTo(metrics.rocAuc(given.probabilities, given.truth), 6)
    expect(scores.accuracy).toBeCloseTo(metrics.accuracy(given.probabilities, given.truth), 12)
    expect(scores.f1).toBeCloseTo(metrics.f1(given.probabilities, given.truth), 12)
    expect(scores.logLoss).toBeCloseTo(metrics.logLoss(given.probabilities, given.truth), 12)
  })

  it('of values by hand', () => {
    const scores = scoresOf({ kind: 'values', name: 'y', truth: Float64Array.of(1, 2, 3), predicted: Float64Array.of(1, 2, 5) }) // biome-ignore format: one call
    expect(scores).toEqual({ r2: 1 - 4 / 2, rmse: Math.sqrt(4 / 3), mae: 2 / 3, bias: 2 / 3 })
  })

  it('leave out what is not defined', () => {
    const one = {
      kind: 'classes',
      labels: ['a', 'b'],
      truth: Int32Array.of(0),
      probabilities: tensor([[0.6, 0.4]]),
    } as const
    expect(Object.keys(scoresOf(one))).not.toContain('rocAuc')
    const equal = { kind: 'values', name: 'y', truth: Float64Array.of(2, 2), predicted: Float64Array.of(1, 2) } as const
    expect(Object.keys(scoresOf(equal))).toEqual(['rmse', 'mae', 'bias'])
  })
})

describe('report', () => {
  const made = samples()

  it.each(Object.keys(made))('%s is one file without scripts and addresses', (name) => {
    const html = made[name]!
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/)
    expect(html).not.toMatch(/<script|onload=|url\(\s*['"]?http|@import|<link rel="stylesheet"/)
    const addresses = Array.from(html.matchAll(/(?:href|src)="([^"#][^"]*)"/g), ([, address]) => address!)
    for (const address of addresses) expect(address).toMatch(/^data:/)
    expect(html).not.toMatch(/NaN|undefined|\[object/)
    const ids = Array.from(html.matchAll(/ id="([^"]+)"/g), ([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, id] of html.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(id)
  })

  it('is the same each time', () => {
    expect(report(full(classes(5, 600)))).toBe(made['five classes'])
  })

  it('shows everything that it is given', () => {
    for (const part of ['Training', 'Predictions', 'What counts', 'Data', 'Network', 'Hyperparameters', 'Environment'])
      expect(made.binary).toContain(`>${part}</h2>`)
    for (const part of ['Confusion matrix', 'ROC curve', 'Precision and recall', 'Calibration', 'Probabilities'])
      expect(made.binary).toContain(`<h3>${part}</h3>`)
    for (const part of ['Predicted and true', 'Residuals', 'How residuals are spread'])
      expect(made.regression).toContain(`<h3>${part}</h3>`)
  })

  it('escapes names, wherever they come from', () => {
    const evil = '<img src=x onerror=alert(1)>'
    const given = classes(2, 50, [evil, `"'&`])
    const html = report({ ...full(given), title: evil, subtitle: evil, rows: evil, notes: [evil], settings: { [evil]: evil }, environment: { [evil]: evil } }) // biome-ignore format: one call
    expect(html).not.toContain('<img')
  })

  it.each([
    ['no options', undefined, ArgumentError],
    ['an unknown option', { title: 'x', data2: 1 }, ArgumentError],
    ['a title that is none', { title: 1 }, ArgumentError],
    ['a model that is none', { title: 'x', model: {} }, ArgumentError],
    ['predictions of no kind', { title: 'x', predictions: { kind: 'x' } }, ArgumentError],
    [
      'values of other lengths',
      { title: 'x', predictions: { ...values(3), predicted: new Float64Array(2) } },
      ShapeError,
    ],
    ['no rows', { title: 'x', predictions: values(0) }, ShapeError],
    ['probabilities of another shape', { title: 'x', predictions: { ...classes(3, 4), labels: ['a'] } }, ShapeError],
  ])('refuses %s', (_, given, error) => {
    expect(() => report(given as never)).toThrow(error)
  })
})

describe('assess and importanceOf', () => {
  const random = generator(5)
  const a = Float64Array.from({ length: 300 }, () => random())
  const table = Table.from({
    a,
    b: Float64Array.from(a, () => random()),
    y: Array.from(a, (v) => (v > 0.5 ? 'yes' : 'no')),
  })
  const model = {
    task: 'binary' as const,
    target: 'y',
    labels: ['no', 'yes'],
    async predict(rows: Table) {
      const { values } = rows.column('a') as { values: Float64Array }
      const p = Array.from(values, (v) => [0.9 - 0.8 * Number(v > 0.5), 0.1 + 0.8 * Number(v > 0.5)])
      return { prediction: p.map(([no]) => (no! > 0.5 ? 'no' : 'yes')), probabilities: tensor(p) }
    },
  }

  it('find what the model uses', async () => {
    const found = await assess(model, table)
    expect(scoresOf(found.predictions).accuracy).toBe(1)
    const [first, second] = await importanceOf(model, found, { features: ['a', 'b'] })
    expect(first!.drop).toBeGreaterThan(0.5)
    expect(second!.drop).toBe(0)
  })

  it('leave out rows whose target is missing or of an unknown class', async () => {
    const some = Table.from({ a: [0.1, 0.9, 0.9], y: ['no', null, 'maybe'] })
    const found: Assessment = await assess(model, some)
    expect(found).toMatchObject({ missing: 1, unknown: 1 })
    expect(found.table.rows).toBe(1)
    await expect(assess(model, Table.from({ a: [1], y: ['maybe'] }))).rejects.toThrow(
      'rows with a known value of column "y"',
    )
  })

  it('compare dates and numbers as classes, truths as numbers, and count what cannot be compared', async () => {
    const times = Table.from({ a: [1, 2], y: [new Date(0), new Date(1)] })
    const classes = { task: 'binary' as const, target: 'y', labels: ['1970-01-01T00:00:00.000Z', 'later'] }
    const dated = await assess({ ...classes, predict: async () => ({ prediction: [], probabilities: tensor([[1, 0]]) }) }, times) // biome-ignore format: a row
    expect(dated).toMatchObject({ unknown: 1, missing: 0, predictions: { kind: 'classes', truth: Int32Array.of(0) } })
    const truths = Table.from({ a: [1, 2, 3], y: [true, null, false] })
    const values = { task: 'regression' as const, target: 'y', predict: async () => ({ prediction: [0.9, 0.2] }) }
    const found = await assess(values, truths)
    expect(found).toMatchObject({
      unknown: 0,
      missing: 1,
      predictions: { kind: 'values', truth: Float64Array.of(1, 0) },
    })
    await expect(assess(values, Table.from({ a: [1], y: [null] }))).rejects.toThrow(/column "y", got "?none/)
  })

  it.each<[string, object, RegExp]>([
    ['features that are no array', { features: 'a' }, /names of features in an array/],
    ['no rows', { features: ['a'], rows: 0 }, /rows/],
    ['half a repeat', { features: ['a'], repeats: 0.5 }, /repeats/],
    ['a watch that is none', { features: ['a'], watch: 1 }, /watch to be a function/],
    ['a feature that is not there', { features: ['z'] }, /z/],
    ['an option that there is not', { features: ['a'], times: 3 }, /times/],
  ])('refuse %s', async (_, given, message) => {
    await expect(importanceOf(model, await assess(model, table), given as never)).rejects.toThrow(message)
  })

  it('look at the first rows, and tell of each feature before', async () => {
    const seen: string[] = []
    const found = await importanceOf(model, await assess(model, table), { features: ['b', 'a'], rows: 50, repeats: 1, watch: (name) => seen.push(name) }) // biome-ignore format: a row
    expect(seen).toEqual(['b', 'a'])
    expect(found.map(({ spread }) => spread)).toEqual([0, 0])
  })
})

it('summarize counts what columns hold', () => {
  const table = Table.from({
    n: [1, 2, 3, null],
    c: ['a', 'b', 'a', null],
    b: [true, false, null, true],
    d: [new Date(0), new Date(2000), null, null],
    e: [null, null, null, null],
  })
  const { rows, columns } = summarize(table, { target: 'n', ignored: ['e'] })
  expect(rows).toBe(4)
  const [n, c, b, d, e] = columns
  expect(n).toMatchObject({ role: 'target', missing: 1, minimum: 1, maximum: 3, mean: 2 })
  expect(n!.deviation).toBeCloseTo(Math.sqrt(2 / 3), 12)
  expect(n!.counts.reduce((x, y) => x + y, 0)).toBe(3)
  expect(c).toMatchObject({ role: 'feature', missing: 1, distinct: 2, top: [['a', 2], ['b', 1]] }) // biome-ignore format: a row
  expect(b).toMatchObject({ missing: 1, top: [['true', 2], ['false', 1]] }) // biome-ignore format: a row
  expect(d).toMatchObject({ minimum: 0, maximum: 2000, missing: 2 })
  expect(e).toMatchObject({ role: 'ignored', missing: 4 })
  for (const roles of [undefined, {}, { target: 'n', ignored: 'e' }, { taget: 'n' }])
    expect(() => summarize(table, roles as never)).toThrow(ArgumentError)
  expect(() => summarize({} as never, { target: 'n' })).toThrow('[summarize] expected a Table')
})
