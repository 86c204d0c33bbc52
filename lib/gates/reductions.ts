// Gates that make fewer numbers of many: sums, means and extremes along axes, and the squared norm.
import { boolean, describe, integer, options, shapeText } from '../checks.js'
import { ArgumentError, ShapeError } from '../errors.js'
import { native } from '../native/load.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { BuiltinGate, type Value } from './gate.js'
import { binary, filledLike } from './ops.js'
import { checkAxes, type ReduceKind, reduceAxes, reducedShape } from './reduce.js'
import { expand } from './strided.js'

/** Options of the gates that reduce along axes. */
export interface AxisOptions {
  /** The axis or axes to reduce; negative ones count from the back. Default: all. */
  axis?: number | readonly number[]
  /** Whether reduced axes stay, with extent 1. Default false; a result without axes is then a number. */
  keepDims?: boolean
}

/** Base of the gates along axes. Numbers pass as they are. */
abstract class Reduction<Kept> extends BuiltinGate<Kept> {
  /** As given; undefined for all axes. */
  readonly axis: number | readonly number[] | undefined
  /** As given. */
  readonly keepDims: boolean

  constructor(given?: AxisOptions) {
    super()
    const name = new.target.name
    const { axis, keepDims = false } = options(name, given, ['axis', 'keepDims'])
    if (Array.isArray(axis)) this.axis = Object.freeze(axis.map((a, i) => integer(name, `axis[${i}]`, a, -32, 31)))
    else if (axis === undefined || Number.isInteger(axis)) this.axis = axis
    else throw new ArgumentError(name, 'axis to be an integer or an array of integers', describe(axis))
    this.keepDims = boolean(name, 'keepDims', keepDims)
  }

  override backward(dy: Value): [Value] {
    return super.backward(dy) as [Value]
  }

  /** The axes to reduce, ascending. */
  protected axesOf(x: Tensor): number[] {
    if (this.axis === undefined) return Array.from(x.shape.keys())
    return checkAxes(this.name, typeof this.axis === 'number' ? [this.axis] : this.axis, x.rank)
  }

  /** Reduces; a number where no axis is left. */
  protected reduce(kind: ReduceKind, x: Tensor, axes: readonly number[]): Value {
    const shape = reducedShape(x.shape, axes, this.keepDims)
    if (shape.length > 0) return reduceAxes(kind, x, axes, shape)
    const data = x.data as FloatArray
    if (kind === 'max') return native().maximum(data)
    return kind === 'sum' ? native().sum(data) : (reduceAxes(kind, x, axes, shape).data[0] ?? Number.NaN)
  }
}

/** A value of the reduced form with the reduced axes at extent 1, so that it broadcasts to the input's shape. */
function aligned(value: Value, x: Tensor, axes: readonly number[]): Tensor {
  const shape = reducedShape(x.shape, axes, true)
  const data = typeof value === 'number' ? allocate(x.dtype as FloatDType, 1).fill(value) : value.data
  return new Tensor(data as FloatArray, shape)
}

/** Base of Sum and Mean: dx is dy times a factor, repeated along the reduced axes. Keeps the input for its shape. */
abstract class Additive extends Reduction<Value> {
  /** What the sum of n elements is divided by. */
  protected abstract divisor(n: number): number

  protected override compute(x: Value): Value {
    let y = x
    if (typeof x !== 'number') {
      const axes = this.axesOf(x)
      const sum = this.reduce('sum', x, axes)
      const n = this.divisor(count(x, axes))
      y = n === 1 ? sum : binary(this, 'divide', sum, n)
    }
    this.kept = x
    return y
  }

  protected override derive(dy: Value, x: Value): Value[] {
    if (typeof x === 'number') return [dy]
    const axes = this.axesOf(x)
    const n = this.divisor(count(x, axes))
    const each = n === 1 ? dy : binary(this, 'divide', dy, n)
    return [typeof each === 'number' ? filledLike(x, each) : expand(aligned(each, x, axes), x.shape)]
  }
}

function count(x: Tensor, axes: readonly number[]): number {
  return sizeOf(axes.map((axis) => x.shape[axis]!))
}

/** Σx over all elements (a number) or along axes; every element receives dy. */
export class Sum extends Additive {
  protected override divisor(): number {
    return 1
  }
}

/** Mean over all elements (a number) or along axes; every element receives dy/n. NaN over no elements. */
export class Mean extends Additive {
  protected override divisor(n: number): number {
    return n
  }
}

/** Base of Max and Min. Keeps input and output; elements equal to the extreme share dy equally (as PyTorch's amax). */
abstract class Extreme extends Reduction<{ x: Value; y: Value }> {
  protected abstract readonly kind: 'max' | 'min'

  protected override compute(x: Value): Value {
    let y = x
    if (typeof x !== 'number') {
      const axes = this.axesOf(x)
      if (count(x, axes) === 0 && sizeOf(reducedShape(x.shape, axes, false)) > 0) {
        throw new ShapeError(this.name, 'at least one element to choose from', shapeText(x.shape))
      }
      y = this.reduce(this.kind, x, axes)
    }
    this.kept = { x, y }
    return y
  }

  protected override derive(dy: Value, { x, y }: { x: Value; y: Value }): Value[] {
    if (typeof x === 'number') return [dy]
    const axes = this.axesOf(x)
    const chosen = new Tensor(
      ties(x.data as FloatArray, expand(aligned(y, x, axes), x.shape).data as FloatArray),
      x.shape,
    )
    const many = reduceAxes('sum', chosen, axes, reducedShape(x.shape, axes, true))
    const each = binary(this, 'divide', aligned(dy, x, axes), many)
    return [binary(this, 'multiply', chosen, each)]
  }
}

/** 1 where x is the extreme, else 0; a NaN is its own extreme. */
function ties(x: FloatArray, extreme: FloatArray): FloatArray {
  const out = x instanceof Float32Array ? new Float32Array(x.length) : new Float64Array(x.length)
  for (let i = 0; i < out.length; i++) {
    const value = x[i]!
    out[i] = value === extreme[i]! || Number.isNaN(value) ? 1 : 0
  }
  return out
}

/** The largest element of all (a number) or along axes. NaN if there is one. */
export class Max extends Extreme {
  protected override readonly kind = 'max'
}

/** The smallest element of all (a number) or along axes. NaN if there is one. */
export class Min extends Extreme {
  protected override readonly kind = 'min'
}

/** ‖x‖² = Σx²; keeps x; dx = 2x·dy. */
export class SquaredNorm extends BuiltinGate<Value> {
  override forward(x: Value): number {
    return super.forward(x) as number
  }

  override backward(dy: Value): [Value] {
    return super.backward(dy) as [Value]
  }

  protected override compute(x: Value): Value {
    this.kept = x
    return typeof x === 'number' ? x * x : native().dot(x.data as FloatArray, x.data as FloatArray)
  }

  protected override derive(dy: Value, x: Value): Value[] {
    return [binary(this, 'multiply', x, 2 * (dy as number))]
  }
}
