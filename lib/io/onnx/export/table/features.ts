// How the columns of a table become the matrix that a network reads, written in ONNX: as TablePreprocessor does it. Numbers are
// float64 until they are scaled, as there; NaN and infinities are missing.
import { ArgumentError } from '../../../../errors.js'
import { int, ints, strings, type Writer } from '../writer.js'
import { numberAt, numbersAt, objectAt, type Plain, textAt, textsAt } from './plain.js'

/** What a column becomes. */
export interface Written {
  /** The numbers [rows, width], float32. */
  readonly output: string
  readonly width: number
  /** Whether they are codes to be looked up, which stand behind all numbers. */
  readonly embedded: boolean
}

const DOMAIN = 'ai.onnx.ml'
const DAY = 86_400_000

function wide(w: Writer, value: number): string {
  return w.wide64(value)
}

// Of numbers x: which are missing, and x with `fill` in their place.
function filled(w: Writer, x: string, fill: number): { there: string; missing: string; value: string } {
  const missing = w.node('Or', [w.node('IsNaN', [x]), w.node('IsInf', [x])])
  const there = w.node('Not', [missing])
  return { there, missing, value: w.node('Where', [there, x, wide(w, fill)]) }
}

function narrow(w: Writer, x: string): string {
  return w.cast(x, 'float32')
}

function beside(w: Writer, parts: readonly string[]): string {
  return parts.length === 1 ? parts[0]! : w.node('Concat', parts, { axis: int(1) })
}

/** Numbers: scaled along a line, cut off far out, missing ones marked. */
function numeric(w: Writer, x: string, feature: Plain): Written {
  const scaler = objectAt(feature, 'scaler')
  const kind = textAt(scaler, 'transform')
  if (!['StandardScaler', 'RobustScaler', 'MinMaxScaler'].includes(kind)) {
    throw new ArgumentError('exportOnnx', 'scalers along lines in preprocessing for ONNX', kind)
  }
  const [center] = numbersAt(scaler, 'centers')
  const [scale] = numbersAt(scaler, 'scales')
  const low = kind === 'MinMaxScaler' ? numbersAt(scaler, 'range')[0]! : 0
  const limit = numberAt(feature, 'limit')
  const { missing, value } = filled(w, x, numberAt(feature, 'fill'))
  const line = w.node('Div', [w.node('Sub', [value, wide(w, center!)]), wide(w, scale!)])
  const moved = low === 0 ? line : w.node('Add', [line, wide(w, low)])
  const scaled = narrow(w, w.node('Clip', [moved, wide(w, -limit), wide(w, limit)]))
  return marked(w, [scaled], missing, feature)
}

function marked(w: Writer, parts: readonly string[], missing: string, feature: Plain): Written {
  const all = feature.indicator === true ? [...parts, narrow(w, missing)] : parts
  return { output: beside(w, all), width: all.length, embedded: false }
}

/** Booleans: 1 for what is 1, −1 for all other numbers, 0 for missing ones. */
function boolean(w: Writer, x: string, feature: Plain): Written {
  const { there, missing, value } = filled(w, x, 0)
  const truth = w.node('Where', [w.node('Equal', [value, wide(w, 1)]), wide(w, 1), wide(w, -1)])
  return marked(w, [narrow(w, w.node('Where', [there, truth, wide(w, 0)]))], missing, feature)
}

/** Dates, in milliseconds since 1970: scaled, and as points of circles. */
function date(w: Writer, x: string, feature: Plain): Written {
  const { there, missing, value } = filled(w, x, numberAt(feature, 'mean'))
  const line = w.node('Div', [
    w.node('Sub', [value, wide(w, numberAt(feature, 'mean'))]),
    wide(w, numberAt(feature, 'deviation')),
  ])
  const circles = textsAt(feature, 'rounds').flatMap((round) => {
    const part = partOf(w, value, round)
    const angle = narrow(w, w.node('Mul', [part, wide(w, 2 * Math.PI)]))
    return ['Sin', 'Cos'].map((opType) => w.node('Mul', [w.node(opType, [angle]), narrow(w, there)]))
  })
  return marked(w, [narrow(w, line), ...circles], missing, feature)
}

