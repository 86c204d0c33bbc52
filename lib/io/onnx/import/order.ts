// The nodes of an ONNX graph that lead to one of its values, in an order in which they can run.
import { describe } from '../../../checks.js'
import { FormatError } from '../../../errors.js'
import type { GraphProto, NodeProto } from '../proto.js'
import { nodeTitle } from './node.js'

/** What leads to a value. */
export interface Needed {
  /** In an order in which they can run. */
  readonly nodes: readonly NodeProto[]
  /** How often each name is read; the value itself counts once. */
  readonly uses: ReadonlyMap<string, number>
}

/**
 * Finds what leads to `output`.
 * @param known - names that stand for something before any node has run
 * @throws FormatError for names that nothing makes, names that are made twice, and cycles
 */
export function neededFor(graph: GraphProto, output: string, known: ReadonlySet<string>): Needed {
  const makers = makersOf(graph.node, known)
  const uses = new Map([[output, 1]])
  const nodes = new Set<NodeProto>()
  const open = [output]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = makers.get(name)
    if (!node || nodes.has(node)) continue
    nodes.add(node)
    for (const input of node.input) {
      if (input === '') continue
      if (!makers.has(input) && !known.has(input)) {
        throw new FormatError('importOnnx', `inputs that something makes for ${nodeTitle(node)}`, describe(input))
      }
      uses.set(input, (uses.get(input) ?? 0) + 1)
      open.push(input)
    }
  }
  if (!makers.has(output) && !known.has(output)) {
    throw new FormatError('importOnnx', 'an output that something makes', describe(output))
  }
  return { nodes: inOrder(nodes, makers), uses }
}

function makersOf(nodes: readonly NodeProto[], known: ReadonlySet<string>): Map<string, NodeProto> {
  const makers = new Map<string, NodeProto>()
  for (const node of nodes) {
    for (const name of node.output) {
      if (name === '') continue
      if (makers.has(name) || known.has(name)) {
        throw new FormatError(
          'importOnnx',
          'each name to be made once',
          `${describe(name)} again by ${nodeTitle(node)}`,
        )
      }
      makers.set(name, node)
    }
  }
  return makers
}

// Kahn's algorithm.
function inOrder(nodes: ReadonlySet<NodeProto>, makers: ReadonlyMap<string, NodeProto>): NodeProto[] {
  const open = new Map<NodeProto, number>()
  const readers = new Map<NodeProto, NodeProto[]>()
  for (const node of nodes) {
    const before = new Set(node.input.map((name) => makers.get(name)).filter((each) => each !== undefined))
    open.set(node, before.size)
    for (const each of before) {
      const list = readers.get(each)
      if (list) list.push(node)
      else readers.set(each, [node])
    }
  }
  const order = [...nodes].reverse().filter((node) => open.get(node) === 0)
  for (const node of order) {
    for (const reader of readers.get(node) ?? []) {
      const left = open.get(reader)! - 1
      open.set(reader, left)
      if (left === 0) order.push(reader)
    }
  }
  if (order.length === nodes.size) return order
  const stuck = [...nodes].find((node) => open.get(node)! > 0)!
  throw new FormatError('importOnnx', 'a graph without cycles', `one through or before ${nodeTitle(stuck)}`)
}
