// batches(): a data set in pieces, for training loops written by hand.
import { boolean, integer, options, positiveInteger, seedOf } from '../checks.js'
import { checkFloatDType, type FloatDType } from '../tensor/dtype.js'
import type { Tensor } from '../tensor/tensor.js'
import { Dataset, type Samples } from './dataset.js'

/** Options of {@link batches}. */
export interface BatchOptions {
  /** Whether rows come in random order. Default false. */
  shuffle?: boolean
  /** Seed of the order. Default 0. */
  seed?: number
  /** Which epoch: another order for each. Default 0. */
  epoch?: number
  /** Leave out a last batch of fewer rows. Default false. */
  dropLast?: boolean
  /** Element type of x and of values y. Default: that of the data, float32 for bytes. */
  dtype?: FloatDType
}

/** One batch. */
export interface Batch {
  /** [rows, …] */
  readonly x: Tensor
  /** int32 labels [rows], or values [rows, …]. */
  readonly y: Tensor
}

/**
 * The data in batches of `batchSize` rows; the last may have fewer. Every batch is a copy.
 * @example for (const { x, y } of batches(train, 128, { shuffle: true, epoch })) …
 */
export function batches(samples: Samples, batchSize: number, given?: BatchOptions): Generator<Batch, void, undefined> {
  const keys = ['shuffle', 'seed', 'epoch', 'dropLast', 'dtype'] as const
  const { shuffle = false, seed = 0, epoch = 0, dropLast = false, dtype } = options('batches', given, keys)
  positiveInteger('batches', 'batchSize', batchSize)
  boolean('batches', 'dropLast', dropLast)
  if (dtype !== undefined) checkFloatDType('batches', dtype)
  const data = new Dataset('batches', samples, { dtype })
  const type = dtype ?? (data.x instanceof Float64Array ? 'float64' : 'float32')
  const order = data.order(
    boolean('batches', 'shuffle', shuffle),
    seedOf('batches', seed),
    integer('batches', 'epoch', epoch, 0, 2 ** 40),
  )
  return pieces(data, order, batchSize, dropLast, type)
}

function* pieces(data: Dataset, order: Int32Array, batchSize: number, dropLast: boolean, dtype: FloatDType) {
  for (let start = 0; start < data.rows; start += batchSize) {
    const count = Math.min(batchSize, data.rows - start)
    if (dropLast && count < batchSize) return
    yield { x: data.gatherInputs(order, start, count, dtype), y: data.gatherTargets(order, start, count, dtype) }
  }
}
