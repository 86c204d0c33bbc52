// Metrics against numbers from scikit-learn's definitions, counted out by hand or pair by pair.
import { describe, expect, it } from 'vitest'
import { metrics, tensor } from '../../lib/index.js'
import { generator } from '../support.js'

const { f1, logLoss, meanAbsoluteError, precision, prAuc, recall, rocAuc, rootMeanSquaredError, rSquared, topK } =
  metrics

describe('classes', () => {
  const scores = tensor([
    [0.5, 0.3, 0.2],
    [0.1, 0.1, 0.8],
    [0.3, 0.3, 0.4],
    [0.2, 0.6, 0.2],
  ])
  const labels = [1, 2, 1, 2]

  it('topK', () => {
    expect([1, 2, 3, 5].map((k) => topK(scores, labels, k))).toEqual([0.25, 0.5, 1, 1])
    expect(topK(scores, labels)).toBe(1)
    expect(topK(tensor([[Number.NaN, 1]]), [0], 2)).toBe(0)
  })

  // Of class 0, 1, 2: predicted 2, 3, 3; there 3, 3, 2; right 1, 2, 1.
  const truth = [0, 0, 0, 1, 1, 1, 2, 2]
  const guessed = [0, 1, 2, 1, 1, 2, 0, 2]
  it.each([
    ['macro', (1 / 2 + 2 / 3 + 1 / 3) / 3, (1 / 3 + 2 / 3 + 1 / 2) / 3, (2 / 5 + 4 / 6 + 2 / 5) / 3],
    ['weighted', (3 / 2 + 6 / 3 + 2 / 3) / 8, 4 / 8, (6 / 5 + 12 / 6 + 4 / 5) / 8],
    ['micro', 0.5, 0.5, 0.5],
  ] as const)('precision, recall and F1: %s', (average, p, r, f) => {
    expect(precision(guessed, truth, { average })).toBeCloseTo(p, 14)
    expect(recall(guessed, truth, { average })).toBeCloseTo(r, 14)
    expect(f1(guessed, truth, { average })).toBeCloseTo(f, 14)
  })

  it('of two classes, those of class 1 unless told', () => {
    const [guess, real] = [
      [1, 1, 1, 0, 0],
      [1, 1, 0, 1, 0],
    ]
    expect([precision(guess!, real!), recall(guess!, real!), f1(guess!, real!)]).toEqual([2 / 3, 2 / 3, 2 / 3])
    expect(precision(guess!, real!, { positive: 0 })).toBe(0.5)
    expect([precision([0, 0], [0, 1]), recall([0, 1], [0, 0]), f1([0, 0], [0, 0])]).toEqual([0, 0, 0])
    expect(f1(guessed, truth)).toBe(f1(guessed, truth, { average: 'macro' }))
  })

  it('logLoss', () => {
    const expected = -(Math.log(0.3) + Math.log(0.8) + Math.log(0.3) + Math.log(0.2)) / 4
    expect(logLoss(scores, labels)).toBeCloseTo(expected, 7)
    const logits = tensor([[700, 710]], { dtype: 'float64' })
    expect(logLoss(logits, [0], { from: 'logits' })).toBeCloseTo(10 + Math.log1p(Math.exp(-10)), 12)
    expect(logLoss(tensor([[0, 1]]), [0])).toBeCloseTo(52 * Math.log(2), 12)
  })
})

describe('ranking', () => {
  it('rocAuc is the part of pairs in order', () => {
    const next = generator(8)
    for (const levels of [3, 1000]) {
      const scores = Array.from({ length: 60 }, () => Math.floor(next() * levels))
      const labels = scores.map((s) => (next() < 0.3 + (0.4 * s) / levels ? 1 : 0))
      let [right, pairs] = [0, 0]
      for (const [i, a] of scores.entries())
        for (const [j, b] of scores.entries())
          if (labels[i] === 1 && labels[j] === 0) {
            pairs++
            right += a > b ? 1 : a === b ? 0.5 : 0
          }
      expect(rocAuc(tensor(scores), labels)).toBeCloseTo(right / pairs, 14)
      const columns = tensor(scores.map((s) => [1, 1 + s]))
      expect(rocAuc(columns, tensor(labels))).toBeCloseTo(right / pairs, 14)
    }
    expect(rocAuc(tensor([1, 2]), [1, 1])).toBeNaN()
  })

  it('prAuc is average precision', () => {
    // scikit-learn's example: y 0 0 1 1, scores 0.1 0.4 0.35 0.8
    expect(prAuc(tensor([[0.1], [0.4], [0.35], [0.8]]), [0, 0, 1, 1])).toBeCloseTo(0.5 + 0.5 * (2 / 3), 14)
    expect(prAuc(tensor([1, 1, 1, 1]), [0, 0, 1, 0])).toBe(0.25)
    expect(prAuc(tensor([1]), [0])).toBeNaN()
  })
})

describe('values', () => {
  const [p, t] = [tensor([2.5, 0, 2, 8]), tensor([3, -0.5, 2, 7])]
  it('have the numbers of scikit-learn', () => {
    expect(meanAbsoluteError(p, t)).toBe(0.5)
    expect(rootMeanSquaredError(p, t)).toBeCloseTo(Math.sqrt(0.375), 14)
    expect(rSquared(p, t)).toBeCloseTo(0.9486081370449679, 12)
    const [two, targets] = [
      tensor([
        [0, 2],
        [-1, 2],
        [8, -5],
      ]),
      tensor([
        [0.5, 1],
        [-1, 1],
        [7, -6],
      ]),
    ]
    expect(rSquared(two, targets)).toBeCloseTo((0.96543778801843316 + 0.90816326530612246) / 2, 7)
    expect([rSquared(tensor([1, 1]), tensor([1, 1])), rSquared(tensor([1, 2]), tensor([1, 1]))]).toEqual([1, 0])
  })
})

it.each<[string, () => unknown]>([
  ['topK', () => topK(tensor([[1, 2]]), [0], 0)],
  ['topK', () => topK(tensor([1, 2]), [0])],
  ['topK', () => topK(tensor([[1, 2]]), [0, 1])],
  ['topK', () => topK(tensor([[1, 2]]), [2])],
  ['f1', () => f1([0, 1], [0, 1], { average: 'all' as never })],
  ['recall', () => recall([0, 1], [0, 1], { positive: 0.5 })],
  ['logLoss', () => logLoss(tensor([[2, 3]]), [0])],
  ['logLoss', () => logLoss(tensor([[0, 1]]), [0], { from: 'scores' as never })],
  ['rocAuc', () => rocAuc(tensor([[1, 2, 3]]), [0])],
  ['rocAuc', () => rocAuc(tensor([1, 2]), [0, 2])],
  ['rocAuc', () => rocAuc(tensor([1, Number.NaN]), [0, 1])],
  ['prAuc', () => prAuc(tensor([1, 2]), [1])],
  ['prAuc', () => prAuc(tensor([1, 2]), 3 as never)],
  ['meanAbsoluteError', () => meanAbsoluteError(tensor([1]), tensor([1, 2]))],
  ['rSquared', () => rSquared(3 as never, tensor([1, 2]))],
])('%s refuses (%#)', (operation, run) => {
  expect(run).toThrow(expect.objectContaining({ operation }))
})
