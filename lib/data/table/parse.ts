// Texts as numbers, dates and booleans: strict forms only, so that nothing is taken for what it is not.

// JavaScript's numbers without hexadecimal, octal and binary ones; "inf" as C and Python write it.
const NUMBER = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?)$/i
const INFINITE = /inf/i
const DATE =
  /^(\d{4})([-/])(\d{2})\2(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/

const MILLISECONDS_A_DAY = 86_400_000

/** The number that a text is, or undefined. */
export function numberOf(text: string): number | undefined {
  const trimmed = text.trim()
  if (!NUMBER.test(trimmed)) return undefined
  if (INFINITE.test(trimmed)) return trimmed.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return Number(trimmed)
}

/**
 * Milliseconds since 1970 of an ISO date or time (2024-05-31, 2024-05-31T12:30, 2024-05-31 12:30:15.250+02:00; slashes
 * instead of dashes too), or undefined. Without a zone it counts as UTC.
 */
export function dateOf(text: string): number | undefined {
  const found = DATE.exec(text.trim())
  if (!found) return undefined
  const [, year, , month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = found
  const days = daysSince1970(Number(year), Number(month), Number(day))
  if (days === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const shift = zoneMinutes(zone)
  if (shift === undefined) return undefined
  const milliseconds = Math.floor(Number(`0.${fraction}0`) * 1000 + 1e-6)
  const seconds = (Number(hour) * 60 + Number(minute) - shift) * 60 + Number(second)
  return days * MILLISECONDS_A_DAY + seconds * 1000 + milliseconds
}

function zoneMinutes(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === 'Z') return 0
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0')
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2))]
  if (hours > 23 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (60 * hours + minutes)
}

/** Days from 1970-01-01 to a day of the Gregorian calendar, or undefined if there is no such day. */
export function daysSince1970(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return undefined
  // Years from March, so that the leap day is a year's last; 400 of them have 146,097 days.
  const y = month > 2 ? year : year - 1
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  false: false,
  yes: true,
  no: false,
  t: true,
  f: false,
  y: true,
  n: false,
  on: true,
  off: false,
  1: true,
  0: false,
}

/** The boolean that a text is in a column that was said to hold booleans (true, yes, t, y, on, 1 …), or undefined. */
export function booleanOf(text: string): boolean | undefined {
  const key = text.trim().toLowerCase()
  return Object.hasOwn(truths, key) ? truths[key] : undefined
}
