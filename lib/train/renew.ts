// Renews the running statistics of batch normalisation after parameters were averaged or loaded.
import { describe, options, positiveInteger, signalOf } from '../checks.js'
import { Dataset, type Samples } from '../data/dataset.js'
import { ArgumentError } from '../errors.js'
import type { Gate } from '../gates/gate.js'
import { BatchNorm } from '../nn/batch-norm.js'
import { Model } from '../nn/model.js'
import { type BatchStream, isStream } from './stream.js'

/**
 * Sets the running statistics of all batch normalisations to the mean over the batches of some data, as
 * `torch.optim.swa_utils.update_bn`. Predictions meanwhile see the old ones, where the model can be cloned.
 * @param data - inputs as in fit; targets are not looked at
 * @param given - `batchSize` (32), `signal`
 */
export async function renewStatistics(
  model: Model,
  data: Samples | BatchStream,
  given?: { batchSize?: number; signal?: AbortSignal },
): Promise<void> {
  const name = 'renewStatistics'
  if (!(model instanceof Model)) throw new ArgumentError(name, 'a model, such as a Sequential', describe(model))
  const { batchSize = 32, signal } = options(name, given, ['batchSize', 'signal'])
  positiveInteger(name, 'batchSize', batchSize)
  signalOf(name, signal)
  const { inputs, dtype, inputDType } = model
  const dataset = (samples: Samples) => new Dataset(name, samples, { inputs, dtype, inputDType })
  await renewed(model, isStream(data) ? batchesOf(data, dataset) : [dataset(data)], batchSize, signal)
}

async function* batchesOf(stream: BatchStream, dataset: (samples: Samples) => Dataset): AsyncGenerator<Dataset> {
  for await (const samples of stream) yield dataset(samples)
}

/** {@link renewStatistics} over checked data. @param batchSize - all rows of each data set at once unless told */
export async function renewed(
  model: Model,
  data: AsyncIterable<Dataset> | Iterable<Dataset>,
  batchSize: number | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (normalisations(model).length === 0) return
  const worker = cloned(model)
  const mode = worker.training
  const layers = normalisations(worker)
  const before = layers.map(({ training }) => training)
  worker.train()
  for (const layer of layers) layer.renew(true)
  try {
    for await (const set of data) {
      const order = set.order(false, 0, 0)
      const size = batchSize ?? set.rows
      for (let start = 0; start < set.rows; start += size) {
        signal?.throwIfAborted()
        const rows = Math.min(size, set.rows - start)
        // A lone row has no variance.
        if (rows > 1) worker.forward(set.gatherInputs(order, start, rows, worker.dtype))
        await new Promise((resume) => setImmediate(resume))
      }
    }
  } finally {
    worker.train(mode)
    for (const [i, layer] of layers.entries()) {
      layer.renew(false)
      layer.train(before[i]!)
    }
  }
  if (worker !== model) await model.swap(worker)
}

// The model itself where it holds a gate of the user's own.
function cloned(model: Model): Model {
  try {
    return model.clone()
  } catch {
    return model
  }
}

function normalisations(gate: Gate): BatchNorm[] {
  if (gate instanceof BatchNorm) return [gate]
  return gate instanceof Model ? [...new Set(gate.gates.flatMap(normalisations))] : []
}
