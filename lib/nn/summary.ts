// Looks at the gates of a network without running them: widths, parameter counts, layers, and a table of all that.
import { type Gate, gateName } from '../gates/gate.js'
import { isTrainable } from './layer.js'
import { Linear } from './linear.js'
import { inputsOf, widthAfter } from './widths.js'

interface Nested {
  readonly gates: readonly Gate[]
}

function isNested(gate: object): gate is Nested {
  return Array.isArray((gate as Partial<Nested>).gates)
}

/** All gates of a network in order, those of nested networks included. */
export function flatten(gates: readonly Gate[]): Gate[] {
  return gates.flatMap((gate) => (isNested(gate) ? flatten(gate.gates) : [gate]))
}

/** Layers with weights: what "L-layer network" counts. */
export function countLayers(gates: readonly Gate[]): number {
  return flatten(gates).filter((gate) => gate instanceof Linear).length
}

/** The table that `summary()` shows. */
export function describeNetwork(gates: readonly Gate[]): string {
  let width = inputsOf(gates)
  let total = 0
  const rows = flatten(gates).map((gate, i) => {
    const count = isTrainable(gate) ? gate.parameters().reduce((sum, p) => sum + p.size, 0) : 0
    total += count
    width = widthAfter(gate, width)
    return [String(i), gateName(gate), width === undefined ? '[batch, ?]' : `[batch, ${width}]`, thousands(count)]
  })
  const layers = countLayers(gates)
  const input = inputsOf(gates)
  const head = `${layers}-layer network${input === undefined ? '' : `, input [batch, ${input}]`}`
  return [head, table(['#', 'gate', 'output', 'parameters'], rows), `${thousands(total)} parameters`].join('\n')
}

function thousands(n: number): string {
  return n.toLocaleString('en-US')
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)))
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === head.length - 1 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join('  ')
  return [line(head), widths.map((w) => '─'.repeat(w)).join('──'), ...rows.map(line)].join('\n')
}
