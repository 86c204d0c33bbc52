// Explicit matrices of derivatives, for small functions, and products with them that never form them.
import { describe } from '../checks.js'
import { ArgumentError, ShapeError } from '../errors.js'
import { formText, type Value } from '../gates/gate.js'
import { filledLike } from '../gates/ops.js'
import type { NestedInput } from '../tensor/create.js'
import { allocate, type FloatDType } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import {
  type GraphFunction,
  grad,
  gradientValues,
  gradientVariables,
  type Input,
  type SingleFunction,
  seedVariable,
  trace,
  vjp,
} from './functional.js'
import { Variable, variable } from './variable.js'

/** The most elements that an explicit matrix of derivatives may have: 1 GiB in float64. */
const MOST = 2 ** 27

type Several<T extends readonly unknown[], R> = T extends readonly [unknown] ? R : R[]

/**
 * The explicit Jacobian of a function: entry [i, j] is the derivative of output i with respect to input j, its shape is the
 * output's shape followed by the input's (a number where both are numbers). For small functions: it costs one backward pass
 * per output element, and the memory of outputs × inputs. With several inputs: an array, one Jacobian for each.
 * @throws ShapeError for more than 2^27 elements, ArgumentError for variables as inputs
 */
export function jacobian<T extends readonly (Value | NestedInput)[]>(
  fn: SingleFunction,
  ...inputs: T
): Several<T, Value> {
  const { leaves, outputs, several, lifted } = trace('jacobian', fn, inputs)
  if (lifted || inputs.length === 0) {
    throw new ArgumentError('jacobian', 'numbers, tensors or nested arrays', lifted ? 'a variable' : 'none')
  }
  if (several) throw new ArgumentError('jacobian', 'a function of one output', `an array of ${outputs.length}`)
  const { value } = outputs[0]!
  const rows = sizeOf(value)
  const matrices = leaves.map((leaf) => emptyMatrix(value, leaf.value))
  for (let i = 0; i < rows; i++) {
    const gradients = gradientValues(outputs, [unit(value, i)], leaves, i < rows - 1)
    for (const [k, gradient] of gradients.entries()) {
      const n = sizeOf(gradient)
      if (typeof gradient === 'number') matrices[k]!.data[i] = gradient
      else matrices[k]!.data.set(gradient.data, i * n)
    }
  }
  const found = matrices.map((m, k) =>
    typeof value === 'number' && typeof leaves[k]!.value === 'number' ? m.data[0]! : m,
  )
  return (inputs.length === 1 ? found[0] : found) as Several<T, Value>
}

function sizeOf(value: Value): number {
  return typeof value === 'number' ? 1 : value.data.length
}

function shapeOf(value: Value): readonly number[] {
  return typeof value === 'number' ? [] : value.shape
}

function emptyMatrix(output: Value, input: Value): Tensor {
  const shape = [...shapeOf(output), ...shapeOf(input)]
  const size = sizeOf(output) * sizeOf(input)
  if (size > MOST) {
    const got = `${sizeOf(output)} outputs × ${sizeOf(input)} inputs: vjp and jvp need no matrix`
    throw new ShapeError('jacobian', `at most ${MOST} elements`, got)
  }
  const dtype = typeof input !== 'number' ? input.dtype : typeof output !== 'number' ? output.dtype : 'float64'
  return new Tensor(allocate(dtype as FloatDType, size), shape)
}

// The i-th unit vector of a value's form.
function unit(like: Value, i: number): Value {
  if (typeof like === 'number') return 1
  const made = filledLike(like, 0) as Tensor
  made.data[i] = 1
  return made
}

/**
 * The explicit matrix of second derivatives of a function of one output number; its shape is the input's shape twice. With
 * several inputs: an array of arrays, the block [i][j] derived by inputs i and j. For small functions: it costs one backward
 * pass through the gradient per input element.
 * @throws StateError for a gate without a rule, ShapeError for more than 2^27 elements
 */
export function hessian<T extends readonly (Value | NestedInput)[]>(
  fn: SingleFunction,
  ...inputs: T
): Several<T, Several<T, Value>> {
  const blocks = inputs.map((_, i) => jacobian(grad(fn, { arguments: i }) as SingleFunction, ...inputs))
  return (inputs.length === 1 ? blocks[0] : blocks) as Several<T, Several<T, Value>>
}

/** One input, or a list of several. */
export type Inputs = Input | readonly Exclude<Input, readonly NestedInput[]>[]

