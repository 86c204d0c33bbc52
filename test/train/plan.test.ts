// fit through a compiled plan: the same numbers as gate by gate, the same bits whatever runs it, and no surprise on the way.
import { describe, expect, it } from 'vitest'
import { Dataset } from '../../lib/data/dataset.js'
import {
  Adam,
  AdamW,
  type BatchNorm,
  CrossEntropy,
  Dropout,
  Embedding,
  explain,
  type FitOptions,
  Flatten,
  fit,
  Linear,
  type Loss,
  MeanSquaredError,
  type Model,
  type Optimizer,
  ReLU,
  type Samples,
  Sequential,
  SGD,
  setThreads,
  Tanh,
  type Tensor,
  tensor,
  variable,
} from '../../lib/index.js'
import { PlanTrainer } from '../../lib/train/compiled.js'
import { expectClose, generator } from '../support.js'
import { type DType, networks } from './networks.js'

const losses: Record<string, () => Loss> = {
  CrossEntropy: () => new CrossEntropy(),
  MeanSquaredError: () => new MeanSquaredError(),
}

const optimizers: Record<string, () => Optimizer> = {
  SGD: () => new SGD({ learningRate: 0.1, weightDecay: 0.01 }),
  momentum: () => new SGD({ learningRate: 0.05, momentum: 0.9, dampening: 0.1 }),
  Nesterov: () => new SGD({ learningRate: 0.05, momentum: 0.9, nesterov: true }),
  Adam: () => new Adam({ learningRate: 0.01 }),
  AdamW: () => new AdamW({ learningRate: 0.01 }),
}

// 45 rows in batches of 8: the last has 5.
function samples(loss: string, dtype: DType): Samples {
  const next = generator(11)
  const x = tensor(
    Float64Array.from({ length: 45 * 5 }, () => 2 * next() - 1),
    { shape: [45, 5] },
  ).astype(dtype)
  const y = Int32Array.from({ length: 45 }, () => Math.floor(3 * next()))
  if (loss === 'CrossEntropy') return { x, y }
  return {
    x,
    y: tensor(
      Float64Array.from({ length: 45 * 3 }, () => next()),
      { shape: [45, 3] },
    ).astype(dtype),
  }
}

const options = { epochs: 3, batchSize: 8, seed: 5, verbose: false }

/** The optimizer behind an object that only steps: fit then runs gate by gate. */
function eagerly(optimizer: Optimizer): FitOptions['optimizer'] {
  return { step: (model) => optimizer.step(model) }
}

function values(model: Model): number[] {
  return Array.from(model.block.values)
}

describe('a plan trains as gates do', () => {
  const rows = Object.keys(networks).flatMap((network) =>
    Object.keys(losses).flatMap((loss) => (['float64', 'float32'] as const).map((dtype) => ({ network, loss, dtype }))),
  )

  it.each(rows)('$network, $loss, $dtype', async ({ network, loss, dtype }) => {
    for (const optimizer of Object.values(optimizers)) {
      const [byPlan, byGates] = [0, 1].map(() => networks[network]!(dtype).initialize(3)) as [Model, Model]
      const data = samples(loss, dtype)
      const given = { ...options, validation: data, loss: losses[loss]!() }
      const [a, b] = [optimizer(), optimizer()]
      expect(PlanTrainer.create(byPlan, given.loss, a, new Dataset('fit', data), 8)).toBeInstanceOf(PlanTrainer)
      const planned = await fit(byPlan, data, { ...given, optimizer: a })
      const gated = await fit(byGates, data, { ...given, optimizer: eagerly(b) })
      const tolerance = dtype === 'float64' ? 1e-12 : 2e-5
      expectClose(values(byPlan), values(byGates), tolerance)
      for (const key of ['loss', 'accuracy', 'validationLoss', 'validationAccuracy'] as const) {
        const [mine, theirs] = [planned, gated].map((history) => history.epochs.map((epoch) => epoch[key] ?? 0))
        expectClose(mine, theirs!, tolerance)
      }
      for (const [i, buffer] of byPlan.buffers().entries()) {
        expectClose(buffer.value, Array.from(byGates.buffers()[i]!.value.data), tolerance)
      }
      for (const [i, gate] of byPlan.gates.entries()) {
        if (gate instanceof Dropout) expect(gate.drawn).toBe((byGates.gates[i] as Dropout).drawn)
      }
      expectClose(byPlan.predictSync(data.x as Tensor), Array.from(byGates.infer(data.x as Tensor).data), tolerance)
      expect(a.state(byPlan).step).toBe(b.state(byGates).step)
      a.state(byPlan).vectors.forEach((vector, i) => {
        expectClose(Array.from(vector), Array.from(b.state(byGates).vectors[i]!), tolerance)
      })
    }
  })
})

