// learningRateFinder(): the loss while the learning rate grows from batch to batch, and the rate at which it falls fastest.
import { integer, options, positive, within } from '../checks.js'
import type { Samples } from '../data/dataset.js'
import { ArgumentError, NonFiniteError } from '../errors.js'
import type { Model } from '../nn/model.js'
import { lines } from '../plot/index.js'
import { fit } from './fit.js'
import { checkFit, type FitOptions } from './options.js'
import { Rates } from './rates.js'
import { capture, restore, Tally } from './snapshot.js'
import type { BatchStream } from './stream.js'

/** Options of {@link learningRateFinder}: what fit is told of loss, optimizer, gradients and data, and how to search. */
export interface LearningRateFinderOptions
  extends Pick<
    FitOptions,
    'loss' | 'optimizer' | 'clipValue' | 'clipNorm' | 'accumulate' | 'batchSize' | 'shuffle' | 'seed' | 'signal'
  > {
  /** The first learning rate. Default 1e-7. */
  start?: number
  /** The last one. Default 10. */
  end?: number
  /** Batches, and rates between them, 3 to 100,000. Default 100. */
  steps?: number
  /** Part of the smoothed loss that stays from batch to batch, in [0, 1). Default 0.9. */
  smoothing?: number
  /** The search ends where the smoothed loss is so many times its smallest. Default 4. */
  divergence?: number
}

/** What the search found. Arrays have one number per batch. */
export interface LearningRates {
  readonly rates: readonly number[]
  /** Losses before each batch's update. */
  readonly losses: readonly number[]
  readonly smoothed: readonly number[]
  /** The rate at which the smoothed loss falls fastest; undefined where it does not fall. */
  readonly suggestion: number | undefined
  /** Whether the search ended because the loss grew. */
  readonly diverged: boolean
  /** The smoothed loss over the rates, as SVG. */
  plot(): string
}

const searchKeys = ['start', 'end', 'steps', 'smoothing', 'divergence'] as const
const fitKeys = [
  'loss',
  'optimizer',
  'clipValue',
  'clipNorm',
  'accumulate',
  'batchSize',
  'shuffle',
  'seed',
  'signal',
] as const

/**
 * Trains for some batches while the learning rate grows by the same factor from each to the next (Smith 2017), and puts model
 * and optimizer back where they were.
 * @param optimizer - one of the library, whose state can be put back
 * @example const { suggestion } = await learningRateFinder(model, train, { loss, optimizer: new Adam() })
 */
export async function learningRateFinder(
  model: Model,
  train: Samples | BatchStream,
  given: LearningRateFinderOptions,
): Promise<LearningRates> {
  const name = 'learningRateFinder'
  const {
    start = 1e-7,
    end = 10,
    steps = 100,
    smoothing = 0.9,
    divergence = 4,
    ...rest
  } = options(name, given, [...fitKeys, ...searchKeys])
  positive(name, 'start', start)
  positive(name, 'end', end)
  if (end <= start) throw new ArgumentError(name, `end > start, ${start}`, String(end))
  integer(name, 'steps', steps, 3, 100_000)
  within(name, 'smoothing', smoothing, 0, 1)
  if (positive(name, 'divergence', divergence) <= 1) throw new ArgumentError(name, 'divergence > 1', String(divergence))

  const rateAt = (step: number) => start * (end / start) ** (Math.min(step, steps - 1) / (steps - 1))
  const course = new Course(smoothing)
  const over = new AbortController()
  let begun = false
  const watch = {
    begin() {
      begun = true
    },
    batch({ loss }: { loss: number }) {
      course.add(rateAt(course.losses.length), loss)
      if (course.losses.length === steps || course.grown(divergence)) over.abort(over)
    },
  }
  const plan = checkFit(model, train, { ...rest, verbose: false })
  const training = { model, plan, rates: new Rates(plan), averager: undefined }
  const before = capture(training, { epoch: 1, tally: new Tally(), batches: 0, records: [] })
  const signal = rest.signal ? AbortSignal.any([rest.signal, over.signal]) : over.signal
  let diverged = false
  try {
    await fit(model, train, {
      ...rest,
      signal,
      // A batch at the least in every epoch.
      epochs: steps,
      schedule: (step) => rateAt(step),
      callbacks: [watch],
      verbose: false,
    })
  } catch (error) {
    diverged = error instanceof NonFiniteError && course.losses.length > 0
    if (error !== over && !diverged) throw error
  } finally {
    // Not where another training has the model.
    if (begun) restore(training, before)
  }
  const { rates, losses, smoothed } = course
  const suggestion = course.steepest(steps)
  diverged ||= course.grown(divergence)
  return { rates, losses, smoothed, suggestion, diverged, plot: () => picture(rates, smoothed, suggestion) }
}

/** The losses of a search. */
class Course {
  readonly rates: number[] = []
  readonly losses: number[] = []
  readonly smoothed: number[] = []
  readonly #stays: number
  #mean = 0

  constructor(stays: number) {
    this.#stays = stays
  }

  add(rate: number, loss: number): void {
    this.rates.push(rate)
    this.losses.push(loss)
    this.#mean = this.#stays * this.#mean + (1 - this.#stays) * loss
    // Corrected for its start at 0.
    this.smoothed.push(this.#mean / (1 - this.#stays ** this.losses.length))
  }

  grown(times: number): boolean {
    return this.smoothed.at(-1)! > times * Math.min(...this.smoothed)
  }

  /**
   * The rate of the steepest descent before the smallest loss: slopes over the logarithm of the rate, which grows evenly, between
   * batches that are some way apart, so that their noise counts little; the first, of which there is no mean yet, are left out.
   */
  steepest(steps: number): number | undefined {
    const y = this.smoothed
    const way = Math.ceil(steps / 20)
    const first = this.#stays > 0 ? Math.ceil(steps / 10) : 0
    const lowest = y.lastIndexOf(Math.min(...y.slice(first)))
    let [best, slope] = [-1, 0]
    for (let i = first + way; i < lowest; i++) {
      const to = Math.min(i + way, lowest)
      const each = (y[to]! - y[i - way]!) / (to - i + way)
      if (each < slope) [best, slope] = [i, each]
    }
    return this.rates[best]
  }
}

function picture(rates: readonly number[], smoothed: readonly number[], suggestion: number | undefined): string {
  const at = suggestion === undefined ? -1 : rates.indexOf(suggestion)
  const point = { name: `suggestion ${suggestion?.toPrecision(2)}`, x: [rates[at]!], y: [smoothed[at]!] }
  return lines({
    title: 'Loss while the learning rate grows',
    series: [
      { name: 'loss', x: [...rates], y: [...smoothed], marks: 'lines' },
      ...(at < 0 ? [] : [{ ...point, marks: 'points' as const }]),
    ],
    x: { label: 'learning rate', log: true },
    legend: 'top',
  })
}
