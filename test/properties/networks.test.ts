// Random networks: gradients against central differences, compiled plans against gates one by one, and what must not
// depend on how rows are cut, how many threads run, or which copy is asked.
import fc from 'fast-check'
import { afterAll, expect } from 'vitest'
import { Dataset } from '../../lib/data/dataset.js'
import {
  Adam,
  AdamW,
  CrossEntropy,
  checkGradients,
  copy,
  type FloatDType,
  fit,
  Huber,
  info,
  type Loss,
  MeanSquaredError,
  type Model,
  type Optimizer,
  RMSProp,
  SGD,
  setThreads,
  type Tensor,
} from '../../lib/index.js'
import { PlanTrainer } from '../../lib/train/compiled.js'
import { expectClose, generator, numbers, randomTensor } from '../support.js'
import { property } from './holds.js'
import { isSmooth } from './kinks.js'
import { has, type NetworkCase, networkCases, networkOf, rowsOf } from './networks.js'

const bitsOf = ({ data }: Tensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex')
const stateOf = (model: Model) => Object.fromEntries(Object.entries(model.stateDict()).map(([n, t]) => [n, bitsOf(t)]))

property(
  'gradients of random networks are those of central differences',
  4,
  networkCases,
  (of) => {
    const model = networkOf(of, 'float64')
    const x = rowsOf(of, 4, 'float64')
    // A column to look up in is a whole number: it cannot be moved.
    const inputs = of.input === 'mixed' ? [] : [x]
    fc.pre(isSmooth(() => model.forward(x)))
    const f = of.input === 'mixed' ? checkedFor(model, x) : model
    const report = checkGradients(f, inputs)
    expect(report.ok, String(report)).toBe(true)
  },
  3,
)

// The network as a gate without inputs: its parameters alone are checked.
function checkedFor(model: Model, x: Tensor) {
  return {
    name: 'network',
    gates: [model],
    parameters: () => model.parameters(),
    forward: () => model.forward(x),
    backward(dy: Tensor) {
      model.backward(dy)
      return []
    },
  } as never
}

const optimizers: Readonly<Record<string, () => Optimizer>> = {
  SGD: () => new SGD({ learningRate: 0.05, weightDecay: 0.01 }),
  momentum: () => new SGD({ learningRate: 0.02, momentum: 0.9, nesterov: true }),
  // A gradient that is 0 but for rounding would be made as large as any other.
  Adam: () => new Adam({ learningRate: 0.01, epsilon: 1e-3 }),
  AdamW: () => new AdamW({ learningRate: 0.01, epsilon: 1e-3 }),
  RMSProp: () => new RMSProp({ learningRate: 0.01, epsilon: 1e-3 }),
}
const losses: Readonly<Record<string, () => Loss>> = {
  CrossEntropy: () => new CrossEntropy(),
  MeanSquaredError: () => new MeanSquaredError(),
  Huber: () => new Huber(),
}

const trainings = fc.record({
  of: networkCases,
  optimizer: fc.constantFrom(...Object.keys(optimizers)),
  loss: fc.constantFrom(...Object.keys(losses)),
  rows: fc.integer({ min: 2, max: 23 }),
  batchSize: fc.integer({ min: 2, max: 9 }),
  clipNorm: fc.constantFrom(undefined, 0.3),
})

function samplesOf(of: NetworkCase, loss: string, rows: number, dtype: FloatDType) {
  const next = generator(of.seed + 5)
  const labels = Int32Array.from({ length: rows }, () => Math.floor(of.outputs * next()))
  const y = loss === 'CrossEntropy' ? labels : randomTensor([rows, of.outputs], of.seed + 6).astype(dtype)
  return { x: rowsOf(of, rows, dtype), y }
}

property(
  'a compiled plan trains as gates do, and predicts as they do',
  12,
  trainings,
  async (given) => {
    const { of, rows, batchSize, clipNorm } = given
    // One row has no variance: a refusal, elsewhere tested.
    fc.pre(!(has('batchNorm', of.layers) && rows % batchSize === 1))
    const data = samplesOf(of, given.loss, rows, 'float64')
    const [planned, gated] = [networkOf(of, 'float64'), networkOf(of, 'float64')]
    const loss = losses[given.loss]!()
    const [a, b] = [optimizers[given.optimizer]!(), optimizers[given.optimizer]!()]
    expect(PlanTrainer.create(planned, loss, a, new Dataset('fit', data), batchSize)).toBeInstanceOf(PlanTrainer)
    const rest = { epochs: 2, batchSize, loss, seed: of.seed, verbose: false, ...(clipNorm && { clipNorm }) }
    const byPlan = await fit(planned, data, { ...rest, optimizer: a })
    const byGates = await fit(gated, data, { ...rest, optimizer: { step: (model: Model) => b.step(model) } as never })
    expectClose(
      byPlan.epochs.map(({ loss }) => loss),
      byGates.epochs.map(({ loss }) => loss),
      1e-10,
    )
    for (const [name, value] of Object.entries(planned.stateDict())) {
      expectClose(value, numbers(gated.stateDict()[name]), 1e-9)
    }
    expectClose(planned.predictSync(data.x), numbers(planned.infer(data.x)), 1e-12)
  },
  2,
)

property('a row is predicted alike alone, among others, at once and off the thread', 12, networkCases, async (of) => {
  for (const dtype of ['float32', 'float64'] as const) {
    const model = networkOf(of, dtype)
    const x = rowsOf(of, 7, dtype)
    const all = await model.predict(x)
    expect(bitsOf(model.predictSync(x))).toBe(bitsOf(all))
    const tolerance = dtype === 'float64' ? 1e-12 : 1e-5
    for (const [from, to] of [
      [0, 1],
      [1, 4],
      [4, 7],
    ] as const) {
      const width = of.outputs
      expectClose(model.predictSync(x.rows(from, to)), numbers(all).slice(from * width, to * width), tolerance)
    }
  }
})

property('gradients of a batch are the sum of those of its parts', 10, networkCases, (of) => {
  fc.pre(!has('batchNorm', of.layers) && !has('dropout', of.layers))
  const [whole, parts] = [networkOf(of, 'float64'), networkOf(of, 'float64')]
  const x = rowsOf(of, 6, 'float64')
  const dy = randomTensor([6, of.outputs], of.seed + 9)
  whole.forward(x)
  const [dx] = whole.backward(dy)
  const found: number[] = []
  for (const [from, to] of [
    [0, 1],
    [1, 2],
    [2, 6],
  ] as const) {
    parts.forward(x.rows(from, to))
    found.push(...numbers(parts.backward(dy.rows(from, to), { accumulate: from > 0 })[0]))
  }
  expectClose(found, numbers(dx), 1e-11)
  expectClose(Array.from(parts.block.gradients), Array.from(whole.block.gradients), 1e-11)
})

property('copies compute the same bits; training one leaves the other alone', 10, networkCases, (of) => {
  const model = networkOf(of, 'float64')
  const twin = model.clone()
  const x = rowsOf(of, 5, 'float64')
  expect(stateOf(twin)).toEqual(stateOf(model))
  expect(bitsOf(twin.forward(x))).toBe(bitsOf(model.forward(x)))
  const before = stateOf(twin)
  model.backward(randomTensor([5, of.outputs], of.seed))
  new SGD({ learningRate: 0.1 }).step(model)
  expect(stateOf(twin)).toEqual(before)
  const narrow = copy(model, { dtype: 'float32' })
  expectClose(narrow.predictSync(x.dtype === 'int32' ? x : x.astype('float32')), numbers(model.predictSync(x)), 1e-3)
})

const threads = info().threads
afterAll(() => setThreads(threads))

const wide = fc.record({
  widths: fc.array(fc.integer({ min: 1, max: 130 }), { minLength: 1, maxLength: 3 }),
  rows: fc.integer({ min: 1, max: 200 }),
  norm: fc.boolean(),
  dtype: fc.constantFrom('float32' as const, 'float64' as const),
  seed: fc.nat(1e6),
})

property(
  'any number of threads gives the same bits',
  2,
  wide,
  async ({ widths, rows, norm, dtype, seed }) => {
    const layers = widths.flatMap((to) => [
      { kind: 'linear' as const, to, bias: true },
      { kind: 'activation' as const, name: 'gelu' as const },
      ...(norm && rows > 1 ? [{ kind: 'batchNorm' as const, affine: true, momentum: 0.1 }] : []),
    ])
    const of: NetworkCase = { input: 'numbers', inputs: 60, layers, outputs: 3, seed }
    const trained = async (count: number) => {
      setThreads(count)
      const model = networkOf(of, dtype)
      const data = samplesOf(of, 'CrossEntropy', rows, dtype)
      const given = { loss: new CrossEntropy(), optimizer: new Adam(), batchSize: rows, epochs: 2, verbose: false }
      const history = await fit(model, data, given)
      return {
        losses: history.epochs.map(({ loss }) => loss),
        state: stateOf(model),
        y: bitsOf(await model.predict(data.x)),
      }
    }
    const alone = await trained(1)
    for (const count of [2, 3, 5]) expect(await trained(count)).toEqual(alone)
  },
  10,
)
