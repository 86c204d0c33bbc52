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

/** Batches of a data set in an order. */
export interface Portion {
  readonly data: Dataset
  readonly order: Int32Array
  /** The row of the order at which the first of them starts. */
  readonly start: number
  /** How many; the last may be short of rows. */
  readonly count: number
  /** Their learning rates, where these are not the optimizer's own. */
  readonly rates?: Float64Array | undefined
}

/** Runs batches of one model with one loss and one optimizer. The most rows of a batch were given when it was made. */
export interface Trainer {
  /**
   * Trains on some batches. Resolves to [mean loss, correct rows, rows] for each of them that was run: fewer than asked if `signal`
   * aborts, and no more after one whose loss is not finite, which is reported but changes no parameter. Lets the event loop
   * run meanwhile.
   */
  run(portion: Portion, signal: AbortSignal | undefined): Promise<Float64Array>
  /** Whether the model has changed so that another trainer is needed. */
  readonly stale: boolean
  /** Whether gradients wait for more batches. */
  readonly waiting: boolean
  /** Updates from gradients that wait for more batches. */
  flush?(): void
}
