// copy(): a network once more, with memory of its own, and on wish in the other element type.
import { describe, options } from '../checks.js'
import { ArgumentError } from '../errors.js'
import type { Gate } from '../gates/gate.js'
import { checkFloatDType, type FloatDType } from '../tensor/dtype.js'
import { useCloner } from './cloning.js'
import { copyOf } from './config.js'
import { isModed } from './layer.js'
import { Model } from './model.js'

/** Options of {@link copy}. */
export interface CopyOptions {
  /** Element type of the copy. Default that of the network. */
  dtype?: FloatDType
}

/**
 * A copy of a network: equal parameters, running statistics, states of dropout and modes, memory of its own. With `dtype`
 * its numbers are converted: a network of float32, say, to float64, in which `checkGradients` checks it.
 * @throws ArgumentError for what is no network of this library, or holds a user's gate
 * @example checkGradients(copy(model, { dtype: 'float64' }), [x])
 */
export function copy<M extends Model>(model: M, given?: CopyOptions): M {
  if (!(model instanceof Model)) throw new ArgumentError('copy', 'a network, such as a Sequential', describe(model))
  const { dtype = model.dtype } = options('copy', given, ['dtype'])
  checkFloatDType('copy', dtype)
  const made = copyOf('copy', model, dtype) as M
  takeModes(made, model)
  return made
}

// A network tells its mode to all its gates, so theirs come after it.
function takeModes(to: Gate, from: Gate): void {
  if (isModed(to) && isModed(from) && to.training !== from.training) to.train(from.training)
  if (!(to instanceof Model && from instanceof Model)) return
  for (const [i, gate] of to.gates.entries()) takeModes(gate, from.gates[i]!)
}

useCloner(copy)
