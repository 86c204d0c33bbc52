// Shows how a training goes: a bar on a terminal, one plain line per epoch elsewhere.
import type { EpochRecord } from './history.js'

/** Where progress is written: process.stdout, or anything like it. */
export interface ProgressStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** Options of {@link createProgress}. */
export interface ProgressOptions {
  stream: ProgressStream
  epochs: number
  batchesPerEpoch: number
  /** Clock in milliseconds. Default performance.now. */
  now?: () => number
  /** Whether to use colour on a terminal. Default: unless NO_COLOR is set or TERM is dumb. */
  color?: boolean
}

/** What is known after a batch. */
export interface BatchProgress {
  readonly loss: number
  /** Part of the batch's rows that were right. */
  readonly accuracy?: number
  readonly samplesPerSecond?: number
}

/** Takes notes of a training and shows them. */
export interface Progress {
  /** After a batch; `index` counts from 1 within the epoch. */
  batch(index: number, progress: BatchProgress): void
  /** After an epoch: leaves a line that stays. */
  epochEnd(record: EpochRecord): void
  /** At the end, or when training fails: takes the bar away. */
  done(): void
}

const REDRAW = 100 // milliseconds between two drawings of the bar
const WIDEST = 28 // cells of the bar where there is room
const NARROWEST = 6
const CLEAR = '\r\x1b[2K'

/** Progress of `epochs` × `batchesPerEpoch` batches. Never throws for the sake of a terminal. */
export function createProgress({ stream, epochs, batchesPerEpoch, now, color }: ProgressOptions): Progress {
  const clock = now ?? (() => performance.now())
  if (!stream.isTTY || process.env.TERM === 'dumb') return plainLines(stream, epochs)
  return new Bar(stream, epochs, batchesPerEpoch, clock, painter(color ?? !process.env.NO_COLOR))
}

function plainLines(stream: ProgressStream, epochs: number): Progress {
  return {
    batch() {},
    epochEnd(record) {
      stream.write(`${epochText(record, epochs).join('  ')}\n`)
    },
    done() {},
  }
}

class Bar implements Progress {
  #epoch = 1
  #drawn = false
  #lastDrawing = Number.NEGATIVE_INFINITY
  #sums = nothingYet()
  readonly #started: number
  readonly #stream: ProgressStream
  readonly #epochs: number
  readonly #batches: number
  readonly #clock: () => number
  readonly #paint: Painter

  constructor(stream: ProgressStream, epochs: number, batches: number, clock: () => number, paint: Painter) {
    this.#stream = stream
    this.#epochs = epochs
    this.#batches = Math.max(1, batches)
    this.#clock = clock
    this.#paint = paint
    this.#started = clock()
  }

