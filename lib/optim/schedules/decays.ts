// Schedules that only fall: in steps, exponentially, as a polynomial. As in torch.optim.lr_scheduler.
import { describe, nonNegative, positive, positiveInteger } from '../../checks.js'
import { ArgumentError } from '../../errors.js'
import {
  type LengthOptions,
  type Schedule,
  scheduled,
  scheduledOver,
  type UnitOptions,
  unitOptions,
} from './schedule.js'

/** Options of {@link step}. */
export interface StepOptions extends UnitOptions {
  /** Batches or epochs of one rate. */
  size: number
  /** Factor from one to the next. Default 0.1. */
  gamma?: number
}

/** base·gamma^⌊t/size⌋ (StepLR). */
export function step(given: StepOptions): Schedule {
  const { per, size, gamma = 0.1 } = unitOptions('step', given, ['size', 'gamma'])
  positiveInteger('step', 'size', size)
  nonNegative('step', 'gamma', gamma)
  return scheduled(per, (t, base) => base * gamma ** Math.floor(t / size))
}

/** Options of {@link multiStep}. */
export interface MultiStepOptions extends UnitOptions {
  /** Where the rate falls: ascending integers ≥ 1. */
  milestones: readonly number[]
  /** Factor at each. Default 0.1. */
  gamma?: number
}

/** base·gamma^(number of milestones ≤ t) (MultiStepLR). */
export function multiStep(given: MultiStepOptions): Schedule {
  const { per, milestones, gamma = 0.1 } = unitOptions('multiStep', given, ['milestones', 'gamma'])
  if (!Array.isArray(milestones)) {
    throw new ArgumentError('multiStep', 'milestones to be an array', describe(milestones))
  }
  const list = milestones.map((milestone, i) => {
    const least = i === 0 ? 1 : (milestones[i - 1] as number)
    if (Number.isSafeInteger(milestone) && milestone >= least) return milestone as number
    throw new ArgumentError('multiStep', 'milestones to be ascending integers ≥ 1', describe(milestone))
  })
  nonNegative('multiStep', 'gamma', gamma)
  return scheduled(per, (t, base) => base * gamma ** list.filter((milestone) => milestone <= t).length)
}

/** Options of {@link exponential}. */
export interface ExponentialOptions extends UnitOptions {
  /** Factor from each batch or epoch to the next. */
  gamma: number
}

/** base·gamma^t (ExponentialLR). */
export function exponential(given: ExponentialOptions): Schedule {
  const { per, gamma } = unitOptions('exponential', given, ['gamma'])
  nonNegative('exponential', 'gamma', gamma)
  return scheduled(per, (t, base) => base * gamma ** t)
}

/** Options of {@link polynomial}. */
export interface PolynomialOptions extends LengthOptions {
  /** Exponent. Default 1: a straight line to 0. */
  power?: number
}

/** base·(1 − t/steps)^power, then 0 (PolynomialLR). */
export function polynomial(given?: PolynomialOptions): Schedule {
  const { per, steps, power = 1 } = unitOptions('polynomial', given, ['steps', 'power'])
  positive('polynomial', 'power', power)
  return scheduledOver('polynomial', per, steps, (t, base, most) => base * (1 - Math.min(t, most) / most) ** power)
}
