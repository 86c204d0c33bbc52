// Gates of two inputs against plain references, with NumPy's broadcasting; edges and errors.
import { describe, expect, it } from 'vitest'
import {
  Add,
  Divide,
  type Gate,
  Maximum,
  Minimum,
  Multiply,
  Pow,
  Subtract,
  tensor,
  type Value,
  zeros,
} from '../../lib/index.js'
import { numbers, randomTensor } from '../support.js'
import { broadcast, build, expectGate, expectValue, read } from './reference.js'

const pick = (a: number, b: number, first: boolean) => (Number.isNaN(a) || first ? a : b)
const gates: [string, () => Gate, (x: number, y: number) => number][] = [
  ['Add', () => new Add(), (x, y) => x + y],
  ['Subtract', () => new Subtract(), (x, y) => x - y],
  ['Multiply', () => new Multiply(), (x, y) => x * y],
  ['Divide', () => new Divide(), (x, y) => x / y],
  ['Maximum', () => new Maximum(), (x, y) => pick(x, y, x > y)],
  ['Minimum', () => new Minimum(), (x, y) => pick(x, y, x < y)],
  ['Pow', () => new Pow(), (x, y) => x ** y],
]
const shapes: [number[], number[]][] = [
  [
    [3, 4],
    [3, 4],
  ],
  [[3, 4], [4]],
  [[4], [3, 4]],
  [
    [5, 1],
    [1, 7],
  ],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [
    [2, 1, 4],
    [3, 1],
  ],
  [
    [2, 3, 4],
    [2, 1, 1],
  ],
  [
    [2, 1, 3, 1],
    [5, 1, 4],
  ],
  [[3, 4], []],
  [[], []],
  [[1], [17]],
  [
    [1, 1],
    [2, 3],
  ],
  [[0, 3], [3]],
  [
    [2, 0],
    [2, 1],
  ],
  [[0], [1]],
  [
    [1, 0, 1],
    [5, 1, 3],
  ],
]

describe.each(gates)('%s', (_, make, f) => {
  it.each(shapes)('of %j and %j', (a, b) => {
    const [x, y] = [randomTensor(a, 21, 0.3, 2), randomTensor(b, 22, 0.3, 2)]
    const expected = build(broadcast(a, b), (index) => f(read(x, index), read(y, index)))
    expectGate(make, [x, y], expected)
  })

  it('of numbers, and of a number with a tensor', () => {
    const x = randomTensor([2, 3], 23, 0.3, 2)
    expectGate(make, [1.5, 0.7], f(1.5, 0.7))
    expectGate(
      make,
      [x, 0.7],
      build([2, 3], (i) => f(read(x, i), 0.7)),
    )
    expectGate(
      make,
      [0.7, x],
      build([2, 3], (i) => f(0.7, read(x, i))),
    )
  })

  it('at the edges of float64, on numbers as on tensors', () => {
    const edges = [
      0,
      -0,
      5e-324,
      -1,
      1,
      1.5,
      Number.MAX_VALUE,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ]
    for (const a of edges) {
      for (const b of edges) {
        expectValue(make().forward(a, b), f(a, b))
        expectValue(make().forward(tensor(Float64Array.of(a, a)), b), tensor(Float64Array.of(f(a, b), f(a, b))))
      }
    }
  })

  it('leaves a waiting backward as it is when forward refuses', () => {
    const gate = make()
    gate.forward(2, 3)
    const wanted = gate.backward(1)
    gate.forward(2, 3)
    expect(() => gate.forward(zeros([2]), zeros([3]))).toThrow(/expected shapes that broadcast together/)
    expect(() => gate.forward(zeros([2]), zeros([2], 'float64'))).toThrow(/expected tensors of one dtype/)
    expect(gate.backward(1)).toEqual(wanted)
  })
})

describe('derivatives where they are a matter of choice', () => {
  it.each<[string, () => Gate, number, number, [number, number]]>([
    ['Maximum of equals: half each', () => new Maximum(), 2, 2, [0.5, 0.5]],
    ['Minimum of equals: half each', () => new Minimum(), 2, 2, [0.5, 0.5]],
    ['Maximum', () => new Maximum(), 3, 2, [1, 0]],
    ['Minimum', () => new Minimum(), 3, 2, [0, 1]],
    ['Maximum with 0 and −0', () => new Maximum(), 0, -0, [0.5, 0.5]],
    ['Maximum with a NaN: both', () => new Maximum(), NaN, 2, [1, 1]],
    ['Minimum with a NaN: both', () => new Minimum(), 2, NaN, [1, 1]],
    ['Pow: 0^2', () => new Pow(), 0, 2, [0, 0]],
    ['Pow: 0^0', () => new Pow(), 0, 0, [0, 0]],
    ['Pow: 0^1', () => new Pow(), 0, 1, [1, 0]],
    ['Pow: 3^0', () => new Pow(), 3, 0, [0, Math.log(3)]],
    ['Pow: (−2)^3', () => new Pow(), -2, 3, [12, NaN]],
    ['Pow: 0^-1', () => new Pow(), 0, -1, [-Infinity, -Infinity]],
    ['Divide by 0', () => new Divide(), 1, 0, [Infinity, -Infinity]],
  ])('%s', (_, make, x, y, expected) => {
    const [single, double] = [make(), make()]
    single.forward(x, y)
    expect(single.backward(1)).toEqual(expected)
    double.forward(tensor(Float64Array.of(x, 1)), tensor(Float64Array.of(y, 1)))
    const gradients = double.backward(tensor(Float64Array.of(1, 1)))
    expect(gradients.map((g: Value) => numbers(g)[0])).toEqual(expected)
  })
})
