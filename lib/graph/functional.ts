// Derivatives of functions: vjp, grad, valueAndGrad. Given numbers and tensors they return such; given variables they
// return variables, that can be differentiated again: grad(grad(f)).
import { describe, integer, options } from '../checks.js'
import { ArgumentError, ShapeError } from '../errors.js'
import { Identity } from '../gates/activations.js'
import { formText, type Value } from '../gates/gate.js'
import { filledLike } from '../gates/ops.js'
import type { NestedInput } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { pullValues, pullVariables } from './backward.js'
import { seedOf } from './run.js'
import { apply, constant, Variable, variable } from './variable.js'

/** What functions are differentiated at: numbers, tensors, nested arrays (float32), or variables to differentiate again. */
export type Input = Value | Variable | NestedInput

/** A function of variables with one output or several. */
export type GraphFunction = (...inputs: Variable[]) => Variable | readonly Variable[]
/** A function of variables with one output. */
export type SingleFunction = (...inputs: Variable[]) => Variable

/** The form in which a gradient with respect to an input of type T comes back. */
export type GradientOf<T> = T extends number ? number : T extends Variable ? Variable : Tensor

// Variables among the inputs make all results variables.
type Result<T extends readonly unknown[], V> = Extract<T[number], Variable> extends never ? V : Variable
type ResultAt<T extends readonly unknown[], I> = Result<T, I extends keyof T ? GradientOf<T[I]> : Value>

/** A function called once on variables of its own, ready to be differentiated. */
export interface Traced {
  /** The function's own variables, one per input. */
  readonly leaves: readonly Variable[]
  readonly outputs: readonly Variable[]
  /** Whether the function returned an array. */
  readonly several: boolean
  /** Whether a variable was among the inputs. */
  readonly lifted: boolean
}

/** Calls a function on its inputs. @throws ArgumentError unless it returns variables */
export function trace(operation: string, fn: unknown, inputs: readonly unknown[]): Traced {
  if (typeof fn !== 'function') throw new ArgumentError(operation, 'a function of variables', describe(fn))
  // An input that is a variable stands for itself through a gate of its own: only paths through this call count.
  const leaves = inputs.map((x) => (x instanceof Variable ? apply(new Identity(), x) : variable(x as Value)))
  const result: unknown = fn(...leaves)
  const outputs: readonly unknown[] = Array.isArray(result) ? result : [result]
  for (const output of outputs) {
    if (output instanceof Variable) continue
    throw new ArgumentError(operation, 'the function to return a variable', describe(output))
  }
  const lifted = inputs.some((x) => x instanceof Variable)
  return { leaves, outputs: outputs as Variable[], several: Array.isArray(result), lifted }
}

/** Gradients of traced outputs with respect to `targets`, as values; zeros where nothing depends on one. Retains the graph. */
export function gradientValues(
  outputs: readonly Variable[],
  upstreams: readonly Value[],
  targets: readonly Variable[],
  retain = true,
): Value[] {
  const request = { seeds: added(outputs, upstreams, (a, b) => variable(a).add(b).value), targets }
  const found = pullValues(request, retain)
  return targets.map((target) => found.get(target) ?? filledLike(target.value, 0))
}

/** The same as variables. */
export function gradientVariables(
  outputs: readonly Variable[],
  upstreams: readonly Variable[],
  targets: readonly Variable[],
): Variable[] {
  const found = pullVariables({ seeds: added(outputs, upstreams, (a, b) => a.add(b)), targets })
  return targets.map((target) => found.get(target) ?? constant(filledLike(target.value, 0)))
}

// One output may stand in several places.
function added<G>(outputs: readonly Variable[], upstreams: readonly G[], add: (a: G, b: G) => G): Map<Variable, G> {
  const seeds = new Map<Variable, G>()
  for (const [i, output] of outputs.entries()) {
    const sum = seeds.get(output)
    seeds.set(output, sum === undefined ? upstreams[i]! : add(sum, upstreams[i]!))
  }
  return seeds
}

/** What {@link vjp} returns: the function's value, and its gradients for any upstream. */
export interface VectorJacobianProduct<V, U, G> {
  /** What the function returned: a value, or an array of values where it returned an array. */
  readonly value: V
  /**
   * The gradients with respect to all inputs, in order; may be called any number of times.
   * @param upstream - gradient with respect to the value, of its form; default 1, which needs a value of one number
   */
  pullback(upstream?: U): G[]
}

/**
 * The value of a function and its pullback, the vector-Jacobian product.
 *
 *     const { value, pullback } = vjp((x, W) => W.matmul(x), x, W)
 *     const [dx, dW] = pullback(upstream)
 *
 * @param fn - from variables to a variable, or to an array of them
 * @param inputs - numbers, tensors or nested arrays; where one is a variable, all results are variables
 * @throws ArgumentError unless the function returns variables
 */
