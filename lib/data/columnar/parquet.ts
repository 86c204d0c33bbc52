// Parquet: row group by row group, column by column, so that little of a file is in memory beside the table.
import type { FileMetaData, RowGroup, SchemaElement } from 'hyparquet'
import { describe, options, positiveInteger } from '../../checks.js'
import { ArgumentError, ChainruleError } from '../../errors.js'
import { optional } from '../read/choose.js'
import { OpenFile } from '../read/file.js'
import { names } from '../read/names.js'
import { pathOf } from '../read/source.js'
import { type Column, type ColumnKind, checkKinds } from '../table/column.js'
import { listed, Table } from '../table/table.js'
import { ValueColumn } from '../table/values.js'
import { chunkOf } from './pages.js'
import { checkStructure } from './thrift.js'
import { unpackers } from './unpack.js'
import { valuesOf } from './values.js'

/** Options of {@link readParquet} and {@link readArrow}. */
export interface ColumnarOptions {
  /** Names of the columns to read. Default: all. */
  columns?: readonly string[]
  /** Kinds of columns by name, where these shall not be those of the file. */
  types?: Readonly<Record<string, ColumnKind>>
  /** The most rows to read. Default: all. */
  limit?: number
}

/** Names of the options. */
export const columnarKeys = ['columns', 'types', 'limit'] as const

const MOST_CELLS = 2 ** 30
const MOST_AHEAD = 2 ** 26 // rows that memory is reserved for because the file says so
const LARGEST_FOOTER = 2 ** 28

/**
 * Reads a Parquet file by hyparquet, compressed by any codec. Columns of numbers, decimals, texts, booleans, dates and times;
 * nested ones are refused by name. Each row group's pages are checked before anything is allocated for them.
 * @throws FileError if it cannot be read, FormatError if it is no sound Parquet file, DependencyError unless the packages
 * hyparquet and hyparquet-compressors are installed
 */
export async function readParquet(path: string | URL, given?: ColumnarOptions): Promise<Table> {
  return readParquetAs('readParquet', path, given)
}

/** The same under another name, for errors. */
export async function readParquetAs(operation: string, path: string | URL, given?: ColumnarOptions): Promise<Table> {
  const { columns, types, limit } = options(operation, given, columnarKeys)
  const wanted = columns === undefined ? undefined : names(operation, 'columns', columns)
  const kinds = checkKinds(operation, types)
  const most = limit === undefined ? Number.POSITIVE_INFINITY : positiveInteger(operation, 'limit', limit)
  const library = await optional(operation, 'hyparquet', () => import('hyparquet'))
  const compressors = await unpackers(operation)
  const file = await OpenFile.open(operation, pathOf(operation, path))
  try {
    const metadata = await metadataOf(file, library)
    const reader = { file, metadata, compressors, rows: Math.min(rowsOf(file, metadata), most) }
    const made: Column[] = []
    for (const element of elementsOf(file, metadata, wanted, kinds)) {
      made.push(await readColumn(reader, element, kinds.get(element.name)))
    }
    return new Table(made)
  } catch (cause) {
    if (cause instanceof ChainruleError) throw cause
    throw file.reading.error('a sound Parquet file', { actual: (cause as Error).message }, { cause })
  } finally {
    await file.close()
  }
}

type Library = typeof import('hyparquet')

interface Reader {
  readonly file: OpenFile
  readonly metadata: FileMetaData
  readonly compressors: Awaited<ReturnType<typeof unpackers>>
  readonly rows: number
}

async function metadataOf(file: OpenFile, library: Library): Promise<FileMetaData> {
  const { size } = file
  const tail = Buffer.from(await file.slice(Math.max(0, size - 8)))
  const magic = tail.toString('latin1', tail.length - 4)
  if (size < 12 || magic !== 'PAR1') {
    const actual = size < 12 ? `${size} bytes` : magic === 'PARE' ? 'an encrypted one' : describe(magic)
    throw file.reading.error('a Parquet file, which ends with PAR1', { actual })
  }
  const footer = tail.readUInt32LE(tail.length - 8)
  if (footer > Math.min(size - 12, LARGEST_FOOTER)) {
    throw file.reading.error(`a footer of at most ${Math.min(size - 12, LARGEST_FOOTER)} bytes`, {
      actual: `${footer}`,
    })
  }
  const end = await file.slice(size - 8 - footer)
  checkStructure(new Uint8Array(end, 0, footer), 0)
  return library.parquetMetadata(end, { geoparquet: false })
}

