// Derivatives, in graph operations, of the gates of two inputs, of matrix products, shapes, reductions and softmax.
import { Add, Divide, Maximum, Minimum, Multiply, Subtract } from '../../gates/binary.js'
import type { Value } from '../../gates/gate.js'
import { MatMul, Reshape, Transpose } from '../../gates/matmul.js'
import { zipWith } from '../../gates/ops.js'
import { Mean, SquaredNorm, Sum } from '../../gates/reductions.js'
import { LogSoftmax, Softmax } from '../../gates/softmax.js'
import { checkAxis } from '../../tensor/shape.js'
import { Tensor } from '../../tensor/tensor.js'
import type { Variable } from '../variable.js'
import { type Entry, entry } from './rule.js'
import { Spread, spreadToForm, sumToForm } from './spread.js'

function tensorOf(x: Variable): Tensor {
  return x.value as Tensor
}

// The part of dz that `x` receives where it is on the side of y that `wins`; equals receive half each.
function share(dz: Variable, x: Variable, y: Variable, wins: (x: number, y: number) => boolean): Variable {
  const part = zipWith('share', x.value, y.value, (a, b) => (wins(a, b) ? 1 : a === b ? 0.5 : 0))
  return sumToForm(dz.apply(new Multiply(), part), x)
}

const larger = (a: number, b: number) => a > b
const smaller = (a: number, b: number) => a < b

// The same elements as a matrix; a number counts as [1, 1].
function asMatrix(x: Variable, rows: number, columns: number, dtype: Tensor): Variable {
  if (typeof x.value === 'number') return x.apply(new Spread(new Tensor(dtype.data.slice(0, 1), [1, 1])))
  return x.value.rank === 2 ? x : x.reshape(rows, columns)
}

// The gradient of a reduction, with the axes that were summed as extents 1.
function kept(dy: Variable, x: Variable, axis: number | undefined): Variable {
  if (axis === undefined || typeof x.value === 'number') return dy
  const summed = checkAxis('reduction', axis, x.value.rank)
  return dy.reshape(...x.value.shape.map((n, i) => (i === summed ? 1 : n)))
}

function elementsOf(x: Value): number {
  return typeof x === 'number' ? 1 : x.data.length
}

// Σ over the last axis, kept as an extent 1
function rowSum(x: Variable): Variable {
  return x.sum({ axis: -1 }).reshape(...tensorOf(x).shape.slice(0, -1), 1)
}

export const algebraRules: readonly Entry[] = [
  entry(Add, (dz, [x, y]) => [() => sumToForm(dz, x!), () => sumToForm(dz, y!)]),
  entry(Subtract, (dz, [x, y]) => [() => sumToForm(dz, x!), () => sumToForm(dz.neg(), y!)]),
  entry(Multiply, (dz, [x, y]) => [() => sumToForm(y!.mul(dz), x!), () => sumToForm(x!.mul(dz), y!)]),
  entry(Divide, (dz, [x, y], z) => [() => sumToForm(dz.div(y!), x!), () => sumToForm(dz.div(y!).mul(z).neg(), y!)]),
  entry(Maximum, (dz, [x, y]) => [() => share(dz, x!, y!, larger), () => share(dz, y!, x!, larger)]),
  entry(Minimum, (dz, [x, y]) => [() => share(dz, x!, y!, smaller), () => share(dz, y!, x!, smaller)]),

  // dA = dC·Bᵀ, dB = Aᵀ·dC, vectors as matrices of one row or column
  entry(MatMul, (dc, [a, b]) => {
    const [left, right] = [tensorOf(a!), tensorOf(b!)]
    const k = right.shape[0]!
    const [m, n] = [left.rank === 2 ? left.shape[0]! : 1, right.rank === 2 ? right.shape[1]! : 1]
    const matrix = () => asMatrix(dc, m, n, left)
    return [
      () =>
        matrix()
          .matmul(asMatrix(b!, k, n, right).transpose())
          .reshape(...left.shape),
      () =>
        asMatrix(a!, m, k, left)
          .transpose()
          .matmul(matrix())
          .reshape(...right.shape),
    ]
  }),
  entry(Transpose, (dy) => [() => dy.transpose()]),
  entry(Reshape, (dy, [x]) => [() => dy.reshape(...tensorOf(x!).shape)]),

  entry(Sum, (dy, [x], _y, { axis }) => [() => spreadToForm(kept(dy, x!, axis), x!.value)]),
  entry(Mean, (dy, [x], y, { axis }) => [
    () => spreadToForm(kept(dy.mul(elementsOf(y.value) / elementsOf(x!.value)), x!, axis), x!.value),
  ]),
  entry(SquaredNorm, (dy, [x]) => [() => x!.mul(dy).mul(2)]),

  entry(Softmax, (dy, _, y) => [() => y.mul(dy.sub(rowSum(dy.mul(y))))]),
  entry(LogSoftmax, (dy, _, y) => [() => dy.sub(y.exp().mul(rowSum(dy)))]),
]
