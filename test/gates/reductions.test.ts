// Sums, means and extremes along one, several and all axes against plain references; ties, NaN, empty axes, errors.
import { describe, expect, it } from 'vitest'
import {
  ArgumentError,
  type AxisOptions,
  type Gate,
  Max,
  Mean,
  Min,
  ShapeError,
  SquaredNorm,
  Sum,
  Tensor,
  tensor,
  type Value,
  zeros,
} from '../../lib/index.js'
import { numbers } from '../support.js'
import { build, distinct, expectGate, expectValue, indices } from './reference.js'

const gates: [string, (options?: AxisOptions) => Gate, (list: number[]) => number][] = [
  ['Sum', (o) => new Sum(o), (list) => list.reduce((a, b) => a + b, 0)],
  ['Mean', (o) => new Mean(o), (list) => list.reduce((a, b) => a + b, 0) / list.length],
  ['Max', (o) => new Max(o), (list) => Math.max(...list)],
  ['Min', (o) => new Min(o), (list) => Math.min(...list)],
]
const cases: [number[], number | number[] | undefined][] = [
  [[3, 5], undefined],
  [[3, 5], 0],
  [[3, 5], 1],
  [[3, 5], -1],
  [
    [3, 5],
    [0, 1],
  ],
  [[3, 5], []],
  [[7], 0],
  [[1], undefined],
  [[], undefined],
  [[2, 3, 4], 1],
  [
    [2, 3, 4],
    [0, 2],
  ],
  [
    [2, 3, 4],
    [-1, 0],
  ],
  [
    [2, 3, 4],
    [1, 2],
  ],
  [
    [2, 3, 2, 3],
    [0, 2],
  ],
  [
    [2, 3, 2, 3],
    [0, 1, 3],
  ],
  [
    [2, 1, 3, 1],
    [1, 3],
  ],
  [[257], undefined],
  [[0, 3], 1],
  [[5, 7, 9], 0],
  [[5, 7, 9], 1],
  [[5, 7, 9], 2],
  [
    [3, 4, 5, 6],
    [0, 2],
  ],
]

function reference(x: Tensor, axis: number | number[] | undefined, keepDims: boolean, f: (list: number[]) => number) {
  const axes = (axis === undefined ? x.shape.map((_, i) => i) : [axis].flat()).map((a) => (a < 0 ? a + x.rank : a))
  const full = x.shape.map((extent, i) => (axes.includes(i) ? 1 : extent))
  const result = build(full, (index) =>
    f(
      indices(x.shape)
        .filter((at) => at.every((i, a) => axes.includes(a) || i === index[a]))
        .map((at) => x.at(...at)),
    ),
  )
  const shape = keepDims ? full : full.filter((_, i) => !axes.includes(i))
  return shape.length === 0 ? result.data[0]! : new Tensor(result.data, shape)
}

describe.each(gates)('%s', (_, make, f) => {
  for (const keepDims of [false, true]) {
    it.each(cases)(`of %j along %j, keepDims ${keepDims}`, (shape, axis) => {
      const x = distinct(shape, 51)
      expectGate(
        () => make(axis === undefined ? { keepDims } : { axis, keepDims }),
        [x],
        reference(x, axis, keepDims, f),
      )
    })
  }

  it('of a number is the number', () => {
    expectGate(() => make(), [-2.5], -2.5)
  })

  it('has a NaN as result where there is one', () => {
    const x = tensor(
      [
        [1, Number.NaN],
        [2, 3],
      ],
      { dtype: 'float64' },
    )
    expect(make().forward(x)).toBeNaN()
    expect(numbers(make({ axis: 1 }).forward(x)).map(Number.isNaN)).toEqual([true, false])
    expect(numbers(make({ axis: 0 }).forward(x)).map(Number.isNaN)).toEqual([false, true])
  })

  it('refuses axes that are none, or twice the same', () => {
    for (const axis of [0.5, '0', null, {}, [0.5], ['0'], [null]]) {
      expect(() => make({ axis: axis as never }), String(axis)).toThrow(ArgumentError)
    }
    expect(() => make({ keepDims: 1 as never })).toThrow(ArgumentError)
    expect(() => make({ axes: 1 } as never)).toThrow(ArgumentError)
    for (const axis of [2, -3, [0, 2], [0, 0], [1, -1]]) {
      expect(() => make({ axis }).forward(zeros([2, 3])), String(axis)).toThrow(ArgumentError)
    }
  })
})

describe('over no elements', () => {
  it.each<[string, () => Gate, Value]>([
    ['Sum is 0', () => new Sum(), 0],
    ['Sum along an axis is 0', () => new Sum({ axis: 1 }), zeros([2], 'float64')],
    ['Mean is NaN', () => new Mean(), Number.NaN],
    ['Mean along an axis is NaN', () => new Mean({ axis: 1 }), tensor([NaN, NaN], { dtype: 'float64' })],
    ['SquaredNorm is 0', () => new SquaredNorm(), 0],
  ])('%s', (_, make, expected) => {
    const gate = make()
    const y = gate.forward(zeros([2, 0], 'float64'))
    expectValue(y, expected)
    expect((gate.backward(y)[0] as Tensor).shape).toEqual([2, 0])
  })

  it('Max and Min refuse', () => {
    for (const Gate of [Max, Min]) {
      expect(() => new Gate().forward(zeros([2, 0]))).toThrow(ShapeError)
      expect(() => new Gate({ axis: 1 }).forward(zeros([2, 0]))).toThrow(
        /at least one element to choose from, got \[2, 0\]/,
      )
    }
  })
})

describe('ties', () => {
  it.each<[string, () => Gate, number[], number[]]>([
    ['Max', () => new Max(), [3, 1, 3, 3], [1, 0, 1, 1]],
    ['Max of ±0', () => new Max(), [0, -0, -1], [1.5, 1.5, 0]],
    ['Min', () => new Min(), [3, 1, 1, 3], [0, 1.5, 1.5, 0]],
    ['Max with NaN', () => new Max(), [3, Number.NaN, 1, Number.NaN], [0, 1.5, 0, 1.5]],
    ['Max of −∞', () => new Max(), [-Infinity, -Infinity], [1.5, 1.5]],
  ])('%s: shared equally', (_, make, x, expected) => {
    for (const dtype of ['float32', 'float64'] as const) {
      const gate = make()
      gate.forward(tensor(x, { dtype }))
      expect(numbers(gate.backward(3)[0])).toEqual(expected)
    }
  })

  it('along an axis', () => {
    const gate = new Max({ axis: 1 })
    gate.forward(
      tensor([
        [1, 1],
        [1, 2],
      ]),
    )
    expect(numbers(gate.backward(tensor([2, 3]))[0])).toEqual([1, 1, 0, 3])
  })
})

describe('precision', () => {
  it('the mean of equal numbers is that number', () => {
    for (const n of [3, 49, 1000]) {
      expect(new Mean().forward(tensor(new Float64Array(n).fill(0.1)))).toBeCloseTo(0.1, 15)
      expect(
        numbers(new Mean({ axis: 0 }).forward(tensor(new Float32Array(n * 2).fill(3), { shape: [n, 2] }))),
      ).toEqual([3, 3])
    }
  })

  it('sums of many float32 along an axis do not drift', () => {
    const x = tensor(new Float32Array(300_000).fill(0.1), { shape: [100_000, 3] })
    for (const sum of numbers(new Sum({ axis: 0 }).forward(x))) expect(Math.abs(sum / 10_000 - 1)).toBeLessThan(1e-6)
  })
})
