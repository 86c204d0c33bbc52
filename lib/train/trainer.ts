// What fit needs of whoever runs the batches: eager gates here, a compiled plan elsewhere.
import type { Dataset } from '../data/dataset.js'
import type { Averager } from './averages.js'

/** Three numbers per batch in the results of {@link Trainer.run}. */
export const RESULT_WIDTH = 3

/** Rows that evaluation takes at a time. */
export const EVALUATION_ROWS = 512

/** What happens to gradients between backward and update. */
export interface GradientRules {
  /** Bounds of every element, and of the norm of all; 0 for none. */
  readonly clipValue: number
  readonly clipNorm: number
  /** Batches of one update. */
  readonly accumulate: number
  /** What every update goes into. */
  readonly averager?: Averager | undefined
}

/** Runs batches of one model with one loss and one optimizer. The most rows of a batch were given when it was made. */
export interface Trainer {
  /**
   * Trains on `count` batches of a data set in an order, the first of which starts at row `start`. Resolves to [mean loss, correct
   * rows, rows] for each batch that was run: fewer than asked if `signal` aborts, and no more after one whose loss is not
   * finite, which is reported but changes no parameter. Lets the event loop run meanwhile.
   * @param rates - learning rates of these batches, where they are not the optimizer's own
   */
  run(
    data: Dataset,
    order: Int32Array,
    start: number,
    count: number,
    signal: AbortSignal | undefined,
    rates?: Float64Array,
  ): Promise<Float64Array>
  /** Whether the model has changed so that another trainer is needed. */
  readonly stale: boolean
  /** Whether gradients wait for more batches. */
  readonly waiting: boolean
  /** Updates from gradients that wait for more batches. */
  flush?(): void
}

/** Throws what the signal was aborted with. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  signal?.throwIfAborted()
}
