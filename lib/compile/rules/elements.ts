// Elementwise gates: of one input, of two that broadcast, and of one and bound numbers.
import { activations } from '../../gates/activations.js'
import * as arithmetic from '../../gates/arithmetic.js'
import { Add, Divide, Maximum, Minimum, Multiply, Pow, Subtract } from '../../gates/binary.js'
import type { ElementwiseGate } from '../../gates/elementwise.js'
import { MatMul } from '../../gates/matmul.js'
import { binaryKinds } from '../../gates/ops.js'
import { Clip } from '../../gates/select.js'
import type { PlanOp } from '../../native/addon.js'
import { Bind } from '../../nn/bind.js'
import { type Shape, sizeOf } from '../../tensor/shape.js'
import type { Lowering } from '../lowering.js'
import { boundShape, commonShape, placeOf } from './bound.js'
import { expanded } from './moves.js'
import { boundProduct } from './products.js'
import { NOT_BY_ROWS, rule, type Written } from './table.js'

for (const kind of Object.values({ ...activations, ...arithmetic, Clip }) as (new () => ElementwiseGate)[]) {
  rule(kind, ({ op, constants }, [x], to) =>
    to.add({ kind: 'unary', op: op.index, p0: constants[0], p1: constants[1] }, [x!], to.shapeOf(x!)),
  )
}

/** Names and numbers of the ops of two operands; x^y comes behind those of the addon. */
const numbers = { ...binaryKinds, power: Object.keys(binaryKinds).length } as const
type PairKind = keyof typeof numbers & PlanOp['kind']

const kinds = new Map<unknown, PairKind>([
  [Add, 'add'],
  [Subtract, 'subtract'],
  [Multiply, 'multiply'],
  [Divide, 'divide'],
  [Maximum, 'maximum'],
  [Minimum, 'minimum'],
  [Pow, 'power'],
])

for (const [gate, kind] of kinds) {
  rule(gate as new () => Add, (_, x, to) => {
    if (x.length !== 2) return undefined
    const [a, b] = x.map((value) => to.shapeOf(value)) as [Shape, Shape]
    // Axes are counted from the last: of other ranks the batch would meet an axis of rows.
    if (a.length !== b.length) return NOT_BY_ROWS
    return joined(kind, x as [number, number], to)
  })
}

function joined(kind: PairKind, [a, b]: readonly [number, number], to: Lowering): number | undefined {
  const shape = commonShape(to.shapeOf(a), to.shapeOf(b))
  if (shape === undefined) return undefined
  const [x, y] = [expanded(a, shape, to), expanded(b, shape, to)]
  return x === undefined || y === undefined ? undefined : to.add({ kind }, [x, y], shape)
}

rule(Bind, (bind, [x], to) => {
  if (bind.dtype !== to.dtype) return undefined
  return bind.gate instanceof MatMul ? boundProduct(bind, x!, to) : boundElements(bind, x!, to)
})

function boundElements(bind: Bind, x: number, to: Lowering): Written {
  const kind = kinds.get(bind.gate.constructor)!
  const own = boundShape(bind, to.shapeOf(x).length)
  if (own === undefined) return NOT_BY_ROWS
  const shape = commonShape(to.shapeOf(x), own)
  const full = shape && expanded(x, shape, to)
  if (shape === undefined || full === undefined) return undefined
  const length = sizeOf(own)
  if (length === 1 || length === sizeOf(shape)) {
    const op = { kind: 'bound', op: numbers[kind], column: bind.position, ...placeOf(bind, to) } as const
    return to.add(op, [full], shape)
  }
  const c = to.add({ kind: 'constant', ...placeOf(bind, to) }, [], own)
  if (c === undefined) return undefined
  return joined(kind, bind.position === 1 ? [full, c] : [c, full], to)
}
