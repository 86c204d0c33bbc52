// What a page of Parquet repeats, looked through before it is unpacked: a run of a few bytes may claim any number of values.
import type { PageHeader, ParquetType } from 'hyparquet/src/types.js'

const LARGEST_PAGE = 2 ** 28 // bytes of texts that share beginnings
const MOST_GROUPS = 2 ** 24 // of eight values in bit-packed form

/** Where the values of a page start, and how many there are: those that are not missing. */
export interface Extent {
  readonly start: number
  readonly present: number
}

/** Looks through the levels of a page: a column of single values has one bit for each, if it may miss some. */
export function extentOf(page: Uint8Array, header: PageHeader, nullable: boolean): Extent {
  const second = header.data_page_header_v2
  if (second) {
    const { num_values: count, num_nulls: missing, definition_levels_byte_length: start } = second
    if (nullable) checkRuns(page.subarray(0, start), 0, 1, count)
    return { start, present: count - missing }
  }
  const count = header.data_page_header!.num_values
  if (!nullable) return { start: 0, present: count }
  const start = prefixed(page, 0)
  return { start, present: checkRuns(page, 4, 1, count) }
}

/** Throws where the values of a page repeat more than the page has. */
export function checkValues(page: Uint8Array, header: PageHeader, type: ParquetType, { start, present }: Extent): void {
  const second = header.data_page_header_v2
  const { encoding } = (second ?? header.data_page_header)!
  if (present === 0) return
  if (encoding === 'PLAIN' && present > 8 * (page.length - start))
    throw new Error(`${present} values in ${page.length} bytes`)
  if (encoding === 'RLE' && (type === 'BOOLEAN' || second)) {
    prefixed(page, start)
    checkRuns(page, start + 4, 1, present)
  } else if (encoding === 'RLE' || encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY') {
    const width = page[start]
    if (width === undefined || width > 32) throw new Error(`indices of ${width} bits`)
    if (width > 0) checkRuns(page, start + 1, width, present)
  }
}

/** Throws unless texts begin with no more than the one before has, and all of them together are no larger than a page. */
export function checkPrefixes(prefixes: Int32Array, suffixes: Int32Array): void {
  let [previous, total] = [0, 0]
  for (const [i, prefix] of prefixes.entries()) {
    const suffix = suffixes[i]!
    if (!(prefix >= 0 && prefix <= previous && suffix >= 0))
      throw new Error(`a text that shares ${prefix} bytes of ${previous}`)
    previous = prefix + suffix
    total += previous
    if (total > LARGEST_PAGE) throw new Error(`texts of more than ${LARGEST_PAGE} bytes`)
  }
}

// The end of what four bytes give the length of.
function prefixed(page: Uint8Array, start: number): number {
  if (start + 4 > page.length) throw new Error('a page that is cut')
  const end = start + 4 + new DataView(page.buffer, page.byteOffset).getUint32(start, true)
  if (end > page.length) throw new Error(`a length of ${end - start - 4} bytes`)
  return end
}

// Goes through runs of one value and of bit-packed ones until there are `count`; how many of them are odd.
function checkRuns(page: Uint8Array, start: number, width: number, count: number): number {
  let at = start
  let odd = 0
  for (let seen = 0; seen < count; ) {
    let head = 0
    for (let factor = 1, more = true; more; factor *= 128) {
      const byte = page[at++]
      if (byte === undefined || factor > 2 ** 28) throw new Error('a run that is cut')
      head += (byte & 127) * factor
      more = byte >= 128
    }
    const length = Math.floor(head / 2)
    if (head % 2 === 0) {
      if (length > count - seen) throw new Error(`a run of ${length} values where ${count - seen} are left`)
      if (page[at]! & 1) odd += length
      at += Math.ceil(width / 8)
      seen += length
    } else {
      if (length > MOST_GROUPS) throw new Error(`${length} groups of eight values`)
      if (width === 1) odd += ones(page, at, Math.min(8 * length, count - seen))
      at += length * width
      seen += 8 * length
    }
  }
  return odd
}

function ones(page: Uint8Array, start: number, bits: number): number {
  let sum = 0
  for (let i = 0; i < bits; i += 8) {
    let byte = page[start + i / 8]! & (bits - i < 8 ? (1 << (bits - i)) - 1 : 255)
    for (; byte; byte &= byte - 1) sum++
  }
  return sum
}