describe('batch normalisation whose statistics stay', () => {
  it.each(['float64', 'float32'] as const)('keeps those that it has, compiled as gate by gate, %s', async (dtype) => {
    const models = [0, 1].map(() => {
      const model = networks.normalised!(dtype).initialize(3)
      const [mean, variance] = model.buffers()
      mean!.value.data.set([0.5, -1, 0.25, 2, -0.5, 1])
      variance!.value.data.set([4, 0.25, 2, 1, 0.5, 9])
      ;(model.gates[2] as BatchNorm).eval()
      return model
    }) as [Model, Model]
    const given = { ...options, loss: new CrossEntropy() }
    const data = samples('CrossEntropy', dtype)
    await fit(models[0], data, { ...given, optimizer: new Adam() })
    await fit(models[1], data, { ...given, optimizer: eagerly(new Adam()) })
    expectClose(values(models[0]), values(models[1]), dtype === 'float64' ? 1e-12 : 2e-5)
    expect(Array.from(models[0].buffers()[0]!.value.data)).toEqual([0.5, -1, 0.25, 2, -0.5, 1])
    expect(explain(models[0], { loss: given.loss })).toContain('batchNorm')
  })
})

describe('networks that look up indices', () => {
  const shapes: Record<string, { shape: number[]; make: (dtype: DType) => Model }> = {
    'one field': {
      shape: [45],
      make: (dtype) => new Sequential(new Embedding(9, 4, { dtype }), new Linear(4, 3, { dtype })),
    },
    'three fields': {
      shape: [45, 3],
      make: (dtype) =>
        new Sequential(
          new Embedding(9, 4, { dtype, paddingIndex: 2 }),
          new Flatten(),
          new Linear(12, 5, { dtype }),
          new ReLU(),
          new Linear(5, 3, { dtype }),
        ),
    },
  }

  it.each(Object.entries(shapes))('%s', async (_, { shape, make }) => {
    const next = generator(4)
    const x = tensor(
      Int32Array.from({ length: shape.reduce((a, b) => a * b) }, () => Math.floor(9 * next())),
      { shape },
    )
    const y = Int32Array.from({ length: 45 }, () => Math.floor(3 * next()))
    for (const dtype of ['float64', 'float32'] as const) {
      const [byPlan, byGates] = [0, 1].map(() => make(dtype).initialize(3)) as [Model, Model]
      const given = { ...options, validation: { x, y }, loss: new CrossEntropy() }
      const [a, b] = [new Adam({ learningRate: 0.01 }), new Adam({ learningRate: 0.01 })]
      expect(PlanTrainer.create(byPlan, given.loss, a, new Dataset('fit', { x, y }), 8)).toBeInstanceOf(PlanTrainer)
      const planned = await fit(byPlan, { x, y }, { ...given, optimizer: a })
      const gated = await fit(byGates, { x, y }, { ...given, optimizer: eagerly(b) })
      const tolerance = dtype === 'float64' ? 1e-12 : 2e-5
      expectClose(values(byPlan), values(byGates), tolerance)
      expectClose([planned.epochs[2]!.validationLoss!], [gated.epochs[2]!.validationLoss!], tolerance)
      const expected = byGates.infer(x)
      expectClose(byPlan.predictSync(x), Array.from(expected.data), tolerance)
      expect((await byPlan.predict(x)).shape).toEqual(expected.shape)
      const bad = tensor(Int32Array.from(x.data).fill(9, 7, 8), { shape })
      for (const model of [byPlan, byGates]) {
        await expect(model.predict(bad)).rejects.toMatchObject({ code: 'INDEX_OUT_OF_RANGE' })
        await expect(fit(model, { x: bad, y }, { ...given, optimizer: a })).rejects.toMatchObject({
          code: 'INDEX_OUT_OF_RANGE',
        })
      }
    }
  })
})

