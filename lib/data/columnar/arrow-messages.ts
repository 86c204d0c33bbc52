// The messages of Arrow IPC data, looked through before they are decoded: every vector lies within its message, every buffer
// within its body. The format leaves that to those who read it.

const MAGIC = 'ARROW1'
const FILE_START = 8 // the magic text, and two bytes that are 0
const FILE_END = 10 // the length of the footer, and the magic text
const [SCHEMA, DICTIONARY_BATCH, RECORD_BATCH] = [1, 2, 3]
const MOST_FIELDS = 100_000
const MOST_ENTRIES = 2 ** 24 // of a dictionary
const DEEPEST = 64

/**
 * The part of a file that is a stream of messages, or the whole of a stream, with all its messages checked.
 * @throws Error, or RangeError for a place beyond a message
 */
export function checkedMessages(bytes: Uint8Array): Uint8Array {
  const stream = streamOf(bytes)
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength)
  let at = 0
  while (at + 4 <= stream.length) {
    let length = view.getInt32(at, true)
    at += 4
    if (length === -1) {
      length = view.getInt32(at, true)
      at += 4
    }
    if (length === 0) break
    if (length < 0 || at + length > stream.length) throw new Error(`a message of ${length} bytes, more than there are`)
    const body = checkMessage(new DataView(stream.buffer, stream.byteOffset + at, length))
    at += length
    if (body < 0 || at + body > stream.length) throw new Error(`a body of ${body} bytes, more than there are`)
    at += body
  }
  return stream
}

function streamOf(bytes: Uint8Array): Uint8Array {
  const text = (start: number, end: number) => Buffer.from(bytes.subarray(start, end)).toString('latin1')
  if (text(0, MAGIC.length) !== MAGIC) return bytes
  const end = bytes.length - FILE_END
  if (end < FILE_START || text(end + 4, bytes.length) !== MAGIC) throw new Error('a file that does not end with ARROW1')
  const footer = new DataView(bytes.buffer, bytes.byteOffset).getInt32(end, true)
  if (footer < 0 || end - footer < FILE_START) throw new Error(`a footer of ${footer} bytes`)
  return bytes.subarray(FILE_START, end - footer)
}

// Returns the length of the body.
function checkMessage(view: DataView): number {
  const message = indirect(view, 0)
  const type = field(view, message, 6)
  const header = field(view, message, 8)
  const length = field(view, message, 10)
  const body = length ? Number(view.getBigInt64(length, true)) : 0
  const kind = type ? view.getUint8(type) : 0
  if (header === 0) return body
  const table = indirect(view, header)
  if (kind === SCHEMA) checkSchema(view, table)
  else if (kind === RECORD_BATCH) checkBatch(view, table, body)
  else if (kind === DICTIONARY_BATCH) {
    const batch = indirect(view, needed(view, table, 6))
    checkBatch(view, batch, body)
    checkEntries(view, batch, body)
  }
  return body
}

// A dictionary is unpacked as soon as it is met: it has no more entries than its body has bits, or a limit where that is compressed.
function checkEntries(view: DataView, batch: number, body: number): void {
  const [rows, nodes, compression] = [field(view, batch, 4), field(view, batch, 6), field(view, batch, 10)]
  const most = compression ? MOST_ENTRIES : Math.min(8 * body, MOST_ENTRIES)
  const lengths = rows ? [Number(view.getBigInt64(rows, true))] : []
  const { start, length } = nodes ? vector(view, nodes, 16) : { start: 0, length: 0 }
  for (let i = 0; i < length; i++) lengths.push(Number(view.getBigInt64(start + 16 * i, true)))
  for (const entries of lengths)
    if (entries < 0 || entries > most) throw new Error(`a dictionary of ${entries} entries, more than there can be`)
}

function checkSchema(view: DataView, schema: number): void {
  let fields = 0
  const check = (at: number, depth: number): void => {
    if (depth > DEEPEST) throw new Error(`fields nested more than ${DEEPEST} deep`)
    const { start, length } = vector(view, at, 4)
    fields += length
    if (fields > MOST_FIELDS) throw new Error(`more than ${MOST_FIELDS} fields`)
    for (let i = 0; i < length; i++) {
      const table = indirect(view, start + 4 * i)
      const [type, children, metadata] = [field(view, table, 10), field(view, table, 14), field(view, table, 16)]
      if (children) check(children, depth + 1)
      if (metadata) vector(view, metadata, 4)
      // Of all types, a union alone has a vector: the ids of its children.
      if (type && view.getUint8(needed(view, table, 8)) === UNION) checkUnion(view, indirect(view, type))
    }
  }
  const [top, metadata] = [field(view, schema, 6), field(view, schema, 8)]
  if (top) check(top, 0)
  if (metadata) vector(view, metadata, 4)
}

const UNION = 14

function checkUnion(view: DataView, union: number): void {
  const ids = field(view, union, 6)
  if (ids) vector(view, ids, 4)
}

function checkBatch(view: DataView, batch: number, body: number): void {
  const [nodes, buffers, variadic] = [field(view, batch, 6), field(view, batch, 8), field(view, batch, 12)]
  if (nodes) vector(view, nodes, 16)
  const regions = buffers ? vector(view, buffers, 16) : { start: 0, length: 0 }
  for (let i = 0; i < regions.length; i++) {
    const at = regions.start + 16 * i
    const [offset, length] = [Number(view.getBigInt64(at, true)), Number(view.getBigInt64(at + 8, true))]
    if (offset < 0 || length < 0 || offset + length > body)
      throw new Error(`a buffer of ${length} bytes from ${offset}`)
  }
  if (!variadic) return
  const counts = vector(view, variadic, 8)
  for (let i = 0; i < counts.length; i++) {
    const count = Number(view.getBigInt64(counts.start + 8 * i, true))
    if (count < 0 || count > regions.length)
      throw new Error(`${count} buffers of a column, of ${regions.length} in all`)
  }
}

// Where a field of a table lies, or 0 if the table does not have it. The table starts with the way back to its list of places,
// of which the decoder reads the last even where the list's length is odd.
function field(view: DataView, table: number, slot: number): number {
  const places = table - view.getInt32(table, true)
  if (slot >= view.getUint16(places, true)) return 0
  const offset = view.getUint16(places + slot, true)
  return offset === 0 ? 0 : table + offset
}

function needed(view: DataView, table: number, slot: number): number {
  const at = field(view, table, slot)
  if (at === 0) throw new Error('a message that lacks a part')
  return at
}

function indirect(view: DataView, at: number): number {
  return at + view.getUint32(at, true)
}

function vector(view: DataView, at: number, stride: number): { start: number; length: number } {
  const base = indirect(view, at)
  const length = view.getUint32(base, true)
  if (base + 4 + length * stride > view.byteLength) throw new Error(`a vector of ${length} parts, more than there are`)
  return { start: base + 4, length }
}
