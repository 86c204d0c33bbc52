// Gates that choose: elements by index, by condition, or cut off at bounds.
import { describe, integer, options } from '../checks.js'
import { ArgumentError, IndexError } from '../errors.js'
import { native } from '../native/load.js'
import { type NestedInput, tensor } from '../tensor/create.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { broadcastShape, checkAxis, type Shape, sameShape, sizeOf } from '../tensor/shape.js'
import { elements, Tensor } from '../tensor/tensor.js'
import { ElementwiseGate } from './elementwise.js'
import { BuiltinGate, type Value } from './gate.js'
import { commonDType, commonShape, sumTo } from './ops.js'
import { expand } from './strided.js'
import { TensorGate } from './tensor-gate.js'

/** Options of {@link Gather}. */
export interface GatherOptions {
  /** The axis that is indexed; negative ones count from the back. Default 0: rows. */
  axis?: number
}

/** How {@link Gather} reads tensors of one shape: as rows of some width, by number; found once. */
interface Rows {
  readonly input: Shape
  readonly output: Shape
  readonly width: number
  readonly rows: Int32Array
}

/**
 * Elements of an axis by index, as NumPy's take: that axis is replaced by the axes of the indices. dX adds dY up where an
 * index occurs more than once.
 */
export class Gather extends TensorGate<Rows> {
  /** Integers; negative ones count from the end of the axis. */
  readonly indices: Tensor
  readonly axis: number
  #last: Rows | undefined

  /** @param indices - nested arrays, a typed array or a tensor of integers; a number takes one element, and the axis goes */
  constructor(indices: NestedInput | ArrayLike<number> | Tensor, given?: GatherOptions) {
    super()
    const { axis = 0 } = options('Gather', given, ['axis'])
    this.axis = integer('Gather', 'axis', axis, -32, 31)
    // float64 holds every index exactly until it is known to be an integer.
    const exact = tensor(indices, { dtype: 'float64' })
    for (const [i, index] of exact.data.entries()) integer('Gather', `indices[${i}]`, index, -(2 ** 31), 2 ** 31 - 1)
    this.indices = exact.astype('int32')
  }

  protected override map(x: Tensor): Tensor {
    const rows = this.#rowsOf(x.shape)
    const out = allocate(x.dtype as FloatDType, sizeOf(rows.output))
    gatherRows(rows, x.data as FloatArray, out)
    this.kept = rows
    return new Tensor(out, rows.output)
  }

  protected override pull(dy: Tensor, rows: Rows): Tensor {
    const dx = allocate(dy.dtype as FloatDType, sizeOf(rows.input))
    scatterAdd(rows, dy.data as FloatArray, dx)
    return new Tensor(dx, rows.input)
  }

  #rowsOf(input: Shape): Rows {
    if (this.#last === undefined || !sameShape(this.#last.input, input)) {
      const axis = checkAxis(this.name, this.axis, input.length)
      const [outer, inner] = [input.slice(0, axis), input.slice(axis + 1)]
      this.#last = {
        input,
        output: Object.freeze([...outer, ...this.indices.shape, ...inner]),
        width: sizeOf(inner),
        rows: this.#number(sizeOf(outer), input[axis]!),
      }
    }
    return this.#last
  }

  /** The indices as rows of the input seen as [outer·extent, width]. */
  #number(outer: number, extent: number): Int32Array {
    const indices = this.indices.data
    const rows = new Int32Array(outer * indices.length)
    for (let o = 0, to = 0; o < outer; o++) {
      for (let i = 0; i < indices.length; i++) {
        const index = indices[i]!
        if (index < -extent || index >= extent) {
          throw new IndexError(this.name, `indices in [${-extent}, ${extent})`, `${index} at ${i}`)
        }
        rows[to++] = o * extent + (index < 0 ? index + extent : index)
      }
    }
    return rows
  }
}

// Up to here a loop in TypeScript takes less time than calling the addon.
const SMALL = 64

