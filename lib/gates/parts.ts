// Gates that take tensors apart and put them together: slice, concat, stack.
import { describe, integer, options, shapeText } from '../checks.js'
import { ArgumentError, DTypeError, IndexError, ShapeError } from '../errors.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { checkAxis, type Shape, sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { BuiltinGate, formText, type Value } from './gate.js'
import { copyStrided, dense, type Layout } from './strided.js'
import { TensorGate } from './tensor-gate.js'

/** Part of one axis, as Python's start:stop:step: negative bounds count from the end, and bounds outside are cut off. */
export interface Range {
  /** First index. Default: the first element, or the last for a negative step. */
  start?: number
  /** Where to end, exclusive. Default: behind the last element, or before the first for a negative step. */
  stop?: number
  /** Distance between indices, not 0. Default 1. */
  step?: number
}

/** What to take of one axis: all (null), one index (the axis goes), or a range. */
export type AxisSlice = null | number | Range

/** Part of a tensor; keeps the input's shape; dX = dY where it came from, 0 elsewhere. */
export class Slice extends TensorGate<Shape> {
  /** What to take of each axis. */
  readonly slices: readonly AxisSlice[]

  /** @param slices - one per axis from the first; the axes behind them are taken whole */
  constructor(slices: readonly AxisSlice[]) {
    super()
    if (!Array.isArray(slices)) throw new ArgumentError('Slice', 'an array of one slice per axis', describe(slices))
    this.slices = Object.freeze(slices.map(checkSlice))
  }

  protected override map(x: Tensor): Tensor {
    const { shape, layout, full } = this.#resolve(x.shape)
    const out = allocate(x.dtype as FloatDType, sizeOf(full))
    copyStrided(full, x.data, layout, out, dense(full))
    this.kept = x.shape
    return new Tensor(out, shape)
  }

  protected override pull(dy: Tensor, input: Shape): Tensor {
    const { layout, full } = this.#resolve(input)
    const dx = allocate(dy.dtype as FloatDType, sizeOf(input))
    copyStrided(full, dy.data, dense(full), dx, layout)
    return new Tensor(dx, input)
  }

  /** The output's shape, the same with the indexed axes at extent 1, and where its elements lie in the input. */
  #resolve(input: Shape): { shape: Shape; full: Shape; layout: Layout } {
    if (this.slices.length > input.length) {
      throw new ShapeError(this.name, `a tensor of at least ${this.slices.length} axes`, shapeText(input))
    }
    const { strides } = dense(input)
    const full: number[] = []
    const steps: number[] = []
    let offset = 0
    for (let axis = 0; axis < input.length; axis++) {
      const { start, step, count } = resolve(this.name, axis, this.slices[axis] ?? null, input[axis]!)
      full.push(count)
      steps.push(strides[axis]! * step)
      offset += count > 0 ? strides[axis]! * start : 0
    }
    const shape = Object.freeze(full.filter((_, axis) => typeof this.slices[axis] !== 'number'))
    return { shape, full, layout: { offset, strides: steps } }
  }
}

function checkSlice(slice: unknown, axis: number): AxisSlice {
  const name = `slices[${axis}]`
  if (slice === null) return null
  if (typeof slice === 'number') return integer('Slice', name, slice, Number.MIN_SAFE_INTEGER)
  if (typeof slice !== 'object') {
    throw new ArgumentError('Slice', `${name} to be null, an integer or { start, stop, step }`, describe(slice))
  }
  const range = options('Slice', slice as Range, ['start', 'stop', 'step'])
  for (const [key, value] of Object.entries(range)) {
    if (value !== undefined) integer('Slice', `${key} of ${name}`, value, Number.MIN_SAFE_INTEGER)
  }
  if (range.step === 0) throw new ArgumentError('Slice', `step of ${name} to be an integer other than 0`, '0')
  return Object.freeze({ ...range })
}

/** First index, distance and number of the elements of an axis that a slice takes. */
function resolve(operation: string, axis: number, slice: AxisSlice, extent: number) {
  if (slice === null) return { start: 0, step: 1, count: extent }
  if (typeof slice === 'number') {
    if (slice < -extent || slice >= extent) {
      throw new IndexError(operation, `index ${axis} in [${-extent}, ${extent})`, describe(slice))
    }
    return { start: slice < 0 ? slice + extent : slice, step: 1, count: 1 }
  }
  const step = slice.step ?? 1
  // A negative step runs from the last element down to the first; −1 then stands before it.
  const [lowest, highest] = step > 0 ? [0, extent] : [-1, extent - 1]
  const bound = (given: number | undefined, otherwise: number) =>
    given === undefined ? otherwise : Math.min(Math.max(given < 0 ? given + extent : given, lowest), highest)
  const start = bound(slice.start, step > 0 ? lowest : highest)
  const stop = bound(slice.stop, step > 0 ? highest : lowest)
  return { start, step, count: Math.max(0, Math.ceil((stop - start) / step)) }
}

