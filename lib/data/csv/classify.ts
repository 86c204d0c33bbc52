// What kind of column fields are: counts what they look like, and decides when all were seen.
import { describe } from '../../checks.js'
import type { ColumnKind } from '../table/column.js'
import { keyText } from '../table/values.js'
import { booleanAt, dateAt, isSpace, NumberReader } from './cells.js'

// A column is refused if so many of its fields are of one kind, but not all: the others look like mistakes.
const MOSTLY = 0.9

const COMMA_NUMBER = /^[+-]?(\d+,\d+|\d{1,3}(,\d{3})+(\.\d*)?|\d{1,3}(\.\d{3})+,\d+)(e[+-]?\d+)?$/i

/** What a field may look like. */
type Look = 'boolean' | 'number' | 'code' | 'date' | 'comma' | 'text'

/** A column whose kind cannot be told, since some of its fields look like mistakes. */
export interface Doubt {
  /** What most fields are called. */
  readonly noun: 'numbers' | 'dates'
  /** How many of them are that, as a text. */
  readonly share: string
  /** The first field that is not. */
  readonly odd: Oddity
}

/** A field that does not go with the others. */
export interface Oddity {
  readonly look: Look
  readonly line: number
  readonly text: string
}

/** Counts looks of the fields of one column. */
export class Looks {
  readonly #reader = new NumberReader()
  readonly #counts: Record<Look, number> = { boolean: 0, number: 0, code: 0, date: 0, comma: 0, text: 0 }
  readonly #first = new Map<Look, Oddity>()

  /** Counts a field that is not missing, `times` times. */
  see(bytes: Uint8Array, start: number, end: number, line: number, times = 1): void {
    while (start < end && isSpace(bytes[start])) start++
    while (end > start && isSpace(bytes[end - 1])) end--
    const look = this.#lookOf(bytes, start, end)
    this.#counts[look] += times
    if (!this.#first.has(look)) {
      this.#first.set(look, { look, line, text: textOf(bytes, start, Math.min(end, start + 200)) })
    }
  }

  /** Whether all fields looked like texts. */
  get plain(): boolean {
    const { text, ...others } = this.#counts
    return Object.values(others).every((count) => count === 0)
  }

  /** The kind of the column so far, or what is in doubt about it. */
  decide(): ColumnKind | Doubt {
    const { boolean, number, code, date, comma, text } = this.#counts
    const total = boolean + number + code + date + comma + text
    if (number === total) return 'numeric' // nothing but missing cells, too
    if (boolean === total) return 'boolean'
    if (date === total) return 'date'
    if (code > 0 && number + code === total) return 'categorical'
    if (comma > 0 && number + code + comma === total) return this.#doubt('numbers', number / total, 'number')
    if (number >= MOSTLY * total) return this.#doubt('numbers', number / total, 'number')
    if (date >= MOSTLY * total) return this.#doubt('dates', date / total, 'date')
    return 'categorical'
  }

  // The oddest of the others is the first, but codes only where there is nothing else.
  #doubt(noun: Doubt['noun'], part: number, most: Look): Doubt {
    const others = [...this.#first.values()].filter(({ look }) => look !== most)
    const worse = others.filter(({ look }) => look !== 'code')
    const odd = (worse.length > 0 ? worse : others).reduce((a, b) => (b.line < a.line ? b : a))
    return { noun, share: `${Math.floor(1000 * part) / 10} %`, odd }
  }

  #lookOf(bytes: Uint8Array, start: number, end: number): Look {
    if (this.#reader.read(bytes, start, end)) return this.#reader.form === 'code' ? 'code' : 'number'
    if (booleanAt(bytes, start, end) >= 0) return 'boolean'
    if (!Number.isNaN(dateAt(bytes, start, end))) return 'date'
    return end - start < 40 && bytes.subarray(start, end).includes(44) && COMMA_NUMBER.test(textOf(bytes, start, end))
      ? 'comma'
      : 'text'
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}

/** What to tell about a doubt: what was expected, what came, and what to do. */
export function explained(name: string, { noun, share, odd: { look, text } }: Doubt): [string, string, string] {
  const column = `column ${describe(name)}`
  const asTexts = `types: { ${keyText(name)}: 'categorical' }`
  if (look === 'comma') {
    return [
      `numbers without thousands separators and with a decimal point in ${column}`,
      describe(text),
      `write 1234.5, or give ${asTexts} to take them as texts`,
    ]
  }
  return [
    `${noun} in ${column}, as ${share} of its fields are`,
    describe(text),
    `if it stands for a missing value, give missing: [${describe(text)}]; ${asTexts} takes all as texts`,
  ]
}
