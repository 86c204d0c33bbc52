// partialFit(): one update from one batch, for data that comes as it happens; plan and optimizer state stay from call to call.
import { describe, nonNegative, options } from '../checks.js'
import type { Dataset, Samples } from '../data/dataset.js'
import { ArgumentError, NonFiniteError } from '../errors.js'
import { isLoss, type Loss, lossText } from '../nn/losses.js'
import { Model } from '../nn/model.js'
import { type Shape, sameShape } from '../tensor/shape.js'
import { claim } from './claims.js'
import { PlanTrainer } from './compiled.js'
import { EagerTrainer, type Steps } from './eager.js'
import { locateNonFinite } from './nonfinite.js'
import { checkTrainingData } from './options.js'
import type { Trainer } from './trainer.js'

/** Options of {@link partialFit}. */
export interface PartialFitOptions {
  /** What to minimise. */
  loss: Loss
  /** How to update; its state goes on from call to call. */
  optimizer: Steps
  /** Bounds every gradient by ± this. */
  clipValue?: number
  /** Bounds the norm of all gradients together, after clipValue. */
  clipNorm?: number
}

/** What a batch gave, as the model was before its update. */
export interface BatchScore {
  readonly loss: number
  /** Part of the rows whose largest output is the label; for labels only. */
  readonly accuracy?: number
}

/**
 * One update from one batch, off the main thread. The model is compiled once and serves for all calls with the same loss and
 * optimizer; batches may have any number of rows. Calls that are not waited for are done in their order, and the batch's arrays
 * must stay as they are until then. Predictions meanwhile see the parameters before or after an update.
 * @param model - changed in place; in training mode meanwhile, as in {@link fit}
 * @param batch - rows and targets
 * @throws typed errors for unusable data and options, StateError while a fit trains the model, NonFiniteError when the loss is
 * NaN or infinite: nothing is then updated
 * @example
 * for await (const batch of events) await partialFit(model, batch, { loss, optimizer })
 */
export async function partialFit(model: Model, batch: Samples, given: PartialFitOptions): Promise<BatchScore> {
  const learner = learnerOf(model, given)
  const data = checkTrainingData(model, given.loss, batch)
  data.checkFinite('partialFit')
  return inTurn(model, () => learner.learn(data))
}

/** The calls for one model that are not over. */
interface Queue {
  calls: number
  last: Promise<unknown>
  release: () => void
}

const queues = new WeakMap<Model, Queue>()

// After the calls before it. The model is in training from the first to the last.
async function inTurn<T>(model: Model, run: () => Promise<T>): Promise<T> {
  let queue = queues.get(model)
  if (!queue) {
    queue = { calls: 0, last: Promise.resolve(), release: claim('partialFit', model) }
    queues.set(model, queue)
  }
  const mine = queue.calls++ === 0 ? run() : queue.last.then(run)
  queue.last = mine.catch(() => {}) // told to whoever waits for it
  try {
    return await mine
  } finally {
    if (--queue.calls === 0) {
      queues.delete(model)
      queue.release()
    }
  }
}

const learners = new WeakMap<Model, Learner>()
const keys = ['loss', 'optimizer', 'clipValue', 'clipNorm'] as const

function learnerOf(model: Model, given: PartialFitOptions): Learner {
  if (!(model instanceof Model)) throw new ArgumentError('partialFit', 'a model, such as a Sequential', describe(model))
  options('partialFit', given, keys)
  const known = learners.get(model)
  if (known?.serves(given)) return known
  const { loss, optimizer, clipValue = 0, clipNorm = 0 } = given ?? {}
  if (!isLoss(loss)) throw new ArgumentError('partialFit', 'loss with forward and backward', lossText(loss))
  if ((loss as { reduction?: unknown }).reduction === 'none') {
    throw new ArgumentError('partialFit', 'a loss that is a number', `${lossText(loss)} of reduction none`)
  }
  if (typeof optimizer?.step !== 'function')
    throw new ArgumentError('partialFit', 'optimizer with step(model)', describe(optimizer))
  nonNegative('partialFit', 'clipValue', clipValue)
  nonNegative('partialFit', 'clipNorm', clipNorm)
  const made = new Learner(model, { loss, optimizer, clipValue, clipNorm })
  learners.set(model, made)
  return made
}

/** What stays between the calls for one model with the same options. */
class Learner {
  readonly #model: Model
  readonly #given: Required<PartialFitOptions>
  #trainer: Trainer | undefined
  // What the trainer was made for: the shape of rows, and at most as many as this order has.
  #rowShape: Shape = []
  #order = new Int32Array(0)

  constructor(model: Model, given: Required<PartialFitOptions>) {
    this.#model = model
    this.#given = given
  }

  serves({ loss, optimizer, clipValue = 0, clipNorm = 0 }: PartialFitOptions): boolean {
    const own = this.#given
    return own.loss === loss && own.optimizer === optimizer && own.clipValue === clipValue && own.clipNorm === clipNorm
  }

  async learn(data: Dataset): Promise<BatchScore> {
    const mode = this.#model.training
    if (!mode) this.#model.train()
    try {
      const [loss, correct] = await this.#trainerFor(data).run(
        { data, order: this.#order, start: 0, count: 1 },
        undefined,
      )
      if (!Number.isFinite(loss)) this.#fail(data, loss!)
      return data.labelled ? { loss: loss!, accuracy: correct! / data.rows } : { loss: loss! }
    } finally {
      if (!mode) this.#model.eval()
    }
  }

  #trainerFor(data: Dataset): Trainer {
    const known = this.#trainer
    const fits = data.rows <= this.#order.length && sameShape(data.rowShape, this.#rowShape)
    if (known && fits && !known.stale) return known
    // Batches that differ a little in size need no new plan each.
    const rows = Math.max(this.#order.length, 2 ** Math.ceil(Math.log2(data.rows)))
    this.#order = Int32Array.from({ length: rows }, (_, i) => i)
    this.#rowShape = data.rowShape
    const { loss, optimizer, clipValue, clipNorm } = this.#given
    const rules = { clipValue, clipNorm, accumulate: 1 }
    const compiled = PlanTrainer.create(this.#model, loss, optimizer, data, rows, rules)
    this.#trainer = compiled ?? new EagerTrainer(this.#model, loss, optimizer, rows, rules)
    return this.#trainer
  }

  #fail(data: Dataset, loss: number): never {
    const x = data.gatherInputs(this.#order, 0, data.rows, this.#model.dtype)
    const layer = locateNonFinite(this.#model, x) ?? 'the loss itself'
    throw new NonFiniteError('partialFit', 'a finite loss', `${loss}, first seen at layer ${layer}`, { layer })
  }
}
