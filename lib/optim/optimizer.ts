// What all optimizers share: state vectors per model, counted steps, and the description that a compiled plan runs.
import { describe } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { native } from '../native/load.js'
import { type ParameterBlock, sharedLike } from '../nn/parameters.js'
import type { FloatArray } from '../tensor/dtype.js'

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

/** An optimizer: updates all parameters of a block from their gradients in one pass. */
export abstract class Optimizer {
  readonly #states = new WeakMap<ParameterBlock, OptimizerState>()

  /** How many state vectors the update needs. */
  protected abstract readonly vectors: number
  /** The update rule with its present hyperparameters. */
  abstract readonly update: NativeUpdate
  /** One pass over the block. `state.step` counts this step already. */
  protected apply(block: ParameterBlock, { step, vectors }: OptimizerState): void {
    const { optimizer, options } = this.update
    const [s0 = null, s1 = null, s2 = null] = vectors
    native().optimize(optimizer, block.values, block.gradients, s0, s1, s2, Float64Array.from(options), step)
  }

  /**
   * One update of all parameters: `optimizer.step(model)` after `model.backward(…)`.
   * @param model - a model or layer; each has a state of its own
   */
  step(model: Optimizable): void {
    const block = blockOf(model)
    const state = this.state(model)
    state.step++
    this.apply(block, state)
  }

  /** The state for a model, zeros at first. */
  state(model: Optimizable): OptimizerState {
    const block = blockOf(model)
    let state = this.#states.get(block)
    if (!state) {
      state = { step: 0, vectors: Array.from({ length: this.vectors }, () => sharedLike(block)) }
      this.#states.set(block, state)
    }
    return state
  }

  /** Forgets the state for a model. */
  reset(model: Optimizable): void {
    this.#states.delete(blockOf(model))
  }
}

function blockOf(model: Optimizable): ParameterBlock {
  const block = (model as Partial<Optimizable> | null | undefined)?.block
  if (!block) throw new ArgumentError('step', 'a model or layer with parameters', describe(model))
  return block
}
