// Preprocessing as plain JSON, read with errors that say what is not as it should be.
import { describe } from '../../../../checks.js'
import { ArgumentError } from '../../../../errors.js'
import type { Json } from '../../../json.js'

/** An object of JSON. */
export type Plain = Readonly<Record<string, Json>>

function refuse(expected: string, actual: unknown): never {
  throw new ArgumentError('exportOnnx', `preprocessing with ${expected}`, describe(actual))
}

/** An object under a key. */
export function objectAt(plain: Plain, key: string): Plain {
  const value = plain[key]
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Plain)
    : refuse(`an object ${key}`, value)
}

/** Objects under a key. */
export function objectsAt(plain: Plain, key: string): readonly Plain[] {
  const value = plain[key]
  const sound = Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null)
  return sound ? (value as readonly Plain[]) : refuse(`a list of objects ${key}`, value)
}

/** A finite number under a key. */
export function numberAt(plain: Plain, key: string): number {
  const value = plain[key]
  return typeof value === 'number' ? value : refuse(`a number ${key}`, value)
}

/** Numbers under a key. */
export function numbersAt(plain: Plain, key: string): readonly number[] {
  const value = plain[key]
  const sound = Array.isArray(value) && value.every((each) => typeof each === 'number')
  return sound ? (value as readonly number[]) : refuse(`numbers ${key}`, value)
}

/** A text under a key. */
export function textAt(plain: Plain, key: string): string {
  const value = plain[key]
  return typeof value === 'string' ? value : refuse(`a text ${key}`, value)
}

/** Texts under a key. */
export function textsAt(plain: Plain, key: string): readonly string[] {
  const value = plain[key]
  const sound = Array.isArray(value) && Array.from(value).every((each) => typeof each === 'string')
  return sound ? (value as readonly string[]) : refuse(`texts ${key}`, value)
}
