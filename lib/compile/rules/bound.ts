// Shapes of what broadcasts, and where bound numbers lie.
import type { Bind } from '../../nn/bind.js'
import type { FloatArray } from '../../tensor/dtype.js'
import { broadcastShape, type Shape } from '../../tensor/shape.js'
import type { Lowering } from '../lowering.js'
import { frozen } from './layers.js'

/** The shape that two broadcast to; undefined where they do not. */
export function commonShape(a: Shape, b: Shape): Shape | undefined {
  try {
    return broadcastShape('compile', a, b)
  } catch {
    return undefined
  }
}

/** The shape of bound numbers beside rows of so many axes; undefined where they would not be the same for every row. */
export function boundShape({ value: { shape } }: Bind, rank: number): Shape | undefined {
  if (shape.length <= rank) return shape
  return shape.length === rank + 1 && shape[0] === 1 ? Object.freeze(shape.slice(1)) : undefined
}

/** Where bound numbers lie. */
export function placeOf(bind: Bind, to: Lowering) {
  const [parameter] = bind.parameters()
  const { data } = bind.value
  const place = parameter
    ? { weight: to.offsetOf(parameter), ...frozen(bind) }
    : { buffer: to.buffersOf(data as FloatArray) }
  return { weightLength: data.length, ...place }
}
