// The values of a Parquet column within a row group, page by page, made by hyparquet of what has been checked.
import type { ColumnDecoder, DecodedArray, ParquetParsers, SchemaElement } from 'hyparquet/src/types.js'
import { optional } from '../read/choose.js'
import { type Chunk, type Page, type PageOptions, pagesOf } from './pages.js'
import { checkPrefixes, checkValues, type Extent, extentOf } from './runs.js'

/** What values are made with. */
export interface ValueOptions extends Omit<PageOptions, 'nullable'> {
  readonly schema: SchemaElement[]
  /** What makes times and texts, where it shall not be hyparquet's. */
  readonly parsers: Partial<ParquetParsers>
}

/** The values of each page of a chunk, null or undefined where they are missing. @throws FormatError, or an Error of hyparquet's */
export async function* valuesOf(chunk: Chunk, options: ValueOptions): AsyncGenerator<DecodedArray> {
  const [{ readPage }, { convert, DEFAULT_PARSERS }, { getSchemaPath }, { deltaBinaryUnpack }] = await optional(
    options.operation,
    'hyparquet',
    () =>
      Promise.all([
        import('hyparquet/src/column.js'),
        import('hyparquet/src/convert.js'),
        import('hyparquet/src/schema.js'),
        import('hyparquet/src/delta.js'),
      ]),
  )
  const { path_in_schema: pathInSchema, type } = chunk.metadata
  const schemaPath = getSchemaPath(options.schema, pathInSchema)
  const { element } = schemaPath.at(-1)!
  const nullable = element.repetition_type !== 'REQUIRED'
  const parsers = { ...DEFAULT_PARSERS, ...options.parsers }
  const decoder: ColumnDecoder = { pathInSchema, type, element, schemaPath, codec: 'UNCOMPRESSED', parsers }
  let dictionary: DecodedArray | undefined
  for await (const page of pagesOf(chunk, { ...options, nullable })) {
    const { header, bytes } = page
    if (!header.dictionary_page_header) {
      const extent = extentOf(bytes, header, nullable)
      checkValues(bytes, header, type, extent)
      checkTexts(page, extent)
    }
    const { data } = readPage(readerOf(bytes), header, decoder, dictionary, undefined, 0)
    if (header.dictionary_page_header) dictionary = data && convert(data, decoder)
    else yield data ?? []
  }

  // Texts that share beginnings are as large as they claim.
  function checkTexts({ header, bytes }: Page, { start, present }: Extent): void {
    const { encoding } = (header.data_page_header_v2 ?? header.data_page_header)!
    if (encoding !== 'DELTA_BYTE_ARRAY') return
    const reader = readerOf(bytes.subarray(start))
    const [prefixes, suffixes] = [new Int32Array(present), new Int32Array(present)]
    deltaBinaryUnpack(reader, present, prefixes)
    deltaBinaryUnpack(reader, present, suffixes)
    checkPrefixes(prefixes, suffixes)
  }
}

const readerOf = (bytes: Uint8Array) => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  offset: 0,
})
