// Schedules along cosines: to a minimum, with restarts, and one cycle up and down. As in torch.optim.lr_scheduler.
import { describe, nonNegative, oneOf, positive, positiveInteger } from '../../checks.js'
import { ArgumentError } from '../../errors.js'
import {
  type LengthOptions,
  type Schedule,
  scheduled,
  scheduledOver,
  type UnitOptions,
  unitOptions,
} from './schedule.js'

/** From `from` at 0 to `to` at 1. */
const along = {
  cosine: (from: number, to: number, part: number) => to + ((from - to) * (1 + Math.cos(Math.PI * part))) / 2,
  linear: (from: number, to: number, part: number) => from + (to - from) * part,
}

/** Options of {@link cosine}. */
export interface CosineOptions extends LengthOptions {
  /** The rate at the end. Default 0. */
  minimum?: number
}

/** From base to minimum in half a cosine over `steps`, and up again after (CosineAnnealingLR). */
export function cosine(given?: CosineOptions): Schedule {
  const { per, steps, minimum = 0 } = unitOptions('cosine', given, ['steps', 'minimum'])
  nonNegative('cosine', 'minimum', minimum)
  return scheduledOver('cosine', per, steps, (t, base, most) => along.cosine(base, minimum, t / most))
}

/** Options of {@link cosineRestarts}. */
export interface CosineRestartsOptions extends UnitOptions {
  /** Batches or epochs of the first cycle. */
  steps: number
  /** How many times as long each next cycle is: an integer. Default 1. */
  factor?: number
  /** The rate at the end of a cycle. Default 0. */
  minimum?: number
}

/** Cycles of {@link cosine}, each from base anew (CosineAnnealingWarmRestarts). */
export function cosineRestarts(given: CosineRestartsOptions): Schedule {
  const keys = ['steps', 'factor', 'minimum'] as const
  const { per, steps, factor = 1, minimum = 0 } = unitOptions('cosineRestarts', given, keys)
  positiveInteger('cosineRestarts', 'steps', steps)
  positiveInteger('cosineRestarts', 'factor', factor)
  nonNegative('cosineRestarts', 'minimum', minimum)
  return scheduled(per, (t, base) => {
    let [begin, length] = factor === 1 ? [t - (t % steps), steps] : [0, steps]
    for (; t >= begin + length; length *= factor) begin += length
    return along.cosine(base, minimum, (t - begin) / length)
  })
}

/** Options of {@link oneCycle}. */
export interface OneCycleOptions extends LengthOptions {
  /** The highest rate; the optimizer's own does not count. */
  maximum: number
  /** Part of the steps until then, in (0, 1). Default 0.3. */
  rise?: number
  /** Way up and down. Default cosine. */
  shape?: 'cosine' | 'linear'
  /** maximum/divisor is where it starts. Default 25. */
  divisor?: number
  /** That start/finalDivisor is where it ends. Default 10,000. */
  finalDivisor?: number
  /** Whether it falls to its start in as many steps as it rose, and to its end after that. Default false. */
  threePhases?: boolean
}

/** Up to `maximum` and down again, once (Smith & Topin 2018, OneCycleLR), per batch unless told. Momentum stays as it is. */
export function oneCycle(given: OneCycleOptions): Schedule {
  const keys = ['maximum', 'steps', 'rise', 'shape', 'divisor', 'finalDivisor', 'threePhases'] as const
  const all = unitOptions('oneCycle', given, keys, 'batch')
  const { maximum, rise = 0.3, shape = 'cosine', divisor = 25, finalDivisor = 1e4, threePhases = false } = all
  const start = positive('oneCycle', 'maximum', maximum) / positive('oneCycle', 'divisor', divisor)
  const end = start / positive('oneCycle', 'finalDivisor', finalDivisor)
  const most = threePhases ? 0.5 : 1
  if (typeof rise !== 'number' || !(rise > 0 && rise < most))
    throw new ArgumentError('oneCycle', `rise to be a number in (0, ${most})`, describe(rise))
  const way = along[oneOf('oneCycle', 'shape', shape, ['cosine', 'linear'])]
  return scheduledOver('oneCycle', all.per, all.steps, (t, _, steps) => {
    const phases: [end: number, from: number, to: number][] = threePhases
      ? [
          [rise * steps - 1, start, maximum],
          [2 * rise * steps - 2, maximum, start],
          [steps - 1, start, end],
        ]
      : [
          [rise * steps - 1, start, maximum],
          [steps - 1, maximum, end],
        ]
    let begin = 0
    for (const [until, from, to] of phases) {
      if (t <= until) return way(from, to, until > begin ? (t - begin) / (until - begin) : 1)
      begin = until
    }
    return end
  })
}
