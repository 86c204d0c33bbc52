// Gates that stand for several at once: x·W + b with its activation, and softmax with cross-entropy.
import { finite, options } from '../../checks.js'
import { DTypeError, ShapeError } from '../../errors.js'
import type { ElementwiseGate } from '../../gates/elementwise.js'
import { BuiltinGate, formText, type Value } from '../../gates/gate.js'
import { binary, matrix, multiplyInto, transposed } from '../../gates/ops.js'
import { native } from '../../native/load.js'
import { allocate, type FloatArray, type FloatDType } from '../../tensor/dtype.js'
import { sameShape, sizeOf } from '../../tensor/shape.js'
import { Tensor } from '../../tensor/tensor.js'

/** Options of {@link Affine}. */
export interface AffineOptions {
  /** Applied to the sum in the same sweep. Its constants count; it is not run itself. */
  activation?: ElementwiseGate
  /** Whether W is [out, in] as in a product W·x. Default false: [in, out]. */
  transposed?: boolean
}

interface Kept {
  readonly x: Tensor
  readonly w: Tensor
  /** What the activation's derivative is made of. */
  readonly a: FloatArray | undefined
  readonly inputs: number
}

/**
 * act(x·W + b): inputs x [..., in], W [in, out] and, unless left out, b [out]; output [..., out]. Keeps x, W and what the
 * activation's derivative needs. With dz = dy·act′: dx = dz·Wᵀ, dW = xᵀ·dz, db = Σ rows of dz.
 */
export class Affine extends BuiltinGate<Kept> {
  /** The activation; its class and constants alone. */
  readonly activation: ElementwiseGate | undefined
  /** Whether W is [out, in]. */
  readonly transposed: boolean

  constructor(given?: AffineOptions) {
    super()
    const { activation, transposed: turned = false } = options('Affine', given, ['activation', 'transposed'])
    this.activation = activation
    this.transposed = turned
  }

  override get name(): string {
    return this.activation ? `Affine + ${this.activation.name}` : 'Affine'
  }

  protected override compute(...inputs: Value[]): Value {
    const { x, w, b, n, k } = this.#check(inputs)
    const m = sizeOf(x.shape.slice(0, -1))
    const { op, constants } = this.activation ?? {}
    const dtype = x.dtype as FloatDType
    const y = allocate(dtype, m * n)
    const before = op?.keeps === 'input' ? allocate(dtype, m * n) : null
    const [row, col] = this.transposed ? [1, k] : [n, 1]
    const [left, right, bias] = [x.data as FloatArray, w.data as FloatArray, (b?.data ?? null) as FloatArray | null]
    const [p0, p1] = constants ?? [0, 0]
    native().gemm(m, n, k, 1, left, k, 1, right, row, col, 0, y, bias, op?.index ?? -1, p0, p1, before)
    this.kept = { x, w, a: before ?? y, inputs: inputs.length }
    return new Tensor(y, Object.freeze([...x.shape.slice(0, -1), n]))
  }

  #check(inputs: readonly Value[]) {
    const [x, w, b] = inputs
    const tensors = x instanceof Tensor && w instanceof Tensor && (b === undefined || b instanceof Tensor)
    const [k, n] = tensors ? (this.transposed ? [w.shape[1], w.shape[0]] : w.shape) : []
    const fits = tensors && w.rank === 2 && x.shape.at(-1) === k && (!b || (b.rank === 1 && b.shape[0] === n))
    if (!fits) {
      const form = this.transposed ? '[out, in]' : '[in, out]'
      throw new ShapeError(this.name, `x [..., in], W ${form} and b [out]`, inputs.map(formText).join(', '))
    }
    if (w.dtype !== x.dtype || (b && b.dtype !== x.dtype)) {
      throw new DTypeError(this.name, 'tensors of one dtype', inputs.map((t) => (t as Tensor).dtype).join(', '))
    }
    return { x, w, b, n: n!, k: k! }
  }

  protected override derive(upstream: Value, { x, w, a, inputs }: Kept): Value[] {
    const dy = (upstream as Tensor).data as FloatArray
    const dtype = x.dtype as FloatDType
    let dz = dy
    if (this.activation && a) {
      const { op, constants } = this.activation
      dz = allocate(dtype, dy.length)
      native().unaryBackward(op.index, a, dy, dz, constants[0], constants[1])
    }
    const [k, n] = this.transposed ? [w.shape[1]!, w.shape[0]!] : [w.shape[0]!, w.shape[1]!]
    const rows = sizeOf(x.shape.slice(0, -1))
    const [d, input] = [matrix(dz, rows, n), matrix(x.data as FloatArray, rows, k)]
    const weight = matrix(w.data as FloatArray, w.shape[0]!, w.shape[1]!)
    const [dx, dw, db] = [x.data.length, w.data.length, n].map((length) => allocate(dtype, length))
    multiplyInto(dx!, d, this.transposed ? weight : transposed(weight))
    if (this.transposed) multiplyInto(dw!, transposed(d), input)
    else multiplyInto(dw!, transposed(input), d)
    if (inputs === 3 && db!.length > 0) native().columnSums(dz, db!, false)
    const gradients = [new Tensor(dx!, x.shape), new Tensor(dw!, w.shape), new Tensor(db!, [n])]
    return gradients.slice(0, inputs)
  }
}

/** Options of {@link SoftmaxCrossEntropy}. */
export interface SoftmaxCrossEntropyOptions {
  /** A factor, such as 1/rows for the mean. Default 1. */
  scale?: number
}

/**
 * −scale·Σ t·log softmax(x): logits x and targets t, both [..., classes]; a number. Keeps log softmax(x) and t;
 * dx = scale·dy·(softmax(x)·Σt − t), dt = −scale·dy·log softmax(x).
 */
export class SoftmaxCrossEntropy extends BuiltinGate<{ logs: Tensor; t: Tensor }> {
  readonly scale: number

  constructor(given?: SoftmaxCrossEntropyOptions) {
    super()
    const { scale = 1 } = options('SoftmaxCrossEntropy', given, ['scale'])
    this.scale = finite('SoftmaxCrossEntropy', 'scale', scale)
  }

  protected override compute(x: Value, t: Value): Value {
    if (!(x instanceof Tensor) || !(t instanceof Tensor) || !x.shape.at(-1) || !sameShape(x.shape, t.shape)) {
      const expected = 'logits and targets of one shape [..., classes]'
      throw new ShapeError(this.name, expected, `${formText(x)} and ${formText(t)}`)
    }
    if (x.dtype !== t.dtype) throw new DTypeError(this.name, `targets of type ${x.dtype}`, t.dtype)
    const logs = new Tensor(allocate(x.dtype as FloatDType, x.data.length), x.shape)
    native().logSoftmaxForward(x.shape.at(-1)!, x.data as FloatArray, logs.data as FloatArray)
    this.kept = { logs, t }
    return -this.scale * native().dot(logs.data as FloatArray, t.data as FloatArray)
  }

  protected override derive(dy: Value, { logs, t }: { logs: Tensor; t: Tensor }): Value[] {
    const factor = -this.scale * (dy as number)
    const upstream = binary(this, 'multiply', t, factor) as Tensor
    const dx = allocate(logs.dtype as FloatDType, logs.data.length)
    const [y, d] = [logs.data as FloatArray, upstream.data as FloatArray]
    native().logSoftmaxBackward(logs.shape.at(-1)!, y, d, dx)
    return [new Tensor(dx, logs.shape), binary(this, 'multiply', logs, factor)]
  }
}
