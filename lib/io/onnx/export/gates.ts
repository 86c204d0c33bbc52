// How gates of arithmetic, axes and shapes are written in ONNX.
import { Add, Divide, Maximum, Minimum, Multiply, Pow, Subtract } from '../../../gates/binary.js'
import type { Gate } from '../../../gates/gate.js'
import { MatMul } from '../../../gates/matmul.js'
import { Concat, type Range, Slice, Stack } from '../../../gates/parts.js'
import { type AxisOptions, Max, Mean, Min, SquaredNorm, Sum } from '../../../gates/reductions.js'
import { Gather, Where } from '../../../gates/select.js'
import { BroadcastTo, Flatten, Reshape, Transpose } from '../../../gates/shapes.js'
import { LogSoftmax, Softmax } from '../../../gates/softmax.js'
import { type Attribute, type Extent, int, ints, rankOf, shapeOf, type Wire, type Writer } from './writer.js'

/** Writes a gate that reads some wires; returns the name of its output. `result` has the output's shape. */
export type WriteGate = (w: Writer, inputs: readonly Wire[], gate: Gate, result: Wire) => string

// 64-bit bounds of slices: what stands for "to the end".
const LAST = 2n ** 63n - 1n
const FIRST = -(2n ** 63n)

/** Operators of two inputs, by class of their gate. */
export const pairs = new Map<unknown, string>([
  [Add, 'Add'],
  [Subtract, 'Sub'],
  [Multiply, 'Mul'],
  [Divide, 'Div'],
  [Maximum, 'Max'],
  [Minimum, 'Min'],
  [Pow, 'Pow'],
  [MatMul, 'MatMul'],
])

const pair: WriteGate = (w, inputs, gate) => {
  const opType = pairs.get(gate.constructor)!
  return w.node(
    opType,
    inputs.map(({ name }) => name),
  )
}

const softmax: WriteGate = (w, [x], gate) => {
  const { axis } = gate as Softmax
  return w.node(gate instanceof Softmax ? 'Softmax' : 'LogSoftmax', [x!.name], { axis: int(axis) })
}

// The axes are an input of sums since version 13, of the others since 18.
function reduction(opType: string, axesSince: number): WriteGate {
  return (w, [x], gate) => {
    const { axis, keepDims = false } = gate as AxisOptions
    const keepdims = int(keepDims ? 1 : 0)
    if (rankOf(x!) === 0) return w.node('Identity', [x!.name])
    if (axis === undefined) return w.node(opType, [x!.name], { keepdims })
    const axes = (typeof axis === 'number' ? [axis] : axis).map((each) => (each < 0 ? each + rankOf(x!) : each))
    if (axes.length === 0) return w.node('Identity', [x!.name])
    if (w.opset < axesSince) return w.node(opType, [x!.name], { axes: ints(axes), keepdims })
    return w.node(opType, [x!.name, w.integers('axes', axes)], { keepdims })
  }
}

const squaredNorm: WriteGate = (w, inputs, gate, result) => {
  const [{ name }] = inputs as [Wire]
  const squares = { ...inputs[0]!, name: w.node('Mul', [name, name]) }
  return reduction('ReduceSum', 13)(w, [squares], gate, result)
}

const transpose: WriteGate = (w, [x], gate) => {
  const { axes } = gate as Transpose
  const perm = axes?.map((axis) => (axis < 0 ? axis + rankOf(x!) : axis))
  return w.node('Transpose', [x!.name], perm ? { perm: ints(perm) } : {})
}

/** The same elements under a shape of which at most one extent is open. */
export function reshape(w: Writer, x: string, shape: readonly Extent[]): string {
  if (shape.filter((extent) => extent === null).length > 1)
    w.refuse('a shape of several extents that depend on the rows')
  const target = shape.map((extent) => extent ?? -1)
  const zero = target.includes(0)
  if (zero && w.opset < 14) w.refuse('a shape with an extent of 0')
  return w.node('Reshape', [x, w.integers('shape', target)], zero ? { allowzero: int(1) } : {})
}

const toShape: WriteGate = (w, [x], _gate, result) => reshape(w, x!.name, shapeOf(result))

