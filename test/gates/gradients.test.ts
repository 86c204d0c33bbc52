// Every gate against central differences in float64, on numbers and on tensors; and numbers against tensors.
import { describe, expect, it } from 'vitest'
import { activations } from '../../lib/gates/activations.js'
import * as chainrule from '../../lib/index.js'
import { checkGradients, type Gate, type Tensor, tensor } from '../../lib/index.js'
import { native } from '../../lib/native/load.js'
import { numbers, randomTensor } from '../support.js'

// Away from the kinks of piecewise gates, which have no derivative there.
const kinks = [-3, -1, 0, 1, 3, 6]
const smooth = randomTensor([3, 7], 11, -4, 7)
for (let i = 0; i < smooth.size; i++)
  if (kinks.some((k) => Math.abs(smooth.data[i]! - k) < 1e-3)) smooth.data[i]! += 0.01
const positive = randomTensor([3, 7], 12, 0.2, 3)

const unary: [string, () => Gate, Tensor][] = [
  ...Object.values(activations).map((A): [string, () => Gate, Tensor] => [
    A.name,
    () => new (A as new () => Gate)(),
    smooth,
  ]),
  ['LeakyReLU 0.3', () => new chainrule.LeakyReLU({ alpha: 0.3 }), smooth],
  ['ELU 0.7', () => new chainrule.ELU({ alpha: 0.7 }), smooth],
  ['GELU tanh', () => new chainrule.GELU({ approximate: 'tanh' }), smooth],
  ['Negate', () => new chainrule.Negate(), smooth],
  ['Scale', () => new chainrule.Scale(-2.5), smooth],
  ['AddConstant', () => new chainrule.AddConstant(3), smooth],
  ['Exp', () => new chainrule.Exp(), smooth],
  ['Log', () => new chainrule.Log(), positive],
  ['Reciprocal', () => new chainrule.Reciprocal(), positive],
  ['Sqrt', () => new chainrule.Sqrt(), positive],
  ['Square', () => new chainrule.Square(), smooth],
  ['Power 3', () => new chainrule.Power(3), smooth],
  ['Power -1.5', () => new chainrule.Power(-1.5), positive],
  ['Abs', () => new chainrule.Abs(), smooth],
  ['Clip', () => new chainrule.Clip({ min: -0.9, max: 0.7 }), smooth],
  ['Sin', () => new chainrule.Sin(), smooth],
  ['Cos', () => new chainrule.Cos(), smooth],
  ['Sum', () => new chainrule.Sum(), smooth],
  ['Mean', () => new chainrule.Mean(), smooth],
  ['SquaredNorm', () => new chainrule.SquaredNorm(), smooth],
]

describe('gates of one input', () => {
  it.each(unary)('%s on tensors', (_, make, x) => {
    const report = checkGradients(make(), [x])
    expect(report.ok, String(report)).toBe(true)
    expect(report.compared).toBe(x.size)
  })

  it.each(unary)('%s on numbers', (_, make, x) => {
    for (let i = 0; i < x.size; i += 4) {
      const report = checkGradients(make(), [x.data[i]!])
      expect(report.ok, String(report)).toBe(true)
    }
  })

  it.each(unary)('%s: numbers give what tensors give', (_, make, x) => {
    for (let i = 0; i < x.size; i++) {
      const single = tensor(Float64Array.of(x.data[i]!))
      const [a, b] = [make(), make()]
      expect(numbers(b.forward(single))).toEqual([a.forward(x.data[i]!)])
      const upstream = typeof b.forward(single) === 'number' ? 0.7 : tensor(Float64Array.of(0.7))
      expect(numbers(b.backward(upstream)[0])).toEqual([a.backward(0.7)[0]])
    }
  })

  it('cover every row of the addon but those that no gate is made of', () => {
    const used = unary
      .map(([, make]) => make())
      .flatMap((gate) => (gate instanceof chainrule.ElementwiseGate ? [gate.op.name] : []))
    const rest = native()
      .info()
      .unary.map((row) => row.name)
      .filter((name) => !used.includes(name))
    expect(rest.sort()).toEqual(['expm1', 'log1p'])
  })
})

