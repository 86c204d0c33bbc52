// Fusion: finds expressions in a graph for which there is one gate, and builds the graph anew with those gates.
import { describe } from '../../checks.js'
import { ArgumentError } from '../../errors.js'
import { type Gate, gateName, unwrapped } from '../../gates/gate.js'
import { again } from '../again.js'
import { topologicalOrder } from '../backward.js'
import { apply, Variable, wire } from '../variable.js'
import { Found, type Step } from './match.js'
import { type Pattern, patterns } from './patterns.js'

/** One replacement that {@link fuse} made. */
export interface Replacement {
  /** The expression that was found: `1/(1 + e^−x)`. */
  readonly expression: string
  /** The gate in its place: `Sigmoid`. */
  readonly by: string
  /** The gates that it replaces, the last first: `Reciprocal`, `AddConstant`, `Exp`, `Negate`. */
  readonly gates: readonly string[]
}

/**
 * Replaces what can be one gate by that gate: the sigmoid, tanh, softplus, softmax and their like from exponentials,
 * softmax with cross-entropy, x·W + b with its activation. Values are equal within rounding, gradients of the leaves too, and
 * large arguments that overflowed e^x no longer do.
 *
 * The new graph stands on the same leaves, so gradients go to the same places; the old graph stays as it is. Only layers and
 * gates of one's own, of which there cannot be a second, belong to the new graph afterwards. An expression is left alone
 * where something else uses a value from its inside.
 *
 *     const { fused, replaced } = fuse(x.neg().exp().add(1).reciprocal())   // fused.gate: a Sigmoid
 *
 * @param f - the root of the graph
 * @returns the root of the new graph, and what was replaced by what
 */
export function fuse(f: Variable): { fused: Variable; replaced: readonly Replacement[] } {
  if (!(f instanceof Variable)) throw new ArgumentError('fuse', 'a variable', describe(f))
  const steps = new Map<Variable, Step>()
  const replaced: Replacement[] = []
  const changed = new Set<Step>()
  for (const variable of topologicalOrder(f)) steps.set(variable, stepOf(variable, steps, variable === f))
  for (const step of steps.values()) {
    for (let made = rewrite(step); made; made = rewrite(step)) {
      replaced.push(made)
      changed.add(step)
    }
  }
  return { fused: rebuild(steps.get(f)!, changed), replaced }
}

function stepOf(variable: Variable, steps: ReadonlyMap<Variable, Step>, kept: boolean): Step {
  const inputs = variable.inputs.map((input) => steps.get(input)!)
  const gate = variable.gate && unwrapped(variable.gate)
  const step: Step = { variable, value: variable.value, gate, inputs, users: new Set(), kept }
  for (const input of inputs) input.users.add(step)
  return step
}

// Replaces the expression that ends at a step, if there is one.
function rewrite(root: Step): Replacement | undefined {
  if (!root.gate) return undefined
  let found = new Found()
  for (const pattern of patterns) {
    if (!found.attempt(pattern.matches, root)) continue
    const inside = new Set(found.steps)
    const isAlone = Array.from(inside).every((step) => step === root || isPrivate(step, inside))
    if (isAlone) return replace(root, inside, pattern, found)
    found = new Found()
  }
  return undefined
}

function isPrivate(step: Step, inside: ReadonlySet<Step>): boolean {
  if (step.kept) return false
  for (const user of step.users) if (!inside.has(user)) return false
  return true
}

function replace(root: Step, inside: ReadonlySet<Step>, pattern: Pattern, found: Found): Replacement {
  const gates = Array.from(inside, (step) => gateName(step.gate!))
  const { gate, inputs } = pattern.replace(found, root)
  for (const step of inside) for (const input of step.inputs) input.users.delete(step)
  root.gate = gate
  root.inputs = inputs.map((input) => ('of' in input ? between(input.gate, input.of) : input))
  for (const input of root.inputs) input.users.add(root)
  return { expression: pattern.text, by: gateName(gate), gates }
}

// A step that no variable of the old graph stands for, of its input's form.
function between(gate: Gate, of: Step): Step {
  const step: Step = { variable: undefined, value: of.value, gate, inputs: [of], users: new Set(), kept: false }
  of.users.add(step)
  return step
}

// Computes the new graph from the leaves up.
function rebuild(root: Step, replaced: ReadonlySet<Step>): Variable {
  const made = new Map<Step, Variable>()
  const changed = new Set<Step>()
  for (const step of topologicalOrder(root)) {
    const { variable, gate, inputs } = step
    if (!gate) {
      made.set(step, variable!)
      continue
    }
    if (!variable || replaced.has(step) || inputs.some((input) => changed.has(input))) changed.add(step)
    made.set(
      step,
      wired(
        step,
        inputs.map((input) => made.get(input)!),
        changed.has(step),
      ),
    )
  }
  return made.get(root)!
}

function wired({ variable, gate, value }: Step, inputs: readonly Variable[], isNew: boolean): Variable {
  const fresh = isNew && variable?.gate !== undefined && unwrapped(variable.gate) !== gate ? gate! : again(gate!, value)
  // There is no second one of this gate: it stays where it is, unless its inputs have changed or backward has used it.
  if (!fresh && !isNew && variable && !variable.spent) return variable
  const output = fresh ? wire(fresh, ...inputs) : apply(gate!, ...inputs)
  return variable?.name === undefined ? output : output.named(variable.name)
}