/** Options of {@link Concat} and {@link Stack}. */
export interface JoinOptions {
  /** The axis of the output along which the inputs lie; negative ones count from the back. Default 0. */
  axis?: number
}

/** Base of Concat and Stack; each input's gradient is its part of the upstream. Keeps the inputs for their shapes. */
abstract class Join extends BuiltinGate<readonly Value[]> {
  readonly axis: number

  constructor(given?: JoinOptions) {
    super()
    const { axis = 0 } = options(new.target.name, given, ['axis'])
    this.axis = integer(new.target.name, 'axis', axis, -32, 31)
  }

  override forward(...inputs: Value[]): Tensor {
    return super.forward(...inputs) as Tensor
  }

  /** The inputs, written so that they lie one behind the other along the returned axis. */
  protected abstract align(inputs: readonly Tensor[]): { axis: number; parts: readonly Tensor[] }

  protected override compute(...inputs: Value[]): Value {
    const { axis, parts } = this.align(tensorsOf(this.name, inputs))
    const shape = [...parts[0]!.shape]
    shape[axis] = parts.reduce((sum, part) => sum + part.shape[axis]!, 0)
    const out = allocate(parts[0]!.dtype as FloatDType, sizeOf(shape))
    const { strides } = dense(shape)
    let offset = 0
    for (const part of parts) {
      copyStrided(part.shape, part.data, dense(part.shape), out, { offset, strides })
      offset += part.shape[axis]! * strides[axis]!
    }
    this.kept = inputs
    return new Tensor(out, Object.freeze(shape))
  }

  protected override derive(dy: Value, inputs: readonly Value[]): Value[] {
    const upstream = dy as Tensor
    const { axis, parts } = this.align(tensorsOf(this.name, inputs))
    const { strides } = dense(upstream.shape)
    let offset = 0
    return parts.map((part, i) => {
      const dx = allocate(upstream.dtype as FloatDType, part.data.length)
      copyStrided(part.shape, upstream.data, { offset, strides }, dx, dense(part.shape))
      offset += part.shape[axis]! * strides[axis]!
      const input = inputs[i]!
      return typeof input === 'number' ? dx[0]! : new Tensor(dx, input.shape)
    })
  }
}

/** Inputs of one element type; numbers, all or none, become float64 tensors of shape []. */
function tensorsOf(operation: string, inputs: readonly Value[]): Tensor[] {
  if (inputs.length === 0) throw new ArgumentError(operation, 'at least one input', 'none')
  if (inputs.every((input) => typeof input === 'number')) {
    return inputs.map((input) => new Tensor(Float64Array.of(input), Object.freeze([])))
  }
  const [first] = inputs as Tensor[]
  for (const input of inputs) {
    if (typeof input === 'number' || typeof first === 'number') {
      throw new ShapeError(operation, 'numbers alone or tensors alone', inputs.map(formText).join(', '))
    }
    if (input.dtype !== first!.dtype) {
      throw new DTypeError(operation, 'tensors of one dtype', `${first!.dtype} and ${input.dtype}`)
    }
  }
  return inputs as Tensor[]
}

/** Tensors one behind the other along an axis that they have; the other extents are equal. */
export class Concat extends Join {
  protected override align(inputs: readonly Tensor[]) {
    const { shape } = inputs[0]!
    if (shape.length === 0) throw new ShapeError(this.name, 'tensors with at least one axis', formText(inputs[0]))
    const axis = checkAxis(this.name, this.axis, shape.length)
    for (const input of inputs) {
      const fits = input.rank === shape.length && input.shape.every((extent, i) => i === axis || extent === shape[i])
      if (!fits) {
        throw new ShapeError(this.name, `shapes that differ along axis ${axis} alone`, inputs.map(formText).join(', '))
      }
    }
    return { axis, parts: inputs }
  }
}

/** Tensors of one shape, or numbers, side by side along a new axis. */
export class Stack extends Join {
  protected override align(inputs: readonly Tensor[]) {
    const { shape } = inputs[0]!
    const axis = checkAxis(this.name, this.axis, shape.length + 1)
    for (const input of inputs) {
      if (input.rank !== shape.length || input.shape.some((extent, i) => extent !== shape[i])) {
        throw new ShapeError(this.name, 'inputs of one shape', inputs.map(formText).join(', '))
      }
    }
    const wider = Object.freeze([...shape.slice(0, axis), 1, ...shape.slice(axis)])
    return { axis, parts: inputs.map(({ data }) => new Tensor(data as FloatArray, wider)) }
  }
}
