// How reports write numbers.
import { describe } from '../checks.js'
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
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value !== 'object') return String(value)
  if (Array.isArray(value) && value.length === 0) return 'none'
  if (Array.isArray(value) && value.every((each) => typeof each !== 'object')) return value.map(valueText).join(', ')
  try {
    return JSON.stringify(value)
  } catch {
    return describe(value) // cycles, and numbers that JSON does not have
  }
}
