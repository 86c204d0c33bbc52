// draw(): pictures of graphs and networks, as SVG, PNG or text.
import { describe, integer, oneOf, options } from '../checks.js'
import { toPng } from '../draw/render.js'
import { type ThemeName, themeOf } from '../draw/theme.js'
import { ArgumentError } from '../errors.js'
import { drawGraph } from '../graph/draw.js'
import { describeGraph } from '../graph/draw-text.js'
import { Variable } from '../graph/variable.js'
import { viewOf } from '../graph/view.js'

/** Options of {@link draw}. */
export interface DrawOptions {
  /** `svg` and `text` give a string, `png` bytes. Default svg. */
  format?: 'svg' | 'png' | 'text'
  /** Colours. Default light. */
  theme?: ThemeName
  /** A heading. Default none. */
  title?: string
  /** Digits that numbers have at most. Default 4. */
  digits?: number
  /** The most nodes of a graph that are drawn, those nearest to the output. Default 200. */
  limit?: number
}

/**
 * A picture of the graph below a variable, or several.
 *
 * Gates are circles, leaves stand at the left, values above wires in green, gradients, once backward() has run, below in
 * red. Tensors of up to 12 elements show their numbers, larger ones their shape and their gradient's norm.
 * @param target - one variable or several
 * @returns SVG; a table for `text`; the bytes of a PNG for `png`, for which the package @resvg/resvg-js must be installed
 * @example writeFileSync('graph.svg', draw(f)); console.log(draw(f, { format: 'text' }))
 * @throws ArgumentError for what cannot be drawn, DependencyError for `png` without the package
 */
export function draw(target: Variable | readonly Variable[], given: DrawOptions & { format: 'png' }): Uint8Array
export function draw(target: Variable | readonly Variable[], given?: DrawOptions & { format?: 'svg' | 'text' }): string
export function draw(target: Variable | readonly Variable[], given?: DrawOptions): string | Uint8Array {
  const all = options('draw', given, ['format', 'theme', 'title', 'digits', 'limit'])
  const format = oneOf('draw', 'format', all.format ?? 'svg', ['svg', 'png', 'text'])
  const theme = themeOf('draw', all.theme)
  const digits = integer('draw', 'digits', all.digits ?? 4, 1, 17)
  const limit = integer('draw', 'limit', all.limit ?? 200, 1, 2000)
  const { title = '' } = all
  if (typeof title !== 'string') throw new ArgumentError('draw', 'title to be a string', describe(title))
  const roots = target instanceof Variable ? [target] : target
  if (!Array.isArray(roots) || roots.length === 0 || !roots.every((root) => root instanceof Variable)) {
    throw new ArgumentError('draw', 'a variable, or several', describe(target))
  }
  const view = viewOf(roots, limit)
  if (format === 'text') return describeGraph(view, digits)
  const picture = drawGraph(view, title, theme, digits)
  return format === 'png' ? toPng(picture) : picture
}
