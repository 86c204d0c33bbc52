// Update rules that native plans know: those of the built-in optimizers.
import { Adam, AdamW } from '../optim/adam.js'
import { Optimizer } from '../optim/optimizer.js'
import { SGD } from '../optim/sgd.js'

const rules = new Set<unknown>([SGD, Adam, AdamW])

/** Whether a plan can apply the rule of this optimizer; a subclass may do something else, and is run as it is. */
export function hasNativeRule(optimizer: object): optimizer is Optimizer {
  return optimizer instanceof Optimizer && rules.has(optimizer.constructor)
}
