// One column from JavaScript values that come one by one: infers its kind, or converts to the kind it was told.
import { describe } from '../../checks.js'
import { type Column, type ColumnKind, frozen } from './column.js'
import { Growing, GrowingBooleans, GrowingNumbers } from './growing.js'
import { booleanOf, dateOf, numberOf } from './parse.js'

/** A value that its column cannot hold: what was expected, what came, and what to do. */
export class Mismatch extends Error {
  readonly expected: string
  readonly actual: string
  readonly advice: string

  constructor(expected: string, actual: string, advice = '') {
    super(expected)
    this.expected = expected
    this.actual = actual
    this.advice = advice
  }
}

const nouns: Readonly<Record<ColumnKind, string>> = {
  numeric: 'numbers',
  categorical: 'texts',
  boolean: 'booleans',
  date: 'dates',
}

/** What the cells of a kind are called. */
export function nounOf(kind: ColumnKind): string {
  return nouns[kind]
}

/** A column that grows by values. */
export class ValueColumn {
  readonly name: string
  readonly #told: ColumnKind | undefined
  readonly #capacity: number | undefined
  #kind: ColumnKind | undefined
  #rows = 0
  #pending = 0 // missing cells before the kind is known
  #numbers: GrowingNumbers | undefined
  #dates: Growing<Float64Array> | undefined
  #booleans: GrowingBooleans | undefined
  #codes: Growing<Int32Array> | undefined
  readonly #categories = new Map<string, number>()

  /** @param capacity - how many rows there will be, if that is known */
  constructor(name: string, kind?: ColumnKind, capacity?: number) {
    this.name = name
    this.#capacity = capacity
    this.#told = kind
    if (kind !== undefined) this.#start(kind)
  }

  /** Rows that it has. */
  get rows(): number {
    return this.#rows
  }

