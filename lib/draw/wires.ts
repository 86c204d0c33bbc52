// Wires of layered drawings as SVG.
import type { Piece } from './layers.js'
import { round } from './svg.js'
import type { Theme } from './theme.js'

/** The path of a piece of wire that starts `core` behind the middle of its block. */
export function pathOf({ x0, x1, y1, x2, y2 }: Piece, core: number): string {
  const start = `M${round(x0 + core)} ${round(y1)}`
  if (Math.abs(y1 - y2) < 0.01) return `${start}H${round(x2)}`
  const middle = round((x1 + x2) / 2)
  return `${start}H${round(x1)}C${middle} ${round(y1)} ${middle} ${round(y2)} ${round(x2)} ${round(y2)}`
}

/** A dot wherever a wire branches. */
export function branchDots(pieces: readonly Piece[], theme: Theme): string[] {
  const dots = pieces.flatMap(({ x1, y1, branches }) =>
    branches ? [`<circle cx="${round(x1)}" cy="${round(y1)}" r="3" fill="${theme.muted}"/>`] : [],
  )
  return [...new Set(dots)]
}
