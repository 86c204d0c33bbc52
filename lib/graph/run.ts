// backward() on variables: checks where gradients start, runs the graph in reverse, and then writes every `grad`.
import { boolean, describe, options } from '../checks.js'
import { ArgumentError, DTypeError, ShapeError } from '../errors.js'
import { formText, type Value } from '../gates/gate.js'
import { addGradients, filledLike } from '../gates/ops.js'
import { sameShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { pullValues, pullVariables } from './backward.js'
import type { Variable } from './variable.js'

/** Options of backward. */
export interface GraphOptions {
  /**
   * Let the gates keep what their forward put down, so that backward can run through this graph again. Without it, as in
   * PyTorch, a second backward is an error. Default: `createGraph`.
   */
  retainGraph?: boolean
  /** Make the gradients as variables too (`gradVariable`), which can be differentiated again. Default false. */
  createGraph?: boolean
  /** Add to the gradients of layers' parameters (+=) where otherwise they are overwritten (=). Default false. */
  accumulate?: boolean
}

const KEYS = ['retainGraph', 'createGraph', 'accumulate'] as const

/**
 * The gradient with respect to a root itself: as given, or 1 for a root of one number.
 * @throws ShapeError, DTypeError, ArgumentError for an upstream that does not have the root's form
 */
export function seedOf(operation: string, root: Value, upstream: unknown): Value {
  if (upstream === undefined) {
    if (typeof root === 'number' || root.data.length === 1) return filledLike(root, 1)
    const expected = `an upstream gradient of shape ${formText(root)}, or a number as output`
    throw new ShapeError(operation, expected, 'none')
  }
  if (typeof upstream !== 'number' && !(upstream instanceof Tensor)) {
    throw new ArgumentError(operation, 'an upstream gradient, a number or a tensor', describe(upstream))
  }
  const fits =
    typeof upstream === 'number' || typeof root === 'number'
      ? typeof upstream === typeof root
      : sameShape(upstream.shape, root.shape)
  if (!fits) throw new ShapeError(operation, `upstream gradient of the form ${formText(root)}`, formText(upstream))
  if (upstream instanceof Tensor && upstream.dtype !== (root as Tensor).dtype) {
    throw new DTypeError(operation, `upstream gradient of type ${(root as Tensor).dtype}`, upstream.dtype)
  }
  return upstream
}

/** Sets `grad` of every variable below the roots (=), and adds to that of the leaves (+=); nothing if it throws. */
export function runBackward(
  roots: readonly Variable[],
  upstreams: readonly (Value | undefined)[],
  given: GraphOptions | undefined,
  constant: (value: Value) => Variable,
): void {
  const { createGraph = false, retainGraph = createGraph, accumulate = false } = options('backward', given, KEYS)
  boolean('backward', 'retainGraph', retainGraph)
  boolean('backward', 'createGraph', createGraph)
  boolean('backward', 'accumulate', accumulate)
  const seeds = new Map<Variable, Value>()
  for (const [i, root] of roots.entries()) {
    const seed = seedOf('backward', root.value, upstreams[i])
    const sum = seeds.get(root)
    seeds.set(root, sum === undefined ? seed : addGradients(sum, seed))
  }
  if (createGraph) {
    if (!retainGraph) throw new ArgumentError('backward', 'retainGraph with createGraph', 'retainGraph: false')
    const started = new Map(Array.from(seeds, ([root, seed]) => [root, constant(seed)]))
    for (const [node, gradient] of pullVariables({ seeds: started })) {
      const before = node.gate ? null : (node.gradVariable ?? (node.grad === null ? null : constant(node.grad)))
      node.gradVariable = before ? before.add(gradient) : gradient
      node.grad = node.gradVariable.value
    }
  } else {
    for (const [node, gradient] of pullValues({ seeds }, retainGraph, accumulate)) {
      node.grad = node.gate || node.grad === null ? gradient : addGradients(node.grad, gradient)
      node.gradVariable = null
    }
  }
}
