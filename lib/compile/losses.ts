// Losses as plans know them; others make the model run gate by gate.
import type { PlanDescription, PlanLossOptions } from '../native/plan.js'
import { elementKinds } from '../nn/loss-sums.js'
import {
  BinaryCrossEntropy,
  CrossEntropy,
  Hinge,
  Huber,
  KLDivergence,
  type Loss,
  MeanAbsoluteError,
  MeanSquaredError,
  NegativeLogLikelihood,
  Poisson,
  SmoothL1,
} from '../nn/losses.js'
import type { ValueLoss } from '../nn/value-losses.js'

/** A loss written down. */
export interface LoweredLoss {
  readonly loss: PlanDescription['loss']
  readonly lossOptions?: PlanLossOptions
}

const ofElements = new Set<unknown>([
  BinaryCrossEntropy,
  Hinge,
  Huber,
  MeanAbsoluteError,
  MeanSquaredError,
  NegativeLogLikelihood,
  Poisson,
  SmoothL1,
])

/** The loss, or undefined where plans have none like it: a user's own, a subclass, or a form that is not known to them. */
export function lowerLoss(given: Loss): LoweredLoss | undefined {
  const kind = given.constructor
  if (kind === CrossEntropy) return crossEntropy(given as CrossEntropy)
  if (kind === NegativeLogLikelihood) return ofLabels('negativeLogLikelihood', given as NegativeLogLikelihood)
  if (kind === KLDivergence) return element(given as KLDivergence, true)
  return ofElements.has(kind) ? element(given as unknown as ValueLoss, false) : undefined
}

function element(given: Pick<ValueLoss, 'kind' | 'parameter' | 'reduction' | 'plain'>, byRows: boolean): LoweredLoss {
  const { kind, parameter, reduction, plain } = given
  if (kind === 'squared' && plain) return { loss: 'squaredError' }
  const options = { sum: reduction === ('sum' as string), byRows, element: elementKinds[kind], parameter }
  return { loss: 'element', lossOptions: options }
}

function crossEntropy(given: CrossEntropy): LoweredLoss | undefined {
  const { plain, reduction, targets, labelSmoothing: smoothing, weightsOfClasses } = given
  const sum = reduction === ('sum' as string)
  if (plain) return { loss: 'crossEntropy' }
  if (targets === 'values') {
    if (smoothing > 0 || weightsOfClasses) return undefined
    return { loss: 'softCrossEntropy', lossOptions: { sum } }
  }
  return ofLabels('weightedCrossEntropy', given, smoothing)
}

function ofLabels(
  loss: PlanDescription['loss'],
  given: Pick<CrossEntropy, 'reduction' | 'ignoreIndex' | 'weightsOfClasses'>,
  smoothing = 0,
): LoweredLoss | undefined {
  const { reduction, ignoreIndex: ignore, weightsOfClasses } = given
  // Plans have −1 for "none".
  if (ignore === -1) return undefined
  const options = { sum: reduction === ('sum' as string), smoothing, ...(ignore !== undefined && { ignore }) }
  const classWeights = weightsOfClasses && [...weightsOfClasses]
  return { loss, lossOptions: classWeights ? { ...options, classWeights } : options }
}
