// What a report is made of, checked: each part says how it has to look.
import { describe } from '../checks.js'
import { ArgumentError } from '../errors.js'

/** Throws ArgumentError for what is not as it should be; `place` says where it stands. */
export type Check = (operation: string, place: string, value: unknown) => void

/** A check of one condition; `what` says in the error how the value has to be. */
export function check(what: string, holds: (value: unknown) => boolean): Check {
  return (operation, place, value) => {
    if (!holds(value)) throw new ArgumentError(operation, `${place} to be ${what}`, describe(value))
  }
}

const anArray = check('an array', Array.isArray)
const anObject = check('an object', (value) => typeof value === 'object' && value !== null && !Array.isArray(value))

/** A string. */
export const text = check('a string', (value) => typeof value === 'string')

/** A number, or NaN. */
export const number = check('a number', (value) => typeof value === 'number')

/** One of some texts. */
export function among(...names: readonly string[]): Check {
  return check(`one of ${names.join(', ')}`, (value) => names.includes(value as string))
}

/** Undefined, or as `inner` says. */
export function optional(inner: Check): Check {
  return (operation, place, value) => {
    if (value !== undefined) inner(operation, place, value)
  }
}

/** An array of such. */
export function listOf(each: Check): Check {
  return (operation, place, value) => {
    anArray(operation, place, value)
    const list = value as readonly unknown[]
    for (let i = 0; i < list.length; i++) each(operation, `${place}[${i}]`, list[i])
  }
}

/** An array of so many elements, each as its check says. */
export function tuple(...checks: readonly Check[]): Check {
  const length = check(
    `an array of ${checks.length}`,
    (value) => Array.isArray(value) && value.length === checks.length,
  )
  return (operation, place, value) => {
    length(operation, place, value)
    for (const [i, each] of checks.entries()) each(operation, `${place}[${i}]`, (value as unknown[])[i])
  }
}

/** An object with such fields, and any others. */
export function object(fields: Readonly<Record<string, Check>>): Check {
  return (operation, place, value) => {
    anObject(operation, place, value)
    for (const [key, each] of Object.entries(fields)) {
      each(operation, `${place}.${key}`, (value as Record<string, unknown>)[key])
    }
  }
}

/** An object whose fields are all such. */
export function recordOf(each: Check): Check {
  return (operation, place, value) => {
    anObject(operation, place, value)
    for (const [key, field] of Object.entries(value as object)) each(operation, `${place}.${key}`, field)
  }
}
