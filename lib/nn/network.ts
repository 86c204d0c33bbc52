// Network: gates wired to any graph without cycles, itself a gate.
import { describe, options } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { type BackwardOptions, BuiltinGate, type Gate, suspend, type Value } from '../gates/gate.js'
import type { DType } from '../tensor/dtype.js'
import type { Tensor } from '../tensor/tensor.js'
import { Model, type TraceStep } from './model.js'
import { sumOfInputs } from './parallel.js'
import { inferGate, inputDTypeOf } from './sequential.js'
import { inputsOf, widthAfterJoin } from './widths.js'
import { type GraphNode, type NodeSpec, sortNodes } from './wiring.js'

/** Options of {@link Network}. */
export interface NetworkOptions {
  /** Names of the inputs. Default one, `x`. */
  inputs?: string | readonly string[]
  /** Every node by its name: the gate, then the names of the inputs or nodes it reads. In any order. */
  nodes: Readonly<Record<string, NodeSpec>>
  /** The node whose output is the network's. Default the last one given. */
  output?: string
}

/**
 * Gates wired to any graph without cycles. Every node is `[gate, ...names of what it reads]`; gradients add where several
 * nodes read one. A gate that stands at several nodes is one layer with shared weights: their gradients add. Parameters
 * are named by the first node with the layer, in the order in which nodes run: `hidden.weight` …
 *
 * forward takes the inputs in the order of their names, backward returns one gradient for each.
 * @example
 * new Network({
 *   nodes: {
 *     hidden: [new Linear(8, 8), 'x'],
 *     active: [new ReLU(), 'hidden'],
 *     sum: [new Add(), 'active', 'x'],
 *     scores: [new Linear(8, 3), 'sum'],
 *   },
 * })
 */
export class Network extends Model {
  /** Names of the inputs, in the order that forward takes them. */
  readonly inputNames: readonly string[]
  /** The nodes in the order in which they run. */
  readonly nodes: readonly GraphNode[]
  /** The node whose output is the network's. */
  readonly output: string
  // Per node: which of the distinct gates it runs, and which values it reads (inputs first, then nodes).
  readonly #runs: readonly number[]
  readonly #reads: readonly (readonly number[])[]
  readonly #shared: readonly boolean[]

  /**
   * @throws ArgumentError for cycles, unknown or doubled names, inputs and nodes that do not lead to the output, what is no
   * gate, and layers that belong to another model
   */
  constructor(given: NetworkOptions) {
    const { inputs = 'x', nodes, output } = options('Network', given, ['inputs', 'nodes', 'output'])
    const graph = sortNodes('Network', typeof inputs === 'string' ? [inputs] : inputs, nodes, output)
    const first = new Map<Gate, string>()
    for (const { name, gate } of graph.nodes) if (!first.has(gate)) first.set(gate, name)
    super(
      'Network',
      [...first].map(([gate, name]) => [name, gate]),
    )
    this.inputNames = graph.inputs
    this.nodes = graph.nodes
    this.output = graph.output
    const numbers = new Map(this.gates.map((gate, i) => [gate, i]))
    const values = new Map([...graph.inputs, ...graph.nodes.map(({ name }) => name)].map((name, i) => [name, i]))
    const uses = new Map<Gate, number>()
    for (const { gate } of graph.nodes) uses.set(gate, (uses.get(gate) ?? 0) + 1)
    this.#runs = graph.nodes.map(({ gate }) => numbers.get(gate)!)
    this.#reads = graph.nodes.map((node) => node.inputs.map((name) => values.get(name)!))
    this.#shared = graph.nodes.map(({ gate }) => uses.get(gate)! > 1)
  }

  override get inputs(): number | undefined {
    for (const { gate, inputs } of this.#readersOfInput()) {
      const width = inputs.length === 1 ? inputsOf([gate]) : undefined
      if (width !== undefined) return width
    }
    return undefined
  }

  override outputsFor(width: number | undefined): number | undefined {
    const widths = this.inputNames.map((): number | undefined => (this.inputNames.length === 1 ? width : undefined))
    for (const [i, { gate }] of this.nodes.entries()) {
      widths.push(
        widthAfterJoin(
          gate,
          this.#reads[i]!.map((v) => widths[v]),
        ),
      )
    }
    return widths.at(-1)
  }

  override get inputDType(): DType {
    const types = this.#readersOfInput().map(({ gate }) => inputDTypeOf(gate, this.dtype))
    return types.includes('int32') ? 'int32' : this.dtype
  }

  #readersOfInput(): readonly GraphNode[] {
    return this.inputNames.length === 1 ? this.nodes.filter((node) => node.inputs.includes(this.inputNames[0]!)) : []
  }

  protected override compute(...inputs: Value[]): Value {
    const values = this.#checkCount(inputs)
    this.kept = this.nodes.map((_, i) => {
      const gate = this.rules[this.#runs[i]!]!
      values.push(gate.forward(...this.#reads[i]!.map((v) => values[v]!)))
      return this.#shared[i] ? suspend(gate) : undefined
    })
    return values.at(-1)!
  }

  protected override derive(
    dy: Value,
    kept: unknown,
    { accumulate = false, inputGradient = true }: BackwardOptions,
  ): Value[] {
    // How to bring back the passes of shared gates.
    const waiting = kept as readonly ((() => void) | undefined)[]
    const count = this.inputNames.length
    const gradients = new Array<Value | undefined>(count + this.nodes.length)
    gradients[gradients.length - 1] = dy
    const written = new Set<Gate>()
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      const gate = this.rules[this.#runs[i]!]!
      const reads = this.#reads[i]!
      const upstream = gradients[count + i]!
      gradients[count + i] = undefined
      waiting[i]?.()
      const wanted = {
        accumulate: accumulate || written.has(gate),
        inputGradient: inputGradient || reads.some((v) => v >= count),
      }
      const parts = gate instanceof BuiltinGate ? gate.backward(upstream, wanted) : gate.backward(upstream)
      written.add(gate)
      for (const [k, v] of reads.entries()) {
        const part = parts[k]
        if (part === undefined || (v < count && !inputGradient)) continue
        const before = gradients[v]
        gradients[v] = before === undefined ? part : sumOfInputs(before, part)
      }
    }
    return inputGradient ? (gradients.slice(0, count) as Value[]) : []
  }

  override infer(x: Tensor): Tensor
  override infer(...inputs: Value[]): Value
  override infer(...inputs: Value[]): Value {
    let last: Value | undefined
    for (const { output } of this.trace(...inputs)) last = output
    return last!
  }

  override *trace(...inputs: Value[]): Generator<TraceStep, void, undefined> {
    const values = this.#checkCount(inputs)
    for (const [i, { name, gate }] of this.nodes.entries()) {
      const rule = this.rules[this.#runs[i]!]!
      const output = inferGate(rule, ...this.#reads[i]!.map((v) => values[v]!))
      values.push(output)
      yield { name, gate, output }
    }
  }

  #checkCount(inputs: readonly Value[]): Value[] {
    const { length } = this.inputNames
    if (inputs.length === length) return [...inputs]
    throw new ArgumentError(this.name, `${length} inputs: ${this.inputNames.join(', ')}`, describe(inputs))
  }
}
