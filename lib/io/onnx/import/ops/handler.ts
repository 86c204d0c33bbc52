// The form of what reads one operator.
import type { Assembly } from '../assembly.js'
import type { NodeView } from '../node.js'
import type { Operand } from '../operands.js'

/** Reads a node: adds its gates, and returns what its outputs stand for; one alone for the first. */
export type Handler = (a: Assembly, n: NodeView) => Operand | readonly (Operand | undefined)[]

/** A name for the gates of a node: that of its parameters without their last part, else its own. */
export function nameFor(n: NodeView, parameter?: string): string {
  const layer = /^(.+)[./][A-Za-z_]+$/.exec(parameter ?? '')
  return layer?.[1] || n.proto.name || n.proto.output[0] || n.proto.opType
}
