// Normalisation, dropout, embeddings and shapes at the addon's door.
import { describe, expect, it } from 'vitest'
import type { Addon } from '../../lib/native/addon.js'
import { native } from '../../lib/native/load.js'

const addon: Addon = native()

describe('layers', () => {
  // The bindings' own part: which argument is which. The numbers are held to account in C++.
  const [x, y] = [Float64Array.of(1, 2, 3, 5, 8, 11), new Float64Array(6)]

  it('reduces, repeats and turns over', () => {
    const out = new Float64Array(2)
    addon.reduceAxis(0, 2, 3, 1, x, out)
    expect([...out]).toEqual([6, 24])
    addon.reduceAxis(1, 1, 3, 2, x, out)
    expect([...out]).toEqual([8, 11])
    addon.reduceAxis(2, 1, 3, 2, x, out)
    expect([...out]).toEqual([1, 2])
    addon.expand(x.subarray(4), Int32Array.of(3, 2), Int32Array.of(0, 1), y)
    expect([...y]).toEqual([8, 11, 8, 11, 8, 11])
    addon.reduceAxis(0, 0, 3, 2, new Float64Array(0), new Float64Array(0))
    addon.reduceAxis(0, 2, 0, 1, new Float64Array(0), out)
    expect([...out]).toEqual([0, 0])
    const long = new Float64Array(40_000).fill(2)
    for (const [kind, value] of [[0, 80_000], [1, 2], [2, 2]] as const) {
      addon.reduceAxis(kind, 1, 40_000, 1, long, out.subarray(1))
      expect(out[1]).toBe(value)
    }
    addon.transpose(2, 3, x, y)
    expect([...y]).toEqual([1, 5, 2, 8, 3, 11])
    addon.clipValues(4, y)
    expect([...y]).toEqual([1, 4, 2, 4, 3, 4])
    expect(addon.sumOfSquares(x)).toBe(224)
  })

  it('normalises by row and by column', () => {
    const [gamma, beta, mean, rstd] = [Float64Array.of(1, 2, 3), Float64Array.of(0, 0, 1), new Float64Array(2), new Float64Array(2)]
    addon.layerNormForward(3, x, gamma, beta, 0, y, mean, rstd)
    expect([...mean]).toEqual([2, 8])
    const root = Math.sqrt(1.5)
    const close = [root, root / 3, -root, 0, 3 * root + 1, -root, 0, 3 * root + 1]
    ;[...rstd, ...y].forEach((value, i) => expect(value).toBeCloseTo(close[i]!, 14))
    const [means, rstds, running, variance] = [1, 2, 3, 4].map(() => new Float64Array(3))
    addon.batchNormForward(3, x, gamma, beta, 0, 0.5, running!, variance!, y, means!, rstds!)
    expect([...means!]).toEqual([3, 5, 7])
    expect([...y]).toEqual([-1, -2, -2, 1, 2, 4])
    expect([...running!, ...variance!]).toEqual([1.5, 2.5, 3.5, 4, 9, 16])
    addon.batchNormInfer(3, x, gamma, beta, 0, means!, Float64Array.of(4, 9, 16), y)
    expect([...y]).toEqual([-1, -2, -2, 1, 2, 4])
  })

  it('adds the gradients of scale and shift to what is there', () => {
    const dy = Float64Array.of(1, 0, 0, 0, 1, 0)
    for (const [statistics, backward] of [[2, addon.layerNormBackward], [3, addon.batchNormBackward]] as const) {
      const [zeros, ones, dgamma, dbeta] = [new Float64Array(statistics), new Float64Array(statistics).fill(1), Float64Array.of(7, 7, 7), Float64Array.of(1, 1, 1)]
      backward(3, x, null, zeros, ones, dy, y, dgamma, dbeta)
      expect([...dbeta]).toEqual([2, 2, 1])
      expect(dgamma[2]).toBe(7)
    }
  })

  it('wants of the gradients of scale and shift both, one or none; of no rows nothing', () => {
    const dy = Float64Array.of(1, 0, 0, 0, 1, 0)
    for (const [statistics, backward] of [[2, addon.layerNormBackward], [3, addon.batchNormBackward]] as const) {
      const [zeros, ones, expected] = [new Float64Array(statistics), new Float64Array(statistics).fill(1), new Float64Array(6)]
      const [dgamma, dbeta] = [new Float64Array(3), new Float64Array(3)]
      backward(3, x, null, zeros, ones, dy, expected, dgamma, dbeta)
      for (const [first, second] of [[null, null], [new Float64Array(3), null], [null, new Float64Array(3)]] as const) {
        backward(3, x, null, zeros, ones, dy, y.fill(9), first, second)
        expect([y, first ?? dgamma, second ?? dbeta]).toEqual([expected, dgamma, dbeta])
      }
      const nothing = new Float64Array(0)
      const of = statistics === 2 ? nothing : zeros
      backward(3, nothing, null, of, of, nothing, nothing, dgamma.fill(5), dbeta.fill(5))
      expect([...dgamma, ...dbeta]).toEqual(new Array(6).fill(5))
    }
    const [nothing, mean, rstd] = [new Float64Array(0), new Float64Array(3), new Float64Array(3)]
    addon.batchNormForward(3, nothing, null, null, 0, 0.5, null, null, nothing, mean, rstd)
    addon.batchNormInfer(3, nothing, null, null, 0, mean, rstd, nothing)
    addon.layerNormForward(3, nothing, null, null, 0, nothing, nothing, nothing)
    expect([...mean, ...rstd]).toEqual(new Array(6).fill(0))
    addon.batchNormForward(3, x, null, null, 0, 0.5, null, null, y, mean, rstd)
    expect([...mean]).toEqual([3, 5, 7])
  })

  it('drops the same elements forward and backward, whole or in pieces', () => {
    const [ones, whole, half] = [new Float32Array(100).fill(1), new Float32Array(100), new Float32Array(50)]
    addon.dropout(ones, whole, 0.5, 3, 4, 0)
    expect(new Set(whole)).toEqual(new Set([0, 2]))
    addon.dropout(ones.subarray(50), half, 0.5, 3, 4, 50)
    expect(half).toEqual(whole.subarray(50))
  })

  it('looks rows up and adds their gradients', () => {
    const rows = new Float64Array(4)
    addon.embeddingForward(2, x, Int32Array.of(2, 0), rows)
    expect([...rows]).toEqual([8, 11, 1, 2])
    const table = new Float64Array(6).fill(1)
    addon.embeddingBackward(2, Int32Array.of(1, 1), rows, table)
    expect([...table]).toEqual([1, 1, 10, 14, 1, 1])
  })
})

