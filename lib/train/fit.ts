// fit(): the training loop: epochs, orders, progress, callbacks and history. A trainer runs the batches.
import type { Samples } from '../data/dataset.js'
import { NonFiniteError, StateError } from '../errors.js'
import type { Model } from '../nn/model.js'
import { PlanTrainer } from './compiled.js'
import { EagerTrainer } from './eager.js'
import type { EpochRecord, History } from './history.js'
import { locateNonFinite } from './nonfinite.js'
import { checkFit, type FitOptions, type FitPlan } from './options.js'
import { type BatchProgress, createProgress } from './progress.js'
import { RESULT_WIDTH, type Trainer } from './trainer.js'

// Batches are handed to the trainer in portions of about this many milliseconds: often enough for a progress bar.
const PORTION = 40

const training = new WeakSet<Model>()

/**
 * Trains a model. A model in inference mode is in training mode meanwhile, and goes back; one in training mode stays as
 * it is, with those of its layers that are in inference mode.
 * @param model - changed in place
 * @param train - rows and targets
 * @returns the history of all epochs
 * @throws typed errors for unusable data and options, before anything changes; NonFiniteError, naming epoch, batch and layer,
 * when the loss becomes NaN or infinite; the signal's reason when aborted
 */
export async function fit(model: Model, train: Samples, given: FitOptions): Promise<History> {
  const plan = checkFit(model, train, given)
  plan.signal?.throwIfAborted()
  if (training.has(model)) throw new StateError('fit', 'a model that no other fit is training', 'one in training')
  training.add(model)
  const mode = model.training
  if (!mode) model.train()
  try {
    return await new Loop(model, plan).run()
  } finally {
    training.delete(model)
    if (!mode) model.eval()
  }
}

function trainerFor(model: Model, plan: FitPlan): Trainer {
  const weighted = plan.train.weights !== null || (plan.validation?.weights ?? null) !== null
  const compiled = weighted
    ? undefined
    : PlanTrainer.create(model, plan.loss, plan.optimizer, plan.train, plan.batchSize)
  if (compiled) return compiled
  return new EagerTrainer(model, plan.loss, plan.optimizer, plan.train, plan.batchSize)
}

class Loop {
  readonly #model: Model
  readonly #plan: FitPlan
  readonly #trainer: Trainer
  readonly #batches: number
  readonly #progress: ReturnType<typeof createProgress> | undefined
  #stopped = false
  readonly #watched: boolean
  #portion = 1

  constructor(model: Model, plan: FitPlan) {
    this.#model = model
    this.#plan = plan
    this.#trainer = trainerFor(model, plan)
    this.#watched = plan.callbacks.some((callback) => typeof callback.batch === 'function')
    this.#batches = Math.ceil(plan.train.rows / plan.batchSize)
    if (plan.verbose) {
      this.#progress = createProgress({ stream: process.stdout, epochs: plan.epochs, batchesPerEpoch: this.#batches })
    }
  }

  async run(): Promise<History> {
    const started = performance.now()
    const epochs: EpochRecord[] = []
    try {
      for (let epoch = 1; epoch <= this.#plan.epochs && !this.#stopped; epoch++) {
        const record = await this.#epoch(epoch)
        epochs.push(record)
        this.#progress?.epochEnd(record)
        const event = {
          record,
          model: this.#model,
          stop: () => {
            this.#stopped = true
          },
        }
        for (const callback of this.#plan.callbacks) await callback.epoch?.(event)
      }
    } finally {
      this.#progress?.done()
    }
    return { epochs, seconds: (performance.now() - started) / 1000 }
  }

  async #epoch(epoch: number): Promise<EpochRecord> {
    const { train, validation, shuffle, seed, signal } = this.#plan
    const started = performance.now()
    const order = train.order(shuffle, seed, epoch)
    let loss = 0
    let correct = 0
    for (let batch = 0; batch < this.#batches; ) {
      const results = await this.#next(order, epoch, batch)
      const done = Math.min(train.rows, (batch + results.length / RESULT_WIDTH) * this.#plan.batchSize)
      const samplesPerSecond = (1000 * done) / (performance.now() - started)
      for (let i = 0; i < results.length; i += RESULT_WIDTH) {
        loss += results[i]! * results[i + 2]!
        correct += results[i + 1]!
        this.#report(epoch, ++batch, { loss: results[i]!, samplesPerSecond })
      }
      signal?.throwIfAborted()
    }
    const seconds = (performance.now() - started) / 1000
    const scores = validation && (await this.#trainer.evaluate(validation, signal))
    return {
      epoch,
      loss: loss / train.rows,
      ...(train.labelled && { accuracy: correct / train.rows }),
      ...(scores && { validationLoss: scores.loss }),
      ...(scores?.accuracy !== undefined && { validationAccuracy: scores.accuracy }),
      seconds,
      samplesPerSecond: train.rows / seconds,
    }
  }

  // Runs the next portion, and grows or shrinks the one after to take PORTION milliseconds. Who watches batches gets one by one.
  async #next(order: Int32Array, epoch: number, batch: number): Promise<Float64Array> {
    const { batchSize, signal } = this.#plan
    const started = performance.now()
    const count = Math.min(this.#portion, this.#batches - batch)
    const results = await this.#trainer.run(order, batch * batchSize, count, signal)
    const done = results.length / RESULT_WIDTH
    const each = (performance.now() - started) / Math.max(1, done)
    if (!this.#watched)
      this.#portion = Math.max(1, Math.min(2 * this.#portion, Math.floor(PORTION / Math.max(each, 1e-3))))
    const last = results.at(-RESULT_WIDTH)
    if (last !== undefined && !Number.isFinite(last)) this.#fail(order, epoch, batch + done, last)
    return results
  }

  #fail(order: Int32Array, epoch: number, batch: number, loss: number): never {
    const { train, batchSize } = this.#plan
    const start = (batch - 1) * batchSize
    const x = train.gatherInputs(order, start, Math.min(batchSize, train.rows - start), this.#model.dtype)
    const layer = locateNonFinite(this.#model, x) ?? 'the loss itself'
    const place = `${loss} in epoch ${epoch}, batch ${batch}, first seen at layer ${layer}`
    throw new NonFiniteError('fit', 'a finite loss', place, { epoch, batch, layer })
  }

  #report(epoch: number, batch: number, progress: BatchProgress): void {
    this.#progress?.batch(batch, progress)
    for (const callback of this.#plan.callbacks) callback.batch?.({ epoch, batch, loss: progress.loss })
  }
}
