// The native plans that trainings and evaluations run.
import { lower } from '../compile/lower.js'
import { type BuiltPlan, buildPlan } from '../compile/plan.js'
import type { Dataset } from '../data/dataset.js'
import type { Dropout } from '../nn/dropout.js'
import type { Loss } from '../nn/losses.js'
import type { Model } from '../nn/model.js'
import type { ParameterBlock } from '../nn/parameters.js'
import { Setting } from './setting.js'
import { Staging } from './staging.js'
import { EVALUATION_ROWS } from './trainer.js'

/** A plan with its description; it serves until that changes or the parameters move. */
export interface CachedPlan extends BuiltPlan {
  readonly key: string
  readonly block: ParameterBlock
  readonly dropouts: readonly Dropout[]
}

/** The last plan of each model, by use: slots of one are not written to while the other runs. */
const plans = { training: new WeakMap<Model, CachedPlan>(), evaluation: new WeakMap<Model, CachedPlan>() }

/** The plan of a model and a loss for some use, or undefined where one of them has no native form. */
export function compiled(
  use: keyof typeof plans,
  model: Model,
  loss: Loss,
  data: Dataset,
  batch: number,
): CachedPlan | undefined {
  const { block } = model
  const { rowShape, targetShape } = data
  const targets = data.labelled ? {} : { targetShape }
  const lowered = lower(model, { rowShape, batch, loss, ...targets, training: use === 'training' })
  if (!lowered) return undefined
  const key = JSON.stringify(lowered.description)
  const known = plans[use].get(model)
  if (known?.key === key && known.block === block) return known
  const made = { ...buildPlan('fit', lowered, block), key, block, dropouts: lowered.dropouts }
  plans[use].set(model, made)
  return made
}

/** [mean loss, correct rows, rows] for each batch of a data set, or undefined where the model or the loss has no native form. */
export async function evaluatePlan(
  model: Model,
  loss: Loss,
  data: Dataset,
  signal: AbortSignal | undefined,
): Promise<Float64Array | undefined> {
  const batch = Math.min(EVALUATION_ROWS, data.rows)
  const built = compiled('evaluation', model, loss, data, batch)
  if (!built) return undefined
  const { plan } = built
  const staging = new Staging(built, data, batch)
  return staging.run(data.order(false, 0, 0), 0, data.rows, (slot) => plan.evaluate(slot), signal)
}

/** Loss and gradients of batches, off this thread. */
export class GradientPlan {
  readonly #compiled: CachedPlan
  readonly #setting: Setting

  /** The plan, or undefined where the model or the loss has no native form. @param batch - the most rows */
  static create(model: Model, loss: Loss, data: Dataset, batch: number): GradientPlan | undefined {
    const made = compiled('training', model, loss, data, batch)
    return made && new GradientPlan(made, model)
  }

  private constructor(compiled: CachedPlan, model: Model) {
    this.#compiled = compiled
    this.#setting = new Setting(model)
  }

  /** Whether the model has changed so that another plan is needed. */
  get stale(): boolean {
    return !this.#setting.current
  }

  /** Copies some rows; what it returns computes [loss, correct rows] and all gradients of them, as often as it is called. */
  evaluator(data: Dataset, order: Int32Array, start: number, rows: number) {
    const { plan, counters, dropouts, block, translated } = this.#compiled
    const { x, y, scale, weights } = data
    try {
      plan.stage(0, x, y, order, start, rows, scale, weights)
    } catch (error) {
      throw translated('fit', error)
    }
    return async (): Promise<readonly [loss: number, correct: number]> => {
      plan.resume()
      for (const [i, dropout] of dropouts.entries()) counters[i] = dropout.drawn
      const [loss, correct] = await plan.train(0, block.gradients, null, null, null, -1, NONE, 1)
      for (const [i, dropout] of dropouts.entries()) dropout.drawn = counters[i]!
      return [loss!, correct!]
    }
  }
}

const NONE = new Float64Array(0)
