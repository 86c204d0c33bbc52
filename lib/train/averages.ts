// Averages of a model's parameters over its training: exponential (EMA) and stochastic weight averaging (SWA).
import { describe, options, positiveInteger, within } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { native } from '../native/load.js'
import type { Model } from '../nn/model.js'
import { sharedLike } from '../nn/parameters.js'
import type { FloatArray } from '../tensor/dtype.js'

/** Which average fit ends with; made by {@link ema} or {@link swa}. */
export interface WeightAverage {
  readonly kind: 'ema' | 'swa'
  /** ema: part of the average that stays at each update. */
  readonly decay: number
  /** swa: the first epoch that counts, from 1; undefined for the last quarter. */
  readonly from: number | undefined
}

/**
 * An exponential average of the parameters: after every update average = decay·average + (1 − decay)·parameters, beginning
 * with the parameters after the first. Validation, metrics and callbacks of epochs see the average, and the model has it in the
 * end. Running statistics of batch normalisation stay those of the training.
 */
export function ema(given?: { decay?: number }): WeightAverage {
  const { decay = 0.999 } = options('ema', given, ['decay'])
  return { kind: 'ema', decay: within('ema', 'decay', decay, 0, 1), from: undefined }
}

/**
 * Stochastic weight averaging (Izmailov et al. 2018): the mean of the parameters at the ends of the epochs from `from` on. The
 * model has it in the end, with statistics of batch normalisation renewed over the training data; until then validation is of
 * the parameters in training. Give `earlyStopping` beside it `restoreBest: false`.
 */
export function swa(given?: { from?: number }): WeightAverage {
  const { from } = options('swa', given, ['from'])
  if (from !== undefined) positiveInteger('swa', 'from', from)
  return { kind: 'swa', decay: 0, from }
}

/** Checks what stands for an average in the options of fit. */
export function checkAverage(operation: string, given: WeightAverage): WeightAverage {
  if (given?.kind === 'ema') return ema({ decay: given.decay })
  if (given?.kind === 'swa') return swa(given.from === undefined ? {} : { from: given.from })
  throw new ArgumentError(operation, 'average to be ema(…) or swa(…)', describe(given))
}

/** The average of one training, and where it stands. */
export class Averager {
  readonly how: WeightAverage
  readonly #model: Model
  readonly #from: number
  /** Like the parameters, over shared memory. */
  readonly vector: FloatArray
  /** How many parameters are in it. */
  count = 0
  // The parameters in training, while the model shows the average.
  #aside: FloatArray | undefined

  constructor(how: WeightAverage, model: Model, epochs: number) {
    this.how = how
    this.#model = model
    this.#from = how.from ?? Math.floor(0.75 * epochs) + 1
    this.vector = sharedLike(model.block)
  }

  /** What the parameters of the next update count, and whether they are the first: as plans take it. */
  get weights(): Float64Array {
    return Float64Array.of(1 - this.how.decay, this.count === 0 ? 1 : 0)
  }

  /** Whether every update counts. */
  get everyUpdate(): boolean {
    return this.how.kind === 'ema'
  }

  /** Takes the parameters of now into the average. */
  add(weight: number): void {
    const { values, parameters, offsets } = this.#model.block
    if (this.count++ === 0) {
      this.vector.set(values)
      return
    }
    for (const [i, { trainable, size }] of parameters.entries()) {
      const [from, to] = [offsets[i]!, offsets[i]! + size]
      const [mean, own] = [this.vector.subarray(from, to), values.subarray(from, to)]
      if (trainable) {
        native().scale(1 - weight, mean)
        native().axpy(weight, own, mean)
      } else mean.set(own) // what stands still is its own average
    }
  }

  /** After an epoch's last update. */
  epochEnd(epoch: number): void {
    if (this.how.kind === 'swa' && epoch >= this.#from) this.add(1 / (this.count + 1))
  }

  /** Gives the model the average, until {@link hide}. */
  show(): void {
    if (this.count === 0) return
    this.#aside = this.#model.block.values.slice()
    this.#put(this.vector)
  }
  hide(): void {
    if (this.#aside) this.#put(this.#aside)
    this.#aside = undefined
  }
  /** Gives the model the average for good; false if there is none. */
  finish(): boolean {
    this.#aside = undefined
    if (this.count > 0) this.#put(this.vector)
    return this.count > 0
  }

  /** The parameters in training. */
  get inTraining(): FloatArray {
    return this.#aside ?? this.#model.block.values
  }

  #put(values: FloatArray): void {
    const { block } = this.#model
    native().copyTogether(block.values, [block.values], [values], true, true)
    block.touch()
  }
}
