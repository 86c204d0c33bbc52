// Elementwise gates against plain float64 formulas: ordinary numbers and edges, both element types, every length of a tail.
import { describe, expect, it } from 'vitest'
import * as chainrule from '../../lib/index.js'
import { type ElementwiseGate, tensor } from '../../lib/index.js'
import { numbers, randomTensor } from '../support.js'

const { Infinity: inf, NaN: nan } = globalThis
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
const clip = (x: number, low: number, high: number) => (Number.isNaN(x) ? x : Math.min(Math.max(x, low), high))
const [lambda, alpha] = [1.0507009873554805, 1.6732632423543772]

// Formula, derivative, and where they are compared: everywhere, or on positive numbers.
const gates: [string, () => ElementwiseGate, (x: number) => number, (x: number) => number, 'all' | 'positive'][] = [
  ['Negate', () => new chainrule.Negate(), (x) => -x, () => -1, 'all'],
  ['Scale', () => new chainrule.Scale(-2.5), (x) => -2.5 * x, () => -2.5, 'all'],
  ['AddConstant', () => new chainrule.AddConstant(3), (x) => 3 + x, () => 1, 'all'],
  ['Exp', () => new chainrule.Exp(), Math.exp, Math.exp, 'all'],
  ['Log', () => new chainrule.Log(), Math.log, (x) => 1 / x, 'positive'],
  ['Reciprocal', () => new chainrule.Reciprocal(), (x) => 1 / x, (x) => -1 / (x * x), 'positive'],
  ['Sqrt', () => new chainrule.Sqrt(), Math.sqrt, (x) => 0.5 / Math.sqrt(x), 'positive'],
  ['Square', () => new chainrule.Square(), (x) => x * x, (x) => 2 * x, 'all'],
  ['Power 3', () => new chainrule.Power(3), (x) => x ** 3, (x) => 3 * x ** 2, 'all'],
  ['Power 0', () => new chainrule.Power(0), () => 1, () => 0, 'positive'],
  ['Power 0.5', () => new chainrule.Power(0.5), (x) => x ** 0.5, (x) => 0.5 * x ** -0.5, 'positive'],
  ['Power -1', () => new chainrule.Power(-1), (x) => 1 / x, (x) => -1 / (x * x), 'positive'],
  ['Abs', () => new chainrule.Abs(), Math.abs, Math.sign, 'all'],
  ['Sin', () => new chainrule.Sin(), Math.sin, Math.cos, 'all'],
  ['Cos', () => new chainrule.Cos(), Math.cos, (x) => -Math.sin(x), 'all'],
  ['Identity', () => new chainrule.Identity(), (x) => x, () => 1, 'all'],
  ['Sigmoid', () => new chainrule.Sigmoid(), sigmoid, (x) => sigmoid(x) * sigmoid(-x), 'all'],
  ['Tanh', () => new chainrule.Tanh(), Math.tanh, (x) => 1 / Math.cosh(x) ** 2, 'all'],
  ['HardTanh', () => new chainrule.HardTanh(), (x) => clip(x, -1, 1), (x) => Number(Math.abs(x) < 1), 'all'],
  ['ReLU', () => new chainrule.ReLU(), (x) => clip(x, 0, inf), (x) => Number(x > 0), 'all'],
  [
    'LeakyReLU',
    () => new chainrule.LeakyReLU({ alpha: 0.2 }),
    (x) => (x > 0 ? x : 0.2 * x),
    (x) => (x > 0 ? 1 : 0.2),
    'all',
  ],
  [
    'ELU',
    () => new chainrule.ELU({ alpha: 2 }),
    (x) => (x > 0 ? x : 2 * Math.expm1(x)),
    (x) => (x > 0 ? 1 : 2 * Math.exp(x)),
    'all',
  ],
  [
    'SELU',
    () => new chainrule.SELU(),
    (x) => lambda * (x > 0 ? x : alpha * Math.expm1(x)),
    (x) => lambda * (x > 0 ? 1 : alpha * Math.exp(x)),
    'all',
  ],
  ['ReLU6', () => new chainrule.ReLU6(), (x) => clip(x, 0, 6), (x) => Number(x > 0 && x < 6), 'all'],
  ['Softplus', () => new chainrule.Softplus(), softplus, sigmoid, 'all'],
  ['Softsign', () => new chainrule.Softsign(), (x) => x / (1 + Math.abs(x)), (x) => 1 / (1 + Math.abs(x)) ** 2, 'all'],
  ['SiLU', () => new chainrule.SiLU(), (x) => x * sigmoid(x), (x) => sigmoid(x) * (1 + x * sigmoid(-x)), 'all'],
  ['LogSigmoid', () => new chainrule.LogSigmoid(), (x) => -softplus(-x), (x) => sigmoid(-x), 'all'],
  [
    'HardSigmoid',
    () => new chainrule.HardSigmoid(),
    (x) => clip(x / 6 + 0.5, 0, 1),
    (x) => (Math.abs(x) < 3 ? 1 / 6 : 0),
    'all',
  ],
]

const close = (a: number, b: number, tolerance: number) =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b))

describe.each(gates)('%s', (_, make, f, df, where) => {
  it.each([0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 257])('of %i elements', (n) => {
    const x = where === 'all' ? randomTensor([n], n, -5, 5, 1e-3) : randomTensor([n], n, 0.1, 5)
    for (const [dtype, tolerance] of [
      ['float64', 1e-13],
      ['float32', 3e-6],
    ] as const) {
      const [gate, given] = [make(), x.astype(dtype)]
      const y = numbers(gate.forward(given))
      const dx = numbers(gate.backward(tensor(new Float64Array(n).fill(2)).astype(dtype))[0])
      given.data.forEach((value, i) => {
        expect(close(y[i]!, f(value), tolerance), `f(${value}) = ${y[i]}, not ${f(value)}`).toBe(true)
        expect(close(dx[i]!, 2 * df(value), tolerance), `f'(${value}) = ${dx[i]! / 2}, not ${df(value)}`).toBe(true)
      })
    }
  })

  it('at ±0, subnormals, ±∞ and NaN', () => {
    const edges = where === 'all' ? [0, -0, 5e-324, -5e-324, 1e-310, inf, -inf, nan] : [5e-324, 1e-310, inf, nan]
    for (const x of edges) {
      const expected = f(x)
      const y = make().forward(x)
      // x·sigmoid(x) and x/(1 + |x|) have limits at ±∞ that the plain formulas miss.
      if (Number.isNaN(expected) && !Number.isNaN(x)) expect([0, 1, -1]).toContain(Math.sign(y) || 0)
      else expect(close(y, expected, 1e-13), `f(${x}) = ${y}, not ${expected}`).toBe(true)
    }
  })
})
