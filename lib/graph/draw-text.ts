// Graphs as text: one line per node, its formula, its value and its gradient.
import { numberText } from '../draw/numbers.js'
import { shortened } from '../draw/svg.js'
import { valueText } from './draw-value.js'
import { written } from './symbols.js'
import type { Shown, View } from './view.js'

/** A graph as a table: `q = x + y    3    grad −4`. */
export function describeGraph({ shown, total }: View, digits: number): string {
  const names = namesOf(shown, digits)
  const rows = shown.flatMap(({ node, inputs }, i) => {
    if (!node || isInline(shown[i]!)) return []
    const formula = node.gate ? ` = ${written(node.gate).formula(inputs.map((input) => names[input]!))}` : ''
    const gradient = node.grad === null ? '' : valueText(node.grad, digits)
    return [[`${names[i]}${formula}`, valueText(node.value, digits), gradient] as const]
  })
  const width = (column: 0 | 1 | 2) => Math.max(0, ...rows.map((row) => Array.from(row[column]).length))
  const [first, second, third] = [width(0), width(1), width(2)]
  const lines = rows.map(([formula, value, gradient]) => {
    const line = `${pad(formula, first)}   ${value.padStart(second)}`
    return gradient ? `${line}   grad ${gradient.padStart(third)}` : line
  })
  const drawn = shown.filter(({ node }) => node).length
  if (drawn < total) lines.unshift(`… ${numberText(total - drawn)} more nodes`)
  return lines.join('\n')
}

function pad(content: string, width: number): string {
  return content + ' '.repeat(Math.max(0, width - Array.from(content).length))
}

// Numbers that nobody named stand in the formulas.
function isInline({ node }: Shown): boolean {
  return node !== undefined && !node.gate && node.name === undefined && typeof node.value === 'number'
}

function namesOf(shown: readonly Shown[], digits: number): string[] {
  let next = 0
  return shown.map((each) => {
    const { node } = each
    if (!node) return '…'
    if (isInline(each)) return valueText(node.value, digits)
    if (node.name === undefined) {
      next++
      return `#${next}`
    }
    return shortened(node.name.replace(/\s+/g, ' '), 32)
  })
}
