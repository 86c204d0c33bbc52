// mixup: batches whose rows are mixed with others of the same batch, targets alike (Zhang et al. 2018).
import { describe, positive } from '../checks.js'
import { Dataset } from '../data/dataset.js'
import { ArgumentError } from '../errors.js'
import { native } from '../native/load.js'
import { stream } from '../native/random.js'
import { CrossEntropy, type Loss, lossText } from '../nn/losses.js'
import type { Model } from '../nn/model.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'

// Batches of an epoch that have numbers of their own.
const PER_EPOCH = 2 ** 26

/** Rows `order[start … end)`, in batches. */
export interface Stretch {
  readonly start: number
  readonly end: number
  readonly batchSize: number
}

/** Mixes the batches of one training. Everything random follows from seed, epoch and batch. */
export class Mixer {
  /** The loss of mixed batches: for labels that of their shares. */
  readonly loss: Loss
  /** Of the distribution of λ. */
  readonly alpha: number
  readonly #seed: number
  readonly #dtype: FloatDType
  // Of labels: how many there are, and what is spread evenly over them.
  readonly #classes: number
  readonly #smoothing: number

  /** @throws ArgumentError for losses and data that cannot be mixed */
  constructor(alpha: number, seed: number, model: Model, loss: Loss) {
    this.alpha = positive('fit', 'mixup', alpha)
    this.#seed = seed
    this.#dtype = model.dtype
    if (model.inputDType === 'int32') throw new ArgumentError('fit', 'inputs of numbers for mixup', 'indices')
    this.loss = loss
    this.#classes = 0
    this.#smoothing = 0
    if (loss.targets !== 'labels') return
    const plain = loss.constructor === CrossEntropy ? (loss as unknown as CrossEntropy) : undefined
    if (!plain || plain.weightsOfClasses || plain.ignoreIndex !== undefined) {
      const wish = 'a CrossEntropy without classWeights and ignoreIndex, or a loss of values, for mixup'
      throw new ArgumentError('fit', wish, lossText(loss))
    }
    if (model.outputs === undefined) throw new ArgumentError('fit', 'a known number of classes for mixup', 'none')
    this.#classes = model.outputs
    this.#smoothing = plain.labelSmoothing
    this.loss = new CrossEntropy({ targets: 'values', reduction: plain.reduction })
  }

  /** Throws ArgumentError for data that cannot be mixed. */
  check(data: Dataset): void {
    if (data.weights) throw new ArgumentError('fit', 'no weights of samples beside mixup', describe(data.weights))
  }

  /**
   * The mixed rows of some batches, one after the other.
   * @param first - number of the first of them in its epoch
   */
  mix(data: Dataset, order: Int32Array, { start, end, batchSize }: Stretch, epoch: number, first: number): Dataset {
    const x = data.gatherInputs(order, start, end - start, this.#dtype)
    const y = this.#targets(data, order, start, end - start)
    for (let at = start, batch = first; at < end; at += batchSize, batch++) {
      const rows = Math.min(batchSize, end - at)
      const number = epoch * PER_EPOCH + batch
      const partners = new Int32Array(rows)
      native().randomPermutation(partners, this.#seed, stream('mixupOrder', number))
      const share = betaOf(this.alpha, this.#seed, number)
      for (const each of [x, y]) mixRows(each, at - start, partners, share)
    }
    return new Dataset('fit', { x, y }, { targets: 'values' })
  }

  // [rows, …]: values, or the shares of the classes.
  #targets(data: Dataset, order: Int32Array, start: number, count: number): Tensor {
    const y = data.gatherTargets(order, start, count, this.#dtype)
    if (!data.labelled) return y
    const classes = this.#classes
    const shares = allocate(this.#dtype, count * classes).fill(this.#smoothing / classes) as FloatArray
    for (let i = 0; i < count; i++) shares[i * classes + y.data[i]!]! += 1 - this.#smoothing
    return new Tensor(shares, Object.freeze([count, classes]))
  }
}

// Row i of those from `first` on becomes share·itself + (1 − share)·row partners[i].
function mixRows(tensor: Tensor, first: number, partners: Int32Array, share: number): void {
  const width = tensor.size / tensor.shape[0]!
  const rows = tensor.data.subarray(first * width, (first + partners.length) * width) as FloatArray
  const others = rows.slice() as FloatArray
  native().gatherRows(rows, width, partners, 0, partners.length, 1 - share, others)
  native().scale(share, rows)
  native().axpy(1, others, rows)
}

/** A number of Beta(alpha, alpha). */
export function betaOf(alpha: number, seed: number, number: number): number {
  const uniform = new Float64Array(256)
  native().randomUniform(uniform, seed, stream('mixup', number), 0, 1)
  let at = 0
  // In (0, 1]: logarithms are taken of it.
  const next = () => 1 - uniform[at++ % uniform.length]!
  const [a, b] = [logGamma(alpha, next), logGamma(alpha, next)]
  return 1 / (1 + Math.exp(b - a))
}

// The logarithm of a number of Gamma(alpha): Marsaglia & Tsang 2000; below 1 that of alpha + 1, times u^(1/alpha).
function logGamma(alpha: number, next: () => number): number {
  const lifted = alpha < 1 ? alpha + 1 : alpha
  const power = alpha < 1 ? Math.log(next()) / alpha : 0
  const d = lifted - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const normal = Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next())
    const v = (1 + c * normal) ** 3
    if (v > 0 && Math.log(next()) < normal ** 2 / 2 + d - d * v + d * Math.log(v)) return Math.log(d * v) + power
  }
}