describe('scalar gates, tensor gates and plan', () => {
  it('take the same step', async () => {
    const make = () =>
      new Sequential(
        new Linear(3, 4, { dtype: 'float64' }),
        new Tanh(),
        new Linear(4, 2, { dtype: 'float64' }),
      ).initialize(9)
    const [byPlan, byGates, byScalars] = [make(), make(), make()] as const
    const x = [
      [0.3, -1.2, 0.7],
      [1.1, 0.4, -0.2],
    ]
    const y = [
      [0.5, -0.5],
      [1, 0.25],
    ]
    const data = { x: tensor(x, { dtype: 'float64' }), y: tensor(y, { dtype: 'float64' }) }
    const given = { loss: new MeanSquaredError(), batchSize: 2, shuffle: false, verbose: false }
    const byPlanHistory = await fit(byPlan, data, { ...given, optimizer: new SGD({ learningRate: 0.1 }) })
    await fit(byGates, data, { ...given, optimizer: eagerly(new SGD({ learningRate: 0.1 })) })

    const layers = byScalars.gates.filter((gate) => gate instanceof Linear) as Linear[]
    const leaves = layers.map(({ weight, bias }) => ({
      weight: Array.from(weight.data, (w) => variable(w)),
      bias: Array.from(bias!.data, (b) => variable(b)),
    }))
    let total = variable(0).mul(1)
    x.forEach((row, r) => {
      let value = row.map((number) => variable(number))
      leaves.forEach(({ weight, bias }, l) => {
        value = bias.map((b, j) => value.reduce((sum, v, i) => sum.add(v.mul(weight[j * value.length + i]!)), b))
        if (l === 0) value = value.map((v) => v.tanh())
      })
      value.forEach((v, j) => {
        total = total.add(v.sub(y[r]![j]!).square())
      })
    })
    const loss = total.mul(0.25)
    loss.backward()
    expect(byPlanHistory.epochs[0]!.loss).toBeCloseTo(loss.value as number, 14)
    layers.forEach((layer, l) => {
      const step = (data: { [i: number]: number }, list: (typeof leaves)[0]['weight']) =>
        list.map((leaf, i) => data[i]! - 0.1 * (leaf.grad as number))
      const expected = [...step(layer.weight.data, leaves[l]!.weight), ...step(layer.bias!.data, leaves[l]!.bias)]
      for (const model of [byPlan, byGates]) {
        const { weight, bias } = model.gates[2 * l] as Linear
        expectClose([...Array.from(weight.data), ...Array.from(bias!.data)], expected, 1e-14)
      }
    })
  })
})

describe('the same bits', () => {
  const wide = () =>
    new Sequential(new Linear(5, 600), new ReLU(), new Linear(600, 300), new Tanh(), new Linear(300, 3)).initialize(1)
  async function trained(threads: number): Promise<Float32Array> {
    setThreads(threads)
    const model = wide()
    const x = new Float32Array(400 * 5).map((_, i) => Math.sin(i))
    const y = Int32Array.from({ length: 400 }, (_, i) => i % 3)
    await fit(
      model,
      { x, y },
      { loss: new CrossEntropy(), optimizer: new Adam(), epochs: 2, batchSize: 96, verbose: false },
    )
    return model.block.values as Float32Array
  }

  // Where the parameters begin in their memory differs.
  const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength)

  it('for 1, 2 and 4 threads, and again', async () => {
    const first = await trained(1)
    for (const threads of [1, 2, 4])
      expect(Buffer.compare(bytesOf(await trained(threads)), bytesOf(first)), String(threads)).toBe(0)
    setThreads(2)
  })
})

