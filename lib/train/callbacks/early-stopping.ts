// earlyStopping(): ends a training that gets no better, and gives the best parameters back.
import { boolean, integer, nonNegative, options } from '../../checks.js'
import type { FileError } from '../../errors.js'
import { checkPath } from '../../io/files.js'
import { loadTensors, saveTensors } from '../../io/model.js'
import type { Model } from '../../nn/model.js'
import type { StateDict } from '../../nn/state.js'
import { Monitor, type MonitorOptions } from '../../optim/schedules/monitor.js'
import type { TensorData } from '../../tensor/dtype.js'
import { sameShape } from '../../tensor/shape.js'
import type { Callback } from '../callback.js'
import type { EpochRecord } from '../history.js'

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs in a row without improvement that are borne. Default 5. */
  patience?: number
  /** How much better is better. Default 0: any improvement. */
  minimumChange?: number
  /** Whether the model has the parameters and buffers of its best epoch at the end. Default true. */
  restoreBest?: boolean
  /** A file in which the best epoch's parameters are kept meanwhile, so that a training that goes on has them. */
  file?: string
}

/**
 * A callback for fit that stops it after `patience` epochs without improvement. After a checkpoint it goes on counting; the
 * parameters of a best epoch from before are there to be given back if `file` has kept them.
 */
export function earlyStopping(given?: EarlyStoppingOptions): Callback {
  const name = 'earlyStopping'
  const all = options(name, given, ['monitor', 'mode', 'patience', 'minimumChange', 'restoreBest', 'file'])
  const { patience = 5, minimumChange = 0, restoreBest = true, file } = all
  if (file !== undefined) checkPath(name, file)
  const monitor = new Monitor(name, all)
  integer(name, 'patience', patience, 0)
  nonNegative(name, 'minimumChange', minimumChange)
  boolean(name, 'restoreBest', restoreBest)
  let best = Number.POSITIVE_INFINITY
  let bad = 0
  let kept: TensorData[] = []
  const better = (record: EpochRecord) => {
    const value = monitor.read(record)
    const is = best === Number.POSITIVE_INFINITY ? value < best : value < best - minimumChange
    if (is) best = value
    bad = is ? 0 : bad + 1
    return is
  }
  return {
    async begin({ records, model }) {
      best = Number.POSITIVE_INFINITY
      bad = 0
      kept = []
      records.forEach(better)
      if (file !== undefined && records.length > 0) kept = await keptIn(file, model)
    },
    async epoch({ record, model, stop }) {
      if (!better(record)) {
        if (bad > patience) stop()
      } else if (restoreBest) {
        kept = tensorsOf(model).map((data) => data.slice())
        if (file !== undefined) await saveTensors(model.stateDict(), file)
      }
    },
    end({ model, failed }) {
      if (!failed) for (const [i, data] of kept.entries()) tensorsOf(model)[i]!.set(data)
      kept = []
    },
  }
}

// The tensors of a file in the model's order; none of a file that is not there or not of this model.
async function keptIn(file: string, model: Model): Promise<TensorData[]> {
  const { tensors } = await loadTensors(file).catch((error) => {
    if ((error as FileError).code === 'FILE_FAILED') return { tensors: {} as StateDict }
    throw error
  })
  const state = Object.entries(model.stateDict())
  if (!state.every(([name, { shape }]) => tensors[name] && sameShape(tensors[name].shape, shape))) return []
  return state.map(([name]) => tensors[name]!.data)
}

function tensorsOf(model: Model): TensorData[] {
  return Object.values(model.stateDict()).map(({ data }) => data)
}
