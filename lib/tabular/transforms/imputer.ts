// Imputer: numbers in the place of missing ones, and on wish columns that say where they were missing.
import { boolean, describe, finite, oneOf, options } from '../../checks.js'
import { FormatError, ShapeError, StateError } from '../../errors.js'
import type { Json } from '../../io/json.js'
import { allocate } from '../../tensor/dtype.js'
import { Tensor } from '../../tensor/tensor.js'
import { type Fields, VERSION } from './fields.js'
import { finiteOf, type Matrix, matrixOf, momentsOf, type NumericInput, quantileOf } from './matrix.js'
import type { Transform } from './transform.js'

/** How a number is chosen. */
export type ImputerStrategy = 'mean' | 'median' | 'mostFrequent' | 'constant'

/** Options of {@link Imputer}. */
export interface ImputerOptions {
  /** Default mean. `mostFrequent` takes the smallest of equals. */
  strategy?: ImputerStrategy
  /** The number of `constant`. Default 0. */
  fill?: number
  /** Whether a column of 0 and 1 is added for every column in which fit met a missing number. Default false. */
  indicator?: boolean
}

const strategies = ['mean', 'median', 'mostFrequent', 'constant'] as const

/**
 * Puts a number of each column's own in the place of what is missing: NaN, and infinities. A column of missing numbers alone
 * gets `fill`. transform: [rows, columns] → [rows, columns + indicators]; a vector is one column.
 */
export class Imputer implements Transform {
  readonly name = 'Imputer'
  readonly strategy: ImputerStrategy
  readonly fill: number
  readonly indicator: boolean
  #fills: readonly number[] | undefined
  #marked: readonly number[] = []

  constructor(given?: ImputerOptions) {
    const {
      strategy = 'mean',
      fill = 0,
      indicator = false,
    } = options('Imputer', given, ['strategy', 'fill', 'indicator'])
    this.strategy = oneOf('Imputer', 'strategy', strategy, strategies)
    this.fill = finite('Imputer', 'fill', fill)
    this.indicator = boolean('Imputer', 'indicator', indicator)
  }

  /** Learns from these rows, and forgets what it knew. Returns this. */
  fit(x: NumericInput): this {
    const matrix = matrixOf(this.name, x)
    if (matrix.rows === 0) throw new ShapeError(this.name, 'at least one row', 'none')
    const columns = Array.from({ length: matrix.columns }, (_, j) => finiteOf(matrix, j))
    this.#fills = columns.map((values) => (values.length === 0 ? this.fill : this.#choose(values)))
    this.#marked = columns.flatMap((values, j) => (this.indicator && values.length < matrix.rows ? [j] : []))
    return this
  }

  #choose(values: Float64Array): number {
    if (this.strategy === 'constant') return this.fill
    if (this.strategy === 'mean') return momentsOf(values).mean
    const sorted = values.slice().sort()
    return this.strategy === 'median' ? quantileOf(sorted, 0.5) : mostFrequent(sorted)
  }

  /** What is put into each column. */
  get fills(): readonly number[] {
    if (this.#fills !== undefined) return this.#fills
    throw new StateError(this.name, 'fit before transform, inverse and toJSON', 'a transform that has learned nothing')
  }

  /** The columns that have an indicator, in the order of these. */
  get marked(): readonly number[] {
    return this.#marked
  }

  transform(x: NumericInput): Tensor {
    const matrix = this.#checked(x, this.fills.length)
    const { data, rows, columns, dtype } = matrix
    const width = columns + this.#marked.length
    const out = allocate(dtype, rows * width)
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const value = data[i * columns + j]!
        out[i * width + j] = Number.isFinite(value) ? value : this.fills[j]!
      }
      for (const [k, j] of this.#marked.entries()) {
        out[i * width + columns + k] = Number.isFinite(data[i * columns + j]!) ? 0 : 1
      }
    }
    return new Tensor(out, Object.freeze(matrix.shape.length === 1 && width === 1 ? [rows] : [rows, width]))
  }

  /** {@link fit} and {@link transform} of the same rows. */
  fitTransform(x: NumericInput): Tensor {
    return this.fit(x).transform(x)
  }

  /** The columns without indicators; NaN where these say so. Where there is no indicator, what was put in stays. */
  inverse(y: NumericInput): Tensor {
    const columns = this.fills.length
    const width = columns + this.#marked.length
    const { data, rows, dtype, shape } = this.#checked(y, width)
    const out = allocate(dtype, rows * columns)
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) out[i * columns + j] = data[i * width + j]!
      for (const [k, j] of this.#marked.entries()) {
        if (data[i * width + columns + k]! !== 0) out[i * columns + j] = Number.NaN
      }
    }
    return new Tensor(out, Object.freeze(shape.length === 1 ? [rows] : [rows, columns]))
  }

  #checked(given: NumericInput, columns: number): Matrix {
    const matrix = matrixOf(this.name, given)
    if (matrix.columns === columns) return matrix
    throw new ShapeError(this.name, `${columns} columns as in fit`, String(matrix.columns))
  }

  toJSON(): Json {
    const { name, strategy, fill, indicator, fills, marked } = this
    return { transform: name, version: VERSION, strategy, fill, indicator, fills, marked }
  }

  /** @internal */
  static restored(fields: Fields): Imputer {
    const made = new Imputer({
      strategy: fields.oneOf('strategy', strategies),
      fill: fields.number('fill'),
      indicator: fields.boolean('indicator'),
    })
    made.#fills = Array.from(fields.numbers('fills'))
    made.#marked = Array.from(fields.numbers('marked'))
    const bad = made.#marked.find((j, k) => made.#fills![j] === undefined || (k > 0 && j <= made.#marked[k - 1]!))
    if (bad !== undefined) throw new FormatError('Imputer', 'marked columns that rise and exist', describe(bad))
    return made
  }
}

function mostFrequent(sorted: Float64Array): number {
  let [best, most] = [sorted[0]!, 0]
  for (let i = 0; i < sorted.length; ) {
    let end = i + 1
    while (end < sorted.length && sorted[end] === sorted[i]) end++
    if (end - i > most) {
      best = sorted[i]!
      most = end - i
    }
    i = end
  }
  return best
}
