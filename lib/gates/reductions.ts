// Gates that sum: over all elements (the result is a number) or along one axis.
import { options } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { native } from '../native/load.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { checkAxis, sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { BuiltinGate, type Value } from './gate.js'
import { binary, filledLike } from './ops.js'

/** Options of {@link Sum} and {@link Mean}. */
export interface AxisOptions {
  /** The axis to sum along; negative ones count from the back. Default: all, giving a number. */
  axis?: number
}

/** A tensor seen as [outer, extent, inner] around one axis. */
interface Split {
  readonly outer: number
  readonly extent: number
  readonly inner: number
}

function split(x: Tensor, axis: number): Split {
  return { outer: sizeOf(x.shape.slice(0, axis)), extent: x.shape[axis]!, inner: sizeOf(x.shape.slice(axis + 1)) }
}

abstract class Reduction extends BuiltinGate<Value> {
  readonly axis: number | undefined

  constructor(given?: AxisOptions) {
    super()
    const { axis } = options(new.target.name, given, ['axis'])
    if (axis !== undefined && !Number.isInteger(axis)) {
      throw new ArgumentError(new.target.name, 'axis to be an integer', String(axis))
    }
    this.axis = axis
  }

  override backward(dy: Value): [Value] {
    return super.backward(dy) as [Value]
  }

  /** What the sum over n elements is multiplied with. */
  protected abstract factor(n: number): number

  protected override compute(x: Value): Value {
    this.kept = x
    if (typeof x === 'number') return x * this.factor(1)
    const data = x.data as FloatArray
    if (this.axis === undefined) return native().sum(data) * this.factor(data.length)
    const axis = checkAxis(this.name, this.axis, x.rank)
    const { outer, extent, inner } = split(x, axis)
    const sums = new Float64Array(outer * inner)
    for (let o = 0, from = 0; o < outer; o++) {
      for (let e = 0; e < extent; e++) for (let i = 0; i < inner; i++) sums[o * inner + i]! += data[from++]!
    }
    const factor = this.factor(extent)
    const out = allocate(x.dtype as FloatDType, sums.length)
    for (let i = 0; i < out.length; i++) out[i] = sums[i]! * factor
    return new Tensor(out, Object.freeze(x.shape.filter((_, i) => i !== axis)))
  }

  protected override derive(dy: Value, x: Value): Value[] {
    if (typeof dy === 'number') return [filledLike(x, dy * this.factor(typeof x === 'number' ? 1 : x.data.length))]
    const input = x as Tensor
    const { outer, extent, inner } = split(input, checkAxis(this.name, this.axis, input.rank))
    const factor = this.factor(extent)
    const dx = allocate(input.dtype as FloatDType, input.data.length)
    for (let o = 0, to = 0; o < outer; o++) {
      for (let e = 0; e < extent; e++) for (let i = 0; i < inner; i++) dx[to++] = dy.data[o * inner + i]! * factor
    }
    return [new Tensor(dx, input.shape)]
  }
}

/** Σx, over all elements (a number) or along one axis; every element receives dy. */
export class Sum extends Reduction {
  protected override factor(): number {
    return 1
  }
}

/** Mean over all elements (a number) or along one axis; every element receives dy/n. */
export class Mean extends Reduction {
  protected override factor(n: number): number {
    return 1 / n
  }
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
    return [binary(this.name, 'multiply', x, 2 * (dy as number))]
  }
}
