// fit(): checks what it is given, and trains: the epochs are in loop.ts, a trainer runs the batches.
import type { Samples } from '../data/dataset.js'
import type { Model } from '../nn/model.js'
import { claim } from './claims.js'
import type { History } from './history.js'
import { Loop } from './loop.js'
import { checkFit, checkNumbers, type FitOptions } from './options.js'
import type { BatchStream } from './stream.js'

/**
 * Trains a model. A model in inference mode is in training mode meanwhile, and goes back; one in training mode stays as
 * it is, with those of its layers that are in inference mode.
 * @param model - changed in place
 * @param train - rows and targets; or an iterable of batches of them, async or not, which is read one batch ahead and anew
 * for every epoch. Its batches may have any number of rows; they are not shuffled.
 * @returns the history of all epochs
 * @throws typed errors for unusable data and options, before anything changes; NonFiniteError, naming epoch, batch and layer,
 * when the loss becomes NaN or infinite; the signal's reason when aborted
 */
export async function fit(model: Model, train: Samples | BatchStream, given: FitOptions): Promise<History> {
  const plan = checkFit(model, train, given)
  plan.signal?.throwIfAborted()
  const release = claim('fit', model)
  const mode = model.training
  if (!mode) model.train()
  try {
    await checkNumbers(plan)
    return await new Loop(model, plan).run()
  } finally {
    release()
    if (!mode) model.eval()
  }
}
