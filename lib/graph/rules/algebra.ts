// Derivatives, in graph operations, of the gates of two inputs and of matrix products.
import { Add, Divide, Maximum, Minimum, Multiply, Pow, Subtract } from '../../gates/binary.js'
import type { Named } from '../../gates/contract.js'
import { MatMul } from '../../gates/matmul.js'
import { zipWith } from '../../gates/ops.js'
import { Where } from '../../gates/select.js'
import { allocate, type FloatDType } from '../../tensor/dtype.js'
import { broadcastShape, type Shape } from '../../tensor/shape.js'
import { Tensor } from '../../tensor/tensor.js'
import type { Variable } from '../variable.js'
import { map } from './elementwise.js'
import { type Entry, entry } from './rule.js'
import { Spread, sumToForm } from './spread.js'

const caller: Named = { name: 'createGraph' }

// The part of dz that x receives if it wins over y: all of it, half where they are equal, all beside a NaN.
function share(dz: Variable, x: Variable, y: Variable, sign: 1 | -1): Variable {
  const part = zipWith(caller, x.value, y.value, (a, b) => (sign * a < sign * b ? 0 : a === b ? 0.5 : 1))
  return sumToForm(dz.apply(new Multiply(), part), x)
}

// x^y by x, y·x^(y − 1); 0 where y = 0, whatever x
function byBase(dz: Variable, x: Variable, y: Variable): Variable {
  const exponent = y.sub(1).apply(new Where(map(y.value, (v) => (v === 0 ? 0 : 1))), 0)
  return sumToForm(dz.mul(y).mul(x.pow(exponent)), x)
}

// x^y by y, x^y·log x; 0 where x = 0 (and y > 0)
function byExponent(dz: Variable, x: Variable, y: Variable, z: Variable): Variable {
  const base = x.apply(new Where(map(x.value, (v) => (v === 0 ? 0 : 1))), 1)
  return sumToForm(dz.mul(z).mul(base.log()), y)
}

function shapeOf(x: Variable): Shape {
  return (x.value as Tensor).shape
}

// The operand as a matrix or a stack of matrices: a vector becomes a row, or a column.
function stack(x: Variable, asRow: boolean): Variable {
  const shape = shapeOf(x)
  return shape.length > 1 ? x : x.reshape(...(asRow ? [1, shape[0]!] : [shape[0]!, 1]))
}

function swapped(x: Variable): Variable {
  const rank = shapeOf(x).length
  const order = Array.from({ length: rank }, (_, i) => i)
  return x.transpose([...order.slice(0, -2), rank - 1, rank - 2])
}

// dC with the axes back that vectors lacked.
function upstreamOf(dc: Variable, a: Variable, b: Variable): Variable {
  const [left, right] = [shapeOf(stack(a, true)), shapeOf(stack(b, false))]
  if (typeof dc.value === 'number') {
    const { dtype } = a.value as Tensor
    return dc.apply(new Spread(new Tensor(allocate(dtype as FloatDType, 1), [1, 1])))
  }
  const batch = broadcastShape('MatMul', left.slice(0, -2), right.slice(0, -2))
  return dc.reshape(...batch, left.at(-2)!, right.at(-1)!)
}

export const algebraRules: readonly Entry[] = [
  entry(Add, (dz, [x, y]) => [() => sumToForm(dz, x!), () => sumToForm(dz, y!)]),
  entry(Subtract, (dz, [x, y]) => [() => sumToForm(dz, x!), () => sumToForm(dz.neg(), y!)]),
  entry(Multiply, (dz, [x, y]) => [() => sumToForm(y!.mul(dz), x!), () => sumToForm(x!.mul(dz), y!)]),
  entry(Divide, (dz, [x, y], z) => [() => sumToForm(dz.div(y!), x!), () => sumToForm(dz.div(y!).mul(z).neg(), y!)]),
  entry(Maximum, (dz, [x, y]) => [() => share(dz, x!, y!, 1), () => share(dz, y!, x!, 1)]),
  entry(Minimum, (dz, [x, y]) => [() => share(dz, x!, y!, -1), () => share(dz, y!, x!, -1)]),
  entry(Pow, (dz, [x, y], z) => [() => byBase(dz, x!, y!), () => byExponent(dz, x!, y!, z)]),
  // dA = dC·Bᵀ, dB = Aᵀ·dC, summed over broadcast stacks
  entry(MatMul, (dc, [a, b]) => {
    const pull = (x: Variable, asRow: boolean, product: (dc: Variable) => Variable): Variable => {
      const gradient = sumToForm(product(upstreamOf(dc, a!, b!)), stack(x, asRow))
      return shapeOf(x).length > 1 ? gradient : gradient.reshape(...shapeOf(x))
    }
    return [
      () => pull(a!, true, (d) => d.matmul(swapped(stack(b!, false)))),
      () => pull(b!, false, (d) => swapped(stack(a!, true)).matmul(d)),
    ]
  }),
]
