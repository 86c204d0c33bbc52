// Matchers of pieces of a graph: small functions that are put together as the expressions they look for.
import { AddConstant, Negate, Power, Reciprocal, Scale } from '../../gates/arithmetic.js'
import { Add, Divide, Multiply, Subtract } from '../../gates/binary.js'
import type { ElementwiseGate } from '../../gates/elementwise.js'
import type { Gate, Value } from '../../gates/gate.js'
import type { GateClass } from '../rules/rule.js'
import type { Variable } from '../variable.js'

/** A node of the graph that is being rewritten. */
export interface Step {
  /** The variable it stands for; undefined for one that a replacement brought in. */
  readonly variable: Variable | undefined
  /** A value of its form. */
  readonly value: Value
  gate: Gate | undefined
  inputs: readonly Step[]
  /** The steps that take its output. */
  readonly users: Set<Step>
  /** Whether it is used outside the graph, as its root. */
  readonly kept: boolean
}

/** What a matcher has found. */
export class Found {
  /** The gates of the expression, its root first. */
  readonly steps: Step[] = []
  /** The expression's free variables. */
  readonly variables: Record<string, Step> = {}
  /** Numbers that stand in it. */
  readonly numbers: Record<string, number> = {}
  readonly #undo: (() => void)[] = []

  /** Names a step, unless another has the name. */
  name(name: string, step: Step): boolean {
    const { variables } = this
    if (variables[name] !== undefined) return variables[name] === step
    variables[name] = step
    this.#undo.push(() => delete variables[name])
    return true
  }

  /** Sets a number. */
  number(name: string, value: number): void {
    const { numbers } = this
    const before = numbers[name]
    if (before === undefined) this.#undo.push(() => delete numbers[name])
    else {
      this.#undo.push(() => {
        numbers[name] = before
      })
    }
    numbers[name] = value
  }

  /** Runs a matcher; one that fails leaves no trace. */
  attempt(matches: Matcher, step: Step): boolean {
    const steps = this.steps.length
    const changes = this.#undo.length
    if (matches(step, this)) return true
    while (this.steps.length > steps) this.steps.pop()
    while (this.#undo.length > changes) this.#undo.pop()!()
    return false
  }
}

/** Whether a step is the root of an expression; what it consists of is added to `found`. */
export type Matcher = (step: Step, found: Found) => boolean

/** Anything; the same step wherever the name occurs. */
export function any(name: string): Matcher {
  return (step, found) => found.name(name, step)
}

/** The number c as a constant. */
function constant(c: number): Matcher {
  return ({ variable }) => variable?.constant === true && variable.value === c
}

/** A gate of exactly this class, on such inputs. */
export function is(type: GateClass, ...inputs: Matcher[]): Matcher {
  return (step, found) => {
    if (step.gate?.constructor !== type || step.inputs.length !== inputs.length) return false
    found.steps.push(step)
    return inputs.every((matches, i) => matches(step.inputs[i]!, found))
  }
}

// The same of a class with one constant.
function holds(type: GateClass, c: number, input: Matcher): Matcher {
  return (step, found) =>
    (step.gate as ElementwiseGate | undefined)?.constants?.[0] === c && is(type, input)(step, found)
}

/** The first of several that matches. */
export function either(...matchers: Matcher[]): Matcher {
  return (step, found) => matchers.some((matches) => found.attempt(matches, step))
}

/** A gate of two inputs, in either order. */
export function both(type: GateClass, a: Matcher, b: Matcher): Matcher {
  return either(is(type, a, b), is(type, b, a))
}

/** c + m */
export function plus(c: number, m: Matcher): Matcher {
  return either(holds(AddConstant, c, m), both(Add, constant(c), m), is(Subtract, m, constant(-c)))
}

/** a·m, −m for a = −1 */
export function times(a: number, m: Matcher): Matcher {
  const scaled = either(holds(Scale, a, m), both(Multiply, constant(a), m), is(Divide, m, constant(1 / a)))
  return a === -1 ? either(is(Negate, m), scaled, is(Subtract, constant(0), m)) : scaled
}

/** c + a·m */
export function line(c: number, a: number, m: Matcher): Matcher {
  const product = (factor: number) => (factor === 1 ? m : times(factor, m))
  return either(plus(c, product(a)), is(Subtract, constant(c), product(-a)))
}

/** a/m */
export function over(a: number, m: Matcher): Matcher {
  const inverse = either(is(Reciprocal, m), holds(Power, -1, m))
  return either(is(Divide, constant(a), m), a === 1 ? inverse : times(a, inverse))
}

// Longer products are none that a loss is scaled with; the search stays linear in the size of the graph.
const MOST_FACTORS = 8

/** m times any constants, whose product is multiplied to the number `name`. */
export function scaled(name: string, m: Matcher): Matcher {
  return (step, found) => {
    let at = step
    let factor = 1
    for (let count = 0, next = factorOf(at); next && count < MOST_FACTORS; count++, next = factorOf(at)) {
      found.steps.push(at)
      factor *= next.factor
      at = next.of
    }
    found.number(name, (found.numbers[name] ?? 1) * factor)
    return m(at, found)
  }
}

function factorOf({ gate, inputs }: Step): { factor: number; of: Step } | undefined {
  const type = gate?.constructor
  const [x, y] = inputs
  if (type === Negate) return { factor: -1, of: x! }
  if (type === Scale) return { factor: (gate as Scale).constants[0], of: x! }
  if (type !== Multiply && type !== Divide) return undefined
  const number = (step: Step) => (step.variable?.constant && typeof step.value === 'number' ? step.value : undefined)
  const [a, b] = [number(x!), number(y!)]
  if (b !== undefined) return { factor: type === Multiply ? b : 1 / b, of: x! }
  return a !== undefined && type === Multiply ? { factor: a, of: y! } : undefined
}

/** Such a step, if what `fits` says of it holds. */
export function where(m: Matcher, fits: (step: Step, found: Found) => boolean): Matcher {
  return (step, found) => m(step, found) && fits(step, found)
}
