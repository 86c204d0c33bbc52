// Reverse mode over a graph: topological order without recursion, one vector-Jacobian product per gate, `+=` at branches.
// The same pass runs on values, through the gates' backward, or on variables, through the gates' rules.
import { StateError } from '../errors.js'
import {
  type BackwardOptions,
  BuiltinGate,
  type Gate,
  gateName,
  suspend,
  unwrapped,
  type Value,
} from '../gates/gate.js'
import { addGradients } from '../gates/ops.js'
import { ruleOf } from './rules/table.js'
import type { Variable } from './variable.js'

/** What the order of a graph needs of its nodes. */
export interface Node {
  readonly value: Value
  readonly gate: Gate | undefined
  readonly inputs: readonly Node[]
}

/** The nodes below `roots`, each once, after all its inputs. A single root is last. */
export function topologicalOrder<N extends Node>(...roots: readonly N[]): N[] {
  const order: N[] = []
  const seen = new Set<N>()
  for (const root of roots) {
    if (seen.has(root)) continue
    seen.add(root)
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
  }
  return order
}

/** How gradients of the kind G are added, and pulled back through one gate. */
interface Arithmetic<G> {
  add(a: G, b: G): G
  /** One gradient per input; those of inputs that are not `wanted` may be missing. */
  pull(node: Variable, upstream: G, wanted: (input: Variable) => boolean): readonly (G | undefined)[]
}

// The gates whose latest forward belongs to another variable than an earlier one: gates given to `apply` twice.
const latest = new WeakMap<Gate, Variable>()

/** Notes that the last forward of a gate, which the user holds and may wire again, made this variable. */
export function claim(gate: Gate, made: Variable): void {
  latest.set(unwrapped(gate), made)
}

// Throws unless every gate that backward will run still keeps what its forward has put down for this graph.
function checkReady(nodes: readonly Variable[], runs: (node: Variable) => boolean): void {
  for (const node of nodes) {
    if (!node.gate || !runs(node)) continue
    const owner = latest.get(unwrapped(node.gate))
    if (owner !== undefined && owner !== node) {
      throw new StateError(
        'backward',
        'every gate wired once',
        `${gateName(node.gate)} that has made another variable since`,
      )
    }
    if (node.spent) {
      const hint = 'a graph that backward has not run through (or ran with { retainGraph: true })'
      throw new StateError('backward', hint, `${gateName(node.gate)}, backward a second time`)
    }
  }
}

function propagate<G>(
  order: readonly Variable[],
  seeds: ReadonlyMap<Variable, G>,
  runs: (node: Variable) => boolean,
  wanted: (node: Variable) => boolean,
  { add, pull }: Arithmetic<G>,
): Map<Variable, G> {
  const gradients = new Map(seeds)
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]!
    const upstream = gradients.get(node)
    if (upstream === undefined || !node.gate || !runs(node)) continue
    const parts = pull(node, upstream, wanted)
    for (let k = 0; k < node.inputs.length; k++) {
      const input = node.inputs[k]!
      const part = parts[k]
      if (part === undefined || !wanted(input)) continue
      const sum = gradients.get(input)
      gradients.set(input, sum === undefined ? part : add(sum, part))
    }
  }
  return gradients
}

/** Where gradients start and which are asked for. */
export interface Request<G> {
  /** The variables to differentiate and the gradients with respect to them. */
  readonly seeds: ReadonlyMap<Variable, G>
  /** The variables to differentiate with respect to. Default: all. */
  readonly targets?: readonly Variable[]
}

// The order of the graph; which gates run; of which variables the gradient is wanted.
function survey({ seeds, targets }: Request<unknown>) {
  const order = topologicalOrder(...seeds.keys())
  if (!targets) return { order, runs: () => true, wanted: (node: Variable) => !node.constant }
  const leading = new Set(targets)
  const through = new Set<Variable>()
  for (const node of order) {
    if (!node.inputs.some((input) => leading.has(input))) continue
    leading.add(node)
    through.add(node)
  }
  return { order, runs: (node: Variable) => through.has(node), wanted: (node: Variable) => leading.has(node) }
}

/** Gradients as values, by the gates' own backward. All is checked before the first gate runs. */
export function pullValues(request: Request<Value>, retaining: boolean, accumulate = false): Map<Variable, Value> {
  const { order, runs, wanted } = survey(request)
  checkReady(order, runs)
  const options: BackwardOptions = { accumulate }
  return propagate(order, request.seeds, runs, wanted, {
    add: addGradients,
    pull(node, upstream) {
      const gate = node.gate!
      // What puts a waiting forward back does so as often as it is called: at once, and after backward has used it up.
      const resume = retaining ? suspend(gate) : undefined
      resume?.()
      node.spent = !retaining
      const parts = gate instanceof BuiltinGate ? gate.backward(upstream, options) : gate.backward(upstream)
      resume?.()
      return parts
    },
  })
}

/**
 * Gradients as variables, by the gates' rules; no gate's backward runs, and the graph stays ready for it.
 * @throws StateError for a gate without a rule
 */
export function pullVariables(request: Request<Variable>): Map<Variable, Variable> {
  const { order, runs, wanted } = survey(request)
  const ruled = order.map((node) => (node.gate && runs(node) ? ruleOf(node.gate) : undefined))
  const ruleFor = new Map(order.map((node, i) => [node, ruled[i]]))
  return propagate(order, request.seeds, runs, wanted, {
    add: (a, b) => a.add(b),
    pull(node, upstream, needed) {
      const parts = ruleFor.get(node)!(upstream, node.inputs, node, unwrapped(node.gate!))
      return node.inputs.map((input, k) => (needed(input) ? parts[k]!() : undefined))
    },
  })
}
