// How reports write numbers.
import { numberText as digits } from '../draw/numbers.js'

/** Four digits; – for what is no number. */
export function numberText(value: number): string {
  return Number.isFinite(value) ? digits(value) : '–'
}

/** A part from 0 to 1 as a percentage. */
export function percentText(part: number): string {
  return Number.isFinite(part) ? `${(100 * part).toFixed(1)} %` : '–'
}

/** A value of any kind, as settings have them. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'number') return numberText(value)
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueText).join(', ')
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
