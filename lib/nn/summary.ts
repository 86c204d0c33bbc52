// Looks at the gates of a network without running them: widths, parameter counts, layers, and a table of all that.
import { ElementwiseGate } from '../gates/elementwise.js'
import { type Gate, gateName } from '../gates/gate.js'
import { isTrainable } from './layer.js'
import { Linear } from './linear.js'
import { PReLU } from './prelu.js'

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

// Gates that pass a row on with the width it came with.
function keepsWidth(gate: Gate): boolean {
  return gate instanceof ElementwiseGate || gate instanceof PReLU || ['Softmax', 'LogSoftmax'].includes(gateName(gate))
}

function firstWidth(gates: readonly Gate[], width: (linear: Linear) => number): number | undefined {
  for (const gate of gates) {
    if (gate instanceof Linear) return width(gate)
    if (!keepsWidth(gate)) return undefined
  }
  return undefined
}

/** Inputs per row, if the first gates fix them. */
export function inputsOf(gates: readonly Gate[]): number | undefined {
  return firstWidth(flatten(gates), (linear) => linear.inFeatures)
}

/** Outputs per row, if the last gates fix them. */
export function outputsOf(gates: readonly Gate[]): number | undefined {
  return firstWidth(flatten(gates).reverse(), (linear) => linear.outFeatures)
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
    width = gate instanceof Linear ? gate.outFeatures : keepsWidth(gate) ? width : undefined
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
