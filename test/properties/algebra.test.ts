// Laws that hold whatever the numbers: of gates, of matrix products and of broadcasting.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BuiltinGate } from '../../lib/gates/gate.js'
import * as chainrule from '../../lib/index.js'
import { apply, jvp, ops, Tensor, tensor, type Value, type Variable, zeros } from '../../lib/index.js'
import { expectClose, numbers, randomTensor } from '../support.js'
import { broadcasts, type GateCase, gateCases, gateNames, gateOf, inputsOf, randomLike } from './gates.js'
import { property } from './holds.js'

const { MatMul, Model } = chainrule

it('every gate without parameters is drawn', () => {
  const gates = Object.entries(chainrule).filter(([, value]) => {
    const isGate = typeof value === 'function' && value.prototype instanceof BuiltinGate
    return isGate && !(value.prototype instanceof chainrule.Layer) && !(value.prototype instanceof Model)
  })
  // A base, a base of networks, and gates that only fuse() makes.
  const others = ['ElementwiseGate', 'Model', 'Layer', 'Affine', 'SoftmaxCrossEntropy']
  expect(gates.map(([name]) => name).filter((name) => !others.includes(name))).toEqual(
    expect.arrayContaining([...gateNames]),
  )
  expect(gateNames).toEqual(expect.arrayContaining(gates.map(([n]) => n).filter((n) => !others.includes(n))))
})

// a·u + b·v
function combined(a: number, u: Value, b: number, v: Value): Value {
  if (typeof u === 'number') return a * u + b * (v as number)
  const other = (v as Tensor).data
  return new Tensor(u.data.map((x, i) => a * x + b * other[i]!) as Float64Array, u.shape)
}

function inner(a: Value, b: Value): number {
  const other = numbers(b)
  return numbers(a).reduce((sum, x, i) => sum + x * other[i]!, 0)
}

const withUpstreams = fc.record({
  of: gateCases,
  a: fc.integer({ min: -3, max: 3 }),
  b: fc.integer({ min: -3, max: 3 }),
})

function pulled(of: GateCase, upstream: (y: Value) => Value): readonly Value[] {
  const gate = gateOf(of)
  return gate.backward(upstream(gate.forward(...inputsOf(of))))
}

property('backward is linear in the upstream gradient', 100, withUpstreams, ({ of, a, b }) => {
  const [u, v] = [(y: Value) => randomLike(y, of.seed + 7), (y: Value) => randomLike(y, of.seed + 8)]
  const [left, right] = [pulled(of, u), pulled(of, v)]
  const both = pulled(of, (y) => combined(a, u(y), b, v(y)))
  for (const [i, gradient] of both.entries()) {
    expectClose(gradient, numbers(combined(a, left[i]!, b, right[i]!)), 1e-12)
  }
})

property('⟨u, J·v⟩ = ⟨Jᵀ·u, v⟩, J·v by the rules of the second derivative', 60, gateCases, (of) => {
  const inputs = inputsOf(of)
  const tangents = inputs.map((x, i) => randomLike(x, of.seed + 20 + i))
  const f = (...xs: Variable[]) => apply(gateOf(of), ...xs)
  const { value, tangent } = jvp(f, inputs, tangents as Tensor[])
  const u = randomLike(value, of.seed + 30)
  const gradients = pulled(of, () => u)
  const backward = gradients.reduce<number>((sum, g, i) => sum + inner(g, tangents[i]!), 0)
  const size = numbers(tangent).reduce((sum, x) => sum + Math.abs(x), 1)
  expect(Math.abs(inner(u, tangent) - backward)).toBeLessThanOrEqual(1e-11 * size)
})

// Small integers: every sum is exact, in whatever order it is taken.
function integers(shape: number[], seed: number, dtype: 'float32' | 'float64'): Tensor {
  return tensor(randomTensor(shape, seed, -8, 8).data.map(Math.round), { shape, dtype })
}
const side = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 10, max: 70 }))
const products = fc.record({
  m: side,
  k: side,
  n: side,
  seed: fc.nat(1e6),
  dtype: fc.constantFrom('float32' as const, 'float64' as const),
})
const product = (a: Tensor, b: Tensor) => new MatMul().forward(a, b) as Tensor
const transposed = (a: Tensor) => new chainrule.Transpose().forward(a) as Tensor
const sum = (a: Tensor, b: Tensor) => new chainrule.Add().forward(a, b) as Tensor

