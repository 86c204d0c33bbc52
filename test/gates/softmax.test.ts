// Softmax and log-softmax along every axis against plain references; gradients; edges; refusals.
import { describe, expect, it } from 'vitest'
import {
  ArgumentError,
  type Gate,
  LogSoftmax,
  ShapeError,
  Softmax,
  type SoftmaxOptions,
  tensor,
  zeros,
} from '../../lib/index.js'
import { numbers, randomTensor } from '../support.js'
import { build, expectGate } from './reference.js'

const gates: [string, (options?: SoftmaxOptions) => Gate, (x: number, list: number[]) => number][] = [
  ['Softmax', (o) => new Softmax(o), (x, list) => Math.exp(x) / list.reduce((sum, v) => sum + Math.exp(v), 0)],
  ['LogSoftmax', (o) => new LogSoftmax(o), (x, list) => x - Math.log(list.reduce((sum, v) => sum + Math.exp(v), 0))],
]

describe.each(gates)('%s', (name, make, f) => {
  it.each<[number[], number | undefined]>([
    [[5], undefined],
    [[3, 5], undefined],
    [[3, 5], 0],
    [[3, 5], 1],
    [[3, 5], -2],
    [[2, 3, 4], 0],
    [[2, 3, 4], 1],
    [[2, 3, 4], -1],
    [[2, 17, 3], 1],
    [[3, 1], 1],
    [[0, 3], 1],
  ])('of %j along %j', (shape, axis) => {
    const x = randomTensor(shape, 71)
    const along = ((axis ?? -1) + shape.length) % shape.length
    const expected = build(shape, (index) => {
      const list = Array.from({ length: shape[along]! }, (_, c) => x.at(...index.map((i, a) => (a === along ? c : i))))
      return f(x.at(...index), list)
    })
    expectGate(() => (axis === undefined ? make() : make({ axis })), [x], expected)
  })

  it('is stable for large inputs', () => {
    const y = numbers(make({ axis: 0 }).forward(tensor([[1000], [0], [-1000]], { dtype: 'float64' })))
    expect(y).toEqual(name === 'Softmax' ? [1, 0, 0] : [0, -1000, -2000])
  })

  it('refuses axes that are none, numbers and no classes', () => {
    expect(() => make({ axis: 0.5 })).toThrow(ArgumentError)
    expect(() => make({ dim: 1 } as never)).toThrow(ArgumentError)
    expect(() => make({ axis: 2 }).forward(zeros([2, 3]))).toThrow(ArgumentError)
    for (const x of [1, zeros([]), zeros([2, 0])]) expect(() => make().forward(x)).toThrow(ShapeError)
    expect(() => make({ axis: 0 }).forward(zeros([0, 2]))).toThrow(ShapeError)
  })
})
