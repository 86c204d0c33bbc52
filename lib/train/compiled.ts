// Trains a compiled plan, off the main thread and several batches per call.
import { hasNativeRule } from '../compile/updates.js'
import type { Dataset } from '../data/dataset.js'
import type { Loss } from '../nn/losses.js'
import type { Model } from '../nn/model.js'
import type { ParameterBlock } from '../nn/parameters.js'
import type { Optimizer, OptimizerState } from '../optim/optimizer.js'
import type { FloatArray } from '../tensor/dtype.js'
import type { Averager } from './averages.js'
import { isSum, plainRules } from './eager.js'
import { Grouping, update } from './grouping.js'
import { type CachedPlan, compiled } from './plans.js'
import { Setting } from './setting.js'
import { Staging } from './staging.js'
import { type GradientRules, type Portion, RESULT_WIDTH, type Trainer } from './trainer.js'

/** {@link Trainer} over a native plan; for models of built-in gates, with a built-in loss and optimizer. */
export class PlanTrainer implements Trainer {
  readonly #model: Model
  readonly #optimizer: Optimizer
  readonly #block: ParameterBlock
  readonly #batchSize: number
  readonly #compiled: CachedPlan
  readonly #clip: Float64Array | null
  readonly #averager: Averager | undefined
  readonly #setting: Setting
  readonly #grouping: Grouping
  readonly #rules: GradientRules
  #staging: { readonly data: Dataset; readonly staging: Staging } | undefined

  /** The trainer, or undefined where the model, the loss or the optimizer has no native form. */
  static create(
    model: Model,
    loss: Loss,
    optimizer: object,
    data: Dataset,
    batchSize: number,
    rules = plainRules,
  ): PlanTrainer | undefined {
    if (!hasNativeRule(optimizer)) return undefined
    const made = compiled('training', model, loss, data, batchSize)
    return (
      made && new PlanTrainer(model, optimizer, batchSize, made, new Grouping(rules.accumulate, isSum(loss)), rules)
    )
  }

  private constructor(
    model: Model,
    optimizer: Optimizer,
    batchSize: number,
    compiled: CachedPlan,
    grouping: Grouping,
    rules: GradientRules,
  ) {
    const { clipValue, clipNorm, averager } = rules
    this.#model = model
    this.#optimizer = optimizer
    this.#block = model.block
    this.#batchSize = batchSize
    this.#compiled = compiled
    this.#clip = clipValue > 0 || clipNorm > 0 ? Float64Array.of(clipValue, clipNorm) : null
    this.#averager = averager?.everyUpdate ? averager : undefined
    this.#setting = new Setting(model)
    this.#grouping = grouping
    this.#rules = rules
    if (this.#clip) this.#block.clearFrozen()
  }

  get stale(): boolean {
    return !this.#setting.current
  }

  get waiting(): boolean {
    return this.#grouping.waiting
  }

  /** On this thread: it is the last update of an epoch. */
  flush(): void {
    if (this.waiting) update(this.#model, this.#optimizer, this.#rules, this.#grouping.take())
  }

  async run({ data, order, start, count, rates }: Portion, signal: AbortSignal | undefined): Promise<Float64Array> {
    const state = this.#optimizer.state(this.#model)
    const train = this.#update(state, rates)
    const { counters, dropouts } = this.#compiled
    for (const [i, dropout] of dropouts.entries()) counters[i] = dropout.drawn
    let [done, at, step] = [0, start, state.step + 1]
    const begin = async (slot: number, count: number): Promise<Float64Array> => {
      const groups = this.#rules.accumulate > 1 ? this.#groupsOf(data, order, at, at + count) : null
      const batches = Math.ceil(count / this.#batchSize)
      const updates = groups ? updatesOf(groups, batches) : batches
      const promise = train(slot, step, done, { batches, updates, groups })
      done += batches
      at += count
      step += updates
      const results = await promise
      let ran = results.length / RESULT_WIDTH
      if (ran > 0 && !Number.isFinite(results.at(-RESULT_WIDTH)!)) ran--
      state.step += groups ? updatesOf(groups, ran) : ran
      return results
    }
    if (this.#staging?.data !== data)
      this.#staging = { data, staging: new Staging(this.#compiled, data, this.#batchSize) }
    const end = Math.min(start + count * this.#batchSize, data.rows)
    const results = await this.#staging.staging.run(order, start, end, begin, signal)
    for (const [i, dropout] of dropouts.entries()) dropout.drawn = counters[i]!
    return results
  }

  // Whether gradients wait, and what those of each of the next batches are divided by for an update.
  #groupsOf(data: Dataset, order: Int32Array, start: number, end: number): Float64Array {
    const groups = [this.#grouping.waiting ? 1 : 0]
    for (let at = start; at < end; at += this.#batchSize) {
      const to = Math.min(at + this.#batchSize, end)
      let weight = to - at
      if (data.weights) weight = sumOf(data.weights, order, at, to)
      groups.push(this.#grouping.add(weight))
    }
    return Float64Array.from(groups)
  }

  // Starts training on a slot: batches from number `step` of the optimizer and `done` of this run on.
  #update(state: OptimizerState, rates: Float64Array | undefined) {
    const optimizer = this.#optimizer
    const [s0, s1, s2] = optimizer.slots(state)
    const steps = Array.from(rates ?? [optimizer.learningRate], (rate) => optimizer.ranges(this.#model, rate))
    const rule = optimizer.update.optimizer
    const rows = steps.map((ranges) => ranges.flatMap(({ update }) => update.options))
    const ends = Float64Array.from(steps[0]!, ({ end, frozen }) => (frozen ? -end : end))
    const list = optimizer.bounds(this.#model).flatMap(({ offset, rows, cols, norm }) => [offset, rows, cols, norm])
    const bounds = list.length > 0 ? Float64Array.from(list) : null
    const { gradients } = this.#block
    const [averager, clip] = [this.#averager, this.#clip]
    return (slot: number, step: number, done: number, { batches, updates, groups }: Share): Promise<Float64Array> => {
      const options = Float64Array.from(rates ? rows.slice(done, done + batches).flat() : rows[0]!)
      const { vector = null, weights = null } = averager ?? {}
      if (averager) averager.count += updates
      const update = [rule, options, step, ends, clip, bounds, vector, weights, groups] as const
      return this.#compiled.plan.train(slot, gradients, s0, s1, s2, ...update)
    }
  }
}

/** What is asked of a plan at a time. */
interface Share {
  readonly batches: number
  readonly updates: number
  readonly groups: Float64Array | null
}

function sumOf(weights: FloatArray, order: Int32Array, start: number, end: number): number {
  let sum = 0
  for (let i = start; i < end; i++) sum += weights[order[i]!]!
  return sum
}

// Of the first batches.
function updatesOf(groups: Float64Array, batches: number): number {
  return groups.subarray(1, 1 + batches).filter((divisor) => divisor !== 0).length
}
