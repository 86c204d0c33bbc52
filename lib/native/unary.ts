// Finds elementwise gates in the addon by name: their number, and what their backward needs.
import { NativeError } from '../errors.js'
import { native } from './load.js'

/** A row of the addon's table of elementwise gates. */
export interface UnaryOp {
  readonly name: string
  readonly index: number
  /** What backward needs of forward. */
  readonly keeps: 'nothing' | 'input' | 'output'
  /** How many constants it has. */
  readonly parameters: number
}

let table: Map<string, UnaryOp> | undefined

/**
 * The row of one elementwise gate.
 * @param parameters - how many constants the caller will pass
 * @throws NativeError if the addon has no such row: it was built from other sources
 */
export function unaryOp(name: string, parameters: number): UnaryOp {
  table ??= new Map(
    native()
      .info()
      .unary.map((row, index) => [row.name, { ...row, index }]),
  )
  const row = table.get(name)
  if (row?.parameters !== parameters) {
    const found = row ? `one of ${row.parameters}` : 'none: rebuild the native addon'
    throw new NativeError('chainrule', `an elementwise gate ${name} of ${parameters} constants in the addon`, found)
  }
  return row
}
