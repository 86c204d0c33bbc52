// Widths: how many elements per row gates take and give, as far as they fix it.
import { Add, Divide, Maximum, Minimum, Multiply, Subtract } from '../gates/binary.js'
import { ElementwiseGate } from '../gates/elementwise.js'
import type { Gate } from '../gates/gate.js'
import { Concat, Slice } from '../gates/parts.js'
import { Flatten } from '../gates/shapes.js'
import { LogSoftmax, Softmax } from '../gates/softmax.js'

/** What layers and models tell of their widths. */
export interface Widths {
  /** Elements per row of the input, where the gate fixes them. */
  readonly inputs: number | undefined
  /** Elements per row of the output for an input of `width`; undefined where that is not known. */
  outputsFor(width: number | undefined): number | undefined
}

const keepers = [ElementwiseGate, Softmax, LogSoftmax, Flatten]

function tellsWidths(gate: object): gate is Widths {
  return typeof (gate as Partial<Widths>).outputsFor === 'function'
}

/** Elements per row after a gate. */
export function widthAfter(gate: Gate, width: number | undefined): number | undefined {
  if (tellsWidths(gate)) return gate.outputsFor(width)
  if (gate instanceof Slice) return width === undefined ? undefined : columnsOf(gate, width)?.width
  const keeps = keepers.some((type) => gate instanceof type)
  return keeps ? width : undefined
}

/** The columns next to each other that a slice takes of rows of `width`; undefined where it takes anything else. */
export function columnsOf({ slices }: Slice, width: number): { column: number; width: number } | undefined {
  const [rows, columns] = slices
  if (slices.length !== 2 || rows !== null || typeof columns !== 'object' || width < 0) return undefined
  const { start = 0, stop = width, step = 1 } = columns ?? {}
  if (step !== 1) return undefined
  const bound = (given: number) => Math.min(Math.max(given < 0 ? given + width : given, 0), width)
  return { column: bound(start), width: Math.max(0, bound(stop) - bound(start)) }
}

const elementwise: readonly unknown[] = [Add, Subtract, Multiply, Divide, Maximum, Minimum]

/** Elements per row after a gate of one or several inputs. */
export function widthAfterJoin(gate: Gate, widths: readonly (number | undefined)[]): number | undefined {
  if (gate instanceof Concat && (gate.axis === 1 || gate.axis === -1)) {
    return widths.reduce((sum, w) => (sum === undefined || w === undefined ? undefined : sum + w), 0)
  }
  if (elementwise.includes(gate.constructor)) return widths.find((w) => w !== undefined)
  return widths.length === 1 ? widthAfter(gate, widths[0]) : undefined
}

// No layer has this width: a gate that gives it back keeps every width.
const PROBE = -1

/** Elements per row that gates in a row take, if the first of them fix it. */
export function inputsOf(gates: readonly Gate[]): number | undefined {
  for (const gate of gates) {
    if (tellsWidths(gate) && gate.inputs !== undefined) return gate.inputs
    if (widthAfter(gate, PROBE) !== PROBE) return undefined
  }
  return undefined
}

/** Elements per row after gates in a row. */
export function widthAfterAll(gates: readonly Gate[], width: number | undefined): number | undefined {
  return gates.reduce((w: number | undefined, gate) => widthAfter(gate, w), width)
}
