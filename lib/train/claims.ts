// Who trains a model: one training at a time.
import { StateError } from '../errors.js'
import type { Model } from '../nn/model.js'

const claimed = new WeakSet<Model>()

/** Claims a model for a training, and returns how to give it back. Throws StateError where it is taken. */
export function claim(operation: string, model: Model): () => void {
  if (claimed.has(model)) throw new StateError(operation, 'a model that no other fit is training', 'one in training')
  claimed.add(model)
  return () => void claimed.delete(model)
}
