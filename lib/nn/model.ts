// Model: what all networks share. A model is a gate made of named gates; it owns the flat parameter vectors of all its
// layers, runs them in training or in inference, predicts, and knows its state by name.
import { boolean, describe, seedOf } from '../checks.js'
import { ArgumentError } from '../errors.js'
import {
  type BackwardOptions,
  BuiltinGate,
  checked,
  type Gate,
  gateName,
  isGate,
  suspend,
  type Value,
} from '../gates/gate.js'
import type { DType, FloatArray, FloatDType } from '../tensor/dtype.js'
import type { Tensor } from '../tensor/tensor.js'
import { cloneOf } from './cloning.js'
import { type ParameterMatch, setTrainable } from './freezing.js'
import {
  checkSource,
  type InitialisationSource,
  isBuffered,
  isModed,
  isTrainable,
  type Moded,
  type NamedTensor,
} from './layer.js'
import { Parameter, ParameterBlock } from './parameters.js'
import { type PredictInput, Prediction } from './prediction.js'
import { copyAll, replaceAll, replaceSoon, type StateDict, stateOf, valuesFor } from './state.js'
import { describeNetwork } from './summary.js'
import type { Widths } from './widths.js'

/** One gate of a model that has run: its name, and what it made. */
export interface TraceStep {
  readonly name: string
  readonly gate: Gate
  readonly output: Value
}

/**
 * Base of the networks. `forward` follows the mode, training at first, as in PyTorch: after `eval()` dropout passes
 * everything and batch normalisation uses its running statistics. `infer` and all `predict…` run as in inference, in
 * either mode. `backward` overwrites the gradients of all parameters (=); with `{ accumulate: true }` it adds to them (+=).
 */
export abstract class Model extends BuiltinGate<unknown> implements Moded, Widths {
  /** The gates it is made of, each once. */
  readonly gates: readonly Gate[]
  /** What the gates are called in state dicts, in the same order. */
  readonly names: readonly string[]
  /** The gates held to the rules of gates, in the same order. */
  protected readonly rules: readonly Gate[]
  readonly #prediction = new Prediction(this)
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
    // Without parameters, what is saved besides tells the element type.
    const fixed = this.buffers().find(({ value: { dtype } }) => dtype !== 'int32')?.value.dtype
    this.#block = ParameterBlock.adopt(operation, this.parameters(), this, fixed as FloatDType | undefined)
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

  /** Element type of the parameters; without any, of the tensors that are saved besides, else float32. */
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

  /** Whether optimizers change any of its parameters. */
  get trainable(): boolean {
    return this.parameters().some((parameter) => parameter.trainable)
  }

  /**
   * Makes optimizers leave parameters as they are: all, or those that match. The modes of layers stay: running statistics still
   * move. Returns this.
   * @example model.freeze(/^[0-4]\./)
   */
  freeze(match?: ParameterMatch): this {
    setTrainable('freeze', this.parameters(), false, match)
    return this
  }

  /** Makes optimizers change parameters again: all, or those that match. Returns this. */
  unfreeze(match?: ParameterMatch): this {
    setTrainable('unfreeze', this.parameters(), true, match)
    return this
  }

  /** Draws all layers' parameters anew from one seed; the same seed gives the same parameters. Returns this. */
  initialize(source: number | InitialisationSource): this {
    const {
      seed,
      index,
      position = 0,
    } = typeof source === 'object' ? checkSource(this.name, source) : { seed: seedOf('initialize', source), index: 0 }
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
   * The outputs for some rows, off the main thread; a model with a gate of your own runs here, and the event loop between
   * blocks of rows. While the model trains, all rows see the parameters as they are between two batches.
   * @param x - [batch, inputs], or one row [inputs]
   * @returns [batch, outputs], or [outputs] for one row
   */
  predict(x: PredictInput): Promise<Tensor> {
    return this.#prediction.predict(x)
  }

  /** {@link predict} at once. */
  predictSync(x: PredictInput): Tensor {
    return this.#prediction.predictSync(x)
  }

  /**
   * The outputs for one row, or several in sequence, written to an array of the caller's; allocates nothing if both arrays
   * have the model's element type.
   * @param row - inputs, a whole number of rows
   * @param out - outputs of the same rows
   */
  predictInto(row: FloatArray | Int32Array, out: FloatArray): void {
    this.#prediction.predictInto(row, out)
  }

  /** Copies of nothing: the tensors of parameters and buffers by name. Clone them to keep them. */
  stateDict(): StateDict {
    return stateOf(this.#state())
  }

  /** @internal Copies of all tensors, as they are between two updates. */
  copyState(): StateDict {
    return copyAll(this.block, this.#state())
  }

  /**
   * Copies values into parameters and buffers; all are checked before the first is written. PyTorch's counters
   * `num_batches_tracked` are left out. Predictions and updates on other threads see all old values or all new ones: this waits
   * for those under way.
   * @throws ArgumentError for missing or unknown names, ShapeError for other shapes
   */
  loadStateDict(state: StateDict): void {
    const tensors = this.#state()
    replaceAll(this.block, tensors, valuesFor('loadStateDict', tensors, state), true)
  }

  /**
   * Puts the parameters and buffers of another network, or a state, in the place of this one's, while it serves: every
   * prediction, begun before or after, sees all old values or all new ones. Values are those of the moment of the call; a
   * prediction under way is waited for off this thread.
   * @param other - a network of the same names and shapes, which may be in training, or its state
   * @throws ArgumentError for missing or unknown names, ShapeError for other shapes; nothing has then changed
   */
  async swap(other: Model | StateDict): Promise<void> {
    const tensors = this.#state()
    const given = other instanceof Model ? other.copyState() : other
    const values = valuesFor('swap', tensors, given)
    await replaceSoon(this.block, tensors, other instanceof Model ? values : values.map((each) => each.slice()))
  }

  /**
   * A copy with memory of its own: equal parameters, running statistics, states of dropout and modes, as they are between two
   * updates if this one is in training.
   * @throws ArgumentError for a network that holds a user's gate
   */
  clone(): this {
    return cloneOf(this)
  }

  #state(): NamedTensor[] {
    return this.gates.flatMap((gate, i) => {
      if (gate instanceof Model) return within(this.names[i]!, gate.#state())
      const parameters = isTrainable(gate) ? gate.parameters() : []
      return within(this.names[i]!, [...parameters, ...(isBuffered(gate) ? gate.buffers() : [])])
    })
  }

  /** A table of the gates with shapes, parameters and memory; layers counted as in "3-layer network". */
  summary(): string {
    return describeNetwork(this)
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