  /** Makes it `rows` long with missing cells. */
  padTo(rows: number): void {
    while (this.#rows < rows) this.#missing()
  }

  /** Adds a value; undefined, null and NaN are missing. Throws Mismatch, and then nothing was added. */
  add(value: unknown): void {
    if (value === undefined || value === null || (typeof value === 'number' && Number.isNaN(value))) {
      this.#missing()
      return
    }
    const kind = this.#kind ?? this.#kindOf(value)
    if (this.#told === undefined && this.#kind !== undefined && this.#kindOf(value) !== kind) throw this.#mixed(value)
    const converted = this.#convert(kind, value)
    if (this.#kind === undefined) this.#start(kind)
    this.#store(converted)
  }

  /** Adds the first `count` of many values; `refuse` makes the error for one that the column cannot hold. */
  addAll(values: ArrayLike<unknown>, count: number, refuse: (mismatch: Mismatch, i: number) => Error): void {
    for (let i = 0; i < count; i++) {
      const value = values[i]
      if (this.#addPlain(value)) continue
      try {
        this.add(value)
      } catch (error) {
        throw error instanceof Mismatch ? refuse(error, i) : error
      }
    }
  }

  // The common cases of add, without its detours, where the kind was told.
  #addPlain(value: unknown): boolean {
    if (this.#told === undefined) return false
    if (this.#numbers !== undefined) {
      if (typeof value === 'number') this.#numbers.push(value)
      else if (typeof value === 'bigint' && value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER) {
        this.#numbers.push(Number(value))
      } else return false
    } else if (this.#codes !== undefined) {
      if (typeof value !== 'string') return false
      this.#codes.push(this.#code(value))
    } else if (this.#dates !== undefined) {
      if (typeof value !== 'number' || !Number.isFinite(value)) return false
      this.#dates.push(value)
    } else return false
    this.#rows++
    return true
  }

  /** The finished column. Texts that are all ISO dates are a column of dates, unless it was told to be categorical. */
  finish(): Column {
    if (this.#kind === undefined) this.#start('numeric') // nothing but missing cells
    const { name } = this
    if (this.#numbers) return frozen({ kind: 'numeric', name, values: this.#numbers.finish() })
    if (this.#booleans) return frozen({ kind: 'boolean', name, values: this.#booleans.finish() })
    if (this.#dates) return frozen({ kind: 'date', name, values: this.#dates.finish() })
    const codes = this.#codes!.finish()
    const categories = Object.freeze([...this.#categories.keys()])
    const dates = this.#told === undefined ? datesOf(categories) : undefined
    if (!dates) return frozen({ kind: 'categorical', name, codes, categories })
    return frozen({
      kind: 'date',
      name,
      values: Float64Array.from(codes, (code) => (code < 0 ? Number.NaN : dates[code]!)),
    })
  }

  #start(kind: ColumnKind): void {
    this.#kind = kind
    if (kind === 'numeric') this.#numbers = new GrowingNumbers(this.#capacity)
    else if (kind === 'date') this.#dates = new Growing(Float64Array, this.#capacity)
    else if (kind === 'boolean') this.#booleans = new GrowingBooleans(this.#capacity)
    else this.#codes = new Growing(Int32Array, this.#capacity)
    this.#rows -= this.#pending
    for (let i = this.#pending; i > 0; i--) this.#missing()
    this.#pending = 0
  }

  #missing(): void {
    this.#rows++
    if (this.#numbers) this.#numbers.push(Number.NaN)
    else if (this.#booleans) this.#booleans.push(null)
    else if (this.#dates) this.#dates.push(Number.NaN)
    else if (this.#codes) this.#codes.push(-1)
    else this.#pending++
  }

  #store(value: number | string | boolean): void {
    this.#rows++
    if (this.#numbers) this.#numbers.push(value as number)
    else if (this.#booleans) this.#booleans.push(value as boolean)
    else if (this.#dates) this.#dates.push(value as number)
    else this.#codes!.push(this.#code(value as string))
  }

  #code(text: string): number {
    const known = this.#categories.get(text)
    if (known !== undefined) return known
    const code = this.#categories.size
    this.#categories.set(text, code)
    return code
  }

  #kindOf(value: unknown): ColumnKind {
    if (typeof value === 'number' || typeof value === 'bigint') return 'numeric'
    if (typeof value === 'string') return 'categorical'
    if (typeof value === 'boolean') return 'boolean'
    if (value instanceof Date) return 'date'
    throw new Mismatch(`a number, text, boolean, Date or null in column ${describe(this.name)}`, describe(value))
  }

  #mixed(value: unknown): Mismatch {
    const expected = `${nouns[this.#kind!]} in column ${describe(this.name)} as in the rows before`
    const advice = `give types: { ${keyText(this.name)}: 'categorical' } to take all of them as texts`
    return new Mismatch(expected, describe(value), advice)
  }

  #convert(kind: ColumnKind, value: unknown): number | string | boolean {
    const converted = converters[kind](value)
    if (converted !== undefined) return converted
    this.#kindOf(value)
    throw new Mismatch(`${wishes[kind]} in column ${describe(this.name)}`, describe(value))
  }
}

const wishes: Readonly<Record<ColumnKind, string>> = {
  numeric: 'numbers that float64 can hold',
  categorical: 'texts',
  boolean: 'booleans (true, false, yes, no, 1, 0 …)',
  date: 'dates such as 2024-05-31 or 2024-05-31T12:30:00Z',
}

const converters: Readonly<Record<ColumnKind, (value: unknown) => number | string | boolean | undefined>> = {
  numeric: (value) => {
    if (typeof value === 'number') return value
    if (typeof value === 'boolean') return value ? 1 : 0
    if (typeof value === 'string') return numberOf(value)
    return typeof value === 'bigint' && BigInt(Number(value)) === value ? Number(value) : undefined
  },
  categorical: (value) => {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
    return typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol'
      ? undefined
      : String(value)
  },
  boolean: (value) => {
    if (typeof value === 'boolean') return value
    return typeof value === 'number' || typeof value === 'string' ? booleanOf(String(value)) : undefined
  },
  date: (value) => {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.getTime()
    if (typeof value === 'string') return dateOf(value)
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined
  },
}

/** The dates that texts are, or undefined if one is none, or there are no texts. */
function datesOf(texts: readonly string[]): Float64Array | undefined {
  const dates = new Float64Array(texts.length)
  for (let i = 0; i < dates.length; i++) {
    const date = dateOf(texts[i]!)
    if (date === undefined) return undefined
    dates[i] = date
  }
  return texts.length > 0 ? dates : undefined
}

/** A name as a key in an object literal. */
export function keyText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) && name.length <= 40 ? name : describe(name)
}
