// The rows of a CSV file: finds the delimiter and the names, refuses rows of another length, and hands out those wanted.
import { describe } from '../../checks.js'
import { ArgumentError } from '../../errors.js'
import type { Reading } from '../read/place.js'
import { listed } from '../table/table.js'
import { NumberReader } from './cells.js'
import type { CsvSettings } from './options.js'
import { type CsvRecord, Tokenizer } from './tokenizer.js'

const CANDIDATES = [44, 59, 9, 124] // , ; tab |
const [LF, CR] = [10, 13]
const LONGEST_SNIFFED = 1 << 20

/** A column to read: its name, and which field it is (from 0). */
export interface Field {
  readonly name: string
  readonly index: number
}

/** Takes rows. */
export interface RowTaker {
  /** The columns are known; called once, before any row. */
  start(fields: readonly Field[]): void
  /** Takes a row; false stops the reading. */
  row(record: CsvRecord): boolean
}

/** Reads rows from pieces of bytes. */
export class CsvRows {
  readonly #reading: Reading
  readonly #settings: CsvSettings
  readonly #taker: RowTaker
  #tokenizer: Tokenizer | undefined
  #first: Uint8Array = new Uint8Array(0) // bytes while the first line is not whole
  #width = 0
  #rows = 0

  constructor(reading: Reading, settings: CsvSettings, taker: RowTaker) {
    this.#reading = reading
    this.#settings = settings
    this.#taker = taker
  }

  /** Takes the next bytes. Returns whether it wants more. */
  push(piece: Uint8Array): boolean {
    if (this.#tokenizer) return this.#tokenizer.push(piece)
    this.#first = Buffer.concat([this.#first, piece])
    return this.#begin(false)
  }

  /** The bytes are at their end. Throws FormatError where there is not even a line of names. */
  end(): void {
    if (!this.#tokenizer) this.#begin(true)
    this.#tokenizer!.end()
    if (this.#width > 0) return
    const { header } = this.#settings
    if (header === true) {
      throw this.#reading.error('a line of names', {
        actual: 'an empty file',
        advice: 'is it the right file?',
        line: 1,
      })
    }
    this.#name(header === false ? [] : header)
  }

  #begin(last: boolean): boolean {
    const delimiter = this.#settings.delimiter ?? sniff(this.#first, this.#settings.quote, last)
    if (delimiter === undefined) return true
    const syntax = { delimiter, quote: this.#settings.quote }
    this.#tokenizer = new Tokenizer(this.#reading, syntax, (record) => this.#record(record))
    const first = this.#first
    this.#first = new Uint8Array(0)
    return this.#tokenizer.push(first)
  }

  #record(record: CsvRecord): boolean {
    if (this.#width === 0 && this.#header(record)) return true
    if (record.count !== this.#width) throw this.#ragged(record)
    const more = this.#taker.row(record)
    return more && ++this.#rows < this.#settings.limit
  }

  // Takes the names; returns whether the record was a line of names.
  #header(record: CsvRecord): boolean {
    const { header, quote } = this.#settings
    const { count } = record
    if (header === true) {
      this.#refuseNumbers(record)
      this.#name(unique(Array.from({ length: count }, (_, i) => record.text(i, quote).trim())))
      return true
    }
    this.#name(header === false ? unique(Array<string>(count).fill('')) : header)
    return false
  }

  #name(names: readonly string[]): void {
    this.#width = names.length
    const { columns, types } = this.#settings
    const { operation } = this.#reading
    const wanted = columns ?? names
    const places = new Map(names.map((name, index) => [name, index]))
    for (const name of [...wanted, ...types.keys()]) {
      if (!places.has(name)) throw new ArgumentError(operation, `columns among ${listed(names)}`, describe(name))
    }
    this.#taker.start(wanted.map((name) => ({ name, index: places.get(name)! })))
  }

  // A first line of numbers is no line of names, unless these count the columns.
  #refuseNumbers({ bytes, starts, ends, count, line }: CsvRecord): void {
    const reader = new NumberReader()
    let counting = true
    for (let i = 0; i < count; i++) {
      if (!reader.read(bytes, starts[i]!, ends[i]!)) return
      counting &&= reader.value === i || reader.value === i + 1
    }
    if (counting) return
    const advice = 'give header: false if the first line is data, or header: [names …]'
    throw this.#reading.error('names in the first line', { actual: 'nothing but numbers', line, advice })
  }

  #ragged({ count, line }: CsvRecord): Error {
    const advice =
      count > this.#width
        ? 'put fields that hold the delimiter in quotes, or give the right delimiter'
        : 'is the line cut, or the delimiter another one?'
    const like = this.#settings.header === false ? 'the first line has' : 'there are names'
    const fields = `${this.#width} field${this.#width === 1 ? '' : 's'}`
    return this.#reading.error(`${fields} in every line, as ${like}`, { actual: String(count), line, advice })
  }
}

/** Names that differ and are not empty: column_3 for the third if it has none, and age_2 for a second age. */
function unique(given: readonly string[]): string[] {
  const taken = new Set(given)
  const seen = new Set<string>()
  const next = new Map<string, number>() // so that a name that comes ten thousand times costs no search each time
  return given.map((name, i) => {
    const base = name === '' ? `column_${i + 1}` : name
    let chosen = base
    let n = next.get(base) ?? 2
    for (; seen.has(chosen) || (chosen !== name && taken.has(chosen)); n++) chosen = `${base}_${n}`
    next.set(base, n)
    seen.add(chosen)
    return chosen
  })
}

// The candidate that the first line has most of outside quotes; undefined if the line is not whole (a very long one is cut).
function sniff(bytes: Uint8Array, quote: number, last: boolean): number | undefined {
  const counts = new Map(CANDIDATES.map((byte) => [byte, 0]))
  let quoted = false
  let whole = last || bytes.length >= LONGEST_SNIFFED
  let text = false
  for (const byte of bytes) {
    if (byte === quote) quoted = !quoted
    if (quoted) continue
    if (byte === LF || byte === CR) {
      if (!text) continue // an empty line
      whole = true
      break
    }
    text = true
    const count = counts.get(byte)
    if (count !== undefined) counts.set(byte, count + 1)
  }
  if (!whole) return undefined
  return CANDIDATES.reduce((best, byte) => (counts.get(byte)! > counts.get(best)! ? byte : best))
}
