// Matrix products: of matrices and vectors, and of stacks of matrices whose leading axes broadcast.
import { ShapeError } from '../errors.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { broadcastShape, broadcastStrides, type Shape, sameShape, sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { checkIntact } from './contract.js'
import { BuiltinGate, formText, type Value } from './gate.js'
import { commonDType, matrix, multiplyInto, transposed } from './ops.js'

/** How products of tensors of two shapes are divided into products of matrices; found once. */
interface Plan {
  readonly a: Shape
  readonly b: Shape
  readonly m: number
  readonly k: number
  readonly n: number
  /** For each product, which matrix of A and which of B: a stack that broadcasts is used again. */
  readonly pairs: readonly (readonly [a: number, b: number])[]
  readonly shape: Shape
}

/**
 * A·B as NumPy's matmul. A is [..., m, k] or a vector [k], B is [..., k, n] or a vector [k]; leading axes broadcast, and an
 * axis that a vector lacks is absent from the result, so vector·vector gives a number. Keeps both; dA = dC·Bᵀ, dB = Aᵀ·dC,
 * summed over broadcast axes.
 */
export class MatMul extends BuiltinGate<{ a: Tensor; b: Tensor }> {
  #plan: Plan | undefined

  override forward(a: Tensor, b: Tensor): Value
  override forward(a: Value, b: Value): Value
  override forward(a: Value, b: Value): Value {
    return super.forward(a, b)
  }

  override backward(dc: Value): [Tensor, Tensor] {
    return super.backward(dc) as [Tensor, Tensor]
  }

  protected override compute(a: Value, b: Value): Value {
    if (!(a instanceof Tensor) || !(b instanceof Tensor) || !fits(a.shape, b.shape)) {
      throw new ShapeError(
        this.name,
        '[..., m, k] or [k] times [..., k, n] or [k]',
        `${formText(a)} and ${formText(b)}`,
      )
    }
    const dtype = commonDType(this, a, b)
    const { m, k, n, pairs, shape } = this.#planOf(a.shape, b.shape)
    const out = allocate(dtype, pairs.length * m * n)
    const [left, right] = [a.data as FloatArray, b.data as FloatArray]
    for (let p = 0; p < pairs.length; p++) {
      const [i, j] = pairs[p]!
      multiplyInto(part(out, p, m * n), matrix(part(left, i, m * k), m, k), matrix(part(right, j, k * n), k, n))
    }
    this.kept = { a, b }
    return shape.length > 0 ? new Tensor(out, shape) : out[0]!
  }

  protected override derive(upstream: Value, { a, b }: { a: Tensor; b: Tensor }): Value[] {
    checkIntact(this, 'input', a)
    checkIntact(this, 'input', b)
    const { m, k, n, pairs } = this.#planOf(a.shape, b.shape)
    const dtype = a.dtype as FloatDType
    const data = (typeof upstream === 'number' ? allocate(dtype, 1).fill(upstream) : upstream.data) as FloatArray
    const [left, right] = [a.data as FloatArray, b.data as FloatArray]
    const da = allocate(dtype, left.length)
    const db = allocate(dtype, right.length)
    // A matrix that broadcasts meets several products: += on gradients that start as zeros.
    const several = pairs.length > 1
    for (let p = 0; p < pairs.length; p++) {
      const [i, j] = pairs[p]!
      const dc = matrix(part(data, p, m * n), m, n)
      multiplyInto(part(da, i, m * k), dc, transposed(matrix(part(right, j, k * n), k, n)), several)
      multiplyInto(part(db, j, k * n), transposed(matrix(part(left, i, m * k), m, k)), dc, several)
    }
    return [new Tensor(da, a.shape), new Tensor(db, b.shape)]
  }

  #planOf(a: Shape, b: Shape): Plan {
    const last = this.#plan
    if (last !== undefined && sameShape(last.a, a) && sameShape(last.b, b)) return last
    this.#plan = divide(this.name, a, b)
    return this.#plan
  }
}

function fits(a: Shape, b: Shape): boolean {
  return a.length > 0 && b.length > 0 && a[a.length - 1] === b[Math.max(0, b.length - 2)]
}

/** Matrix `index` of a stack whose matrices have `size` elements. */
function part(data: FloatArray, index: number, size: number): FloatArray {
  return data.length === size ? data : data.subarray(index * size, (index + 1) * size)
}

function divide(operation: string, a: Shape, b: Shape): Plan {
  const k = a[a.length - 1]!
  const m = a.length > 1 ? a[a.length - 2]! : 1
  const n = b.length > 1 ? b[b.length - 1]! : 1
  const [stackA, stackB] = [a.slice(0, -2), b.slice(0, -2)]
  const ends = [...(a.length > 1 ? [m] : []), ...(b.length > 1 ? [n] : [])]
  if (stackB.length === 0) {
    // One B for all: the rows of all of A's matrices are rows of one matrix.
    const rows = sizeOf(stackA) * m
    return { a, b, m: rows, k, n, pairs: [[0, 0]], shape: Object.freeze([...stackA, ...ends]) }
  }
  const batch = broadcastShape(operation, stackA, stackB)
  return { a, b, m, k, n, pairs: pairsOf(batch, stackA, stackB), shape: Object.freeze([...batch, ...ends]) }
}

function pairsOf(batch: Shape, a: Shape, b: Shape): [number, number][] {
  const [sa, sb] = [broadcastStrides(a, batch), broadcastStrides(b, batch)]
  return Array.from({ length: sizeOf(batch) }, (_, p) => {
    let [i, j] = [0, 0]
    for (let axis = batch.length - 1, rest = p; axis >= 0; axis--) {
      const index = rest % batch[axis]!
      i += index * sa[axis]!
      j += index * sb[axis]!
      rest = Math.floor(rest / batch[axis]!)
    }
    return [i, j]
  })
}
