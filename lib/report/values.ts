// The part of a report about predicted values: predictions beside the truth, and what is left over.
import { gallery, HEIGHT, htmlTable, WIDTH } from './html.js'
import { numberText } from './numbers.js'
import type { ValueComparison } from './predictions.js'

const DOTS = 600 // rows drawn as points
const BINS = 21

/** Charts and a table of predicted values. */
export function valueSection({ name, truth, predicted }: ValueComparison): string {
  const rows = truth.length
  const residuals = Float64Array.from(truth, (value, i) => predicted[i]! - value)
  const stride = Math.max(1, Math.ceil(rows / DOTS))
  const some = Array.from({ length: Math.ceil(rows / stride) }, (_, i) => i * stride)
  const of = rows > some.length ? ` Shown are ${some.length} of ${rows.toLocaleString('en-US')} rows.` : ''
  const [low, high] = rangeOf([...truth, ...predicted])
  const x = some.map((i) => truth[i]!)
  const ends = { x: [low, high], marks: 'lines', dashed: true, color: 'grey' } as const
  const size = { width: WIDTH, height: HEIGHT + 30 }
  const { labels, counts } = histogram(residuals)
  const sorted = Float64Array.from(residuals, Math.abs).sort()
  const at = (part: number) => sorted[Math.min(rows - 1, Math.floor(part * rows))]!
  const quantiles = [0.5, 0.8, 0.9, 0.95, 0.99].map((part) => [
    `${100 * part} % of the rows`,
    `within ± ${numberText(at(part))}`,
  ])
  return [
    gallery([
      {
        title: 'Predicted and true',
        alt: `Predicted values of ${name} over the true ones, for ${some.length} rows`,
        caption: `Each point is a row; on the dashed line the prediction is exact.${of}`,
        panel: {
          kind: 'lines',
          ...size,
          legend: 'none',
          series: [
            { x, y: some.map((i) => predicted[i]!), marks: 'points' },
            { ...ends, y: [low, high] },
          ],
          x: { label: `true ${name}` },
          y: { label: 'predicted' },
        },
      },
      {
        title: 'Residuals',
        alt: `Prediction minus truth over the predictions of ${name}`,
        caption: 'Prediction minus truth. A network that has learnt all there is leaves no pattern around 0.',
        panel: {
          kind: 'lines',
          ...size,
          legend: 'none',
          series: [
            { x: some.map((i) => predicted[i]!), y: some.map((i) => residuals[i]!), marks: 'points', color: 'orange' },
            { x: rangeOf(some.map((i) => predicted[i]!)), y: [0, 0], marks: 'lines', dashed: true, color: 'grey' },
          ],
          x: { label: 'predicted' },
          y: { label: 'residual' },
        },
      },
      {
        title: 'How residuals are spread',
        alt: `Histogram of prediction minus truth; half of the rows are within ± ${numberText(at(0.5))}`,
        caption: 'How often the prediction was off by how much.',
        panel: {
          kind: 'bars',
          ...size,
          values: false,
          labels,
          series: [{ values: counts, color: 'orange' }],
          y: { label: 'rows' },
        },
      },
    ]),
    `<h3>How far off</h3>${htmlTable('Size of the errors', ['part', 'error'], quantiles, [1])}`,
  ].join('\n')
}

function rangeOf(values: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return low <= high ? [low, high] : [0, 1]
}

// Counts in ranges of equal width around 0; every third range is labelled.
function histogram(values: Float64Array): { labels: string[]; counts: number[] } {
  const sizes = Float64Array.from(values, Math.abs).filter(Number.isFinite).sort()
  const reach = sizes[Math.floor(0.99 * (sizes.length - 1))] || 1
  const width = (2 * reach) / BINS
  const counts = new Array<number>(BINS).fill(0)
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    counts[Math.min(BINS - 1, Math.max(0, Math.floor((value + reach) / width)))]!++
  }
  const labels = counts.map((_, i) =>
    i % 5 === 0 ? numberText(Number((-reach + (i + 0.5) * width).toPrecision(2))) : '',
  )
  return { labels, counts }
}
