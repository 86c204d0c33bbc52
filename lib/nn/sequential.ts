// Sequential: gates one after the other, itself a gate; owner of the flat parameter vectors of all its layers.
import { describe, seedOf } from '../checks.js'
import { ArgumentError, ShapeError } from '../errors.js'
import { ElementwiseGate } from '../gates/elementwise.js'
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
import { watcher } from '../gates/watch.js'
import { type NestedInput, tensor } from '../tensor/create.js'
import type { FloatArray, FloatDType } from '../tensor/dtype.js'
import { dtypeOf } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import { type InitialisationSource, isTrainable } from './layer.js'
import { Linear } from './linear.js'
import { Parameter, ParameterBlock } from './parameters.js'
import { loadState, type StateDict, stateOf } from './state.js'
import { describeNetwork, inputsOf, outputsOf } from './summary.js'

/** Rows that a model can predict for: a tensor, nested arrays, or a flat typed array of whole rows. */
export type PredictInput = Tensor | readonly NestedInput[] | ArrayLike<number>

// predict goes through this many rows at a time: enough for the kernels' full speed, little enough to stay in the cache.
const PREDICT_ROWS = 512

/**
 * A network of gates in a row. Linear, activations, other Sequentials and user-written gates may stand in it; a user's gate
 * that has parameters returns them from `parameters()`.
 *
 * forward(x) → y keeps what backward needs. backward(dy) → [dx] overwrites the gradients of all parameters (=); with
 * `{ accumulate: true }` it adds to them (+=).
 */
export class Sequential extends BuiltinGate {
  /** The gates, as given. */
  readonly gates: readonly Gate[]
  readonly #rules: readonly Gate[]
  #block: ParameterBlock

  /** @throws ArgumentError for what is no gate, for a gate given twice, and for layers that belong to another model */
  constructor(...gates: Gate[]) {
    super()
    for (const [i, gate] of gates.entries()) {
      if (!isGate(gate)) throw new ArgumentError('Sequential', `gate ${i} to have forward and backward`, describe(gate))
      if (gates.indexOf(gate) !== i) {
        throw new ArgumentError('Sequential', 'each gate once', `${gateName(gate)} at ${gates.indexOf(gate)} and ${i}`)
      }
      checkFree(gate)
    }
    this.gates = Object.freeze([...gates])
    this.#rules = gates.map(checked)
    this.#block = ParameterBlock.adopt('Sequential', this.parameters(), this)
  }

