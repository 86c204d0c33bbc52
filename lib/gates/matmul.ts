// Matrix products: matrix·matrix, matrix·vector, vector·matrix and vector·vector.
import { shapeText } from '../checks.js'
import { ShapeError } from '../errors.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import { BuiltinGate, formText, type Value } from './gate.js'
import { commonDType, type Matrix, matrix, multiplyInto, transposed } from './ops.js'

/**
 * A·B. A is [m, k] or a vector [k], B is [k, n] or a vector [k]; an axis that an operand lacks is absent from the result,
 * so vector·vector gives a number. Keeps both; dA = dC·Bᵀ, dB = Aᵀ·dC.
 */
export class MatMul extends BuiltinGate<{ a: Tensor; b: Tensor }> {
  override forward(a: Tensor, b: Tensor): Value
  override forward(a: Value, b: Value): Value
  override forward(a: Value, b: Value): Value {
    return super.forward(a, b)
  }

  override backward(dc: Value): [Tensor, Tensor] {
    return super.backward(dc) as [Tensor, Tensor]
  }

  protected override compute(a: Value, b: Value): Value {
    if (!(a instanceof Tensor) || !(b instanceof Tensor) || !fits(a, b)) {
      throw new ShapeError(this.name, '[m, k] or [k] times [k, n] or [k]', `${formText(a)} and ${formText(b)}`)
    }
    const dtype = commonDType(this.name, a, b)
    const left = leftMatrix(a)
    const right = rightMatrix(b)
    const out = allocate(dtype, left.rows * right.cols)
    multiplyInto(out, left, right)
    this.kept = { a, b }
    const shape = Object.freeze([...a.shape.slice(0, -1), ...b.shape.slice(1)])
    return shape.length > 0 ? new Tensor(out, shape) : out[0]!
  }

  protected override derive(upstream: Value, { a, b }: { a: Tensor; b: Tensor }): Value[] {
    const left = leftMatrix(a)
    const right = rightMatrix(b)
    const dtype = a.dtype as FloatDType
    const data = typeof upstream === 'number' ? allocate(dtype, 1).fill(upstream) : upstream.data
    const dc = matrix(data as FloatArray, left.rows, right.cols)
    const da = allocate(dtype, a.data.length)
    const db = allocate(dtype, b.data.length)
    multiplyInto(da, dc, transposed(right))
    multiplyInto(db, transposed(left), dc)
    return [new Tensor(da, a.shape), new Tensor(db, b.shape)]
  }
}

function fits(a: Tensor, b: Tensor): boolean {
  const rank = a.rank >= 1 && a.rank <= 2 && b.rank >= 1 && b.rank <= 2
  return rank && a.shape[a.rank - 1] === b.shape[0]
}

function leftMatrix(a: Tensor): Matrix {
  const k = a.shape[a.rank - 1]!
  return matrix(a.data as FloatArray, a.rank === 2 ? a.shape[0]! : 1, k)
}

function rightMatrix(b: Tensor): Matrix {
  return matrix(b.data as FloatArray, b.shape[0]!, b.rank === 2 ? b.shape[1]! : 1)
}

/** Swaps the two axes of a matrix; dX = dYᵀ. */
export class Transpose extends BuiltinGate {
  override forward(x: Tensor): Tensor
  override forward(x: Value): Value
  override forward(x: Value): Value {
    return super.forward(x)
  }

  override backward(dy: Value): [Tensor] {
    return super.backward(dy) as [Tensor]
  }

  protected override compute(x: Value): Value {
    if (!(x instanceof Tensor) || x.rank !== 2) throw new ShapeError(this.name, 'a matrix [m, n]', formText(x))
    return flip(x)
  }

  protected override derive(dy: Value): Value[] {
    return [flip(dy as Tensor)]
  }
}

function flip(x: Tensor): Tensor {
  const [m, n] = x.shape as readonly [number, number]
  const out = allocate(x.dtype as FloatDType, x.data.length)
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[j * m + i] = x.data[i * n + j]!
  return new Tensor(out, Object.freeze([n, m]))
}

/** The same elements under another shape; one extent may be −1. dX has the input's shape. */
export class Reshape extends BuiltinGate<Tensor> {
  readonly #shape: readonly number[]

  /** @param shape - the output's shape */
  constructor(shape: readonly number[]) {
    super()
    this.#shape = [...shape]
  }

  override forward(x: Tensor): Tensor
  override forward(x: Value): Value
  override forward(x: Value): Value {
    return super.forward(x)
  }

  override backward(dy: Value): [Tensor] {
    return super.backward(dy) as [Tensor]
  }

  protected override compute(x: Value): Value {
    if (!(x instanceof Tensor)) throw new ShapeError(this.name, `a tensor for ${shapeText(this.#shape)}`, formText(x))
    this.kept = x
    return x.reshape(this.#shape)
  }

  protected override derive(dy: Value, x: Tensor): Value[] {
    return [new Tensor((dy as Tensor).data, x.shape)]
  }
}
