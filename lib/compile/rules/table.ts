// The table of rules: how a gate of some class is written down.
import { type Gate, gateName } from '../../gates/gate.js'
import { Embedding } from '../../nn/embedding.js'
import { Model } from '../../nn/model.js'
import type { Lowering } from '../lowering.js'

/**
 * Writes down a gate that reads the values x: returns the number of what it makes, or, where it cannot, why. Shapes are those
 * of rows: axis 0, the batch, is not among them.
 */
export type Rule<G> = (gate: G, x: readonly number[], to: Lowering) => Written
/** A value, or what stands in the way, in words; undefined for inputs that the gate refuses. */
export type Written = number | string | undefined

/** Plans compute rows from rows: all that a gate makes of a row must come from that row. */
export const NOT_BY_ROWS = 'it does not work row by row'

// By exact class: a subclass may compute something else.
const rules = new Map<unknown, Rule<Gate>>()

/** Adds the rule of a class. */
export function rule<G extends Gate>(kind: new (...given: never[]) => G, write: Rule<G>): void {
  rules.set(kind, write as unknown as Rule<Gate>)
}

/** Writes down any gate. */
export function lowerGate(gate: Gate, x: readonly number[], to: Lowering): number | undefined {
  // Only what looks something up reads indices.
  const readable = gate instanceof Embedding || gate instanceof Model || !x.some((value) => to.isIndices(value))
  const written = readable ? rules.get(gate.constructor)?.(gate, x, to) : undefined
  if (typeof written === 'number') return written
  to.obstacle ??= written === undefined ? gateName(gate) : `${gateName(gate)} (${written})`
  return undefined
}
