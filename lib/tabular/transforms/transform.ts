// What fitted transforms have in common, and the base of those that treat every column of numbers by itself.
import { describe } from '../../checks.js'
import { ArgumentError, ShapeError, StateError } from '../../errors.js'
import type { Json } from '../../io/json.js'
import type { Tensor } from '../../tensor/tensor.js'
import { finiteOf, mapped, matrixOf, type NumericInput } from './matrix.js'

/** A transform that learns from data, and goes into a file as plain JSON. */
export interface Transform {
  /** Its state as plain data: `{ "transform": "StandardScaler", "version": 1, … }`. */
  toJSON(): Json
}

/**
 * Base of the scalers. Each column is learned from its finite numbers alone; missing ones (NaN) stay missing.
 * fit: x [rows, columns] or [rows]; transform and inverse keep the shape, and float32 stays float32.
 */
export abstract class ColumnTransform<State> implements Transform {
  #columns: readonly State[] | undefined

  /** What is kept of a column with so many rows, of which these numbers are finite; of none something that changes nothing. */
  protected abstract learn(values: Float64Array, rows: number): State
  protected abstract apply(x: number, state: State): number
  protected abstract revert(y: number, state: State): number
  abstract toJSON(): Json

  /** Name in messages and files. */
  get name(): string {
    return this.constructor.name
  }

  /** Learns from these rows, and forgets what it knew. Returns this. */
  fit(x: NumericInput): this {
    const matrix = matrixOf(this.name, x)
    if (matrix.rows === 0) throw new ShapeError(this.name, 'at least one row', 'none')
    this.#columns = Array.from({ length: matrix.columns }, (_, j) => this.learn(finiteOf(matrix, j), matrix.rows))
    return this
  }

  /** Takes a state over, as a file has it. */
  protected restore(columns: readonly State[]): this {
    this.#columns = columns
    return this
  }

  /** What it has learned, per column. Throws StateError before fit. */
  protected get columns(): readonly State[] {
    if (this.#columns !== undefined) return this.#columns
    throw new StateError(this.name, 'fit before transform, inverse and toJSON', 'a transform that has learned nothing')
  }

  /** Columns that it has learned. */
  get size(): number {
    return this.columns.length
  }

  /** Throws StateError before fit, ShapeError for another number of columns. */
  transform(x: NumericInput): Tensor {
    return this.#each(x, (value, state) => this.apply(value, state))
  }

  /** {@link fit} and {@link transform} of the same rows. */
  fitTransform(x: NumericInput): Tensor {
    return this.fit(x).transform(x)
  }

  /** What the numbers were before {@link transform}. */
  inverse(y: NumericInput): Tensor {
    return this.#each(y, (value, state) => this.revert(value, state))
  }

  /** One number of a column. */
  value(x: number, column = 0): number {
    return this.apply(this.#number(x), this.#state(column))
  }

  /** One number of a column, back. */
  inverseValue(y: number, column = 0): number {
    return this.revert(this.#number(y), this.#state(column))
  }

  #number(x: number): number {
    if (typeof x === 'number') return x
    throw new ArgumentError(this.name, 'a number', describe(x))
  }

  #state(column: number): State {
    const state = typeof column === 'number' ? this.columns[column] : undefined
    if (state !== undefined) return state
    throw new ShapeError(this.name, `a column below ${this.columns.length}`, describe(column))
  }

  #each(x: NumericInput, f: (value: number, state: State) => number): Tensor {
    const { columns } = this
    const matrix = matrixOf(this.name, x)
    if (matrix.columns !== columns.length) {
      throw new ShapeError(this.name, `${columns.length} columns as in fit`, String(matrix.columns))
    }
    return mapped(matrix, (value, j) => f(value, columns[j]!))
  }
}
