// RequestBatcher: many requests at a time answered by one call, with a bound on how many may wait.
import { describe, options, positiveInteger } from '../checks.js'
import { ArgumentError, OverloadError, StateError } from '../errors.js'

/** Options of {@link RequestBatcher}. */
export interface RequestBatcherOptions {
  /** The most requests of one call. Default 256. */
  most?: number
  /** The most requests that may wait; one more is refused. Default 4096. */
  waiting?: number
}

interface Request<In, Out> {
  readonly input: In
  resolve(output: Out): void
  reject(error: unknown): void
}

const SMOOTHING = 0.2 // of the newest call in the mean of times

/**
 * Answers single requests in batches: those that come while a call is under way wait together for the next one, so that a
 * server under load makes few large calls, and one without load makes no request wait. What waits is bounded. Where a call
 * fails its halves are tried, and theirs: so an input that cannot be answered fails alone, not with those of others.
 * @example
 * const batcher = new RequestBatcher((rows) => model.predict(rows).then(({ prediction }) => prediction))
 * app.post('/predict', async (request) => ({ prediction: await batcher.ask(request.body) }))
 */
export class RequestBatcher<In, Out> {
  readonly #answer: (inputs: readonly In[]) => Promise<readonly Out[]>
  readonly #most: number
  readonly #bound: number
  #queue: Request<In, Out>[] = []
  #running = false
  #closed = false
  #idle: (() => void)[] = []
  #secondsPerRequest = 0

  /** @param answer - gives one output for each input, in their order */
  constructor(answer: (inputs: readonly In[]) => Promise<readonly Out[]>, given?: RequestBatcherOptions) {
    const { most = 256, waiting = 4096 } = options('RequestBatcher', given, ['most', 'waiting'])
    if (typeof answer !== 'function')
      throw new ArgumentError('RequestBatcher', 'a function that answers', describe(answer))
    this.#answer = answer
    this.#most = positiveInteger('RequestBatcher', 'most', most)
    this.#bound = positiveInteger('RequestBatcher', 'waiting', waiting)
  }

  /** Requests that wait for a call; those of the call under way are not among them. */
  get waiting(): number {
    return this.#queue.length
  }

  /**
   * The output for one input.
   * @throws OverloadError if too many wait, StateError after close(); what the call throws
   */
  async ask(input: In): Promise<Out> {
    this.#admit(1)
    return await this.#enqueue(input)
  }

  /**
   * The outputs for some inputs, which wait together: all of them are taken, or none.
   * @throws as `ask`; what the call throws for one of them
   */
  async askAll(inputs: readonly In[]): Promise<Out[]> {
    if (!Array.isArray(inputs) || inputs.length > this.#bound) {
      const actual = Array.isArray(inputs) ? `${inputs.length}` : describe(inputs)
      throw new ArgumentError('RequestBatcher', `an array of at most ${this.#bound} inputs`, actual)
    }
    this.#admit(inputs.length)
    return await Promise.all(inputs.map((input) => this.#enqueue(input)))
  }

  #admit(count: number): void {
    if (this.#closed) throw new StateError('RequestBatcher', 'requests before close()', 'one after it')
    if (this.#queue.length + count <= this.#bound) return
    const seconds = Math.max(1, Math.ceil(this.#queue.length * this.#secondsPerRequest))
    const more = count === 1 ? 'one more' : `${count} more`
    throw new OverloadError('RequestBatcher', `at most ${this.#bound} requests that wait`, more, seconds)
  }

  #enqueue(input: In): Promise<Out> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ input, resolve, reject })
      if (!this.#running) this.#run()
    })
  }

  /** Refuses requests from now on, and resolves when all that were taken are answered. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#running) await new Promise<void>((resume) => this.#idle.push(resume))
  }

  async #run(): Promise<void> {
    this.#running = true
    await new Promise((resume) => setImmediate(resume)) // all requests of this turn of the event loop
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, this.#most)
      const started = performance.now()
      await this.#answerTo(batch)
      const each = (performance.now() - started) / 1000 / batch.length
      this.#secondsPerRequest += (each - this.#secondsPerRequest) * SMOOTHING
    }
    this.#running = false
    for (const resume of this.#idle.splice(0)) resume()
  }

  // Rather than fail as a whole: what comes over the wire decides what waits together.
  async #answerTo(batch: readonly Request<In, Out>[]): Promise<void> {
    try {
      const outputs = await this.#answer(batch.map(({ input }) => input))
      if (outputs?.length !== batch.length) {
        throw new StateError('RequestBatcher', `${batch.length} outputs, one per input`, describe(outputs))
      }
      for (const [i, { resolve }] of batch.entries()) resolve(outputs[i]!)
    } catch (error) {
      if (batch.length === 1) return batch[0]!.reject(error)
      const middle = batch.length >> 1
      await this.#answerTo(batch.slice(0, middle))
      await this.#answerTo(batch.slice(middle))
    }
  }
}
