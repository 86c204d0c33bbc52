// Use while data comes in: partialFit, clones, and parameters swapped under predictions that run.
import { describe, expect, it } from 'vitest'
import {
  Adam,
  BatchNorm,
  CrossEntropy,
  Dropout,
  fit,
  Linear,
  MeanSquaredError,
  type Model,
  mlp,
  partialFit,
  ReLU,
  Sequential,
  SGD,
  type Tensor,
  tensor,
} from '../../lib/index.js'
import { generator } from '../support.js'

const next = generator(5)
const rows = Array.from({ length: 40 }, () => [next() - 0.5, next() - 0.5, next() - 0.5])
const labels = rows.map(([a, b]) => (a! * b! > 0 ? 1 : 0))
const part = (from: number, to: number) => ({ x: rows.slice(from, to), y: labels.slice(from, to) })
const network = (dtype: 'float32' | 'float64' = 'float32') =>
  new Sequential(
    new Linear(3, 20, { dtype, seed: 1 }),
    new BatchNorm(20, { dtype }),
    new ReLU(),
    new Dropout(0.3, { seed: 4 }),
    new Linear(20, 2, { dtype, seed: 2 }),
  )
const bits = (model: Model) => Object.values(model.stateDict()).map(({ data }) => Array.from(data))
/** Runs gate by gate. */
class Unknown extends Adam {}

describe('partialFit', () => {
  it.each([
    ['compiled', () => new Adam({ learningRate: 0.02 })],
    ['gate by gate', () => new Unknown({ learningRate: 0.02 })],
  ])('%s: batch by batch it is fit', async (_, make) => {
    for (const dtype of ['float32', 'float64'] as const) {
      const [whole, online] = [network(dtype), network(dtype)]
      const given = { loss: new CrossEntropy(), clipNorm: 0.5 }
      const losses: number[] = []
      const callbacks = [{ batch: ({ loss }: { loss: number }) => void losses.push(loss) }]
      const settings = { ...given, optimizer: make(), batchSize: 8, shuffle: false, epochs: 2, verbose: false }
      await fit(whole, part(0, 40), { ...settings, callbacks })
      const options = { ...given, optimizer: make() }
      const found: number[] = []
      for (let i = 0; i < 10; i++)
        found.push((await partialFit(online, part((i % 5) * 8, (i % 5) * 8 + 8), options)).loss)
      expect(found).toEqual(losses)
      expect(bits(online)).toEqual(bits(whole))
    }
  })

  it('takes batches of any size, in the order of its calls, also where nobody waits', async () => {
    const sizes = [3, 5, 2, 9, 3, 12, 6]
    const batches = sizes.map((size, i) => part(i, i + size))
    const [a, b] = [network(), network()]
    const [options, other] = [0, 1].map(() => ({ loss: new CrossEntropy(), optimizer: new SGD({ momentum: 0.9 }) }))
    for (const batch of batches) await partialFit(a, batch, options!)
    const scores = await Promise.all(batches.map((batch) => partialFit(b, batch, other!)))
    expect(scores.every(({ accuracy }) => accuracy! >= 0 && accuracy! <= 1)).toBe(true)
    expect(bits(b)).toEqual(bits(a))
  })

  it('goes on when layers change their mode or another optimizer comes', async () => {
    const [model, loss] = [network(), new CrossEntropy()]
    const [first, second] = [new SGD(), new Adam()]
    await partialFit(model, part(0, 8), { loss, optimizer: first })
    ;(model.gates[3] as Dropout).eval()
    await partialFit(model, part(0, 8), { loss, optimizer: first })
    const drawn = (model.gates[3] as Dropout).drawn
    expect(drawn).toBe(160)
    await partialFit(model, part(0, 8), { loss, optimizer: second })
    expect([first.state(model).step, second.state(model).step]).toEqual([2, 1])
    model.eval()
    await partialFit(model, part(0, 8), { loss, optimizer: second })
    expect(model.training).toBe(false)
  })

  it('changes nothing where it refuses', async () => {
    const model = network()
    const before = bits(model)
    const options = { loss: new CrossEntropy(), optimizer: new SGD() }
    const bad: [string, unknown[]][] = [
      ['expected a model', [{}, part(0, 4), options]],
      ['expected options among', [model, part(0, 4), { ...options, epochs: 1 }]],
      ['expected loss', [model, part(0, 4), { optimizer: new SGD() }]],
      ['expected optimizer', [model, part(0, 4), { loss: new CrossEntropy() }]],
      ['expected clipNorm', [model, part(0, 4), { ...options, clipNorm: -1 }]],
      ['expected x', [model, { x: [[1, 2]], y: [0] }, options]],
      ['finite numbers in x', [model, { x: [[1, 2, Number.NaN], [1, 2, 3]], y: [0, 1] }, options]],
      ['labels in', [model, { x: rows.slice(0, 2), y: [0, 2] }, options]],
      ['at least 2 rows for BatchNorm', [model, part(0, 1), options]],
    ] // biome-ignore format: one case per line
    for (const [what, args] of bad)
      await expect(partialFit(...(args as Parameters<typeof partialFit>))).rejects.toThrow(what)
    expect(bits(model)).toEqual(before)
  })

  it('stops at a loss that is not finite, and waits for no fit', async () => {
    const model = mlp({ inputs: 3, hidden: [4], outputs: 1, seed: 1 })
    const huge = { x: rows.slice(0, 2).map((row) => row.map((v) => v * 1e30)), y: [[1], [2]] }
    model.block.values.fill(1e30)
    const options = { loss: new MeanSquaredError(), optimizer: new SGD() }
    const before = bits(model)
    await expect(partialFit(model, huge, options)).rejects.toMatchObject({ code: 'NON_FINITE' })
    expect(bits(model)).toEqual(before)
    model.initialize(1)
    const values = { x: rows, y: labels.map((label) => [label]) }
    const training = fit(model, values, { ...options, epochs: 2, verbose: false })
    await expect(partialFit(model, values, options)).rejects.toMatchObject({ code: 'INVALID_STATE' })
    await training
    const [, refused] = await Promise.allSettled([
      partialFit(model, values, options),
      fit(model, values, { ...options, verbose: false }),
    ])
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'INVALID_STATE' } })
    expect((await partialFit(model, values, options)).loss).toBeGreaterThan(0)
  })
})

