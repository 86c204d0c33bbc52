// Reverse mode over a graph: topological order without recursion, one vector-Jacobian product per gate, `+=` at branches.
import { ShapeError } from '../errors.js'
import { formText, type Gate, type Value } from '../gates/gate.js'
import { addGradients } from '../gates/ops.js'
import { sameShape } from '../tensor/shape.js'

/** What backward needs of a variable. */
export interface Node {
  readonly value: Value
  readonly gate: Gate | undefined
  readonly inputs: readonly Node[]
  grad: Value | null
}

/** The nodes below `root`, each after all its inputs; `root` is last. */
export function topologicalOrder<N extends Node>(root: N): N[] {
  const order: N[] = []
  const seen = new Set<N>([root])
  const path: { node: N; next: number }[] = [{ node: root, next: 0 }]
  for (let top = path.at(-1); top; top = path.at(-1)) {
    const input = top.node.inputs[top.next++] as N | undefined
    if (!input) {
      order.push(top.node)
      path.pop()
    } else if (!seen.has(input)) {
      seen.add(input)
      path.push({ node: input, next: 0 })
    }
  }
  return order
}

/** Sets `grad` of every node below `root` (=), and adds to that of the leaves (+=). */
export function runBackward(root: Node, upstream?: Value): void {
  if (upstream === undefined && typeof root.value !== 'number') {
    throw new ShapeError(
      'backward',
      `an upstream gradient of shape ${formText(root.value)}, or a number as output`,
      'none',
    )
  }
  const seed = upstream ?? 1
  const fits =
    typeof seed === 'number' || typeof root.value === 'number'
      ? typeof seed === typeof root.value
      : sameShape(seed.shape, root.value.shape)
  if (!fits) throw new ShapeError('backward', `upstream gradient of the form ${formText(root.value)}`, formText(seed))

  const gradients = new Map<Node, Value>([[root, seed]])
  const order = topologicalOrder(root)
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]!
    const gradient = gradients.get(node)!
    gradients.delete(node)
    if (!node.gate) {
      node.grad = node.grad === null ? gradient : addGradients(node.grad, gradient)
      continue
    }
    node.grad = gradient
    const parts = node.gate.backward(gradient)
    for (const [k, input] of node.inputs.entries()) {
      const sum = gradients.get(input)
      gradients.set(input, sum === undefined ? parts[k]! : addGradients(sum, parts[k]!))
    }
  }
}
