// Schedules by name.
export {
  type CosineOptions,
  type CosineRestartsOptions,
  cosine,
  cosineRestarts,
  type OneCycleOptions,
  oneCycle,
} from './cosine.js'
export {
  type ExponentialOptions,
  exponential,
  type MultiStepOptions,
  multiStep,
  type PolynomialOptions,
  polynomial,
  type StepOptions,
  step,
} from './decays.js'
export { type PlateauOptions, reduceOnPlateau } from './plateau.js'
export type { Course, Schedule, ScheduleLike, TrainingLength, Unit } from './schedule.js'
export { type WarmUpOptions, warmUp } from './warm-up.js'
