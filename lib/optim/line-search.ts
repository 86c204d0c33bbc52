// A line search for the strong Wolfe conditions (Nocedal & Wright, algorithms 3.5 and 3.6), with the constants and safeguards of
// torch.optim.LBFGS: sufficient decrease 1e-4, curvature 0.9, cubic interpolation, at most 25 evaluations more.
import { native } from '../native/load.js'
import type { FloatArray } from '../tensor/dtype.js'

/** Loss and gradient somewhere. */
export interface Point {
  readonly loss: number
  readonly gradient: FloatArray
}

/** A point along the direction. */
interface Step extends Point {
  /** How far along the direction. */
  readonly length: number
  /** Derivative of the loss along the direction. */
  readonly slope: number
}

/** Where a search ended. */
export interface Found extends Point {
  readonly length: number
  readonly evaluations: number
}

const DECREASE = 1e-4
const CURVATURE = 0.9
const MOST = 25

/**
 * @param at - evaluates the loss so far along the direction
 * @param start - where it begins
 * @param slope - of the loss there, along the direction; negative
 * @param length - to try first
 * @param tolerance - brackets are made no smaller
 */
export function* strongWolfe(
  at: (length: number) => Generator<void, Point, number>,
  start: Point,
  direction: FloatArray,
  slope: number,
  length: number,
  tolerance: number,
): Generator<void, Found, number> {
  let evaluations = 0
  const step = function* (length: number): Generator<void, Step, number> {
    evaluations++
    const { loss, gradient } = yield* at(length)
    const finite = Number.isFinite(loss)
    const along = finite ? native().dot(gradient, direction) : Number.POSITIVE_INFINITY
    return { length, loss: finite ? loss : Number.POSITIVE_INFINITY, gradient, slope: along }
  }
  const origin: Step = { ...start, length: 0, slope }
  const tooHigh = (s: Step) => s.loss > origin.loss + DECREASE * s.length * slope
  const flat = (s: Step) => Math.abs(s.slope) <= -CURVATURE * slope
  const ended = ({ loss, gradient, length }: Step): Found => ({ loss, gradient, length, evaluations })

  // Goes on until two lengths have a minimum between them.
  let before = origin
  let now = yield* step(length)
  let tries = 0
  for (; tries < MOST; tries++) {
    if (tooHigh(now) || (tries > 1 && now.loss >= before.loss)) break
    if (flat(now)) return ended(now)
    if (now.slope >= 0) break
    const lowest = now.length + 0.01 * (now.length - before.length)
    const next = cubicMinimum(before, now, lowest, now.length * 10)
    before = now
    now = yield* step(next)
  }
  const ends: [Step, Step] = tries === MOST ? [origin, now] : [before, now]

  // Shrinks the bracket around it.
  const widest = largest(direction)
  let [low, high] = ends[0].loss <= ends[1].loss ? [0, 1] : [1, 0]
  let slow = false
  while (tries++ < MOST) {
    const [from, to] = [Math.min(ends[0].length, ends[1].length), Math.max(ends[0].length, ends[1].length)]
    if ((to - from) * widest < tolerance) break
    let next: number = cubicMinimum(ends[0], ends[1], from, to)
    const margin = 0.1 * (to - from)
    if (Math.min(to - next, next - from) < margin) {
      // Twice near an end, or at it: a little inside.
      const inside: boolean = slow || next >= to || next <= from
      if (inside) next = Math.abs(next - to) < Math.abs(next - from) ? to - margin : from + margin
      slow = !inside
    } else slow = false
    const tried = yield* step(next)
    if (tooHigh(tried) || tried.loss >= ends[low]!.loss) {
      ends[high] = tried
      ;[low, high] = ends[0].loss <= ends[1].loss ? [0, 1] : [1, 0]
      continue
    }
    if (flat(tried)) return ended(tried)
    if (tried.slope * (ends[high]!.length - ends[low]!.length) >= 0) ends[high] = ends[low]!
    ends[low] = tried
  }
  return ended(ends[low]!)
}

// The minimum of the cubic through two points with their slopes, within bounds; their middle where it has none.
function cubicMinimum(a: Step, b: Step, lowest: number, highest: number): number {
  const [left, right] = a.length <= b.length ? [a, b] : [b, a]
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.length - b.length)
  const square = d1 * d1 - a.slope * b.slope
  if (!(square >= 0) || !Number.isFinite(square)) return (lowest + highest) / 2
  const d2 = Math.sqrt(square)
  const share = (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2)
  return Math.min(Math.max(right.length - (right.length - left.length) * share, lowest), highest)
}

function largest(x: FloatArray): number {
  let most = 0
  for (const v of x) if (!(Math.abs(v) <= most)) most = Math.abs(v)
  return most
}
