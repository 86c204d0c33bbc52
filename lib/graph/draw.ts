// Pictures of graphs as in lectures on backpropagation: gates as circles, leaves at the left, on every wire the forward
// value above in green and the gradient below in red.
import { type Block, layOut, type Piece, type Wire } from '../draw/layers.js'
import { numberText } from '../draw/numbers.js'
import { round, shortened, svg, text, textWidth } from '../draw/svg.js'
import type { Theme } from '../draw/theme.js'
import { branchDots, pathOf } from '../draw/wires.js'
import { type Label, labelOf } from './draw-value.js'
import { written } from './symbols.js'
import type { Shown, View } from './view.js'

const RADIUS = 22
const [SYMBOL, NAME] = [16, 15] // sizes of text
const [MARGIN, PAD, GAP] = [28, 9, 22]
const FEW = 40 // nodes of a graph whose leaves all stand at the left

interface Part extends Block {
  readonly symbol: string | undefined
  readonly name: string
  /** Whether its name stands behind its wire, which goes nowhere. */
  readonly end: boolean
  /** Half the width of the gate, or 0. */
  readonly core: number
  /** Where the wire ends on which its value stands. */
  readonly tail: number
  readonly value: Label | undefined
  readonly gradient: Label | undefined
}

/** A graph as SVG. */
export function drawGraph({ shown, total }: View, title: string, theme: Theme, digits: number): string {
  const wires = shown.flatMap(({ inputs }, to) => inputs.map((from, port): Wire => ({ from, to, port })))
  const inner = new Set(wires.map(({ from }) => from))
  const parts = shown.map((each, i) => partOf(each, digits, shown.length <= FEW, !inner.has(i)))
  const { width, height, centers, pieces } = layOut(parts, wires, GAP)
  const [left, top] = [MARGIN, MARGIN + (title ? 34 : 0)]
  const at = centers.map(({ x, y }) => ({ x: x + left, y: y + top }))
  const moved = pieces.map((p) => ({
    ...p,
    x0: p.x0 + left,
    x1: p.x1 + left,
    x2: p.x2 + left,
    y1: p.y1 + top,
    y2: p.y2 + top,
  }))
  const drawing = [
    ...(title ? [text(MARGIN, 38, title, { size: 18, weight: 600, fill: theme.ink })] : []),
    `<g fill="none" stroke="${theme.muted}" stroke-width="1.6">`,
    ...moved.map((piece) => `<path d="${wirePath(piece, parts, at)}"/>`),
    ...parts.flatMap(({ end, core, tail }, i) =>
      end ? [`<path d="M${round(at[i]!.x + core)} ${round(at[i]!.y)}h${round(tail - core)}"/>`] : [],
    ),
    '</g>',
    ...branchDots(moved, theme),
    ...parts.flatMap((part, i) => paintPart(part, at[i]!.x, at[i]!.y, theme)),
  ]
  const foot = top + height + 30
  const drawn = shown.filter(({ node }) => node).length
  const note =
    drawn < total ? `${numberText(total)} nodes; drawn are the ${numberText(drawn)} nearest to the output.` : ''
  drawing.push(...paintKey(MARGIN, foot, parts, note, theme))
  const wide = Math.max(width, textWidth(title, 18), 230 + textWidth(note, 12))
  return svg(wide + 2 * MARGIN, foot + 20, title || 'computational graph', { ...theme, page: theme.panel }, drawing)
}

