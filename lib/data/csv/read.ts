// Reads CSV into tables: from texts and bytes in memory, from files and streams.
import { describe } from '../../checks.js'
import { ArgumentError } from '../../errors.js'
import { Reading } from '../read/place.js'
import { type ByteSource, byteSource, PIECE, pathOf, type TextSource } from '../read/source.js'
import type { Column } from '../table/column.js'
import { Table } from '../table/table.js'
import { type CsvOptions, type CsvSettings, checkCsv } from './options.js'
import { ColumnPass, KindPass } from './passes.js'
import { CsvRows, type RowTaker } from './rows.js'

/**
 * Reads CSV in memory, like {@link readCsv}, and without letting the event loop have its turn.
 * @param text - a text, or bytes
 * @throws FormatError, with line and column, for what is no CSV or not of one kind; ArgumentError for options
 * @example parseCsv('a,b\n1,x\n').row(0) // { a: 1, b: 'x' }
 */
export function parseCsv(text: string | Uint8Array, given?: CsvOptions): Table {
  const settings = checkCsv('parseCsv', given)
  if (typeof text !== 'string' && !(text instanceof Uint8Array)) {
    throw new ArgumentError('parseCsv', 'a text or a Uint8Array', describe(text))
  }
  const bytes = typeof text === 'string' ? Buffer.from(text.replace(/^\ufeff/, '')) : recoded(text, settings)
  const reading = new Reading('parseCsv')
  const work = passes(reading, settings)
  let step = work.next()
  while (!step.done) {
    if (step.value !== 'pause') runOver(bytes, reading, settings, step.value)
    step = work.next()
  }
  return step.value
}

/**
 * Reads a CSV or TSV file, gzipped or not, or a stream of it. Columns are numeric, boolean (true, false), dates (ISO 8601), or
 * categorical; all fields of a column decide. The event loop has its turn between pieces of the file.
 * @param source - the path of a file, or a stream, which is kept in memory while it is read
 * @throws FormatError, with file, line and column, for what is no CSV or not of one kind; FileError if the file cannot be read
 * @example const table = await readCsv('people.csv', { types: { zip: 'categorical' } })
 */
export async function readCsv(source: TextSource, given?: CsvOptions): Promise<Table> {
  return readCsvAs('readCsv', source, given)
}

/** The same under another name, for errors. */
export async function readCsvAs(operation: string, source: TextSource, given?: CsvOptions): Promise<Table> {
  const settings = checkCsv(operation, given, fileOf(operation, source))
  const bytes = byteSource(operation, source, settings)
  const work = passes(bytes.reading, settings)
  let step = work.next()
  while (!step.done) {
    if (step.value === 'pause') await new Promise((resume) => setImmediate(resume))
    else await run(bytes, settings, step.value)
    step = work.next()
  }
  return step.value
}

// One pass over the bytes, or over the first piece of them.
interface Pass {
  readonly taker: RowTaker
  readonly sample: boolean
}

// The passes that a table takes. Most take two: a look at the first piece tells the kinds, and the reading confirms them. Where
// a field further on is of another kind, all are looked at, and read again.
function* passes(reading: Reading, settings: CsvSettings): Generator<Pass | 'pause', Table, void> {
  const sample = new KindPass(reading, settings)
  yield { taker: sample, sample: true }
  const pass = new ColumnPass(reading, settings, sample.likely)
  yield { taker: pass, sample: false }
  if (pass.contradiction === undefined && !pass.doubtful) return yield* finished(pass)
  const whole = new KindPass(reading, settings)
  yield { taker: whole, sample: false }
  const again = new ColumnPass(reading, settings, whole.decide())
  yield { taker: again, sample: false }
  return yield* finished(again)
}

function* finished(pass: ColumnPass): Generator<'pause', Table, void> {
  const columns: Column[] = []
  for (const column of pass.columns()) {
    columns.push(column)
    yield 'pause'
  }
  return new Table(columns)
}

function runOver(bytes: Uint8Array, reading: Reading, settings: CsvSettings, { taker, sample }: Pass): void {
  const rows = new CsvRows(reading, settings, taker)
  let more = true
  for (let at = 0; more && at < bytes.length && !(sample && at > 0); at += PIECE) {
    more = rows.push(bytes.subarray(at, at + PIECE))
  }
  if (!sample || bytes.length <= PIECE) rows.end()
}

async function run({ reading, pieces }: ByteSource, settings: CsvSettings, { taker, sample }: Pass): Promise<void> {
  const rows = new CsvRows(reading, settings, taker)
  let read = 0
  for await (const piece of pieces()) {
    read++
    if (!rows.push(piece) || sample) break
  }
  if (!sample || read === 0) rows.end()
}

/** The path of a source, if it has one. */
export function fileOf(operation: string, source: unknown): string | undefined {
  return typeof source === 'string' || source instanceof URL ? pathOf(operation, source) : undefined
}

function recoded(bytes: Uint8Array, { encoding }: CsvSettings): Uint8Array {
  if (encoding !== 'utf-8') return Buffer.from(new TextDecoder(encoding).decode(bytes))
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}
