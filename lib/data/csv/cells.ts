// Fields as numbers, dates and booleans, straight from their bytes: what texts as such are stands in ../table/parse.ts.
import { dateOf, daysSince1970, numberOf } from '../table/parse.js'

const [TAB, SPACE, PLUS, MINUS, DOT, SLASH, ZERO, LOWER_E] = [9, 32, 43, 45, 46, 47, 48, 101]
const LARGEST_EXACT = 2 ** 53 // integers up to it are exact in float64, and so are all sums on the way to them
const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`)) // exact, too
const MILLISECONDS_A_DAY = 86_400_000

/** What a field looks like. A code is a number that would not come back as it was: 00501, 12345678901234567890. */
export type CellForm = 'integer' | 'float' | 'code' | 'none'

/** Reads numbers; the last one's value and form stay in it. */
export class NumberReader {
  value = 0
  form: CellForm = 'none'
  #mantissa = 0
  #at = 0

  /** Reads the bytes from `start` to `end`, none of which is a space at either end. Returns whether they are a number. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.form = 'none'
    const sign = bytes[start]
    const first = sign === MINUS || sign === PLUS ? start + 1 : start
    this.#mantissa = 0
    this.#at = first
    const whole = this.#digits(bytes, end)
    if (this.#at === end && whole > 0) {
      const code = this.#mantissa > LARGEST_EXACT || (whole > 1 && bytes[first] === ZERO)
      return this.#is(code ? 'code' : 'integer', bytes, start, end, 0)
    }
    let fraction = 0
    if (this.#at < end && bytes[this.#at] === DOT) {
      this.#at++
      fraction = this.#digits(bytes, end)
    }
    if (whole + fraction === 0) return this.#infinite(bytes, start, end)
    if (this.#at === end) return this.#is('float', bytes, start, end, -fraction)
    if ((bytes[this.#at]! | 32) !== LOWER_E) return false
    return this.#scientific(bytes, start, end, fraction)
  }

  // Adds digits to the mantissa and returns how many there were.
  #digits(bytes: Uint8Array, end: number): number {
    const first = this.#at
    let mantissa = this.#mantissa
    let at = first
    for (; at < end; at++) {
      const digit = bytes[at]! - ZERO
      if (digit < 0 || digit > 9) break
      mantissa = 10 * mantissa + digit
    }
    this.#mantissa = mantissa
    this.#at = at
    return at - first
  }

  #scientific(bytes: Uint8Array, start: number, end: number, fraction: number): boolean {
    const mantissa = this.#mantissa
    const sign = bytes[++this.#at]
    if (sign === MINUS || sign === PLUS) this.#at++
    this.#mantissa = 0
    const digits = this.#at < end ? this.#digits(bytes, end) : 0
    if (digits === 0 || this.#at !== end) return false
    const exponent = (sign === MINUS ? -this.#mantissa : this.#mantissa) - fraction
    this.#mantissa = mantissa
    return this.#is('float', bytes, start, end, exponent)
  }

  // Where the mantissa and the power are exact, the product is rounded once, as it has to be. The rest is left to JavaScript.
  #is(form: CellForm, bytes: Uint8Array, start: number, end: number, exponent: number): true {
    const mantissa = this.#mantissa
    if (mantissa <= LARGEST_EXACT && exponent >= -22 && exponent <= 22) {
      const value = exponent < 0 ? mantissa / POWERS[-exponent]! : mantissa * POWERS[exponent]!
      this.value = bytes[start] === MINUS ? -value : value
    } else {
      this.value = Number(textAt(bytes, start, end))
    }
    this.form = form
    return true
  }

  #infinite(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#at !== end - 3 && this.#at !== end - 8) return false
    const value = numberOf(textAt(bytes, start, end))
    if (value === undefined) return false
    this.value = value
    this.form = 'float'
    return true
  }
}

/** Bytes as text, each byte a character. */
export function textAt(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}

/** Milliseconds since 1970 of the date in the bytes, or NaN. */
export function dateAt(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length < 10 || length > 40) return Number.NaN
  const separator = bytes[start + 4]
  if (separator !== MINUS && separator !== SLASH) return Number.NaN
  if (length !== 10) return dateOf(textAt(bytes, start, end)) ?? Number.NaN
  if (bytes[start + 7] !== separator) return Number.NaN
  const year = 100 * twoDigits(bytes, start) + twoDigits(bytes, start + 2)
  const days = daysSince1970(year, twoDigits(bytes, start + 5), twoDigits(bytes, start + 8))
  return days === undefined ? Number.NaN : days * MILLISECONDS_A_DAY
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const [tens, ones] = [bytes[at]! - ZERO, bytes[at + 1]! - ZERO]
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : Number.NaN
}

const words: readonly (readonly [boolean, Uint8Array])[] = [
  [true, Buffer.from('true')],
  [false, Buffer.from('false')],
]

/** 1 for true, 0 for false in any case, −1 for anything else. */
export function booleanAt(bytes: Uint8Array, start: number, end: number): number {
  for (const [value, word] of words) {
    if (word.length !== end - start) continue
    let at = 0
    while (at < word.length && (bytes[start + at]! | 32) === word[at]) at++
    if (at === word.length) return value ? 1 : 0
  }
  return -1
}

/** Which fields count as missing: those with nothing but spaces, and those that say so. */
export class MissingCells {
  readonly #marks: readonly Uint8Array[]
  readonly #starts = new Uint8Array(256)
  readonly #longest: number

  constructor(marks: readonly string[]) {
    this.#marks = marks.map((mark) => Buffer.from(mark.trim())).filter((mark) => mark.length > 0)
    this.#longest = Math.max(0, ...this.#marks.map((mark) => mark.length))
    for (const mark of this.#marks) this.#starts[mark[0]!] = 1
  }

  /** Whether the bytes from `start` to `end`, without spaces at either end, are missing. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start
    if (length === 0) return true
    if (length > this.#longest || this.#starts[bytes[start]!] === 0) return false
    return this.#marks.some((mark) => {
      if (mark.length !== length) return false
      for (let i = 0; i < length; i++) if (bytes[start + i] !== mark[i]) return false
      return true
    })
  }
}

/** Whether a byte is a space or a tab. */
export function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB
}
