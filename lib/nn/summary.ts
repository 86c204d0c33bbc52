// The table that `summary()` shows: gates with shapes, parameters and memory, and the sums.
import type { Gate } from '../gates/gate.js'
import { bytesText, counted, type Diagram, type DiagramNode, diagramOf, totalsOf } from './diagram.js'

/** The table of a network. Layers are counted as in "3-layer network": those with weights, on the longest way through. */
export function describeNetwork(model: Gate): string {
  const diagram = diagramOf(model)
  const { nodes, inputs, layers } = diagram
  const shown = nodes.filter(({ kind }) => kind !== 'input')
  const plain = nodes.every(({ inputs: read }, i) => read.length === 0 || (read.length === 1 && read[0] === i - 1))
  const titles = ['name', 'gate', 'output', 'parameters', 'memory']
  const rows = shown.map((node) => [
    node.path || 'output',
    node.label,
    shapeOf(node),
    node.shared ? 'shared' : node.parameters.toLocaleString('en-US'),
    node.parameters > 0 ? bytesText(node.bytes) : '',
  ])
  if (!plain) {
    titles.push('reads')
    for (const [i, { inputs: read }] of shown.entries()) rows[i]!.push(read.map((k) => nameOf(nodes[k]!)).join(', '))
  }
  const head = `${layers}-layer network${inputs === undefined ? '' : `, input [batch, ${inputs}]`}`
  return [head, table(titles, rows), sumsOf(diagram, model)].join('\n')
}

function shapeOf({ width }: DiagramNode): string {
  return `[batch, ${width ?? '?'}]`
}

function nameOf({ kind, path, label }: DiagramNode): string {
  if (kind === 'input') return label
  return path || 'output'
}

function sumsOf(diagram: Diagram, model: Gate): string {
  const { parameters, bytes, buffers, activations, whole } = totalsOf(diagram)
  const fixed = buffers > 0 ? `; ${counted(buffers, 'number')} kept but not trained` : ''
  const size = (model as { dtype?: unknown }).dtype === 'float64' ? 8 : 4
  const memory =
    activations > 0
      ? `\n${bytesText(activations * size)} of activations per row${whole ? '' : ', and those of unknown width'}`
      : ''
  return `${counted(parameters, 'parameter')}, all trained, ${bytesText(bytes)}${fixed}${memory}`
}

// Columns of text to the left, of numbers to the right.
function table(titles: readonly string[], rows: readonly string[][]): string {
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)))
  const numeric = ['parameters', 'memory']
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (numeric.includes(titles[i]!) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()
  return [line(titles), '─'.repeat(widths.reduce((a, b) => a + b + 2, -2)), ...rows.map(line)].join('\n')
}
