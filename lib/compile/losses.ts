// Losses as plans know them; others make the model run gate by gate.
import type { PlanDescription, PlanLossOptions } from '../native/plan.js'
import { elementKinds } from '../nn/loss-sums.js'
import {
  BinaryCrossEntropy,
  CosineDistance,
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
import { type Shape, sizeOf } from '../tensor/shape.js'

/** A loss written down. */
export interface LoweredLoss {
  readonly loss: PlanDescription['loss']
  readonly lossOptions?: PlanLossOptions
}

const ofElements = new Set<unknown>([
  BinaryCrossEntropy,
  Hinge,
  Huber,
  KLDivergence,
  MeanAbsoluteError,
  MeanSquaredError,
  Poisson,
  SmoothL1,
])

/**
 * The loss of outputs of some shape, or undefined where plans have none like it: a user's own, a subclass, one that does not
 * reduce, or one that does not take such outputs.
 * @param shape - of a row
 */
export function lowerLoss(given: Loss, shape: Shape): LoweredLoss | undefined {
  const kind = given.constructor
  const { reduction } = given as { reduction?: unknown }
  if (reduction !== 'mean' && reduction !== 'sum') return undefined
  const sum = reduction === 'sum'
  if (ofElements.has(kind)) return element(given as unknown as ValueLoss, sum, shape)
  if (shape.length !== 1) return undefined
  if (kind === CrossEntropy) return crossEntropy(given as CrossEntropy, sum)
  if (kind === NegativeLogLikelihood) return ofLabels('negativeLogLikelihood', given as NegativeLogLikelihood, sum)
  if (kind !== CosineDistance) return undefined
  return { loss: 'cosine', lossOptions: { sum, parameter: (given as CosineDistance).epsilon } }
}

function element(given: ValueLoss, sum: boolean, shape: Shape): LoweredLoss | undefined {
  const { kind, parameter, plain } = given
  if (kind === 'squared' && plain) return { loss: 'squaredError' }
  const columns = given instanceof BinaryCrossEntropy ? given.positiveWeights : undefined
  const options = {
    sum,
    element: elementKinds[kind],
    parameter,
    ...(columns && { classWeights: [...columns] }),
    ...(given instanceof KLDivergence && { units: sizeOf(shape.slice(0, -1)) }),
  }
  // Both look at the last axis, which must not be the batch.
  const fits = columns ? columns.length === shape.at(-1) : !(given instanceof KLDivergence) || shape.length > 0
  return fits ? { loss: 'element', lossOptions: options } : undefined
}

function crossEntropy(given: CrossEntropy, sum: boolean): LoweredLoss {
  const { plain, targets, labelSmoothing: smoothing, weightsOfClasses } = given
  if (plain) return { loss: 'crossEntropy' }
  if (targets === 'labels') return ofLabels('weightedCrossEntropy', given, sum, smoothing)
  const lossOptions = { sum, smoothing, ...(weightsOfClasses && { classWeights: [...weightsOfClasses] }) }
  return { loss: 'softCrossEntropy', lossOptions }
}

function ofLabels(
  loss: PlanDescription['loss'],
  given: Pick<CrossEntropy, 'ignoreIndex' | 'weightsOfClasses'>,
  sum: boolean,
  smoothing = 0,
): LoweredLoss {
  const { ignoreIndex: ignore, weightsOfClasses } = given
  const classWeights = weightsOfClasses && [...weightsOfClasses]
  const lossOptions = {
    sum,
    smoothing,
    ...(ignore !== undefined && { ignore }),
    ...(classWeights && { classWeights }),
  }
  return { loss, lossOptions }
}
