// Axes: from values to places, and the round numbers that stand beside them.
import { boolean, describe, finite, options } from '../checks.js'
import { numberText } from '../draw/numbers.js'
import { ArgumentError } from '../errors.js'

/** An axis of a chart. */
export interface PlotAxis {
  /** What the axis shows. */
  label?: string
  /** Whether it is logarithmic; values ≤ 0 then lie at its lower end. Default false. */
  log?: boolean
  /** Where it begins. Default: from the values. */
  min?: number
  /** Where it ends. Default: from the values. */
  max?: number
  /** How its numbers are written. Default: in four digits. */
  format?: (value: number) => string
}

/** An axis made up: where values lie on it, from 0 to 1, and its ticks. */
export interface Scale {
  readonly label: string
  readonly ticks: readonly number[]
  at(value: number): number
  format(value: number): string
}

/** What an axis does beyond what the user says. */
interface Habits {
  /** Ends at the values themselves and not at round numbers around them. */
  tight?: boolean
  /** How many ticks there should be about. */
  ticks?: number
  /** Shows 0 always (not if logarithmic). */
  zero?: boolean
}

/** Makes an axis for some values; those that are not finite do not count. */
export function scaleOf(
  operation: string,
  name: string,
  given: PlotAxis | undefined,
  values: Iterable<number>,
  habits: Habits = {},
): Scale {
  const {
    label = '',
    log = false,
    min,
    max,
    format = numberText,
  } = options(operation, given, ['label', 'log', 'min', 'max', 'format'])
  if (typeof label !== 'string') throw new ArgumentError(operation, `${name}.label to be a string`, describe(label))
  if (typeof format !== 'function')
    throw new ArgumentError(operation, `${name}.format to be a function`, describe(format))
  boolean(operation, `${name}.log`, log)
  for (const [end, value] of Object.entries({ min, max })) {
    if (value === undefined) continue
    finite(operation, `${name}.${end}`, value)
    if (log && value <= 0)
      throw new ArgumentError(operation, `${name}.${end} > 0 on a logarithmic axis`, describe(value))
  }
  if (min !== undefined && max !== undefined && !(min < max)) {
    throw new ArgumentError(operation, `${name}.min below ${name}.max`, `${min} and ${max}`)
  }
  const [low, high, whole] = range(values, log, habits.zero === true)
  const made = (log ? logarithmic : linear)(min ?? low, max ?? high, whole, habits.ticks ?? 5)
  const first = min ?? (habits.tight ? low : Math.min(low, made[0]!))
  const last = max ?? (habits.tight ? high : Math.max(high, made.at(-1)!))
  const ticks = made.filter((tick) => tick >= first - 1e-9 * Math.abs(first) && tick <= last + 1e-9 * Math.abs(last))
  const along = log ? (value: number) => Math.log(Math.max(value, first)) : Number
  const [from, to] = first < last ? [along(first), along(last)] : [along(first) - 1, along(first) + 1]
  return { label, ticks, format: (value) => String(format(value)), at: (value) => (along(value) - from) / (to - from) }
}

/** Least and greatest of the finite values (the positive ones, if logarithmic), and whether all are whole. */
function range(values: Iterable<number>, log: boolean, zero: boolean): [low: number, high: number, whole: boolean] {
  let [low, high, whole] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true]
  for (const value of values) {
    if (!Number.isFinite(value) || (log && value <= 0)) continue
    if (value < low) low = value
    if (value > high) high = value
    if (!Number.isInteger(value)) whole = false
  }
  if (low > high) return log ? [0.1, 1, false] : [0, 1, false]
  return zero && !log ? [Math.min(low, 0), Math.max(high, 0), whole] : [low, high, whole]
}

// Round numbers that enclose [low, high], about `count` of them.
function linear(low: number, high: number, whole: boolean, count: number): number[] {
  const rough = (high - low || Math.abs(high) || 1) / Math.max(1, count - 1)
  const power = 10 ** Math.floor(Math.log10(rough))
  const steps = [1, 2, 2.5, 5, 10].map((factor) => factor * power)
  const fits = (step: number) => step >= rough * (1 - 1e-9) && (!whole || Number.isInteger(step))
  const step = steps.find(fits) ?? 1
  const first = Math.floor(low / step + 1e-9)
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9))
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

// Powers of ten that enclose [low, high]; 1, 2, 5, 10 … over less than three decades.
function logarithmic(low: number, high: number, _whole: boolean, count: number): number[] {
  const [from, to] = [Math.floor(Math.log10(low) + 1e-9), Math.ceil(Math.log10(high) - 1e-9)]
  const decades = Math.max(1, to - from)
  const stride = Math.max(1, Math.round(decades / (count + 2)))
  const all: number[] = []
  for (let power = from; power <= to + stride - 1; power += stride) {
    for (const factor of decades > 2 ? [1] : [1, 2, 5]) all.push(Number((factor * 10 ** power).toPrecision(1)))
  }
  const first = all.filter((tick) => tick <= low * (1 + 1e-9)).length - 1
  const last = all.findIndex((tick) => tick >= high * (1 - 1e-9))
  return all.slice(Math.max(0, first), (last < 0 ? all.length : Math.max(first + 1, last)) + 1)
}