const flatten: WriteGate = (w, [x], gate, result) => {
  const { startAxis, endAxis } = gate as Flatten
  const rank = rankOf(x!)
  const [start, end] = [startAxis, endAxis].map((axis) => (axis < 0 ? axis + rank : axis))
  if (start === 1 && end === rank - 1) return w.node('Flatten', [x!.name], { axis: int(1) })
  return reshape(w, x!.name, shapeOf(result))
}

const broadcast: WriteGate = (w, [x], gate) =>
  w.node('Expand', [x!.name, w.integers('shape', (gate as BroadcastTo).shape)])

const slice: WriteGate = (w, [x], gate) => {
  const { slices } = gate as Slice
  const taken = slices.flatMap((each, axis) => (each === null ? [] : [{ axis, ...rangeOf(each) }]))
  if (taken.length === 0) return w.node('Identity', [x!.name])
  const list = (hint: string, value: (each: (typeof taken)[0]) => number | bigint) => w.integers(hint, taken.map(value))
  const operands = [
    list('starts', ({ start }) => start),
    list('ends', ({ stop }) => stop),
    list('axes', ({ axis }) => axis),
    list('steps', ({ step }) => step),
  ]
  const part = w.node('Slice', [x!.name, ...operands])
  const gone = slices.flatMap((each, axis) => (typeof each === 'number' ? [axis] : []))
  return gone.length === 0 ? part : squeeze(w, part, gone)
}

function rangeOf(slice: number | Range): { start: number | bigint; stop: number | bigint; step: number } {
  if (typeof slice === 'number') return { start: slice, stop: slice === -1 ? LAST : slice + 1, step: 1 }
  const { start, stop, step = 1 } = slice
  return step > 0
    ? { start: start ?? 0, stop: stop ?? LAST, step }
    : { start: start ?? LAST, stop: stop ?? FIRST, step }
}

/** Removes axes of extent 1. */
export function squeeze(w: Writer, x: string, axes: readonly number[]): string {
  return w.node('Squeeze', [x, w.integers('axes', axes)])
}

/** Adds axes of extent 1. */
export function unsqueeze(w: Writer, x: string, axes: readonly number[]): string {
  return w.node('Unsqueeze', [x, w.integers('axes', axes)])
}

const gather: WriteGate = (w, [x], gate) => {
  const { indices, axis } = gate as Gather
  const positions = w.integers('indices', Array.from(indices.data), indices.shape)
  return w.node('Gather', [x!.name, positions], { axis: int(axis) })
}

const where: WriteGate = (w, [x, y], gate) =>
  w.node('Where', [w.truths('condition', (gate as Where).condition), x!.name, y!.name])

function joined(w: Writer, inputs: readonly string[], axis: number): string {
  const attributes: Record<string, Attribute> = { axis: int(axis) }
  return w.node('Concat', inputs, attributes)
}

const concat: WriteGate = (w, inputs, gate) =>
  joined(
    w,
    inputs.map(({ name }) => name),
    (gate as Concat).axis,
  )

const stack: WriteGate = (w, inputs, gate, result) => {
  const { axis } = gate as Stack
  const place = axis < 0 ? axis + rankOf(result) : axis
  return joined(
    w,
    inputs.map(({ name }) => unsqueeze(w, name, [place])),
    place,
  )
}

/** All gates but the elementwise ones of one input, by class. */
export const gates = new Map<unknown, WriteGate>([
  ...[...pairs.keys()].map((type): [unknown, WriteGate] => [type, pair]),
  [Softmax, softmax],
  [LogSoftmax, softmax],
  [Sum, reduction('ReduceSum', 13)],
  [Mean, reduction('ReduceMean', 18)],
  [Max, reduction('ReduceMax', 18)],
  [Min, reduction('ReduceMin', 18)],
  [SquaredNorm, squaredNorm],
  [Transpose, transpose],
  [Reshape, toShape],
  [Flatten, flatten],
  [BroadcastTo, broadcast],
  [Slice, slice],
  [Gather, gather],
  [Where, where],
  [Concat, concat],
  [Stack, stack],
])
