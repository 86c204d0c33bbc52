// Options of the readers of CSV.
import { describe, options, positiveInteger } from '../../checks.js'
import { ArgumentError } from '../../errors.js'
import { names, texts } from '../read/names.js'
import { checkSource, type SourceOptions, type SourceSettings } from '../read/source.js'
import { type ColumnKind, checkKinds } from '../table/column.js'

/** How a CSV file is written, and what is wanted of it. */
export interface CsvOptions extends SourceOptions {
  /** Whether the first line has the names of the columns (the default); or the names, where the file has none. */
  header?: boolean | readonly string[]
  /** What stands between fields, one ASCII character. Default: a tab in .tsv files, else that of , ; tab | which the first line has most of. */
  delimiter?: string
  /** What stands around fields that hold delimiters or line breaks; false if quotes have no meaning. Default ". */
  quote?: string | false
  /** Fields that count as missing, beside those with nothing but spaces. Default NA, N/A, #N/A, NaN, nan, null, NULL. */
  missing?: readonly string[]
  /** Names of the columns to read. Default: all. */
  columns?: readonly string[]
  /** Kinds of columns by name, where they shall not be inferred. */
  types?: Readonly<Record<string, ColumnKind>>
  /** The most rows to read. Default: all. */
  limit?: number
}

/** Checked {@link CsvOptions}. */
export interface CsvSettings extends SourceSettings {
  readonly header: boolean | readonly string[]
  /** A byte; undefined where the first line shall tell. */
  readonly delimiter: number | undefined
  /** A byte, or −1. */
  readonly quote: number
  readonly missing: readonly string[]
  readonly columns: readonly string[] | undefined
  readonly types: ReadonlyMap<string, ColumnKind>
  readonly limit: number
}

/** What counts as missing unless told otherwise. */
export const MISSING: readonly string[] = ['NA', 'N/A', '#N/A', 'NaN', 'nan', 'null', 'NULL']

/** Names of the options, for {@link options}. */
export const csvKeys = [
  'header',
  'delimiter',
  'quote',
  'missing',
  'columns',
  'types',
  'limit',
  'encoding',
  'maxBytes',
] as const satisfies readonly (keyof CsvOptions)[]

/**
 * Checks options.
 * @param file - the path of the file, for its ending
 */
export function checkCsv(operation: string, given: CsvOptions | undefined, file?: string): CsvSettings {
  const {
    header = true,
    delimiter,
    quote = '"',
    missing = MISSING,
    columns,
    types,
    limit,
    ...source
  } = options(operation, given, csvKeys)
  const settings = {
    header: typeof header === 'boolean' ? header : names(operation, 'header', header),
    delimiter: delimiter === undefined ? (isTsv(file) ? 9 : undefined) : byteOf(operation, 'delimiter', delimiter),
    quote: quote === false ? -1 : byteOf(operation, 'quote', quote),
    missing: texts(operation, 'missing', missing),
    columns: columns === undefined ? undefined : names(operation, 'columns', columns),
    types: checkKinds(operation, types),
    limit: limit === undefined ? Number.POSITIVE_INFINITY : positiveInteger(operation, 'limit', limit),
    ...checkSource(operation, source),
  }
  if (settings.delimiter === settings.quote) {
    throw new ArgumentError(operation, 'a delimiter other than the quote', describe(delimiter))
  }
  return settings
}

function isTsv(file: string | undefined): boolean {
  return file !== undefined && /\.(tsv|tab)(\.gz)?$/i.test(file)
}

function byteOf(operation: string, name: string, value: unknown): number {
  if (typeof value !== 'string' || !/^[^\n\r\0]$/.test(value) || value.charCodeAt(0) > 127) {
    throw new ArgumentError(operation, `${name} to be one ASCII character and no line break`, describe(value))
  }
  return value.charCodeAt(0)
}
