// trainTabular: tasks, raw rows in and values out, what training has not met, files, the same bits again, refusals.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  ChainruleError,
  CrossEntropy,
  loadTabular,
  mlp,
  SGD,
  save,
  Table,
  type TabularModel,
  type TabularOptions,
  type TrainingRecord,
  tensor,
  trainTabular,
} from '../../lib/index.js'
import { calibration } from '../../lib/tabular/calibration.js'

const folder = mkdtempSync(join(tmpdir(), 'chainrule-tabular-'))
afterAll(() => rmSync(folder, { recursive: true }))

const shops = 'abcdefghijklmnop'.split('').map((letter) => `shop ${letter}`)
const quick = { epochs: 15, members: 2, hidden: [24], learningRate: 0.02, batchSize: 16, seed: 3 }

// Prices by size, shop and weekday; everything a table can have.
function rows(count: number) {
  return Array.from({ length: count }, (_, i) => {
    const size = 1 + ((i * 37) % 50) / 10
    const shop = shops[(i * 7) % shops.length]!
    const open = i % 3 !== 0
    const price = 5 * size + 3 * ((i * 7) % shops.length) + (open ? 10 : 0)
    return {
      size: i % 17 === 5 ? null : size,
      shop: i % 23 === 7 ? null : shop,
      open,
      sold: new Date(Date.UTC(2024, 0, 1 + (i % 60))),
      note: `text ${i}`,
      price,
      kind: price > 40 ? 'dear' : price > 25 ? 'fair' : 'cheap',
      dear: price > 35,
    }
  })
}

const data = rows(240)
const others = rows(300).slice(240)
const without = (names: string[]): Partial<TabularOptions> => ({ ignore: names })

