// A schedule that watches: the rate falls when a number of the epochs has stopped getting better.
import { integer, nonNegative, oneOf, options, within } from '../../checks.js'
import { Monitor, type MonitorOptions } from './monitor.js'
import type { Course, Schedule } from './schedule.js'

/** Options of {@link reduceOnPlateau}. */
export interface PlateauOptions extends MonitorOptions {
  /** Factor of the rate, in [0, 1). Default 0.1. */
  factor?: number
  /** Epochs in a row without improvement that are borne. Default 10. */
  patience?: number
  /** How much better is better. Default 1e-4. */
  threshold?: number
  /** Whether the threshold is a part of the best value or a difference to it. Default relative. */
  thresholdMode?: 'relative' | 'absolute'
  /** Epochs after a reduction that count for nothing. Default 0. */
  cooldown?: number
  /** The smallest rate. Default 0. */
  minimum?: number
  /** Reductions by no more than this are left out. Default 1e-8. */
  epsilon?: number
}

/** rate·factor after `patience` epochs without improvement (ReduceLROnPlateau). */
export function reduceOnPlateau(given?: PlateauOptions): Schedule {
  const name = 'reduceOnPlateau'
  const keys = [
    'monitor',
    'mode',
    'factor',
    'patience',
    'threshold',
    'thresholdMode',
    'cooldown',
    'minimum',
    'epsilon',
  ] as const
  const all = options(name, given, keys)
  const { factor = 0.1, patience = 10, threshold = 1e-4, thresholdMode = 'relative', cooldown = 0 } = all
  const { minimum = 0, epsilon = 1e-8 } = all
  const rule: Rule = {
    monitor: new Monitor(name, all),
    factor: within(name, 'factor', factor, 0, 1),
    patience: integer(name, 'patience', patience, 0),
    threshold: nonNegative(name, 'threshold', threshold),
    relative: oneOf(name, 'thresholdMode', thresholdMode, ['relative', 'absolute']) === 'relative',
    cooldown: integer(name, 'cooldown', cooldown, 0),
    minimum: nonNegative(name, 'minimum', minimum),
    epsilon: nonNegative(name, 'epsilon', epsilon),
  }
  return { per: 'epoch', start: (base) => new PlateauCourse(rule, base) }
}

interface Rule {
  readonly monitor: Monitor
  readonly factor: number
  readonly patience: number
  readonly threshold: number
  readonly relative: boolean
  readonly cooldown: number
  readonly minimum: number
  readonly epsilon: number
}

class PlateauCourse implements Course {
  readonly #rule: Rule
  #rate: number
  #best = Number.POSITIVE_INFINITY
  #bad = 0
  #resting = 0

  constructor(rule: Rule, base: number) {
    this.#rule = rule
    this.#rate = base
  }

  rate(): number {
    return this.#rate
  }

  observe(record: object): void {
    const { monitor, factor, patience, threshold, relative, cooldown, minimum, epsilon } = this.#rule
    const value = monitor.read(record)
    const margin = relative ? Math.abs(this.#best) * threshold : threshold
    if (value < (this.#best === Number.POSITIVE_INFINITY ? this.#best : this.#best - margin)) {
      this.#best = value
      this.#bad = 0
    } else this.#bad++
    if (this.#resting > 0) {
      this.#resting--
      this.#bad = 0
    }
    if (this.#bad <= patience) return
    this.#resting = cooldown
    this.#bad = 0
    const reduced = Math.max(this.#rate * factor, minimum)
    if (this.#rate - reduced > epsilon) this.#rate = reduced
  }

  state(): readonly number[] {
    return [this.#rate, this.#best, this.#bad, this.#resting]
  }
  resume([rate, best, bad, resting]: readonly number[]): void {
    this.#rate = rate!
    this.#best = best!
    this.#bad = bad!
    this.#resting = resting!
  }
}
