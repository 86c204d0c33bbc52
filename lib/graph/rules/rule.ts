// The form of a rule: the derivative of a gate, stated in graph operations, so that it can be differentiated again.
import type { Gate } from '../../gates/gate.js'
import type { Variable } from '../variable.js'

/**
 * The gradients with respect to the inputs of one gate, as variables, each made only when it is asked for.
 * @param upstream - gradient with respect to the output
 * @param inputs - the gate's inputs; their histories are part of the derivative
 * @param output - the gate's output
 * @param gate - the gate, for its constants
 * @returns one function per input, that makes a variable of the input's form
 */
export type Rule<G extends Gate = Gate> = (
  upstream: Variable,
  inputs: readonly Variable[],
  output: Variable,
  gate: G,
) => readonly (() => Variable)[]

/** A class of gates. */
export type GateClass<G extends Gate = Gate> = abstract new (...args: never[]) => G

/** A class of gates and its rule. */
export type Entry = readonly [type: GateClass, rule: Rule]

/** A row of a table of rules. */
export function entry<G extends Gate>(type: GateClass<G>, rule: Rule<G>): Entry {
  return [type, rule as unknown as Rule]
}
