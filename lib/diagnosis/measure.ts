// Runs one forward and backward pass, and one step of the optimizer, on a batch; keeps what every gate saw and puts the model
// back as it was.
import type { Dataset } from '../data/dataset.js'
import { type Gate, gateName, suspend, type Value } from '../gates/gate.js'
import { watching } from '../gates/watch.js'
import { Dropout } from '../nn/dropout.js'
import { isTrainable } from '../nn/layer.js'
import { type Loss, lossGradient } from '../nn/losses.js'
import { Model } from '../nn/model.js'
import type { Parameter } from '../nn/parameters.js'
import { Sequential } from '../nn/sequential.js'
import { Optimizer } from '../optim/optimizer.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'

/** One parameter as the diagnosis sees it. */
export interface ParameterTrace {
  readonly parameter: Parameter
  /** A copy. */
  readonly gradient: FloatArray
  /** ‖change by one step‖ / ‖value‖, where there is an optimizer. */
  readonly updateRatio: number | undefined
}

/** One use of a gate that holds no other gates. */
export interface Pass {
  /** `2 (ReLU)` */
  readonly layer: string
  readonly gate: Gate
  readonly inputs: readonly Value[]
  readonly output: Value
  /** Gradient with respect to the output. */
  upstream: Value | undefined
  parameters: readonly ParameterTrace[]
}

/** All that one batch shows. */
export interface Trace {
  readonly x: Tensor
  readonly y: Tensor
  readonly output: Value
  readonly loss: number
  /** The loss of the best constant answer. */
  readonly chance: number | undefined
  /** Loss on the same batch after one step of the optimizer. */
  readonly lossAfter: number | undefined
  readonly passes: readonly Pass[]
  /** How many gates read a value: more than one where a network branches. */
  readers(value: Value): number
  readonly lossName: string | undefined
}

/** Gates by their places, as in state dicts: `0`, `2.1`; models are left out, what they are made of is not. */
function leavesOf(model: Model, prefix = '', found = new Map<Gate, string>()): Map<Gate, string> {
  for (const [i, gate] of model.gates.entries()) {
    const place = prefix + model.names[i]!
    if (gate instanceof Model) leavesOf(gate, `${place}.`, found)
    else found.set(gate, place)
  }
  return found
}

/**
 * Runs the batch as in training. The model is afterwards as it was: parameters, gradients, buffers, masks to come, mode, and
 * a forward that waits for its backward.
 */
export function measure(model: Model, data: Dataset, loss: Loss, optimizer: unknown): Trace {
  const { dtype, block } = model
  const order = data.order(false, 0, 0)
  const x = data.gatherInputs(order, 0, data.rows, dtype)
  const y = data.gatherTargets(order, 0, data.rows, dtype)
  const gradients = block.gradients.slice()
  const values = block.values.slice()
  const buffers = model.buffers().map(({ value }) => ({ value, copy: value.data.slice() }))
  const places = leavesOf(model)
  const dropouts = [...places.keys()].flatMap((gate) => (gate instanceof Dropout ? [{ gate, drawn: gate.drawn }] : []))
  const resume = suspend(model)
  const { training } = model
  if (!training) model.train()
  try {
    const { passes, output, value, readers } = run(model, places, loss, x, y)
    const { lossAfter, ratios } = tryStep(model, loss, x, y, optimizer, values)
    for (const pass of passes) {
      pass.parameters = parametersOf(pass.gate).map((parameter) => ({
        parameter,
        gradient: parameter.gradient.data.slice() as FloatArray,
        updateRatio: ratios.get(parameter.value),
      }))
    }
    const chance = chanceOf(loss, output, y)
    return { x, y, output, loss: value, chance, lossAfter, passes, readers, lossName: loss.name }
  } finally {
    block.values.set(values)
    block.gradients.set(gradients)
    for (const { value, copy } of buffers) value.data.set(copy)
    for (const { gate, drawn } of dropouts) gate.drawn = drawn
    if (!training) model.eval()
    resume()
  }
}

function parametersOf(gate: Gate): readonly Parameter[] {
  return isTrainable(gate) ? gate.parameters() : []
}

function run(model: Model, places: ReadonlyMap<Gate, string>, loss: Loss, x: Tensor, y: Tensor) {
  const passes: Pass[] = []
  const readers = new Map<Value, number>()
  const watcher = {
    forward(gate: Gate, inputs: readonly Value[], output: Value) {
      const place = places.get(gate)
      if (place !== undefined) {
        const layer = `${place} (${gateName(gate)})`
        passes.push({ layer, gate, inputs, output, upstream: undefined, parameters: [] })
      }
      if (gate instanceof Sequential) return
      for (const input of inputs) readers.set(input, (readers.get(input) ?? 0) + 1)
    },
    backward(gate: Gate, upstream: Value) {
      const pass = passes.filter((each) => each.gate === gate && each.upstream === undefined).at(-1)
      if (pass) pass.upstream = upstream
    },
  }
  return watching(watcher, () => {
    const output = model.forward(x as Value)
    const value = loss.forward(output, y)
    model.backward(lossGradient(loss), { inputGradient: false })
    return { passes, output, value, readers: (input: Value) => readers.get(input) ?? 0 }
  })
}

// One step of the optimizer, taken back by the caller; its own state is put back here.
function tryStep(model: Model, loss: Loss, x: Tensor, y: Tensor, optimizer: unknown, before: FloatArray) {
  const ratios = new Map<Tensor, number>()
  if (!(optimizer instanceof Optimizer)) return { lossAfter: undefined, ratios }
  const state = optimizer.state(model)
  const { step } = state
  const vectors = state.vectors.map((vector) => vector.slice())
  try {
    optimizer.step(model)
    const { block } = model
    for (const [i, { value }] of block.parameters.entries()) {
      const start = block.offsets[i]!
      const old = before.subarray(start, start + value.size)
      const change = allocate(block.dtype, old.length)
      for (let k = 0; k < old.length; k++) change[k] = value.data[k]! - old[k]!
      const size = norm(old)
      if (size > 0) ratios.set(value, norm(change) / size)
    }
    return { lossAfter: loss.forward(model.infer(x as Value), y), ratios }
  } finally {
    state.step = step
    for (const [i, vector] of vectors.entries()) state.vectors[i]!.set(vector)
  }
}

/** √Σv² */
export function norm(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!
  return Math.sqrt(sum)
}

// The loss of answers that do not look at the row: all classes equally likely, as logits and log-probabilities alike; for
// values zeros, or the targets' means.
function chanceOf(loss: Loss, output: Value, y: Tensor): number | undefined {
  if (!(output instanceof Tensor)) return undefined
  const width = output.shape[output.rank - 1] ?? 1
  const constant = () => allocate(output.dtype as FloatDType, output.data.length)
  const answers = [constant()]
  if (loss.targets === 'labels') answers[0]!.fill(-Math.log(width))
  else if (y.data.length === output.data.length) {
    const rows = output.data.length / width
    const means = new Float64Array(width)
    for (let i = 0; i < y.data.length; i++) means[i % width]! += y.data[i]! / rows
    answers.push(constant().map((_, i) => means[i % width]!))
  }
  try {
    const found = Math.min(...answers.map((answer) => loss.forward(new Tensor(answer, output.shape), y)))
    return found > 0 && Number.isFinite(found) ? found : undefined
  } catch {
    return undefined
  }
}
