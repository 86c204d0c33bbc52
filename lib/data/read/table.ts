// readTable(): a table from a file of any of the known formats.
import { zlib } from '../../builtin.js'
import { describe, oneOf, options } from '../../checks.js'
import { ArgumentError, FormatError } from '../../errors.js'
import { readArrowAs } from '../columnar/arrow.js'
import { columnarKeys, readParquetAs } from '../columnar/parquet.js'
import { type CsvOptions, csvKeys } from '../csv/options.js'
import { readCsvAs } from '../csv/read.js'
import type { Table } from '../table/table.js'
import { OpenFile } from './file.js'
import { jsonLinesKeys, readJsonLinesAs } from './json.js'
import { pathOf } from './source.js'

/** The formats that {@link readTable} knows. */
export type TableFormat = 'csv' | 'tsv' | 'jsonl' | 'parquet' | 'arrow'

/** Options of {@link readTable}: those of the format's own reader, and the format. */
export interface TableReadOptions extends CsvOptions {
  /** Default: what the file's ending says, or else its first bytes. */
  format?: TableFormat
}

const formats: readonly TableFormat[] = ['csv', 'tsv', 'jsonl', 'parquet', 'arrow']

const endings: Readonly<Record<string, TableFormat>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  parquet: 'parquet',
  arrow: 'arrow',
  arrows: 'arrow',
  feather: 'arrow',
}

/**
 * Reads a table from a file: CSV and TSV (.csv .tsv), JSON lines (.jsonl .ndjson), these gzipped or not (.gz), Parquet
 * (.parquet), Arrow IPC (.arrow .feather). Where the ending says nothing, the first bytes do.
 * @param path - a path, or a file: URL
 * @throws FormatError, with file, line and column where there are some, for content that is unsound; FileError if the file
 * cannot be read; ArgumentError for an option that the format does not have; DependencyError if a package is not installed
 * @example const table = await readTable('flights.parquet', { columns: ['delay', 'distance', 'origin'] })
 */
export async function readTable(path: string | URL, given?: TableReadOptions): Promise<Table> {
  const keys = ['format', ...csvKeys] as const
  const { format: told, ...rest } = options('readTable', given, keys)
  const file = pathOf('readTable', path)
  const format =
    told === undefined ? (formatOf(file) ?? (await formatWithin(file))) : oneOf('readTable', 'format', told, formats)
  if (format === 'csv') return readCsvAs('readTable', file, rest)
  if (format === 'tsv') return readCsvAs('readTable', file, { delimiter: '\t', ...rest })
  const known: readonly string[] = format === 'jsonl' ? jsonLinesKeys : columnarKeys
  const foreign = Object.keys(rest).find((key) => rest[key as keyof CsvOptions] !== undefined && !known.includes(key))
  if (foreign !== undefined) {
    throw new ArgumentError('readTable', `options that ${format} files have: ${known.join(', ')}`, describe(foreign))
  }
  if (format === 'jsonl') return readJsonLinesAs('readTable', file, rest)
  return format === 'parquet' ? readParquetAs('readTable', file, rest) : readArrowAs('readTable', file, rest)
}

function formatOf(file: string): TableFormat | undefined {
  const ending = /\.([^./\\]+?)(?:\.gz)?$/i.exec(file)?.[1]?.toLowerCase()
  return ending !== undefined && Object.hasOwn(endings, ending) ? endings[ending] : undefined
}

// By the first bytes: magic texts, or the brace of an object; any other text is taken for CSV.
async function formatWithin(path: string): Promise<TableFormat> {
  const file = await OpenFile.open('readTable', path)
  try {
    const first = Buffer.from(await file.slice(0, Math.min(file.size, 4096)))
    const start = first.toString('latin1', 0, 8)
    if (start.startsWith('PAR1')) return 'parquet'
    if (start.startsWith('ARROW1') || start.startsWith('\xff\xff\xff\xff')) return 'arrow'
    if (start.startsWith('\x93NUMPY') || start.startsWith('PK\x03\x04')) {
      throw new FormatError(
        'readTable',
        'a table',
        `${describe(path)}, which is NPY or ZIP; readNpy and readNpz read those`,
      )
    }
    const text = start.startsWith('\x1f\x8b') ? unpackedStart(first) : first
    return text
      .toString('latin1')
      .replace(/^\xef\xbb\xbf/, '')
      .trimStart()
      .startsWith('{')
      ? 'jsonl'
      : 'csv'
  } finally {
    await file.close()
  }
}

function unpackedStart(packed: Buffer): Buffer {
  try {
    return zlib().gunzipSync(packed, { finishFlush: 2, maxOutputLength: 1 << 24 })
  } catch {
    return Buffer.alloc(0) // the reader says what is wrong
  }
}
