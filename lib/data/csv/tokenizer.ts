// CSV as records of fields: bytes come in pieces, whole records go out. RFC 4180, and lines that end in CR or LF alone.
import type { Reading } from '../read/place.js'
import { checkText } from '../read/text.js'

const [LF, CR] = [10, 13]
const MOST_FIELDS = 100_000
const LONGEST_RECORD = 1 << 26

/** The fields of one record, as ranges of bytes. The arrays are used again for the next record. */
export class CsvRecord {
  bytes: Uint8Array = new Uint8Array(0)
  /** Number of fields. */
  count = 0
  starts = new Int32Array(64)
  ends = new Int32Array(64)
  /** 1 where a field was quoted, 2 where it has doubled quotes within. */
  quoted = new Uint8Array(64)
  /** Number of its first line. */
  line = 1
  #scratch: Uint8Array = new Uint8Array(0)

  add(start: number, end: number, quoted: 0 | 1 | 2): void {
    if (this.count === this.starts.length) this.#grow()
    this.starts[this.count] = start
    this.ends[this.count] = end
    this.quoted[this.count++] = quoted
  }

  /** The bytes of field i without its doubled quotes, from 0 on; to be used before the next call. */
  unescaped(i: number, quote: number): Uint8Array {
    const [start, end] = [this.starts[i]!, this.ends[i]!]
    if (this.#scratch.length < end - start) this.#scratch = new Uint8Array(2 * (end - start))
    let length = 0
    for (let at = start; at < end; at++) {
      const byte = this.bytes[at]!
      this.#scratch[length++] = byte
      if (byte === quote) at++
    }
    return this.#scratch.subarray(0, length)
  }

  /** Field i as text. */
  text(i: number, quote: number): string {
    const bytes = this.quoted[i] === 2 ? this.unescaped(i, quote) : this.bytes.subarray(this.starts[i]!, this.ends[i]!)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  }

  #grow(): void {
    const wider = <T extends Int32Array | Uint8Array>(old: T, made: T): T => {
      made.set(old)
      return made
    }
    this.starts = wider(this.starts, new Int32Array(2 * this.count))
    this.ends = wider(this.ends, new Int32Array(2 * this.count))
    this.quoted = wider(this.quoted, new Uint8Array(2 * this.count))
  }
}

/** What a tokenizer needs to know. */
export interface Syntax {
  /** Byte between fields. */
  readonly delimiter: number
  /** Byte around fields, or −1. */
  readonly quote: number
}

/** Cuts pieces of bytes into records. */
export class Tokenizer {
  readonly #reading: Reading
  readonly #delimiter: number
  readonly #quote: number
  readonly #take: (record: CsvRecord) => boolean
  readonly #record = new CsvRecord()
  #line = 1
  #buffer: Uint8Array = new Uint8Array(0)
  #size = 0 // bytes in the buffer: the start of a record that is not whole yet
  #wanted = 0 // bytes before it is worth looking for its end again
  #stopped = false

  /** @param take - is called with each record; false stops it */
  constructor(reading: Reading, { delimiter, quote }: Syntax, take: (record: CsvRecord) => boolean) {
    this.#reading = reading
    this.#delimiter = delimiter
    this.#quote = quote
    this.#take = take
  }

