// Schedules: learning rates as functions of the progress of a training. A schedule describes; a course is one training's.
import { describe, finite, oneOf, options as optionsOf, positiveInteger } from '../../checks.js'
import { ArgumentError } from '../../errors.js'

/** What a schedule counts. */
export type Unit = 'batch' | 'epoch'

/** How long a training is. */
export interface TrainingLength {
  readonly epochs: number
  /** All batches of all epochs; undefined where the data is a stream. */
  readonly batches: number | undefined
}

/** A schedule in one training. */
export interface Course {
  /** The learning rate after so many batches and epochs of this training; both count from 0. */
  rate(batches: number, epochs: number): number
  /** After each epoch: its record, with losses, accuracies and metrics. */
  observe?(record: object): void
  /** What a checkpoint keeps, for courses that remember. */
  state?(): readonly number[]
  /** Goes on from a kept state. */
  resume?(state: readonly number[]): void
}

/** A learning rate that changes while a model trains. Give it to fit. */
export interface Schedule {
  /** Whether the rate changes from batch to batch, or from epoch to epoch only. */
  readonly per: Unit
  /** @param base - the optimizer's own learning rate */
  start(base: number, length: TrainingLength): Course
}

/** A schedule as fit takes it: a built-in one, one of your own, or a function of the batches and epochs that are over. */
export type ScheduleLike = Schedule | ((step: number, epoch: number) => number)

/** The schedule of what was given. */
export function scheduleOf(operation: string, given: unknown): Schedule {
  if (typeof given === 'function') {
    const rate = given as (step: number, epoch: number) => unknown
    return { per: 'batch', start: () => ({ rate: (step, epoch) => rateOf('schedule', rate(step, epoch)) }) }
  }
  const schedule = given as Partial<Schedule> | null | undefined
  if (typeof schedule !== 'object' || typeof schedule?.start !== 'function') {
    throw new ArgumentError(operation, 'schedule to be one of schedules, or a function (step, epoch)', describe(given))
  }
  oneOf(operation, 'per of the schedule', schedule.per, ['batch', 'epoch'])
  return schedule as Schedule
}

/** A learning rate that a schedule made. */
export function rateOf(operation: string, rate: unknown): number {
  if (finite(operation, 'the learning rate', rate) < 0)
    throw new ArgumentError(operation, 'a learning rate ≥ 0', describe(rate))
  return rate as number
}

/** Options of schedules: what they count. */
export interface UnitOptions {
  /** Whether one step of the schedule is a batch or an epoch. Default epoch. */
  per?: Unit
}

/** Options of a schedule that has an end. */
export interface LengthOptions extends UnitOptions {
  /** Batches or epochs until the schedule has reached its end. Default: the whole training. */
  steps?: number
}

/** The options of a schedule, with what it counts. */
export function unitOptions<T extends UnitOptions>(
  name: string,
  given: T | undefined,
  keys: readonly (keyof T)[],
  per: Unit = 'epoch',
): T & { per: Unit } {
  const all = optionsOf(name, given, ['per', ...keys])
  const { per: unit = per } = all
  return { ...all, per: oneOf(name, 'per', unit, ['batch', 'epoch']) }
}

/** A schedule that is a function of t, the batches or epochs that are over. */
export function scheduled(per: Unit, rate: (t: number, base: number) => number): Schedule {
  return {
    per,
    start: (base) => ({ rate: (batches, epochs) => rate(per === 'batch' ? batches : epochs, base) }),
  }
}

/** The same where the length counts. @param steps - undefined for the whole training */
export function scheduledOver(
  name: string,
  per: Unit,
  steps: number | undefined,
  rate: (t: number, base: number, steps: number) => number,
): Schedule {
  if (steps !== undefined) positiveInteger(name, 'steps', steps)
  return {
    per,
    start: (base, length) => {
      const most = steps ?? wholeLength(name, per, length)
      return { rate: (batches, epochs) => rate(per === 'batch' ? batches : epochs, base, most) }
    },
  }
}

function wholeLength(name: string, per: Unit, { epochs, batches }: TrainingLength): number {
  if (per === 'epoch') return epochs
  if (batches === undefined) throw new ArgumentError(name, 'steps for data that comes in batches', 'none')
  return batches
}
