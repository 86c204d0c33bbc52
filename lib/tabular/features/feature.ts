// Features: how one column of a table goes into the matrix that a network reads.
import type { Column, ColumnKind } from '../../data/table/column.js'
import type { Json } from '../../io/json.js'

/** Writes the rows [from, to) of a column into a matrix. */
export type RowWriter = (from: number, to: number) => void

/** Where a feature writes: a matrix of zeros with rows `stride` apart, of which its first column is `offset`. */
export interface Place {
  readonly out: Float32Array
  readonly stride: number
  readonly offset: number
  /** Which rows of the column are written, in this order. All unless told. */
  readonly rows?: Int32Array | undefined
}

/** A column that has been learned. */
export interface Feature {
  /** Name of the column. */
  readonly name: string
  /** Kind that the column must have, or be brought to. */
  readonly kind: ColumnKind
  /** Columns of numbers that it makes; 0 for one that is looked up in an embedding. */
  readonly width: number
  /** Entries of its embedding; undefined where it makes numbers. */
  readonly entries?: number | undefined
  /** Names of what it makes. */
  readonly outputs: readonly string[]
  /** One line for people. */
  readonly summary: string
  /** Prepares for a column of its kind; the writer it returns is called for stretches of rows. */
  writer(column: Column, place: Place): RowWriter
  toJSON(): { readonly [key: string]: Json }
}

/** Runs over rows of a column: f(i, at) with i the row of the column and `at` where its first number goes. */
export function each(place: Place, from: number, to: number, f: (i: number, at: number) => void): void {
  const { stride, offset, rows } = place
  let at = from * stride + offset
  if (rows === undefined) for (let i = from; i < to; i++, at += stride) f(i, at)
  else for (let i = from; i < to; i++, at += stride) f(rows[i]!, at)
}
