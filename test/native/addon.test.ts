// The addon at its own door: what it computes, and that no argument can hurt the process.
import { describe, expect, it } from 'vitest'
import type { Addon, FloatArray, PlanDescription } from '../../lib/native/addon.js'
import { native } from '../../lib/native/load.js'

const addon: Addon = native()

const shared = (n: number): Float64Array => new Float64Array(new SharedArrayBuffer(n * 8))
const opNumber = (name: string): number => addon.info().unary.findIndex((row) => row.name === name)

describe('info', () => {
  it('names an instruction set that is supported, and every op once', () => {
    const info = addon.info()
    expect(info.supported).toContain(info.isa)
    expect(info.threads).toBeGreaterThanOrEqual(1)
    expect(new Set(info.unary.map((row) => row.name)).size).toBe(info.unary.length)
  })
})

describe('hostile arguments', () => {
  const detached = new Float32Array(8)
  structuredClone(detached.buffer, { transfer: [detached.buffer] })
  const hostile: unknown[] = [
    undefined, null, Number.NaN, Number.POSITIVE_INFINITY, -1, 1.5, 2 ** 53, 1e300, -0, 0, 7, 'text', Symbol('s'), 1n, true, {}, [],
    () => 0, new Proxy(new Float32Array(4), {}), detached, new Float32Array(0), new Float32Array(3), new Float64Array(3),
    new Int32Array(3), new Uint8Array(3), new DataView(new ArrayBuffer(8)), new SharedArrayBuffer(8),
    Object.defineProperty({}, 'length', { get: () => { throw new Error('getter') } }),
  ]
  const functions = Object.entries(addon).filter(([name, f]) => typeof f === 'function' && !['info', 'NativePlan', 'measurePeak', 'setThreads'].includes(name))

  it.each(functions)('%s takes any argument in any place without harm', (_, f) => {
    const call = f as (...values: unknown[]) => unknown
    for (let place = 0; place < 20; place++)
      for (const value of hostile)
        for (const rest of [new Float32Array(3), 1, new Int32Array(3)]) {
          const values: unknown[] = new Array(20).fill(rest)
          values[place] = value
          try {
            call(...values)
          } catch (error) {
            expect(error).toBeInstanceOf(Error)
          }
        }
  })

  it('refuses matrices that strides would read past', () => {
    const a = new Float32Array(6)
    const c = new Float32Array(4)
    const call = (m: number, k: number, row: number, col: number) =>
      addon.gemm(m, 2, k, 1, a, row, col, new Float32Array(100), 2, 1, 0, c, null, -1, 0, 0, null)
    expect(() => call(2, 3, 3, 1)).not.toThrow()
    expect(() => call(2, 3, 4, 1)).toThrow(/gemm: expected a/)
    expect(() => call(2, 3, 3, 2)).toThrow(/gemm: expected a/)
    expect(() => call(2, 2 ** 52, 2 ** 52, 2 ** 52)).toThrow(/gemm: expected a/)
    expect(() => call(3, 2, 2, 1)).toThrow(/gemm: expected c/)
  })

  it('refuses ops, lengths and element types that do not fit', () => {
    const x = new Float32Array(4)
    expect(() => addon.unaryForward(addon.info().unary.length, x, x, 0, 0)).toThrow(/op/)
    expect(() => addon.unaryForward(-1, x, x, 0, 0)).toThrow(/op/)
    expect(() => addon.unaryForward(0, x, new Float32Array(5), 0, 0)).toThrow('unaryForward: expected y to have 4 elements, got 5')
    expect(() => addon.unaryForward(0, x, new Float64Array(4) as FloatArray, 0, 0)).toThrow(/Float32Array/)
    expect(() => addon.softmaxForward(3, x, x)).toThrow(/whole number of rows/)
    expect(() => addon.softmaxForward(0, x, x)).toThrow(/cols/)
  })

  it('names the row and value of a label out of range', () => {
    for (const label of [3, -1]) {
      try {
        addon.crossEntropy(3, new Float32Array(6), Int32Array.of(0, label), 1, null)
        expect.unreachable()
      } catch (error) {
        expect(error).toMatchObject({ code: 'OUT_OF_RANGE', where: 1, value: label })
      }
    }
  })
})

