// draw(): pictures of graphs and networks, as SVG, PNG or text.
import { describe, integer, oneOf, options } from '../checks.js'
import { toPng } from '../draw/render.js'
import { type ThemeName, themeOf } from '../draw/theme.js'
import { ArgumentError } from '../errors.js'
import { type Gate, isGate } from '../gates/gate.js'
import { drawGraph } from '../graph/draw.js'
import { describeGraph } from '../graph/draw-text.js'
import { Variable } from '../graph/variable.js'
import { viewOf } from '../graph/view.js'
import { diagramOf } from './diagram.js'
import { drawNetwork } from './draw-network.js'
import { describeNetwork } from './summary.js'

/** What can be drawn. */
export type Drawable = Variable | readonly Variable[] | Gate

/** Options of {@link draw}. */
export interface DrawOptions {
  /** `svg` and `text` give a string, `png` bytes. Default svg. */
  format?: 'svg' | 'png' | 'text'
  /** Colours. Default light. */
  theme?: ThemeName
  /** A heading. Default none for graphs, `3-layer network` and the like for networks. */
  title?: string
  /** Digits that numbers have at most. Default 4. */
  digits?: number
  /** The most nodes that are drawn: of a graph those nearest to the output, of a network the first and last. Default 200. */
  limit?: number
}

/**
 * A picture of the graph below a variable, or of a network.
 *
 * Of a graph: gates are circles, leaves stand at the left, values above wires in green, gradients, once backward() has run,
 * below in red. Tensors of up to 12 elements show their numbers, larger ones their shape and their gradient's norm. Of a
 * network: boxes from left to right with widths and numbers of parameters, branches as branches.
 * @param target - a variable, several variables of one graph, or a network
 * @returns SVG; a table for `text`; the bytes of a PNG for `png`, for which the package @resvg/resvg-js must be installed
 * @example writeFileSync('graph.svg', draw(f)); console.log(draw(f, { format: 'text' }))
 * @throws ArgumentError for what cannot be drawn, DependencyError for `png` without the package
 */
export function draw(target: Drawable, given: DrawOptions & { format: 'png' }): Uint8Array
export function draw(target: Drawable, given?: DrawOptions & { format?: 'svg' | 'text' }): string
export function draw(target: Drawable, given?: DrawOptions): string | Uint8Array {
  const all = options('draw', given, ['format', 'theme', 'title', 'digits', 'limit'])
  const format = oneOf('draw', 'format', all.format ?? 'svg', ['svg', 'png', 'text'])
  const theme = themeOf('draw', all.theme)
  const digits = integer('draw', 'digits', all.digits ?? 4, 1, 17)
  const limit = integer('draw', 'limit', all.limit ?? 200, 1, 2000)
  const { title = '' } = all
  if (typeof title !== 'string') throw new ArgumentError('draw', 'title to be a string', describe(title))
  let picture: string
  if (isGate(target)) {
    if (format === 'text') return describeNetwork(target)
    picture = drawNetwork(diagramOf(target), title, theme, limit)
  } else {
    const view = viewOf(rootsOf(target), limit)
    if (format === 'text') return describeGraph(view, digits)
    picture = drawGraph(view, title, theme, digits)
  }
  return format === 'png' ? toPng(picture) : picture
}

function rootsOf(target: unknown): readonly Variable[] {
  const roots = target instanceof Variable ? [target] : target
  if (Array.isArray(roots) && roots.length > 0 && Array.from(roots).every((root) => root instanceof Variable))
    return roots
  throw new ArgumentError('draw', 'a variable, several variables, or a network', describe(target))
}
