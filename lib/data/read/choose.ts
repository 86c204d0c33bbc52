// The columns that a reader was asked for, and the packages that some readers need.
import { DependencyError } from '../../errors.js'
import type { Table } from '../table/table.js'
import { names } from './names.js'

/** These columns of a table, or all. */
export function chosen(operation: string, table: Table, columns: unknown): Table {
  return columns === undefined ? table : table.select(names(operation, 'columns', columns))
}

/** A package that is installed by those who need it. */
export async function optional<T>(operation: string, name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
    const actual = missing ? `none: npm install ${name}` : String((cause as Error).message ?? cause)
    throw new DependencyError(operation, `the package ${name}`, actual, { cause })
  }
}