describe('plan', () => {
  // 3 → linear 4 → tanh → linear 2, all in one vector: W1 at 0, b1 at 12, W2 at 16, b2 at 24.
  const description: PlanDescription = {
    float64: true, batch: 4, widths: [3, 4, 4, 2], loss: 'crossEntropy', parameters: 32,
    ops: [
      { kind: 'linear', x: 0, y: 1, weight: 0, weightLength: 12, bias: 12 },
      { kind: 'unary', x: 1, y: 2, op: opNumber('tanh'), p0: 0, p1: 0 },
      { kind: 'linear', x: 2, y: 3, weight: 16, weightLength: 8, bias: 24 },
    ],
  }
  const x = new Float64Array(30).map((_, i) => Math.sin(i + 1))
  const y = Int32Array.from({ length: 10 }, (_, i) => i % 2)
  const rows = Int32Array.from({ length: 10 }, (_, i) => i)

  function setup() {
    const plan = new addon.NativePlan(description)
    const parameters = shared(32)
    addon.randomUniform(parameters, 1, 0, -1, 1)
    return { plan, parameters, gradients: shared(32) }
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
    const { plan, parameters, gradients } = setup()
    const expected = Float64Array.from(parameters)
    const losses = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]].map((batch) => reference(expected, batch, 0.1))
    plan.stage(0, x, y, rows, 0, 10, 1)
    const result = await plan.train(0, parameters, gradients, null, null, 1, 0.1, 0, 0, 0, 0, 0, 1)
    expect(result.length).toBe(9)
    losses.forEach((loss, i) => { expect(result[3 * i]).toBeCloseTo(loss, 12) })
    expect([result[2], result[5], result[8]]).toEqual([4, 4, 2])
    for (let i = 0; i < 26; i++) expect(parameters[i]).toBeCloseTo(expected[i]!, 12)
  })

  it('predicts the same with and without waiting', async () => {
    const { plan, parameters } = setup()
    const sync = new Float64Array(20)
    plan.predictSync(parameters, x, sync)
    expect(await plan.predict(parameters, x)).toEqual(sync)
  })

  it('keeps a slot that is being trained on, and refuses what could be taken away under it', async () => {
    const { plan, parameters, gradients } = setup()
    plan.stage(0, x, y, rows, 0, 10, 1)
    const running = plan.train(0, parameters, gradients, null, null, 1, 0.1, 0, 0, 0, 0, 0, 1)
    expect(() => plan.stage(0, x, y, rows, 0, 10, 1)).toThrow(/slot/)
    expect(() => plan.train(0, parameters, gradients, null, null, 1, 0.1, 0, 0, 0, 0, 0, 1)).toThrow(/slot/)
    plan.stage(1, x, y, rows, 0, 10, 1)
    await running
    plan.stage(0, x, y, rows, 0, 10, 1)
    expect(() => plan.train(0, new Float64Array(32), gradients, null, null, 1, 0.1, 0, 0, 0, 0, 0, 1)).toThrow(/SharedArrayBuffer/)
    expect(() => plan.train(0, parameters, gradients, null, null, 1, 0.1, 0.9, 0, 0, 0, 0, 1)).toThrow(/velocity/)
  })

  it('stops at a loss that is not finite and changes nothing for that batch', async () => {
    const { plan, parameters, gradients } = setup()
    const bad = Float64Array.from(x)
    bad[13] = Number.NaN
    const before = Float64Array.from(parameters)
    reference(before, [0, 1, 2, 3], 0.1)
    plan.stage(0, bad, y, rows, 0, 10, 1)
    const result = await plan.train(0, parameters, gradients, null, null, 1, 0.1, 0, 0, 0, 0, 0, 1)
    expect(result.length).toBe(6)
    expect(result[3]).toBeNaN()
    for (let i = 0; i < 26; i++) expect(parameters[i]).toBeCloseTo(before[i]!, 12)
  })

  it('refuses descriptions that reach outside the parameters', () => {
    const broken = (change: object) => () => new addon.NativePlan({ ...description, ...change })
    expect(broken({ parameters: 25 })).toThrow(/parameters/)
    expect(broken({ batch: 0 })).toThrow(/batch/)
    expect(broken({ widths: [3, 4, 5, 2] })).toThrow(/wide/)
    expect(broken({ ops: [] })).toThrow()
    expect(broken({ loss: 'none such' })).toThrow(/loss/)
    expect(() => new addon.NativePlan(undefined as never)).toThrow(/description/)
  })
})
