// What is drawn of a graph: its nodes in topological order, of a large one those nearest to the outputs.
import type { Variable } from './variable.js'

/** A node to be drawn: a variable, or what stands for `hidden` ones that are left out. */
export interface Shown {
  readonly node: Variable | undefined
  readonly hidden: number
  /** Places of the inputs in the list; each input stands before. */
  readonly inputs: readonly number[]
}

/** The nodes to draw, and how many there are in all. */
export interface View {
  readonly shown: readonly Shown[]
  readonly total: number
}

/** Chooses at most `limit` nodes, those with the shortest ways to the roots. */
export function viewOf(roots: readonly Variable[], limit: number): View {
  const kept = new Set<Variable>()
  const seen = new Set<Variable>(roots)
  const queue = [...seen]
  for (let i = 0; i < queue.length; i++) {
    if (kept.size < limit) kept.add(queue[i]!)
    for (const input of queue[i]!.inputs) {
      if (seen.has(input)) continue
      seen.add(input)
      queue.push(input)
    }
  }
  return { shown: ordered(roots, kept), total: seen.size }
}

function ordered(roots: readonly Variable[], kept: ReadonlySet<Variable>): Shown[] {
  const shown: Shown[] = []
  const places = new Map<Variable, number>()
  const open = new Set<Variable>()
  const close = (node: Variable): void => {
    const left = node.inputs.filter((input) => !kept.has(input))
    if (left.length > 0) shown.push({ node: undefined, hidden: new Set(left).size, inputs: [] })
    const stub = shown.length - 1
    const inputs = node.inputs.flatMap((input) => (kept.has(input) ? [places.get(input)!] : []))
    places.set(node, shown.length)
    shown.push({ node, hidden: 0, inputs: left.length > 0 ? [...inputs, stub] : inputs })
  }
  for (const root of roots) {
    const path: { node: Variable; next: number }[] = []
    const enter = (node: Variable): void => {
      if (open.has(node) || !kept.has(node)) return
      open.add(node)
      path.push({ node, next: 0 })
    }
    enter(root)
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const input = top.node.inputs[top.next++]
      if (input) enter(input)
      else close(path.pop()!.node)
    }
  }
  return shown
}
