// Checks of arguments and options. Each takes the operation and the argument's name, throws a typed error that says what
// was expected and what came, and otherwise returns the value with its type.
import { ArgumentError } from './errors.js'

/** A short, safe description of any value for error messages: never throws, never runs long. */
export function describe(value: unknown): string {
  try {
    if (value === null || value === undefined || typeof value === 'boolean') return String(value)
    if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
    if (typeof value === 'bigint') return `${String(value).slice(0, 24)}n`
    if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
    if (typeof value === 'symbol') return 'a symbol'
    if (typeof value === 'function') return value.name ? `function ${String(value.name).slice(0, 40)}` : 'a function'
    if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${lengthOf(value)}`
    if (Array.isArray(value)) return `array of ${value.length}`
    const name = value.constructor?.name
    return typeof name === 'string' && name !== 'Object' && name !== '' ? `${name} object` : 'an object'
  } catch {
    return 'an unreadable value'
  }
}

function lengthOf(view: ArrayBufferView): string {
  return 'length' in view ? `length ${String(view.length)}` : `${view.byteLength} bytes`
}

/** A shape as people write it: `[128, 784]`. */
export function shapeText(shape: readonly (number | string)[]): string {
  return `[${shape.join(', ')}]`
}

/** A finite number. */
export function finite(operation: string, name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new ArgumentError(operation, `${name} to be a finite number`, describe(value))
  }
  return value
}

/** A finite number ≥ 0. */
export function nonNegative(operation: string, name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new ArgumentError(operation, `${name} to be a finite number ≥ 0`, describe(value))
  }
  return value
}

/** A finite number > 0. */
export function positive(operation: string, name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw new ArgumentError(operation, `${name} to be a finite number > 0`, describe(value))
  }
  return value
}

/** A number in [low, high). */
export function within(operation: string, name: string, value: unknown, low: number, high: number): number {
  if (typeof value !== 'number' || !(value >= low && value < high)) {
    throw new ArgumentError(operation, `${name} to be a number in [${low}, ${high})`, describe(value))
  }
  return value
}

/** An integer in [low, high] (2^53 − 1 unless told). */
export function integer(
  operation: string,
  name: string,
  value: unknown,
  low: number,
  high = Number.MAX_SAFE_INTEGER,
): number {
  if (!Number.isSafeInteger(value) || (value as number) < low || (value as number) > high) {
    const range = high === Number.MAX_SAFE_INTEGER ? `≥ ${low}` : `from ${low} to ${high}`
    throw new ArgumentError(operation, `${name} to be an integer ${range}`, describe(value))
  }
  return value as number
}

/** An integer ≥ 1. */
export function positiveInteger(operation: string, name: string, value: unknown): number {
  return integer(operation, name, value, 1)
}

/** A seed of the random generator: an integer in [0, 2^53). */
export function seedOf(operation: string, value: unknown): number {
  return integer(operation, 'seed', value, 0)
}

/** true or false. */
export function boolean(operation: string, name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new ArgumentError(operation, `${name} to be true or false`, describe(value))
  return value
}

/** What ends work before its end, if anything. */
export function signalOf(operation: string, value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value
  throw new ArgumentError(operation, 'signal to be an AbortSignal', describe(value))
}

/** One of a list of names. */
export function oneOf<T extends string>(operation: string, name: string, value: unknown, names: readonly T[]): T {
  if (typeof value !== 'string' || !names.includes(value as T)) {
    throw new ArgumentError(operation, `${name} to be one of ${names.join(', ')}`, describe(value))
  }
  return value as T
}

/** An options object (undefined counts as {}), none of whose keys is unknown: a misspelt option is an error. */
export function options<T extends object>(operation: string, value: T | undefined, keys: readonly (keyof T)[]): T {
  if (value === undefined) return {} as T
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw new ArgumentError(operation, 'options to be an object', describe(value))
  }
  for (const key of Object.keys(value)) {
    if (!keys.includes(key as keyof T)) {
      throw new ArgumentError(operation, `options among ${keys.map(String).join(', ')}`, describe(key))
    }
  }
  return value
}