// The part of a day, week or year that has passed, in UTC.
function partOf(w: Writer, t: string, round: string): string {
  const days = w.node('Div', [t, wide(w, DAY)])
  if (round === 'day') return fraction(w, days)
  // 1970-01-01 was a Thursday.
  if (round === 'week') return fraction(w, w.node('Div', [w.node('Add', [days, wide(w, 4)]), wide(w, 7)]))
  return yearPart(w, days)
}

function fraction(w: Writer, x: string): string {
  return w.node('Sub', [x, w.node('Floor', [x])])
}

// The Gregorian calendar in rounds of 400 years of 146,097 days that begin with March: leap days come last.
function yearPart(w: Writer, days: string): string {
  const op = (opType: string, a: string, b: string | number) =>
    w.node(opType, [a, typeof b === 'number' ? wide(w, b) : b])
  const quotient = (a: string, b: number) => w.node('Floor', [op('Div', a, b)])
  const shifted = op('Add', days, 719_468)
  const era = quotient(shifted, 146_097)
  const time = op('Sub', shifted, op('Mul', era, 146_097))
  const day = w.node('Floor', [time])
  const leaps = op('Sub', op('Add', quotient(day, 36_524), op('Mul', quotient(day, 1_460), -1)), quotient(day, 146_096))
  const year = quotient(op('Add', day, leaps), 365)
  const before = op('Sub', op('Add', op('Mul', year, 365), quotient(year, 4)), quotient(year, 100))
  const sinceMarch = op('Sub', time, before)
  // January and February belong to the calendar year that comes then; its length is that of the year that they end.
  const late = op('GreaterOrEqual', sinceMarch, 306)
  const calendar = op('Add', op('Add', op('Mul', era, 400), year), w.cast(late, 'float64'))
  const length = op('Add', leap(w, calendar), 365)
  const early = op('Add', op('Add', sinceMarch, 59), leap(w, calendar))
  return w.node('Div', [w.node('Where', [late, op('Sub', sinceMarch, 306), early]), length])
}

// 1 for a leap year, else 0.
function leap(w: Writer, year: string): string {
  const divides = (by: number) => {
    const quotient = w.node('Div', [year, wide(w, by)])
    return w.cast(w.node('Equal', [quotient, w.node('Floor', [quotient])]), 'float64')
  }
  return w.node('Add', [w.node('Sub', [divides(4), divides(100)]), divides(400)])
}

/** Categories: texts, of which the empty one is missing unless it is a category. */
function categorical(w: Writer, x: string, feature: Plain): Written {
  const encoder = objectAt(feature, 'encoder')
  const categories = textsAt(encoder, 'categories')
  const known = encoder.missing === true && !categories.includes('') ? [...categories, ''] : categories
  const embedded = textAt(encoder, 'transform') === 'OrdinalEncoder'
  const first = embedded ? 1 : 0
  const attributes = {
    keys_strings: strings(known),
    values_int64s: ints(known.map((_, i) => i + first)),
    default_int64: int(first - 1),
  }
  const codes = w.node('LabelEncoder', [x], attributes, DOMAIN)
  if (embedded) return { output: narrow(w, codes), width: 1, embedded }
  const places = w.integers('places', Array.from(known.keys()))
  return { output: narrow(w, w.node('Equal', [codes, places])), width: known.length, embedded }
}

type WriteFeature = (w: Writer, x: string, feature: Plain) => Written

/** By kind of the column. */
export const features: Readonly<Record<string, WriteFeature>> = { numeric, boolean, date, categorical }

/** Labels of class numbers: texts. */
export function labelsOf(w: Writer, classes: string, labels: readonly string[]): string {
  const attributes = { keys_int64s: ints([...labels.keys()]), values_strings: strings(labels) }
  return w.node('LabelEncoder', [classes], attributes, DOMAIN)
}
