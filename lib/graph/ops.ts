// The operators as functions: ops.add(x, y) is x.add(y), and the first operand may be a number or tensor too.
import { constant, type Operand, Variable } from './variable.js'

type Method<F> = F extends (...args: infer A) => Variable ? (x: Operand, ...args: A) => Variable : never

// Methods of Variable that are no operators.
type Other = 'backward' | 'zeroGrad' | 'named' | 'toString' | 'apply'

/** Every operator of {@link Variable} as a function of its operands. */
export type Operators = {
  readonly [K in Exclude<keyof Variable, Other> as Variable[K] extends (...args: never[]) => Variable
    ? K
    : never]: Method<Variable[K]>
}

const others: readonly string[] = ['constructor', 'backward', 'zeroGrad', 'named', 'toString', 'name', 'apply']

function operators(): Operators {
  const made: Record<string, unknown> = {}
  for (const name of Object.getOwnPropertyNames(Variable.prototype)) {
    if (others.includes(name)) continue
    const method = (Variable.prototype as unknown as Record<string, (...args: unknown[]) => Variable>)[name]!
    made[name] = (x: Operand, ...args: unknown[]) => method.call(x instanceof Variable ? x : constant(x), ...args)
  }
  return Object.freeze(made) as Operators
}

/**
 * The operators as functions: `ops.mul(ops.add(x, y), z)`, `ops.exp(x)`, `ops.sub(1, x)`. Operands are variables, numbers or
 * tensors; the result is a variable.
 */
export const ops: Operators = operators()
