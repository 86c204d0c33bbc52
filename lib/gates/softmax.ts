// Softmax and its logarithm over the last axis.
import { ShapeError } from '../errors.js'
import { native } from '../native/load.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import { BuiltinGate, formText, type Value } from './gate.js'

type RowForward = (cols: number, x: FloatArray, y: FloatArray) => void
type RowBackward = (cols: number, y: FloatArray, dy: FloatArray, dx: FloatArray) => void

/** Base of gates that map each row (the last axis) to a row; keeps the output. */
abstract class RowGate extends BuiltinGate<Tensor> {
  protected abstract rowForward(): RowForward
  protected abstract rowBackward(): RowBackward

  override forward(x: Tensor): Tensor
  override forward(x: Value): Value
  override forward(x: Value): Value {
    return super.forward(x)
  }

  override backward(dy: Value): [Tensor] {
    return super.backward(dy) as [Tensor]
  }

  protected override compute(x: Value): Value {
    const cols = x instanceof Tensor ? x.shape[x.rank - 1] : undefined
    if (!(x instanceof Tensor) || !cols) throw new ShapeError(this.name, 'a tensor [..., classes]', formText(x))
    const y = new Tensor(allocate(x.dtype as FloatDType, x.data.length), x.shape)
    this.rowForward()(cols, x.data as FloatArray, y.data as FloatArray)
    this.kept = y
    return y
  }

  protected override derive(dy: Value, y: Tensor): Value[] {
    const upstream = (dy as Tensor).data as FloatArray
    const dx = allocate(y.dtype as FloatDType, upstream.length)
    this.rowBackward()(y.shape[y.rank - 1]!, y.data as FloatArray, upstream, dx)
    return [new Tensor(dx, y.shape)]
  }
}

/** e^x/Σe^x along the last axis, stable; dx = y·(dy − Σ dy·y). */
export class Softmax extends RowGate {
  protected override rowForward(): RowForward {
    return native().softmaxForward
  }
  protected override rowBackward(): RowBackward {
    return native().softmaxBackward
  }
}

/** x − log Σe^x along the last axis, stable; dx = dy − e^y·Σdy. */
export class LogSoftmax extends RowGate {
  protected override rowForward(): RowForward {
    return native().logSoftmaxForward
  }
  protected override rowBackward(): RowBackward {
    return native().logSoftmaxBackward
  }
}
