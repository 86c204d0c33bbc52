// Reads plain data of files field by field; nothing of it is believed before it has been looked at.
import { describe } from '../../checks.js'
import { FormatError } from '../../errors.js'

/** Version of the form in which transforms are written; files of later ones are refused. */
export const VERSION = 1

/** The fields of an object. Every method throws FormatError for what is not of its form. */
export class Fields {
  readonly #operation: string
  readonly #what: string
  readonly #fields: Readonly<Record<string, unknown>>

  /** @param what - how messages call the object */
  constructor(operation: string, what: string, value: unknown) {
    this.#operation = operation
    this.#what = what
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new FormatError(operation, `${what} as an object`, describe(value))
    }
    this.#fields = value as Record<string, unknown>
  }

  #get(key: string): unknown {
    return Object.hasOwn(this.#fields, key) ? this.#fields[key] : undefined
  }

  #wrong(key: string, expected: string, value: unknown): FormatError {
    return new FormatError(this.#operation, `${this.#what} with ${key} ${expected}`, describe(value))
  }

  /** An object that says which transform it is, and in a version that this code reads. */
  checkTransform(name: string): void {
    if (this.#get('transform') !== name) throw this.#wrong('transform', name, this.#get('transform'))
    if (this.#get('version') !== VERSION) throw this.#wrong('version', String(VERSION), this.#get('version'))
  }

  has(key: string): boolean {
    return this.#get(key) !== undefined
  }

  number(key: string): number {
    const value = this.#get(key)
    if (!Number.isFinite(value)) throw this.#wrong(key, 'as a finite number', value)
    return value as number
  }

  integer(key: string, low: number, high: number): number {
    const value = this.#get(key)
    if (!Number.isSafeInteger(value) || (value as number) < low || (value as number) > high) {
      throw this.#wrong(key, `as an integer from ${low} to ${high}`, value)
    }
    return value as number
  }

  boolean(key: string): boolean {
    const value = this.#get(key)
    if (typeof value !== 'boolean') throw this.#wrong(key, 'true or false', value)
    return value
  }

  text(key: string): string {
    const value = this.#get(key)
    if (typeof value !== 'string') throw this.#wrong(key, 'as a text', value)
    return value
  }

  oneOf<T extends string>(key: string, names: readonly T[]): T {
    const value = this.#get(key)
    if (!names.includes(value as T)) throw this.#wrong(key, `as one of ${names.join(', ')}`, value)
    return value as T
  }

  list(key: string): readonly unknown[] {
    const value = this.#get(key)
    if (!Array.isArray(value)) throw this.#wrong(key, 'as a list', value)
    return value
  }

  /** Throws unless every value of the list under a key is one. */
  #every(key: string, expected: string, isOne: (value: unknown) => boolean): readonly unknown[] {
    const list = this.list(key)
    for (const value of list) if (!isOne(value)) throw this.#wrong(key, expected, value)
    return list
  }

  /** Finite numbers, `count` of them if that is told. */
  numbers(key: string, count?: number): Float64Array {
    const list = this.#every(key, 'as finite numbers', Number.isFinite)
    if (count !== undefined && list.length !== count) {
      throw this.#wrong(key, `as ${count} numbers`, `${list.length} of them`)
    }
    return Float64Array.from(list as number[])
  }

  /** Texts that differ. */
  texts(key: string): readonly string[] {
    const list = this.#every(key, 'as texts', (value) => typeof value === 'string')
    if (new Set(list).size !== list.length) throw this.#wrong(key, 'as texts that differ', 'one twice')
    return Object.freeze([...(list as string[])])
  }

  /** Objects. */
  objects(key: string): readonly object[] {
    return this.#every(key, 'as objects', (value) => typeof value === 'object' && value !== null) as object[]
  }

  object(key: string): object {
    const value = this.#get(key)
    if (typeof value !== 'object' || value === null) throw this.#wrong(key, 'as an object', value)
    return value
  }
}
