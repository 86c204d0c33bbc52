// Operators that make fewer numbers of many, and softmax.
import { Abs, Exp, Log, Sqrt, Square } from '../../../../gates/arithmetic.js'
import { Add, Multiply, Subtract } from '../../../../gates/binary.js'
import type { Gate } from '../../../../gates/gate.js'
import { type AxisSlice, Slice } from '../../../../gates/parts.js'
import { type AxisOptions, Max, Mean, Min, Sum } from '../../../../gates/reductions.js'
import { Flatten, Reshape } from '../../../../gates/shapes.js'
import { LogSoftmax, Softmax, type SoftmaxOptions } from '../../../../gates/softmax.js'
import type { Assembly } from '../assembly.js'
import type { NodeView } from '../node.js'
import { axisOf, type Constant, type Extent, type Wire } from '../operands.js'
import { type Handler, nameFor } from './handler.js'
import { dataOf, emitOne, knownShape } from './shapes.js'

// Of one axis of a product: each is a gate.
const MOST_FACTORS = 1024

type Data = Wire | Constant
type Reduction = new (options: AxisOptions) => Gate

interface Axes {
  readonly axis: number[] | undefined
  readonly keepDims: boolean
}

/** Which axes a node reduces; undefined if it reduces none and passes its input on. */
function axesOf(n: NodeView, rank: number): Axes | undefined {
  const keepDims = n.int('keepdims', 1) === 1
  const axis = n.list('axes', 1)?.map((each) => axisOf(each, rank))
  if (axis !== undefined && axis.length > 0) return { axis, keepDims }
  return n.int('noop_with_empty_axes', 0) === 1 ? undefined : { axis: undefined, keepDims }
}

function reduce(a: Assembly, n: NodeView, type: Reduction, x: Data, { axis, keepDims }: Axes): Data {
  const shape = knownShape(n, x)
  const gone = new Set(axis ?? shape.keys())
  const result = keepDims
    ? shape.map((extent, i): Extent => (gone.has(i) ? 1 : extent))
    : shape.filter((_, i) => !gone.has(i))
  return emitOne(a, n, new type({ ...(axis && { axis }), keepDims }), x, result)
}

function each(a: Assembly, n: NodeView, gate: Gate, x: Data): Data {
  return emitOne(a, n, gate, x, knownShape(n, x))
}

/** A reduction between an elementwise gate before and one behind it. */
function reduction(type: Reduction, before?: new () => Gate, behind?: new () => Gate): Handler {
  return (a, n) => {
    const x = dataOf(n)
    const axes = axesOf(n, knownShape(n, x).length)
    const made = before ? each(a, n, new before(), x) : x
    const reduced = axes ? reduce(a, n, type, made, axes) : made
    return behind ? each(a, n, new behind(), reduced) : reduced
  }
}

// m + log Σe^(x − m), m the largest: no element overflows.
const logSumExp: Handler = (a, n) => {
  const x = dataOf(n)
  const shape = knownShape(n, x)
  const axes = axesOf(n, shape.length)
  if (!axes) return x
  const top = reduce(a, n, Max, x, { ...axes, keepDims: true })
  const powers = each(a, n, new Exp(), a.emit(nameFor(n), new Subtract(), [x, top], shape))
  const sum = each(a, n, new Log(), reduce(a, n, Sum, powers, axes))
  const largest = axes.keepDims ? top : reduce(a, n, Max, x, axes)
  return a.emit(nameFor(n), new Add(), [sum, largest], knownShape(n, sum))
}

// Factor after factor: there is no gate for products. Only along axes whose extents are known.
const product: Handler = (a, n) => {
  let value = dataOf(n)
  const shape = knownShape(n, value)
  const axes = axesOf(n, shape.length)
  if (!axes) return value
  for (const axis of [...(axes.axis ?? shape.keys())].sort((p, q) => q - p)) {
    const [before, extent] = [knownShape(n, value), shape[axis]]
    if (!extent || extent > MOST_FACTORS)
      n.refuse(`an axis of 1 to ${MOST_FACTORS} factors`, String(extent ?? 'an unknown number'))
    const after = axes.keepDims ? before.map((each, k) => (k === axis ? 1 : each)) : before.filter((_, k) => k !== axis)
    const factors = Array.from({ length: extent! }, (_, i) => {
      const slices = before.map(
        (_, k): AxisSlice => (k !== axis ? null : axes.keepDims ? { start: i, stop: i + 1 } : i),
      )
      return emitOne(a, n, new Slice(slices), value, after)
    })
    value = factors.reduce((all, each) => a.emit(nameFor(n), new Multiply(), [all, each], after))
  }
  return value
}

/** Softmax: along one axis since version 13; before, all axes from `axis` on counted as one. */
function softmax(type: new (options: SoftmaxOptions) => Gate): Handler {
  return (a, n) => {
    const x = dataOf(n)
    const shape = x.kind === 'constant' ? x.value.shape : x.shape
    const axis = n.int('axis', n.version < 13 ? 1 : -1)
    if (n.version >= 13) return emitOne(a, n, new type({ axis: shape ? axisOf(axis, shape.length) : axis }), x, shape)
    const known = knownShape(n, x)
    const first = axisOf(axis, known.length)
    if (first === known.length - 1) return emitOne(a, n, new type({ axis: -1 }), x, known)
    const inner = known.slice(first)
    if (inner.includes(null) || known.slice(1, first).includes(null))
      n.refuse('extents that are known from the axis on', 'others')
    const joined = emitOne(a, n, new Flatten({ startAxis: first }), x, undefined)
    const made = emitOne(a, n, new type({ axis: -1 }), joined, undefined)
    return emitOne(a, n, new Reshape(known.map((extent) => extent ?? -1)), made, known)
  }
}

/** By name of the operator. */
export const reductionHandlers: Readonly<Record<string, Handler>> = {
  ReduceSum: reduction(Sum),
  ReduceMean: reduction(Mean),
  ReduceMax: reduction(Max),
  ReduceMin: reduction(Min),
  ReduceSumSquare: reduction(Sum, Square),
  ReduceL1: reduction(Sum, Abs),
  ReduceL2: reduction(Sum, Square, Sqrt),
  ReduceLogSum: reduction(Sum, undefined, Log),
  ReduceLogSumExp: logSumExp,
  ReduceProd: product,
  Softmax: softmax(Softmax),
  LogSoftmax: softmax(LogSoftmax),
}
