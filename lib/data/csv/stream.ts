// CSV in chunks of rows, each a table, for files larger than memory.
import { options, positiveInteger } from '../../checks.js'
import type { Reading } from '../read/place.js'
import { byteSource, type TextSource } from '../read/source.js'
import { Table } from '../table/table.js'
import { type CsvOptions, type CsvSettings, checkCsv, csvKeys } from './options.js'
import { ColumnPass, KindPass } from './passes.js'
import { fileOf } from './read.js'
import { CsvRows } from './rows.js'

/** Options of {@link streamCsv}. */
export interface CsvStreamOptions extends CsvOptions {
  /** Rows of a table; the last may have fewer. Default 10,000. */
  rows?: number
}

/**
 * Reads a CSV file or stream as tables of `rows` rows, in memory that does not grow with it, but for the categories. Kinds are
 * inferred from the first table's rows; tell those that these do not show. Codes of categories mean the same in all tables; a
 * later table may have more of them.
 * @throws as readCsv, and FormatError for a field that is not of the kind its column has in the first table
 * @example for await (const table of streamCsv('large.csv.gz', { rows: 50_000 })) …
 */
export function streamCsv(source: TextSource, given?: CsvStreamOptions): AsyncGenerator<Table, void, undefined> {
  const { rows = 10_000, ...rest } = options('streamCsv', given, ['rows', ...csvKeys])
  positiveInteger('streamCsv', 'rows', rows)
  const settings = checkCsv('streamCsv', rest, fileOf('streamCsv', source))
  const { reading, pieces } = byteSource('streamCsv', source, settings, true)
  return tables(pieces(), new Chunks(reading, settings, rows))
}

async function* tables(pieces: AsyncIterable<Uint8Array>, chunks: Chunks): AsyncGenerator<Table, void, undefined> {
  for await (const piece of pieces) {
    const more = chunks.push(piece)
    yield* chunks.ready()
    if (!more) break
  }
  chunks.end()
  yield* chunks.ready()
}

// Holds the first bytes until their rows have told the kinds, then reads them, and the rest as it comes.
class Chunks {
  readonly #reading: Reading
  readonly #settings: CsvSettings
  readonly #rows: number
  readonly #kinds: KindPass
  readonly #first: CsvRows
  #held: Uint8Array[] = []
  #pass: ColumnPass | undefined
  #reader: CsvRows | undefined
  #ready: Table[] = []

  constructor(reading: Reading, settings: CsvSettings, rows: number) {
    this.#reading = reading
    this.#settings = settings
    this.#rows = rows
    const first = { ...settings, limit: Math.min(rows, settings.limit) }
    this.#kinds = new KindPass(reading, first)
    this.#first = new CsvRows(reading, first, this.#kinds)
  }

  /** The tables that are complete. */
  ready(): Table[] {
    const tables = this.#ready
    this.#ready = []
    return tables
  }

  /** Takes the next bytes. Returns whether it wants more. */
  push(piece: Uint8Array): boolean {
    if (this.#reader) return this.#reader.push(piece)
    this.#held.push(Uint8Array.from(piece))
    return this.#first.push(piece) || this.#begin().more
  }

  /** The bytes are at their end. */
  end(): void {
    if (!this.#reader) this.#first.end()
    const { reader, pass } = this.#begin()
    reader.end()
    if (pass.rows > 0) this.#ready.push(new Table([...pass.columns()]))
  }

  #begin(): { reader: CsvRows; pass: ColumnPass; more: boolean } {
    if (this.#reader) return { reader: this.#reader, pass: this.#pass!, more: true }
    const pass = new ColumnPass(this.#reading, this.#settings, this.#kinds.decide())
    const reader = new CsvRows(this.#reading, this.#settings, {
      start: (fields) => pass.start(fields),
      row: (record) => {
        const more = pass.row(record)
        if (pass.contradiction) throw pass.contradiction
        if (pass.rows === this.#rows) this.#ready.push(new Table([...pass.columns()]))
        return more
      },
    })
    let more = true
    for (const piece of this.#held) more = reader.push(piece)
    this.#held = []
    this.#pass = pass
    this.#reader = reader
    return { reader, pass, more }
  }
}
