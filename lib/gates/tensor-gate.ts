// Base of the gates from one tensor to one tensor: types, and the refusal of numbers.
import { ShapeError } from '../errors.js'
import { Tensor } from '../tensor/tensor.js'
import { BuiltinGate, formText, type Value } from './gate.js'

/** A gate from a tensor to a tensor. Subclasses map and pull back; numbers are refused. */
export abstract class TensorGate<Kept = undefined> extends BuiltinGate<Kept> {
  /** The output; sets `kept`. */
  protected abstract map(x: Tensor): Tensor
  /** The gradient with respect to the input. */
  protected abstract pull(dy: Tensor, kept: Kept): Tensor

  override forward(x: Tensor): Tensor
  override forward(x: Value): Value
  override forward(x: Value): Value {
    return super.forward(x)
  }

  override backward(dy: Value): [Tensor] {
    return super.backward(dy) as [Tensor]
  }

  protected override compute(x: Value): Value {
    if (!(x instanceof Tensor)) throw new ShapeError(this.name, 'a tensor', formText(x))
    return this.map(x)
  }

  protected override derive(dy: Value, kept: Kept): Value[] {
    return [this.pull(dy as Tensor, kept)]
  }
}