/** Every output is `value`, whatever the input, as long as all weights are of one set. */
function constant(value: number, outputs = 512, dtype: 'float32' | 'float64' = 'float32'): Sequential {
  const model = new Sequential(new Linear(3, outputs, { dtype, seed: 1 }), new BatchNorm(outputs, { dtype }))
  model.block.values.fill(0)
  const { '0.bias': bias, '1.weight': weight } = model.stateDict() as Record<string, Tensor>
  bias!.data.fill(value)
  weight!.data.fill(1)
  return model
}
const spread = ({ data }: Tensor) => (data.every((v) => v === data[0]) ? 0 : new Set(data).size)
const breathe = () => new Promise((resume) => setImmediate(resume))

describe('clone', () => {
  it('is equal, and has memory and modes of its own', async () => {
    const model = network()
    model.gates[3]!.forward(tensor([1, 2, 3]))
    ;(model.gates[1] as BatchNorm).eval()
    const copy = model.clone()
    expect(copy).toBeInstanceOf(Sequential)
    expect(bits(copy)).toEqual(bits(model))
    expect((copy.gates[3] as Dropout).drawn).toBe(3)
    expect((copy.gates[1] as BatchNorm).training).toBe(false)
    await partialFit(model, part(0, 8), { loss: new CrossEntropy(), optimizer: new SGD() })
    expect(bits(copy)).not.toEqual(bits(model))
  })

  it('is of one moment while the network trains', async () => {
    const outputs = 30_000 // all alike, before and after every update
    const model = new Sequential(new Linear(3, outputs, { seed: 1 }))
    model.block.values.fill(0)
    const y = tensor(
      new Float32Array(8 * outputs).map((_, i) => Math.floor(i / outputs)),
      { shape: [8, outputs] },
    )
    const optimizer = new SGD({ learningRate: 10, momentum: 0.9 })
    const data = { x: rows.slice(0, 8), y }
    const training = fit(model, data, { loss: new MeanSquaredError(), optimizer, epochs: 60, verbose: false })
    const seen = new Set<number>()
    for (let i = 0; i < 30; i++) {
      const bias = model.clone().stateDict()['0.bias']!
      expect(spread(bias)).toBe(0)
      seen.add(bias.data[0]!)
      await breathe()
    }
    expect(seen.size).toBeGreaterThan(3)
    await training
  })
})

describe('swap', () => {
  it('of a network, of a state, and of another element type', async () => {
    const [model, other, wide] = [network(), network(), network('float64')]
    other.initialize(9)
    await fit(other, part(0, 40), { loss: new CrossEntropy(), optimizer: new SGD(), verbose: false })
    await model.swap(other)
    expect(bits(model)).toEqual(bits(other))
    await wide.swap(model)
    expect(bits(wide)).toEqual(bits(model))
    const state = Object.fromEntries(
      Object.entries(network().stateDict()).map(([name, value]) => [name, value.clone()] as const),
    )
    await model.swap(state)
    expect(bits(model)).toEqual(bits(network()))
  })

  it('changes nothing where it refuses', async () => {
    const model = network()
    const before = bits(model)
    await expect(model.swap(constant(1))).rejects.toMatchObject({ code: 'SHAPE_MISMATCH', operation: 'swap' })
    await expect(model.swap({})).rejects.toThrow('a tensor 0.weight')
    const { '0.weight': weight, ...rest } = network().stateDict()
    await expect(model.swap({ ...rest, '0.weight': tensor([1]) })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' })
    expect(weight!.shape).toEqual([20, 3])
    expect(bits(model)).toEqual(before)
  })

  /** Louder, in the user's own class: predictions then run gate by gate. */
  class Own extends ReLU {}

  it.each<[string, () => Sequential, number]>([
    ['compiled', () => constant(1), 24],
    ['gate by gate', () => new Sequential(constant(1), new Own()), 12],
  ])('%s: predictions see the old or the new, never both', async (_, make, swaps) => {
    const model = make()
    const nested = model.gates[0] instanceof Sequential
    const numbers = [1, 2, 3].map((value) => (nested ? new Sequential(constant(value), new Own()) : constant(value)))
    const x = new Float32Array(3 * 2100).map((_, i) => Math.sin(i))
    const seen = new Set<number>()
    let over = false
    const serve = async (length: number) => {
      while (!over) {
        const y = await model.predict(x.subarray(0, length))
        expect(spread(y)).toBe(0)
        seen.add(Math.round(y.data[0]!))
        await breathe()
      }
    }
    const serving = [serve(3 * 2100), serve(3 * 700), serve(3)]
    for (let i = 0; i < swaps; i++) {
      const other = numbers[i % 3]!
      if (i % 2) await model.swap(other)
      else model.loadStateDict(other.stateDict())
      expect(spread(model.predictSync(x.subarray(0, 600)))).toBe(0)
      await breathe()
    }
    over = true
    await Promise.all(serving)
    expect(seen.size).toBeGreaterThan(1)
  })
})
