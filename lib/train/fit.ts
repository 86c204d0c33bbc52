// fit(): the training loop: epochs, orders, progress, callbacks and history. A trainer runs the batches.
import { Dataset, type Samples } from '../data/dataset.js'
import { ArgumentError, NonFiniteError, StateError } from '../errors.js'
import type { Model } from '../nn/model.js'
import type { Tensor } from '../tensor/tensor.js'
import { PlanTrainer } from './compiled.js'
import { EagerTrainer } from './eager.js'
import type { EpochRecord, History } from './history.js'
import { locateNonFinite } from './nonfinite.js'
import { checkFit, checkNumbers, checkTrainingData, type FitOptions, type FitPlan } from './options.js'
import { type BatchProgress, createProgress } from './progress.js'
import { Rates } from './rates.js'
import { type BatchStream, readAhead } from './stream.js'
import { RESULT_WIDTH, type Trainer } from './trainer.js'

// Batches are handed to the trainer in portions of about this many milliseconds: often enough for a progress bar.
const PORTION = 40

const training = new WeakSet<Model>()

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
  if (training.has(model)) throw new StateError('fit', 'a model that no other fit is training', 'one in training')
  training.add(model)
  const mode = model.training
  if (!mode) model.train()
  try {
    await checkNumbers(plan)
    return await new Loop(model, plan).run()
  } finally {
    training.delete(model)
    if (!mode) model.eval()
  }
}

/** Rows to go through in an order. */
interface Pass {
  readonly data: Dataset
  readonly order: Int32Array
  readonly batchSize: number
  readonly epoch: number
}

/** Sums over the batches of an epoch. */
class Tally {
  loss = 0
  correct = 0
  rows = 0
  batches = 0
  labelled = false
}

class Loop {
  readonly #model: Model
  readonly #plan: FitPlan
  readonly #progress: ReturnType<typeof createProgress> | undefined
  readonly #watched: boolean
  readonly #rates: Rates
  #trainer: Trainer | undefined
  #eager: Trainer | undefined
  #batchSize = 0
  #stopped = false
  #portion = 1

  constructor(model: Model, plan: FitPlan) {
    this.#model = model
    this.#plan = plan
    this.#rates = new Rates(plan)
    this.#watched = plan.callbacks.some((callback) => typeof callback.batch === 'function')
    if (plan.verbose) {
      const { train, batchSize, epochs } = plan
      const batchesPerEpoch = train instanceof Dataset ? Math.ceil(train.rows / batchSize) : 1
      this.#progress = createProgress({ stream: process.stdout, epochs, batchesPerEpoch })
    }
  }

