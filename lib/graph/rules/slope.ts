// f′ of an elementwise gate as a gate of its own: the value comes from the kernel that backward runs, so that gradients
// agree to the last bit, and its derivative is f″ in graph operations.

import { Multiply } from '../../gates/binary.js'
import type { ElementwiseGate } from '../../gates/elementwise.js'
import { BuiltinGate, type Value } from '../../gates/gate.js'
import { binary, filledLike } from '../../gates/ops.js'
import { native } from '../../native/load.js'
import { allocate, type FloatArray, type FloatDType } from '../../tensor/dtype.js'
import { Tensor } from '../../tensor/tensor.js'
import type { Variable } from '../variable.js'
import { type Entry, entry } from './rule.js'

/** f′ at an input x, whose output is y, from the gate's own backward kernel. */
export function slopeAt({ op, constants }: ElementwiseGate, x: Value, y: Value): Value {
  const kept = op.keeps === 'output' ? y : x
  const what = typeof kept === 'number' ? Float64Array.of(kept) : (kept.data as FloatArray)
  const one = typeof kept === 'number' ? Float64Array.of(1) : ((filledLike(kept, 1) as Tensor).data as FloatArray)
  const out = typeof kept === 'number' ? new Float64Array(1) : allocate(kept.dtype as FloatDType, what.length)
  native().unaryBackward(op.index, what, one, out, constants[0], constants[1])
  return typeof kept === 'number' ? out[0]! : new Tensor(out, kept.shape)
}

/** f″ of an elementwise gate, from its input: in graph operations, or a constant where f′ is made of straight pieces. */
export type Curvature = (x: Variable, gate: ElementwiseGate) => Variable | Value

/** f′(x) for one variable x; dx = dy·f″(x). */
export class Slope extends BuiltinGate<Value> {
  readonly #of: ElementwiseGate
  readonly #x: Variable
  readonly #y: Variable
  readonly #curvature: Curvature

  constructor(of: ElementwiseGate, x: Variable, y: Variable, curvature: Curvature) {
    super()
    this.#of = of
    this.#x = x
    this.#y = y
    this.#curvature = curvature
  }

  override get name(): string {
    return `${this.#of.name}′`
  }

  /** f″ where the slope was taken. */
  curvature(): Variable | Value {
    return this.#curvature(this.#x, this.#of)
  }

  protected override compute(x: Value): Value {
    return slopeAt(this.#of, x, this.#y.value)
  }

  protected override derive(dy: Value): Value[] {
    const curvature = this.curvature()
    const value = typeof curvature === 'number' || curvature instanceof Tensor ? curvature : curvature.value
    return [binary(this, 'multiply', dy, value)]
  }
}

export const slopeRules: readonly Entry[] = [
  entry(Slope, (dy, _inputs, _output, gate) => [() => dy.apply(new Multiply(), gate.curvature())]),
]
