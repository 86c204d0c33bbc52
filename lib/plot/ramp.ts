// Colour ramps: from a number between 0 and 1 to a colour of the theme.
import { mix, type Rgb, rgbOf, type Theme } from '../draw/theme.js'

/** `sequential` from nothing to much; `diverging` from red by nothing to blue. */
export type RampName = 'sequential' | 'diverging'

/** The colour of t (0 to 1) on a ramp; t outside is taken as the nearer end. */
export function ramp(name: RampName, t: number, theme: Theme): Rgb {
  const at = Math.min(1, Math.max(0, t))
  const [blue, red] = [rgbOf(theme.colors.blue), rgbOf(theme.colors.red)]
  const ground = mix(rgbOf(theme.panel), rgbOf(theme.grid), 0.45)
  if (name === 'sequential') return mix(ground, blue, at)
  return at < 0.5 ? mix(red, ground, at * 2) : mix(ground, blue, at * 2 - 1)
}

/** The colour of text that stands out on `ground`: dark on light, light on dark (by relative luminance). */
export function inkOn([r, g, b]: Rgb): string {
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 140 ? '#1b2333' : '#ffffff'
}