/** y[i, :] = x[rows[i], :] */
function gatherRows({ width, rows }: Rows, x: FloatArray, y: FloatArray): void {
  if (y.length > SMALL) native().gatherRows(x, width, rows, 0, rows.length, 1, y)
  else for (let to = 0; to < y.length; to++) y[to] = x[rows[Math.floor(to / width)]! * width + (to % width)]!
}

/** dx[rows[i], :] += dy[i, :] */
function scatterAdd({ width, rows }: Rows, dy: FloatArray, dx: FloatArray): void {
  if (dy.length > SMALL) native().embeddingBackward(width, rows, dy, dx)
  else
    for (let from = 0; from < dy.length; from++)
      dx[rows[Math.floor(from / width)]! * width + (from % width)]! += dy[from]!
}

/**
 * x where a fixed condition holds, y elsewhere; condition, x and y broadcast. dx = dz where it holds and dy = dz where it
 * does not, else 0.
 */
export class Where extends BuiltinGate<readonly [x: Value, y: Value]> {
  /** 1 where the condition holds, else 0. */
  readonly condition: Tensor

  /** @param condition - true or false, or numbers (nested arrays, a typed array, a tensor): all but 0 hold */
  constructor(condition: boolean | NestedInput | ArrayLike<number> | Tensor) {
    super()
    const given = tensor(typeof condition === 'boolean' ? Number(condition) : condition)
    this.condition = new Tensor(
      Float32Array.from(elements(this.name, given), (value) => (value === 0 ? 0 : 1)),
      given.shape,
    )
  }

  override forward(x: Value, y: Value): Value {
    return super.forward(x, y)
  }

  override backward(dz: Value): [Value, Value] {
    return super.backward(dz) as [Value, Value]
  }

  protected override compute(x: Value, y: Value): Value {
    const z = this.#choose(x, y)
    this.kept = [x, y]
    return z
  }

  protected override derive(dz: Value, [x, y]: readonly [Value, Value]): Value[] {
    return [sumTo(this.#choose(dz, 0), x), sumTo(this.#choose(0, dz), y)]
  }

  #choose(x: Value, y: Value): Value {
    const { condition } = this
    const numbers = typeof x === 'number' && typeof y === 'number'
    if (numbers && condition.rank === 0) return condition.data[0] ? x : y
    const shape = broadcastShape(this.name, condition.shape, numbers ? [] : commonShape(this, x, y))
    // Numbers are float64; beside a tensor they take its type.
    const out = allocate(numbers ? 'float64' : commonDType(this, x, y), sizeOf(shape))
    const holds = expand(condition, shape).data
    const xs = typeof x === 'number' ? undefined : expand(x, shape).data
    const ys = typeof y === 'number' ? undefined : expand(y, shape).data
    for (let i = 0; i < out.length; i++) {
      out[i] = holds[i] ? (xs ? xs[i]! : (x as number)) : ys ? ys[i]! : (y as number)
    }
    return new Tensor(out, shape)
  }
}

/** Options of {@link Clip}: at least one of them. */
export interface ClipOptions {
  /** The lower bound. */
  min?: number
  /** The upper bound. */
  max?: number
}

/** min(max(x, lower), upper); keeps x; dx = dy within the bounds, which count as inside, else 0 (as PyTorch's clamp). */
export class Clip extends ElementwiseGate {
  readonly min: number
  readonly max: number

  constructor(given: ClipOptions) {
    const { min, max } = options('Clip', given, ['min', 'max'])
    if (min === undefined && max === undefined) throw new ArgumentError('Clip', 'min, max or both', 'neither')
    const [lower, upper] = [
      bound('min', min, Number.NEGATIVE_INFINITY),
      bound('max', max, Number.POSITIVE_INFINITY),
    ] as const
    if (!(lower <= upper)) throw new ArgumentError('Clip', 'min ≤ max', `${describe(min)} and ${describe(max)}`)
    super('clip', lower, upper)
    this.min = lower
    this.max = upper
  }
}

function bound(name: string, value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise
  if (typeof value !== 'number' || Number.isNaN(value)) {
    throw new ArgumentError('Clip', `${name} to be a number`, describe(value))
  }
  return value
}