property(
  'matrix products: by definition, (AB)ᵀ = BᵀAᵀ, A(B + C) = AB + AC, dA = dY·Bᵀ, dB = Aᵀ·dY',
  15,
  products,
  (of) => {
    const { m, k, n, seed, dtype } = of
    const [a, b, c] = [
      integers([m, k], seed, dtype),
      integers([k, n], seed + 1, dtype),
      integers([k, n], seed + 2, dtype),
    ]
    const gate = new MatMul()
    const y = gate.forward(a, b) as Tensor
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let expected = 0
        for (let l = 0; l < k; l++) expected += a.data[i * k + l]! * b.data[l * n + j]!
        if (y.data[i * n + j] !== expected) expect(y.data[i * n + j], `element [${i}, ${j}]`).toBe(expected)
      }
    }
    expect(numbers(transposed(y))).toEqual(numbers(product(transposed(b), transposed(a))))
    expect(numbers(product(a, sum(b, c)))).toEqual(numbers(sum(y, product(a, c))))
    const dy = integers([m, n], seed + 3, dtype)
    const [da, db] = gate.backward(dy) as [Tensor, Tensor]
    expect(numbers(da)).toEqual(numbers(product(dy, transposed(b))))
    expect(numbers(db)).toEqual(numbers(product(transposed(a), dy)))
  },
)

type Binary = 'Add' | 'Subtract' | 'Multiply' | 'Divide' | 'Maximum' | 'Minimum'
// Each with its derivatives by x and y.
type Pair = (x: number, y: number) => number
const binary: Readonly<Record<Binary, readonly [value: Pair, byX: Pair, byY: Pair]>> = {
  Add: [(x, y) => x + y, () => 1, () => 1],
  Subtract: [(x, y) => x - y, () => 1, () => -1],
  Multiply: [(x, y) => x * y, (_, y) => y, (x) => x],
  Divide: [(x, y) => x / y, (_, y) => 1 / y, (x, y) => -x / (y * y)],
  Maximum: [(x, y) => Math.max(x, y), (x, y) => Number(x > y), (x, y) => Number(y > x)],
  Minimum: [(x, y) => Math.min(x, y), (x, y) => Number(x < y), (x, y) => Number(y < x)],
}

// Where an element of the broadcast shape lies in an operand.
function placeIn(operand: readonly number[], shape: readonly number[], flat: number): number {
  let [place, stride] = [0, 1]
  for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
    const n = operand[axis - (shape.length - operand.length)]
    if (n !== undefined && n > 1) place += (rest % shape[axis]!) * stride
    stride *= n ?? 1
    rest = Math.floor(rest / shape[axis]!)
  }
  return place
}

const broadcastCases = fc.record({
  of: broadcasts,
  name: fc.constantFrom(...(Object.keys(binary) as Binary[])),
  seed: fc.nat(1e6),
})

property('broadcasting takes the elements that it should, there and back', 80, broadcastCases, ({ of, name, seed }) => {
  const [a, b] = of.parts.map((shape, i) => randomTensor(shape, seed + i, 0.5, 3)) as [Tensor, Tensor]
  const rank = Math.max(a.rank, b.rank)
  const at = (shape: readonly number[], axis: number) => shape[axis - (rank - shape.length)] ?? 1
  const shape = Array.from({ length: rank }, (_, i) => (at(a.shape, i) === 1 ? at(b.shape, i) : at(a.shape, i)))
  const gate = gateOf({ gate: name, given: [], shapes: [], seed })
  const y = gate.forward(a, b) as Tensor
  expect(y.shape).toEqual(shape)
  const [f, fa, fb] = binary[name]
  const dy = randomTensor(shape, seed + 2)
  const [da, db] = [zeros([...a.shape], 'float64'), zeros([...b.shape], 'float64')]
  for (let i = 0; i < y.size; i++) {
    const [i1, i2] = [placeIn(a.shape, shape, i), placeIn(b.shape, shape, i)]
    const [x1, x2] = [a.data[i1]!, b.data[i2]!]
    if (!Object.is(y.data[i], f(x1, x2))) expect(y.data[i], `element ${i}`).toBe(f(x1, x2))
    da.data[i1]! += fa(x1, x2) * dy.data[i]!
    db.data[i2]! += fb(x1, x2) * dy.data[i]!
  }
  const gradients = gate.backward(dy)
  expectClose(gradients[0], numbers(da), 1e-12)
  expectClose(gradients[1], numbers(db), 1e-12)
})

const rows = fc.record({
  n: fc.integer({ min: 1, max: 40 }),
  shift: fc.integer({ min: -700, max: 700 }),
  seed: fc.nat(1e6),
})
property('softmax: positive, of sum 1, and the same for shifted scores', 30, rows, ({ n, shift, seed }) => {
  const x = randomTensor([2, n], seed, -5, 5)
  const y = ops.softmax(x).value as Tensor
  expectClose(ops.sum(y, { axis: 1 }).value, [1, 1], 1e-14)
  expectClose(ops.softmax(ops.add(x, shift)).value, numbers(y), 1e-12)
  expectClose(ops.exp(ops.logSoftmax(x)).value, numbers(y), 1e-14)
  expect(numbers(y).every((p) => p > 0)).toBe(true)
})
