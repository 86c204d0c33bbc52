// Variables: values that remember the gates they came from. Wiring gates makes a graph; backward() runs it in reverse and
// adds gradients at branches.
import { describe } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { AddConstant, Power, Scale } from '../gates/arithmetic.js'
import { Add, Divide, Maximum, Minimum, Multiply, Pow, Subtract } from '../gates/binary.js'
import { checked, type Gate, gateName, type Value } from '../gates/gate.js'
import { MatMul } from '../gates/matmul.js'
import { type AxisOptions, Max, Min } from '../gates/reductions.js'
import { Reshape } from '../gates/shapes.js'
import { type NestedInput, tensor } from '../tensor/create.js'
import { Tensor } from '../tensor/tensor.js'
import { claim } from './backward.js'
import { type GateMethods, methods } from './methods.js'
import { type GraphOptions, runBackward } from './run.js'

/** What graph operators take: a variable, or a constant. */
export type Operand = Variable | Value

/**
 * A node of a graph: a value, its gradient, and, unless it is a leaf, the gate that made it. Make leaves with
 * {@link variable}; operators make the others.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: further methods are defined below, from their table
export class Variable {
  /** The forward value. */
  readonly value: Value
  /** The gate this variable is the output of; undefined for leaves. */
  readonly gate: Gate | undefined
  /** The gate's inputs, in order. */
  readonly inputs: readonly Variable[]
  /** Whether this is a number or tensor that stood in an expression: a leaf that takes no gradient. */
  readonly constant: boolean
  /**
   * The gradient of the last backward() with respect to this variable, of the value's form. Leaves add up over several
   * calls until zeroGrad(); null before the first, and for constants.
   */
  grad: Value | null = null
  /** The same as a variable, after backward({ createGraph: true }): differentiate it again. */
  gradVariable: Variable | null = null
  /** @internal Whether backward has run through the gate, which has then let go of what it kept. */
  spent = false
  #name: string | undefined

  /** @internal Use {@link variable} and {@link apply}. */
  constructor(value: Value, name?: string, gate?: Gate, inputs: readonly Variable[] = [], constant = false) {
    this.value = value
    this.gate = gate
    this.inputs = inputs
    this.constant = constant
    this.#name = name
  }

  /** The name in pictures and reports. */
  get name(): string | undefined {
    return this.#name
  }
  /** Names this variable, and returns it: `x.add(y).named('q')`. */
  named(name: string): this {
    this.#name = nameOf('named', name)
    return this
  }

  /** The output of a gate, built-in or a user's own, that takes this variable first: see {@link apply}. */
  apply(gate: Gate, ...others: Operand[]): Variable {
    return apply(gate, this, ...others)
  }
  /** This variable plus another or a constant. */
  add(other: Operand): Variable {
    return typeof other === 'number' ? wire(new AddConstant(other), this) : wire(new Add(), this, other)
  }
  /** This variable minus another or a constant. */
  sub(other: Operand): Variable {
    return typeof other === 'number' ? wire(new AddConstant(-other), this) : wire(new Subtract(), this, other)
  }
  /** Product, element by element. */
  mul(other: Operand): Variable {
    return typeof other === 'number' ? wire(new Scale(other), this) : wire(new Multiply(), this, other)
  }
  /** Quotient, element by element. */
  div(other: Operand): Variable {
    return wire(new Divide(), this, other)
  }
  /** The larger of this and another, element by element; or the largest element, of all (a number) or along axes. */
  max(other: Operand | AxisOptions = {}): Variable {
    return isOperand(other) ? wire(new Maximum(), this, other) : wire(new Max(other), this)
  }
  /** The smaller of this and another, element by element; or the smallest element, of all (a number) or along axes. */
  min(other: Operand | AxisOptions = {}): Variable {
    return isOperand(other) ? wire(new Minimum(), this, other) : wire(new Min(other), this)
  }
  /** This to the power of a constant number or of another variable or tensor. */
  pow(exponent: Operand): Variable {
    return typeof exponent === 'number' ? wire(new Power(exponent), this) : wire(new Pow(), this, exponent)
  }
  /** Matrix product: see MatMul. */
  matmul(other: Operand): Variable {
    return wire(new MatMul(), this, other)
  }
  /** The same elements under another shape. */
  reshape(...shape: number[]): Variable {
    return wire(new Reshape(shape), this)
  }

  /**
   * Runs the graph in reverse from here: afterwards `grad` of every variable is the gradient of this one with respect to it.
   * As in PyTorch, leaves add up over several calls, and a graph is used up by it unless `retainGraph` keeps it.
   * @param upstream - gradient with respect to this variable; default 1, which needs an output of one number
   * @throws ShapeError for a tensor without upstream, StateError if backward has run through one of the gates before
   */
  backward(upstream?: Value, options?: GraphOptions): void
  backward(options: GraphOptions): void
  backward(first?: Value | GraphOptions, second?: GraphOptions): void {
    const isOptions = second === undefined && typeof first === 'object' && !(first instanceof Tensor)
    const [upstream, given] = isOptions ? [undefined, first] : [first as Value | undefined, second]
    runBackward([this], [upstream], given, constant)
  }

  /** Forgets the gradients of this variable and of everything it was made from. */
  zeroGrad(): void {
    const stack: Variable[] = [this]
    const seen = new Set<Variable>(stack)
    for (let node = stack.pop(); node; node = stack.pop()) {
      node.grad = null
      node.gradVariable = null
      for (const input of node.inputs) {
        if (seen.has(input)) continue
        seen.add(input)
        stack.push(input)
      }
    }
  }

  /** Name, value and gradient in a line. */
  toString(): string {
    const grad = this.grad === null ? '' : `, grad ${this.grad}`
    return `${this.name ?? this.gate?.name ?? 'variable'}: ${this.value}${grad}`
  }
}

