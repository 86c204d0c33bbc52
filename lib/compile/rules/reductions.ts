// Gates along axes of rows: sums, means and extremes, softmax.
import type { Gate } from '../../gates/gate.js'
import { checkAxes, reducedShape, splitAt } from '../../gates/reduce.js'
import { Max, Mean, Min, SquaredNorm, Sum } from '../../gates/reductions.js'
import { LogSoftmax, Softmax } from '../../gates/softmax.js'
import { Affine, SoftmaxCrossEntropy } from '../../graph/fuse/gates.js'
import { sizeOf } from '../../tensor/shape.js'
import type { Lowering } from '../lowering.js'
import { permuted } from './moves.js'
import { NOT_BY_ROWS, rule, type Written } from './table.js'

/** The addon's numbers of its reductions. */
const kinds = new Map<unknown, number>([
  [Sum, 0],
  [Mean, 0],
  [Max, 1],
  [Min, 2],
])

for (const [kind, op] of kinds) {
  rule(kind as typeof Sum, (gate, [x], to) => {
    const axes = axesOf(gate.axis, x!, to)
    if (axes === undefined) return NOT_BY_ROWS
    const shape = to.shapeOf(x!)
    const result = reducedShape(shape, axes, gate.keepDims)
    if (axes.length === 0) return x
    const count = sizeOf(axes.map((axis) => shape[axis]!))
    const spec = { kind: 'reduce', op, extent: count, p0: kind === Mean ? count : 1 } as const
    const split = splitAt(shape, axes)
    if (split) return to.add({ ...spec, inner: split.inner }, [x!], result)
    // With the reduced axes behind the others they are one behind the other.
    const order = [...shape.keys()].sort((a, b) => Number(axes.includes(a)) - Number(axes.includes(b)))
    const moved = permuted(x!, order, to)
    return typeof moved === 'number' ? to.add({ ...spec, inner: 1 }, [moved], result) : moved
  })
}

// Axes of rows, ascending; undefined where the batch is among them.
function axesOf(given: number | readonly number[] | undefined, x: number, to: Lowering): number[] | undefined {
  if (given === undefined) return undefined
  const rank = to.shapeOf(x).length + 1
  try {
    const axes = checkAxes('compile', typeof given === 'number' ? [given] : given, rank)
    return axes[0] === 0 ? undefined : axes.map((axis) => axis - 1)
  } catch {
    return undefined
  }
}

for (const [kind, name] of [
  [Softmax, 'softmax'],
  [LogSoftmax, 'logSoftmax'],
] as const) {
  rule<Softmax | LogSoftmax>(kind, (gate, [x], to): Written => {
    const [axis] = axesOf(gate.axis, x!, to) ?? []
    if (axis === undefined) return NOT_BY_ROWS
    const shape = to.shapeOf(x!)
    const last = shape.length - 1
    if (axis === last) return to.add({ kind: name, extent: shape[last]! }, [x!], shape)
    // Exchanged with the last axis, and back.
    const order = [...shape.keys()]
    order[axis] = last
    order[last] = axis
    const moved = permuted(x!, order, to)
    if (typeof moved !== 'number') return moved
    const y = to.add({ kind: name, extent: shape[axis]! }, [moved], to.shapeOf(moved))
    return y === undefined ? undefined : permuted(y, order, to)
  })
}

// One number of all rows, or a weight made of rows.
for (const kind of [SquaredNorm, SoftmaxCrossEntropy, Affine]) rule<Gate>(kind, () => NOT_BY_ROWS)
