// Variables: values that remember the gates they came from. Wiring gates makes a graph; backward() runs it in reverse and
// adds gradients at branches.
import { describe } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { type ActivationName, activations } from '../gates/activations.js'
import { Abs, AddConstant, Exp, Log, Negate, Power, Reciprocal, Scale, Sqrt, Square } from '../gates/arithmetic.js'
import { Add, Divide, Maximum, Minimum, Multiply, Subtract } from '../gates/binary.js'
import { checked, type Gate, type Value } from '../gates/gate.js'
import { MatMul } from '../gates/matmul.js'
import { type AxisOptions, Mean, SquaredNorm, Sum } from '../gates/reductions.js'
import { Reshape, Transpose } from '../gates/shapes.js'
import { type NestedInput, tensor } from '../tensor/create.js'
import { Tensor } from '../tensor/tensor.js'
import { runBackward } from './backward.js'

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
  /** The name in pictures and reports. */
  readonly name: string | undefined
  /** The gate this variable is the output of; undefined for leaves. */
  readonly gate: Gate | undefined
  /** The gate's inputs, in order. */
  readonly inputs: readonly Variable[]
  /**
   * The gradient of the last backward() with respect to this variable, of the value's form. Leaves add up over several
   * calls until zeroGrad(); null before the first.
   */
  grad: Value | null = null

  /** @internal Use {@link variable} and {@link apply}. */
  constructor(value: Value, name?: string, gate?: Gate, inputs: readonly Variable[] = []) {
    this.value = value
    this.name = name
    this.gate = gate
    this.inputs = inputs
  }

  /** This variable plus another or a constant. */
  add(other: Operand): Variable {
    return typeof other === 'number' ? apply(new AddConstant(other), this) : apply(new Add(), this, other)
  }
  /** This variable minus another or a constant. */
  sub(other: Operand): Variable {
    return typeof other === 'number' ? apply(new AddConstant(-other), this) : apply(new Subtract(), this, other)
  }
  /** Product, element by element. */
  mul(other: Operand): Variable {
    return typeof other === 'number' ? apply(new Scale(other), this) : apply(new Multiply(), this, other)
  }
  /** Quotient, element by element. */
  div(other: Operand): Variable {
    return apply(new Divide(), this, other)
  }
  /** The larger of the two, element by element. */
  max(other: Operand): Variable {
    return apply(new Maximum(), this, other)
  }
  /** The smaller of the two, element by element. */
  min(other: Operand): Variable {
    return apply(new Minimum(), this, other)
  }
  /** Matrix product: see MatMul. */
  matmul(other: Operand): Variable {
    return apply(new MatMul(), this, other)
  }
  /** −x */
  neg(): Variable {
    return apply(new Negate(), this)
  }
  /** e^x */
  exp(): Variable {
    return apply(new Exp(), this)
  }
  /** Natural logarithm. */
  log(): Variable {
    return apply(new Log(), this)
  }
  /** 1/x */
  reciprocal(): Variable {
    return apply(new Reciprocal(), this)
  }
  /** √x */
  sqrt(): Variable {
    return apply(new Sqrt(), this)
  }
  /** x² */
  square(): Variable {
    return apply(new Square(), this)
  }
  /** x^p for a constant p. */
  pow(p: number): Variable {
    return apply(new Power(p), this)
  }
  /** |x| */
  abs(): Variable {
    return apply(new Abs(), this)
  }
  /** The transposed matrix. */
  transpose(): Variable {
    return apply(new Transpose(), this)
  }
  /** The same elements under another shape. */
  reshape(...shape: number[]): Variable {
    return apply(new Reshape(shape), this)
  }
  /** The sum of all elements (a number), or along an axis. */
  sum(options?: AxisOptions): Variable {
    return apply(new Sum(options), this)
  }
  /** The mean of all elements (a number), or along an axis. */
  mean(options?: AxisOptions): Variable {
    return apply(new Mean(options), this)
  }
  /** ‖x‖², a number. */
  squaredNorm(): Variable {
    return apply(new SquaredNorm(), this)
  }

  /**
   * Runs the graph in reverse from here: afterwards `grad` of every variable is the gradient of this one with respect to it.
   * @param upstream - gradient with respect to this variable; default 1, which needs a number
   * @throws ShapeError for a tensor without upstream, StateError if a gate's backward has run since its forward
   */
  backward(upstream?: Value): void {
    runBackward(this, upstream)
  }

  /** Forgets the gradients of this variable and of everything it was made from. */
  zeroGrad(): void {
    const stack: Variable[] = [this]
    const seen = new Set<Variable>(stack)
    for (let node = stack.pop(); node; node = stack.pop()) {
      node.grad = null
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
      return apply(new make(options), this)
    },
  })
}

/**
 * A leaf of a graph.
 * @param value - a number, a tensor, or nested arrays (float32)
 * @param name - for pictures and reports
 */
export function variable(value: Value | NestedInput, name?: string): Variable {
  if (name !== undefined && typeof name !== 'string')
    throw new ArgumentError('variable', 'name to be a string', describe(name))
  if (typeof value === 'number' || value instanceof Tensor) return new Variable(value, name)
  return new Variable(tensor(value), name)
}

/**
 * Wires a gate, built-in or a user's own, to variables and constants, and computes its output. The gate belongs to the new
 * variable: use a gate once.
 */
export function apply(gate: Gate, ...operands: Operand[]): Variable {
  const rules = checked(gate)
  const inputs = operands.map((operand) => {
    if (operand instanceof Variable) return operand
    if (typeof operand === 'number' || operand instanceof Tensor) return new Variable(operand)
    throw new ArgumentError(rules.name ?? 'apply', 'variables, numbers or tensors', describe(operand))
  })
  return new Variable(rules.forward(...inputs.map((input) => input.value)), undefined, rules, inputs)
}