describe('trainTabular', () => {
  it('regression: numbers in the units of the target', async () => {
    const model = await trainTabular(data, { target: 'price', ...without(['kind', 'dear']), ...quick })
    expect([model.task, model.target, model.labels]).toEqual(['regression', 'price', undefined])
    expect(model.features).toEqual(['size', 'shop', 'open', 'sold'])
    expect(model.record.data.ignored).toEqual([{ name: 'note', reason: 'a value of its own in nearly every row' }])
    const { rows: count, metrics, confusion } = await model.evaluate(others)
    expect([count, confusion]).toEqual([60, undefined])
    expect(metrics.rSquared).toBeGreaterThan(0.8)
    const { prediction, probabilities } = await model.predict(others)
    const errors = prediction.map((value, i) => Math.abs((value as number) - others[i]!.price))
    expect(errors.reduce((sum, e) => sum + e, 0) / 60).toBeCloseTo(metrics.meanAbsoluteError!, 4)
    expect(probabilities).toBeUndefined()
  })

  it('several classes: labels, probabilities, and figures that agree with them', async () => {
    const model = await trainTabular(Table.from(data), { target: 'kind', ...without(['price', 'dear']), ...quick })
    expect([model.task, model.labels]).toEqual(['multiclass', ['cheap', 'dear', 'fair']])
    const { prediction, probabilities } = await model.predict(others)
    expect(probabilities!.shape).toEqual([60, 3])
    const sums = (probabilities!.toArray() as number[][]).map((row) => row.reduce((a, b) => a + b))
    for (const sum of sums) expect(sum).toBeCloseTo(1, 5)
    const { metrics, confusion } = await model.evaluate(others)
    const right = prediction.filter((label, i) => label === others[i]!.kind).length
    expect(metrics.accuracy).toBeCloseTo(right / 60, 12)
    expect(confusion!.flat().reduce((a, b) => a + b)).toBe(60)
    expect(metrics.accuracy).toBeGreaterThan(0.75)
    expect(model.record.validation!.rows).toBe(240)
  })

  it.each<[string, (row: (typeof data)[0]) => unknown, unknown[]]>([
    ['booleans', ({ dear }) => dear, [false, true]],
    ['0 and 1', ({ dear }) => Number(dear), [0, 1]],
    ['texts', ({ dear }) => (dear ? 'yes' : 'no'), ['no', 'yes']],
  ])('two classes of %s: predicted as what they were', async (_, answer, labels) => {
    const table = data.map(({ size, shop, dear, ...row }) => ({ size, shop, y: answer({ size, shop, dear, ...row }) }))
    const model = await trainTabular(table, { target: 'y', ...quick, epochs: 4 })
    expect([model.task, model.labels]).toEqual(['binary', labels])
    const { prediction } = await model.predict(table)
    expect(new Set(prediction.map((value) => typeof value))).toEqual(new Set([typeof labels[0]]))
    const { metrics } = await model.evaluate(table)
    expect(metrics.rocAuc).toBeGreaterThan(0.8)
    expect(Object.keys(metrics)).toEqual(['accuracy', 'precision', 'recall', 'f1', 'rocAuc', 'prAuc'])
  })

  it('takes whole numbers for classes only where they are few and each comes often', async () => {
    const numbers = (count: number, of: number) =>
      Array.from({ length: count }, (_, i) => ({ x: Math.sin(i), y: i % of }))
    const tasks = []
    for (const [count, of] of [
      [40, 4],
      [39, 4],
      [300, 20],
      [300, 21],
    ] as const) {
      tasks.push((await trainTabular(numbers(count, of), { target: 'y', epochs: 1, members: 1, hidden: [2] })).task)
    }
    expect(tasks).toEqual(['multiclass', 'regression', 'multiclass', 'regression'])
    const told = await trainTabular(numbers(30, 3), { target: 'y', task: 'regression', epochs: 1, hidden: [2] })
    expect(told.task).toBe('regression')
  })

  it('has the same bits for the same seed, and others for another', async () => {
    const train = (seed: number) =>
      trainTabular(data, { target: 'price', ...without(['kind', 'dear']), ...quick, epochs: 3, seed })
    const [a, b, c] = [await train(1), await train(1), await train(2)]
    expect(Array.from(b.model.block.values)).toEqual(Array.from(a.model.block.values))
    expect(Array.from(c.model.block.values)).not.toEqual(Array.from(a.model.block.values))
  })

  it('leaves rows without target out, of training and of evaluation', async () => {
    const holes = data.map((row, i) =>
      i % 10 === 0 ? { ...row, price: i % 20 === 0 ? null : Number.POSITIVE_INFINITY } : row,
    )
    const model = await trainTabular(holes, { target: 'price', ...without(['kind', 'dear']), ...quick, epochs: 2 })
    expect(model.record.data).toMatchObject({ rows: 216, dropped: 24 })
    expect((await model.evaluate(holes)).rows).toBe(216)
  })

  it('averages its members, each stopped by rows of its own', async () => {
    const model = await trainTabular(data, {
      target: 'kind',
      ...without(['price', 'dear']),
      ...quick,
      members: 3,
      epochs: 4,
    })
    expect(model.record).toMatchObject({
      validationKind: 'folds',
      options: { members: 3, epochs: 4, optimizer: 'AdamW' },
    })
    expect(model.record.members.map(({ epochs }) => epochs.length)).toEqual([4, 4, 4])
    expect(model.model.outputs).toBe(3)
    for (const { epochs, bestEpoch } of model.record.members) {
      const losses = epochs.map(({ validationLoss }) => validationLoss!)
      expect(bestEpoch).toBe(1 + losses.indexOf(Math.min(...losses)))
    }
  })

  it.each<[string, Partial<TabularOptions>, string, number | undefined]>([
    ['a part', { validation: 0.25, members: 1 }, 'part', 60],
    ['a table', { validation: Table.from(others) }, 'table', 60],
    ['a part for one member', { members: 1 }, 'part', 24],
  ])('is stopped by %s', async (_, given, kind, count) => {
    const model = await trainTabular(data, {
      target: 'kind',
      ...without(['price', 'dear']),
      ...quick,
      epochs: 2,
      ...given,
    })
    expect([model.record.validationKind, model.record.validation?.rows]).toEqual([kind, count])
  })

  it('judges itself by rows that it was not trained on, with the probabilities that it gives', async () => {
    const table = Table.from(others)
    const told = await trainTabular(data, {
      target: 'kind',
      ...without(['price', 'dear']),
      ...quick,
      validation: table,
    })
    expect(told.record.calibration).not.toBe(1)
    expect((await told.evaluate(table)).loss).toBeCloseTo(told.record.validation!.loss, 5)
    // Labels by chance: they can be learned by heart, but not foretold.
    const chance = Array.from({ length: 80 }, (_, i) => ({
      a: Math.sin(i * 3.7),
      b: Math.cos(i * 9.1),
      y: ((i * i * 7) % 11) % 2,
    }))
    const options = {
      target: 'y',
      hidden: [64, 64],
      learningRate: 0.02,
      dropout: 0,
      weightDecay: 0,
      seed: 1,
    }
    const learned = await trainTabular(chance, { ...options, members: 2, batchSize: 8, epochs: 60, patience: 60 })
    for (const { epochs } of learned.record.members) {
      expect(epochs.at(-1)!.validationLoss).toBeGreaterThan(2 * epochs.at(-1)!.loss)
    }
  })

  it('leaves out rows whose answer is not known, of booleans too', async () => {
    const unsure = data.map((row, i) => ({ size: row.size, y: i % 3 === 0 ? null : row.dear }))
    const model = await trainTabular(unsure, { target: 'y', ...quick, epochs: 1 })
    expect([model.labels, model.record.data.dropped]).toEqual([[false, true], 80])
  })

  it('weighs rare classes where they are very rare, and says so', async () => {
    const rare = Array.from({ length: 220 }, (_, i) => ({ x: Math.sin(i), y: i % 20 === 0 ? 'rare' : 'often' }))
    const options = { target: 'y', epochs: 1, hidden: [2] }
    const weights = async (given: object) =>
      (await trainTabular(rare, { ...options, ...given, members: 2 })).record.classWeights
    const root = Math.sqrt(209 / 11)
    const auto = (await weights({}))!
    expect(auto[1]! / auto[0]!).toBeCloseTo(root, 10)
    expect((209 * auto[0]! + 11 * auto[1]!) / 220).toBeCloseTo(1, 12)
    const balanced = (await weights({ classWeights: 'balanced' }))!
    expect(balanced[1]! / balanced[0]!).toBeCloseTo(19, 10)
    expect(await weights({ classWeights: 'none' })).toBeUndefined()
  })

  it.each([1, 2, 3, 11])('trains on %i rows', async (count) => {
    const model = await trainTabular(
      Array.from({ length: count }, (_, i) => ({ x: i % 2 ? 1 : null, z: i + (count === 1 ? 0.5 : 0), y: i + 0.25 })),
      { target: 'y', task: 'regression', epochs: 2 },
    ).catch((error: unknown) => error)
    if (count === 1)
      expect(String(model)).toMatch(/at least one column to learn from, got "x": no values; "z": one value/)
    else expect((await (model as TabularModel).predict([{ x: 1, z: 3 }])).prediction).toHaveLength(1)
  })
})

