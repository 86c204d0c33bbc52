// The pages of a Parquet column within a row group: what their headers claim is checked, they are unpacked, and what stands in
// them is checked, before hyparquet makes values of any.
import type { CompressionCodec, Compressors, RowGroup } from 'hyparquet'
import type { ColumnMetaData, PageHeader } from 'hyparquet/src/types.js'
import { describe } from '../../checks.js'
import { optional } from '../read/choose.js'
import type { OpenFile } from '../read/file.js'
import { checkStructure } from './thrift.js'

const LARGEST_PAGE = 2 ** 28 // bytes when unpacked; writers make pages of about a megabyte
const LARGEST_CHUNK = 2 ** 31 - 1
const MOST_VALUES = 2 ** 24 // of a page: a run of equal values takes a few bytes, whatever its length

/** An unpacked page; its header says so. */
export interface Page {
  readonly header: PageHeader
  readonly bytes: Uint8Array
}

/** A column within a row group. */
export interface Chunk {
  readonly metadata: ColumnMetaData
  readonly bytes: DataView
  /** Makes the FormatError for it. */
  readonly refuse: (expected: string, actual: string) => Error
}

/** Reads the bytes of a column within a row group. @throws FormatError unless they lie within the file */
export async function chunkOf(file: OpenFile, group: RowGroup, name: string): Promise<Chunk> {
  const refuse = (expected: string, actual: string) =>
    file.reading.error(`${expected} in column ${describe(name)}`, { actual })
  const chunk = group.columns.find(({ meta_data }) => meta_data?.path_in_schema.join('.') === name)
  if (!chunk?.meta_data) throw refuse('a chunk of each row group', 'none')
  if (chunk.file_path) throw refuse('data within the file itself', `a reference to ${describe(chunk.file_path)}`)
  const { meta_data: metadata } = chunk
  const start = Number(metadata.dictionary_page_offset || metadata.data_page_offset)
  const length = Number(metadata.total_compressed_size)
  if (!(start >= 4 && length >= 0 && length <= LARGEST_CHUNK && start + length <= file.size)) {
    throw refuse(`bytes within the file's ${file.size}`, `${length} from ${start}`)
  }
  return { metadata, bytes: new DataView(await file.slice(start, start + length)), refuse }
}

/** What pages are read with. */
export interface PageOptions {
  readonly operation: string
  readonly compressors: Compressors
  /** Of the row group: so many values are in all pages together. */
  readonly rows: number
  /** Whether values may be missing. */
  readonly nullable: boolean
}

/** The pages of a chunk, one by one. @throws FormatError where the sizes and counts that they claim cannot be true or are too large */
export async function* pagesOf(chunk: Chunk, options: PageOptions): AsyncGenerator<Page> {
  const { parquetHeader } = await optional(options.operation, 'hyparquet', () => import('hyparquet/src/column.js'))
  const { metadata, bytes: view, refuse } = chunk
  const reader = { view, offset: 0 }
  let values = 0
  while (reader.offset < view.byteLength - 1 && values < options.rows) {
    checkStructure(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), reader.offset)
    const header = parquetHeader(reader)
    const { compressed_page_size: packed } = header
    if (!(packed >= 0 && reader.offset + packed <= view.byteLength))
      throw refuse('pages within their chunk', `one of ${packed} bytes`)
    values += checkHeader(chunk, header, options.nullable)
    const own = new Uint8Array(view.buffer, view.byteOffset + reader.offset, packed)
    reader.offset += packed
    yield unpacked(own, header, metadata.codec, options)
  }
  if (values !== options.rows) throw refuse(`pages of ${options.rows} values in a row group`, String(values))
}

// The number of values; hyparquet goes by the type of a page, so that the other headers say nothing.
function checkHeader({ refuse }: Chunk, header: PageHeader, nullable: boolean): number {
  const { type, uncompressed_page_size: size } = header
  if (!(size >= 0 && size <= LARGEST_PAGE)) throw refuse(`pages of at most ${LARGEST_PAGE} bytes`, `${size}`)
  if (type !== 'DATA_PAGE') delete header.data_page_header
  if (type !== 'DATA_PAGE_V2') delete header.data_page_header_v2
  if (type !== 'DICTIONARY_PAGE') delete header.dictionary_page_header
  const [first, second, dictionary] = [
    header.data_page_header,
    header.data_page_header_v2,
    header.dictionary_page_header,
  ]
  const count = (first ?? second ?? dictionary)?.num_values
  if (count === undefined) throw refuse('pages of values or of a dictionary', `one of type ${type}`)
  if (!(count >= 0 && count <= MOST_VALUES)) throw refuse(`pages of at most ${MOST_VALUES} values`, `${count}`)
  if (dictionary && count > size) throw refuse(`entries of a dictionary within ${size} bytes`, `${count}`)
  if (dictionary) return 0
  if (!second) return count
  const { num_rows: rows, num_nulls: missing } = second
  const { repetition_levels_byte_length: repeated, definition_levels_byte_length: defined } = second
  if (rows !== count || !(missing >= 0 && missing <= (nullable ? count : 0)))
    throw refuse(`pages of ${count} rows, some of them missing at most`, `${rows} rows, ${missing} missing`)
  if (repeated !== 0 || !(defined >= 0 && defined <= (nullable ? header.compressed_page_size : 0)))
    throw refuse('levels within their page', `${defined} bytes of levels`)
  return count
}

function unpacked(packed: Uint8Array, header: PageHeader, codec: CompressionCodec, options: PageOptions): Page {
  const second = header.data_page_header_v2
  const plain = second ? second.definition_levels_byte_length : 0 // levels are never packed
  const size = header.uncompressed_page_size - plain
  const body = packed.subarray(plain)
  const whole = codec === 'UNCOMPRESSED' || second?.is_compressed === false || size === 0
  const unpack = options.compressors[codec]
  if (!whole && !unpack) throw new Error(`the codec ${codec} is not known`)
  const values = whole ? body : unpack!(body, size)
  if (values.length !== size) throw new Error(`a page of ${values.length} bytes where ${size} were announced`)
  const bytes = plain === 0 ? values : Buffer.concat([packed.subarray(0, plain), values])
  if (second) second.is_compressed = false
  return { header: { ...header, compressed_page_size: bytes.length, uncompressed_page_size: bytes.length }, bytes }
}
