// The loop of a training: epochs, orders, progress, callbacks and history. A trainer runs the batches.
import { Dataset } from '../data/dataset.js'
import { ArgumentError, NonFiniteError } from '../errors.js'
import type { Loss } from '../nn/losses.js'
import type { Model } from '../nn/model.js'
import { LBFGS } from '../optim/lbfgs.js'
import type { Tensor } from '../tensor/tensor.js'
import { Averager } from './averages.js'
import type { PauseEvent } from './callback.js'
import { readCheckpoint } from './callbacks/checkpoint.js'
import { ClosureTrainer } from './closures.js'
import { PlanTrainer } from './compiled.js'
import { EagerTrainer } from './eager.js'
import { evaluate, measure } from './evaluation.js'
import type { EpochRecord, History } from './history.js'
import { locateNonFinite } from './nonfinite.js'
import { checkTrainingData, type FitPlan } from './options.js'
import { type BatchProgress, createProgress } from './progress.js'
import { Rates } from './rates.js'
import { renewed } from './renew.js'
import { capture, type Position, restore, Tally, type TrainingState } from './snapshot.js'
import { type BatchStream, readAhead } from './stream.js'
import { type GradientRules, RESULT_WIDTH, type Trainer } from './trainer.js'

// Batches are handed to the trainer in portions of about this many milliseconds: often enough for a progress bar.
const PORTION = 40

/** Rows to go through in an order. */
interface Pass {
  readonly data: Dataset
  readonly order: Int32Array
  readonly batchSize: number
  readonly epoch: number
}

/** The epochs of one fit. */
export class Loop {
  readonly #model: Model
  readonly #plan: FitPlan
  readonly #progress: ReturnType<typeof createProgress> | undefined
  readonly #watched: boolean
  readonly #rates: Rates
  readonly #averager: Averager | undefined
  readonly #rules: GradientRules
  #trainer: Trainer | undefined
  #batchSize = 0
  #stopped = false
  #position: Position = { epoch: 1, tally: new Tally(), batches: 0, records: [] }
  #portion = 1

  constructor(model: Model, plan: FitPlan) {
    this.#model = model
    this.#plan = plan
    this.#rates = new Rates(plan)
    this.#averager = plan.average && new Averager(plan.average, model, plan.epochs)
    this.#rules = { ...plan.gradients, averager: this.#averager }
    this.#watched = plan.callbacks.some((callback) => typeof callback.batch === 'function')
    if (plan.verbose) {
      const { train, batchSize, epochs } = plan
      const batchesPerEpoch = train instanceof Dataset ? Math.ceil(train.rows / batchSize) : 1
      this.#progress = createProgress({ stream: process.stdout, epochs, batchesPerEpoch })
    }
  }