const shapes: [number[], number[]][] = [
  [
    [3, 4],
    [3, 4],
  ],
  [[3, 4], [4]],
  [[4], [3, 4]],
  [
    [3, 1],
    [1, 4],
  ],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [[3, 4], []],
  [[1], [5]],
  [
    [1, 1],
    [2, 3],
  ],
  [[0, 3], [3]],
]
const binaries: [string, () => Gate][] = [
  ['Add', () => new chainrule.Add()],
  ['Subtract', () => new chainrule.Subtract()],
  ['Multiply', () => new chainrule.Multiply()],
  ['Divide', () => new chainrule.Divide()],
  ['Maximum', () => new chainrule.Maximum()],
  ['Minimum', () => new chainrule.Minimum()],
]

describe('gates of two inputs', () => {
  for (const [name, make] of binaries) {
    it.each(shapes)(`${name} of %j and %j`, (a, b) => {
      const report = checkGradients(make(), [randomTensor(a, 21), randomTensor(b, 22, -2, 2, 0.3)])
      expect(report.ok, String(report)).toBe(true)
    })
    it(`${name} of numbers and of a number with a tensor`, () => {
      for (const inputs of [
        [1.5, -0.7],
        [1.5, randomTensor([2, 3], 23, -2, 2, 0.3)],
        [randomTensor([2, 3], 24), -0.7],
      ]) {
        const report = checkGradients(make(), inputs)
        expect(report.ok, String(report)).toBe(true)
      }
    })
  }

  it.each([
    [
      [3, 4],
      [4, 2],
    ],
    [[3, 4], [4]],
    [[4], [4, 2]],
    [[4], [4]],
    [
      [1, 1],
      [1, 1],
    ],
    [
      [17, 9],
      [9, 33],
    ],
  ])('MatMul of %j and %j', (a, b) => {
    const report = checkGradients(new chainrule.MatMul(), [randomTensor(a, 31), randomTensor(b, 32)])
    expect(report.ok, String(report)).toBe(true)
  })
})

describe('gates of shapes, rows and axes', () => {
  it.each<[string, () => Gate, number[]]>([
    ['Transpose', () => new chainrule.Transpose(), [3, 5]],
    ['Reshape', () => new chainrule.Reshape([5, -1]), [3, 5]],
    ['Softmax', () => new chainrule.Softmax(), [3, 5]],
    ['Softmax of a vector', () => new chainrule.Softmax(), [5]],
    ['LogSoftmax', () => new chainrule.LogSoftmax(), [3, 5]],
    ['Sum axis 0', () => new chainrule.Sum({ axis: 0 }), [3, 5]],
    ['Sum axis 1', () => new chainrule.Sum({ axis: 1 }), [3, 5, 2]],
    ['Mean axis -1', () => new chainrule.Mean({ axis: -1 }), [3, 5]],
    ['Linear', () => new chainrule.Linear(5, 4, { dtype: 'float64', seed: 3 }), [3, 5]],
    ['Linear of a vector', () => new chainrule.Linear(5, 4, { dtype: 'float64', seed: 3 }), [5]],
    ['Linear without bias', () => new chainrule.Linear(5, 4, { dtype: 'float64', bias: false }), [3, 5]],
    ['PReLU', () => new chainrule.PReLU({ dtype: 'float64' }), [3, 5]],
    ['PReLU per channel', () => new chainrule.PReLU({ dtype: 'float64', channels: 5 }), [3, 5]],
    [
      'mlp',
      () => chainrule.mlp({ inputs: 5, hidden: [7, 6], outputs: 3, activation: 'tanh', dtype: 'float64', seed: 1 }),
      [4, 5],
    ],
    [
      'mlp of gelu',
      () => chainrule.mlp({ inputs: 5, hidden: [7], outputs: 3, activation: 'gelu', dtype: 'float64' }),
      [4, 5],
    ],
    [
      'mlp of prelu',
      () => chainrule.mlp({ inputs: 5, hidden: [7], outputs: 3, activation: 'prelu', dtype: 'float64' }),
      [4, 5],
    ],
  ])('%s', (_, make, shape) => {
    const gate = make()
    const report = checkGradients(gate, [randomTensor(shape, 41)])
    expect(report.ok, String(report)).toBe(true)
    const trained =
      'parameters' in gate ? (gate as chainrule.Sequential).parameters().reduce((n, p) => n + p.size, 0) : 0
    expect(report.compared).toBe(shape.reduce((a, b) => a * b, 1) + trained)
  })
})