function partOf({ node, hidden }: Shown, digits: number, few: boolean, end: boolean): Part {
  if (!node) {
    const name = hidden > 1 ? `⋯ ${hidden}` : '⋯'
    const none = { symbol: undefined, value: undefined, gradient: undefined, core: 0, tail: 26, end: false }
    return { ...extent(textWidth(name, NAME) + 8, 26, 10, 10), ...none, name }
  }
  const value = labelOf(node.value, digits, 'value')
  const gradient = node.grad === null ? undefined : labelOf(node.grad, digits, 'gradient')
  const name = shortened(node.name ?? '', 24)
  const zone = Math.max(value.width, gradient?.width ?? 0) + 2 * PAD
  const [up, down] = [value.height + 5, (gradient?.height ?? 0) + 5]
  if (!node.gate) {
    const left = name ? textWidth(name, NAME) + 10 : 0
    const around = extent(left, zone, Math.max(10, up), Math.max(10, down))
    return { ...around, first: few && name !== '', symbol: undefined, name, core: 0, tail: zone, end, value, gradient }
  }
  const { symbol, symmetric } = written(node.gate)
  const short = shortened(symbol, 24)
  const core = Math.max(RADIUS, textWidth(short, SYMBOL) / 2 + 10)
  const tail = core + zone
  const named = name && !end
  const left = Math.max(core, named ? textWidth(name, 12) / 2 : 0)
  const right = tail + (name && end ? textWidth(name, NAME) + 10 : 0)
  const around = extent(left, right, Math.max(RADIUS + 4, up), Math.max(RADIUS + (named ? 20 : 4), down))
  return { ...around, reach: RADIUS * 0.62, symmetric, symbol: short, name, core, tail, end, value, gradient }
}

function extent(left: number, right: number, up: number, down: number): Block {
  return { left, right, up, down, reach: 0 }
}

// A piece of wire, from the edge of a gate or from where it passes to the edge of the next.
function wirePath(piece: Piece, parts: readonly Part[], at: readonly { x: number; y: number }[]): string {
  const path = pathOf(piece, parts[piece.from]?.core ?? 0)
  const part = parts[piece.to]
  if (!part || part.core === 0) return path
  const off = piece.y2 - at[piece.to]!.y // gates are round: a wire off the middle is longer
  const edge = at[piece.to]!.x - part.core + RADIUS - Math.sqrt(RADIUS ** 2 - off ** 2)
  return `${path}H${round(edge)}`
}

function paintPart(
  { symbol, name, core, value, gradient, tail, end }: Part,
  x: number,
  y: number,
  theme: Theme,
): string[] {
  const drawing: string[] = []
  if (symbol === undefined) {
    drawing.push(text(x - 8, y + 5, name, { size: NAME, anchor: 'end', fill: theme.ink, weight: 500 }))
  } else {
    const shape =
      core === RADIUS
        ? `<circle cx="${round(x)}" cy="${round(y)}" r="${RADIUS}"`
        : `<rect x="${round(x - core)}" y="${round(y - RADIUS)}" width="${round(2 * core)}" height="${2 * RADIUS}" rx="${RADIUS}"`
    drawing.push(
      `${shape} fill="${theme.page}" stroke="${theme.ink}" stroke-width="1.6"/>`,
      text(x, y + SYMBOL * 0.35, symbol, { size: SYMBOL, anchor: 'middle', fill: theme.ink, weight: 500 }),
    )
    if (name && end) drawing.push(text(x + tail + 8, y + 5, name, { size: NAME, fill: theme.ink, weight: 500 }))
    else if (name) drawing.push(text(x, y + RADIUS + 15, name, { size: 12, anchor: 'middle', fill: theme.muted }))
  }
  const middle = x + core + (tail - core) / 2
  if (value) drawing.push(...value.paint(middle - value.width / 2, y - 2, theme.colors.green))
  if (gradient) drawing.push(...gradient.paint(middle - gradient.width / 2, y + gradient.height + 4, theme.colors.red))
  return drawing
}

function paintKey(x: number, y: number, parts: readonly Part[], note: string, theme: Theme): string[] {
  const style = { size: 12, weight: 500 }
  const key = [text(x, y, 'forward value', { ...style, fill: theme.colors.green })]
  const next = x + textWidth('forward value', 12) + 8
  if (parts.some(({ gradient }) => gradient)) key.push(text(next, y, 'gradient', { ...style, fill: theme.colors.red }))
  if (note) key.push(text(next + 78, y, note, { size: 12, fill: theme.muted }))
  return key
}
