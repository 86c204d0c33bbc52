// What fit can be told about parameters: frozen layers, largest norms, averages, weights of samples. Compiled as gate by gate.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { lower } from '../../lib/compile/lower.js'
import { Dataset } from '../../lib/data/dataset.js'
import {
  Adam,
  BatchNorm,
  BinaryCrossEntropy,
  type Callback,
  CrossEntropy,
  checkpoint,
  Embedding,
  ema,
  type FitOptions,
  Flatten,
  fit,
  Huber,
  KLDivergence,
  LayerNorm,
  Linear,
  type Loss,
  MeanAbsoluteError,
  MeanSquaredError,
  type Model,
  NegativeLogLikelihood,
  type Optimizer,
  PReLU,
  partialFit,
  ReLU,
  RMSProp,
  renewStatistics,
  type Samples,
  Sequential,
  SGD,
  Sigmoid,
  Softmax,
  setThreads,
  swa,
  Tanh,
  type Tensor,
  tensor,
} from '../../lib/index.js'
import { PlanTrainer } from '../../lib/train/compiled.js'
import { expectClose, generator } from '../support.js'

const root = mkdtempSync(join(tmpdir(), 'chainrule-options-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

type DType = 'float32' | 'float64'
const next = generator(8)
const x = Array.from({ length: 40 }, () => [next() - 0.5, next() - 0.5, next() - 0.5])
const labels = x.map(([a, b]) => (a! * b! > 0 ? 1 : 0))
const values = x.map(([a, b, c]) => [a! + b! * c!, a! - c!])
const network = (dtype: DType = 'float64') =>
  new Sequential(
    new Linear(3, 12, { dtype, seed: 1 }),
    new LayerNorm(12, { dtype }),
    new PReLU({ dtype }),
    new Linear(12, 7, { dtype, seed: 2 }),
    new BatchNorm(7, { dtype }),
    new Tanh(),
    new Linear(7, 2, { dtype, seed: 3 }),
  )
/** The same rules, which plans do not know. */
class EagerSGD extends SGD {}
class EagerAdam extends Adam {}
const base = { loss: new CrossEntropy(), batchSize: 8, epochs: 3, verbose: false } as const
const data: Samples = { x, y: labels }
const bits = (model: Model) => Object.values(model.stateDict()).map(({ data }) => Array.from(data))
const flat = (model: Model) => bits(model).flat()

/** The largest difference between two models' numbers, as part of the number where that is above 1. */
function distance(a: Model, b: Model): number {
  let most = 0
  const others = Object.values(b.stateDict())
  for (const [i, { data }] of Object.values(a.stateDict()).entries()) {
    for (let k = 0; k < data.length; k++) {
      const [found, wanted] = [data[k]!, others[i]!.data[k]!]
      const error = Math.abs(found - wanted) / Math.max(1, Math.abs(wanted))
      if (!(error <= most)) most = error
    }
  }
  return most
}

/** Trains compiled and gate by gate; the numbers must agree. */
async function both(
  make: () => Model,
  samples: Samples,
  given: () => Partial<FitOptions>,
  optimizers: readonly [Optimizer, Optimizer],
): Promise<Model> {
  const models = [make(), make()] as const
  for (const [i, optimizer] of optimizers.entries()) {
    await fit(models[i]!, samples, { ...base, ...given(), optimizer })
  }
  expect(distance(models[0], models[1])).toBeLessThan(1e-9)
  const set = new Dataset('fit', samples, { dtype: models[0].dtype })
  expect(PlanTrainer.create(models[0], given().loss ?? base.loss, optimizers[0], set, 8)).toBeDefined()
  return models[0]
}

describe('freezing', () => {
  it.each<[string, (model: Sequential) => unknown, RegExp]>([
    ['a layer', (model) => (model.gates[0] as Linear).freeze(), /^0\./],
    ['by names', (model) => model.freeze(/^[0-4]\./), /^[0-4]\./],
    ['a slope', (model) => (model.gates[2] as PReLU).freeze(), /^2\./],
    ['norms', (model) => model.freeze(({ name }) => /^[14]\./.test(name)), /^[14]\.(weight|bias)/],
    ['a bias alone', (model) => model.freeze(/^3\.bias$/), /^3\.bias$/],
    ['the last', (model) => model.freeze(/^6/), /^6/],
    ['all', (model) => model.freeze(), /weight|bias/],
  ])('%s: it stays bit for bit, the rest is trained', async (_, freeze, frozen) => {
    for (const dtype of ['float32', 'float64'] as const) {
      const make = () => {
        const model = network(dtype)
        // A gradient of before must not count in the norm.
        model.block.gradients.fill(5)
        freeze(model)
        return model
      }
      const before = make().stateDict()
      const given = { learningRate: 0.1, weightDecay: 0.1, momentum: 0.9, l1: 0.01 }
      const options = () => ({ clipNorm: 0.3, average: ema({ decay: 0.7 }), maxNorm: 0.2 })
      const { maxNorm, ...rest } = options()
      const compiled = make()
      await fit(compiled, data, { ...base, ...rest, optimizer: new SGD({ ...given, maxNorm }) })
      const eager = make()
      await fit(eager, data, { ...base, ...rest, optimizer: new EagerSGD({ ...given, maxNorm }) })
      expectClose(flat(compiled), flat(eager), dtype === 'float64' ? 1e-9 : 1e-4)
      for (const model of [compiled, eager]) {
        for (const [name, { data }] of Object.entries(model.stateDict())) {
          if (/running/.test(name)) continue
          const same = data.every((v, i) => Object.is(v, before[name]!.data[i]))
          expect(same, name).toBe(frozen.test(name))
        }
      }
    }
  })

  it('makes no work below the first layer that is trained', () => {
    const model = network()
    const flops = () => {
      const { description, buffers } = lower(model, {
        rowShape: [3],
        batch: 4,
        loss: new CrossEntropy(),
        training: true,
      })!
      void buffers
      return description.ops.map(({ frozen }) => frozen === true)
    }
    model.freeze(/^[0-4]\./)
    expect(flops()).toEqual([true, true, true, true, true, false, false])
    model.unfreeze(/^3/)
    expect(flops()).toEqual([true, true, true, false, true, false, false])
  })

  it('an embedding, and a training that thaws it on the way', async () => {
    const make = () => new Sequential(new Embedding(5, 3, { seed: 1 }), new Flatten(), new Linear(6, 2, { seed: 2 }))
    const indices = { x: Int32Array.from({ length: 40 }, (_, i) => (i * 7) % 5), y: labels.slice(0, 20) }
    const run = async (Kind: typeof SGD) => {
      const model = make()
      const table = model.gates[0] as Embedding
      table.freeze()
      const before = Array.from(table.weight.data)
      const seen: boolean[] = []
      const thaw: Callback = {
        epoch({ record }) {
          seen.push(before.every((v, i) => v === table.weight.data[i]))
          if (record.epoch === 2) table.unfreeze()
        },
      }
      const optimizer = new Kind({ learningRate: 0.5, momentum: 0.5 })
      await fit(model, indices, { ...base, epochs: 4, callbacks: [thaw], optimizer })
      expect(seen).toEqual([true, true, false, false])
      return flat(model)
    }
    expectClose(await run(SGD), await run(EagerSGD), 1e-5)
  })

  it('is told apart, and copied', () => {
    const model = network()
    expect([model.trainable, (model.gates[0] as Linear).trainable]).toEqual([true, true])
    ;(model.gates[0] as Linear).trainable = false
    expect(
      model
        .clone()
        .parameters()
        .filter(({ trainable }) => !trainable),
    ).toHaveLength(2)
    expect((new Sequential(model).gates[0] as Sequential).freeze().trainable).toBe(false)
    expect(() => model.freeze(/weights/)).toThrow('[freeze] expected a match among 0.weight')
    expect(() => model.freeze('0.weight' as never)).toThrow('[freeze] expected match to be a pattern')
    expect(() => {
      ;(model.gates[0] as Linear).trainable = 1 as never
    }).toThrow('trainable to be true or false')
  })
})

describe('maxNorm', () => {
  it('bounds the weights into each unit, compiled as gate by gate, by group too', async () => {
    const given = { learningRate: 0.5, maxNorm: 0.6, groups: [{ match: /^6/, maxNorm: 0.3 }] }
    const model = await both(network, data, () => ({}), [new SGD(given), new EagerSGD(given)])
    let bound = 0
    for (const [name, largest] of [
      ['0', 0.6],
      ['3', 0.6],
      ['6', 0.3],
    ] as const) {
      // biome-ignore format: pairs
      const weight = model.stateDict()[`${name}.weight`]!
      const norms = (weight.toArray() as number[][]).map((row) => Math.hypot(...row))
      for (const norm of norms) {
        expect(norm).toBeLessThanOrEqual(largest)
        if (norm > largest - 1e-6) bound++
      }
    }
    expect(bound).toBeGreaterThan(3)
    const free = network()
    await fit(free, data, { ...base, optimizer: new SGD({ learningRate: 0.5 }) })
    expect(Math.max(...(free.stateDict()['6.weight']!.toArray() as number[][]).map((row) => Math.hypot(...row)))).toBeGreaterThan(0.6) // biome-ignore format: one fact
  })

  it('scales a row as torch.renorm does, and leaves short rows and vectors alone', () => {
    const layer = new Linear(2, 2, { dtype: 'float64' })
    layer.weight.data.set([3, 4, 0.3, 0.4])
    layer.bias!.data.set([9, 9])
    layer.block.gradients.fill(0)
    new SGD({ learningRate: 1, maxNorm: 2 }).step(layer)
    expect(Array.from(layer.weight.data)).toEqual([(3 * 2) / (5 + 1e-7), (4 * 2) / (5 + 1e-7), 0.3, 0.4])
    expect(Array.from(layer.bias!.data)).toEqual([9, 9])
  })

  it.each([{ maxNorm: 0 }, { maxNorm: -1 }, { maxNorm: Number.NaN }, { groups: [{ match: /a/, maxNorm: 0 }] }])(
    'refuses %o',
    (bad) => expect(() => new SGD(bad as never)).toThrow(/maxNorm to be a finite number > 0/),
  )
})

describe('averages', () => {
  /** The parameters after every update, and the averages by their definitions. */
  async function course(optimizer: Optimizer): Promise<number[][]> {
    const model = network()
    const seen: number[][] = []
    const callbacks = [{ batch: () => void seen.push(Array.from(model.block.values)) }]
    await fit(model, data, { ...base, optimizer, callbacks })
    return seen
  }

  it('ema: d·average + (1 − d)·parameters after each update, from the first on', async () => {
    const seen = await course(new Adam({ learningRate: 0.05 }))
    let mean = seen[0]!
    for (const values of seen.slice(1)) mean = mean.map((m, i) => 0.8 * m + 0.2 * values[i]!)
    const given = { learningRate: 0.05 }
    const average = () => ({ average: ema({ decay: 0.8 }) })
    const model = await both(network, data, average, [new Adam(given), new EagerAdam(given)])
    expectClose(Array.from(model.block.values), mean, 1e-12)
  })

  it('ema: validation and callbacks see it, training does not', async () => {
    const model = network()
    const shown: number[][] = []
    const losses: number[] = []
    const watch: Callback = {
      epoch: ({ record }) => {
        shown.push(Array.from(model.block.values))
        losses.push(record.validationLoss!)
      },
    }
    const given = { ...base, validation: data, average: ema({ decay: 0.5 }), callbacks: [watch] }
    await fit(model, data, { ...given, optimizer: new SGD({ learningRate: 0.2 }) })
    expect(Array.from(model.block.values)).toEqual(shown.at(-1))
    const loss = new CrossEntropy()
    expect(loss.forward(model.predictSync(x), tensor(Int32Array.from(labels)))).toBeCloseTo(losses.at(-1)!, 10)
    const seen = await course(new SGD({ learningRate: 0.2 }))
    expect(seen.at(-1)).not.toEqual(shown.at(-1))
  })

  it('swa: the mean over the last epochs, with statistics renewed', async () => {
    const seen = await course(new SGD({ learningRate: 0.2 }))
    const ends = [seen[9]!, seen[14]!]
    const model = await both(network, data, () => ({ average: swa({ from: 2 }) }), [
      new SGD({ learningRate: 0.2 }),
      new EagerSGD({ learningRate: 0.2 }),
    ])
    expectClose(
      Array.from(model.block.values),
      ends[0]!.map((v, i) => (v + ends[1]![i]!) / 2),
      1e-12,
    )
    // The mean of the means of the batches in front of the normalisation.
    const batches = Array.from({ length: 5 }, (_, b) => {
      const steps = model.trace(tensor(x.slice(8 * b, 8 * b + 8), { dtype: 'float64' }))
      return Array.from(steps)[3]!.output as Tensor
    })
    const mean = Array.from({ length: 7 }, (_, c) =>
      batches.reduce((sum, batch) => sum + (batch.toArray() as number[][]).reduce((s, row) => s + row[c]!, 0) / 40, 0),
    )
    expectClose(model.stateDict()['4.running_mean'], mean, 1e-12)
  })

  it('renewStatistics does so for any model, and leaves it as it was otherwise', async () => {
    const [model, other] = [network(), network()]
    other.freeze(/^0/).eval()
    await fit(model, data, { ...base, average: swa({ from: 3 }), optimizer: new SGD() })
    await other.swap(model)
    other.stateDict()['4.running_mean']!.data.fill(7)
    await renewStatistics(other, data, { batchSize: 8 })
    expect(bits(other)).toEqual(bits(model))
    expect([other.training, (other.gates[4] as BatchNorm).training]).toEqual([false, false])
    await expect(renewStatistics(other, data, { batchSize: 0 })).rejects.toThrow('[renewStatistics] expected batchSize')
  })

  it('renewStatistics takes batches as they come, leaves out lone rows, and ends when it is told to', async () => {
    const [whole, parts] = [network(), network()]
    await renewStatistics(whole, data, { batchSize: 1000 })
    await renewStatistics(parts, (async function* () {
      yield data
      yield { x: x.slice(0, 1), y: labels.slice(0, 1) }
    })() as never, { batchSize: 1000 }) // biome-ignore format: one call
    expect(bits(parts)).toEqual(bits(whole))
    const before = bits(parts)
    await expect(renewStatistics(parts, data, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i)
    expect(bits(parts)).toEqual(before)
    const without = new Sequential(new Linear(2, 2, { seed: 1 }))
    await renewStatistics(without, { x: [[1, 2]], y: [0] }, { signal: AbortSignal.abort() })
  })

  it.each([
    ['ema', () => ({ average: ema({ decay: 0.9 }) })],
    ['swa', () => ({ average: swa({ from: 2 }) })],
  ])('%s goes on from a checkpoint bit for bit, for 1, 2 and 4 threads', async (_, average) => {
    const ends: number[][][] = []
    for (const threads of [1, 2, 4]) {
      setThreads(threads)
      for (const Kind of threads === 2 ? [Adam, EagerAdam] : [Adam]) {
        const given = () => ({ ...base, ...average(), epochs: 4, validation: data, optimizer: new Kind() })
        const whole = network('float32')
        await fit(whole, data, given())
        for (const at of threads === 2 ? [3, 10, 13] : [13]) {
          const folder = join(root, `${_}-${threads}-${Kind.name}-${at}`)
          const controller = new AbortController()
          let batches = 0
          const breaking = { pauseEvery: 1, pause: () => void (++batches === at && controller.abort()) }
          const callbacks = [checkpoint({ folder, ...(at === 10 ? {} : { everyBatches: 1 }) }), breaking]
          await expect(
            fit(network('float32'), data, { ...given(), callbacks, signal: controller.signal }),
          ).rejects.toThrow()
          const resumed = network('float32')
          await fit(resumed, data, { ...given(), resume: folder })
          expect(bits(resumed)).toEqual(bits(whole))
        }
        if (Kind === Adam) ends.push(bits(whole))
      }
    }
    setThreads(2)
    expect(ends[1]).toEqual(ends[0])
    expect(ends[2]).toEqual(ends[0])
    await expect(
      fit(network('float32'), data, { ...base, optimizer: new Adam(), resume: join(root, `${_}-2-Adam-3`) }),
    ).rejects.toThrow('the average of the checkpoint')
  })

  it('an abort leaves the parameters in training', async () => {
    const model = network()
    const controller = new AbortController()
    let last: number[] = []
    const callbacks: Callback[] = [
      {
        batch: () => {
          last = Array.from(model.block.values)
        },
        epoch: () => controller.abort(),
      },
    ]
    const given = { ...base, epochs: 5, average: ema({ decay: 0.5 }), callbacks, signal: controller.signal }
    await expect(fit(model, data, { ...given, optimizer: new SGD({ learningRate: 0.5 }) })).rejects.toThrow()
    expect(Array.from(model.block.values)).toEqual(last)
    expect((await partialFit(model, data, { loss: base.loss, optimizer: new SGD() })).loss).toBeGreaterThan(0)
  })

  it.each<[string, () => unknown]>([
    ['decay', () => ema({ decay: 1 })],
    ['decay', () => ema({ decay: Number.NaN })],
    ['from', () => swa({ from: 0 })],
    ['options among', () => swa({ start: 1 } as never)],
  ])('refuse a bad %s', (what, bad) => expect(bad).toThrow(what))

  it('refuse what is none', () =>
    expect(fit(network(), data, { ...base, optimizer: new SGD(), average: 0.9 as never })).rejects.toThrow('average'))
})

describe('weights of samples', () => {
  const weights = x.map((_, i) => [0, 0.5, 1, 3][i % 4]!)
  const probabilities = labels.map((label) => (label ? [0.2, 0.8] : [0.9, 0.1]))
  const zeroOne = labels.map((label) => [label, 1 - label])
  const losses: [string, Loss, Samples['y'], boolean?][] = [
    ['CrossEntropy', new CrossEntropy(), labels],
    ['… of classes', new CrossEntropy({ classWeights: [1, 4], labelSmoothing: 0.1, ignoreIndex: 7 }), labels],
    ['… a sum', new CrossEntropy({ reduction: 'sum' }) as unknown as Loss, labels],
    ['… of probabilities', new CrossEntropy({ targets: 'values' }), probabilities],
    ['MeanSquaredError', new MeanSquaredError(), values],
    ['… a sum', new MeanSquaredError({ reduction: 'sum' }) as unknown as Loss, values],
    ['MeanAbsoluteError', new MeanAbsoluteError(), values],
    ['Huber', new Huber({ delta: 0.3 }), values],
    ['BinaryCrossEntropy', new BinaryCrossEntropy(), zeroOne],
    ['KLDivergence', new KLDivergence(), probabilities, true],
    ['NegativeLogLikelihood', new NegativeLogLikelihood({ classWeights: [1, 4] }), labels, true],
  ]
  it.each(losses)('%s: compiled as gate by gate', async (_, loss, y, normalised = false) => {
    for (const outputs of Array.isArray((y as number[][])[0]) && !normalised ? [2, 1] : [2]) {
      const make = () =>
        new Sequential(
          new Linear(3, 6, { dtype: 'float64', seed: 1 }),
          new Sigmoid(),
          new Linear(6, outputs, { dtype: 'float64', seed: 2 }),
          ...(normalised ? [new Softmax()] : []),
        )
      if (outputs === 1 && _.includes('probabilities')) continue
      const target = outputs === 1 ? (y as number[][]).map(([first]) => [first!]) : y
      const samples = { x, y: target as never, weights }
      const histories: number[] = []
      const callbacks = [{ epoch: ({ record }: { record: { validationLoss?: number } }) => void histories.push(record.validationLoss!) }] // biome-ignore format: one fact
      const given = () => ({ loss, validation: samples, callbacks })
      await both(make, samples, given, [new RMSProp(), new (class Own extends RMSProp {})()])
      expectClose(histories.slice(0, 3), histories.slice(3), 1e-9)
      // And they count: without them the end is another.
      const plain = make()
      await fit(plain, { x, y: target as never }, { ...base, loss, optimizer: new RMSProp() })
      const weighted = make()
      await fit(weighted, samples, { ...base, loss, optimizer: new RMSProp() })
      expect(flat(plain)).not.toEqual(flat(weighted))
    }
  })

  it('a row of weight 2 counts as two rows', async () => {
    const make = () => new Sequential(new Linear(3, 5, { dtype: 'float64', seed: 1 }), new ReLU(), new Linear(5, 2, { dtype: 'float64', seed: 2 })) // biome-ignore format: one fact
    const [a, b] = [make(), make()]
    const given = { ...base, shuffle: false, optimizer: new SGD({ learningRate: 0.3 }) }
    await fit(a, { x: x.slice(0, 3), y: labels.slice(0, 3), weights: [2, 1, 0] }, given)
    await fit(b, { x: [x[0]!, x[0]!, x[1]!], y: [labels[0]!, labels[0]!, labels[1]!] }, { ...given, optimizer: new SGD({ learningRate: 0.3 }) }) // biome-ignore format: one fact
    expectClose(flat(a), flat(b), 1e-12)
  })
})

describe('accumulate', () => {
  const weights = x.map((_, i) => [0.5, 1, 3][i % 3]!)
  it.each<[string, Samples, Partial<FitOptions>]>([
    ['labels', data, { accumulate: 2 }],
    ['more than an epoch has', data, { accumulate: 50 }],
    ['values', { x, y: values }, { accumulate: 3, loss: new MeanSquaredError() }],
    ['a sum', { x, y: values }, { accumulate: 3, loss: new MeanSquaredError({ reduction: 'sum' }) as unknown as Loss }],
    [
      'probabilities',
      { x, y: values.map(() => [0.3, 0.7]) },
      { accumulate: 2, loss: new CrossEntropy({ targets: 'values' }) },
    ],
    ['weights of samples', { ...data, weights }, { accumulate: 3 }],
    [
      'all at once',
      { ...data, weights },
      { accumulate: 2, clipNorm: 0.1, clipValue: 0.2, average: ema({ decay: 0.6 }) },
    ],
  ])('%s: compiled as gate by gate', async (_, samples, more) => {
    const make = () => network().freeze(/^3/)
    const given = { learningRate: 0.05, maxNorm: 0.7 }
    const optimizers = [new Adam(given), new EagerAdam(given)] as const
    const model = await both(make, samples, () => more, optimizers)
    expect(optimizers[0].state(model).step).toBe(3 * Math.ceil(5 / more.accumulate!))
    // By portions of any size, as a watched training has them.
    const watched = make()
    const callbacks = [{ batch() {} }]
    await fit(watched, samples, { ...base, ...more, callbacks, optimizer: new Adam(given) })
    expect(bits(watched)).toEqual(bits(model))
  })

  it('batches together are one batch of all their rows, streams too', async () => {
    const make = () => new Sequential(new Linear(3, 5, { dtype: 'float64', seed: 1 }), new Tanh(), new Linear(5, 2, { dtype: 'float64', seed: 2 })) // biome-ignore format: one fact
    const whole = make()
    await fit(whole, data, { ...base, shuffle: false, batchSize: 20, optimizer: new SGD({ learningRate: 0.5 }) })
    const parts = make()
    const given = { ...base, accumulate: 4, optimizer: new SGD({ learningRate: 0.5 }) }
    await fit(parts, data, { ...given, shuffle: false, batchSize: 5 })
    expectClose(flat(parts), flat(whole), 1e-12)
    const stream = Array.from({ length: 6 }, (_, i) => [0, 7, 9, 15, 20, 34, 40].slice(i, i + 2)).map(([from, to]) => ({
      x: x.slice(from, to),
      y: labels.slice(from, to),
    }))
    const streamed = make()
    const { batchSize, ...rest } = given
    await fit(streamed, stream, { ...rest, optimizer: new SGD({ learningRate: 0.5 }) })
    expectClose(flat(streamed), flat(whole), 1e-12)
  })
})

it('weights so large that they are updated early: the same numbers', async () => {
  const make = () =>
    new Sequential(
      new Linear(512, 512, { dtype: 'float64', seed: 1 }),
      new Tanh(),
      new Linear(512, 512, { dtype: 'float64', seed: 2 }),
      new Linear(512, 2, { dtype: 'float64', seed: 3 }),
    )
  const wide = { x: Array.from({ length: 12 }, (_, i) => Float64Array.from({ length: 512 }, (_, k) => Math.sin(i * k))), y: labels.slice(0, 12) } // biome-ignore format: one fact
  const given = { learningRate: 0.01, maxNorm: 0.5 }
  for (const more of [{ average: ema({ decay: 0.5 }) }, { accumulate: 2 }, { clipNorm: 0.1 }]) {
    const options = () => ({ ...more, batchSize: 4, epochs: 1 })
    await both(() => make().freeze(/^2/), wide, options, [new Adam(given), new EagerAdam(given)])
    await both(make, wide, options, [new SGD(given), new EagerSGD(given)])
  }
})
