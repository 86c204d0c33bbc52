// The transpose of a linear gate as a gate: its forward is the linear gate's backward, its backward the gate's forward.
import { BuiltinGate, type Gate, type Value } from '../../gates/gate.js'
import { Slice } from '../../gates/parts.js'
import { Gather } from '../../gates/select.js'
import type { Variable } from '../variable.js'
import { type Entry, entry, type GateClass } from './rule.js'

/** dx = Lᵀ·dy of a linear gate L of one input. */
class Adjoint extends BuiltinGate {
  /** Makes L. */
  readonly linear: () => Gate
  // Has the form of L's input; its elements do not matter.
  readonly #input: Value

  constructor(linear: () => Gate, input: Value) {
    super()
    this.linear = linear
    this.#input = input
  }

  override get name(): string {
    return `${this.linear().name}ᵀ`
  }

  protected override compute(dy: Value): Value {
    const gate = this.linear()
    gate.forward(this.#input)
    return gate.backward(dy)[0]!
  }

  protected override derive(ddx: Value): Value[] {
    return [this.linear().forward(ddx)]
  }
}

function linear<G extends Gate>(type: GateClass<G>, again: (gate: G) => Gate): Entry {
  return entry(type, (dy: Variable, [x], _y, gate) => [() => dy.apply(new Adjoint(() => again(gate), x!.value))])
}

export const adjointRules: readonly Entry[] = [
  linear(Slice, ({ slices }) => new Slice(slices)),
  linear(Gather, ({ indices, axis }) => new Gather(indices, { axis })),
  entry(Adjoint, (ddx, _inputs, _y, gate) => [() => ddx.apply(gate.linear())]),
]
