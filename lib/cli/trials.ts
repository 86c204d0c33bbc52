// The trials of a search: run side by side in worker threads, written down as they end, and read back to go on.
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import type { Table } from '../data/table/table.js'
import { Interrupted } from './context.js'
import type { Values } from './settings.js'
import { UsageError } from './usage.js'

/** A training to try: hyperparameters, and how many epochs it may take. */
export interface Trial {
  readonly number: number
  readonly values: Values
  readonly epochs?: number
}

/** What came of it. */
export interface Outcome extends Trial {
  /** What the search goes by. */
  readonly score: number
  readonly loss: number
  readonly metrics: Readonly<Record<string, number>>
  readonly parameters: number
  readonly seconds: number
  /** Why it failed. */
  readonly error?: string
}

/** What all trials share. */
export interface TrialData {
  readonly train: Table
  readonly validation: Table
  /** Options of trainTabular that are not searched over. */
  readonly target: string
  readonly task?: string
  readonly ignore: readonly string[]
  readonly values: Values
}

/** Runs trials; `done` is called as each ends. */
export type TrialRunner = (trials: readonly Trial[], done: (outcome: Outcome) => Promise<void>) => Promise<void>

/** What a worker is told first. */
export interface WorkerData {
  readonly train: readonly object[]
  readonly validation: readonly object[]
  readonly target: string
  readonly task?: string
  readonly ignore: readonly string[]
  readonly threads: number
}

/** A runner of so many worker threads, which share the processors. `close` ends them. */
export function workers(data: TrialData, jobs: number, processors: number, signal: AbortSignal) {
  const { train, validation, target, task, ignore } = data
  const workerData: WorkerData = {
    train: train.columns,
    validation: validation.columns,
    target,
    ignore,
    ...(task && { task }),
    threads: Math.max(1, Math.floor(processors / jobs)),
  }
  const idle: Worker[] = []
  const all: Worker[] = []
  const run: TrialRunner = async (trials, done) => {
    const queue = [...trials]
    const lanes = Array.from({ length: Math.min(jobs, trials.length) }, async () => {
      for (let trial = queue.shift(); trial; trial = queue.shift()) {
        if (signal.aborted) throw new Interrupted()
        const worker = idle.pop() ?? new Worker(new URL('./search-worker.js', import.meta.url), { workerData })
        if (!all.includes(worker)) all.push(worker)
        await done(await ask(worker, { ...trial, values: { ...data.values, ...trial.values } }, trial, signal))
        idle.push(worker)
      }
    })
    try {
      await Promise.all(lanes)
    } finally {
      queue.length = 0
      await Promise.allSettled(lanes)
    }
  }
  const close = async () => {
    await Promise.all(all.map((worker) => worker.terminate()))
  }
  return { run, close }
}

function ask(worker: Worker, sent: Trial, trial: Trial, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      worker.off('message', onMessage)
      worker.off('error', onError)
      worker.off('exit', onExit)
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const onMessage = (outcome: Omit<Outcome, keyof Trial | 'score'>) =>
      end(() => resolve({ score: Number.NaN, ...outcome, ...trial }))
    const onError = (error: Error) => end(() => reject(error))
    const onExit = () => end(() => reject(new Error('a worker of the search ended')))
    const onAbort = () => end(() => reject(new Interrupted()))
    worker.on('message', onMessage)
    worker.on('error', onError)
    worker.on('exit', onExit)
    signal.addEventListener('abort', onAbort)
    worker.postMessage(sent)
  })
}

/** The file in which a search writes down its trials, line by line. */
export class TrialFile {
  readonly #path: string
  readonly #known = new Map<string, Outcome>()

  private constructor(path: string) {
    this.#path = path
  }

  /** A new file. `about` says what is searched; a search that goes on must be of the same. */
  static async create(path: string, about: object): Promise<TrialFile> {
    await writeFile(path, `${JSON.stringify({ search: about })}\n`)
    return new TrialFile(path)
  }

  /** The file of a search that was stopped. A last line that is not whole counts for nothing. @throws UsageError */
  static async open(path: string, about: object): Promise<TrialFile> {
    const [head = '', ...lines] = (await readFile(path, 'utf8')).split('\n')
    const same = JSON.stringify({ search: about })
    if (head !== same) {
      throw new UsageError(
        `${path} is of another search, and this one cannot go on with it:\n  then ${head}\n  now  ${same}`,
      )
    }
    const file = new TrialFile(path)
    for (const line of lines) {
      try {
        const outcome = JSON.parse(line) as Outcome
        file.#known.set(keyOf(outcome), outcome)
      } catch {}
    }
    await writeFile(path, [head, ...Array.from(file.#known.values(), (each) => JSON.stringify(each)), ''].join('\n'))
    return file
  }

  /** What came of a trial before the search was stopped. */
  known(trial: Trial): Outcome | undefined {
    return this.#known.get(keyOf(trial))
  }

  async add(outcome: Outcome): Promise<void> {
    await appendFile(this.#path, `${JSON.stringify(outcome)}\n`)
  }
}

function keyOf({ values, epochs }: Trial): string {
  return JSON.stringify([Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)), epochs ?? null])
}