export interface Variable extends GateMethods<Variable> {}

for (const [name, GateOf] of Object.entries(methods)) {
  const make = GateOf as new (...args: unknown[]) => Gate
  Object.defineProperty(Variable.prototype, name, {
    value(this: Variable, ...args: unknown[]): Variable {
      return wire(new make(...args), this)
    },
  })
}

function isOperand(value: unknown): value is Operand {
  return typeof value === 'number' || value instanceof Variable || value instanceof Tensor
}

/**
 * A leaf of a graph.
 * @param value - a number, a tensor, or nested arrays (float32)
 * @param name - for pictures and reports
 */
export function variable(value: Value | NestedInput, name?: string): Variable {
  const known = name === undefined ? undefined : nameOf('variable', name)
  return new Variable(typeof value === 'number' || value instanceof Tensor ? value : tensor(value), known)
}

function nameOf(operation: string, name: unknown): string {
  if (typeof name !== 'string') throw new ArgumentError(operation, 'name to be a string', describe(name))
  return name
}

/** A leaf that takes no gradient. */
export function constant(value: Value): Variable {
  return new Variable(value, undefined, undefined, [], true)
}

/**
 * Wires a gate, built-in or a user's own, to variables and constants, and computes its output. The gate belongs to the new
 * variable until it is wired again: backward through an earlier one is then an error.
 */
export function apply(gate: Gate, ...operands: Operand[]): Variable {
  const made = wire(checked(gate), ...operands)
  claim(gate, made)
  return made
}

/** @internal The same for a gate that nobody else holds. */
export function wire(gate: Gate, ...operands: Operand[]): Variable {
  const inputs = operands.map((operand) => {
    if (isOperand(operand)) return operand instanceof Variable ? operand : constant(operand)
    throw new ArgumentError(gateName(gate), 'variables, numbers or tensors', describe(operand))
  })
  return new Variable(gate.forward(...inputs.map((input) => input.value)), undefined, gate, inputs)
}

/**
 * Runs the graphs of several roots in reverse at once; their gradients add. Each gate runs once.
 * @param roots - the outputs
 * @param upstreams - the gradient with respect to each; may be left out for roots of one number
 * @throws as {@link Variable.backward}
 */
export function backward(
  roots: readonly Variable[],
  upstreams: readonly (Value | undefined)[] = [],
  options?: GraphOptions,
): void {
  if (!Array.isArray(roots) || !Array.from(roots).every((root) => root instanceof Variable)) {
    throw new ArgumentError('backward', 'an array of variables', describe(roots))
  }
  if (!Array.isArray(upstreams) || upstreams.length > roots.length) {
    throw new ArgumentError('backward', `at most ${roots.length} upstream gradients`, describe(upstreams))
  }
  runBackward(roots, upstreams, options, constant)
}
