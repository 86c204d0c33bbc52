// Feeds a native plan: copies rows into one of its two staging slots while it works on the other.

import type { BuiltPlan } from '../compile/plan.js'
import type { Dataset } from '../data/dataset.js'
import type { NativePlan } from '../native/addon.js'

// Bytes of a slice: a part of the second-level cache, and well under a millisecond to copy.
const SLICE_BYTES = 1 << 20

/** Rows that wait in a slot. */
interface Staged {
  readonly order: Int32Array
  readonly start: number
  readonly end: number
  readonly slot: number
}

/** One data set on its way through one plan. */
export class Staging {
  readonly #plan: NativePlan
  readonly #built: BuiltPlan
  readonly #data: Dataset
  readonly #sliceRows: number
  #ahead: Staged | undefined
  #slot = 0

  /** @param batchSize - rows per batch of the plan: slices are whole batches */
  constructor(built: BuiltPlan, data: Dataset, batchSize: number) {
    const rowBytes = (data.x.length / data.rows + data.y.length / data.rows) * 4
    this.#plan = built.plan
    this.#built = built
    this.#data = data
    this.#sliceRows = Math.max(1, Math.floor(SLICE_BYTES / (rowBytes * batchSize))) * batchSize
  }

  /**
   * Sends the rows `order[start … end)` through the plan, slice by slice, and copies what follows them ahead of time.
   * @param begin - starts the plan on a slot of so many rows, and resolves to its results
   * @returns the results of all slices; those begun before one that fell short or an abort are waited for
   */
  async run(
    order: Int32Array,
    start: number,
    end: number,
    begin: (slot: number, rows: number) => Promise<Float64Array>,
    signal: AbortSignal | undefined,
  ): Promise<Float64Array> {
    const stop = () => this.#plan.stop()
    this.#plan.resume()
    signal?.addEventListener('abort', stop)
    const parts: Float64Array[] = []
    const running: Promise<Float64Array>[] = []
    try {
      let from = start
      while (from < end && !signal?.aborted && parts.at(-1)?.length !== 0) {
        const { slot, end: to } = this.#take(order, from, end)
        running.push(begin(slot, to - from))
        if (running.length === 2) parts.push(await running.shift()!)
        from = to
      }
      const next = Math.min(end + Math.min(end - start, this.#sliceRows), this.#data.rows)
      if (next > end && !signal?.aborted) this.#ahead = this.#stage(order, end, next)
      for (const last of running.splice(0)) parts.push(await last)
    } catch (error) {
      this.#plan.stop()
      await Promise.allSettled(running)
      throw this.#built.translated('fit', error)
    } finally {
      signal?.removeEventListener('abort', stop)
    }
    return joined(parts)
  }

  #take(order: Int32Array, start: number, end: number): Staged {
    const ahead = this.#ahead
    this.#ahead = undefined
    if (ahead?.order === order && ahead.start === start && ahead.end <= end) return ahead
    return this.#stage(order, start, Math.min(start + this.#sliceRows, end))
  }

  #stage(order: Int32Array, start: number, end: number): Staged {
    const slot = this.#slot
    const { x, y, scale, weights } = this.#data
    this.#plan.stage(slot, x, y, order, start, end - start, scale, weights)
    this.#slot = 1 - slot
    return { order, start, end, slot }
  }
}

function joined(parts: readonly Float64Array[]): Float64Array {
  if (parts.length === 1) return parts[0]!
  const out = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }
  return out
}
