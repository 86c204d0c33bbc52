// The report of the gradient check: what was compared, what is off and by how much, as data and as text.
import type { Tensor } from '../tensor/tensor.js'

/** One element whose gradient was compared. */
export interface GradientEntry {
  /** `input 0` or a parameter's name. */
  readonly input: string
  /** Flat index of the element; 0 for numbers. */
  readonly index: number
  /** The same as an index per axis, as text: `[1, 2]`. */
  readonly position: string
  /** What backward gives. Of several outputs, both are gradients of one fixed weighted sum. */
  readonly analytic: number
  /** The central difference. */
  readonly numerical: number
  /** |analytic − numerical| */
  readonly error: number
  /** What may explain a difference: a value that is not finite, or a kink. */
  readonly note?: string
}

/** The result of {@link checkGradients}; prints as text. */
export interface GradientReport {
  /** Whether every element is within tolerance. */
  readonly ok: boolean
  /** How many elements were compared. */
  readonly compared: number
  /** The elements out of tolerance, worst first. */
  readonly failures: readonly GradientEntry[]
  /** The element with the largest error relative to its tolerance. */
  readonly worst: GradientEntry | undefined
  /** What is wrong with the function itself: outputs that are not finite, or differ from call to call. */
  readonly problems: readonly string[]
  toString(): string
}

/** What compare() needs: where to put a number, and what comes out then. */
export interface Probe {
  readonly at: number
  readonly set: (x: number) => void
  readonly loss: () => number
  /** The loss with nothing changed. */
  readonly here: number
}

// Optimal step of central differences in float64: the cube root of its epsilon.
const STEP = Number.EPSILON ** (1 / 3)

/** Central differences beside an analytic gradient. */
export function compare(
  place: Pick<GradientEntry, 'input' | 'index' | 'position'>,
  analytic: number,
  { at, set, loss, here }: Probe,
): GradientEntry {
  const h = STEP * Math.max(1, Math.abs(at))
  set(at + h)
  const above = loss()
  set(at - h)
  const below = loss()
  set(at)
  const numerical = (above - below) / (at + h - (at - h))
  const note = noteOf(analytic, numerical, (above - here) / h, (here - below) / h)
  const entry = { ...place, analytic, numerical, error: Math.abs(analytic - numerical) }
  return note === undefined ? entry : { ...entry, note }
}

function noteOf(analytic: number, numerical: number, right: number, left: number): string | undefined {
  if (!Number.isFinite(analytic)) return `backward gives ${analytic}`
  if (!Number.isFinite(numerical)) return 'the function is not finite near here'
  // Slopes of a smooth function differ by about h·f″ from side to side; those of a kink by their own size.
  const isKink = Math.abs(right - left) > 1e-6 + 1e-2 * Math.max(Math.abs(right), Math.abs(left))
  return isKink ? `slopes ${short(left)} and ${short(right)} on the two sides: a kink?` : undefined
}

function short(x: number): string {
  return String(Number(x.toPrecision(3)))
}

/** The index per axis of a flat index, as text. */
export function positionText({ shape }: Tensor, index: number): string {
  const position: number[] = []
  for (let axis = shape.length - 1, rest = index; axis >= 0; axis--) {
    position.unshift(rest % shape[axis]!)
    rest = Math.floor(rest / shape[axis]!)
  }
  return `[${position.join(', ')}]`
}

function lineOf({ input, position, analytic, numerical, error }: GradientEntry): string {
  return `${input}${position}: analytic ${analytic}, numerical ${numerical}, off by ${error.toExponential(2)}`
}

function failureLine(entry: GradientEntry): string {
  return entry.note === undefined ? lineOf(entry) : `${lineOf(entry)} (${entry.note})`
}

/** Ranks the elements by their errors. */
export function reportOf(
  name: string,
  entries: readonly GradientEntry[],
  { rtol, atol }: { rtol: number; atol: number },
  problems: readonly string[],
): GradientReport {
  const excess = (e: GradientEntry) => {
    const ratio = e.error / (atol + rtol * Math.abs(e.numerical))
    return Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio
  }
  const ranked = [...entries].sort((a, b) => (excess(a) === excess(b) ? 0 : excess(b) - excess(a)))
  const failures = ranked.filter((e) => excess(e) > 1)
  return {
    ok: failures.length === 0 && problems.length === 0,
    compared: entries.length,
    failures,
    worst: ranked[0],
    problems,
    toString() {
      const agree = entries.length - failures.length
      const head = `checkGradients(${name}): ${agree} of ${entries.length} elements agree (rtol ${rtol}, atol ${atol})`
      const shown = failures.slice(0, 10).map((e) => `  ${failureLine(e)}`)
      const more = failures.length > 10 ? [`  … and ${failures.length - 10} more`] : []
      const worst = failures.length === 0 && ranked[0] ? [`  largest error at ${lineOf(ranked[0])}`] : []
      return [head, ...problems.map((p) => `  ${p}`), ...shown, ...more, ...worst].join('\n')
    },
  }
}
