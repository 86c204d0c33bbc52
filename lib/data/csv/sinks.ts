// Where the fields of one column go: an array of the column's kind.
import { type Column, type ColumnKind, frozen } from '../table/column.js'
import { Growing, GrowingBooleans, GrowingNumbers } from '../table/growing.js'
import { booleanOf } from '../table/parse.js'
import { booleanAt, dateAt, NumberReader } from './cells.js'
import { Dictionary } from './dictionary.js'

/** A column that grows by fields. */
export interface Sink {
  /** Whether spaces around a field have no meaning. */
  readonly trims: boolean
  /** Adds a field; false if it is none of this kind, and then nothing was added. */
  add(bytes: Uint8Array, start: number, end: number): boolean
  /** Adds a missing cell. */
  missing(): void
  /** The column so far. What a sink took before, it forgets, but not the categories. */
  finish(name: string): Column
}

class NumberSink implements Sink {
  readonly trims = true
  readonly #reader = new NumberReader()
  readonly #told: boolean
  #numbers = new GrowingNumbers()

  constructor(told: boolean) {
    this.#told = told
  }

  add(bytes: Uint8Array, start: number, end: number): boolean {
    const reader = this.#reader
    if (!reader.read(bytes, start, end) || (reader.form === 'code' && !this.#told)) return false
    this.#numbers.push(reader.value)
    return true
  }

  missing(): void {
    this.#numbers.push(Number.NaN)
  }

  finish(name: string): Column {
    const values = this.#numbers.finish()
    this.#numbers = new GrowingNumbers()
    return frozen({ kind: 'numeric', name, values })
  }
}

class DateSink implements Sink {
  readonly trims = true
  #dates = new Growing(Float64Array)

  add(bytes: Uint8Array, start: number, end: number): boolean {
    const date = dateAt(bytes, start, end)
    if (Number.isNaN(date)) return false
    this.#dates.push(date)
    return true
  }

  missing(): void {
    this.#dates.push(Number.NaN)
  }

  finish(name: string): Column {
    const values = this.#dates.finish()
    this.#dates = new Growing(Float64Array)
    return frozen({ kind: 'date', name, values })
  }
}

class BooleanSink implements Sink {
  readonly trims = true
  readonly #told: boolean
  #booleans = new GrowingBooleans()

  constructor(told: boolean) {
    this.#told = told
  }

  add(bytes: Uint8Array, start: number, end: number): boolean {
    const value = booleanAt(bytes, start, end)
    if (value >= 0) {
      this.#booleans.push(value === 1)
      return true
    }
    // What was told to be boolean may also say yes, no, 1, 0 …
    if (!this.#told || end - start > 5) return false
    const word = booleanOf(Buffer.from(bytes.subarray(start, end)).toString('latin1'))
    if (word === undefined) return false
    this.#booleans.push(word)
    return true
  }

  missing(): void {
    this.#booleans.push(null)
  }

  finish(name: string): Column {
    const values = this.#booleans.finish()
    this.#booleans = new GrowingBooleans()
    return frozen({ kind: 'boolean', name, values })
  }
}

/** Texts; never refuses one. */
export class TextSink implements Sink {
  readonly trims = false
  readonly dictionary = new Dictionary()
  #codes = new Growing(Int32Array)

  add(bytes: Uint8Array, start: number, end: number): boolean {
    this.#codes.push(this.dictionary.code(bytes, start, end))
    return true
  }

  missing(): void {
    this.#codes.push(-1)
  }

  /** How many of the rows that are not finished have each text. */
  times(): Float64Array {
    const times = new Float64Array(this.dictionary.size)
    this.#codes.forEach((code) => {
      if (code >= 0) times[code]!++
    })
    return times
  }

  finish(name: string): Column {
    const codes = this.#codes.finish()
    this.#codes = new Growing(Int32Array)
    return frozen({ kind: 'categorical', name, codes, categories: Object.freeze(this.dictionary.texts()) })
  }
}

/**
 * A sink for a kind.
 * @param told - whether the user said so: then codes such as 00501 are numbers, and booleans may be words
 */
export function sinkOf(kind: ColumnKind, told: boolean): Sink {
  if (kind === 'numeric') return new NumberSink(told)
  if (kind === 'date') return new DateSink()
  return kind === 'boolean' ? new BooleanSink(told) : new TextSink()
}
