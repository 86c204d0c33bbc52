// What all optimizers share: hyperparameters, state vectors per model, counted steps, groups of parameters, and the
// description that a compiled plan runs.
import { boolean, describe, nonNegative, positive } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { native } from '../native/load.js'
import { ParameterBlock, sharedLike } from '../nn/parameters.js'
import type { FloatArray } from '../tensor/dtype.js'
import { type GroupUpdate, type ParameterGroup, ParameterGroups, type RowBound } from './groups.js'

/** What an optimizer updates: a model, a layer, or anything else with a block of parameters. */
export interface Optimizable {
  readonly block: ParameterBlock
}

/** The state of an optimizer for one block of parameters. */
export interface OptimizerState {
  /** Steps taken. */
  step: number
  /** Vectors like the parameters, over shared memory: velocity, moments … */
  readonly vectors: readonly FloatArray[]
}

/** An update as native code takes it. */
export interface NativeUpdate {
  /** Number of the update rule, and its options in the order of the addon's `optimize`. */
  readonly optimizer: number
  readonly options: readonly number[]
}

/** A stretch of the flat vectors with its update. */
export interface UpdateRange {
  readonly start: number
  readonly end: number
  readonly update: NativeUpdate
  /** Whether it stays as it is. */
  readonly frozen: boolean
}

/** Options of every optimizer. */
export interface OptimizerOptions {
  /** Step size; may be changed between steps, and a schedule of fit changes it. */
  learningRate?: number
  /** L2 penalty: adds weightDecay·parameter to the gradient, or, where it is decoupled, takes learningRate·weightDecay·parameter off. */
  weightDecay?: number
  /** L1 penalty: adds l1·sign(parameter) to the gradient. Default 0. */
  l1?: number
  /**
   * The largest norm of the weights into every unit: after each step longer rows of matrices [out, in] are scaled to it, as by
   * `torch.renorm` and Keras's MaxNorm. Default none.
   */
  maxNorm?: number
  /** Parameters with a learning rate, weight decay or largest norm of their own; the first group that matches counts. */
  groups?: readonly ParameterGroup[]
}

/** Names of the options of every optimizer. */
export const commonKeys = ['learningRate', 'weightDecay', 'l1', 'maxNorm', 'groups'] as const

/** Values that an optimizer's options have unless told. */
export interface OptimizerDefaults {
  readonly learningRate: number
  readonly weightDecay?: number
  /** Whether weight decay leaves the gradient alone. Default false. */
  readonly decoupled?: boolean
}

/** An optimizer: updates all parameters of a block from their gradients in one pass. */
export abstract class Optimizer {
  /** Weight decay of parameters that no group gives another. */
  readonly weightDecay: number
  /** L1 penalty. */
  readonly l1: number
  /** Whether weight decay is taken off the parameters and leaves the gradient alone. */
  readonly decoupled: boolean
  /** Largest norm of rows that no group gives another; undefined for none. */
  readonly maxNorm: number | undefined
  readonly #operation: string
  readonly #groups: ParameterGroups
  readonly #states = new WeakMap<ParameterBlock, OptimizerState>()
  #learningRate: number

  /** @param operation - the optimizer's name, for errors */
  protected constructor(operation: string, given: OptimizerOptions, defaults: OptimizerDefaults) {
    const { learningRate = defaults.learningRate, weightDecay = defaults.weightDecay ?? 0, l1 = 0, groups = [] } = given
    this.#operation = operation
    this.#learningRate = nonNegative(operation, 'learningRate', learningRate)
    this.weightDecay = nonNegative(operation, 'weightDecay', weightDecay)
    this.l1 = nonNegative(operation, 'l1', l1)
    this.decoupled = boolean(operation, 'decoupledWeightDecay', defaults.decoupled ?? false)
    this.maxNorm = given.maxNorm === undefined ? undefined : positive(operation, 'maxNorm', given.maxNorm)
    this.#groups = new ParameterGroups(operation, groups, learningRate)
  }

  /** Number of the update rule in the addon's `optimize`. */
  protected abstract readonly rule: number
  /** The rule's own options, in the addon's order. */
  protected abstract readonly own: readonly number[]
  /** What the state vectors are called, in the addon's order; null for one that the options make needless. */
  abstract readonly stateNames: readonly (string | null)[]