  batch(index: number, { loss, accuracy, samplesPerSecond }: BatchProgress): void {
    this.#sums.loss += loss
    this.#sums.accuracy += accuracy ?? Number.NaN
    this.#sums.batches++
    const time = this.#clock()
    if (time - this.#lastDrawing < REDRAW) return
    this.#lastDrawing = time
    this.#draw(Math.min(1, index / this.#batches), time, samplesPerSecond)
  }

  epochEnd(record: EpochRecord): void {
    this.done()
    const [head, ...rest] = epochText(record, this.#epochs) as [string, ...string[]]
    const columns = this.#stream.columns ?? 80
    const shown = fitting([head, ...rest], columns).slice(1)
    this.#stream.write(`${[this.#paint('bold', head), ...shown].join('  ')}\n`)
    this.#epoch = record.epoch + 1
    this.#sums = nothingYet()
  }

  done(): void {
    if (this.#drawn) this.#stream.write(CLEAR)
    this.#drawn = false
    this.#lastDrawing = Number.NEGATIVE_INFINITY
  }

  // The last column stays free: writing there makes some terminals wrap.
  #draw(part: number, time: number, samplesPerSecond: number | undefined): void {
    const columns = (this.#stream.columns ?? 80) - 1
    const done = (this.#epoch - 1 + part) / this.#epochs
    const left = done > 0 ? ((time - this.#started) * (1 - done)) / done : Number.NaN
    const { loss, accuracy, batches } = this.#sums
    const head = `epoch ${counter(this.#epoch, this.#epochs)}`
    const details = [
      `${String(Math.floor(100 * part)).padStart(3)} %`,
      `loss ${lossText(loss / batches)}`,
      ...(Number.isNaN(accuracy) ? [] : [`accuracy ${percent(accuracy / batches)}`]),
      ...(Number.isFinite(left) ? [`${durationText(left / 1000)} left`] : []),
      ...(samplesPerSecond === undefined ? [] : [rateText(samplesPerSecond)]),
    ]
    const shown = fitting([head, ...details], columns - NARROWEST - 2).slice(1)
    const taken = [head, ...shown].join('  ').length + 2
    const cells = Math.max(0, Math.min(WIDEST, columns - taken))
    const [filled, empty] = barText(part, cells)
    const bar = this.#paint('green', filled) + this.#paint('dim', empty)
    const line = [this.#paint('bold', head), bar, ...shown].join('  ')
    this.#stream.write(CLEAR + (head.length + cells + 2 > columns ? head.slice(0, Math.max(0, columns)) : line))
    this.#drawn = true
  }
}

function nothingYet() {
  return { loss: 0, accuracy: 0, batches: 0 }
}

type Painter = (style: 'bold' | 'dim' | 'green', text: string) => string

function painter(color: boolean): Painter {
  const codes = { bold: [1, 22], dim: [2, 22], green: [32, 39] } as const
  return (style, text) => (color && text ? `\x1b[${codes[style][0]}m${text}\x1b[${codes[style][1]}m` : text)
}

// The first items that fit the columns together; always the first.
function fitting(items: readonly string[], columns: number): string[] {
  let length = items[0]!.length
  const count = items.slice(1).findIndex((item) => {
    length += 2 + item.length
    return length > columns
  })
  return count < 0 ? [...items] : items.slice(0, 1 + count)
}

// Half cells make the bar move twice as smoothly.
function barText(part: number, cells: number): [filled: string, empty: string] {
  const halves = Math.round(2 * part * cells)
  const filled = '━'.repeat(halves >> 1) + (halves & 1 ? '╸' : '')
  return [filled, '─'.repeat(cells - filled.length)]
}

// Of the same width in every epoch, so that epochs stand below each other like the rows of a table.
function epochText(record: EpochRecord, epochs: number): string[] {
  const { epoch, loss, accuracy, validationLoss, validationAccuracy, seconds, samplesPerSecond } = record
  return [
    `epoch ${counter(epoch, epochs)}`,
    `loss ${lossText(loss)}`,
    ...(accuracy === undefined ? [] : [`accuracy ${percent(accuracy)}`]),
    ...(validationLoss === undefined ? [] : [`validation ${lossText(validationLoss)}`]),
    ...(validationAccuracy === undefined ? [] : [percent(validationAccuracy)]),
    durationText(seconds).padStart(6),
    rateText(samplesPerSecond).padStart('100,000 samples/s'.length),
  ]
}

function counter(epoch: number, epochs: number): string {
  return `${String(epoch).padStart(String(epochs).length)}/${epochs}`
}

function percent(part: number): string {
  return `${(100 * part).toFixed(2).padStart(6)} %`
}

function rateText(samplesPerSecond: number): string {
  return `${Math.round(samplesPerSecond).toLocaleString('en-US')} samples/s`
}

// Six characters from 1e-9 to 99,999: fewer decimals for large losses, an exponent for tiny ones.
function lossText(loss: number): string {
  const size = Math.abs(loss)
  const exponent = size !== 0 && (size < 1e-3 || size >= 99999.5)
  const text = exponent ? loss.toExponential(1) : size < 1 ? loss.toFixed(4) : loss.toPrecision(5)
  return text.padStart(6)
}

function durationText(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  const rest = (n: number) => String(n).padStart(2, '0')
  return minutes < 60 ? `${minutes}:${rest(whole % 60)} min` : `${Math.floor(minutes / 60)}:${rest(minutes % 60)} h`
}
