// Small pieces of SVG, and how wide text will be.
import type { Theme } from './theme.js'

/** A rectangle of a picture. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** How a line of text looks. */
export interface TextStyle {
  size?: number
  weight?: number
  anchor?: 'start' | 'middle' | 'end'
  fill: string
  /** Degrees, clockwise around the text's place. */
  turn?: number
}

const FONT = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"

/** A whole picture; its name is what screen readers say. */
export function svg(width: number, height: number, name: string, theme: Theme, content: readonly string[]): string {
  const [w, h] = [Math.ceil(width), Math.ceil(height)]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" font-family="${FONT}" role="img">`,
    `<title>${escaped(name)}</title>`,
    `<rect width="${w}" height="${h}" fill="${theme.page}"/>`,
    ...content,
    '</svg>\n',
  ].join('\n')
}

/** A line of text with its baseline at y. */
export function text(
  x: number,
  y: number,
  content: string | number,
  { size = 13, weight = 400, anchor = 'start', fill, turn }: TextStyle,
): string {
  const turned = turn === undefined ? '' : ` transform="rotate(${turn} ${round(x)} ${round(y)})"`
  const place = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${turned}`
  return `<text ${place} font-size="${size}" font-weight="${weight}" fill="${fill}">${escaped(String(content))}</text>`
}

/** A card: what a chart stands on. */
export function card(box: Box, theme: Theme): string {
  return `<rect ${placed(box)} rx="12" fill="${theme.panel}" stroke="${theme.grid}"/>`
}

/** The attributes of a rectangle. */
export function placed({ x, y, width, height }: Box): string {
  return `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`
}

/** A coordinate with two decimals; what is not finite would break the picture and becomes 0. */
export function round(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 100) / 100 + 0 : 0
}

/** Text that XML takes: markup escaped; control characters and lone surrogates, which XML forbids, replaced. */
export function escaped(content: string): string {
  return content
    .replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
    .replace(/[\n\t]/g, ' ')
    .replace(/\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu, '\ufffd')
}

/** Text of at most `length` characters, an ellipsis at the end of what was longer. */
export function shortened(content: string, length: number): string {
  const letters = Array.from(content)
  return letters.length <= length ? content : `${letters.slice(0, length - 1).join('')}…`
}

// Widths in em, those of wide sans-serif fonts: what is measured so fits whatever font is there.
const widths: readonly (readonly [RegExp, number])[] = [
  [/[ijl.,:;'|!·]/, 0.32],
  [/[ ftr()[\]{}\-/"I]/, 0.4],
  [/[mwMW@%…⋯]/, 0.95],
  [/[A-Z+=<>×−÷±∇]/, 0.7],
  [/[\u2e80-\uffff]/, 1],
]

/** About how wide a line of text is, rather too wide than too narrow. */
export function textWidth(content: string, size: number): number {
  let em = 0
  for (const letter of content) em += widths.find(([letters]) => letters.test(letter))?.[1] ?? 0.62
  return em * size
}