describe('probabilities', () => {
  it('are as often right as they say', async () => {
    // The class is drawn with probability σ(3·x): no network can be surer than that.
    const noisy = Array.from({ length: 600 }, (_, i) => {
      const x = Math.sin(i * 12.9898) * 1.5
      return { x, y: Math.abs(Math.sin(i * 78.233) * 43758.5453) % 1 < 1 / (1 + Math.exp(-3 * x)) ? 'b' : 'a' }
    })
    const model = await trainTabular(noisy, { target: 'y', ...quick, members: 4 })
    const { probabilities } = await model.predict(noisy)
    const errors = noisy.map(({ x }, i) => Math.abs(probabilities!.data[2 * i + 1]! - 1 / (1 + Math.exp(-3 * x))))
    expect(errors.reduce((sum, e) => sum + e, 0) / 600).toBeLessThan(0.06)
    expect(model.record.calibration).not.toBe(1)
  })

  it('are calibrated by the factor with the least log loss', () => {
    const scores = tensor(Array.from({ length: 200 }, (_, i) => [0, (i % 10) - 4.5]))
    const labels = Int32Array.from({ length: 200 }, (_, i) => Number((i * 7) % 10 < 1 + (i % 10) * 0.9))
    const scaled = (b: number) => tensor(Array.from(scores.data, (z) => b * z)).reshape(200, 2)
    const loss = (b: number) => new CrossEntropy().forward(scaled(b), labels)
    const best = calibration(scores, labels)
    expect(loss(best)).toBeLessThan(Math.min(loss(0.95 * best), loss(1.05 * best)))
    expect(calibration(tensor([[0, 1]]), Int32Array.of(1))).toBe(1)
    const sure = calibration(
      scores,
      Int32Array.from(labels, (_, i) => Number(i % 10 > 4)),
    )
    expect(sure).toBeCloseTo(10, 1)
  })
})

