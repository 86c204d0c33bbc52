// Colours of pictures, for light and for dark pages.
import { describe, oneOf } from '../checks.js'
import { ArgumentError } from '../errors.js'

/** Names of themes. Pictures paint their own background, so either is legible on any page. */
export type ThemeName = 'light' | 'dark'

const names = ['blue', 'orange', 'green', 'red', 'purple', 'teal', 'pink', 'grey'] as const
/** Names of colours that every theme has, in the order in which series take them. */
export type ColorName = (typeof names)[number]

/** The colours of one theme. */
export interface Theme {
  readonly page: string
  readonly panel: string
  readonly ink: string
  readonly muted: string
  readonly grid: string
  readonly axis: string
  readonly colors: Readonly<Record<ColorName, string>>
}

const themes: Readonly<Record<ThemeName, Theme>> = {
  light: {
    page: '#f6f7fa',
    panel: '#ffffff',
    ink: '#1b2333',
    muted: '#68738a',
    grid: '#e6e9f0',
    axis: '#c3cad8',
    colors: {
      blue: '#2f6bff',
      orange: '#e8710a',
      green: '#128a5f',
      red: '#dc2f45',
      purple: '#8250df',
      teal: '#0b8fa6',
      pink: '#d0388f',
      grey: '#8b97ad',
    },
  },
  dark: {
    page: '#0f131b',
    panel: '#171d28',
    ink: '#e8ecf4',
    muted: '#98a4ba',
    grid: '#273041',
    axis: '#46536a',
    colors: {
      blue: '#6f9bff',
      orange: '#ff9d4d',
      green: '#3fcf97',
      red: '#ff6b7d',
      purple: '#b392ff',
      teal: '#3cc8de',
      pink: '#f47fc0',
      grey: '#8592aa',
    },
  },
}

/** The theme of a name; light if none is given. */
export function themeOf(operation: string, name: ThemeName | undefined): Theme {
  return themes[oneOf(operation, 'theme', name ?? 'light', ['light', 'dark'])]
}

/** Throws unless `color` is undefined, a colour's name or hexadecimal like `#2f6bff`. */
export function checkColor(operation: string, color: unknown): void {
  if (color === undefined || names.includes(color as ColorName)) return
  if (typeof color === 'string' && /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(color)) return
  throw new ArgumentError(operation, `color to be one of ${names.join(', ')}, or like #2f6bff`, describe(color))
}

/** A checked colour in this theme; the i-th of the series' colours if none is given. */
export function colorOf(theme: Theme, color: string | undefined, i = 0): string {
  if (color === undefined) return theme.colors[names[i % names.length]!]
  return theme.colors[color as ColorName] ?? color
}

/** Red, green and blue, each 0 to 255. */
export type Rgb = readonly [number, number, number]

/** The parts of a hexadecimal colour. */
export function rgbOf(hex: string): Rgb {
  const digits = hex.length === 4 ? Array.from(hex.slice(1), (d) => d + d).join('') : hex.slice(1)
  const value = Number.parseInt(digits, 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

/** The colour that lies at `t` (0 to 1) on the way from a to b. */
export function mix(a: Rgb, b: Rgb, t: number): Rgb {
  return [0, 1, 2].map((i) => Math.round(a[i]! + (b[i]! - a[i]!) * t)) as unknown as Rgb
}

/** The colour as hexadecimal. */
export function hexOf(rgb: Rgb): string {
  return `#${rgb.map((part) => part.toString(16).padStart(2, '0')).join('')}`
}
