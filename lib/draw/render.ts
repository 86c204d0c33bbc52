// SVG to PNG, by the optional package @resvg/resvg-js, which is loaded when it is first needed.
import { createRequire } from 'node:module'
import { describe, options, positive } from '../checks.js'
import { ArgumentError, DependencyError } from '../errors.js'

const PACKAGE = '@resvg/resvg-js'
const LARGEST = 2 ** 24 // pixels: some tenths of a second
const LONGEST = 2 ** 14 // pixels on a side

/** Options of {@link toPng}. */
export interface PngOptions {
  /** Pixels per unit of the picture. Default 2; less where the picture would have more than 2²⁴ pixels. */
  scale?: number
}

interface Renderer {
  Resvg: new (svg: string, options: object) => { render(): { asPng(): Uint8Array }; width: number; height: number }
}

/**
 * A picture as the bytes of a PNG file. Text is set in fonts of the system; a system without fonts shows none.
 * @param picture - SVG, as draw and plot return it
 * @throws DependencyError if the package @resvg/resvg-js is not installed
 */
export function toPng(picture: string, given?: PngOptions): Uint8Array {
  const { scale = 2 } = options('toPng', given, ['scale'])
  positive('toPng', 'scale', scale)
  if (typeof picture !== 'string') throw new ArgumentError('toPng', 'an SVG as a string', describe(picture))
  const { Resvg } = renderer()
  try {
    const { width, height } = new Resvg(picture, { font: { loadSystemFonts: false } })
    const zoom = Math.min(scale, Math.sqrt(LARGEST / (width * height)), LONGEST / Math.max(width, height))
    const fonts = { loadSystemFonts: true, defaultFontFamily: 'DejaVu Sans' }
    return new Resvg(picture, { fitTo: { mode: 'zoom', value: zoom }, font: fonts }).render().asPng()
  } catch (cause) {
    throw new ArgumentError('toPng', 'a well-formed SVG', String((cause as Error)?.message ?? cause), { cause })
  }
}

function renderer(): Renderer {
  try {
    return createRequire(import.meta.filename)(PACKAGE) as Renderer
  } catch (cause) {
    throw new DependencyError('toPng', `the package ${PACKAGE} (npm install ${PACKAGE})`, 'none that loads', { cause })
  }
}
