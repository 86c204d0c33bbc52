// A network as a diagram: its gates, those of nested networks included, and what each reads. Nothing runs.
import { type Gate, gateName } from '../gates/gate.js'
import { isBuffered, isTrainable } from './layer.js'
import { inputsOf, widthAfter, widthAfterJoin } from './widths.js'

/** A part of a network: an input, a gate, or where branches join. */
export interface DiagramNode {
  readonly kind: 'input' | 'gate' | 'join'
  /** Where it stands, as in the names of parameters: `0`, `body.2`; the network's own for a join. */
  readonly path: string
  /** The gate's name, an input's, or how branches join. */
  readonly label: string
  /** Elements per row after it, where that is known. */
  readonly width: number | undefined
  /** Elements per row that the gate takes, where it fixes them. */
  readonly takes?: number | undefined
  /** Places in the diagram of what it reads. */
  readonly inputs: readonly number[]
  /** Numbers that are trained; 0 for a layer that stood earlier already. */
  readonly parameters: number
  /** Their memory in bytes. */
  readonly bytes: number
  /** Numbers that are kept but not trained, such as running statistics. */
  readonly buffers: number
  /** Whether it has a matrix of weights: what "L-layer network" counts. */
  readonly weighs: boolean
  /** Whether its parameters are those of a layer that stood earlier. */
  readonly shared: boolean
}

/** A network as a diagram: every node stands after what it reads, the output is last. */
export interface Diagram {
  readonly nodes: readonly DiagramNode[]
  /** Elements per row of the first input, where that is known. */
  readonly inputs: number | undefined
  /** Weight layers on the longest way from input to output. */
  readonly layers: number
}

// Networks by what they have, so that any kind of network, a user's too, can tell of its inside.
interface Row {
  readonly gates: readonly Gate[]
  readonly names?: readonly string[]
}
interface Branches extends Row {
  readonly join: string
}
interface Wired {
  readonly inputNames: readonly string[]
  readonly nodes: readonly { readonly name: string; readonly gate: Gate; readonly inputs: readonly string[] }[]
  readonly output: string
}

function isRow(gate: object): gate is Row {
  return Array.isArray((gate as Partial<Row>).gates)
}
function isBranches(gate: object): gate is Branches {
  return isRow(gate) && typeof (gate as Partial<Branches>).join === 'string'
}
function isWired(gate: object): gate is Wired {
  return Array.isArray((gate as Partial<Wired>).nodes) && Array.isArray((gate as Partial<Wired>).inputNames)
}

/** The diagram of a network, or of a single gate. */
export function diagramOf(model: Gate): Diagram {
  const nodes: DiagramNode[] = []
  const seen = new Set<Gate>()
  const given = (model as { inputs?: unknown }).inputs
  const inputs = typeof given === 'number' ? given : inputsOf([model])
  const start = { path: '', parameters: 0, bytes: 0, buffers: 0, weighs: false, shared: false } as const
  const push = (node: DiagramNode) => nodes.push(node) - 1
  const join = (path: string, label: string, ins: readonly number[], width: number | undefined) =>
    push({ ...start, kind: 'join', path, label, inputs: ins, width })

  // Adds a gate that reads the nodes `ins`; returns the node with its output.
  const add = (gate: Gate, path: string, ins: readonly number[]): number => {
    const inside = (name: string) => (path === '' ? name : `${path}.${name}`)
    if (isWired(gate)) {
      const places = new Map(gate.inputNames.map((name, i) => [name, ins[i] ?? ins[0]!]))
      for (const { name, gate: inner, inputs: read } of gate.nodes) {
        const place = add(
          inner,
          inside(name),
          read.map((each) => places.get(each)!),
        )
        places.set(name, place)
      }
      return places.get(gate.output)!
    }
    if (isRow(gate)) {
      const name = (i: number) => inside(gate.names?.[i] ?? String(i))
      if (isBranches(gate)) {
        const ends = gate.gates.map((branch, i) => add(branch, name(i), ins))
        return join(path, gate.join === 'add' ? '+' : gate.join, ends, widthAfter(gate, nodes[ins[0]!]!.width))
      }
      const end = gate.gates.reduce((last: readonly number[], inner, i) => [add(inner, name(i), last)], ins)[0]!
      return gateName(gate) === 'Residual' ? join(path, '+', [end, ins[0]!], nodes[end]!.width) : end
    }
    const shared = seen.has(gate)
    seen.add(gate)
    const parameters = isTrainable(gate) ? gate.parameters() : []
    const width = widthAfterJoin(
      gate,
      ins.map((i) => nodes[i]!.width),
    )
    return push({
      kind: 'gate',
      path,
      label: gateName(gate),
      width,
      takes: inputsOf([gate]),
      inputs: ins,
      parameters: shared ? 0 : parameters.reduce((sum, { size }) => sum + size, 0),
      bytes: shared ? 0 : parameters.reduce((sum, { value }) => sum + value.data.byteLength, 0),
      buffers: shared || !isBuffered(gate) ? 0 : gate.buffers().reduce((sum, { value }) => sum + value.size, 0),
      weighs: parameters.some(({ shape }) => shape.length > 1),
      shared: shared && parameters.length > 0,
    })
  }
  const starts = startsOf(model, inputs).map(({ label, width }) =>
    push({ ...start, kind: 'input', label, inputs: [], width }),
  )
  add(model, '', starts)
  return { nodes, inputs, layers: depthOf(nodes) }
}

// The inputs: of a network of several, each as wide as a gate takes it that reads nothing else.
function startsOf(model: Gate, width: number | undefined): { label: string; width: number | undefined }[] {
  if (!isWired(model)) return [{ label: 'input', width }]
  return model.inputNames.map((label, i) => {
    const readers = model.nodes.filter(({ inputs }) => inputs.length === 1 && inputs[0] === label)
    const taken = readers.map(({ gate }) => inputsOf([gate])).find((each) => each !== undefined)
    return { label, width: i === 0 ? (width ?? taken) : taken }
  })
}

function depthOf(nodes: readonly DiagramNode[]): number {
  const depths: number[] = []
  for (const { inputs, weighs } of nodes) {
    depths.push(inputs.reduce((most, i) => Math.max(most, depths[i]!), 0) + (weighs ? 1 : 0))
  }
  return depths.at(-1) ?? 0
}

/** Sums over a diagram. */
export interface Totals {
  readonly parameters: number
  readonly bytes: number
  readonly buffers: number
  /** Numbers per row that the gates put out; those of unknown width are left out. */
  readonly activations: number
  /** Whether every width is known. */
  readonly whole: boolean
}

/** What all nodes have together. */
export function totalsOf({ nodes }: Diagram): Totals {
  const sum = (of: (node: DiagramNode) => number) => nodes.reduce((total, node) => total + of(node), 0)
  const made = nodes.filter(({ kind }) => kind !== 'input')
  return {
    parameters: sum(({ parameters }) => parameters),
    bytes: sum(({ bytes }) => bytes),
    buffers: sum(({ buffers }) => buffers),
    activations: made.reduce((total, { width = 0 }) => total + width, 0),
    whole: made.every(({ width }) => width !== undefined),
  }
}

/** `1 parameter`, `1,210 parameters`. */
export function counted(n: number, noun: string): string {
  return `${n.toLocaleString('en-US')} ${noun}${n === 1 ? '' : 's'}`
}

/** A number of bytes as people write it: `840 B`, `5.1 kB`, `2.14 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const power = Math.min(4, Math.floor(Math.log10(bytes) / 3))
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${['kB', 'MB', 'GB', 'TB'][power - 1]}`
}
