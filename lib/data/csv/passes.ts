// The two things that are done with the rows of a CSV file: telling the kinds of its columns, and reading them.
import { describe } from '../../checks.js'
import type { FormatError } from '../../errors.js'
import type { Reading } from '../read/place.js'
import type { Column, ColumnKind } from '../table/column.js'
import { keyText, nounOf } from '../table/values.js'
import { isSpace, MissingCells } from './cells.js'
import { explained, Looks } from './classify.js'
import type { CsvSettings } from './options.js'
import type { Field, RowTaker } from './rows.js'
import { type Sink, sinkOf, TextSink } from './sinks.js'
import type { CsvRecord } from './tokenizer.js'

// Calls `see` with the bytes of each wanted field, without the doubling of quotes; `missing` for fields that are.
abstract class FieldPass implements RowTaker {
  readonly reading: Reading
  readonly settings: CsvSettings
  fields: readonly Field[] = []
  readonly #missing: MissingCells

  constructor(reading: Reading, settings: CsvSettings) {
    this.reading = reading
    this.settings = settings
    this.#missing = new MissingCells(settings.missing)
  }

  start(fields: readonly Field[]): void {
    this.fields = fields
  }

  row(record: CsvRecord): boolean {
    const { fields } = this
    for (let j = 0; j < fields.length; j++) {
      const i = fields[j]!.index
      let bytes = record.bytes
      let start = record.starts[i]!
      let end = record.ends[i]!
      if (record.quoted[i] === 2) {
        bytes = record.unescaped(i, this.settings.quote)
        start = 0
        end = bytes.length
      }
      let [from, to] = [start, end]
      while (from < to && isSpace(bytes[from])) from++
      while (to > from && isSpace(bytes[to - 1])) to--
      if (this.#missing.has(bytes, from, to)) this.missing(j)
      else if (!this.see(j, bytes, start, end, from, to, record.line)) return false
    }
    return true
  }

  /** Field j, from `from` to `to` without the spaces around it. False stops the reading. */
  abstract see(
    j: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    from: number,
    to: number,
    line: number,
  ): boolean
  abstract missing(j: number): void
}

/** Kinds of the columns that nobody told. */
export class KindPass extends FieldPass {
  #looks: (Looks | undefined)[] = []

  override start(fields: readonly Field[]): void {
    super.start(fields)
    this.#looks = fields.map(({ name }) => (this.settings.types.has(name) ? undefined : new Looks()))
  }

  see(j: number, bytes: Uint8Array, _start: number, _end: number, from: number, to: number, line: number): boolean {
    this.#looks[j]?.see(bytes, from, to, line)
    return true
  }

  missing(): void {}

  /** The kinds, or what they seem to be where there is doubt. */
  get likely(): ColumnKind[] {
    return this.#looks.map((looks, j) => {
      const kind = looks ? looks.decide() : this.settings.types.get(this.fields[j]!.name)!
      return typeof kind === 'string' ? kind : 'categorical'
    })
  }

  /** The kinds. Throws FormatError where fields look like mistakes. */
  decide(): ColumnKind[] {
    for (const [j, looks] of this.#looks.entries()) {
      const doubt = looks?.decide()
      if (looks === undefined || doubt === undefined || typeof doubt === 'string') continue
      const { name, index } = this.fields[j]!
      const [expected, actual, advice] = explained(name, doubt)
      throw this.reading.error(expected, { actual, advice, line: doubt.odd.line, column: index + 1 })
    }
    return this.likely
  }
}

/** Reads columns of known kinds. */
export class ColumnPass extends FieldPass {
  readonly #kinds: readonly ColumnKind[]
  #sinks: Sink[] = []
  /** Rows so far. */
  rows = 0
  /** The first field that was not of the kind it was thought to be; the reading stopped there. */
  contradiction: FormatError | undefined

  constructor(reading: Reading, settings: CsvSettings, kinds: readonly ColumnKind[]) {
    super(reading, settings)
    this.#kinds = kinds
  }

  override start(fields: readonly Field[]): void {
    super.start(fields)
    this.#sinks = fields.map(({ name }, j) => {
      const told = this.settings.types.get(name)
      return sinkOf(told ?? this.#kinds[j] ?? 'numeric', told !== undefined)
    })
  }

  override row(record: CsvRecord): boolean {
    if (!super.row(record)) return false
    this.rows++
    return true
  }

  see(j: number, bytes: Uint8Array, start: number, end: number, from: number, to: number, line: number): boolean {
    const sink = this.#sinks[j]!
    if (sink.trims ? sink.add(bytes, from, to) : sink.add(bytes, start, end)) return true
    const error = this.#refusal(j, bytes.subarray(from, Math.min(to, from + 200)), line)
    if (this.settings.types.has(this.fields[j]!.name)) throw error
    this.contradiction = error
    return false
  }

  missing(j: number): void {
    this.#sinks[j]!.missing()
  }

  /** Whether a column of texts would have been told otherwise, or refused, had all been seen before. */
  get doubtful(): boolean {
    return this.#sinks.some((sink, j) => {
      if (!(sink instanceof TextSink) || this.settings.types.has(this.fields[j]!.name)) return false
      const looks = new Looks()
      sink.dictionary.forEach((bytes, start, end) => {
        looks.see(bytes, start, end, 0)
      })
      return !looks.plain && countedLooks(sink).decide() !== 'categorical'
    })
  }

  /** The rows since the last call, column by column. */
  *columns(): Generator<Column> {
    this.rows = 0
    for (const [j, { name }] of this.fields.entries()) yield this.#sinks[j]!.finish(name)
  }

  #refusal(j: number, bytes: Uint8Array, line: number): FormatError {
    const { name, index } = this.fields[j]!
    const kind = this.settings.types.get(name) ?? this.#kinds[j] ?? 'numeric'
    const text = Buffer.from(bytes).toString('utf8')
    const advice = `if it stands for a missing value, give missing: [${describe(text)}]; types: { ${keyText(name)}: 'categorical' } takes all as texts`
    const expected = `${nounOf(kind)} in column ${describe(name)}`
    return this.reading.error(expected, { actual: describe(text), advice, line, column: index + 1 })
  }
}

function countedLooks(sink: TextSink): Looks {
  const looks = new Looks()
  const times = sink.times()
  sink.dictionary.forEach((bytes, start, end, code) => {
    looks.see(bytes, start, end, 0, times[code]!)
  })
  return looks
}