  // One trainer serves as long as batches are no larger than those it was made for. Plans know no weights of samples.
  #trainerOf(data: Dataset, batchSize = this.#batchSize): Trainer {
    const { loss, optimizer, gradients } = this.#plan
    if (!this.#trainer || batchSize > this.#batchSize) {
      this.#eager?.flush?.()
      this.#batchSize = batchSize
      this.#eager = new EagerTrainer(this.#model, loss, optimizer, batchSize, gradients)
      this.#trainer = PlanTrainer.create(this.#model, loss, optimizer, data, batchSize, gradients) ?? this.#eager
    }
    return data.weights ? this.#eager! : this.#trainer
  }

  async run(): Promise<History> {
    const started = performance.now()
    const epochs: EpochRecord[] = []
    try {
      for (let epoch = 1; epoch <= this.#plan.epochs && !this.#stopped; epoch++) {
        const record = await this.#epoch(epoch)
        epochs.push(record)
        this.#rates.observe(record)
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
      this.#rates.restore()
      this.#progress?.done()
    }
    return { epochs, seconds: (performance.now() - started) / 1000 }
  }

  async #epoch(epoch: number): Promise<EpochRecord> {
    const { train, validation, shuffle, seed, signal, batchSize } = this.#plan
    const started = performance.now()
    const tally = new Tally()
    if (train instanceof Dataset) {
      await this.#pass({ data: train, order: train.order(shuffle, seed, epoch), batchSize, epoch }, tally)
    } else {
      for await (const samples of readAhead(train, signal)) {
        const data = checkTrainingData(this.#model, this.#plan.loss, samples)
        await data.checkFiniteInSlices('fit')
        await this.#pass({ data, order: data.order(false, 0, 0), batchSize: data.rows, epoch }, tally)
      }
      if (tally.rows === 0)
        throw new ArgumentError('fit', 'a stream that has batches in every epoch', `none in ${epoch}`)
    }
    this.#trainer?.flush?.()
    this.#eager?.flush?.()
    const seconds = (performance.now() - started) / 1000
    const scores = validation && (await this.#trainerOf(validation).evaluate(validation, signal))
    return {
      epoch,
      loss: tally.loss / tally.rows,
      ...(tally.labelled && { accuracy: tally.correct / tally.rows }),
      ...(scores && { validationLoss: scores.loss }),
      ...(scores?.accuracy !== undefined && { validationAccuracy: scores.accuracy }),
      seconds,
      samplesPerSecond: tally.rows / seconds,
    }
  }

  // All rows of a data set, in portions of batches.
  async #pass(pass: Pass, tally: Tally): Promise<void> {
    const { data, epoch } = pass
    const started = performance.now()
    tally.labelled = data.labelled
    for (let start = 0; start < data.rows; ) {
      const results = await this.#next(pass, start, tally.batches)
      const before = start
      for (let i = 0; i < results.length; i += RESULT_WIDTH) start += results[i + 2]!
      const samplesPerSecond = (1000 * start) / (performance.now() - started)
      for (let i = 0; i < results.length; i += RESULT_WIDTH) {
        tally.loss += results[i]! * results[i + 2]!
        tally.correct += results[i + 1]!
        this.#report(epoch, ++tally.batches, { loss: results[i]!, samplesPerSecond })
      }
      tally.rows += start - before
      this.#plan.signal?.throwIfAborted()
    }
  }

  // Runs the next portion, and grows or shrinks the one after to take PORTION milliseconds. Who watches batches gets one by one.
  async #next({ data, order, batchSize, epoch }: Pass, start: number, done: number): Promise<Float64Array> {
    const started = performance.now()
    const count = Math.min(this.#portion, Math.ceil((data.rows - start) / batchSize))
    const rates = this.#rates.next(count, epoch)
    const results = await this.#trainerOf(data, batchSize).run(data, order, start, count, this.#plan.signal, rates)
    const batches = results.length / RESULT_WIDTH
    this.#rates.advance(batches)
    const each = (performance.now() - started) / Math.max(1, batches)
    if (!this.#watched)
      this.#portion = Math.max(1, Math.min(2 * this.#portion, Math.floor(PORTION / Math.max(each, 1e-3))))
    const last = results.at(-RESULT_WIDTH)
    if (last !== undefined && !Number.isFinite(last)) {
      const from = start + (batches - 1) * batchSize
      const x = data.gatherInputs(order, from, Math.min(batchSize, data.rows - from), this.#model.dtype)
      this.#fail(x, epoch, done + batches, last)
    }
    return results
  }

  #fail(x: Tensor, epoch: number, batch: number, loss: number): never {
    const layer = locateNonFinite(this.#model, x) ?? 'the loss itself'
    const place = `${loss} in epoch ${epoch}, batch ${batch}, first seen at layer ${layer}`
    throw new NonFiniteError('fit', 'a finite loss', place, { epoch, batch, layer })
  }

  #report(epoch: number, batch: number, progress: BatchProgress): void {
    this.#progress?.batch(batch, progress)
    for (const callback of this.#plan.callbacks) callback.batch?.({ epoch, batch, loss: progress.loss })
  }
}
