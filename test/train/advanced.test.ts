// mixup, the learning-rate finder, L-BFGS in fit, and TensorBoard's files.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BinaryReader } from '@bufbuild/protobuf/wire'
import { afterAll, describe, expect, it } from 'vitest'
import {
  Adam,
  CrossEntropy,
  checkpoint,
  Dropout,
  Embedding,
  type FitOptions,
  Flatten,
  fit,
  LBFGS,
  Linear,
  learningRateFinder,
  MeanSquaredError,
  type Model,
  mlp,
  NegativeLogLikelihood,
  ReLU,
  Sequential,
  SGD,
  setThreads,
  Tanh,
  tensor,
  tensorBoard,
} from '../../lib/index.js'
import { crc32c } from '../../lib/train/callbacks/event-file.js'
import { betaOf } from '../../lib/train/mixup.js'
import { expectClose, generator } from '../support.js'

const root = mkdtempSync(join(tmpdir(), 'chainrule-advanced-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const next = generator(21)
const x = Array.from({ length: 45 }, () => [next() - 0.5, next() - 0.5, next() - 0.5])
const labels = x.map(([a, b]) => (a! * b! > 0 ? 1 : 0))
const data = { x, y: labels }
const dtype = 'float64'
const network = () =>
  new Sequential(
    new Linear(3, 12, { dtype, seed: 1 }),
    new ReLU(),
    new Dropout(0.2, { seed: 4 }),
    new Linear(12, 2, { dtype, seed: 2 }),
  )
const bits = (model: Model) => Array.from(model.block.values)
const base = { loss: new CrossEntropy(), batchSize: 8, epochs: 3, verbose: false } as const
class Unknown extends Adam {}

describe('mixup', () => {
  it('mixes by numbers of a beta distribution', () => {
    for (const alpha of [0.2, 1, 4]) {
      const shares = Array.from({ length: 4000 }, (_, i) => betaOf(alpha, 7, i))
      const mean = shares.reduce((sum, v) => sum + v, 0) / shares.length
      const variance = shares.reduce((sum, v) => sum + (v - mean) ** 2, 0) / shares.length
      const expected = 1 / (4 * (2 * alpha + 1))
      expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(expected / 4000))
      expect(variance / expected).toBeGreaterThan(0.92)
      expect(variance / expected).toBeLessThan(1.08)
    }
    for (let i = 0; i < 200; i++) {
      const share = betaOf(0.001, 1, i)
      expect(share >= 0 && share <= 1).toBe(true)
    }
  })

  it('a row and its target are mixed with one and the same row', async () => {
    // A gate in front of the layer sees the rows; y = 2x keeps to the mixed rows too.
    const seen: number[] = []
    class Watch extends Tanh {
      override forward(value: never): never {
        seen.push(...(value as { data: Float64Array }).data)
        return super.forward(value) as never
      }
    }
    const values = Array.from({ length: 16 }, (_, i) => [i])
    const targets: number[] = []
    const loss = new (class extends MeanSquaredError {
      override forward(prediction: never, target: never): number {
        targets.push(...(target as { data: Float64Array }).data)
        return super.forward(prediction, target)
      }
    })()
    const model = new Sequential(new Watch(), new Linear(1, 1, { dtype }))
    await fit(model, { x: values, y: values.map(([v]) => [2 * v!]) }, { ...base, loss, epochs: 2, optimizer: new SGD({ learningRate: 0 }), mixup: 1 }) // biome-ignore format: one fact
    expect(seen.length).toBe(32)
    expectClose(
      targets,
      seen.map((v) => 2 * v),
      1e-12,
    )
    expect(seen.filter((v) => !Number.isInteger(v)).length).toBeGreaterThan(16)
    // A mean of rows of its own batch: their sum stays, for a permutation gives it back.
    expect(seen.slice(0, 16).reduce((a, b) => a + b, 0)).toBeCloseTo(120, 10)
    expect(seen.slice(0, 16)).not.toEqual(seen.slice(16))
  })

  it('compiled as gate by gate, for 1, 2 and 4 threads, and on from a checkpoint', async () => {
    const given = () => ({ ...base, mixup: 0.4, validation: data, loss: new CrossEntropy({ labelSmoothing: 0.1 }) })
    const ends: number[][] = []
    for (const threads of [1, 2, 4]) {
      setThreads(threads)
      const model = network()
      await fit(model, data, { ...given(), optimizer: new Adam() })
      ends.push(bits(model))
    }
    setThreads(2)
    expect(ends[1]).toEqual(ends[0])
    expect(ends[2]).toEqual(ends[0])
    const eager = network()
    await fit(eager, data, { ...given(), optimizer: new Unknown() })
    expectClose(bits(eager), ends[0]!, 1e-10)
    const folder = join(root, 'mixup')
    const controller = new AbortController()
    let batches = 0
    const breaking = { pause: () => void (++batches === 8 && controller.abort()), pauseEvery: 1 }
    const callbacks = [checkpoint({ folder, everyBatches: 1 }), breaking]
    const first = { ...given(), optimizer: new Adam(), callbacks, signal: controller.signal }
    await expect(fit(network(), data, first)).rejects.toThrow()
    const resumed = network()
    const history = await fit(resumed, data, { ...given(), optimizer: new Adam(), resume: folder })
    expect(bits(resumed)).toEqual(ends[0])
    const { accuracy, validationAccuracy } = history.epochs[0]!
    expect([accuracy, typeof validationAccuracy]).toEqual([undefined, 'number'])
    await expect(
      fit(network(), data, { ...base, optimizer: new Adam(), resume: folder, loss: new CrossEntropy() }),
    ).rejects.toThrow('the checkpoint')
  })

  it.each<[string, Partial<FitOptions>]>([
    ['mixup to be a finite number > 0', { mixup: 0 }],
    ['without classWeights', { mixup: 1, loss: new CrossEntropy({ classWeights: [1, 2] }) }],
    ['without classWeights', { mixup: 1, loss: new NegativeLogLikelihood() }],
  ])('refuses: %s', async (what, more) => {
    const given = { ...base, optimizer: new SGD(), ...more }
    await expect(fit(network(), data, given)).rejects.toThrow(what)
  })

  it('refuses weights of samples, and indices', async () => {
    const given = { ...base, optimizer: new SGD(), mixup: 1 }
    await expect(fit(network(), { ...data, weights: labels }, given)).rejects.toThrow('no weights')
    const words = new Sequential(new Embedding(3, 2), new Flatten(), new Linear(2, 2))
    await expect(fit(words, { x: Int32Array.of(0, 1), y: [0, 1] }, given)).rejects.toThrow('inputs of numbers')
  })
})

describe('learningRateFinder', () => {
  it('finds where the loss falls fastest, and leaves everything as it was', async () => {
    const model = network()
    const optimizer = new SGD({ learningRate: 0.03, momentum: 0.9 })
    await fit(model, data, { ...base, optimizer, epochs: 1 })
    const before = [bits(model), Array.from(optimizer.state(model).vectors[0]!), optimizer.state(model).step]
    const drawn = (model.gates[2] as Dropout).drawn
    const given = { loss: base.loss, optimizer, end: 1000, batchSize: 45 }
    const found = await learningRateFinder(model, data, given)
    expect([bits(model), Array.from(optimizer.state(model).vectors[0]!), optimizer.state(model).step]).toEqual(before)
    expect([optimizer.learningRate, (model.gates[2] as Dropout).drawn, model.training]).toEqual([0.03, drawn, true])
    expect(found.diverged).toBe(true)
    expect(found.rates.length).toBe(found.losses.length)
    expect(found.rates[1]! / found.rates[0]!).toBeCloseTo(1e10 ** (1 / 99), 8)
    expect(found.suggestion).toBeGreaterThan(1e-3)
    expect(found.suggestion).toBeLessThan(30)
    expect(found.plot()).toMatch(/^<svg .*suggestion .*<\/svg>\n$/s)
    const again = await learningRateFinder(model, data, given)
    expect(again.losses).toEqual(found.losses)
  })

  it('knows the best rate of a parabola, and takes streams', async () => {
    // p −= rate·dℓ/dp with ℓ = mean (p − 1)²: the loss falls below a rate of 1 and grows above.
    const model = new Sequential(new Linear(1, 1, { dtype, bias: false, initializer: 'zeros' }))
    const batches = Array.from({ length: 4 }, () => ({ x: [[1], [1]], y: [[1], [1]] }))
    const given = { loss: new MeanSquaredError(), optimizer: new SGD(), start: 0.01, end: 100, steps: 60, smoothing: 0 }
    const { rates, losses, suggestion, diverged } = await learningRateFinder(model, batches, given)
    let [p, step] = [0, 0]
    for (const loss of losses) {
      expect(loss).toBeCloseTo((p - 1) ** 2, 10)
      p -= 2 * rates[step++]! * (p - 1)
    }
    expect([diverged, suggestion! > 0.02 && suggestion! < 0.6]).toEqual([true, true])
    expect(bits(model)).toEqual(new Array(16).fill(0))
  })

  it('ends with the steps, at the first loss that is not finite, or with the signal', async () => {
    const given = { loss: base.loss, optimizer: new SGD(), steps: 7, end: 1e-6, batchSize: 8 }
    expect(await learningRateFinder(network(), data, given)).toMatchObject({ diverged: false, rates: { length: 7 } })
    const model = mlp({ inputs: 3, hidden: [8], outputs: 1, seed: 1 })
    const values = { x, y: labels.map((v) => [v]) }
    const wild = { loss: new MeanSquaredError(), optimizer: new SGD(), start: 1, end: 1e38, divergence: 1e300 }
    const before = bits(model)
    expect((await learningRateFinder(model, values, wild)).diverged).toBe(true)
    expect(bits(model)).toEqual(before)
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(learningRateFinder(model, values, { ...wild, signal })).rejects.toThrow('enough')
  })

  it('does not touch a model that another fit trains', async () => {
    const model = network()
    const training = fit(model, data, { ...base, optimizer: new Adam(), epochs: 20 })
    const whole = network()
    await expect(learningRateFinder(model, data, { loss: base.loss, optimizer: new Adam() })).rejects.toMatchObject({
      code: 'INVALID_STATE',
    })
    await training
    await fit(whole, data, { ...base, optimizer: new Adam(), epochs: 20 })
    expect(bits(model)).toEqual(bits(whole))
  })

  it.each([
    [{ start: 0 }, 'start'],
    [{ start: 1, end: 1 }, 'end > start'],
    [{ steps: 2 }, 'steps to be an integer'],
    [{ smoothing: 1 }, 'smoothing'],
    [{ divergence: 1 }, 'divergence > 1'],
    [{ epochs: 3 }, 'options among'],
    [{ optimizer: { step() {} } }, 'optimizer'],
  ])('refuses %o', async (bad, what) => {
    const given = { loss: base.loss, optimizer: new SGD(), ...bad } as never
    await expect(learningRateFinder(network(), data, given)).rejects.toThrow(what)
  })
})

describe('tensorBoard', () => {
  /** CRC-32C bit by bit, from its polynomial as written, with the bits of every byte turned around. */
  function crc(bytes: Uint8Array): number {
    const turned = (value: number, bits: number) => {
      let out = 0n
      for (let i = 0; i < bits; i++) if ((BigInt(value) >> BigInt(i)) & 1n) out |= 1n << BigInt(bits - 1 - i)
      return out
    }
    let rest = 0xffffffffn
    for (const byte of bytes) {
      rest ^= turned(byte, 8) << 24n
      for (let i = 0; i < 8; i++) rest = (rest & 0x80000000n ? (rest << 1n) ^ 0x1edc6f41n : rest << 1n) & 0xffffffffn
    }
    return Number(turned(Number(rest), 32) ^ 0xffffffffn)
  }

  interface Event {
    step: number
    version?: string
    values: Record<string, number>
  }

  function events(path: string): Event[] {
    const bytes = readFileSync(path)
    const list: Event[] = []
    for (let at = 0; at < bytes.length; ) {
      const length = Number(bytes.readBigUInt64LE(at))
      const check = (from: number, size: number, stored: number) => {
        const plain = crc(bytes.subarray(from, from + size))
        expect((((plain >>> 15) | (plain << 17)) + 0xa282ead8) >>> 0).toBe(stored)
      }
      check(at, 8, bytes.readUInt32LE(at + 8))
      check(at + 12, length, bytes.readUInt32LE(at + 12 + length))
      list.push(event(bytes.subarray(at + 12, at + 12 + length)))
      at += length + 16
    }
    return list
  }

  function event(bytes: Uint8Array): Event {
    const reader = new BinaryReader(bytes)
    const out: Event = { step: 0, values: {} }
    while (reader.pos < reader.len) {
      const [field, wire] = reader.tag()
      if (field === 1) expect(Math.abs(reader.double() - Date.now() / 1000)).toBeLessThan(600)
      else if (field === 2) out.step = Number(reader.int64())
      else if (field === 3) out.version = reader.string()
      else if (field === 5) Object.assign(out.values, summary(reader.bytes()))
      else reader.skip(wire)
    }
    return out
  }

  function summary(bytes: Uint8Array): Record<string, number> {
    const reader = new BinaryReader(bytes)
    const out: Record<string, number> = {}
    while (reader.pos < reader.len) {
      expect(reader.tag()[0]).toBe(1)
      const value = new BinaryReader(reader.bytes())
      let tag = ''
      while (value.pos < value.len) {
        const [field] = value.tag()
        if (field === 1) tag = value.string()
        else out[tag] = value.float()
      }
    }
    return out
  }

  it('writes what epochs and batches had, in records that check out', async () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    const folder = join(root, 'board', 'run')
    const losses: number[] = []
    const callbacks = [
      tensorBoard(folder, { everyBatches: 4 }),
      { batch: ({ loss }: { loss: number }) => void losses.push(loss) },
    ]
    const metrics = { größe: () => 0.25 } // a name that is not ASCII
    const given = { ...base, validation: data, metrics, callbacks }
    const { epochs } = await fit(network(), data, { ...given, optimizer: new Adam() })
    const [name] = readdirSync(folder)
    expect(name).toMatch(/^events\.out\.tfevents\.\d{10}\./)
    const [first, ...rest] = events(join(folder, name!))
    expect(first!.version).toBe('brain.Event:2')
    const batches = rest.filter(({ values }) => 'batch/loss' in values)
    expect(batches.map(({ step }) => step)).toEqual([4, 8, 12, 16])
    for (const { step, values } of batches) expect(values['batch/loss']).toBe(Math.fround(losses[step - 1]!))
    const whole = rest.filter(({ values }) => 'epoch/loss' in values)
    expect(whole.map(({ step }) => step)).toEqual([1, 2, 3])
    for (const [i, { values }] of whole.entries()) {
      expect(values['epoch/loss']).toBe(Math.fround(epochs[i]!.loss))
      expect(values['epoch/validationAccuracy']).toBe(Math.fround(epochs[i]!.validationAccuracy!))
      expect(values['epoch/größe']).toBe(0.25)
    }
  })

  it('refuses bad options, and says where it cannot write', async () => {
    expect(() => tensorBoard('')).toThrow('[tensorBoard]')
    expect(() => tensorBoard('a', { everyBatches: 0 })).toThrow('everyBatches')
    writeFileSync(join(root, 'file'), '')
    const callbacks = [tensorBoard(join(root, 'file', 'board'))]
    await expect(fit(network(), data, { ...base, optimizer: new SGD(), callbacks })).rejects.toMatchObject({
      code: 'FILE_FAILED',
    })
  })
})

