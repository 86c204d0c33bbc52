// Pictures of networks: gates as boxes from left to right with their widths and parameters, branches as branches.
import { type Block, layOut, type Wire } from '../draw/layers.js'
import { round, shortened, svg, text, textWidth } from '../draw/svg.js'
import { hexOf, mix, rgbOf, type Theme } from '../draw/theme.js'
import { branchDots, pathOf } from '../draw/wires.js'
import { bytesText, counted, type Diagram, type DiagramNode, totalsOf } from './diagram.js'

const [MARGIN, GAP, JOIN] = [28, 26, 18]

interface Box extends Block {
  readonly lines: readonly string[]
  readonly core: number
  readonly color: string | undefined
  readonly round: boolean
  readonly out: string
}

/** A network as SVG; of more than `limit` nodes the middle ones are left out. */
export function drawNetwork(diagram: Diagram, title: string, theme: Theme, limit: number): string {
  const { nodes, left } = shortenedTo(diagram.nodes, limit)
  const wires = nodes.flatMap(({ inputs }, to) => inputs.map((from, port): Wire => ({ from, to, port })))
  const boxes = nodes.map((node, i) => boxOf(node, nodes, i === left.at))
  const { width, height, centers, pieces } = layOut(boxes, wires, GAP)
  const { parameters, bytes } = totalsOf(diagram)
  const head = title || `${diagram.layers}-layer network`
  const sums = `${counted(parameters, 'parameter')}, ${bytesText(bytes)}${left.count > 0 ? `; ${left.count} gates in the middle are not drawn` : ''}`
  const [x, y] = [MARGIN, MARGIN + 56]
  const at = centers.map((center) => ({ x: center.x + x, y: center.y + y }))
  const moved = pieces.map((p) => ({ ...p, x0: p.x0 + x, x1: p.x1 + x, x2: p.x2 + x, y1: p.y1 + y, y2: p.y2 + y }))
  const last = boxes.length - 1
  const drawing = [
    text(MARGIN, 40, head, { size: 18, weight: 600, fill: theme.ink }),
    text(MARGIN, 61, sums, { size: 12.5, fill: theme.muted }),
    `<g fill="none" stroke="${theme.muted}" stroke-width="1.6">`,
    ...moved.map(
      (piece) => `<path d="${pathOf(piece, boxes[piece.from]?.core ?? 0)}${ending(boxes[piece.to], at[piece.to])}"/>`,
    ),
    `<path d="M${round(at[last]!.x + boxes[last]!.core)} ${round(at[last]!.y)}h${round(boxes[last]!.right - boxes[last]!.core)}"/>`,
    '</g>',
    ...branchDots(moved, theme),
    ...boxes.flatMap((box, i) => paintBox(box, at[i]!.x, at[i]!.y, theme)),
  ]
  const wide = Math.max(width, textWidth(head, 18), textWidth(sums, 12.5))
  return svg(wide + 2 * MARGIN, y + height + MARGIN, head, { ...theme, page: theme.panel }, drawing)
}

// Wires go on to the edge of their box, which may be narrower than its column.
function ending(box: Box | undefined, at: { x: number } | undefined): string {
  return box && at ? `H${round(at.x - box.core)}` : ''
}

function boxOf(node: DiagramNode, nodes: readonly DiagramNode[], gap: boolean): Box {
  const { kind, label, width, takes, parameters, buffers, inputs, weighs, shared } = node
  const arriving = nodes[inputs[0]!]?.width
  const before = arriving ?? takes
  const out = kind !== 'join' && width !== undefined && (kind === 'input' || width !== arriving) ? String(width) : ''
  const zone = out ? textWidth(out, 12) + 14 : 0
  const reach = inputs.length > 1 ? 12 : 0
  const made = (core: number, half: number, rest: Pick<Box, 'lines' | 'color' | 'round'>): Box => {
    return { left: core, right: core + Math.max(zone, 14), up: half, down: half, reach, core, out, ...rest }
  }
  if (gap) return made(textWidth(label, 14) / 2 + 6, 12, { lines: [label], color: undefined, round: true })
  if (kind === 'input') {
    const core = textWidth(shortened(label, 24), 14) / 2 + 8
    return { ...made(core, 14, { lines: [shortened(label, 24)], color: undefined, round: true }), first: true }
  }
  if (kind === 'join') {
    return made(Math.max(JOIN, textWidth(label, 14) / 2 + 10), JOIN, { lines: [label], color: 'grey', round: true })
  }
  const changes = width !== undefined && (weighs || (before !== undefined && before !== width))
  const sizes = changes ? [`${before ?? '?'} → ${width}`] : []
  const count = shared ? ['shared'] : parameters > 0 ? [counted(parameters, 'parameter')] : []
  const kept = buffers > 0 ? [`${counted(buffers, 'number')} kept`] : []
  const lines = [shortened(label, 24), ...sizes, ...count, ...kept]
  const core = Math.max(...lines.map((line, i) => textWidth(line, i === 0 ? 14 : 11.5))) / 2 + 14
  const color = weighs ? 'blue' : parameters > 0 ? 'purple' : 'orange'
  return made(core, 12 + lines.length * 8 + (lines.length > 1 ? 2 : 4), { lines, color, round: false })
}

function paintBox({ lines, core, up, color, round: pill, out }: Box, x: number, y: number, theme: Theme): string[] {
  const drawing: string[] = []
  if (color !== undefined) {
    const line = theme.colors[color as keyof Theme['colors']]
    const fill = hexOf(mix(rgbOf(theme.panel), rgbOf(line), 0.1))
    const place = `x="${round(x - core)}" y="${round(y - up)}" width="${round(2 * core)}" height="${round(2 * up)}"`
    drawing.push(`<rect ${place} rx="${pill ? JOIN : 9}" fill="${fill}" stroke="${line}" stroke-width="1.4"/>`)
  }
  const top = y - (lines.length - 1) * 8 + 5
  for (const [i, content] of lines.entries()) {
    const style = i === 0 ? { size: 14, weight: 600, fill: theme.ink } : { size: 11.5, fill: theme.muted }
    drawing.push(text(x, top + i * 16, content, { ...style, anchor: 'middle' }))
  }
  if (out) drawing.push(text(x + core + 7, y - 5, out, { size: 12, fill: theme.muted }))
  return drawing
}

// Keeps the first and the last nodes; what lies between becomes one.
function shortenedTo(
  nodes: readonly DiagramNode[],
  limit: number,
): { nodes: readonly DiagramNode[]; left: { at: number; count: number } } {
  const count = nodes.length - Math.max(2, limit)
  if (count <= 0) return { nodes, left: { at: -1, count: 0 } }
  const at = Math.ceil(Math.max(2, limit) / 2)
  const placed = (i: number) => (i < at ? i : i < at + count ? at : i - count + 1)
  const moved = (node: DiagramNode) => ({ ...node, inputs: [...new Set(node.inputs.map(placed))] })
  const hidden = nodes.slice(at, at + count)
  const inputs = [...new Set(hidden.flatMap((node) => node.inputs).filter((i) => i < at))]
  const dots = { ...hidden.at(-1)!, kind: 'gate' as const, label: `⋯ ${count} more`, path: '', inputs }
  return { nodes: [...nodes.slice(0, at).map(moved), dots, ...nodes.slice(at + count).map(moved)], left: { at, count } }
}