export function vjp<T extends readonly Input[]>(
  fn: SingleFunction,
  ...inputs: T
): VectorJacobianProduct<Result<T, Value>, Value | Variable, Result<T, Value>>
export function vjp<T extends readonly Input[]>(
  fn: (...inputs: Variable[]) => readonly Variable[],
  ...inputs: T
): VectorJacobianProduct<Result<T, Value>[], readonly (Value | Variable)[], Result<T, Value>>
export function vjp(fn: GraphFunction, ...inputs: Input[]): unknown {
  const { leaves, outputs, several, lifted } = trace('vjp', fn, inputs)
  const values = outputs.map((output) => (lifted ? output : output.value))
  return {
    value: several ? values : values[0],
    pullback(upstream?: Value | Variable | readonly (Value | Variable)[]) {
      const given = (several ? (upstream ?? []) : [upstream]) as readonly (Value | Variable | undefined)[]
      if (!Array.isArray(given) || given.length > outputs.length) {
        throw new ArgumentError('pullback', `an array of ${outputs.length} upstream gradients`, describe(upstream))
      }
      if (!lifted) {
        const seeds = outputs.map((output, i) => seedOf('pullback', output.value, given[i]))
        return gradientValues(outputs, seeds, leaves)
      }
      return gradientVariables(
        outputs,
        outputs.map((output, i) => seedVariable(output, given[i])),
        leaves,
      )
    },
  }
}

/** Where a gradient starts, as a variable. */
export function seedVariable(output: Variable, upstream: Value | Variable | undefined): Variable {
  const value = upstream instanceof Variable ? upstream.value : upstream
  const seed = seedOf('pullback', output.value, value)
  return upstream instanceof Variable ? upstream : constant(seed)
}

/** Options of {@link grad} and {@link valueAndGrad}. */
export interface GradOptions<A extends number | readonly number[] = number | readonly number[]> {
  /** With respect to which argument, or arguments, counted from 0. An array gives an array of gradients. Default 0. */
  arguments?: A
}

type Grads<T extends readonly unknown[], A> = A extends readonly number[]
  ? Result<T, Value>[]
  : ResultAt<T, A extends number ? `${A}` : never>

/**
 * The gradient of a function of one output number, as a function of the same arguments.
 *
 *     grad((x) => x.square().sum())(tensor([1, 2]))     // [2, 4]
 *     grad(grad((x) => x.pow(3)))(variable(2))          // a variable, 12
 *     grad(f, { arguments: [0, 1] })(x, W)              // [df/dx, df/dW]
 *
 * Given numbers and tensors it returns such; given a variable among them it returns variables, differentiable in turn, which
 * every gate on the way must have a rule for (all operators do).
 * @throws ShapeError unless the function's value is one number; StateError, given variables, for a gate without a rule
 */
export function grad<const A extends number | readonly number[] = 0>(
  fn: SingleFunction,
  given?: GradOptions<A>,
): <T extends readonly Input[]>(...inputs: T) => Grads<T, A> {
  const both = valueAndGrad(fn, given)
  return (...inputs) => both(...inputs).grad as never
}

/** {@link grad} together with the function's value. */
export function valueAndGrad<const A extends number | readonly number[] = 0>(
  fn: SingleFunction,
  given?: GradOptions<A>,
): <T extends readonly Input[]>(...inputs: T) => { value: Result<T, Value>; grad: Grads<T, A> } {
  const { arguments: chosen = 0 } = options('grad', given as GradOptions, ['arguments'])
  const list: readonly number[] = typeof chosen === 'number' ? [chosen] : chosen
  if (!Array.isArray(list)) throw new ArgumentError('grad', 'arguments to be a number or an array', describe(chosen))
  for (const index of list) integer('grad', 'arguments', index, 0)
  return (...inputs) => {
    for (const index of list) integer('grad', 'arguments', index, 0, inputs.length - 1)
    const { leaves, outputs, several, lifted } = trace('grad', fn, inputs)
    const [output] = outputs as [Variable]
    if (several) throw new ArgumentError('grad', 'the function to return one variable', `an array of ${outputs.length}`)
    if (typeof output.value !== 'number' && output.value.data.length !== 1) {
      throw new ShapeError('grad', 'a function whose value is one number', `a value ${formText(output.value)}`)
    }
    const targets = list.map((index) => leaves[index]!)
    const seed = seedOf('grad', output.value, undefined)
    const gradients = lifted
      ? gradientVariables([output], [constant(seed)], targets)
      : gradientValues([output], [seed], targets, false)
    const found = typeof chosen === 'number' ? gradients[0] : gradients
    return { value: lifted ? output : output.value, grad: found } as never
  }
}
