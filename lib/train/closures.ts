// Trains with an optimizer that evaluates the loss as often as it likes: L-BFGS. Each batch is one of its steps.
import type { Dataset } from '../data/dataset.js'
import type { Value } from '../gates/gate.js'
import { native } from '../native/load.js'
import type { Loss } from '../nn/losses.js'
import type { Model } from '../nn/model.js'
import type { LBFGS } from '../optim/lbfgs.js'
import type { Averager } from './averages.js'
import { correctRows } from './eager.js'
import { GradientPlan } from './plans.js'
import type { Portion, Trainer } from './trainer.js'

/** Computes loss and gradients of some rows for the parameters as they are: [loss, correct rows]. */
type Evaluate = () => Promise<Found>
type Found = readonly [loss: number, correct: number]

/** {@link Trainer} for L-BFGS; gradients come from a native plan where there is one, off this thread. */
export class ClosureTrainer implements Trainer {
  readonly #model: Model
  readonly #loss: Loss
  readonly #optimizer: LBFGS
  readonly #batchSize: number
  readonly #plan: GradientPlan | undefined
  readonly #averager: Averager | undefined

  constructor(model: Model, loss: Loss, optimizer: LBFGS, data: Dataset, batchSize: number, averager?: Averager) {
    this.#model = model
    this.#loss = loss
    this.#optimizer = optimizer
    this.#batchSize = batchSize
    this.#plan = GradientPlan.create(model, loss, data, Math.min(batchSize, data.rows))
    this.#averager = averager?.everyUpdate ? averager : undefined
  }

  readonly waiting = false

  get stale(): boolean {
    return this.#plan?.stale ?? false
  }

  async run({ data, order, start, count, rates }: Portion, signal: AbortSignal | undefined): Promise<Float64Array> {
    const results: number[] = []
    for (let done = 0; done < count && !signal?.aborted; done++) {
      const from = start + done * this.#batchSize
      const rows = Math.min(this.#batchSize, data.rows - from)
      if (rates) this.#optimizer.learningRate = rates[done]!
      const evaluate = this.#plan?.evaluator(data, order, from, rows) ?? this.#evaluator(data, order, from, rows)
      const first = await this.#step(evaluate, signal)
      if (!first) break
      results.push(...first, rows)
      if (!Number.isFinite(first[0])) break
      this.#averager?.add(1 - this.#averager.how.decay)
    }
    return Float64Array.from(results)
  }

  // What the first evaluation found; undefined after an abort, which takes the step back.
  async #step(evaluate: Evaluate, signal: AbortSignal | undefined): Promise<Found | undefined> {
    const { block } = this.#model
    const before = block.values.slice()
    const course = this.#optimizer.steps(this.#model)
    let first: Found | undefined
    for (let next = course.next(); !next.done; ) {
      const found = await evaluate()
      if (signal?.aborted) {
        native().copyTogether(block.values, [block.values], [before], true, true)
        this.#optimizer.reset(this.#model)
        return undefined
      }
      first ??= found
      next = course.next(found[0])
    }
    return first!
  }

  // Gate by gate, on this thread; the event loop has its turn between evaluations.
  #evaluator(data: Dataset, order: Int32Array, start: number, rows: number): Evaluate {
    const { x, y, weights } = data.gather(order, start, rows, this.#model.dtype)
    return async () => {
      await new Promise((resume) => setImmediate(resume))
      const output = this.#model.forward(x)
      const loss = this.#loss.forward(output, y, weights)
      if (Number.isFinite(loss)) {
        const [gradient] = this.#loss.backward()
        this.#model.backward(gradient as Value as never, { inputGradient: false })
      }
      return [loss, correctRows(data, output, y)]
    }
  }
}