describe('a trained model', () => {
  const training = trainTabular(data, { target: 'price', ...without(['kind', 'dear']), ...quick })

  it('takes rows with missing values and categories that training has not met', async () => {
    const model = await training
    const base = { size: 3, shop: 'shop c', open: true, sold: new Date(Date.UTC(2024, 0, 9)) }
    const odd = [
      base,
      { ...base, shop: 'shop z' },
      { ...base, shop: null, size: null },
      { ...base, size: Number.NaN, extra: {} },
    ]
    const { prediction } = await model.predict(odd)
    expect(prediction).toHaveLength(4)
    expect(prediction.every((value) => Number.isFinite(value))).toBe(true)
    expect(prediction[0]).not.toBe(prediction[1])
    // One row by itself, in columns, or as a table: the same.
    const columns = { size: [3], shop: ['shop c'], open: [true], sold: [base.sold] }
    const alone = (await model.predict(columns)).prediction
    expect(alone[0]).toBeCloseTo(prediction[0] as number, 4)
    expect((await model.predict(Table.from(columns))).prediction).toEqual(alone)
    // An unknown shop is like the mean of the shops: between the extremes.
    const all = await model.predict(shops.map((shop) => ({ ...base, shop })))
    const numbers = all.prediction as number[]
    expect(prediction[1]).toBeGreaterThan(Math.min(...numbers))
    expect(prediction[1]).toBeLessThan(Math.max(...numbers))
  })

  it('comes back from its file with the same predictions', async () => {
    const model = await training
    const classes = await trainTabular(data, { target: 'dear', ...without(['price', 'kind']), ...quick, epochs: 2 })
    for (const [i, each] of [model, classes].entries()) {
      const path = join(folder, `model ${i}.safetensors`)
      await each.save(path)
      const back = await loadTabular(path)
      expect(await back.predict(others)).toEqual(await each.predict(others))
      expect(await back.evaluate(others)).toEqual(await each.evaluate(others))
      expect([back.task, back.target, back.labels, back.features]).toEqual([
        each.task,
        each.target,
        each.labels,
        each.features,
      ])
      expect(back.record).toEqual(JSON.parse(JSON.stringify(each.record)) as TrainingRecord)
      await expect(each.save(path, { overwrite: false })).rejects.toMatchObject({ code: 'FILE_FAILED' })
    }
  })

  it('is not made of other files', async () => {
    const model = await training
    const path = join(folder, 'other.safetensors')
    const json = model.toJSON() as Record<string, unknown>
    const wrong: [RegExp, object][] = [
      [/one without preprocessing \(see load\)/, {}],
      [/one without training record/, { preprocessing: json }],
      [/preprocessing with version 1/, { preprocessing: { ...json, version: 2 }, training: {} }],
      [/preprocessing with target as an object/, { preprocessing: { ...json, target: 1 }, training: {} }],
      [
        /with task as one of regression/,
        { preprocessing: { ...json, target: { name: 'y', task: 'guess' } }, training: {} },
      ],
      [/network of \d+ inputs and 1 outputs, got 2 and 1/, { preprocessing: json, training: {} }],
    ]
    for (const [message, extras] of wrong) {
      await save(mlp({ inputs: 2, hidden: [2], outputs: 1 }), path, extras as never)
      await expect(loadTabular(path)).rejects.toThrow(message)
      await expect(loadTabular(path)).rejects.toMatchObject({ code: 'INVALID_FORMAT' })
    }
    await expect(loadTabular(join(folder, 'none'))).rejects.toMatchObject({ code: 'FILE_FAILED' })
  })

  it.each<[string, unknown, RegExp]>([
    [
      'a lacking column',
      [{ size: 1, open: true, sold: new Date() }],
      /also "shop" \(null where a value is not known\), got "size", "open", "sold"/,
    ],
    [
      'a text for a number',
      [{ size: 'big', shop: 'a', open: true, sold: null }],
      /numbers .*in column "size", got "big" in row 0/,
    ],
    ['no rows', [], /at least one row/],
    ['nothing', undefined, /a Table, an array of objects or columns by name, got undefined/],
    ['a list of numbers', [1], /an object in row 0, got 1/],
  ])('refuses %s', async (_, input, message) => {
    await expect((await training).predict(input as never)).rejects.toThrow(message)
  })
})

