// Early stopping, logs, metrics in fit, and the order of events.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  Adam,
  type Callback,
  CrossEntropy,
  checkpoint,
  csvLog,
  type EpochRecord,
  earlyStopping,
  type FitOptions,
  fit,
  jsonLines,
  Linear,
  metrics,
  Sequential,
  SGD,
  type Tensor,
} from '../../lib/index.js'

const root = mkdtempSync(join(tmpdir(), 'chainrule-callbacks-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const x = Array.from({ length: 12 }, (_, i) => [Math.sin(i), Math.cos(3 * i)])
const data = { x, y: x.map(([a]) => (a! > 0 ? 1 : 0)) }
const network = () => new Sequential(new Linear(2, 2, { dtype: 'float64', seed: 1 }))
const base = () => ({ loss: new CrossEntropy(), optimizer: new SGD({ learningRate: 0.5 }), verbose: false })
const bits = (model: Sequential) => Array.from(model.block.values)

describe('earlyStopping', () => {
  /** Which epoch ends a training whose numbers are these, and the number of the epoch whose parameters it leaves. */
  function ends(
    losses: number[],
    given: Parameters<typeof earlyStopping>[0],
    key = 'loss',
  ): [last: number, best: number] {
    const model = network()
    const callback = earlyStopping(given)
    callback.begin!({ model, records: [], batches: 0 })
    let last = 0
    for (const [i, value] of losses.entries()) {
      last = i + 1
      model.block.values.fill(last)
      let stopped = false
      const record = { [key]: value } as unknown as EpochRecord
      const stop = () => {
        stopped = true
      }
      callback.epoch!({ record, model, stop, batches: 0, epoch: 1, part: 0, loss: 0, capture: () => undefined })
      if (stopped) break
    }
    callback.end!({ model, history: { epochs: [], seconds: 0 }, failed: false })
    return [last, model.parameters()[0]!.value.data[0]!]
  }

  it.each<[string, number[], Parameters<typeof earlyStopping>[0], string, [number, number]]>([
    ['bears so many', [3, 2, 2, 2, 2, 1], { patience: 2 }, 'loss', [5, 2]],
    ['patience 0', [3, 3, 1], { patience: 0 }, 'loss', [2, 1]],
    ['more is better', [0.1, 0.3, 0.2, 0.2], { patience: 1, monitor: 'accuracy' }, 'accuracy', [4, 2]],
    [
      'less of an accuracy',
      [0.1, 0.3, 0.2, 0.2],
      { patience: 1, monitor: 'accuracy', mode: 'min' },
      'accuracy',
      [3, 1],
    ],
    ['small changes', [3, 2.95, 2.9, 2.85], { patience: 1, minimumChange: 0.2 }, 'loss', [3, 1]],
    ['keeps the last', [3, 4, 5], { patience: 0, restoreBest: false }, 'loss', [2, 2]],
    ['the best at the natural end', [3, 1, 2], {}, 'loss', [3, 2]],
    ['NaN is never better', [Number.NaN, Number.NaN], { patience: 1 }, 'loss', [2, 2]],
  ])('%s', (_, losses, given, key, expected) => {
    expect(ends(losses, given, key)).toEqual(expected)
  })

  it('ends fit, with the parameters of the best epoch', async () => {
    const model = network()
    const kept: number[][] = []
    const watch = { epoch: ({ model }: { model: unknown }) => void kept.push(bits(model as Sequential)) }
    // A rate that grows until the loss does.
    const schedule = (step: number) => 0.1 * 4 ** step
    const history = await fit(model, data, {
      ...base(),
      schedule,
      epochs: 50,
      validation: data,
      callbacks: [watch, earlyStopping({ patience: 2 })],
    })
    const losses = history.epochs.map((epoch) => epoch.validationLoss!)
    const best = losses.indexOf(Math.min(...losses))
    expect(history.epochs.length).toBe(best + 4)
    expect(bits(model)).toEqual(kept[best])
  })

  it('counts on after a checkpoint', async () => {
    const folder = join(root, 'early')
    const once = (epochs: number, more: Partial<FitOptions> = {}) => {
      const optimizer = new SGD({ learningRate: 0 })
      const callbacks = [checkpoint({ folder }), earlyStopping({ patience: 3, monitor: 'loss' })]
      return fit(network(), data, { ...base(), optimizer, shuffle: false, epochs, callbacks, ...more })
    }
    await once(2)
    expect((await once(50, { resume: folder })).epochs.length).toBe(5)
  })

  it.each([
    { patience: -1 },
    { minimumChange: -1 },
    { restoreBest: 1 },
    { mode: 'up' },
    { monitor: '' },
    { patients: 1 },
  ])('refuses %o', (bad) => {
    expect(() => earlyStopping(bad as never)).toThrow(expect.objectContaining({ operation: 'earlyStopping' }))
  })

  it('refuses what no epoch has', async () => {
    const callbacks = [earlyStopping({ monitor: 'speed' })]
    await expect(fit(network(), data, { ...base(), callbacks })).rejects.toThrow(/monitor among .*loss/)
  })
})

describe('logs', () => {
  it('have a line for each epoch, and go on after a checkpoint', async () => {
    const [csv, lines, folder] = [join(root, 'log.csv'), join(root, 'log.jsonl'), join(root, 'logs')]
    writeFileSync(csv, 'old\n')
    const given = () => ({
      ...base(),
      validation: data,
      metrics: { 'F, "1"': metrics.f1 },
      callbacks: [csvLog(csv), jsonLines(lines), checkpoint({ folder })],
    })
    const { epochs } = await fit(network(), data, { ...given(), epochs: 2 })
    const names = 'epoch,loss,accuracy,validationLoss,validationAccuracy,seconds,samplesPerSecond,"F, ""1"""'
    const text = readFileSync(csv, 'utf8').trimEnd().split('\n')
    expect(text[0]).toBe(names)
    expect(text.slice(1).map((line) => Number(line.split(',')[3]))).toEqual(epochs.map((epoch) => epoch.validationLoss))
    await fit(network(), data, { ...given(), epochs: 3, resume: folder })
    const rows = readFileSync(lines, 'utf8').trimEnd().split('\n')
    expect(rows.map((row) => JSON.parse(row).epoch)).toEqual([1, 2, 3])
    expect(readFileSync(csv, 'utf8').match(/epoch/g)!.length).toBe(1)
    await fit(network(), data, { ...base(), callbacks: [jsonLines(lines, { append: true })] })
    expect(readFileSync(lines, 'utf8').trimEnd().split('\n').length).toBe(4)
  })

  it('refuse bad paths and options', async () => {
    expect(() => csvLog('')).toThrow('[csvLog] expected path')
    expect(() => jsonLines('a', { append: 1 as never })).toThrow('[jsonLines] expected append')
    const callbacks = [csvLog(join(root, 'missing', 'log.csv'))]
    await expect(fit(network(), data, { ...base(), callbacks })).rejects.toMatchObject({ code: 'FILE_FAILED' })
  })
})

describe('metrics in fit', () => {
  it('are taken of the validation data', async () => {
    const model = network()
    const given = { accuracy2: metrics.accuracy, auc: metrics.rocAuc, f1: metrics.f1 }
    const { epochs } = await fit(model, data, { ...base(), validation: data, metrics: given, epochs: 2 })
    const output = model.predictSync(data.x)
    const record = epochs.at(-1)!
    expect(record.metrics).toEqual({
      accuracy2: record.validationAccuracy,
      auc: metrics.rocAuc(output, data.y),
      f1: metrics.f1(output, data.y),
    })
  })

  it('may be objects that take rows in pieces', async () => {
    const many = Array.from({ length: 1100 }, (_, i) => x[i % 12]!)
    const validation = { x: many, y: many.map(([a]) => (a! > 0 ? 1 : 0)) }
    const pieces: number[] = []
    let [right, rows] = [0, 0]
    const own = {
      reset() {
        right = rows = 0
        pieces.length = 0
      },
      update(output: Tensor, target: Tensor) {
        pieces.push(output.shape[0]!)
        rows += output.shape[0]!
        right += metrics.accuracy(output, target) * output.shape[0]!
      },
      result: () => right / rows,
    }
    const { epochs } = await fit(network(), data, { ...base(), validation, metrics: { own }, epochs: 2 })
    expect(pieces).toEqual([512, 512, 76])
    expect(epochs[1]!.metrics!.own).toBeCloseTo(epochs[1]!.validationAccuracy!, 12)
  })

  it.each<[string, Partial<FitOptions>]>([
    ['metric f1', { metrics: { f1: { reset() {} } as never }, validation: data }],
    ['validation data', { metrics: { f1: metrics.f1 } }],
    ['metric f1', { metrics: { f1: 1 as never }, validation: data }],
    ['metrics to be', { metrics: [] as never, validation: data }],
  ])('refuse: %s', async (what, more) => {
    await expect(fit(network(), data, { ...base(), ...more })).rejects.toThrow(what)
  })
})

it('events come in order, and end is told of failures', async () => {
  const told: string[] = []
  const callback: Callback = {
    begin: () => void told.push('begin'),
    batch: ({ epoch, batch }) => void told.push(`batch ${epoch}.${batch}`),
    pause: ({ batches }) => void told.push(`pause ${batches}`),
    epoch: ({ record }) => void told.push(`epoch ${record.epoch}`),
    end: ({ failed, history }) => void told.push(`end ${failed} ${history.epochs.length}`),
  }
  const given = { ...base(), optimizer: new Adam(), batchSize: 6, callbacks: [callback] }
  await fit(network(), data, given)
  expect(told).toEqual(['begin', 'batch 1.1', 'pause 1', 'batch 1.2', 'pause 2', 'epoch 1', 'end false 1'])
  told.length = 0
  const broken = () => {
    throw new Error('broken')
  }
  await expect(
    fit(network(), data, { ...given, callbacks: [callback, { batch: broken, end: broken }] }),
  ).rejects.toThrow('broken')
  expect(told).toEqual(['begin', 'batch 1.1', 'end true 0'])
})
