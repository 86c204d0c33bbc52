// Trains gate by gate, batch by batch, on this thread; works for every gate, a user's own included.
import type { Dataset } from '../data/dataset.js'
import type { Value } from '../gates/gate.js'
import { native } from '../native/load.js'
import type { Loss } from '../nn/losses.js'
import { countCorrect } from '../nn/metrics/accuracy.js'
import type { Model } from '../nn/model.js'
import type { Optimizable } from '../optim/optimizer.js'
import type { FloatArray } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import { type GradientRules, RESULT_WIDTH, type Trainer } from './trainer.js'

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

const plainRules: GradientRules = { clipValue: 0, clipNorm: 0, accumulate: 1 }

/** {@link Trainer} over gates. */
export class EagerTrainer implements Trainer {
  readonly #model: Model
  readonly #loss: Loss
  readonly #optimizer: Steps
  readonly #batchSize: number
  readonly #rules: GradientRules
  #waiting = 0
  #rows = 0
  #last = performance.now()

  constructor(model: Model, loss: Loss, optimizer: Steps, batchSize: number, rules = plainRules) {
    this.#model = model
    this.#loss = loss
    this.#optimizer = optimizer
    this.#batchSize = batchSize
    this.#rules = rules
  }

  async run(
    data: Dataset,
    order: Int32Array,
    start: number,
    count: number,
    signal: AbortSignal | undefined,
    rates?: Float64Array,
  ): Promise<Float64Array> {
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
    const { dtype } = this.#model
    const x = data.gatherInputs(order, start, rows, dtype)
    const y = data.gatherTargets(order, start, rows, dtype)
    const output = this.#model.forward(x)
    const weights = data.gatherWeights(order, start, rows)
    const loss = this.#loss.forward(output, y, weights)
    if (!Number.isFinite(loss)) return [loss, 0]
    if (this.#rules.accumulate === 1) {
      const [gradient] = this.#loss.backward()
      this.#model.backward(gradient as Value, { inputGradient: false })
      this.#update()
    } else this.#accumulate(weights ? native().sum(weights.data as FloatArray) : rows)
    return [loss, correctRows(data, output, y)]
  }

  get #sums(): boolean {
    return (this.#loss as { reduction?: unknown }).reduction === 'sum'
  }

  // Means count by their rows, or the sums of their weights: batches together give the gradient of one that has all rows.
  #accumulate(rows: number): void {
    const [gradient] = this.#loss.backward(this.#sums ? 1 : rows)
    this.#model.backward(gradient as Value, { inputGradient: false, accumulate: this.#waiting > 0 })
    this.#rows += rows
    if (++this.#waiting === this.#rules.accumulate) this.flush()
  }

  /** Gates are asked anew for every batch. */
  readonly stale = false

  /** Whether gradients wait for more batches. */
  get waiting(): boolean {
    return this.#waiting > 0
  }

  flush(): void {
    if (this.#waiting === 0) return
    if (!this.#sums) native().scale(1 / this.#rows, this.#model.block.gradients)
    this.#waiting = 0
    this.#rows = 0
    this.#update()
  }

  #update(): void {
    const { clipValue, clipNorm, averager } = this.#rules
    const { block } = this.#model
    if (clipValue > 0 || clipNorm > 0) {
      block.clearFrozen()
      native().clipGradients(clipValue, clipNorm, block.gradients)
    }
    this.#optimizer.step(this.#model)
    block.touch()
    if (averager?.everyUpdate) averager.add(1 - averager.how.decay)
  }

  async #breathe(): Promise<void> {
    if (performance.now() - this.#last < SLICE) return
    await new Promise((resume) => setImmediate(resume))
    this.#last = performance.now()
  }
}

/** Rows whose largest output is the label; 0 where there are none. */
export function correctRows(data: Dataset, output: Value, y: Tensor): number {
  return data.labelled && output instanceof Tensor && output.rank === 2 ? countCorrect(output, y) : 0
}
