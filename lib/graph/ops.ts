// The operators as functions: ops.add(x, y) is x.add(y), and the first operand may be a number or tensor too.
import { describe } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { Concat, type JoinOptions, Stack } from '../gates/parts.js'
import { Where } from '../gates/select.js'
import { type GraphLoss, LossGate } from './loss.js'
import { apply, constant, type Operand, Variable } from './variable.js'

type Method<F> = F extends (...args: infer A) => Variable ? (x: Operand, ...args: A) => Variable : never

// Methods of Variable that are no operators.
type Other = 'backward' | 'zeroGrad' | 'named' | 'toString' | 'apply'

type Methods = {
  readonly [K in Exclude<keyof Variable, Other> as Variable[K] extends (...args: never[]) => Variable
    ? K
    : never]: Method<Variable[K]>
}

const others: readonly string[] = ['constructor', 'backward', 'zeroGrad', 'named', 'toString', 'name', 'apply']

function fromMethods(): Methods {
  const made: Record<string, unknown> = {}
  for (const name of Object.getOwnPropertyNames(Variable.prototype)) {
    if (others.includes(name)) continue
    const method = (Variable.prototype as unknown as Record<string, (...args: unknown[]) => Variable>)[name]!
    made[name] = (x: Operand, ...args: unknown[]) => method.call(x instanceof Variable ? x : constant(x), ...args)
  }
  return made as Methods
}

// Operators of lists of operands, and of operands among which none is the first.
const further = {
  /** Tensors one behind the other along an axis, 0 unless told. */
  concat(operands: readonly Operand[], options?: JoinOptions): Variable {
    return apply(new Concat(options), ...listOf('concat', operands))
  },
  /** Tensors of one shape, or numbers, side by side along a new axis, 0 unless told. */
  stack(operands: readonly Operand[], options?: JoinOptions): Variable {
    return apply(new Stack(options), ...listOf('stack', operands))
  },
  /** x where a fixed condition holds, y elsewhere: see {@link Where}. */
  where(condition: ConstructorParameters<typeof Where>[0], x: Operand, y: Operand): Variable {
    return apply(new Where(condition), x, y)
  },
  /** A loss of a prediction, for fixed targets: `ops.loss(new CrossEntropy(), logits, labels)`. */
  loss(loss: GraphLoss, prediction: Operand, ...targets: unknown[]): Variable {
    return apply(new LossGate(loss, targets), prediction)
  },
}

// They are passed on as arguments, for which engines have little room.
const MOST_OPERANDS = 10_000

function listOf(operation: string, operands: unknown): readonly Operand[] {
  if (!Array.isArray(operands) || operands.length > MOST_OPERANDS) {
    throw new ArgumentError(operation, `an array of at most ${MOST_OPERANDS} operands`, describe(operands))
  }
  return operands
}

/** Every operator of {@link Variable} as a function of its operands, and those of several. */
export type Operators = Methods & Readonly<typeof further>

/**
 * The operators as functions: `ops.mul(ops.add(x, y), z)`, `ops.exp(x)`, `ops.sub(1, x)`, `ops.concat([x, y])`. Operands are
 * variables, numbers or tensors; the result is a variable.
 */
export const ops: Operators = Object.freeze({ ...fromMethods(), ...further })