  /** Step size; may be changed between steps. Groups with a rate of their own keep their ratio to it. */
  get learningRate(): number {
    return this.#learningRate
  }
  set learningRate(value: number) {
    this.#learningRate = nonNegative(this.#operation, 'learningRate', value)
  }

  /** The update rule with its present hyperparameters. */
  get update(): NativeUpdate {
    return this.#updateWith({ learningRate: this.#learningRate, weightDecay: this.weightDecay })
  }

  #updateWith({ learningRate, weightDecay }: GroupUpdate): NativeUpdate {
    return { optimizer: this.rule, options: [learningRate, weightDecay, this.decoupled ? 1 : 0, this.l1, ...this.own] }
  }

  /** @internal The stretches of a model's vectors, each with its update, at a learning rate. */
  ranges(model: Optimizable, rate = this.#learningRate): readonly UpdateRange[] {
    const ranges = this.#groups.rangesOf(blockOf(this.#operation, model), rate, this.weightDecay)
    return ranges.map(({ start, end, frozen, ...own }) => ({ start, end, frozen, update: this.#updateWith(own) }))
  }

  /** @internal The matrices of a model whose rows have a largest norm. */
  bounds(model: Optimizable): readonly RowBound[] {
    return this.#groups.boundsOf(blockOf(this.#operation, model), this.maxNorm)
  }

  /**
   * One update of all parameters: `optimizer.step(model)` after `model.backward(…)`.
   * @param model - a model or layer; each has a state of its own
   */
  step(model: Optimizable): void {
    const block = blockOf(this.#operation, model)
    const state = this.state(model)
    for (const { start, end, update, frozen } of this.ranges(model)) {
      if (frozen) continue
      const part = (vector: FloatArray | null) => vector?.subarray(start, end) ?? null
      const [s0, s1, s2] = this.slots(state)
      const numbers = Float64Array.from(update.options)
      const [values, gradients] = [block.values.subarray(start, end), block.gradients.subarray(start, end)]
      native().optimize(update.optimizer, values, gradients, part(s0), part(s1), part(s2), numbers, state.step + 1)
    }
    state.step++
    for (const bound of this.bounds(model)) shorten(block.values, bound)
  }

  /** The state for a model, as at the start if it has none. */
  state(model: Optimizable): OptimizerState {
    const block = blockOf(this.#operation, model)
    let state = this.#states.get(block)
    if (!state) {
      state = { step: 0, vectors: this.stateNames.filter((name) => name !== null).map(() => this.fresh(block)) }
      this.#states.set(block, state)
    }
    return state
  }

  /** @internal The vectors of a state in the addon's order, null where there is none. */
  slots({ vectors }: OptimizerState): readonly [FloatArray | null, FloatArray | null, FloatArray | null] {
    let next = 0
    const [s0 = null, s1 = null, s2 = null] = this.stateNames.map((name) => (name === null ? null : vectors[next++]!))
    return [s0, s1, s2]
  }

  /** A state vector at its start: zeros. */
  protected fresh(block: ParameterBlock): FloatArray {
    return sharedLike(block)
  }

  /** Forgets the state for a model. */
  reset(model: Optimizable): void {
    this.#states.delete(blockOf(this.#operation, model))
  }
}

// Rows longer than the largest norm get it.
function shorten(values: FloatArray, { offset, rows, cols, norm }: RowBound): void {
  for (let row = offset; row < offset + rows * cols; row += cols) {
    const weights = values.subarray(row, row + cols)
    const length = Math.sqrt(native().dot(weights, weights))
    if (length > norm) native().scale(norm / (length + 1e-7), weights)
  }
}

/** @internal The block of what an optimizer is given. Throws ArgumentError where it has none. */
export function blockOf(operation: string, model: Optimizable): ParameterBlock {
  const block = (model as Partial<Optimizable> | null | undefined)?.block
  if (!(block instanceof ParameterBlock)) {
    throw new ArgumentError(operation, 'a model or layer with parameters', describe(model))
  }
  return block
}
