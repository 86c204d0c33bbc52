// Lists of texts and of names of columns, checked.
import { describe } from '../../checks.js'
import { ArgumentError } from '../../errors.js'
import { checkName } from '../table/column.js'

/** An array of texts. */
export function texts(operation: string, option: string, values: unknown): readonly string[] {
  const list = Array.isArray(values) ? Array.from(values) : [undefined] // holes become undefined
  if (list.some((value) => typeof value !== 'string')) {
    throw new ArgumentError(operation, `${option} to be an array of texts`, describe(values))
  }
  return list
}

/** Names of columns that differ. */
export function names(operation: string, option: string, values: unknown): readonly string[] {
  const checked = texts(operation, option, values).map((value) => checkName(operation, value))
  if (new Set(checked).size !== checked.length) throw new ArgumentError(operation, `${option} that differ`, 'one twice')
  return checked
}
