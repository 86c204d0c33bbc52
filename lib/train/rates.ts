// The learning rates of a training: what its schedule makes of them, batch by batch.
import { Dataset } from '../data/dataset.js'
import { ArgumentError } from '../errors.js'
import { type Course, rateOf } from '../optim/schedules/schedule.js'
import type { Rated } from './eager.js'
import type { EpochRecord } from './history.js'
import type { FitPlan } from './options.js'

/** The course of one fit's schedule, and where it stands; without a schedule it does nothing. */
export class Rates {
  readonly #course: Course | undefined
  readonly #optimizer: Rated
  readonly #base: number
  #batches = 0
  #rates: Float64Array | undefined

  constructor({ schedule, optimizer, train, epochs, batchSize }: FitPlan) {
    this.#optimizer = optimizer as Rated
    this.#base = this.#optimizer.learningRate
    const batches = train instanceof Dataset ? epochs * Math.ceil(train.rows / batchSize) : undefined
    this.#course = schedule?.start(this.#base, { epochs, batches })
  }

  /** Rates of the next batches in an epoch (from 1), the first of which is the optimizer's from here on. */
  next(count: number, epoch: number): Float64Array | undefined {
    const course = this.#course
    if (!course) return undefined
    this.#rates = Float64Array.from({ length: count }, (_, i) =>
      rateOf('schedule', course.rate(this.#batches + i, epoch - 1)),
    )
    this.#optimizer.learningRate = this.#rates[0]!
    return this.#rates
  }

  /** Counts batches that have been run; the optimizer's rate is that of the last. */
  advance(batches: number): void {
    this.#batches += batches
    if (this.#rates && batches > 0) this.#optimizer.learningRate = this.#rates[batches - 1]!
  }

  /** What a checkpoint keeps: batches, the optimizer's own rate and its present one, then the course's own. */
  state(): readonly number[] {
    return [this.#batches, this.#base, this.#optimizer.learningRate, ...(this.#course?.state?.() ?? [])]
  }
  resume([batches, base, present, ...course]: readonly number[]): void {
    this.#batches = batches!
    if (!this.#course) this.#optimizer.learningRate = present!
    else if (base !== this.#base) {
      throw new ArgumentError('resume', `the learningRate of the checkpoint, ${base},`, String(this.#base))
    }
    this.#course?.resume?.(course)
  }

  observe(record: EpochRecord): void {
    this.#course?.observe?.(record)
  }

  /** Gives the optimizer its own rate back. */
  restore(): void {
    if (this.#course) this.#optimizer.learningRate = this.#base
  }
}