  /** Takes the next bytes, which are copied; they may end anywhere. Returns whether it wants more. */
  push(piece: Uint8Array): boolean {
    if (this.#stopped) return false
    const size = this.#size + piece.length
    if (size > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(size, this.#size > 0 ? 2 * this.#size : 0))
      larger.set(this.#buffer.subarray(0, this.#size))
      this.#buffer = larger
    }
    this.#buffer.set(piece, this.#size)
    this.#size = size
    if (size >= this.#wanted) this.#tokenize(false)
    return !this.#stopped
  }

  /** The bytes are at their end. */
  end(): void {
    if (!this.#stopped) this.#tokenize(true)
  }

  #tokenize(last: boolean): void {
    const bytes = this.#buffer.subarray(0, this.#size)
    checkText(this.#reading, bytes, this.#line, last)
    const done = this.#records(bytes, last)
    if (bytes.length - done > LONGEST_RECORD) throw this.#tooLong(bytes.subarray(done))
    this.#buffer.copyWithin(0, done, this.#size)
    this.#size -= done
    this.#wanted = Math.min(2 * this.#size, LONGEST_RECORD + 1)
  }

  // Hands out all whole records and returns where the first that is not whole starts.
  #records(bytes: Uint8Array, last: boolean): number {
    const record = this.#record
    record.bytes = bytes
    let at = 0
    while (at < bytes.length && !this.#stopped) {
      record.count = 0
      record.line = this.#line
      const next = this.#fields(bytes, at, last)
      if (next < 0) {
        this.#line = record.line
        return at
      }
      at = next
      this.#line++
      const empty = record.count === 1 && record.ends[0] === record.starts[0] && record.quoted[0] === 0
      if (!empty && !this.#take(record)) this.#stopped = true
    }
    return at
  }

  // Adds the fields of the record that starts at `at`; returns where the next one starts, or −1 if its end is not there yet.
  #fields(bytes: Uint8Array, at: number, last: boolean): number {
    const record = this.#record
    const delimiter = this.#delimiter
    const quote = this.#quote
    const highest = Math.max(delimiter, CR) // no byte above it ends a field
    const { length } = bytes
    for (;;) {
      if (at < length && bytes[at] === quote) {
        at = this.#quoted(bytes, at, last)
        if (at < 0) return -1
      } else {
        const start = at
        while (at < length) {
          const byte = bytes[at]!
          if (byte <= highest && (byte === delimiter || byte === LF || byte === CR)) break
          at++
        }
        record.add(start, at, 0)
      }
      if (record.count > MOST_FIELDS) {
        const line = record.line
        throw this.#reading.error(`at most ${MOST_FIELDS} fields in a line`, { actual: 'more', line })
      }
      if (at >= length) return last ? at : -1
      const byte = bytes[at++]
      if (byte === delimiter) {
        if (at < length || last) continue
        return -1
      }
      if (byte === LF) return at
      if (at < length) return bytes[at] === LF ? at + 1 : at
      return last ? at : -1
    }
  }

  // Adds the quoted field that starts at `at`; returns where it ends, or −1.
  #quoted(bytes: Uint8Array, at: number, last: boolean): number {
    const quote = this.#quote
    const start = at + 1
    let doubled: 1 | 2 = 1
    let lines = 0
    for (at = start; ; at++) {
      if (at >= bytes.length) {
        if (last) throw this.#unclosed()
        return -1
      }
      const byte = bytes[at]
      if (byte === LF) lines++
      if (byte !== quote) continue
      if (at + 1 >= bytes.length && !last) return -1
      if (bytes[at + 1] !== quote) break
      doubled = 2
      at++
    }
    this.#record.add(start, at, doubled)
    const next = bytes[at + 1]
    if (next !== undefined && next !== this.#delimiter && next !== LF && next !== CR) throw this.#afterQuote(lines)
    this.#line += lines
    return at + 1
  }

  #afterQuote(lines: number): Error {
    return this.#reading.error('a delimiter or the end of the line after a closing quote', {
      actual: 'other text',
      line: this.#line + lines,
      column: this.#record.count,
      advice: 'double the quotes within quoted fields, or give quote: false if quotes have no meaning',
    })
  }

  #unclosed(): Error {
    return this.#reading.error('a closing quote', {
      actual: 'none to the one that opens here',
      line: this.#line,
      column: this.#record.count + 1,
      advice: 'close it, or give quote: false if quotes have no meaning',
    })
  }

  #tooLong(rest: Uint8Array): Error {
    const opens = rest.includes(this.#quote)
    return this.#reading.error(`lines of at most ${LONGEST_RECORD} bytes`, {
      actual: 'a longer one',
      line: this.#line,
      advice: opens ? 'is a quote not closed? Give quote: false if quotes have no meaning' : undefined,
    })
  }
}