describe('losses', () => {
  const [x, dx] = [Float64Array.of(0, 0, Math.log(2), 0, 1, 2), new Float64Array(6)]

  it('weighs classes and rows, and leaves rows out', () => {
    const out = new Float64Array(2)
    addon.weightedCrossEntropy(3, x, Int32Array.of(2, 7), Float64Array.of(1, 2, 3), Float64Array.of(0.5, 4), 0, 7, 2, dx, out)
    expect(out[0]).toBeCloseTo(0.5 * 3 * Math.log(2), 14)
    expect(out[1]).toBe(1.5)
    ;[0.75, 0.75, -1.5, 0, 0, 0].forEach((value, i) => expect(dx[i]).toBeCloseTo(value, 14))
  })

  it('smooths labels, which is a target of probabilities', () => {
    const out = new Float64Array(2)
    addon.weightedCrossEntropy(3, x, Int32Array.of(0, 1), null, null, 0.3, -1, 1, null, out)
    const soft = addon.softCrossEntropy(3, x, Float64Array.of(0.8, 0.1, 0.1, 0.1, 0.8, 0.1), Float64Array.of(1, 1), 1, dx)
    expect(out[0]).toBeCloseTo(soft, 14)
    expect(dx[0]).toBeCloseTo(0.25 - 0.8, 14)
  })

  it('sums losses of elements by kind', () => {
    const [prediction, target] = [Float64Array.of(1, -3), Float64Array.of(0, 0)]
    const of = (kind: number, parameter: number) => addon.elementLoss(kind, prediction, target, Float64Array.of(2), parameter, 0.5, dx.subarray(0, 2))
    expect([of(0, 0), of(1, 0), of(2, 2), of(3, 2)]).toEqual([8, 20, 9, 4.5])
    expect([...dx.subarray(0, 2)]).toEqual([0.5, -1])
    expect(of(4, 1)).toBeCloseTo(2 * (Math.log1p(Math.E) + Math.log1p(Math.exp(-3))), 14)
    expect([of(5, 1), of(6, 3), of(8, 0)]).toEqual([4, 36, 0])
    expect(of(7, 0)).toBeCloseTo(2 * (Math.E + Math.exp(-3)), 14)
  })
})
