// JSON lines: one object per line.
import { describe, options, positiveInteger } from '../../checks.js'
import { type ColumnKind, checkKinds } from '../table/column.js'
import { ObjectRows } from '../table/from.js'
import { Table } from '../table/table.js'
import { Mismatch } from '../table/values.js'
import { chosen } from './choose.js'
import type { Reading } from './place.js'
import { byteSource, checkSource, pathOf, type SourceOptions, type TextSource } from './source.js'
import { checkText } from './text.js'

/** Options of {@link readJsonLines}. */
export interface JsonLinesOptions extends SourceOptions {
  /** Names of the columns to read. Default: all. */
  columns?: readonly string[]
  /** Kinds of columns by name, where they shall not be inferred. */
  types?: Readonly<Record<string, ColumnKind>>
  /** The most rows to read. Default: all. */
  limit?: number
}

/** Names of the options. */
export const jsonLinesKeys = ['columns', 'types', 'limit', 'encoding', 'maxBytes'] as const

const LF = 10
const LONGEST_LINE = 1 << 26
const MOST_CELLS = 2 ** 30
const MOST_COLUMNS = 100_000

/**
 * Reads JSON lines (NDJSON), gzipped or not: a row for every line, a column for every key. What an object lacks is missing, as
 * null is; texts that are all ISO dates are a column of dates.
 * @param source - the path of a file, or a stream
 * @throws FormatError, with file and line, for what is no JSON object, or for values of mixed or unusable types; FileError if
 * the file cannot be read
 */
export async function readJsonLines(source: TextSource, given?: JsonLinesOptions): Promise<Table> {
  return readJsonLinesAs('readJsonLines', source, given)
}

/** The same under another name, for errors. */
export async function readJsonLinesAs(operation: string, source: TextSource, given?: JsonLinesOptions): Promise<Table> {
  const { columns, types, limit, ...rest } = options(operation, given, jsonLinesKeys)
  const kinds = checkKinds(operation, types)
  const most = limit === undefined ? Number.POSITIVE_INFINITY : positiveInteger(operation, 'limit', limit)
  const file = typeof source === 'string' || source instanceof URL ? pathOf(operation, source) : source
  const { reading, pieces } = byteSource(operation, file, checkSource(operation, rest), true)
  const rows = new JsonRows(reading, kinds, most)
  for await (const piece of pieces()) {
    if (!rows.push(piece)) break
    await new Promise((resume) => setImmediate(resume))
  }
  return chosen(operation, new Table(rows.finish()), columns)
}

// Rows from pieces of lines.
class JsonRows {
  readonly #reading: Reading
  readonly #rows: ObjectRows
  readonly #limit: number
  #line = 1
  #rest: Uint8Array[] = [] // of a line that is not whole
  #size = 0

  constructor(reading: Reading, kinds: ReadonlyMap<string, ColumnKind>, limit: number) {
    this.#reading = reading
    this.#rows = new ObjectRows(kinds)
    this.#limit = limit
  }

  push(piece: Uint8Array): boolean {
    let start = 0
    for (let end = piece.indexOf(LF); end >= 0; end = piece.indexOf(LF, start)) {
      const line = piece.subarray(start, end)
      start = end + 1
      if (!this.#take(this.#size > 0 ? Buffer.concat([...this.#rest, line]) : line)) return false
      this.#rest = []
      this.#size = 0
    }
    this.#rest.push(Uint8Array.from(piece.subarray(start))) // the piece is only there until the next
    this.#size += piece.length - start
    if (this.#size > LONGEST_LINE) {
      const advice = 'a file with one array of objects is no JSON lines'
      throw this.#error(`lines of at most ${LONGEST_LINE} bytes`, 'a longer one', advice)
    }
    return true
  }

  finish() {
    if (this.#size > 0) this.#take(Buffer.concat(this.#rest))
    return this.#rows.finish()
  }

  // Takes a line; returns whether more are wanted.
  #take(bytes: Uint8Array): boolean {
    if (this.#rows.rows >= this.#limit) return false
    checkText(this.#reading, bytes, this.#line, true)
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8').trim()
    if (text !== '') this.#add(text)
    this.#line++
    return this.#rows.rows < this.#limit
  }

  #add(text: string): void {
    const row = this.#parsed(text)
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      const advice = Array.isArray(row) ? 'a file with one array of objects is no JSON lines' : undefined
      throw this.#error('an object in every line', describe(row), advice)
    }
    try {
      this.#rows.add(row)
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error
      throw this.#error(error.expected, error.actual, error.advice)
    }
    const { width, rows } = this.#rows
    if (width > MOST_COLUMNS || width * rows > MOST_CELLS) {
      throw this.#error(`at most ${MOST_COLUMNS} keys, and ${MOST_CELLS} cells`, `${rows} rows of ${width} keys`)
    }
  }

  #parsed(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch (cause) {
      const words = /[:[,]\s*-?(NaN|Infinity|None|True|False)\b/.exec(text)
      const advice = words ? `${words[1]} is no JSON: write null, or a text` : (cause as Error).message
      throw this.#error('JSON in every line', describe(text), advice, { cause })
    }
  }

  #error(expected: string, actual: string, advice?: string, options?: ErrorOptions): Error {
    return this.#reading.error(expected, { actual, line: this.#line, advice }, options)
  }
}
