// The addon at its own door: what it computes, and that no argument can hurt the process.
import { describe, expect, it } from 'vitest'
import type { Addon, FloatArray } from '../../lib/native/addon.js'
import { native } from '../../lib/native/load.js'

const addon: Addon = native()

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

  it('copies nothing where a getter takes the memory of an array before it', () => {
    const first = new Float32Array(4).fill(1)
    const to = [first, new Float32Array(4)]
    Object.defineProperty(to, 1, { get: () => { structuredClone(first.buffer, { transfer: [first.buffer] }) } }) // biome-ignore format: a row
    const from = [new Float32Array(4), new Float32Array(4)]
    expect(() => addon.copyTogether(new Float32Array(new SharedArrayBuffer(16)), to, from, true, true)).toThrow(/copyTogether: expected/)
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

  const x = new Float32Array(6)
  it.each<[string, (label: number) => unknown]>([
    ['crossEntropy', (label) => addon.crossEntropy(3, x, Int32Array.of(0, label), 1, null)],
    ['weightedCrossEntropy', (label) => addon.weightedCrossEntropy(3, x, Int32Array.of(0, label), null, null, 0, -100, 1, null, new Float64Array(2))],
    ['embeddingForward', (label) => addon.embeddingForward(2, x, Int32Array.of(0, label), new Float32Array(4))],
    ['embeddingBackward', (label) => addon.embeddingBackward(2, Int32Array.of(0, label), new Float32Array(4), x)],
  ])('%s names the row and value of an index out of range', (_, call) => {
    for (const label of [3, -1]) {
      try {
        call(label)
        expect.unreachable()
      } catch (error) {
        expect(error).toMatchObject({ code: 'OUT_OF_RANGE', where: 1, value: label })
      }
    }
  })

  const n = (length: number) => new Float32Array(length)
  it.each<[RegExp, () => unknown]>([
    [/reduceAxis: expected kind/, () => addon.reduceAxis(3, 1, 2, 3, x, n(3))],
    [/reduceAxis: expected x to have 12 elements/, () => addon.reduceAxis(0, 2, 2, 3, x, n(6))],
    [/reduceAxis: expected out/, () => addon.reduceAxis(0, 1, 2, 3, x, n(6))],
    [/reduceAxis: expected x/, () => addon.reduceAxis(0, 2 ** 52, 2 ** 52, 2 ** 52, x, n(6))],
    [/expand: expected the strides to stay within x/, () => addon.expand(x, Int32Array.of(2, 4), Int32Array.of(3, 1), n(8))],
    [/expand: expected shape and strides not to be negative/, () => addon.expand(x, Int32Array.of(2), Int32Array.of(-1), n(2))],
    [/expand: expected at most 16 axes/, () => addon.expand(x, new Int32Array(17).fill(1), new Int32Array(17), n(1))],
    [/expand: expected out/, () => addon.expand(x, new Int32Array(8).fill(2 ** 31 - 1), new Int32Array(8), n(1))],
    [/transpose: expected x to have 8/, () => addon.transpose(2, 4, x, n(8))],
    [/transpose: expected x and out to be different/, () => addon.transpose(2, 3, x, x)],
    [/clipValues: expected limit/, () => addon.clipValues(-1, x)],
    [/clipValues: expected limit/, () => addon.clipValues(Number.NaN, x)],
    [/layerNormForward: expected gamma to have 3/, () => addon.layerNormForward(3, x, n(2), null, 0, n(6), n(2), n(2))],
    [/layerNormForward: expected gamma to have 3/, () => addon.layerNormForward(3, x, n(0), null, 0, n(6), n(2), n(2))],
    [/layerNormForward: expected mean to have 2/, () => addon.layerNormForward(3, x, null, null, 0, n(6), n(3), n(2))],
    [/layerNormBackward: expected dgamma/, () => addon.layerNormBackward(3, x, null, n(2), n(2), n(6), n(6), n(2), null)],
    [/batchNormForward: expected at least two rows/, () => addon.batchNormForward(6, x, null, null, 0, 0, null, null, n(6), n(6), n(6))],
    [/batchNormForward: expected rstd/, () => addon.batchNormForward(3, x, null, null, 0, 0, null, null, n(6), n(3), n(2))],
    [/batchNormInfer: expected runningMean/, () => addon.batchNormInfer(3, x, null, null, 0, n(2), n(3), n(6))],
    [/batchNormBackward: expected dy/, () => addon.batchNormBackward(3, x, null, n(3), n(3), n(3), n(6), null, null)],
    [/dropout: expected p in/, () => addon.dropout(x, n(6), 1, 0, 0, 0)],
    [/dropout: expected p in/, () => addon.dropout(x, n(6), Number.NaN, 0, 0, 0)],
    [/dropout: expected offset/, () => addon.dropout(x, n(6), 0.5, 0, 0, -1)],
    [/optimize: expected kind/, () => addon.optimize(12, x, x, null, null, null, new Float64Array(7), 1)],
    [/optimize: expected gradient/, () => addon.optimize(0, x, n(5), null, null, null, new Float64Array(7), 1)],
    [/optimize: expected options to have 7/, () => addon.optimize(0, x, x, null, null, null, new Float64Array(6), 1)],
    [/optimize: expected a velocity/, () => addon.optimize(0, x, x, null, null, null, new Float64Array(7).fill(0.5), 1)],
    [/optimize: expected every state vector/, () => addon.optimize(1, x, x, n(6), null, null, new Float64Array(7), 1)],
    [/optimize: expected no state vectors but/, () => addon.optimize(11, x, x, n(6), n(6), null, new Float64Array(6), 1)],
    [/optimize: expected s0 to have 6/, () => addon.optimize(11, x, x, n(0), null, null, new Float64Array(6), 1)],
    [/optimize: expected step/, () => addon.optimize(11, x, x, n(6), null, null, new Float64Array(6), 0)],
    [/elementLoss: expected kind/, () => addon.elementLoss(9, x, x, null, 0, 1, null)],
    [/elementLoss: expected target/, () => addon.elementLoss(0, x, n(5), null, 0, 1, null)],
    [/elementLoss: expected weight/, () => addon.elementLoss(0, x, x, n(2), 0, 1, null)],
    [/elementLoss: expected weight/, () => addon.elementLoss(0, x, x, n(0), 0, 1, null)],
    [/elementLoss: expected dx/, () => addon.elementLoss(0, x, x, null, 0, 1, n(0))],
    [/weightedCrossEntropy: expected classWeights/, () => addon.weightedCrossEntropy(3, x, new Int32Array(2), n(2), null, 0, -1, 1, null, new Float64Array(2))],
    [/weightedCrossEntropy: expected rowWeights/, () => addon.weightedCrossEntropy(3, x, new Int32Array(2), null, n(3), 0, -1, 1, null, new Float64Array(2))],
    [/weightedCrossEntropy: expected smoothing/, () => addon.weightedCrossEntropy(3, x, new Int32Array(2), null, null, 1.5, -1, 1, null, new Float64Array(2))],
    [/weightedCrossEntropy: expected out/, () => addon.weightedCrossEntropy(3, x, new Int32Array(2), null, null, 0, -1, 1, null, new Float64Array(3))],
    [/softCrossEntropy: expected targets/, () => addon.softCrossEntropy(3, x, n(3), null, 1, null)],
    [/softCrossEntropy: expected rowWeights/, () => addon.softCrossEntropy(3, x, x, n(6), 1, null)],
    [/embeddingForward: expected indices to have 3/, () => addon.embeddingForward(2, x, new Int32Array(2), n(6))],
    [/embeddingBackward: expected cols/, () => addon.embeddingBackward(0, new Int32Array(2), n(6), x)],
  ])('refuses what does not fit: %s', (message, call) => {
    expect(call).toThrow(message)
  })
})
