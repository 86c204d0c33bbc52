// Wiring: nodes that name what they read, checked and brought into an order in which they can run.
import { describe } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { type Gate, isGate } from '../gates/gate.js'

/** A node as it is given: its gate, and the names of what it reads. */
export type NodeSpec = readonly [gate: Gate, ...inputs: string[]]

/** A node of a graph. */
export interface GraphNode {
  readonly name: string
  readonly gate: Gate
  /** Names of the inputs and nodes that it reads, in the order that its gate takes them. */
  readonly inputs: readonly string[]
}

/** A graph whose nodes stand in an order in which they can run; the output is the last. */
export interface Wiring {
  readonly inputs: readonly string[]
  readonly nodes: readonly GraphNode[]
  readonly output: string
}

// Names become parts of the names in state dicts, and integers would not stay in their order as keys of an object.
const NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/

function checkName(operation: string, name: unknown): string {
  if (typeof name === 'string' && NAME.test(name)) return name
  throw new ArgumentError(operation, 'names of letters, digits, _ and -, beginning with a letter', describe(name))
}

/** Checks a graph and sorts its nodes; those that could run at the same time stay in the order given. */
export function sortNodes(operation: string, inputs: unknown, given: unknown, output: unknown): Wiring {
  if (!Array.isArray(inputs) || inputs.length === 0) {
    throw new ArgumentError(operation, 'the name of at least one input', describe(inputs))
  }
  if (typeof given !== 'object' || given === null || Object.keys(given).length === 0) {
    throw new ArgumentError(operation, 'at least one node by name', describe(given))
  }
  const nodes = new Map<string, GraphNode>()
  for (const [name, spec] of Object.entries(given)) nodes.set(name, checkNode(operation, name, spec))
  const names = inputs.map((name) => checkName(operation, name))
  for (const [i, name] of names.entries()) {
    if (nodes.has(name) || names.indexOf(name) !== i)
      throw new ArgumentError(operation, 'each name once', describe(name))
  }
  const last = output === undefined ? [...nodes.keys()].at(-1)! : output
  if (typeof last !== 'string' || !nodes.has(last)) {
    throw new ArgumentError(operation, `output to be one of the nodes ${[...nodes.keys()].join(', ')}`, describe(last))
  }
  for (const node of nodes.values()) {
    const unknown = node.inputs.find((name) => !nodes.has(name) && !names.includes(name))
    if (unknown === undefined) continue
    const known = [...names, ...nodes.keys()].join(', ')
    throw new ArgumentError(operation, `${node.name} to read names among ${known}`, describe(unknown))
  }
  const order = inOrder(operation, nodes)
  checkReached(operation, nodes, names, last)
  return { inputs: Object.freeze(names), nodes: Object.freeze(order), output: last }
}

function checkNode(operation: string, name: string, spec: unknown): GraphNode {
  checkName(operation, name)
  const [gate, ...inputs] = Array.isArray(spec) ? spec : []
  if (!isGate(gate) || inputs.length === 0) {
    throw new ArgumentError(operation, `${name} to be [gate, names of what it reads]`, describe(spec))
  }
  return Object.freeze({ name, gate, inputs: Object.freeze(inputs.map((input) => checkName(operation, input))) })
}

// Kahn's algorithm, taking at each step the first node given that can run.
function inOrder(operation: string, nodes: ReadonlyMap<string, GraphNode>): GraphNode[] {
  const open = new Map([...nodes.values()].map((node) => [node, node.inputs.filter((name) => nodes.has(name)).length]))
  const readers = new Map<string, GraphNode[]>()
  for (const node of nodes.values()) {
    for (const name of node.inputs) readers.set(name, [...(readers.get(name) ?? []), node])
  }
  const order: GraphNode[] = []
  let ready = [...nodes.values()].filter((node) => open.get(node) === 0)
  while (ready.length > 0) {
    const next: GraphNode[] = []
    for (const node of ready) {
      order.push(node)
      for (const reader of readers.get(node.name) ?? []) {
        const left = open.get(reader)! - 1
        open.set(reader, left)
        if (left === 0) next.push(reader)
      }
    }
    ready = next
  }
  if (order.length === nodes.size) return order
  throw new ArgumentError(operation, 'a graph without cycles', `the cycle ${cycleText(nodes, new Set(order))}`)
}

// From a node that cannot run, backwards along reads that cannot run, until a node comes again.
function cycleText(nodes: ReadonlyMap<string, GraphNode>, done: ReadonlySet<GraphNode>): string {
  const path: string[] = []
  let node = [...nodes.values()].find((each) => !done.has(each))!
  while (!path.includes(node.name)) {
    path.unshift(node.name)
    node = node.inputs.map((name) => nodes.get(name)).find((each) => each !== undefined && !done.has(each))!
  }
  return [node.name, ...path.slice(0, path.indexOf(node.name) + 1)].join(' → ')
}

function checkReached(
  operation: string,
  nodes: ReadonlyMap<string, GraphNode>,
  inputs: readonly string[],
  output: string,
): void {
  const reached = new Set<string>([output])
  for (const name of reached) for (const input of nodes.get(name)?.inputs ?? []) reached.add(input)
  const lost = [...inputs, ...nodes.keys()].find((name) => !reached.has(name))
  if (lost !== undefined)
    throw new ArgumentError(operation, `everything to lead to the output ${output}`, describe(lost))
}
