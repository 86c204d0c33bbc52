// A second gate like a first: the built-in gates of graph operators, with the same constants and nothing kept.
import { activations } from '../gates/activations.js'
import * as arithmetic from '../gates/arithmetic.js'
import { Add, Divide, Maximum, Minimum, Multiply, Pow, Subtract } from '../gates/binary.js'
import { ElementwiseGate } from '../gates/elementwise.js'
import type { Gate, Value } from '../gates/gate.js'
import { MatMul } from '../gates/matmul.js'
import { Concat, Slice, Stack } from '../gates/parts.js'
import { type AxisOptions, Max, Mean, Min, SquaredNorm, Sum } from '../gates/reductions.js'
import { Clip, Gather, Where } from '../gates/select.js'
import { BroadcastTo, Flatten, Reshape, Transpose } from '../gates/shapes.js'
import { LogSoftmax, Softmax } from '../gates/softmax.js'
import type { FloatDType } from '../tensor/dtype.js'
import { Affine, SoftmaxCrossEntropy } from './fuse/gates.js'
import type { GateClass } from './rules/rule.js'

interface Along {
  readonly axis: number
}

type Maker = (gate: Gate, output: Value) => Gate

function row<G extends Gate>(type: GateClass<G>, make: (gate: G, output: Value) => Gate): [unknown, Maker] {
  return [type, make as Maker]
}

function reduction({ axis, keepDims }: Required<AxisOptions> | Sum): AxisOptions {
  return axis === undefined ? { keepDims } : { axis, keepDims }
}

const plain = [Add, Subtract, Multiply, Divide, Maximum, Minimum, Pow, MatMul, SquaredNorm] as const

// The library's own elementwise gates; a user's subclass may hold more than its row.
const elementwise = new Set<unknown>([...Object.values(activations), ...Object.values(arithmetic)])

const makers = new Map<unknown, Maker>([
  ...plain.map((type) => row<Gate>(type, () => new type())),
  ...[Sum, Mean, Max, Min].map((type) => row(type as typeof Sum, (gate) => new type(reduction(gate)))),
  ...[Softmax, LogSoftmax].map((type) => row<Gate & Along>(type, ({ axis }) => new type({ axis }))),
  ...[Concat, Stack].map((type) => row<Gate & Along>(type, ({ axis }) => new type({ axis }))),
  row(Transpose, ({ axes }) => new Transpose(axes)),
  row(Reshape, ({ shape }) => new Reshape(shape)),
  row(Flatten, ({ startAxis, endAxis }) => new Flatten({ startAxis, endAxis })),
  row(
    BroadcastTo,
    ({ shape }, y) => new BroadcastTo(shape, typeof y === 'number' ? {} : { dtype: y.dtype as FloatDType }),
  ),
  row(Slice, ({ slices }) => new Slice(slices)),
  row(Gather, ({ indices, axis }) => new Gather(indices, { axis })),
  row(Where, ({ condition }) => new Where(condition)),
  row(Affine, ({ activation, transposed }) => new Affine(activation ? { activation, transposed } : { transposed })),
  row(SoftmaxCrossEntropy, ({ scale }) => new SoftmaxCrossEntropy({ scale })),
  row(Clip, ({ min, max }) => new Clip({ min, max })),
])

/**
 * A fresh gate of the same class and constants.
 * @param output - what the gate made
 * @returns undefined for layers, users' gates and other classes that are not known here
 */
export function again(gate: Gate, output: Value): Gate | undefined {
  const maker = makers.get(gate.constructor)
  if (maker) return maker(gate, output)
  if (!(gate instanceof ElementwiseGate) || !elementwise.has(gate.constructor)) return undefined
  // An elementwise gate is its row of the addon's table and its constants.
  const { op, constants } = gate
  return Reflect.construct(ElementwiseGate, [op.name, ...constants.slice(0, op.parameters)], gate.constructor) as Gate
}
