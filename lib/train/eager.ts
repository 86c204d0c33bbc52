// Trains gate by gate, batch by batch, on this thread; works for every gate, a user's own included.
import type { Dataset } from '../data/dataset.js'
import type { Value } from '../gates/gate.js'
import { native } from '../native/load.js'
import { type Loss, lossGradient } from '../nn/losses.js'
import { countCorrect } from '../nn/metrics/accuracy.js'
import type { Model } from '../nn/model.js'
import type { Optimizable } from '../optim/optimizer.js'
import type { FloatArray } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import { Grouping, update } from './grouping.js'
import { type GradientRules, type Portion, RESULT_WIDTH, type Trainer } from './trainer.js'

// The event loop gets its turn whenever this many milliseconds have passed.
const SLICE = 4

/** An update rule: built-in, or any object with this method. */
export interface Steps {
  step(model: Optimizable): void
}

/** An optimizer whose learning rate can be set. */
export interface Rated extends Steps {
  learningRate: number
}

/** Gradients as they come. */
export const plainRules: GradientRules = { clipValue: 0, clipNorm: 0, accumulate: 1 }

/** {@link Trainer} over gates. */
export class EagerTrainer implements Trainer {
  readonly #model: Model
  readonly #loss: Loss
  readonly #optimizer: Steps
  readonly #batchSize: number
  readonly #rules: GradientRules
  readonly #grouping: Grouping
  #last = performance.now()

  constructor(model: Model, loss: Loss, optimizer: Steps, batchSize: number, rules = plainRules) {
    this.#model = model
    this.#loss = loss
    this.#optimizer = optimizer
    this.#batchSize = batchSize
    this.#rules = rules
    this.#grouping = new Grouping(rules.accumulate, isSum(loss))
  }

  async run({ data, order, start, count, rates }: Portion, signal: AbortSignal | undefined): Promise<Float64Array> {
    const results = new Float64Array(count * RESULT_WIDTH)
    let done = 0
    while (done < count && !signal?.aborted) {
      const from = start + done * this.#batchSize
      const rows = Math.min(this.#batchSize, data.rows - from)
      if (rates) (this.#optimizer as Rated).learningRate = rates[done]!
      const [loss, correct] = this.#train(data, order, from, rows)
      results.set([loss, correct, rows], RESULT_WIDTH * done++)
      if (!Number.isFinite(loss)) break
      await this.#breathe()
    }
    return results.subarray(0, done * RESULT_WIDTH)
  }

  #train(data: Dataset, order: Int32Array, start: number, rows: number): [loss: number, correct: number] {
    const { x, y, weights } = data.gather(order, start, rows, this.#model.dtype)
    const output = this.#model.forward(x)
    const loss = this.#loss.forward(output, y, weights)
    if (!Number.isFinite(loss)) return [loss, 0]
    const grouped = this.#rules.accumulate > 1
    const weight = weights ? native().sum(weights.data as FloatArray) : rows
    const gradient = lossGradient(this.#loss, grouped && !isSum(this.#loss) ? weight : 1)
    this.#model.backward(gradient, { inputGradient: false, accumulate: this.#grouping.waiting })
    const divisor = grouped ? this.#grouping.add(weight) : 1
    if (divisor !== 0) update(this.#model, this.#optimizer, this.#rules, divisor)
    return [loss, correctRows(data, output, y)]
  }

  /** Gates are asked anew for every batch. */
  readonly stale = false

  get waiting(): boolean {
    return this.#grouping.waiting
  }

  flush(): void {
    if (this.waiting) update(this.#model, this.#optimizer, this.#rules, this.#grouping.take())
  }

  async #breathe(): Promise<void> {
    if (performance.now() - this.#last < SLICE) return
    await new Promise((resume) => setImmediate(resume))
    this.#last = performance.now()
  }
}

/** Whether a loss is a sum over rows, not their mean. */
export function isSum(loss: Loss): boolean {
  return (loss as { reduction?: unknown }).reduction === 'sum'
}

/** Rows whose largest output is the label; 0 where there are none. */
export function correctRows(data: Dataset, output: Value, y: Tensor): number {
  return data.labelled && output instanceof Tensor && output.rank === 2 ? countCorrect(output, y) : 0
}
