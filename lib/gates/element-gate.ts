// Base of the gates of one input that keep its form, on numbers and tensors: types of forward and backward.
import type { Tensor } from '../tensor/tensor.js'
import { BuiltinGate, type Value } from './gate.js'

/** A gate y = f(x) whose output and gradient have the form of its input. */
export abstract class ElementGate<Kept> extends BuiltinGate<Kept> {
  override forward(x: number): number
  override forward(x: Tensor): Tensor
  override forward(x: Value): Value
  override forward(x: Value): Value {
    return super.forward(x)
  }

  override backward(dy: number): [number]
  override backward(dy: Tensor): [Tensor]
  override backward(dy: Value): [Value]
  override backward(dy: Value): [Value] {
    return super.backward(dy) as [Value]
  }
}
