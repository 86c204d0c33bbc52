// What fit tells its callbacks.
import { describe } from '../checks.js'
import { ArgumentError } from '../errors.js'
import type { Model } from '../nn/model.js'
import type { EpochRecord, History } from './history.js'
import type { Snapshot } from './snapshot.js'

/** What callbacks are told before training begins. */
export interface BeginEvent {
  readonly model: Model
  /** The epochs before a checkpoint from which this training goes on. */
  readonly records: readonly EpochRecord[]
  /** The batches of then. */
  readonly batches: number
}

/** What callbacks are told after a batch. Batches and epochs count from 1. */
export interface BatchEvent {
  readonly epoch: number
  readonly batch: number
  readonly loss: number
}

/** What callbacks are told between batches. */
export interface PauseEvent {
  /** Batches of the whole training that are over. */
  readonly batches: number
  /** The epoch under way, from 1. */
  readonly epoch: number
  /** How much of it is over, from 0 to 1; undefined for data that comes in batches. */
  readonly part: number | undefined
  /** Its mean loss so far; NaN before the first batch. */
  readonly loss: number
  /** The whole state of the training, copied; undefined while gradients wait for more batches (`accumulate`). */
  capture(): Snapshot | undefined
}

/** What callbacks are told after an epoch. */
export interface EpochEvent extends PauseEvent {
  readonly record: EpochRecord
  readonly model: Model
  /** Ends training after this epoch. */
  stop(): void
}

/** What callbacks are told at the end. */
export interface EndEvent {
  readonly model: Model
  readonly history: History
  /** Whether training ended with an error or an abort. */
  readonly failed: boolean
}

/** Functions that fit calls; those that return promises are awaited. */
export interface Callback {
  /** Before the first batch. */
  begin?(event: BeginEvent): void | Promise<void>
  /** After each batch, before the next one begins: what it changes, a learning rate for example, counts from there on. */
  batch?(event: BatchEvent): void
  /** Every now and then (some 40 ms), between two batches. */
  pause?(event: PauseEvent): void | Promise<void>
  /** Makes a pause after every so many batches of the training. */
  readonly pauseEvery?: number | undefined
  /** After each epoch and its validation. */
  epoch?(event: EpochEvent): void | Promise<void>
  /** When everything is over, an error or an abort too. */
  end?(event: EndEvent): void | Promise<void>
}

/** @internal Throws ArgumentError where they are no array of objects. */
export function checkCallbacks(operation: string, callbacks: readonly Callback[]): void {
  if (!Array.isArray(callbacks)) throw new ArgumentError(operation, 'callbacks to be an array', describe(callbacks))
  for (const callback of callbacks) {
    if (typeof callback !== 'object' || callback === null)
      throw new ArgumentError(operation, 'callbacks to be objects', describe(callback))
  }
}
