// Operators that change shapes: the order of axes, their extents, parts and joins.
import type { Gate } from '../../../../gates/gate.js'
import { type AxisSlice, Concat, Slice, Stack } from '../../../../gates/parts.js'
import { BroadcastTo, Flatten, Reshape, Transpose } from '../../../../gates/shapes.js'
import { type Assembly, sizeOfExtents } from '../assembly.js'
import type { NodeView } from '../node.js'
import { axisOf, broadcast, type Constant, type Extent, extentText, type Wire, type WireShape } from '../operands.js'
import { type Handler, nameFor } from './handler.js'

type Data = Wire | Constant

/** Input `i`: a wire or a constant. */
export function dataOf(n: NodeView, i = 0): Data {
  const operand = n.input(i)
  return operand.kind === 'constant' ? operand : n.asWire(operand)
}

/** The shape of an operand, whose number of axes must be known. */
export function knownShape(n: NodeView, x: Data): readonly Extent[] {
  const shape: WireShape = x.kind === 'constant' ? x.value.shape : x.shape
  return shape ?? n.refuse('an input whose number of axes the file tells', 'another')
}

/** Adds a gate of one input. */
export function emitOne(a: Assembly, n: NodeView, gate: Gate, x: Data, shape: WireShape): Data {
  return a.emit(nameFor(n), gate, [x], shape)
}

/** Adds axes of extent 1, which are counted in the output. */
export function unsqueezed(a: Assembly, n: NodeView, x: Data, axes: readonly number[]): Data {
  let value = x
  for (const axis of [...axes].sort((p, q) => p - q)) {
    const shape = [...knownShape(n, value)]
    shape.splice(axis, 0, 1)
    value = emitOne(a, n, new Stack({ axis }), value, shape)
  }
  return value
}

const unsqueeze: Handler = (a, n) => {
  const axes = n.list('axes', 1) ?? n.refuse('axes', 'none')
  const x = dataOf(n)
  const rank = knownShape(n, x).length + axes.length
  return unsqueezed(
    a,
    n,
    x,
    axes.map((axis) => axisOf(axis, rank)),
  )
}

const squeeze: Handler = (a, n) => {
  const x = dataOf(n)
  const shape = knownShape(n, x)
  const given = n.list('axes', 1)?.map((axis) => axisOf(axis, shape.length))
  if (given === undefined && shape.includes(null)) n.refuse('axes where the shape is not known', 'none')
  const gone = new Set(given ?? shape.flatMap((extent, axis) => (extent === 1 ? [axis] : [])))
  for (const axis of gone) {
    if (shape[axis] !== 1 && shape[axis] !== null) n.refuse(`extent 1 of axis ${axis}`, extentText(shape[axis]!))
  }
  const slices = shape.map((_, axis): AxisSlice => (gone.has(axis) ? 0 : null))
  return emitOne(
    a,
    n,
    new Slice(slices),
    x,
    shape.filter((_, axis) => !gone.has(axis)),
  )
}

const flatten: Handler = (a, n) => {
  const x = dataOf(n)
  const shape = knownShape(n, x)
  const given = n.int('axis', 1)
  const axis = given < 0 ? given + shape.length : given
  const [outer, inner] = [sizeOfExtents(shape.slice(0, axis)) ?? null, sizeOfExtents(shape.slice(axis)) ?? null]
  if (axis === 1 && shape.length >= 2) return emitOne(a, n, new Flatten(), x, [outer, inner])
  if (outer === null && inner === null) return n.refuse('extents that are known before or behind the axis', 'others')
  return emitOne(a, n, new Reshape([outer ?? -1, inner ?? -1]), x, [outer, inner])
}

const reshape: Handler = (a, n) => {
  const x = dataOf(n)
  const target = n.has('shape') ? n.ints('shape')! : Array.from(n.constant(1).value.data)
  return reshaped(a, n, x, target, n.int('allowzero', 0) === 1)
}

/** The same elements under another shape: 0 copies an extent, −1 is found from the others, NaN is one that is not known. */
export function reshaped(a: Assembly, n: NodeView, x: Data, target: readonly number[], allowZero = false): Data {
  const from = x.kind === 'constant' ? x.value.shape : x.shape
  const wanted: Extent[] = target.map((extent, axis): Extent => {
    if (extent === 0 && !allowZero) return from?.[axis] ?? null
    return Number.isNaN(extent) ? null : extent
  })
  const open = wanted.indexOf(-1)
  const found = open < 0 ? undefined : openExtent(from, wanted)
  if (found !== undefined) wanted[open] = found
  const unknown = wanted.filter((extent) => extent === null || extent === -1).length
  if (unknown > 1) {
    // [rows, −1] of whatever shape keeps the first axis.
    if (target.length === 2 && target[1] === -1 && wanted[0] === null) {
      return emitOne(a, n, new Flatten(), x, [null, sizeOfExtents(from?.slice(1) ?? [null]) ?? null])
    }
    n.refuse('a shape of which one extent at most is not known', `[${target.join(', ')}]`)
  }
  const shape = wanted.map((extent) => (extent === -1 ? null : extent))
  return emitOne(a, n, new Reshape(wanted.map((extent) => extent ?? -1)), x, shape)
}

