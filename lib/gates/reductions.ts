// Gates that make fewer numbers of many: sums, means and extremes along axes, and the squared norm.
import { boolean, describe, integer, options, shapeText } from '../checks.js'
import { ArgumentError, ShapeError } from '../errors.js'
import { native } from '../native/load.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { type Shape, sameShape, sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { checkIntact } from './contract.js'
import { BuiltinGate, type Value } from './gate.js'
import { binary, filledLike } from './ops.js'
import { checkAxes, type ReduceKind, reduceAxes, reduceAxis, reducedShape, type Split, splitAt } from './reduce.js'
import { expand, inverse, permute } from './strided.js'

/** Options of the gates that reduce along axes. */
export interface AxisOptions {
  /** The axis or axes to reduce; negative ones count from the back. Default: all. */
  axis?: number | readonly number[]
  /** Whether reduced axes stay, with extent 1. Default false; a result without axes is then a number. */
  keepDims?: boolean
}

/** How tensors of one shape are reduced; found once. */
interface Plan {
  readonly input: Shape
  /** Ascending. */
  readonly axes: readonly number[]
  /** How many elements become one. */
  readonly count: number
  /** The shape with the reduced axes at extent 1: it broadcasts to the input's. */
  readonly kept: Shape
  readonly result: Shape
  /** Undefined if the axes are not one behind the other. */
  readonly split: Split | undefined
}

/** Base of the gates along axes. Numbers pass as they are. */
abstract class Reduction<Kept> extends BuiltinGate<Kept> {
  /** As given; undefined for all axes. */
  readonly axis: number | readonly number[] | undefined
  /** As given. */
  readonly keepDims: boolean
  #plan: Plan | undefined

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

  /** How a tensor is reduced. */
  protected planOf(x: Tensor): Plan {
    if (this.#plan === undefined || !sameShape(this.#plan.input, x.shape)) {
      const axis = this.axis ?? Array.from(x.shape.keys())
      const axes = checkAxes(this.name, typeof axis === 'number' ? [axis] : axis, x.rank)
      this.#plan = {
        input: x.shape,
        axes,
        count: sizeOf(axes.map((a) => x.shape[a]!)),
        kept: reducedShape(x.shape, axes, true),
        result: reducedShape(x.shape, axes, this.keepDims),
        split: splitAt(x.shape, axes),
      }
    }
    return this.#plan
  }

  /** Reduces; a number where no axis is left. */
  protected reduce(kind: ReduceKind, x: Tensor, { axes, result, split }: Plan): Value {
    const data = x.data as FloatArray
    if (result.length > 0) {
      return split
        ? new Tensor(reduceAxis(kind, split, data, x.dtype as FloatDType), result)
        : reduceAxes(kind, x, axes, result)
    }
    if (kind === 'sum') return native().sum(data)
    if (kind === 'max') return native().maximum(data)
    return reduceAxis(kind, { outer: 1, extent: data.length, inner: 1 }, data, x.dtype as FloatDType)[0]!
  }
}

/** The numbers of a value that is a number or a tensor. */
function numbersOf(value: Value, dtype: FloatDType): FloatArray {
  return (typeof value === 'number' ? allocate(dtype, 1).fill(value) : value.data) as FloatArray
}

/** Base of Sum and Mean: dx is dy times a factor, repeated along the reduced axes. Keeps the input for its shape. */
abstract class Additive extends Reduction<Value> {
  /** What the sum of n elements is divided by. */
  protected abstract divisor(n: number): number

  protected override compute(x: Value): Value {
    let y = x
    if (typeof x !== 'number') {
      const plan = this.planOf(x)
      const n = this.divisor(plan.count)
      const sum = this.reduce('sum', x, plan)
      y = n === 1 ? sum : binary(this, 'divide', sum, n)
    }
    this.kept = x
    return y
  }

  protected override derive(dy: Value, x: Value): Value[] {
    if (typeof x === 'number') return [dy]
    const { count, kept } = this.planOf(x)
    const n = this.divisor(count)
    const each = n === 1 ? dy : binary(this, 'divide', dy, n)
    if (typeof each === 'number') return [filledLike(x, each)]
    return [expand(new Tensor(each.data, kept), x.shape)]
  }
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
      const plan = this.planOf(x)
      if (plan.count === 0 && sizeOf(reducedShape(x.shape, plan.axes, false)) > 0) {
        throw new ShapeError(this.name, 'at least one element to choose from', shapeText(x.shape))
      }
      y = this.reduce(this.kind, x, plan)
    }
    this.kept = { x, y }
    return y
  }

  protected override derive(dy: Value, { x, y }: { x: Value; y: Value }): Value[] {
    if (typeof x === 'number') return [dy]
    checkIntact(this, 'input', x)
    const { axes, count, split } = this.planOf(x)
    const dtype = x.dtype as FloatDType
    const [extreme, upstream] = [numbersOf(y, dtype), numbersOf(dy, dtype)]
    if (split) return [new Tensor(share(split, x.data as FloatArray, extreme, upstream), x.shape)]
    // With the reduced axes behind the others they are one behind the other.
    const order = [...x.shape.keys()].sort((a, b) => Number(axes.includes(a)) - Number(axes.includes(b)))
    const moved = permute(x, order)
    const last = { outer: extreme.length, extent: count, inner: 1 }
    const dx = new Tensor(share(last, moved.data as FloatArray, extreme, upstream), moved.shape)
    return [permute(dx, inverse(order))]
  }
}

/** dx[outer, extent, inner] (=): each dy[outer, inner] divided among the elements that are the extreme; NaN is its own. */
function share({ outer, extent, inner }: Split, x: FloatArray, extreme: FloatArray, dy: FloatArray): FloatArray {
  const dx = x instanceof Float32Array ? new Float32Array(x.length) : new Float64Array(x.length)
  const ties = new Float64Array(inner)
  for (let o = 0; o < outer; o++) {
    const [first, to] = [o * extent * inner, o * inner]
    ties.fill(0)
    for (let e = 0, at = first; e < extent; e++) {
      for (let i = 0; i < inner; i++, at++) if (x[at] === extreme[to + i] || Number.isNaN(x[at])) ties[i]!++
    }
    for (let e = 0, at = first; e < extent; e++) {
      for (let i = 0; i < inner; i++, at++) {
        if (x[at] === extreme[to + i] || Number.isNaN(x[at])) dx[at] = dy[to + i]! / ties[i]!
      }
    }
  }
  return dx
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