describe('on the way', () => {
  const data = () => {
    const x = new Float32Array(512 * 20).map((_, i) => Math.sin(i * i))
    return { x, y: Int32Array.from({ length: 512 }, (_, i) => (x[20 * i]! > 0 ? 1 : 0)) }
  }
  const network = () => new Sequential(new Linear(20, 16), new ReLU(), new Linear(16, 2)).initialize(1)
  const base = () => ({
    loss: new CrossEntropy(),
    optimizer: new SGD({ learningRate: 0.1 }),
    batchSize: 8,
    verbose: false,
  })

  it('an abort ends training soon, with its reason, and the model stays usable', async () => {
    const model = network()
    const controller = new AbortController()
    const running = fit(model, data(), { ...base(), epochs: 1e6, signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 30)
    await expect(running).rejects.toThrow('enough')
    const seconds = performance.now()
    const history = await fit(model, data(), { ...base(), epochs: 1 })
    expect(history.epochs[0]!.accuracy).toBeGreaterThan(0.5)
    expect(performance.now() - seconds).toBeLessThan(5000)
    expect(model.predictSync(data().x).data.every(Number.isFinite)).toBe(true)
  })

  it('a loss that is not finite is reported with its place, and that batch changes nothing', async () => {
    for (const slow of [false, true]) {
      const model = network()
      const { x, y } = data()
      x[20 * 100] = 3e38 // row 100 is in batch 13 of 64
      x[20 * 100 + 1] = 3e38
      ;(model.gates[0] as Linear).weight.data.fill(3)
      const optimizer = new SGD({ learningRate: 0 })
      const given = { ...base(), optimizer: slow ? eagerly(optimizer) : optimizer, shuffle: false, epochs: 2 }
      const failure = fit(model, { x, y }, given)
      await expect(failure).rejects.toMatchObject({
        code: 'NON_FINITE',
        epoch: 1,
        batch: 13,
        layer: '0 (Linear): its output, from finite parameters, contains Infinity',
      })
      if (!slow) expect(optimizer.state(model).step).toBe(12)
      expect(Array.from(model.block.values).every(Number.isFinite)).toBe(true)
    }
  })

  it('batch callbacks come one by one, in order, and may change the learning rate for the next batch', async () => {
    const run = async (wrap: (optimizer: Optimizer) => FitOptions['optimizer']) => {
      const model = network()
      const optimizer = new SGD({ learningRate: 0.5 })
      const seen: number[] = []
      const callback = {
        batch: ({ batch }: { batch: number }) => {
          seen.push(batch)
          optimizer.learningRate *= 0.9
        },
      }
      await fit(model, data(), { ...base(), optimizer: wrap(optimizer), callbacks: [callback] })
      expect(seen).toEqual(Array.from({ length: 64 }, (_, i) => i + 1))
      return values(model)
    }
    expectClose(await run((optimizer) => optimizer), await run(eagerly), 1e-5)
  })

  it('several fits and predictions run at once, each as if alone', async () => {
    const alone = network()
    await fit(alone, data(), { ...base(), epochs: 4 })
    const models = Array.from({ length: 6 }, network)
    const running = models.map((model) => fit(model, data(), { ...base(), epochs: 4 }))
    const predictions = models.map((model) => model.predict(data().x))
    await Promise.all([...running, ...predictions])
    for (const model of models) expect(model.block.values).toEqual(alone.block.values)
    for (const prediction of await Promise.all(predictions)) expect(prediction.shape).toEqual([512, 2])
  })

  it('predictions during training see parameters of one moment', async () => {
    // All outputs have equal weights and targets, so they stay equal; half an update would show.
    const model = new Sequential(new Linear(1, 64, { bias: false }), new Linear(64, 2048, { bias: false }))
    for (const gate of model.gates) (gate as Linear).weight.data.fill(0.1)
    const x = new Float32Array(256).fill(1)
    const y = tensor(new Float32Array(256 * 2048).fill(8), { shape: [256, 2048] })
    const given = { loss: new MeanSquaredError(), optimizer: new Adam({ learningRate: 1e-5 }), batchSize: 1, epochs: 3 }
    let done = false
    const running = fit(model, { x, y }, { ...given, verbose: false }).finally(() => {
      done = true
    })
    const seen: number[] = []
    while (!done) {
      for (const { data } of [await model.predict([1]), model.predictSync([1])]) {
        expect(data.every((output) => output === data[0])).toBe(true)
        seen.push(data[0]!)
      }
      const many = (await model.predict(new Float32Array(600).fill(1))).data
      expect(many.every((output) => output === many[0])).toBe(true)
    }
    await running
    expect(new Set(seen).size).toBeGreaterThan(2)
  })

  it('data may be transferred away meanwhile: a typed error, no crash', async () => {
    const model = network()
    const { x, y } = data()
    const running = fit(model, { x, y }, { ...base(), epochs: 1e6 })
    await new Promise((resume) => setTimeout(resume, 20))
    structuredClone(x, { transfer: [x.buffer] })
    await expect(running).rejects.toMatchObject({ code: 'INDEX_OUT_OF_RANGE' })
  })
})