// An extent that is found from the others, where those that are not known are the same before and behind.
function openExtent(from: WireShape, wanted: readonly Extent[]): number | undefined {
  if (from === undefined) return undefined
  const unknown = (extents: readonly Extent[]) => extents.filter((extent) => extent === null).length
  if (unknown(from) !== unknown(wanted)) return undefined
  const known = (extents: readonly Extent[]) =>
    sizeOfExtents(extents.filter((extent) => extent !== null && extent !== -1))!
  const quotient = known(from) / known(wanted)
  return Number.isInteger(quotient) ? quotient : undefined
}

const transpose: Handler = (a, n) => {
  const x = dataOf(n)
  const shape = x.kind === 'constant' ? x.value.shape : x.shape
  const perm = n.ints('perm')
  const order = perm ?? shape?.map((_, i) => shape.length - 1 - i)
  return emitOne(a, n, new Transpose(perm), x, shape && order?.map((axis) => shape[axisOf(axis, shape.length)]!))
}

const concat: Handler = (a, n) => {
  if (n.count === 0) n.refuse('inputs', 'none')
  const parts = Array.from({ length: n.count }, (_, i) => dataOf(n, i))
  const shapes = parts.map((part) => knownShape(n, part))
  const rank = shapes[0]!.length
  const axis = axisOf(n.int('axis', 1), rank)
  if (shapes.some((shape) => shape.length !== rank)) n.refuse(`inputs of ${rank} axes`, 'others')
  const shape = shapes[0]!.map((_, i): Extent => {
    const extents: Extent[] = shapes.map((each) => each[i]!)
    if (i !== axis) return extents.find((extent) => extent !== null) ?? null
    return extents.includes(null) ? null : (extents as number[]).reduce((sum, extent) => sum + extent, 0)
  })
  if (parts.length === 1) return parts[0]!
  return a.emit(nameFor(n), new Concat({ axis }), parts, shape)
}

// Larger numbers stand for the end of an axis, whatever its extent.
function bounded(value: number): number {
  return Math.max(-(2 ** 40), Math.min(2 ** 40, value))
}

const slice: Handler = (a, n) => {
  const x = dataOf(n)
  const shape = knownShape(n, x)
  const starts = n.list('starts', 1) ?? n.refuse('starts', 'none')
  const ends = n.list('ends', 2) ?? n.refuse('ends', 'none')
  const axes = n.list('axes', 3) ?? starts.map((_, i) => i)
  const steps = n.list('steps', 4) ?? starts.map(() => 1)
  if ([ends, axes, steps].some((list) => list.length !== starts.length))
    n.refuse('as many ends, axes and steps as starts', 'others')
  const slices: AxisSlice[] = shape.map(() => null)
  for (const [i, given] of axes.entries()) {
    const [start, stop, step] = [starts[i]!, ends[i]!, steps[i]!].map(bounded) as [number, number, number]
    if (step === 0) n.refuse('steps other than 0', '0')
    slices[axisOf(given, shape.length)] = { start, stop, step }
  }
  return emitOne(
    a,
    n,
    new Slice(slices),
    x,
    slices.map((each, axis) => extentAfter(each, shape[axis]!)),
  )
}

function extentAfter(slice: AxisSlice, extent: Extent): Extent {
  if (slice === null || typeof slice === 'number' || extent === null) return slice === null ? extent : null
  const { start = 0, stop = extent, step = 1 } = slice
  const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1]
  const cut = (bound: number) => Math.min(Math.max(bound < 0 ? bound + extent : bound, low), high)
  return Math.max(0, Math.ceil((cut(stop) - cut(start)) / step))
}

const split: Handler = (a, n) => {
  const x = dataOf(n)
  const shape = knownShape(n, x)
  const axis = axisOf(n.int('axis', 0), shape.length)
  const parts = n.proto.output.length
  const extent = shape[axis] ?? null
  const sizes =
    n.list('split', 1) ?? (extent === null ? n.refuse('an extent that is known', 'another') : equalParts(extent, parts))
  if (sizes.length !== parts) n.refuse(`${parts} sizes`, String(sizes.length))
  let start = 0
  return sizes.map((size) => {
    const slices = shape.map((_, i): AxisSlice => (i === axis ? { start, stop: start + size } : null))
    start += size
    return emitOne(
      a,
      n,
      new Slice(slices),
      x,
      shape.map((each, i) => (i === axis ? size : each)),
    )
  })
}

function equalParts(extent: number, parts: number): number[] {
  const size = Math.ceil(extent / parts)
  return Array.from({ length: parts }, (_, i) => Math.max(0, Math.min(size, extent - i * size)))
}

const expand: Handler = (a, n) => {
  const x = dataOf(n)
  const target = Array.from(n.constant(1).value.data, (extent): Extent => (Number.isNaN(extent) ? null : extent))
  const from = knownShape(n, x)
  const shape = broadcast(from, target)!
  if (shape.length === from.length && shape.every((extent, axis) => extent === from[axis])) return x
  if (shape.includes(null)) n.refuse('a shape that is known', shape.map(extentText).join(', '))
  return emitOne(a, n, new BroadcastTo(shape as number[], { dtype: a.dtype }), x, shape)
}

/** By name of the operator. */
export const shapeHandlers: Readonly<Record<string, Handler>> = {
  Flatten: flatten,
  Reshape: reshape,
  Transpose: transpose,
  Concat: concat,
  Slice: slice,
  Split: split,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: expand,
}
