// Arrow IPC, files (Feather) and streams.
import type { Column as ArrowColumn, Batch, DataType } from '@uwdata/flechette'
import { describe, options, positiveInteger } from '../../checks.js'
import { ArgumentError, ChainruleError } from '../../errors.js'
import { readWhole } from '../../io/files.js'
import { optional } from '../read/choose.js'
import { names } from '../read/names.js'
import { Reading } from '../read/place.js'
import { pathOf } from '../read/source.js'
import { type Column, type ColumnKind, checkKinds } from '../table/column.js'
import { listed, Table } from '../table/table.js'
import { ValueColumn } from '../table/values.js'
import { fits, TypeId } from './arrow-batch.js'
import { checkedMessages } from './arrow-messages.js'
import { unpackLz4Frame } from './lz4.js'
import { type ColumnarOptions, columnarKeys } from './parquet.js'
import { unpackers } from './unpack.js'

const LARGEST = 2 ** 32
const LARGEST_BUFFER = 2 ** 31

/**
 * Reads an Arrow IPC file (Feather version 2) or stream by flechette, compressed or not. Columns of numbers, decimals, texts,
 * dictionaries, booleans, dates and times; nested ones are refused by name.
 * @throws FileError if it cannot be read, FormatError if it is no sound Arrow file, DependencyError unless the package
 * @uwdata/flechette is installed (and hyparquet-compressors, for files compressed by Zstandard)
 */
export async function readArrow(path: string | URL, given?: ColumnarOptions): Promise<Table> {
  return readArrowAs('readArrow', path, given)
}

/** The same under another name, for errors. */
export async function readArrowAs(operation: string, path: string | URL, given?: ColumnarOptions): Promise<Table> {
  const { columns, types, limit } = options(operation, given, columnarKeys)
  const wanted = columns === undefined ? undefined : names(operation, 'columns', columns)
  const kinds = checkKinds(operation, types)
  const most = limit === undefined ? Number.POSITIVE_INFINITY : positiveInteger(operation, 'limit', limit)
  const library = await optional(operation, '@uwdata/flechette', () => import('@uwdata/flechette'))
  const file = pathOf(operation, path)
  const reading = new Reading(operation, file)
  const bytes = await readWhole(operation, file, LARGEST)
  await registerCodecs(operation, library, bytes)
  try {
    const table = library.tableFromIPC(checkedMessages(aligned(bytes)), { useBigInt: true })
    return await tableOf(reading, table, { wanted, kinds, most })
  } catch (cause) {
    if (cause instanceof ChainruleError) throw cause
    throw reading.error('a sound Arrow file', { actual: (cause as Error).message }, { cause })
  }
}

type Library = typeof import('@uwdata/flechette')
type ArrowTable = ReturnType<Library['tableFromIPC']>

interface Wishes {
  readonly wanted: readonly string[] | undefined
  readonly kinds: ReadonlyMap<string, ColumnKind>
  readonly most: number
}

// Flechette makes typed arrays of parts of the buffer, which have to start at multiples of 8.
function aligned(bytes: Buffer): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.from(bytes)
}

async function registerCodecs(operation: string, library: Library, bytes: Uint8Array): Promise<void> {
  const encode = () => {
    throw new Error('only for reading')
  }
  const checked =
    (decode: (bytes: Uint8Array, length: number) => Uint8Array) => (packed: Uint8Array, length: number) => {
      if (!(length >= 0 && length <= LARGEST_BUFFER)) throw new Error(`a buffer that claims ${length} bytes`)
      return decode(packed, length)
    }
  const { LZ4_FRAME, ZSTD } = library.CompressionType
  library.setCompressionCodec(LZ4_FRAME, { encode, decode: checked(unpackLz4Frame) as never })
  if (!holdsZstd(bytes)) return
  const { ZSTD: unpack } = await unpackers(operation)
  library.setCompressionCodec(ZSTD, { encode, decode: checked((packed, length) => unpack!(packed, length)) as never })
}

function holdsZstd(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))
}

async function tableOf(reading: Reading, table: ArrowTable, { wanted, kinds, most }: Wishes): Promise<Table> {
  const all = table.names as string[]
  const columns = new Map(all.map((name, i) => [name, table.children[i]!]))
  if (all.length === 0) throw reading.error('an Arrow file or stream with columns', { actual: 'none' })
  if (columns.has('')) throw reading.error('columns with names', { actual: 'one without' })
  if (columns.size !== all.length) throw reading.error('columns with names that differ', { actual: 'one twice' })
  for (const name of [...(wanted ?? []), ...kinds.keys()]) {
    if (!columns.has(name)) throw new ArgumentError(reading.operation, `columns among ${listed(all)}`, describe(name))
  }
  const made: Column[] = []
  for (const name of wanted ?? all) {
    const column = columns.get(name)!
    made.push(await columnOf(reading, name, column, { told: kinds.get(name), most }))
  }
  return new Table(made)
}

async function columnOf(
  reading: Reading,
  name: string,
  column: ArrowColumn<unknown>,
  { told, most }: { told: ColumnKind | undefined; most: number },
): Promise<Column> {
  const kind = kindOf(column.type)
  if (kind === null) {
    const advice = 'give columns: [names …] without it'
    throw reading.error('columns of single values', { actual: `the nested or binary column ${describe(name)}`, advice })
  }
  const batches = column.data as Batch<unknown>[]
  if (!batches.every(fits)) {
    throw reading.error(`column ${describe(name)} with all its values`, { actual: 'buffers too short' })
  }
  const into = new ValueColumn(name, told ?? kind, Math.min(column.length, most))
  for (const batch of batches) {
    const before = into.rows
    const count = Math.min(batch.length, most - before)
    into.addAll(valuesOf(batch, count, kind), count, ({ expected, actual, advice }, i) => {
      return reading.error(expected, { actual: `${actual} in row ${before + i}`, advice })
    })
    await new Promise((resume) => setImmediate(resume))
  }
  return into.finish()
}

// A batch as an array: its own where nothing is missing and the values need no conversion. Dates are whole milliseconds.
function valuesOf(batch: Batch<unknown>, count: number, kind: ColumnKind | undefined): ArrayLike<unknown> {
  const values = batch.slice(0, count) as ArrayLike<unknown>
  if (kind !== 'date') return values
  return Array.from(values, (value) => (typeof value === 'number' ? Math.floor(value) : value))
}

const kinds: Readonly<Record<number, ColumnKind>> = {
  [TypeId.int]: 'numeric',
  [TypeId.float]: 'numeric',
  [TypeId.utf8]: 'categorical',
  [TypeId.bool]: 'boolean',
  [TypeId.decimal]: 'numeric',
  [TypeId.date]: 'date',
  [TypeId.time]: 'numeric',
  [TypeId.timestamp]: 'date',
  [TypeId.duration]: 'numeric',
  [TypeId.largeUtf8]: 'categorical',
  [TypeId.utf8View]: 'categorical',
}

// Undefined where nothing but missing values can come, null for what is no column of ours.
function kindOf(type: DataType): ColumnKind | undefined | null {
  const { typeId, dictionary } = type as { typeId: number; dictionary?: DataType }
  if (typeId === TypeId.dictionary) return kindOf(dictionary!)
  return typeId === TypeId.null ? undefined : (kinds[typeId] ?? null)
}
