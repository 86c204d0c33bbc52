// Every gate's derivative in graph operations, by class: what gradients of gradients are made of.

import { describe } from '../../checks.js'
import { ArgumentError, StateError } from '../../errors.js'
import { type Gate, gateName, unwrapped } from '../../gates/gate.js'
import { adjointRules } from './adjoint.js'
import { algebraRules } from './algebra.js'
import { elementwiseRules } from './elementwise.js'
import { fusedRules } from './fused.js'
import type { GateClass, Rule } from './rule.js'
import { shapeRules } from './shapes.js'
import { slopeRules } from './slope.js'
import { spreadRules } from './spread.js'

const rules = new Map<unknown, Rule>([
  ...elementwiseRules,
  ...algebraRules,
  ...shapeRules,
  ...slopeRules,
  ...spreadRules,
  ...adjointRules,
])
for (const [type, rule] of fusedRules((other) => rules.get(other)!)) rules.set(type, rule)

/**
 * States the derivative of a gate of one's own in graph operations, so that gradients of gradients can pass it. A rule
 * holds for the class itself; subclasses state their own.
 * @param type - the gate's class
 * @param rule - from the upstream gradient, the inputs and the output, all variables, to one function per input that makes
 *   the gradient with respect to it
 * @throws ArgumentError for what is no class and function
 */
export function defineGradient<G extends Gate>(type: GateClass<G>, rule: Rule<G>): void {
  if (typeof type !== 'function') throw new ArgumentError('defineGradient', 'a class of gates', describe(type))
  if (typeof rule !== 'function') throw new ArgumentError('defineGradient', 'a rule, a function', describe(rule))
  rules.set(type, rule as unknown as Rule)
}

/**
 * The rule of a gate.
 * @throws StateError if there is none
 */
export function ruleOf(gate: Gate): Rule {
  const rule = rules.get(unwrapped(gate).constructor)
  if (!rule) {
    throw new StateError(
      'createGraph',
      'gates whose derivative is known as a graph (see defineGradient)',
      gateName(gate),
    )
  }
  return rule
}

/** Whether gradients of gradients can pass a gate. */
export function hasRule(gate: Gate): boolean {
  return rules.has(unwrapped(gate).constructor)
}
