// Gradients of several batches that make one update.
import { native } from '../native/load.js'
import type { Model } from '../nn/model.js'
import type { Steps } from './eager.js'
import type { GradientRules } from './trainer.js'

/** Counts the batches of one update. Means count by their rows, or the sums of their weights. */
export class Grouping {
  readonly #size: number
  readonly #sums: boolean
  #batches = 0
  #weight = 0

  /** @param sums - whether the loss is a sum, whose gradients are added as they are */
  constructor(size: number, sums: boolean) {
    this.#size = size
    this.#sums = sums
  }

  /** Whether gradients wait for more batches. */
  get waiting(): boolean {
    return this.#batches > 0
  }

  /** Counts one more batch: what the sum of all that wait is divided by for an update now, 0 where there is none. */
  add(weight: number): number {
    this.#weight += weight
    return ++this.#batches === this.#size ? this.take() : 0
  }

  /** The same for an update now. */
  take(): number {
    const divisor = this.#sums ? 1 : this.#weight
    this.#batches = 0
    this.#weight = 0
    return divisor
  }
}

/** One update on this thread, from gradients that are divided first. Predictions elsewhere see all of it or nothing. */
export function update(model: Model, optimizer: Steps, rules: GradientRules, divisor = 1): void {
  const { clipValue, clipNorm, averager } = rules
  const { block } = model
  if (divisor !== 1) native().scale(1 / divisor, block.gradients)
  if (clipValue > 0 || clipNorm > 0) {
    block.clearFrozen()
    native().clipGradients(clipValue, clipNorm, block.gradients)
  }
  native().updateTogether(block.values, () => optimizer.step(model))
  block.touch()
  if (averager?.everyUpdate) averager.add(1 - averager.how.decay)
}