  // One trainer serves as long as batches are no larger than those it was made for, and layers keep their modes.
  #trainerOf(data: Dataset, batchSize = this.#batchSize): Trainer {
    const { optimizer, mixer } = this.#plan
    const loss = mixer?.loss ?? this.#plan.loss
    if (!this.#trainer || batchSize > this.#batchSize || this.#trainer.stale) {
      this.#trainer?.flush?.()
      this.#batchSize = batchSize
      const rows = Math.min(batchSize, data.rows)
      if (optimizer instanceof LBFGS) {
        this.#trainer = new ClosureTrainer(this.#model, loss, optimizer, data, batchSize, this.#averager)
      } else {
        this.#trainer =
          PlanTrainer.create(this.#model, loss, optimizer, data, rows, this.#rules) ??
          new EagerTrainer(this.#model, loss, optimizer, batchSize, this.#rules)
      }
    }
    return this.#trainer
  }

  async run(): Promise<History> {
    const started = performance.now()
    const history = () => ({ epochs: this.#position.records, seconds: (performance.now() - started) / 1000 })
    let failed = true
    try {
      await this.#begin()
      while (this.#position.epoch <= this.#plan.epochs && !this.#stopped) await this.#nextEpoch()
      await this.#finish()
      failed = false
    } finally {
      this.#averager?.hide()
      this.#rates.restore()
      this.#progress?.done()
      await this.#end(history(), failed)
    }
    return history()
  }

  // What fails on top of an error stays unsaid: that error counts.
  async #end(history: History, failed: boolean): Promise<void> {
    for (const callback of this.#plan.callbacks) {
      try {
        await callback.end?.({ model: this.#model, history, failed })
      } catch (error) {
        if (!failed) throw error
      }
    }
  }

  async #begin(): Promise<void> {
    const { resume, callbacks } = this.#plan
    const snapshot = resume === undefined ? undefined : await readCheckpoint(resume)
    if (snapshot) this.#position = restore(this.#state, snapshot)
    const { records } = this.#position
    const { batches } = this.#position
    for (const callback of callbacks) await callback.begin?.({ model: this.#model, records, batches })
  }

  // One epoch, or the rest of one, and what follows it.
  async #nextEpoch(): Promise<void> {
    const { epoch } = this.#position
    const record = await this.#epoch(epoch)
    this.#position.records.push(record)
    this.#position.epoch++
    this.#position.tally = new Tally()
    this.#rates.observe(record)
    this.#progress?.epochEnd(record)
    const stop = () => {
      this.#stopped = true
    }
    const event = { ...this.#pauseEvent(), record, model: this.#model, stop }
    for (const callback of this.#plan.callbacks) await callback.epoch?.(event)
    this.#averager?.hide()
  }

  // The model with its average, and batch normalisation with statistics that belong to it.
  async #finish(): Promise<void> {
    if (!this.#averager?.finish() || this.#averager.everyUpdate) return
    const { train, loss, batchSize, signal } = this.#plan
    const model = this.#model
    const sets = train instanceof Dataset ? [train] : checkedBatches(model, loss, train)
    await renewed(model, sets, train instanceof Dataset ? batchSize : undefined, signal)
  }

  get #state(): TrainingState {
    return { model: this.#model, plan: this.#plan, rates: this.#rates, averager: this.#averager }
  }

  #pauseEvent(): PauseEvent {
    const { batches, epoch, tally } = this.#position
    const { train } = this.#plan
    return {
      batches,
      epoch,
      part: train instanceof Dataset ? tally.rows / train.rows : undefined,
      loss: tally.loss / tally.rows,
      capture: () => (this.#trainer?.waiting ? undefined : capture(this.#state, this.#position)),
    }
  }

  async #epoch(epoch: number): Promise<EpochRecord> {
    const { train, validation, metrics, shuffle, seed, signal, batchSize } = this.#plan
    const started = performance.now()
    const { tally } = this.#position
    const { rows: done, batches: before } = tally
    if (train instanceof Dataset) {
      await this.#pass({ data: train, order: train.order(shuffle, seed, epoch), batchSize, epoch }, tally, done)
    } else {
      let index = 0
      for await (const samples of readAhead(train, signal)) {
        if (index++ < before) continue
        const data = checkTrainingData(this.#model, this.#plan.loss, samples)
        this.#plan.mixer?.check(data)
        await data.checkFiniteInSlices('fit')
        await this.#pass({ data, order: data.order(false, 0, 0), batchSize: data.rows, epoch }, tally)
      }
      if (tally.rows === 0)
        throw new ArgumentError('fit', 'a stream that has batches in every epoch', `none in ${epoch}`)
    }
    this.#trainer?.flush?.()
    const seconds = (performance.now() - started) / 1000
    this.#averager?.epochEnd(epoch)
    if (this.#averager?.everyUpdate) this.#averager.show()
    const scores = validation && (await evaluate(this.#model, this.#plan.loss, validation, signal))
    return {
      epoch,
      loss: tally.loss / tally.rows,
      ...(tally.labelled && { accuracy: tally.correct / tally.rows }),
      ...(scores && { validationLoss: scores.loss }),
      ...(scores?.accuracy !== undefined && { validationAccuracy: scores.accuracy }),
      ...(metrics && validation && { metrics: await measure(this.#model, metrics, validation) }),
      seconds,
      samplesPerSecond: (tally.rows - done) / seconds,
    }
  }

  // All rows of a data set, in portions of batches.
  async #pass(pass: Pass, tally: Tally, from = 0): Promise<void> {
    const { data, epoch } = pass
    const started = performance.now()
    tally.labelled = data.labelled && !this.#plan.mixer
    for (let start = from; start < data.rows; ) {
      const results = await this.#next(pass, start, tally.batches)
      for (let i = 0; i < results.length; i += RESULT_WIDTH) start += results[i + 2]!
      const samplesPerSecond = (1000 * start) / (performance.now() - started)
      for (let i = 0; i < results.length; i += RESULT_WIDTH) {
        tally.loss += results[i]! * results[i + 2]!
        tally.correct += results[i + 1]!
        tally.rows += results[i + 2]!
        this.#position.batches++
        this.#report(epoch, ++tally.batches, { loss: results[i]!, samplesPerSecond })
      }
      for (const callback of this.#plan.callbacks) await callback.pause?.(this.#pauseEvent())
      this.#plan.signal?.throwIfAborted()
    }
  }

  // Runs the next portion, and grows or shrinks the one after to take PORTION milliseconds. Who watches batches gets one by one.
  async #next(pass: Pass, start: number, done: number): Promise<Float64Array> {
    const { data, batchSize, epoch } = pass
    const started = performance.now()
    const count = Math.min(this.#portion, Math.ceil((data.rows - start) / batchSize), this.#untilPause())
    const rates = this.#rates.next(count, epoch)
    const portion = this.#portionOf(pass, start, count, done)
    const trainer = this.#trainerOf(portion.data, batchSize)
    const results = await trainer.run({ ...portion, count, rates }, this.#plan.signal)
    const batches = results.length / RESULT_WIDTH
    this.#rates.advance(batches)
    const each = (performance.now() - started) / Math.max(1, batches)
    if (!this.#watched)
      this.#portion = Math.max(1, Math.min(2 * this.#portion, Math.floor(PORTION / Math.max(each, 1e-3))))
    const last = results.at(-RESULT_WIDTH)
    if (last !== undefined && !Number.isFinite(last)) {
      const from = portion.start + (batches - 1) * batchSize
      const rows = Math.min(batchSize, portion.data.rows - from)
      const x = portion.data.gatherInputs(portion.order, from, rows, this.#model.dtype)
      this.#fail(x, epoch, done + batches, last)
    }
    return results
  }

  // What to train on: the rows as they are, or copies of them, mixed.
  #portionOf({ data, order, batchSize, epoch }: Pass, start: number, count: number, done: number) {
    const { mixer } = this.#plan
    if (!mixer) return { data, order, start }
    const end = Math.min(start + count * batchSize, data.rows)
    const mixed = mixer.mix(data, order, { start, end, batchSize }, epoch, done)
    return { data: mixed, order: mixed.order(false, 0, 0), start: 0 }
  }

  #untilPause(): number {
    const { batches } = this.#position
    const each = this.#plan.callbacks.map(({ pauseEvery: n }) => (n ? n - (batches % n) : Number.POSITIVE_INFINITY))
    return Math.min(...each)
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

async function* checkedBatches(model: Model, loss: Loss, stream: BatchStream): AsyncGenerator<Dataset> {
  for await (const samples of stream) yield checkTrainingData(model, loss, samples)
}
