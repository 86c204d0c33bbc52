// Softmax and its logarithm along an axis.
import { integer, options } from '../checks.js'
import { ShapeError } from '../errors.js'
import { native } from '../native/load.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { checkAxis } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { formText, type Value } from './gate.js'
import { permute } from './strided.js'
import { TensorGate } from './tensor-gate.js'

type RowForward = (cols: number, x: FloatArray, y: FloatArray) => void
type RowBackward = (cols: number, y: FloatArray, dy: FloatArray, dx: FloatArray) => void

/** Options of {@link Softmax} and {@link LogSoftmax}. */
export interface SoftmaxOptions {
  /** The axis of the classes; negative ones count from the back. Default −1: each row of a matrix. */
  axis?: number
}

/** Base of gates that map vectors along an axis to vectors; keeps the output. */
abstract class RowGate extends TensorGate<Tensor> {
  /** As given. */
  readonly axis: number

  protected abstract rowForward(): RowForward
  protected abstract rowBackward(): RowBackward

  constructor(given?: SoftmaxOptions) {
    super()
    const { axis = -1 } = options(new.target.name, given, ['axis'])
    this.axis = integer(new.target.name, 'axis', axis, -32, 31)
  }

  protected override compute(x: Value): Value {
    if (!(x instanceof Tensor) || x.rank === 0 || x.shape.at(this.axis) === 0) {
      throw new ShapeError(this.name, this.axis === -1 ? 'a tensor [..., classes]' : 'a tensor of classes', formText(x))
    }
    return this.map(x)
  }

  protected override map(x: Tensor): Tensor {
    const rows = lastAxis(x, checkAxis(this.name, this.axis, x.rank))
    const y = new Tensor(allocate(x.dtype as FloatDType, x.data.length), rows.shape)
    this.rowForward()(rows.shape[rows.rank - 1]!, rows.data as FloatArray, y.data as FloatArray)
    this.kept = y
    return lastAxis(y, checkAxis(this.name, this.axis, x.rank))
  }

  protected override pull(dy: Tensor, y: Tensor): Tensor {
    const axis = checkAxis(this.name, this.axis, dy.rank)
    const upstream = lastAxis(dy, axis)
    const dx = new Tensor(allocate(y.dtype as FloatDType, y.data.length), y.shape)
    this.rowBackward()(y.shape[y.rank - 1]!, y.data as FloatArray, upstream.data as FloatArray, dx.data as FloatArray)
    return lastAxis(dx, axis)
  }
}

/** The tensor with two axes exchanged, one of them the last: kernels work along the last. Its own inverse. */
function lastAxis(x: Tensor, axis: number): Tensor {
  if (axis === x.rank - 1) return x
  const order = Array.from(x.shape.keys())
  order[axis] = x.rank - 1
  order[x.rank - 1] = axis
  return permute(x, order)
}

/** e^x/Σe^x along an axis, stable; dx = y·(dy − Σ dy·y). */
export class Softmax extends RowGate {
  protected override rowForward(): RowForward {
    return native().softmaxForward
  }
  protected override rowBackward(): RowBackward {
    return native().softmaxBackward
  }
}

/** x − log Σe^x along an axis, stable; dx = dy − e^y·Σdy. */
export class LogSoftmax extends RowGate {
  protected override rowForward(): RowForward {
    return native().logSoftmaxForward
  }
  protected override rowBackward(): RowBackward {
    return native().logSoftmaxBackward
  }
}
