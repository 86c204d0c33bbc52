// Model: what all networks share. A model is a gate made of named gates; it owns the flat parameter vectors of all its
// layers, runs them in training or in inference, predicts, and knows its state by name.
import { boolean, describe, seedOf } from '../checks.js'
import { ArgumentError, ShapeError } from '../errors.js'
import {
  type BackwardOptions,
  BuiltinGate,
  checked,
  formText,
  type Gate,
  gateName,
  isGate,
  suspend,
  type Value,
} from '../gates/gate.js'
import type { NestedInput } from '../tensor/create.js'
import { tensor } from '../tensor/create.js'
import { allocate, type DType, dtypeOf, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import { type InitialisationSource, isBuffered, isModed, isTrainable, type Moded, type NamedTensor } from './layer.js'
import { Parameter, ParameterBlock } from './parameters.js'
import { loadState, type StateDict, stateOf } from './state.js'
import { describeNetwork } from './summary.js'
import type { Widths } from './widths.js'

/** Rows that a model can predict for: a tensor, nested arrays, or a flat typed array of whole rows. */
export type PredictInput = Tensor | readonly NestedInput[] | ArrayLike<number>

/** One gate of a model that has run: its name, and what it made. */
export interface TraceStep {
  readonly name: string
  readonly gate: Gate
  readonly output: Value
}

// predict goes through this many rows at a time: enough for the kernels' full speed, little enough to stay in the cache.
const PREDICT_ROWS = 512

/**
 * Base of the networks. `forward` follows the mode, training at first, as in PyTorch: after `eval()` dropout passes
 * everything and batch normalisation uses its running statistics. `infer` and all `predict…` run as in inference, in
 * either mode. `backward` overwrites the gradients of all parameters (=); with `{ accumulate: true }` it adds to them (+=).
 */
export abstract class Model<Kept = undefined> extends BuiltinGate<Kept> implements Moded, Widths {
  /** The gates it is made of, each once. */
  readonly gates: readonly Gate[]
  /** What the gates are called in state dicts, in the same order. */
  readonly names: readonly string[]
  /** The gates held to the rules of gates, in the same order. */
  protected readonly rules: readonly Gate[]
  #block: ParameterBlock
  #training = true

  /** @throws ArgumentError for what is no gate, and for layers that belong to another model */
  protected constructor(operation: string, children: readonly (readonly [name: string, gate: Gate])[]) {
    super()
    for (const [name, gate] of children) {
      if (!isGate(gate)) throw new ArgumentError(operation, `gate ${name} to have forward and backward`, describe(gate))
      checkFree(operation, gate)
    }
    this.gates = Object.freeze(children.map(([, gate]) => gate))
    this.names = Object.freeze(children.map(([name]) => name))
    this.rules = this.gates.map(checked)
    this.#block = ParameterBlock.adopt(operation, this.parameters(), this)
  }

  /** Runs every gate as in inference, and tells of each what it made; the last step has the model's output. */
  abstract trace(x: Value): Generator<TraceStep, void, undefined>

  /** The parameters of all layers, named as in PyTorch: `0.weight`, `0.bias`, `2.weight` … */
  parameters(): readonly Parameter[] {
    return this.gates.flatMap((gate, i) =>
      isTrainable(gate) ? gate.parameters().map((p) => p.within(this.names[i]!)) : [],
    )
  }

  /** The tensors that are saved but not trained, such as running statistics: `1.running_mean` … */
  buffers(): readonly NamedTensor[] {
    return this.gates.flatMap((gate, i) => (isBuffered(gate) ? within(this.names[i]!, gate.buffers()) : []))
  }

  /** All parameters and all gradients as one flat vector each. */
  get block(): ParameterBlock {
    this.#block = this.#block.refreshed()
    return this.#block
  }

  /** Element type of the parameters. */
  get dtype(): FloatDType {
    return this.#block.dtype
  }

  /** Element type of the input: int32 if the first gate looks something up, else that of the parameters. */
  get inputDType(): DType {
    return this.dtype
  }

  /** Elements per row of the input, where the first gates fix them. */
  abstract get inputs(): number | undefined
  abstract outputsFor(width: number | undefined): number | undefined

  /** Elements per row of the output, where the gates fix them. */
  get outputs(): number | undefined {
    return this.outputsFor(this.inputs)
  }

  /** Whether `forward` runs as in training (the start) or as in inference. */
  get training(): boolean {
    return this.#training
  }

  /** Makes `forward` of all layers run as in training, or, for `false`, as in inference. Returns this. */
  train(mode = true): this {
    this.#training = boolean('train', 'mode', mode)
    for (const gate of this.gates) if (isModed(gate)) gate.train(mode)
    return this
  }

  /** Makes `forward` of all layers run as in inference. Returns this. */
  eval(): this {
    return this.train(false)
  }

  /** Draws all layers' parameters anew from one seed; the same seed gives the same parameters. Returns this. */
  initialize(source: number | InitialisationSource): this {
    const {
      seed,
      index,
      position = 0,
    } = typeof source === 'object' ? source : { seed: seedOf('initialize', source), index: 0 }
    let next = { seed, index, position }
    for (const gate of this.gates) {
      const { initialize } = gate as { initialize?: (source: InitialisationSource) => void }
      if (typeof initialize === 'function') initialize.call(gate, next)
      const drawn = isTrainable(gate) ? gate.parameters().length : 0
      next = { seed, index: next.index + drawn, position: next.position + countGates(gate) }
    }
    return this
  }

  override forward(x: Tensor): Tensor
  override forward(...inputs: Value[]): Value
  override forward(...inputs: Value[]): Value {
    return super.forward(...inputs)
  }

  override backward(dy: Value, given?: BackwardOptions): [Tensor] {
    return super.backward(dy, given) as [Tensor]
  }

  abstract override infer(x: Tensor): Tensor
  abstract override infer(...inputs: Value[]): Value

  protected override get takesIntegers(): boolean {
    return true
  }

  /** @internal */
  override suspend(): () => void {
    const resume = [super.suspend(), suspend(...this.rules)]
    return () => {
      for (const each of resume) each()
    }
  }

  /**
   * The outputs for some rows; the event loop runs between blocks of them.
   * @param x - [batch, inputs], or one row [inputs]
   * @returns [batch, outputs], or [outputs] for one row
   */
  async predict(x: PredictInput): Promise<Tensor> {
    const input = this.#inputTensor(x)
    return joined(input, await this.#blocks(input))
  }

  async #blocks(input: Tensor): Promise<Tensor[]> {
    const parts: Tensor[] = []
    for (const rows of rowBlocks(input)) {
      if (parts.length > 0) await new Promise((resume) => setImmediate(resume))
      parts.push(this.#rowsOut(rows))
    }
    return parts
  }

  /** {@link predict} at once. */
  predictSync(x: PredictInput): Tensor {
    const input = this.#inputTensor(x)
    return joined(
      input,
      Array.from(rowBlocks(input), (rows) => this.#rowsOut(rows)),
    )
  }

  /**
   * The outputs for one row, or several in sequence, written to an array of the caller's.
   * @param row - inputs, a whole number of rows
   * @param out - outputs of the same rows
   */
  predictInto(row: FloatArray | Int32Array, out: FloatArray): void {
    const result = this.predictSync(row).data
    if (out?.length !== result.length)
      throw new ShapeError('predictInto', `out of ${result.length} elements`, describe(out))
    out.set(result)
  }

  #rowsOut(x: Tensor): Tensor {
    const y = this.infer(x) as Value
    if (y instanceof Tensor) return y
    throw new ShapeError('predict', 'a network whose output is a tensor', formText(y))
  }

  #inputTensor(x: PredictInput): Tensor {
    const { inputs, inputDType } = this
    const given = x instanceof Tensor ? x : tensor(x as NestedInput[], dtypeOf(x) ? {} : { dtype: inputDType })
    const typed = given.dtype === inputDType ? given : given.astype(inputDType)
    const flat = inputs !== undefined && typed.rank === 1 && typed.size !== inputs && typed.size % inputs === 0
    return flat ? typed.reshape(typed.size / inputs, inputs) : typed
  }

  /** Copies of nothing: the tensors of parameters and buffers by name. Clone them to keep them. */
  stateDict(): StateDict {
    return stateOf(this.#state())
  }

  /**
   * Copies values into parameters and buffers; all are checked before the first is written. PyTorch's counters
   * `num_batches_tracked` are left out.
   * @throws ArgumentError for missing or unknown names, ShapeError for other shapes
   */
  loadStateDict(state: StateDict): void {
    loadState('loadStateDict', this.#state(), state)
  }

  #state(): NamedTensor[] {
    return this.gates.flatMap((gate, i) => {
      if (gate instanceof Model) return within(this.names[i]!, gate.#state())
      const parameters = isTrainable(gate) ? gate.parameters() : []
      return within(this.names[i]!, [...parameters, ...(isBuffered(gate) ? gate.buffers() : [])])
    })
  }

  /** A table of the gates with shapes and numbers of parameters; layers counted as in "3-layer network". */
  summary(): string {
    return describeNetwork(this.gates)
  }
}

function within(prefix: string, tensors: readonly NamedTensor[]): NamedTensor[] {
  return tensors.map(({ name, value }) => ({ name: `${prefix}.${name}`, value }))
}

function countGates(gate: Gate): number {
  return gate instanceof Model ? gate.gates.reduce((n, inner) => n + countGates(inner), 0) : 1
}

// Free are lone parameters, layers on their own, and models that come with all their layers.
function checkFree(operation: string, gate: Gate): void {
  if (!isTrainable(gate)) return
  for (const parameter of gate.parameters()) {
    const owner = Parameter.owner(parameter)
    if (owner !== undefined && owner !== gate) {
      throw new ArgumentError(operation, 'layers that belong to no other model', `${gateName(gate)} of another`)
    }
  }
}

function* rowBlocks(x: Tensor): Generator<Tensor> {
  const rows = x.rank > 1 ? x.shape[0]! : 0
  if (rows <= PREDICT_ROWS) yield x
  else for (let i = 0; i < rows; i += PREDICT_ROWS) yield x.rows(i, Math.min(rows, i + PREDICT_ROWS))
}

function joined(input: Tensor, parts: readonly Tensor[]): Tensor {
  const [first] = parts as [Tensor]
  if (parts.length === 1) return first
  const width = first.size / first.shape[0]!
  const out = allocate(first.dtype as FloatDType, input.shape[0]! * width)
  let offset = 0
  for (const part of parts) {
    out.set(part.data, offset)
    offset += part.data.length
  }
  return new Tensor(out, Object.freeze([input.shape[0]!, ...first.shape.slice(1)]))
}
