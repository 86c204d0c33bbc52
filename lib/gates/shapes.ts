// Gates that change the shape: the order of axes, their extents, repetition. Elements stay as they are.
import { describe, integer, oneOf, options, shapeText } from '../checks.js'
import { ArgumentError, ShapeError } from '../errors.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { broadcastShape, checkAxis, checkShape, type Shape, sameShape, sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { BuiltinGate, type Value } from './gate.js'
import { sumTo } from './ops.js'
import { checkAxes } from './reduce.js'
import { expand, inverse, permute } from './strided.js'
import { TensorGate } from './tensor-gate.js'

/** Reorders the axes: axis i of the output is axis axes[i] of the input. dX is dY in the old order. */
export class Transpose extends TensorGate<readonly number[]> {
  /** The order; undefined reverses all axes. */
  readonly axes: readonly number[] | undefined

  /**
   * @param axes - every axis of the input once; negative ones count from the back. Default: all in reverse (Xᵀ of a matrix)
   * @throws ArgumentError for an axis given twice, or one that as many axes do not have
   */
  constructor(axes?: readonly number[]) {
    super()
    this.axes = axes === undefined ? undefined : axesOf('Transpose', axes)
  }

  protected override map(x: Tensor): Tensor {
    const order = this.#order(x.rank)
    this.kept = order
    return permute(x, order)
  }

  protected override pull(dy: Tensor, order: readonly number[]): Tensor {
    return permute(dy, inverse(order))
  }

  #order(rank: number): number[] {
    if (this.axes === undefined) return Array.from({ length: rank }, (_, i) => rank - 1 - i)
    if (this.axes.length !== rank) {
      throw new ShapeError(
        this.name,
        `a tensor of ${this.axes.length} axes for ${shapeText(this.axes)}`,
        `${rank} axes`,
      )
    }
    return this.axes.map((axis) => (axis < 0 ? axis + rank : axis))
  }
}

/** A frozen copy of a list of all axes, each once. */
function axesOf(operation: string, axes: unknown): readonly number[] {
  if (!Array.isArray(axes)) throw new ArgumentError(operation, 'axes to be an array of integers', describe(axes))
  const list = axes.map((axis, i) => integer(operation, `axes[${i}]`, axis, -32, 31))
  checkAxes(operation, list, list.length)
  return Object.freeze(list)
}

/** Base of the gates that write the same elements under another shape: dX has the input's. */
abstract class ReshapeGate extends TensorGate<Shape> {
  protected abstract shapeOf(x: Tensor): readonly number[]

  protected override map(x: Tensor): Tensor {
    const y = x.reshape(this.shapeOf(x))
    this.kept = x.shape
    return y
  }

  protected override pull(dy: Tensor, shape: Shape): Tensor {
    return new Tensor(dy.data, shape)
  }
}

/** The same elements under another shape; one extent may be −1: it is found from the others. */
export class Reshape extends ReshapeGate {
  /** The output's shape as it was given. */
  readonly shape: readonly number[]

  /** @param shape - the output's shape */
  constructor(shape: readonly number[]) {
    super()
    if (!Array.isArray(shape)) throw new ArgumentError('Reshape', 'shape to be an array of integers', describe(shape))
    this.shape = Object.freeze(shape.map((extent, i) => integer('Reshape', `shape[${i}]`, extent, -1)))
    if (shape.filter((extent) => extent === -1).length > 1) {
      throw new ArgumentError('Reshape', 'at most one extent −1', shapeText(shape))
    }
  }

  protected override shapeOf(): readonly number[] {
    return this.shape
  }
}

/** Options of {@link Flatten}. */
export interface FlattenOptions {
  /** The first axis to join. Default 1: the batch axis stays. */
  startAxis?: number
  /** The last axis to join. Default −1. */
  endAxis?: number
}

/** Joins neighbouring axes to one: [batch, 28, 28] becomes [batch, 784]. dX has the input's shape. */
export class Flatten extends ReshapeGate {
  readonly startAxis: number
  readonly endAxis: number

  constructor(given?: FlattenOptions) {
    super()
    const { startAxis = 1, endAxis = -1 } = options('Flatten', given, ['startAxis', 'endAxis'])
    this.startAxis = integer('Flatten', 'startAxis', startAxis, -32, 31)
    this.endAxis = integer('Flatten', 'endAxis', endAxis, -32, 31)
  }

  protected override shapeOf({ shape }: Tensor): readonly number[] {
    const start = checkAxis(this.name, this.startAxis, shape.length)
    const end = checkAxis(this.name, this.endAxis, shape.length) + 1
    if (start >= end) throw new ShapeError(this.name, 'startAxis not behind endAxis', `${start} and ${end - 1}`)
    return [...shape.slice(0, start), sizeOf(shape.slice(start, end)), ...shape.slice(end)]
  }
}

/** Options of {@link BroadcastTo}. */
export interface BroadcastToOptions {
  /** Element type of the output for a number as input. Default float32. */
  dtype?: FloatDType
}

/** Repeats a tensor or a number along new axes and those of extent 1; dx = dy summed over them. */
export class BroadcastTo extends BuiltinGate<Value> {
  /** The output's shape. */
  readonly shape: Shape
  readonly #dtype: FloatDType

  /** @param shape - the output's shape */
  constructor(shape: readonly number[], given?: BroadcastToOptions) {
    super()
    const { dtype = 'float32' } = options('BroadcastTo', given, ['dtype'])
    this.shape = checkShape('BroadcastTo', shape)
    this.#dtype = oneOf('BroadcastTo', 'dtype', dtype, ['float32', 'float64'])
  }

  override forward(x: Value): Tensor {
    return super.forward(x) as Tensor
  }

  override backward(dy: Value): [Value] {
    return super.backward(dy) as [Value]
  }

  protected override compute(x: Value): Value {
    let y: Tensor
    if (typeof x === 'number')
      y = new Tensor(allocate(this.#dtype, sizeOf(this.shape)).fill(x) as FloatArray, this.shape)
    else {
      const fits = x.rank <= this.shape.length && sameShape(broadcastShape(this.name, x.shape, this.shape), this.shape)
      if (!fits) {
        throw new ShapeError(this.name, `a shape that broadcasts to ${shapeText(this.shape)}`, shapeText(x.shape))
      }
      y = expand(x, this.shape)
    }
    this.kept = x
    return y
  }

  protected override derive(dy: Value, x: Value): Value[] {
    return [sumTo(dy, x)]
  }
}
