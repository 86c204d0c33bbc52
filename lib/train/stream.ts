// Data that comes batch by batch: any iterable of { x, y }, read one batch ahead of the training.
import type { Samples } from '../data/dataset.js'

/** Batches of whatever size, one after the other; each pass over the data iterates anew. */
export type BatchStream = AsyncIterable<Samples> | Iterable<Samples>

/** Whether training data comes as a stream of batches. */
export function isStream(data: unknown): data is BatchStream {
  if (typeof data !== 'object' || data === null || ArrayBuffer.isView(data)) return false
  return Symbol.asyncIterator in data || Symbol.iterator in data
}

/**
 * The batches of one pass; while one is worked on, the next is already asked for. An abort ends the wait for it. The stream
 * is told when nobody reads on.
 */
export async function* readAhead(stream: BatchStream, signal: AbortSignal | undefined): AsyncGenerator<Samples> {
  const iterator = Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]()
  const ask = (): Promise<IteratorResult<Samples>> => {
    const next = Promise.resolve(iterator.next())
    next.catch(() => {}) // told to whoever waits for it
    return next
  }
  let ended = false
  let next = ask()
  try {
    for (;;) {
      const { done, value } = await orAborted(next, signal)
      ended = done === true
      if (ended) return
      next = ask()
      yield value
    }
  } finally {
    if (!ended) Promise.resolve(iterator.return?.()).catch(() => {})
  }
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  signal.throwIfAborted()
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort)
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
