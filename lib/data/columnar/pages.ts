// The pages of a Parquet column within a row group, looked through before any of them is unpacked.
import type { RowGroup } from 'hyparquet'
import { describe } from '../../checks.js'
import { optional } from '../read/choose.js'
import type { OpenFile } from '../read/file.js'

const LARGEST_PAGE = 2 ** 28 // bytes when unpacked; writers make pages of about a megabyte
const LARGEST_CHUNK = 2 ** 31 - 1
const MOST_VALUES = 2 ** 24 // of a page: a run of equal values takes a few bytes, whatever its length

/** Throws FormatError unless the sizes and counts that the page headers claim can be true and are not too large. */
export async function checkPages(file: OpenFile, group: RowGroup, name: string): Promise<void> {
  const { parquetHeader } = await optional(file.reading.operation, 'hyparquet', () => import('hyparquet/src/column.js'))
  const column = `column ${describe(name)}`
  const refuse = (expected: string, actual: string) => file.reading.error(`${expected} in ${column}`, { actual })
  const chunk = group.columns.find(({ meta_data }) => meta_data?.path_in_schema.join('.') === name)
  if (!chunk?.meta_data) throw refuse('a chunk of each row group', 'none')
  if (chunk.file_path) throw refuse('data within the file itself', `a reference to ${describe(chunk.file_path)}`)
  const { meta_data: found } = chunk
  const start = Number(found.dictionary_page_offset || found.data_page_offset)
  const length = Number(found.total_compressed_size)
  if (!(start >= 4 && length >= 0 && length <= LARGEST_CHUNK && start + length <= file.size)) {
    throw refuse(`bytes within the file's ${file.size}`, `${length} from ${start}`)
  }
  const view = new DataView(await file.slice(start, start + length))
  const reader = { view, offset: 0 }
  const rows = Number(group.num_rows)
  let values = 0
  while (reader.offset < length - 1 && values < rows) {
    const header = parquetHeader(reader)
    const { uncompressed_page_size: size, compressed_page_size: packed } = header
    const count = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? 0
    const most = Math.max(count, header.dictionary_page_header?.num_values ?? 0)
    if (!(packed >= 0 && reader.offset + packed <= length))
      throw refuse('pages within their chunk', `one of ${packed} bytes`)
    if (!(size >= 0 && size <= LARGEST_PAGE)) throw refuse(`pages of at most ${LARGEST_PAGE} bytes`, `${size}`)
    if (!(count >= 0 && most <= MOST_VALUES)) throw refuse(`pages of at most ${MOST_VALUES} values`, `${most}`)
    values += count
    reader.offset += packed
  }
  if (values !== rows) throw refuse(`pages of ${rows} values in a row group`, String(values))
}
