// The native plan at its own door: it trains as plain JavaScript does, and no order of calls can hurt the process.
import { describe, expect, it } from 'vitest'
import type { Addon, FloatArray, PlanDescription } from '../../lib/native/addon.js'
import { native } from '../../lib/native/load.js'

const addon: Addon = native()

const shared = (n: number): Float64Array => new Float64Array(new SharedArrayBuffer(n * 8))
const opNumber = (name: string): number => addon.info().unary.findIndex((row) => row.name === name)

describe('plan', () => {
  // 3 → linear 4 → tanh → linear 2, all in one vector: W1 at 0, b1 at 12, W2 at 16, b2 at 24.
  const description: PlanDescription = {
    float64: true, batch: 4, widths: [3, 4, 4, 2], loss: 'crossEntropy', parameters: 32, integers: false,
    ops: [
      { kind: 'linear', x: [0], y: 1, weight: 0, weightLength: 12, bias: 12 },
      { kind: 'unary', x: [1], y: 2, op: opNumber('tanh'), p0: 0, p1: 0 },
      { kind: 'linear', x: [2], y: 3, weight: 16, weightLength: 8, bias: 24 },
    ],
  }
  const x = new Float64Array(30).map((_, i) => Math.sin(i + 1))
  const y = Int32Array.from({ length: 10 }, (_, i) => i % 2)
  const rows = Int32Array.from({ length: 10 }, (_, i) => i)

  function setup() {
    const parameters = shared(32)
    addon.randomUniform(parameters, 1, 0, -1, 1)
    const plan = new addon.NativePlan(description, parameters)
    const gradients = shared(32)
    const sgd = (slot: number, step = 1, momentum = 0) =>
      plan.train(slot, gradients, null, null, null, 0, Float64Array.of(0.1, 0, 0, 0, momentum, 0, 0), step)
    return { plan, parameters, gradients, sgd }
  }

  // The same network and one step of SGD in plain float64 JavaScript.
  function reference(p: Float64Array, batchRows: readonly number[], learningRate: number): number {
    const g = new Float64Array(32)
    let loss = 0
    for (const r of batchRows) {
      const row = x.subarray(3 * r, 3 * r + 3)
      const h = Array.from({ length: 4 }, (_, j) => Math.tanh(p[12 + j]! + row.reduce((s, v, i) => s + v * p[3 * j + i]!, 0)))
      const z = Array.from({ length: 2 }, (_, j) => p[24 + j]! + h.reduce((s, v, i) => s + v * p[16 + 4 * j + i]!, 0))
      const total = Math.exp(z[0]!) + Math.exp(z[1]!)
      loss += (Math.log(total) - z[y[r]!]!) / batchRows.length
      const dz = z.map((v, j) => (Math.exp(v) / total - Number(j === y[r])) / batchRows.length)
      dz.forEach((d, j) => { g[24 + j]! += d; h.forEach((v, i) => { g[16 + 4 * j + i]! += d * v }) })
      h.forEach((v, j) => {
        const d = (1 - v * v) * (dz[0]! * p[16 + j]! + dz[1]! * p[20 + j]!)
        g[12 + j]! += d
        row.forEach((value, i) => { g[3 * j + i]! += d * value })
      })
    }
    for (let i = 0; i < 32; i++) p[i]! -= learningRate * g[i]!
    return loss
  }

  it('trains as plain JavaScript does, last partial batch included', async () => {
    const { plan, parameters, sgd } = setup()
    const expected = Float64Array.from(parameters)
    const losses = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]].map((batch) => reference(expected, batch, 0.1))
    plan.stage(0, x, y, rows, 0, 10, 1)
    const result = await sgd(0)
    expect(result.length).toBe(9)
    losses.forEach((loss, i) => { expect(result[3 * i]).toBeCloseTo(loss, 12) })
    expect([result[2], result[5], result[8]]).toEqual([4, 4, 2])
    for (let i = 0; i < 26; i++) expect(parameters[i]).toBeCloseTo(expected[i]!, 12)
  })

  it('predicts the same with and without waiting', async () => {
    const { plan, parameters } = setup()
    const predicting = new addon.NativePlan({ ...description, loss: 'none' }, parameters)
    const sync = new Float64Array(20)
    predicting.predictSync(x, sync)
    expect(await predicting.predict(x)).toEqual(sync)
    expect(() => plan.predictSync(x, sync)).toThrow(/without a loss/)
  })

  it('keeps a slot that is being trained on, and refuses what could be taken away under it', async () => {
    const { plan, gradients, sgd } = setup()
    plan.stage(0, x, y, rows, 0, 10, 1)
    const running = sgd(0)
    expect(() => plan.stage(0, x, y, rows, 0, 10, 1)).toThrow(/slot/)
    expect(() => sgd(0)).toThrow(/slot/)
    plan.stage(1, x, y, rows, 0, 10, 1)
    await running
    plan.stage(0, x, y, rows, 0, 10, 1)
    expect(() => new addon.NativePlan(description, new Float64Array(32))).toThrow(/SharedArrayBuffer/)
    expect(() => new addon.NativePlan(description, shared(31))).toThrow(/32 elements/)
    const options = new Float64Array(7)
    expect(() => plan.train(0, new Float64Array(32), null, null, null, 0, options, 1)).toThrow(/SharedArrayBuffer/)
    expect(() => plan.train(0, gradients, null, null, null, 0, new Float64Array(5), 1)).toThrow(/7 elements/)
    for (const [ends, clip] of [
      [Float64Array.of(16), null],
      [Float64Array.of(20, 16, 32), null],
      [Float64Array.of(1.5, 32), null],
      [Float64Array.of(Number.NaN, 32), null],
      [Float64Array.of(16, 32), null], // options of one range
      [null, Float64Array.of(1)],
      [null, Float64Array.of(-1, 0)],
      [null, Float64Array.of(0, Number.NaN)],
      ['all' as never, null],
    ] as [Float64Array | null, Float64Array | null][]) {
      expect(() => plan.train(0, gradients, null, null, null, 0, options, 1, ends, clip)).toThrow(/expected/)
    }
    expect(() => plan.train(0, gradients, shared(32), null, null, 1, options, 1)).toThrow(/state vector/)
    expect(() => sgd(0, 1, 0.9)).toThrow(/velocity/)
  })

  it('stops at a loss that is not finite and changes nothing for that batch', async () => {
    const { plan, parameters, sgd } = setup()
    const bad = Float64Array.from(x)
    bad[13] = Number.NaN
    const before = Float64Array.from(parameters)
    reference(before, [0, 1, 2, 3], 0.1)
    plan.stage(0, bad, y, rows, 0, 10, 1)
    const result = await sgd(0)
    expect(result.length).toBe(6)
    expect(result[3]).toBeNaN()
    for (let i = 0; i < 26; i++) expect(parameters[i]).toBeCloseTo(before[i]!, 12)
  })

  it('runs what is asked for in order, and drops what waits behind a loss that is not finite', async () => {
    const { plan, parameters, sgd } = setup()
    const expected = Float64Array.from(parameters)
    for (const batch of [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1]]) reference(expected, batch, 0.1)
    const order = Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1)
    plan.stage(0, x, y, order, 0, 8, 1)
    plan.stage(1, x, y, order, 8, 4, 1)
    const results = await Promise.all([sgd(0), sgd(1, 3)])
    expect(results.map((r) => r.length)).toEqual([6, 3])
    for (let i = 0; i < 26; i++) expect(parameters[i]).toBeCloseTo(expected[i]!, 12)
    const before = Float64Array.from(parameters)
    plan.stage(0, new Float64Array(30).fill(Number.POSITIVE_INFINITY), y, rows, 0, 8, 1)
    plan.stage(1, x, y, rows, 0, 8, 1)
    expect((await Promise.all([sgd(0), sgd(1)])).map((r) => r.length)).toEqual([3, 0])
    expect(parameters).toEqual(before)
  })

  it('evaluates without changing anything', async () => {
    const { plan, parameters } = setup()
    const before = Float64Array.from(parameters)
    plan.stage(0, x, y, rows, 0, 10, 1)
    const result = await plan.evaluate(0)
    const loss = reference(Float64Array.from(parameters), [8, 9], 0.1)
    expect(result.length).toBe(9)
    expect(result[6]).toBeCloseTo(loss, 12)
    expect(parameters).toEqual(before)
  })

  it('does nothing once stopped, until it is resumed', async () => {
    const { plan, sgd } = setup()
    plan.stage(0, x, y, rows, 0, 10, 1)
    plan.stage(1, x, y, rows, 0, 10, 1)
    plan.stop()
    expect((await Promise.all([sgd(0), sgd(1)])).map((r) => r.length)).toEqual([0, 0])
    plan.resume()
    plan.stage(1, x, y, rows, 0, 10, 1)
    expect((await sgd(1)).length).toBe(9)
  })

  it('refuses descriptions that reach outside the parameters', () => {
    const broken = (change: object) => () => new addon.NativePlan({ ...description, ...change }, shared((change as { parameters?: number }).parameters ?? 32))
    expect(broken({ parameters: 25 })).toThrow(/parameters/)
    expect(broken({ batch: 0 })).toThrow(/batch/)
    expect(broken({ widths: [3, 4, 5, 2] })).toThrow(/wide/)
    expect(broken({ ops: [] })).toThrow()
    expect(broken({ loss: 'none such' })).toThrow(/loss/)
    expect(() => new addon.NativePlan(undefined as never, shared(32))).toThrow(/description/)
    expect(broken({ ops: [{ kind: 'lnear', x: [0], y: 1 }] })).toThrow('NativePlan: expected an op of a known kind (op 0)')
    expect(broken({ ops: [{ kind: Symbol('linear'), x: [0], y: 1 }] })).toThrow(/known kind/)
    expect(broken({ ops: [{ kind: 'linear', x: 0, y: 1 }] })).toThrow(/inputs x in an array/)
    const moving = (pieces: unknown) => broken({ ops: [{ kind: 'rearrange', x: [0], y: 1, pieces }], widths: [3, 3], loss: 'none' })
    expect(moving([0, 2, 3, -1])).not.toThrow()
    const one = [[0, 0, 3], [0, 0, 3, 2], [0, 0, 3, -1], [1, 0, 3, 1], [0, 3, 3, 1], [0, 0, 2, 1], [-1, 0, 3, 1], [0, 0, 3, Number.NaN], [0, 0, 3, 1e300], ['0', 0, 3, 1]] // biome-ignore format: a row
    for (const pieces of [...one, [], 'pieces', undefined]) expect(moving(pieces)).toThrow(/pieces/)
    expect(broken({ ops: new Array(2_000_000) })).toThrow(/at most a million ops/)
    for (const key of ['loss', 'ops', 'float64']) {
      const given = Object.defineProperty({ ...description }, key, { get: () => { throw new Error('a getter') } }) // biome-ignore format: a row
      expect(() => new addon.NativePlan(given, shared(32))).toThrow(/^a getter$/)
    }
  })

  it('is a class: needs new, and methods an instance', () => {
    const make = addon.NativePlan as unknown as (...values: unknown[]) => unknown
    expect(() => make(description, shared(32))).toThrow(/new/)
    const { describe: method } = addon.NativePlan.prototype
    for (const receiver of [undefined, {}, Object.create(addon.NativePlan.prototype)]) expect(() => method.call(receiver)).toThrow()
  })

  it('predictions on other threads wait for an update on this one', async () => {
    const weights = shared(2)
    const linear: PlanDescription['ops'][number] = { kind: 'linear', x: [0], y: 1, weight: 0, weightLength: 2 }
    const of = () => new addon.NativePlan({ float64: true, batch: 4, widths: [1, 2], ops: [linear], loss: 'none', parameters: 2, integers: false }, weights)
    const [background, here] = [of(), of()]
    weights.set([1, 1])
    const now = new Float64Array(2)
    let prediction: Promise<FloatArray> | undefined
    addon.updateTogether(weights, () => {
      prediction = background.predict(new Float64Array([1]))
      weights[0] = 2
      for (const until = performance.now() + 20; performance.now() < until; );
      here.predictSync(new Float64Array([1]), now)
      addon.copyTogether(weights, [weights.subarray(1)], [new Float64Array([2])], true, true)
    })
    expect(await prediction).toEqual(new Float64Array([2, 2]))
    expect(now).toEqual(new Float64Array([2, 1]))
    const thrown = () => addon.updateTogether(weights, () => { throw new Error('on the way') }) // biome-ignore format: a row
    expect(thrown).toThrow('on the way')
    expect(await background.predict(new Float64Array([1]))).toEqual(new Float64Array([2, 2]))
  })
})