describe('LBFGS in fit', () => {
  const smooth = () =>
    new Sequential(new Linear(3, 6, { dtype, seed: 1 }), new Tanh(), new Linear(6, 2, { dtype, seed: 2 }))
  class Own extends Tanh {}
  const eager = () =>
    new Sequential(new Linear(3, 6, { dtype, seed: 1 }), new Own(), new Linear(6, 2, { dtype, seed: 2 }))
  const given = { loss: new CrossEntropy(), verbose: false, epochs: 4 }

  it.each(['none', 'strongWolfe'] as const)('%s: one step over all rows per epoch, as by hand', async (lineSearch) => {
    const options = { lineSearch, learningRate: lineSearch === 'none' ? 0.2 : 1, maxIterations: 6 } as const
    const [compiled, byHand, gates] = [smooth(), smooth(), eager()]
    const history = await fit(compiled, data, { ...given, shuffle: false, optimizer: new LBFGS(options) })
    await fit(gates, data, { ...given, shuffle: false, optimizer: new LBFGS(options) })
    const [optimizer, loss] = [new LBFGS(options), new CrossEntropy()]
    const [rows, wanted] = [tensor(x, { dtype }), tensor(Int32Array.from(labels))]
    const losses = Array.from({ length: 4 }, () =>
      optimizer.step(byHand, () => {
        const value = loss.forward(byHand.forward(rows), wanted)
        byHand.backward(loss.backward()[0])
        return value
      }),
    )
    expectClose(
      history.epochs.map(({ loss }) => loss),
      losses,
      1e-10,
    )
    expectClose(bits(compiled), bits(byHand), 1e-8)
    expectClose(bits(gates), bits(byHand), 1e-8)
    expect(losses[3]).toBeLessThan(losses[0]! * 0.95)
    expect(history.epochs[0]!.accuracy).toBeGreaterThan(0)
  })

  it('is the same for any number of threads; frozen layers stay', async () => {
    const ends = []
    for (const threads of [1, 2, 4]) {
      setThreads(threads)
      const model = smooth().freeze(/^0/)
      const before = bits(model).slice(0, 32)
      await fit(model, data, { ...given, optimizer: new LBFGS({ lineSearch: 'strongWolfe' }) })
      expect(bits(model).slice(0, 32)).toEqual(before)
      ends.push(bits(model))
    }
    setThreads(2)
    expect(ends[1]).toEqual(ends[0])
    expect(ends[2]).toEqual(ends[0])
  })

  it.each(['none', 'strongWolfe'] as const)('%s: goes on from a checkpoint bit for bit', async (lineSearch) => {
    const options = {
      lineSearch,
      learningRate: lineSearch === 'none' ? 0.1 : 1,
      maxIterations: 3,
      historySize: 4,
    } as const
    const whole = smooth()
    await fit(whole, data, { ...given, epochs: 7, optimizer: new LBFGS(options) })
    for (const epochs of [1, 4]) {
      const folder = join(root, `lbfgs-${lineSearch}-${epochs}`)
      const callbacks = [checkpoint({ folder })]
      await fit(smooth(), data, { ...given, epochs, optimizer: new LBFGS(options), callbacks })
      const resumed = smooth()
      await fit(resumed, data, { ...given, epochs: 7, optimizer: new LBFGS(options), resume: folder })
      expect(bits(resumed)).toEqual(bits(whole))
      const other = { ...given, epochs: 7, optimizer: new LBFGS({ ...options, historySize: 5 }), resume: folder }
      await expect(fit(smooth(), data, other)).rejects.toThrow('the options of the optimizer')
    }
  })

  it('an abort takes the step back', async () => {
    const model = smooth()
    const controller = new AbortController()
    const seen: number[][] = []
    const callbacks = [
      {
        batch: () => {
          seen.push(bits(model))
          if (seen.length === 2) setTimeout(() => controller.abort(), 0)
        },
      },
    ]
    const long = { ...given, epochs: 1000, callbacks, signal: controller.signal }
    const optimizer = new LBFGS({ maxIterations: 1000, gradientTolerance: 0, changeTolerance: 0, learningRate: 0.01 })
    await expect(fit(model, data, { ...long, optimizer })).rejects.toThrow()
    expect(bits(model)).toEqual(seen.at(-1))
  })

  it.each<[string, Partial<FitOptions>]>([
    ['clipNorm', { clipNorm: 1 }],
    ['clipValue', { clipValue: 1 }],
    ['accumulate', { accumulate: 2 }],
  ])('refuses %s', async (_, more) => {
    await expect(fit(smooth(), data, { ...given, optimizer: new LBFGS(), ...more })).rejects.toThrow('LBFGS')
  })
})
