// The operators that are gates of one input and nothing more: x.exp() is apply(new Exp(), x). A method takes what the
// gate's constructor takes.
import { activations } from '../gates/activations.js'
import { Abs, Cos, Exp, Log, Negate, Reciprocal, Sin, Sqrt, Square } from '../gates/arithmetic.js'
import { Slice } from '../gates/parts.js'
import { Mean, SquaredNorm, Sum } from '../gates/reductions.js'
import { Clip, Gather } from '../gates/select.js'
import { BroadcastTo, Flatten, Transpose } from '../gates/shapes.js'
import { LogSoftmax, Softmax } from '../gates/softmax.js'

/** Operators by name, and their gates. */
export const methods = {
  ...activations,
  /** −x */
  neg: Negate,
  /** e^x */
  exp: Exp,
  /** Natural logarithm. */
  log: Log,
  /** 1/x */
  reciprocal: Reciprocal,
  /** √x */
  sqrt: Sqrt,
  /** x² */
  square: Square,
  /** |x| */
  abs: Abs,
  /** sin x */
  sin: Sin,
  /** cos x */
  cos: Cos,
  /** x within bounds: see {@link Clip}. */
  clip: Clip,
  /** The sum of all elements (a number), or along axes. */
  sum: Sum,
  /** The mean of all elements (a number), or along axes. */
  mean: Mean,
  /** ‖x‖², a number. */
  squaredNorm: SquaredNorm,
  /** e^x/Σe^x along an axis, the last unless told. */
  softmax: Softmax,
  /** x − log Σe^x along an axis, the last unless told. */
  logSoftmax: LogSoftmax,
  /** The axes in another order; the transposed matrix without arguments. */
  transpose: Transpose,
  /** Neighbouring axes joined: see {@link Flatten}. */
  flatten: Flatten,
  /** Repeated to a larger shape. */
  broadcastTo: BroadcastTo,
  /** Part of a tensor: see {@link Slice}. */
  slice: Slice,
  /** Elements of an axis by index: see {@link Gather}. */
  gather: Gather,
} as const

/** The operators that {@link methods} lists. */
export type GateMethods<V> = {
  [K in keyof typeof methods]: (...args: ConstructorParameters<(typeof methods)[K]>) => V
}