describe('refusals before anything is trained', () => {
  const good = { target: 'price', epochs: 1 }
  it.each<[string, unknown, unknown, RegExp]>([
    ['no options', data, undefined, /options \{ target \}/],
    ['no target', data, {}, /target to be the name of a column/],
    ['an unknown target', data, { target: 'prize' }, /one of the columns "size", .*, got "prize"/],
    ['an unknown option', data, { ...good, epoch: 3 }, /options among target, /],
    ['an unknown task', data, { ...good, task: 'guess' }, /task to be one of regression/],
    [
      'a regression of texts',
      data,
      { ...good, target: 'shop', task: 'regression' },
      /numbers for a regression, got "shop a" in "shop"/,
    ],
    [
      'two classes where there are three',
      data,
      { ...good, target: 'kind', task: 'binary' },
      /two classes in "kind", got 3/,
    ],
    ['dates to predict', data, { ...good, target: 'sold' }, /numbers or classes, got dates in sold/],
    [
      'one class',
      [
        { a: 1, y: 'x' },
        { a: 2, y: 'x' },
      ],
      { target: 'y' },
      /2 to 10000 classes in "y", got 1/,
    ],
    ['no target anywhere', [{ a: 1, y: null }], { target: 'y' }, /at least one row with a value in "y"/],
    [
      'nothing to learn from',
      [{ y: 1 }, { y: 2 }],
      { target: 'y', task: 'regression' },
      /at least one column to learn from/,
    ],
    ['an unknown column to ignore', data, { ...good, ignore: ['z'] }, /a column among .*got "z"/],
    ['validation of everything', data, { ...good, validation: 1 }, /between 0 and 1, or a Table/],
    [
      'validation of other columns',
      data,
      { ...good, validation: Table.from({ price: [1] }) },
      /the columns that were trained on, also/,
    ],
    ['no members', data, { ...good, members: 0 }, /members to be an integer ≥ 1/],
    ['an optimizer that is made already', data, { ...good, optimizer: new SGD() }, /a function that makes one/],
    ['callbacks that are none', data, { ...good, callbacks: [1] }, /callbacks to be objects, got 1/],
    ['one callback', data, { ...good, callbacks: {} }, /callbacks to be an array/],
    ['checkpoints without a folder', data, { ...good, checkpoints: {} }, /\[checkpoint\]/],
    ['checkpoints that are a path', data, { ...good, checkpoints: 'here' }, /options to be an object/],
    ['no layers', data, { ...good, hidden: 3 }, /hidden to be an array/],
    ['no table', 'data.csv', good, /a Table, an array of objects or columns by name, got "data.csv"/],
  ])('%s', async (_, source, options, message) => {
    const failed = trainTabular(source as never, options as never)
    await expect(failed).rejects.toThrow(message)
    await expect(failed).rejects.toBeInstanceOf(ChainruleError)
  })

  it('a signal that is aborted, before and within', async () => {
    const reason = new Error('enough')
    await expect(trainTabular(data, { ...good, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const callbacks = [{ epoch: () => controller.abort(reason) }]
    await expect(trainTabular(data, { ...good, epochs: 50, callbacks, signal: controller.signal })).rejects.toBe(reason)
  })
})
