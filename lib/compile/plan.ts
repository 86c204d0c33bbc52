// Makes native plans of networks.
import { IndexError } from '../errors.js'
import type { NativePlan } from '../native/addon.js'
import { native, translated } from '../native/load.js'
import type { ParameterBlock } from '../nn/parameters.js'
import type { Lowered } from './lowering.js'

/** A plan with the counters of the dropouts in it. */
export interface BuiltPlan {
  readonly plan: NativePlan
  readonly counters: Float64Array
  /** What the addon throws, in the words of this library. */
  translated(operation: string, error: unknown): unknown
}

/** The plan of a network over its parameters. Throws ArgumentError where it does not fit into memory. */
export function buildPlan(operation: string, lowered: Lowered, block: ParameterBlock): BuiltPlan {
  const { description, buffers, dropouts, indexLimit } = lowered
  const counters = new Float64Array(new SharedArrayBuffer(8 * dropouts.length))
  try {
    const plan = new (native().NativePlan)(description, block.values, buffers, counters)
    return { plan, counters, translated: (operation, error) => inWords(operation, error, indexLimit) }
  } catch (error) {
    throw translated(operation, error)
  }
}

// An index out of range is an error of the embedding, as it is gate by gate.
function inWords(operation: string, error: unknown, limit: number): unknown {
  const {
    code,
    message = '',
    where,
    value,
  } = error as { code?: string; message?: string; where?: number; value?: number }
  if (code !== 'OUT_OF_RANGE' || !message.includes('index out of range')) return translated(operation, error)
  return new IndexError('Embedding', `indices in [0, ${limit})`, `${value} at ${where}`)
}
