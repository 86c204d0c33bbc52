// Derivatives, in graph operations, of shapes, parts, selections, reductions and softmax.
import { Multiply } from '../../gates/binary.js'
import type { Gate, Value } from '../../gates/gate.js'
import { filledLike } from '../../gates/ops.js'
import { Concat, Stack } from '../../gates/parts.js'
import { checkAxes, reducedShape } from '../../gates/reduce.js'
import { type AxisOptions, Max, Mean, Min, SquaredNorm, Sum } from '../../gates/reductions.js'
import { Clip, Where } from '../../gates/select.js'
import { BroadcastTo, Flatten, Reshape, Transpose } from '../../gates/shapes.js'
import { LogSoftmax, Softmax } from '../../gates/softmax.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { Variable } from '../variable.js'
import { map } from './elementwise.js'
import { type Entry, entry } from './rule.js'
import { spreadToForm, sumToForm } from './spread.js'

function tensorOf(x: Variable): Tensor {
  return x.value as Tensor
}

function sizeOf(x: Value): number {
  return typeof x === 'number' ? 1 : x.data.length
}

// dX of a sum along axes: dy with its axes back, repeated.
function spreadAlong(dy: Variable, x: Variable, axis: AxisOptions['axis']): Variable {
  if (typeof x.value === 'number') return dy
  if (typeof dy.value === 'number') return spreadToForm(dy, x.value)
  const { rank, shape } = x.value
  const axes = axis === undefined ? shape.map((_, i) => i) : typeof axis === 'number' ? [axis] : axis
  return spreadToForm(dy.reshape(...reducedShape(shape, checkAxes('createGraph', axes, rank), true)), x.value)
}

function alongRows(y: Variable, axis: number): Variable {
  return y.sum({ axis, keepDims: true })
}

/** The gradient of a gate of one input, linear where it is smooth, for the upstream 1: as a constant. */
function weights(fresh: Gate, x: Value): Value {
  return fresh.backward(filledLike(fresh.forward(x), 1))[0]!
}

function reduced(gate: { readonly axis: AxisOptions['axis'] | undefined; readonly keepDims: boolean }): AxisOptions {
  return gate.axis === undefined ? { keepDims: gate.keepDims } : { axis: gate.axis, keepDims: gate.keepDims }
}

// Elements equal to the extreme share dy.
function extreme(type: typeof Max | typeof Min): Entry {
  return entry(type as typeof Max, (dy, [x], _y, gate) => [
    () => spreadAlong(dy, x!, gate.axis).apply(new Multiply(), weights(new type(reduced(gate)), x!.value)),
  ])
}

// Where each input of a Concat or Stack lies in the output.
function joined(type: typeof Concat | typeof Stack): Entry {
  return entry(type as typeof Concat, (dy, inputs, _y, gate) => {
    const axis = gate.axis < 0 ? gate.axis + tensorOf(dy).rank : gate.axis
    const whole = new Array<null>(axis).fill(null)
    let next = 0
    return inputs.map((input) => {
      const start = next
      next += type === Stack ? 1 : tensorOf(input).shape[axis]!
      const part = type === Stack ? start : { start, stop: next }
      return () => sumToForm(dy.slice([...whole, part]), input)
    })
  })
}

function inverse(axes: readonly number[] | undefined, rank: number): number[] {
  const back: number[] = []
  for (let i = 0; i < rank; i++) {
    const axis = axes === undefined ? rank - 1 - i : axes[i]!
    back[axis < 0 ? axis + rank : axis] = i
  }
  return back
}

export const shapeRules: readonly Entry[] = [
  entry(Transpose, (dy, [x], _y, { axes }) => [() => dy.transpose(inverse(axes, tensorOf(x!).rank))]),
  entry(Reshape, (dy, [x]) => [() => dy.reshape(...tensorOf(x!).shape)]),
  entry(Flatten, (dy, [x]) => [() => dy.reshape(...tensorOf(x!).shape)]),
  entry(BroadcastTo, (dy, [x]) => [() => sumToForm(dy, x!)]),
  joined(Concat),
  joined(Stack),
  entry(Where, (dz, [x, y], _z, { condition }) => [
    () => sumToForm(dz.apply(new Where(condition), 0), x!),
    () => sumToForm(dz.apply(new Where(map(condition, (c) => 1 - c) as Tensor), 0), y!),
  ]),
  entry(Clip, (dy, [x], _y, { min, max }) => [
    () => dy.apply(new Where(map(x!.value, (v) => (v >= min && v <= max ? 1 : 0))), 0),
  ]),
  entry(Sum, (dy, [x], _y, { axis }) => [() => spreadAlong(dy, x!, axis)]),
  entry(Mean, (dy, [x], y, { axis }) => [
    () => spreadAlong(dy.apply(new Multiply(), sizeOf(y.value) / sizeOf(x!.value)), x!, axis),
  ]),
  extreme(Max),
  extreme(Min),
  entry(SquaredNorm, (dy, [x]) => [() => x!.mul(dy).mul(2)]),
  entry(Softmax, (dy, _, y, { axis }) => [() => y.mul(dy.sub(alongRows(dy.mul(y), axis)))]),
  entry(LogSoftmax, (dy, _, y, { axis }) => [() => dy.sub(y.exp().mul(alongRows(dy, axis)))]),
]
