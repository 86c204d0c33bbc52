// Trains a compiled plan, off the main thread and several batches per call.
import { lower } from '../compile/lower.js'
import { type BuiltPlan, buildPlan } from '../compile/plan.js'
import { hasNativeRule } from '../compile/updates.js'
import type { Dataset } from '../data/dataset.js'
import type { Dropout } from '../nn/dropout.js'
import type { Loss } from '../nn/losses.js'
import type { Model } from '../nn/model.js'
import type { ParameterBlock } from '../nn/parameters.js'
import type { Optimizer } from '../optim/optimizer.js'
import { Staging } from './staging.js'
import { type Evaluation, type GradientRules, RESULT_WIDTH, type Trainer } from './trainer.js'

// Rows that evaluation takes at a time.
const EVALUATION_ROWS = 512

/** {@link Trainer} over a native plan; for models of built-in gates, with a built-in loss and optimizer. */
export class PlanTrainer implements Trainer {
  readonly #model: Model
  readonly #loss: Loss
  readonly #optimizer: Optimizer
  readonly #block: ParameterBlock
  readonly #batchSize: number
  readonly #compiled: Cached
  readonly #clip: Float64Array | null
  #staging: { readonly data: Dataset; readonly staging: Staging } | undefined

  /** The trainer, or undefined where the model, the loss or the optimizer has no native form. */
  static create(
    model: Model,
    loss: Loss,
    optimizer: object,
    data: Dataset,
    batchSize: number,
    rules?: GradientRules,
  ): PlanTrainer | undefined {
    if (!hasNativeRule(optimizer) || data.weights || (rules?.accumulate ?? 1) > 1) return undefined
    const made = compiled('training', model, loss, data, batchSize)
    return made && new PlanTrainer(model, loss, optimizer, batchSize, made, rules)
  }

  private constructor(
    model: Model,
    loss: Loss,
    optimizer: Optimizer,
    batchSize: number,
    compiled: Cached,
    { clipValue, clipNorm }: Pick<GradientRules, 'clipValue' | 'clipNorm'> = { clipValue: 0, clipNorm: 0 },
  ) {
    this.#model = model
    this.#loss = loss
    this.#optimizer = optimizer
    this.#block = model.block
    this.#batchSize = batchSize
    this.#compiled = compiled
    this.#clip = clipValue > 0 || clipNorm > 0 ? Float64Array.of(clipValue, clipNorm) : null
  }

  async run(
    data: Dataset,
    order: Int32Array,
    start: number,
    count: number,
    signal: AbortSignal | undefined,
    rates?: Float64Array,
  ): Promise<Float64Array> {
    const optimizer = this.#optimizer
    const state = optimizer.state(this.#model)
    const [s0, s1, s2] = optimizer.slots(state)
    const steps = Array.from(rates ?? [optimizer.learningRate], (rate) => optimizer.ranges(this.#model, rate))
    const rule = optimizer.update.optimizer
    const rows = steps.map((ranges) => ranges.flatMap(({ update }) => update.options))
    const ends = Float64Array.from(steps[0]!, ({ end }) => end)
    let done = 0
    const { plan, counters, dropouts } = this.#compiled
    for (const [i, dropout] of dropouts.entries()) counters[i] = dropout.drawn
    let step = state.step + 1
    const begin = async (slot: number, count: number): Promise<Float64Array> => {
      const batches = Math.ceil(count / this.#batchSize)
      const numbers = Float64Array.from(rates ? rows.slice(done, done + batches).flat() : rows[0]!)
      const promise = plan.train(slot, this.#block.gradients, s0, s1, s2, rule, numbers, step, ends, this.#clip)
      step += batches
      done += batches
      const results = await promise
      const ran = results.length / RESULT_WIDTH
      state.step += ran > 0 && !Number.isFinite(results.at(-RESULT_WIDTH)!) ? ran - 1 : ran
      return results
    }
    if (this.#staging?.data !== data)
      this.#staging = { data, staging: new Staging(this.#compiled, data, this.#batchSize) }
    const end = Math.min(start + count * this.#batchSize, data.rows)
    const results = await this.#staging.staging.run(order, start, end, begin, signal)
    for (const [i, dropout] of dropouts.entries()) dropout.drawn = counters[i]!
    return results
  }

  async evaluate(data: Dataset, signal: AbortSignal | undefined): Promise<Evaluation> {
    const batch = Math.min(EVALUATION_ROWS, data.rows)
    const built = compiled('evaluation', this.#model, this.#loss, data, batch)!
    const { plan } = built
    const staging = new Staging(built, data, batch)
    const results = await staging.run(data.order(false, 0, 0), 0, data.rows, (slot) => plan.evaluate(slot), signal)
    signal?.throwIfAborted()
    let loss = 0
    let correct = 0
    for (let i = 0; i < results.length; i += RESULT_WIDTH) {
      loss += results[i]! * results[i + 2]!
      correct += results[i + 1]!
    }
    const mean = loss / data.rows
    return data.labelled ? { loss: mean, accuracy: correct / data.rows } : { loss: mean }
  }
}

/** A plan with its description; it serves until that changes or the parameters move. */
interface Cached extends BuiltPlan {
  readonly key: string
  readonly block: ParameterBlock
  readonly dropouts: readonly Dropout[]
}

/** The last plan of each model, by use: slots of one are not written to while the other runs. */
const plans = { training: new WeakMap<Model, Cached>(), evaluation: new WeakMap<Model, Cached>() }

function compiled(use: keyof typeof plans, model: Model, loss: Loss, data: Dataset, batch: number): Cached | undefined {
  const { block } = model
  const { rowShape } = data
  const lowered = lower(model, { rowShape, batch, loss, training: use === 'training' })
  if (!lowered) return undefined
  const key = JSON.stringify(lowered.description)
  const known = plans[use].get(model)
  if (known?.key === key && known.block === block) return known
  const made = { ...buildPlan('fit', lowered, block), key, block, dropouts: lowered.dropouts }
  plans[use].set(model, made)
  return made
}
