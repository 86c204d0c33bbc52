// Products of matrices: of two values, whose rows hold stacks of them, and of a value and bound numbers.
import { MatMul } from '../../gates/matmul.js'
import type { Bind } from '../../nn/bind.js'
import type { Shape } from '../../tensor/shape.js'
import type { Lowering } from '../lowering.js'
import { boundShape, commonShape, placeOf } from './bound.js'
import { expanded } from './moves.js'
import { NOT_BY_ROWS, rule, type Written } from './table.js'

rule(MatMul, (_, x, to) => (x.length === 2 ? product(x[0]!, x[1]!, to) : undefined))

// [..., m, k]·[..., k, n]: the batch is an axis of the stack in both, and the same one.
function product(a: number, b: number, to: Lowering): Written {
  const [left, right] = [to.shapeOf(a), to.shapeOf(b)]
  if (left.length < 2 || left.length !== right.length) return NOT_BY_ROWS
  const [m, k] = left.slice(-2) as [number, number]
  const [inner, n] = right.slice(-2) as [number, number]
  const stack = commonShape(left.slice(0, -2), right.slice(0, -2))
  if (stack === undefined || k !== inner) return undefined
  const [x, y] = [expanded(a, [...stack, m, k], to), expanded(b, [...stack, k, n], to)]
  if (x === undefined || y === undefined) return undefined
  return to.add({ kind: 'matmul', extent: k, inner: n }, [x, y], [...stack, m, n])
}

/** x·c or c·x: one matrix or vector for all rows; a stack of matrices is repeated for each. */
export function boundProduct(bind: Bind, x: number, to: Lowering): Written {
  const { position } = bind
  const { shape: own } = bind.value
  const shape = to.shapeOf(x)
  if (own.length <= 2) return position === 1 ? byRight(bind, own, x, to) : byLeft(bind, own, x, to)
  const stack = boundShape(bind, shape.length)
  if (stack === undefined || shape.length < 2) return NOT_BY_ROWS
  const c = to.add({ kind: 'constant', ...placeOf(bind, to) }, [], stack)
  if (c === undefined) return undefined
  const full = to.reshaped(c, [...new Array<number>(shape.length - stack.length).fill(1), ...stack])
  return position === 1 ? product(x, full, to) : product(full, x, to)
}

// [..., k]·[k, n] or [k]
function byRight(bind: Bind, own: Shape, x: number, to: Lowering): Written {
  const shape = to.shapeOf(x)
  if (shape.length === 0) return NOT_BY_ROWS
  const [k, n = 1] = own
  if (k === undefined || shape.at(-1) !== k) return undefined
  const op = { kind: 'matmul', extent: k, inner: n, column: 1, ...placeOf(bind, to) } as const
  return to.add(op, [x], [...shape.slice(0, -1), ...own.slice(1)])
}

// [m, k] or [k]·[..., k, n]
function byLeft(bind: Bind, own: Shape, x: number, to: Lowering): Written {
  const shape = to.shapeOf(x)
  if (shape.length < 2) return NOT_BY_ROWS
  const [k, n] = shape.slice(-2) as [number, number]
  if (own.at(-1) !== k) return undefined
  const op = { kind: 'matmul', extent: k, inner: n, column: 0, ...placeOf(bind, to) } as const
  return to.add(op, [x], [...shape.slice(0, -2), ...own.slice(0, -1), n])
}