// An array of numbers and arrays alone is one input, nested; any other array is a list of inputs.
function listOf(given: Inputs): { list: readonly Input[]; single: boolean } {
  const isList = Array.isArray(given) && given.some((x) => x instanceof Tensor || x instanceof Variable)
  return isList ? { list: given as readonly Input[], single: false } : { list: [given as Input], single: true }
}

function paired(
  operation: string,
  x: Inputs,
  v: Inputs,
): { xs: readonly Input[]; vs: readonly Input[]; single: boolean } {
  const { list: xs, single } = listOf(x)
  const vs = single ? [v as Input] : v
  if (!Array.isArray(vs) || vs.length !== xs.length) {
    throw new ArgumentError(operation, `${xs.length} tangents, one per input`, describe(v))
  }
  return { xs, vs, single }
}

// A tangent, of its input's form and element type.
function tangentOf(operation: string, x: Variable, given: Input): Variable {
  const tangent = given instanceof Variable ? given : variable(given)
  const typed =
    x.value instanceof Tensor && tangent.value instanceof Tensor && Array.isArray(given)
      ? variable(tangent.value.astype(x.value.dtype))
      : tangent
  const fits = shapeOf(typed.value).join() === shapeOf(x.value).join() && typeof typed.value === typeof x.value
  if (!fits) throw new ShapeError(operation, `a tangent of the form ${formText(x.value)}`, formText(typed.value))
  return typed
}

/**
 * The value of a function and the Jacobian-vector product J·v, the derivative along v. It differentiates the pullback, which
 * is linear in its upstream, once more: about the cost of a forward and two backward passes, whatever the sizes, and no
 * Jacobian. Every gate on the way needs a rule.
 * @param x - one input, or an array of several tensors or variables; where one is a variable, the results are variables
 * @param v - the direction, of the same form
 * @throws StateError for a gate without a rule, ShapeError for directions of other forms
 */
export function jvp(fn: SingleFunction, x: Variable, v: Inputs): { value: Variable; tangent: Variable }
export function jvp(fn: SingleFunction, x: Inputs, v: Inputs): { value: Value; tangent: Value }
export function jvp(fn: GraphFunction, x: Inputs, v: Inputs): { value: unknown; tangent: unknown } {
  const { xs, vs } = paired('jvp', x, v)
  const { leaves, outputs, several } = trace('jvp', fn, xs)
  if (several) throw new ArgumentError('jvp', 'a function of one output', `an array of ${outputs.length}`)
  const [output] = outputs as [Variable]
  const tangents = leaves.map((leaf, i) => tangentOf('jvp', leaf, vs[i]!))
  const upstream = variable(filledLike(output.value, 0))
  const gradients = gradientVariables(outputs, [seedVariable(output, upstream)], leaves)
  if ([...xs, ...vs].some((given) => given instanceof Variable)) {
    return { value: output, tangent: gradientVariables(gradients, tangents, [upstream])[0] }
  }
  const directions = tangents.map((t) => t.value)
  return { value: output.value, tangent: gradientValues(gradients, directions, [upstream], false)[0] }
}

/**
 * The Hessian-vector product H·v of a function of one output number, without the Hessian: the pullback of its gradient.
 * About the cost of two gradients.
 * @param x - one input, or an array of several tensors or variables
 * @param v - the direction, of the same form
 * @returns H·v in the form of x; variables where a variable is among the inputs
 * @throws StateError for a gate without a rule, ShapeError for directions of other forms
 */
export function hvp(fn: SingleFunction, x: Variable, v: Inputs): Variable
export function hvp(fn: SingleFunction, x: Exclude<Inputs, readonly unknown[]>, v: Inputs): Value
export function hvp(fn: SingleFunction, x: Inputs, v: Inputs): Value | Value[]
export function hvp(fn: SingleFunction, x: Inputs, v: Inputs): unknown {
  const { xs, vs, single } = paired('hvp', x, v)
  const all = xs.map((_, i) => i)
  const gradient = grad(fn, { arguments: all }) as unknown as (...inputs: Variable[]) => Variable[]
  const { value, pullback } = vjp(gradient, ...xs)
  const like = (value as (Value | Variable)[]).map((g) => (g instanceof Variable ? g : variable(g)))
  const tangents = like.map((g, i) => tangentOf('hvp', g, vs[i]!))
  const lifted = xs.some((input) => input instanceof Variable)
  const products = pullback(lifted ? tangents : tangents.map((t) => t.value))
  return single ? products[0] : products
}
