// What is watched from epoch to epoch, and whether it got better.
import { describe, oneOf } from '../../checks.js'
import { ArgumentError } from '../../errors.js'

/** Options of whatever watches a number of each epoch's record. */
export interface MonitorOptions {
  /** Its name in the record: `loss`, `validationAccuracy`, or a metric's. Default validationLoss, or loss without validation. */
  monitor?: string
  /** Whether less or more is better. Default: more for accuracies and metrics but losses and errors, else less. */
  mode?: 'min' | 'max'
}

/** Reads a number out of each record, and knows which way is better. */
export class Monitor {
  readonly #operation: string
  readonly #name: string | undefined
  readonly #mode: 'min' | 'max'

  constructor(operation: string, { monitor, mode }: MonitorOptions) {
    if (monitor !== undefined && (typeof monitor !== 'string' || monitor === '')) {
      throw new ArgumentError(operation, 'monitor to be the name of a number of an epoch', describe(monitor))
    }
    this.#operation = operation
    this.#name = monitor
    const more = monitor !== undefined && !/loss|error|deviation/i.test(monitor)
    this.#mode = mode === undefined ? (more ? 'max' : 'min') : oneOf(operation, 'mode', mode, ['min', 'max'])
  }

  /** The number of a record, negative where more is better: less is always better of what this returns. */
  read(record: object): number {
    const numbers = { ...(record as { metrics?: object }).metrics, ...record } as Record<string, unknown>
    const name = this.#name ?? (numbers.validationLoss === undefined ? 'loss' : 'validationLoss')
    const value = numbers[name]
    if (typeof value !== 'number') {
      const names = Object.keys(numbers).filter((key) => typeof numbers[key] === 'number')
      throw new ArgumentError(this.#operation, `monitor among ${names.join(', ')}`, describe(name))
    }
    return this.#mode === 'max' ? -value : value
  }
}
