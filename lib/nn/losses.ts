// All losses: gates from predictions and targets to a number, the mean over rows or elements unless told.
export { BinaryCrossEntropy, type BinaryCrossEntropyOptions } from './binary-cross-entropy.js'
export {
  type ClassLossOptions,
  CrossEntropy,
  type CrossEntropyOptions,
  NegativeLogLikelihood,
} from './class-losses.js'
export { CosineDistance, type CosineDistanceOptions } from './cosine-distance.js'
export {
  isLoss,
  type Loss,
  type LossOptions,
  lossGradient,
  lossText,
  type Reduced,
  type Reduction,
  type SampleWeights,
} from './loss.js'
export {
  Hinge,
  type HingeOptions,
  Huber,
  type HuberOptions,
  KLDivergence,
  MeanAbsoluteError,
  MeanSquaredError,
  Poisson,
  SmoothL1,
  type SmoothL1Options,
} from './value-losses.js'
