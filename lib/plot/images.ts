// Sheets of small images with captions: digits, mistakes, weights of hidden units.
import { describe, integer, options } from '../checks.js'
import { pngUri } from '../draw/png.js'
import { type Box, escaped, placed, round, text } from '../draw/svg.js'
import { type ColorName, checkColor, colorOf, type Theme } from '../draw/theme.js'
import { ArgumentError, ShapeError } from '../errors.js'
import {
  type ChartOptions,
  chartKeys,
  list,
  type Numbers,
  numbersOf,
  type Panel,
  paintCard,
  panelOf,
  string,
} from './panel.js'
import { ramp } from './ramp.js'

/** A part of a caption in a colour of its own. */
export interface Span {
  text: string
  color?: ColorName | (string & {})
}

/** An image of a sheet. */
export interface SheetImage {
  /** Row after row: bytes from 0 (background) to 255 (ink), or numbers of any range, which diverge from 0 in colour. */
  pixels: Numbers
  /** What stands below it. */
  caption?: string | readonly Span[]
  /** What stands below the caption, in small. */
  note?: string
}

/** Options of {@link images}. */
export interface ImagesOptions extends ChartOptions {
  images: readonly SheetImage[]
  /** Pixels in a row of an image. Default: the root of their number. */
  pixelsPerRow?: number
  /** Images in a row of the sheet. Default: 14, fewer for few. */
  columns?: number
  /** Width of an image on the sheet. Default 56. */
  size?: number
}

interface Cell {
  readonly pixels: readonly number[]
  readonly bytes: boolean
  readonly caption: readonly Span[]
  readonly note: string
}

/** Checks a sheet of images. */
export function imagesPanel(operation: string, given: ImagesOptions): Panel {
  const all = options(operation, given, [...chartKeys, 'images', 'pixelsPerRow', 'columns', 'size'])
  const cells = list(operation, 'images', all?.images).map((each, i) => cellOf(operation, `images[${i}]`, each))
  const count = cells[0]!.pixels.length
  const perRow = integer(operation, 'pixelsPerRow', all.pixelsPerRow ?? Math.round(Math.sqrt(count)), 1)
  const height = count / perRow
  if (!Number.isInteger(height) || height === 0)
    throw new ShapeError(operation, `rows of ${perRow} pixels`, `${count} pixels`)
  for (const { pixels } of cells) {
    if (pixels.length !== count) throw new ShapeError(operation, `images of ${count} pixels`, String(pixels.length))
  }
  const size = integer(operation, 'size', all.size ?? 56, 8, 4096)
  const columns = integer(operation, 'columns', all.columns ?? Math.min(14, cells.length), 1, 1000)
  const tall = Math.round((size * height) / perRow)
  const captions = cells.some(({ caption }) => caption.length > 0)
  const notes = cells.some(({ note }) => note !== '')
  const step = { x: size + (captions ? 16 : 6), y: tall + (captions ? 20 : 6) + (notes ? 13 : 0) + 4 }
  const rows = Math.ceil(cells.length / columns)
  const reach =
    cells.reduce(
      (most, { pixels }) => pixels.reduce((a, b) => (Number.isFinite(b) ? Math.max(a, Math.abs(b)) : a), most),
      0,
    ) || 1
  const panel = panelOf(
    operation,
    all,
    Math.max(160, 40 + columns * step.x),
    64 + rows * step.y,
    (box, theme, bare) => {
      const { drawing, top } = paintCard(panel, box, theme, bare)
      const left = box.x + (box.width - columns * step.x) / 2
      for (const [i, cell] of cells.entries()) {
        const place = {
          x: left + (i % columns) * step.x + (step.x - size) / 2,
          y: top + Math.floor(i / columns) * step.y,
          width: size,
          height: tall,
        }
        drawing.push(...paintCell(cell, place, perRow, reach, theme))
      }
      return drawing
    },
    30,
  )
  return panel
}

function cellOf(operation: string, at: string, given: SheetImage): Cell {
  if (typeof given !== 'object' || given === null)
    throw new ArgumentError(operation, `${at} to be an object`, describe(given))
  const { pixels, caption = [], note = '' } = options(operation, given, ['pixels', 'caption', 'note'])
  if (typeof caption !== 'string' && !Array.isArray(caption))
    throw new ArgumentError(operation, `${at}.caption to be a string or spans`, describe(caption))
  const spans = typeof caption === 'string' ? (caption ? [{ text: caption }] : []) : caption
  for (const span of spans) {
    if (typeof span?.text !== 'string')
      throw new ArgumentError(operation, `${at}.caption to be a string or spans`, describe(span))
    checkColor(operation, span.color)
  }
  const numbers = numbersOf(operation, `${at}.pixels`, pixels)
  const bytes = pixels instanceof Uint8Array || pixels instanceof Uint8ClampedArray
  return { pixels: numbers, bytes, caption: spans, note: string(operation, `${at}.note`, note) }
}

function paintCell(
  { pixels, bytes, caption, note }: Cell,
  place: Box,
  perRow: number,
  reach: number,
  theme: Theme,
): string[] {
  const shade = (value: number) => ramp('diverging', 0.5 + (Number.isFinite(value) ? value : 0) / reach / 2, theme)
  const size = { width: perRow, height: pixels.length / perRow }
  const uri = bytes
    ? pngUri({ ...size, samples: 1, data: Uint8Array.from(pixels, (value) => 255 - value) })
    : pngUri({ ...size, samples: 3, data: Uint8Array.from(pixels.flatMap(shade)) })
  const middle = place.x + place.width / 2
  const foot = place.y + place.height
  const drawing = [
    `<image ${placed(place)} preserveAspectRatio="none" style="image-rendering:pixelated" href="${uri}"/>`,
  ]
  if (caption.length > 0) {
    const spans = caption.map(
      ({ text, color }) => `<tspan${color ? ` fill="${colorOf(theme, color)}"` : ''}>${escaped(text)}</tspan>`,
    )
    drawing.push(
      `<text x="${round(middle)}" y="${round(foot + 15)}" text-anchor="middle" font-size="13" font-weight="600" fill="${theme.ink}">${spans.join(' ')}</text>`,
    )
  }
  if (note)
    drawing.push(
      text(middle, foot + (caption.length > 0 ? 27 : 13), note, { size: 9.5, fill: theme.muted, anchor: 'middle' }),
    )
  return drawing
}
