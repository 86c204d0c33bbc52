// Variables: values that remember the gates they came from. Wiring gates makes a graph; backward() runs it in reverse and
// adds gradients at branches.
import { describe } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { type ActivationName, activations } from '../gates/activations.js'
import {
  Abs,
  AddConstant,
  Cos,
  Exp,
  Log,
  Negate,
  Power,
  Reciprocal,
  Scale,
  Sin,
  Sqrt,
  Square,
} from '../gates/arithmetic.js'
import { Add, Divide, Maximum, Minimum, Multiply, Subtract } from '../gates/binary.js'
import { checked, type Gate, gateName, type Value } from '../gates/gate.js'
import { MatMul } from '../gates/matmul.js'
import { type AxisOptions, Mean, SquaredNorm, Sum } from '../gates/reductions.js'
import { Reshape, Transpose } from '../gates/shapes.js'
import { LogSoftmax, Softmax } from '../gates/softmax.js'
import { type NestedInput, tensor } from '../tensor/create.js'
import { Tensor } from '../tensor/tensor.js'
import { claim } from './backward.js'
import { type GraphOptions, runBackward } from './run.js'

/** What graph operators take: a variable, or a constant. */
export type Operand = Variable | Value

/**
 * A node of a graph: a value, its gradient, and, unless it is a leaf, the gate that made it. Make leaves with
 * {@link variable}; operators make the others.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the activations' methods are defined below, from their table
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
  /** The larger of the two, element by element. */
  max(other: Operand): Variable {
    return wire(new Maximum(), this, other)
  }
  /** The smaller of the two, element by element. */
  min(other: Operand): Variable {
    return wire(new Minimum(), this, other)
  }
  /** Matrix product: see MatMul. */
  matmul(other: Operand): Variable {
    return wire(new MatMul(), this, other)
  }
  /** −x */
  neg(): Variable {
    return wire(new Negate(), this)
  }
  /** e^x */
  exp(): Variable {
    return wire(new Exp(), this)
  }
  /** Natural logarithm. */
  log(): Variable {
    return wire(new Log(), this)
  }
  /** 1/x */
  reciprocal(): Variable {
    return wire(new Reciprocal(), this)
  }
  /** √x */
  sqrt(): Variable {
    return wire(new Sqrt(), this)
  }
  /** x² */
  square(): Variable {
    return wire(new Square(), this)
  }
  /** x^p for a constant p. */
  pow(p: number): Variable {
    return wire(new Power(p), this)
  }
  /** |x| */
  abs(): Variable {
    return wire(new Abs(), this)
  }
  /** sin x */
  sin(): Variable {
    return wire(new Sin(), this)
  }
  /** cos x */
  cos(): Variable {
    return wire(new Cos(), this)
  }
  /** e^x/Σe^x along the last axis. */
  softmax(): Variable {
    return wire(new Softmax(), this)
  }
  /** x − log Σe^x along the last axis. */
  logSoftmax(): Variable {
    return wire(new LogSoftmax(), this)
  }
  /** The transposed matrix. */
  transpose(): Variable {
    return wire(new Transpose(), this)
  }
  /** The same elements under another shape. */
  reshape(...shape: number[]): Variable {
    return wire(new Reshape(shape), this)
  }
  /** The sum of all elements (a number), or along an axis. */
  sum(options?: AxisOptions): Variable {
    return wire(new Sum(options), this)
  }
  /** The mean of all elements (a number), or along an axis. */
  mean(options?: AxisOptions): Variable {
    return wire(new Mean(options), this)
  }
  /** ‖x‖², a number. */
  squaredNorm(): Variable {
    return wire(new SquaredNorm(), this)
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

/** One method per elementwise activation: `x.relu()`, `x.leakyRelu({ alpha: 0.1 })`. */
export type ActivationMethods = {
  [K in ActivationName]: (...options: ConstructorParameters<(typeof activations)[K]>) => Variable
}
export interface Variable extends ActivationMethods {}

for (const [name, Activation] of Object.entries(activations)) {
  const make = Activation as new (options?: object) => Gate
  Object.defineProperty(Variable.prototype, name, {
    value(this: Variable, options?: object): Variable {
      return wire(new make(options), this)
    },
  })
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

// The same for a gate that nobody else holds.
function wire(gate: Gate, ...operands: Operand[]): Variable {
  const inputs = operands.map((operand) => {
    if (operand instanceof Variable) return operand
    if (typeof operand === 'number' || operand instanceof Tensor) return constant(operand)
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
  if (!Array.isArray(roots) || !roots.every((root) => root instanceof Variable)) {
    throw new ArgumentError('backward', 'an array of variables', describe(roots))
  }
  if (!Array.isArray(upstreams) || upstreams.length > roots.length) {
    throw new ArgumentError('backward', `at most ${roots.length} upstream gradients`, describe(upstreams))
  }
  runBackward(roots, upstreams, options, constant)
}