function rowsOf({ reading }: OpenFile, { row_groups, num_rows, schema }: FileMetaData): number {
  let rows = 0
  for (const group of row_groups) {
    const own = Number(group.num_rows)
    if (!Number.isSafeInteger(own) || own < 0) throw reading.error('row groups of ≥ 0 rows', { actual: `${own}` })
    rows += own
  }
  if (rows !== Number(num_rows)) {
    throw reading.error(`${num_rows} rows in the row groups`, { actual: String(rows) })
  }
  if (rows * schema.length > MOST_CELLS) {
    throw reading.error(`at most ${MOST_CELLS} cells`, { actual: `${rows} rows of ${schema.length - 1} columns` })
  }
  return rows
}

// The columns to read; they stand below the root of the schema.
function elementsOf(
  { reading }: OpenFile,
  { schema }: FileMetaData,
  wanted: readonly string[] | undefined,
  kinds: ReadonlyMap<string, ColumnKind>,
): SchemaElement[] {
  const top: SchemaElement[] = []
  for (let i = 1; i < schema.length; i = afterChildren(schema, i)) top.push(schema[i]!)
  const byName = new Map(top.map((element) => [element.name, element]))
  if (byName.has('')) throw reading.error('columns with names', { actual: 'one without' })
  if (byName.size !== top.length) throw reading.error('columns with names that differ', { actual: 'one twice' })
  for (const name of [...(wanted ?? []), ...kinds.keys()]) {
    if (byName.has(name)) continue
    throw new ArgumentError(reading.operation, `columns among ${listed([...byName.keys()])}`, describe(name))
  }
  const chosen = wanted ? wanted.map((name) => byName.get(name)!) : top
  for (const element of chosen) {
    if ((element.num_children ?? 0) === 0 && element.repetition_type !== 'REPEATED') continue
    const advice = 'give columns: [names …] without it'
    throw reading.error('columns of single values', { actual: `the nested column ${describe(element.name)}`, advice })
  }
  return chosen
}

function afterChildren(schema: readonly SchemaElement[], i: number): number {
  let open = 1
  for (; open > 0 && i < schema.length; i++) open += (schema[i]!.num_children ?? 0) - 1
  return i
}

async function readColumn(reader: Reader, element: SchemaElement, told: ColumnKind | undefined): Promise<Column> {
  const { file, metadata, rows } = reader
  const { name } = element
  const kind = kindOf(element)
  const into = new ValueColumn(name, told ?? kind, Math.min(rows, MOST_AHEAD))
  let start = 0
  for (const group of metadata.row_groups) {
    if (start >= rows) break
    const count = Number(group.num_rows)
    const wanted = Math.min(count, rows - start)
    if (count > 0) await addGroup(reader, group, into, { start, wanted, kind })
    start += count
  }
  if (into.rows !== rows) {
    throw file.reading.error(`${rows} values in column ${describe(name)}`, { actual: String(into.rows) })
  }
  return into.finish()
}

async function addGroup(
  { file, metadata, compressors }: Reader,
  group: RowGroup,
  into: ValueColumn,
  { start, wanted, kind }: { start: number; wanted: number; kind: ColumnKind | undefined },
): Promise<void> {
  const chunk = await chunkOf(file, group, into.name)
  const values = valuesOf(chunk, {
    operation: file.reading.operation,
    schema: metadata.schema,
    parsers: kind === 'date' ? times : {},
    rows: Number(group.num_rows),
    compressors,
  })
  let row = start
  for await (const page of values) {
    const first = row
    const count = Math.min(page.length, start + wanted - row)
    into.addAll(page, count, ({ expected, actual, advice }, i) => {
      return file.reading.error(expected, { actual: `${actual} in row ${first + i}`, advice })
    })
    row += count
    if (row === start + wanted) return
    await new Promise((resume) => setImmediate(resume))
  }
}

// Times as milliseconds rather than Date objects.
const times = {
  timestampFromMilliseconds: (value: bigint) => Number(value),
  timestampFromMicroseconds: (value: bigint) => Math.floor(Number(value) / 1e3),
  timestampFromNanoseconds: (value: bigint) => Math.floor(Number(value / 1000n) / 1e3),
  dateFromDays: (days: number) => days * 86_400_000,
}

// Undefined where values shall tell.
function kindOf({ type, converted_type: converted, logical_type: logical }: SchemaElement): ColumnKind | undefined {
  if (type === 'BOOLEAN') return 'boolean'
  if (converted === 'DATE' || converted?.startsWith('TIMESTAMP') || type === 'INT96') return 'date'
  if (logical?.type === 'DATE' || logical?.type === 'TIMESTAMP') return 'date'
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL' || logical?.type === 'FLOAT16') return 'numeric'
  if (type === 'BYTE_ARRAY') return 'categorical'
  return type === 'FIXED_LEN_BYTE_ARRAY' ? undefined : 'numeric'
}
