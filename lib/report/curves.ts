// Curves over the threshold of a classifier, and how far its probabilities can be believed.

/** A point of a curve. */
export type Point = readonly [x: number, y: number]

/** Curves of one class against the rest. */
export interface Ranking {
  /** The part of the others that is taken for the class, and the part of the class that is found: from (0, 0) to (1, 1). */
  readonly roc: readonly Point[]
  /** The area below it; NaN where one side has no row. */
  readonly rocAuc: number
  /** The part of the class that is found, and the part of what is taken for it that is right. */
  readonly precisionRecall: readonly Point[]
  /** Average precision; NaN where the class has no row. */
  readonly averagePrecision: number
  /** Rows of the class. */
  readonly positives: number
}

/** The curves of scores: greater ones speak for the class. Equal scores are one step. */
export function ranking(scores: ArrayLike<number>, positive: ArrayLike<boolean | number>): Ranking {
  const rows = scores.length
  const order = Uint32Array.from({ length: rows }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!)
  let positives = 0
  for (let i = 0; i < rows; i++) positives += positive[i] ? 1 : 0
  const negatives = rows - positives
  const roc: Point[] = [[0, 0]]
  const precisionRecall: Point[] = []
  let [hits, wrong, area, precision] = [0, 0, 0, 0]
  for (let k = 0; k < rows; ) {
    const score = scores[order[k]!]
    const [hitsBefore, wrongBefore] = [hits, wrong]
    for (; k < rows && scores[order[k]!] === score; k++) {
      if (positive[order[k]!]) hits++
      else wrong++
    }
    area += (wrong - wrongBefore) * (hits + hitsBefore)
    precision += (hits - hitsBefore) * (hits / (hits + wrong))
    roc.push([wrong / negatives, hits / positives])
    precisionRecall.push([hits / positives, hits / (hits + wrong)])
  }
  return {
    roc,
    rocAuc: area / 2 / (positives * negatives),
    precisionRecall,
    averagePrecision: precision / positives,
    positives,
  }
}

/** Rows whose probability lies in one range. */
export interface CalibrationBin {
  /** Their mean probability. */
  readonly confidence: number
  /** The part of them for which the event came true. */
  readonly rate: number
  readonly rows: number
}

/** Probabilities beside what came true. */
export interface Calibration {
  /** Ranges of equal width that have rows. */
  readonly bins: readonly CalibrationBin[]
  /** Expected calibration error: the mean distance of confidence and rate, weighted by rows. */
  readonly error: number
}

/** How probabilities of events and the events agree. */
export function calibration(
  probabilities: ArrayLike<number>,
  happened: ArrayLike<boolean | number>,
  count = 10,
): Calibration {
  const sums = Array.from({ length: count }, () => ({ confidence: 0, hits: 0, rows: 0 }))
  for (let i = 0; i < probabilities.length; i++) {
    const p = probabilities[i]!
    const bin = sums[Math.min(count - 1, Math.max(0, Math.floor(p * count)))]
    if (!bin) continue // NaN
    bin.confidence += p
    bin.hits += happened[i] ? 1 : 0
    bin.rows++
  }
  const bins = sums
    .filter(({ rows }) => rows > 0)
    .map(({ confidence, hits, rows }) => ({ confidence: confidence / rows, rate: hits / rows, rows }))
  const total = bins.reduce((sum, { rows }) => sum + rows, 0)
  const error = bins.reduce((sum, { confidence, rate, rows }) => sum + (rows / total) * Math.abs(confidence - rate), 0)
  return { bins, error }
}

/** At most `most` points of a curve: its ends, and those between that keep its shape best (Douglas and Peucker's way). */
export function thinned(points: readonly Point[], most: number): readonly Point[] {
  if (points.length <= most) return points
  const kept = new Set([0, points.length - 1])
  const spans: [number, number][] = [[0, points.length - 1]]
  while (kept.size < most && spans.length > 0) {
    let best = { distance: -1, at: 0, span: 0 }
    for (const [i, [from, to]] of spans.entries()) {
      const found = farthest(points, from, to)
      if (found.distance > best.distance) best = { ...found, span: i }
    }
    if (best.distance <= 1e-9) break
    const [from, to] = spans[best.span]!
    spans.splice(best.span, 1, [from, best.at], [best.at, to])
    kept.add(best.at)
  }
  return Array.from(kept)
    .sort((a, b) => a - b)
    .map((i) => points[i]!)
}

function farthest(points: readonly Point[], from: number, to: number): { distance: number; at: number } {
  const [[x0, y0], [x1, y1]] = [points[from]!, points[to]!]
  const [dx, dy] = [x1 - x0, y1 - y0]
  const length = Math.hypot(dx, dy) || 1
  let found = { distance: -1, at: from }
  for (let i = from + 1; i < to; i++) {
    const [x, y] = points[i]!
    const distance = Math.abs(dy * (x - x0) - dx * (y - y0)) / length
    if (distance > found.distance) found = { distance, at: i }
  }
  return found
}
