// Update rules that native plans know: those of the built-in optimizers.
import { builtinOptimizers, Optimizer } from '../optim/optimizers.js'

/** Whether a plan can apply the rule of this optimizer; a subclass may do something else, and is run as it is. */
export function hasNativeRule(optimizer: object): optimizer is Optimizer {
  return optimizer instanceof Optimizer && builtinOptimizers.has(optimizer.constructor)
}
