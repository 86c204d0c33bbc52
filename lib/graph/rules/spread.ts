// Broadcasting and its transpose as gates: a gradient is summed to its input's form, or spread to it.
import { BuiltinGate, type Value } from '../../gates/gate.js'
import { filledLike, sumTo } from '../../gates/ops.js'
import { expand } from '../../gates/strided.js'
import { sameShape } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { Variable } from '../variable.js'
import { type Entry, entry } from './rule.js'

// `like` has the form wanted; its elements are not read.
abstract class FormGate extends BuiltinGate<Value> {
  protected readonly like: Value

  constructor(like: Value) {
    super()
    this.like = like
  }
}

function spreadTo(x: Value, like: Value): Value {
  return typeof x === 'number' ? filledLike(like, x) : expand(x, (like as Tensor).shape)
}

/** Repeats a number or a tensor up to a form it broadcasts to; keeps the input's form; dx = dy summed. */
export class Spread extends FormGate {
  protected override compute(x: Value): Value {
    this.kept = x
    return spreadTo(x, this.like)
  }

  protected override derive(dy: Value, x: Value): Value[] {
    return [sumTo(dy, x)]
  }
}

/** Sums over broadcast axes down to a form; keeps the input's form; dx = dy spread. */
export class SumTo extends FormGate {
  protected override compute(x: Value): Value {
    this.kept = x
    return sumTo(x, this.like)
  }

  protected override derive(dy: Value, x: Value): Value[] {
    return [spreadTo(dy, x)]
  }
}

/** Whether two values are both numbers, or tensors of one shape. */
function sameForm(a: Value, b: Value): boolean {
  return typeof a === 'number' || typeof b === 'number' ? typeof a === typeof b : sameShape(a.shape, b.shape)
}

/** A gradient summed to the form of the input that was broadcast. */
export function sumToForm(gradient: Variable, input: Variable): Variable {
  return sameForm(gradient.value, input.value) ? gradient : gradient.apply(new SumTo(input.value))
}

/** A gradient repeated to the form of the input that was summed. */
export function spreadToForm(gradient: Variable, like: Value): Variable {
  return sameForm(gradient.value, like) ? gradient : gradient.apply(new Spread(like))
}

export const spreadRules: readonly Entry[] = [
  entry(Spread, (dy, [x]) => [() => sumToForm(dy, x!)]),
  entry(SumTo, (dy, [x]) => [() => spreadToForm(dy, x!.value)]),
]
