// Moves elements between layouts: copies by strides, repeats along broadcast axes, reorders axes. No arithmetic.
import { native } from '../native/load.js'
import { allocate, type FloatArray, type FloatDType, type TensorData } from '../tensor/dtype.js'
import { broadcastStrides, type Shape, sameShape, sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'

/** Where the element at an index lies: offset + Σ index·stride. Strides may be 0 or negative. */
export interface Layout {
  readonly offset: number
  readonly strides: readonly number[]
}

// Runs from here on are copied by TypedArray.set, whose call costs more than short loops.
const LONG_RUN = 32
// Up to here a loop in TypeScript takes less time than calling the addon.
const SMALL = 64
// What the addon's expand takes.
const MOST_AXES = 16

/** to[layout] = from[layout] for every index of `shape` (=). */
export function copyStrided(shape: Shape, from: TensorData, source: Layout, to: TensorData, target: Layout): void {
  if (sizeOf(shape) === 0) return
  const { extents, a, b } = merged(shape, source.strides, target.strides)
  const last = extents.length - 1
  const run = extents[last]!
  const [sa, sb] = [a[last]!, b[last]!]
  const walk = (axis: number, i: number, j: number): void => {
    if (axis < last) {
      for (let e = 0; e < extents[axis]!; e++) walk(axis + 1, i + e * a[axis]!, j + e * b[axis]!)
    } else if (sa === 1 && sb === 1 && run >= LONG_RUN) {
      to.set(from.subarray(i, i + run), j)
    } else {
      for (let e = 0; e < run; e++) to[j + e * sb] = from[i + e * sa]!
    }
  }
  walk(0, source.offset, target.offset)
}

/** Leaves out axes of extent 1 and joins neighbours that both layouts run through in one stride. */
function merged(shape: Shape, a: readonly number[], b: readonly number[]) {
  const out = { extents: [] as number[], a: [] as number[], b: [] as number[] }
  for (let axis = 0; axis < shape.length; axis++) {
    const extent = shape[axis]!
    if (extent === 1) continue
    const top = out.extents.length - 1
    if (top >= 0 && out.a[top] === a[axis]! * extent && out.b[top] === b[axis]! * extent) {
      out.extents[top]! *= extent
      out.a[top] = a[axis]!
      out.b[top] = b[axis]!
    } else {
      out.extents.push(extent)
      out.a.push(a[axis]!)
      out.b.push(b[axis]!)
    }
  }
  if (out.extents.length === 0) return { extents: [1], a: [1], b: [1] }
  return out
}

/** The layout of a dense row-major tensor. */
export function dense(shape: Shape): Layout {
  return { offset: 0, strides: broadcastStrides(shape, shape) }
}

/** The tensor repeated along its broadcast axes; the same tensor if it has the shape already. */
export function expand(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x
  const out = allocate(x.dtype as FloatDType, sizeOf(shape))
  const data = x.data as FloatArray
  if (data.length === 1) out.fill(data[0]!)
  else if (out.length > 0 && (out.length > SMALL || !repeatOneAxis(x.shape, shape, data, out))) {
    gather(data, shape, broadcastStrides(x.shape, shape), out)
  }
  return new Tensor(out, shape)
}

/** out[outer, repeat, inner] = x[outer, inner], if the axes to repeat are one behind the other; else false. */
function repeatOneAxis(from: Shape, to: Shape, x: FloatArray, out: FloatArray): boolean {
  const lead = to.length - from.length
  let [outer, repeat, inner] = [1, 1, 1]
  for (let axis = 0; axis < to.length; axis++) {
    const extent = to[axis]!
    if (extent === 1) continue
    if (axis < lead || from[axis - lead] !== extent) {
      if (inner > 1) return false
      repeat *= extent
    } else if (repeat === 1) outer *= extent
    else inner *= extent
  }
  for (let o = 0, at = 0; o < outer; o++) {
    for (let r = 0; r < repeat; r++) for (let i = 0; i < inner; i++) out[at++] = x[o * inner + i]!
  }
  return true
}

/** The tensor with its axes in another order: axis i of the result is axis order[i] of x. */
export function permute(x: Tensor, order: readonly number[]): Tensor {
  const { strides } = dense(x.shape)
  const shape = Object.freeze(order.map((axis) => x.shape[axis]!))
  const out = allocate(x.dtype as FloatDType, x.data.length)
  gather(
    x.data as FloatArray,
    shape,
    order.map((axis) => strides[axis]!),
    out,
  )
  return new Tensor(out, shape)
}

/** The order that undoes `order`. */
export function inverse(order: readonly number[]): number[] {
  const back: number[] = []
  for (const [i, axis] of order.entries()) back[axis] = i
  return back
}

/** out[i] = x[Σ index·stride], row-major over `shape`; no stride is negative. */
function gather(x: FloatArray, shape: Shape, strides: readonly number[], out: FloatArray): void {
  if (out.length <= SMALL) {
    copyStrided(shape, x, { offset: 0, strides }, out, dense(shape))
    return
  }
  const { extents, a } = merged(shape, strides, dense(shape).strides)
  const [rows, cols] = [extents[extents.length - 1]!, extents[extents.length - 2]!]
  const matrices = out.length / (rows * cols)
  // [..., cols, rows] read with strides [..., 1, cols]: matrices [rows, cols], transposed one by one.
  const flips = a[a.length - 1] === cols && a[a.length - 2] === 1 && x.length === out.length
  if (flips && (matrices === 1 || (extents.length === 3 && a[0] === rows * cols && rows * cols > SMALL))) {
    for (let m = 0; m < matrices; m++) {
      const [from, to] = [m * rows * cols, (m + 1) * rows * cols]
      native().transpose(rows, cols, x.subarray(from, to), out.subarray(from, to))
    }
  } else if (extents.length <= MOST_AXES) native().expand(x, Int32Array.from(extents), Int32Array.from(a), out)
  else copyStrided(shape, x, { offset: 0, strides }, out, dense(shape))
}
