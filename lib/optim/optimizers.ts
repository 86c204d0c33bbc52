// All optimizers, and the list of them.
import { Adadelta } from './adadelta.js'
import { Adagrad } from './adagrad.js'
import { Adam, AdamW } from './adam.js'
import { Adamax } from './adamax.js'
import { Lion } from './lion.js'
import { NAdam } from './nadam.js'
import { RAdam } from './radam.js'
import { RMSProp } from './rmsprop.js'
import { Rprop } from './rprop.js'
import { SGD } from './sgd.js'

export type { AdadeltaOptions } from './adadelta.js'
export type { AdagradOptions } from './adagrad.js'
export type { AdamOptions } from './adam.js'
export type { ParameterGroup } from './groups.js'
export type { LionOptions } from './lion.js'
export type { MomentOptions } from './moments.js'
export type { NAdamOptions } from './nadam.js'
export { type Optimizable, Optimizer, type OptimizerOptions, type OptimizerState } from './optimizer.js'
export type { RAdamOptions } from './radam.js'
export type { RMSPropOptions } from './rmsprop.js'
export type { RpropOptions } from './rprop.js'
export type { SGDOptions } from './sgd.js'
export { Adadelta, Adagrad, Adam, Adamax, AdamW, Lion, NAdam, RAdam, RMSProp, Rprop, SGD }

/** The built-in optimizers; native code knows the rule of each. */
export const builtinOptimizers: ReadonlySet<unknown> = new Set([
  SGD,
  Adam,
  AdamW,
  NAdam,
  RAdam,
  Adamax,
  RMSProp,
  Adagrad,
  Adadelta,
  Rprop,
  Lion,
])
