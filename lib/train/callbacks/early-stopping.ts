// earlyStopping(): ends a training that gets no better, and gives the best parameters back.
import { boolean, integer, nonNegative, options } from '../../checks.js'
import type { Model } from '../../nn/model.js'
import { Monitor, type MonitorOptions } from '../../optim/schedules/monitor.js'
import type { TensorData } from '../../tensor/dtype.js'
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
}

/**
 * A callback for fit that stops it after `patience` epochs without improvement. After a checkpoint it goes on counting, but
 * the parameters of a best epoch from before are not there to be given back.
 */
export function earlyStopping(given?: EarlyStoppingOptions): Callback {
  const name = 'earlyStopping'
  const all = options(name, given, ['monitor', 'mode', 'patience', 'minimumChange', 'restoreBest'])
  const { patience = 5, minimumChange = 0, restoreBest = true } = all
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
    begin({ records }) {
      best = Number.POSITIVE_INFINITY
      bad = 0
      kept = []
      records.forEach(better)
    },
    epoch({ record, model, stop }) {
      if (!better(record)) {
        if (bad > patience) stop()
      } else if (restoreBest) kept = tensorsOf(model).map((data) => data.slice())
    },
    end({ model, failed }) {
      if (!failed) for (const [i, data] of kept.entries()) tensorsOf(model)[i]!.set(data)
      kept = []
    },
  }
}

function tensorsOf(model: Model): TensorData[] {
  return Object.values(model.stateDict()).map(({ data }) => data)
}