  /** The parameters of all layers, named as in PyTorch: `0.weight`, `0.bias`, `2.weight` … */
  parameters(): readonly Parameter[] {
    return this.gates.flatMap((gate, i) => (isTrainable(gate) ? gate.parameters().map((p) => p.within(i)) : []))
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

  /** Inputs per row, where the first layer fixes them. */
  get inputs(): number | undefined {
    return inputsOf(this.gates)
  }

  /** Outputs per row, where the last layer fixes them. */
  get outputs(): number | undefined {
    return outputsOf(this.gates)
  }

  /** Draws all layers' parameters anew from one seed; the same seed gives the same parameters. Returns this. */
  initialize(source: number | InitialisationSource): this {
    const { seed, index } = typeof source === 'object' ? source : { seed: seedOf('initialize', source), index: 0 }
    let next = index
    for (const gate of this.gates) {
      if (!isTrainable(gate)) continue
      const { initialize } = gate as { initialize?: (source: InitialisationSource) => void }
      if (typeof initialize === 'function') initialize.call(gate, { seed, index: next })
      next += gate.parameters().length
    }
    return this
  }

  override forward(x: Tensor): Tensor
  override forward(x: Value): Value
  override forward(x: Value): Value {
    return super.forward(x)
  }

  override backward(dy: Value, given?: BackwardOptions): [Tensor] {
    return super.backward(dy, given) as [Tensor]
  }

  protected override compute(x: Value): Value {
    let value = x
    for (let i = 0; i < this.#rules.length; i++) {
      const gate = this.#rules[i]!
      const next = this.#rules[i + 1]
      if (gate instanceof Linear && next instanceof ElementwiseGate && !watcher()) {
        value = gate.forwardWith(next, value)
        i++
      } else value = gate.forward(value)
    }
    return value
  }

  protected override derive(dy: Value, _kept: undefined, given: BackwardOptions): Value[] {
    const { accumulate = false, inputGradient = true } = given
    let upstream = dy
    for (let i = this.#rules.length - 1; i >= 0; i--) {
      const gate = this.#rules[i]!
      const wanted = { accumulate, inputGradient: inputGradient || i > 0 }
      const [dx] = gate instanceof BuiltinGate ? gate.backward(upstream, wanted) : gate.backward(upstream)
      if (dx === undefined) return []
      upstream = dx
    }
    return [upstream]
  }

  /** @internal */
  override suspend(): () => void {
    const resume = [super.suspend(), suspend(...this.#rules)]
    return () => {
      for (const each of resume) each()
    }
  }

  override infer(x: Tensor): Tensor
  override infer(x: Value): Value
  override infer(x: Value): Value {
    let value = x
    for (let i = 0; i < this.#rules.length; i++) {
      const gate = this.#rules[i]!
      const next = this.#rules[i + 1]
      if (gate instanceof Linear && next instanceof ElementwiseGate) {
        value = gate.inferWith(next, value)
        i++
      } else value = gate instanceof BuiltinGate ? gate.infer(value) : gate.forward(value)
    }
    return value
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
  predictInto(row: FloatArray, out: FloatArray): void {
    const result = this.predictSync(row).data
    if (out?.length !== result.length)
      throw new ShapeError('predictInto', `out of ${result.length} elements`, describe(out))
    out.set(result)
  }

  #rowsOut(x: Tensor): Tensor {
    const y = this.infer(x)
    if (y instanceof Tensor) return y
    throw new ShapeError('predict', 'a network whose output is a tensor', formText(y))
  }

  #inputTensor(x: PredictInput): Tensor {
    const given = x instanceof Tensor ? x : tensor(x as NestedInput[], dtypeOf(x) ? {} : { dtype: this.dtype })
    const typed = given.dtype === this.dtype ? given : given.astype(this.dtype)
    const { inputs } = this
    const flat = inputs !== undefined && typed.rank === 1 && typed.size !== inputs && typed.size % inputs === 0
    return flat ? typed.reshape(typed.size / inputs, inputs) : typed
  }

  /** Copies of nothing: the parameters' tensors by name. Clone them to keep them. */
  stateDict(): StateDict {
    return stateOf(this.parameters())
  }

  /**
   * Copies values into the parameters; all are checked before the first is written.
   * @throws ArgumentError for missing or unknown names, ShapeError for other shapes
   */
  loadStateDict(state: StateDict): void {
    loadState('loadStateDict', this.parameters(), state)
  }

  /** A table of the gates with shapes and numbers of parameters; layers counted as in "3-layer network". */
  summary(): string {
    return describeNetwork(this.gates)
  }
}

// Free are lone parameters, layers on their own, and models that come with all their layers.
function checkFree(gate: Gate): void {
  if (!isTrainable(gate)) return
  for (const parameter of gate.parameters()) {
    const owner = Parameter.owner(parameter)
    if (owner !== undefined && owner !== gate) {
      throw new ArgumentError('Sequential', 'layers that belong to no other model', `${gateName(gate)} of another`)
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
  const out =
    first.dtype === 'float64' ? new Float64Array(input.shape[0]! * width) : new Float32Array(input.shape[0]! * width)
  let offset = 0
  for (const part of parts) {
    out.set(part.data, offset)
    offset += part.data.length
  }
  return new Tensor(out, Object.freeze([input.shape[0]!, ...first.shape.slice(1)]))
}
