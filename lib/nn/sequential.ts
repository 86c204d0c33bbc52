// Sequential: gates one after the other, itself a gate.
import { ArgumentError } from '../errors.js'
import { ElementwiseGate } from '../gates/elementwise.js'
import { type BackwardOptions, BuiltinGate, type Gate, gateName, type Value } from '../gates/gate.js'
import { watcher } from '../gates/watch.js'
import type { DType } from '../tensor/dtype.js'
import type { Tensor } from '../tensor/tensor.js'
import { Linear } from './linear.js'
import { Model, type TraceStep } from './model.js'
import { inputsOf, widthAfterAll } from './widths.js'

/**
 * A network of gates in a row. Layers, activations, other models and user-written gates may stand in it; a user's gate
 * that has parameters returns them from `parameters()`.
 *
 * forward(x) → y keeps what backward needs. backward(dy) → [dx] overwrites the gradients of all parameters (=); with
 * `{ accumulate: true }` it adds to them (+=).
 */
export class Sequential extends Model {
  /** @throws ArgumentError for what is no gate, for a gate given twice, and for layers that belong to another model */
  constructor(...gates: Gate[]) {
    checkDistinct('Sequential', gates)
    super(
      'Sequential',
      gates.map((gate, i) => [String(i), gate]),
    )
  }

  override get inputs(): number | undefined {
    return inputsOf(this.gates)
  }
  override outputsFor(width: number | undefined): number | undefined {
    return widthAfterAll(this.gates, width)
  }
  override get inputDType(): DType {
    return inputDTypeOf(this.gates[0], this.dtype)
  }

  protected override compute(x: Value): Value {
    return runChain(this.rules, x)
  }

  protected override derive(dy: Value, _kept: unknown, given: BackwardOptions): Value[] {
    return backChain(this.rules, dy, given)
  }

  override infer(x: Tensor): Tensor
  override infer(x: Value): Value
  override infer(x: Value): Value {
    return inferChain(this.rules, x)
  }

  override *trace(x: Value): Generator<TraceStep, void, undefined> {
    let output = x
    for (const [i, gate] of this.gates.entries()) {
      output = inferGate(this.rules[i]!, output)
      yield { name: this.names[i]!, gate, output }
    }
  }
}

/** Throws ArgumentError if a gate stands in the list twice. */
export function checkDistinct(operation: string, gates: readonly Gate[]): void {
  for (const [i, gate] of gates.entries()) {
    const first = gates.indexOf(gate)
    if (first !== i) throw new ArgumentError(operation, 'each gate once', `${gateName(gate)} at ${first} and ${i}`)
  }
}

/**
 * Element type of the input of a network of type `dtype` that begins with a gate: int32 where that looks something up. An
 * inner network without parameters has no type of its own.
 */
export function inputDTypeOf(first: Gate | undefined, dtype: DType): DType {
  return (first as { readonly inputDType?: DType } | undefined)?.inputDType === 'int32' ? 'int32' : dtype
}

/** One gate as in inference; a user's own gate has only one way to run. */
export function inferGate(gate: Gate, ...inputs: Value[]): Value {
  return gate instanceof BuiltinGate ? gate.infer(...inputs) : gate.forward(...inputs)
}

/** Forward through gates in a row; a linear layer and the activation after it run in one sweep. */
export function runChain(gates: readonly Gate[], x: Value): Value {
  let value = x
  for (let i = 0; i < gates.length; i++) {
    const gate = gates[i]!
    const next = gates[i + 1]
    if (gate instanceof Linear && next instanceof ElementwiseGate && !watcher()) {
      value = gate.forwardWith(next, value)
      i++
    } else value = gate.forward(value)
  }
  return value
}

/** The same as in inference. */
export function inferChain(gates: readonly Gate[], x: Value): Value {
  let value = x
  for (let i = 0; i < gates.length; i++) {
    const gate = gates[i]!
    const next = gates[i + 1]
    if (gate instanceof Linear && next instanceof ElementwiseGate) {
      value = gate.inferWith(next, value)
      i++
    } else value = inferGate(gate, value)
  }
  return value
}

/** Backward through gates in a row; [] where the gradient of the input is not wanted. */
export function backChain(gates: readonly Gate[], dy: Value, given: BackwardOptions): Value[] {
  const { accumulate = false, inputGradient = true } = given
  let upstream = dy
  for (let i = gates.length - 1; i >= 0; i--) {
    const gate = gates[i]!
    const wanted = { accumulate, inputGradient: inputGradient || i > 0 }
    const [dx] = gate instanceof BuiltinGate ? gate.backward(upstream, wanted) : gate.backward(upstream)
    if (dx === undefined) return []
    upstream = dx
  }
  return [upstream]
}
