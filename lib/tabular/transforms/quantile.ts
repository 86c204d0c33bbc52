// QuantileTransformer: numbers become their place among those of fit, evenly or normally distributed.
import { describe, integer, oneOf, options } from '../../checks.js'
import { FormatError } from '../../errors.js'
import type { Json } from '../../io/json.js'
import { Fields, VERSION } from './fields.js'
import { quantileOf } from './matrix.js'
import { normalCdf, normalQuantile } from './normal.js'
import { ColumnTransform } from './transform.js'

/** Options of {@link QuantileTransformer}. */
export interface QuantileTransformerOptions {
  /** Quantiles that are kept of a column, at most as many as it has rows. Default 1000. */
  quantiles?: number
  /** What the numbers then are distributed like. Default uniform. */
  output?: 'uniform' | 'normal'
}

const outputs = ['uniform', 'normal'] as const
// As in scikit-learn: what lies closer to an end counts as the end, and normal numbers stay within ±5.2.
const BOUND = 1e-7
const MOST = normalQuantile(1 - (BOUND - Number.EPSILON / 2))

/**
 * The quantile of each number among those of fit, in [0, 1]; or, as `normal`, what a standard normal variable has there. Equal
 * numbers get the middle of their quantiles, numbers outside those of fit the ends. inverse goes back between neighbours on a
 * straight line.
 */
export class QuantileTransformer extends ColumnTransform<Float64Array> {
  readonly quantiles: number
  readonly output: 'uniform' | 'normal'

  constructor(given?: QuantileTransformerOptions) {
    super()
    const { quantiles = 1000, output = 'uniform' } = options('QuantileTransformer', given, ['quantiles', 'output'])
    this.quantiles = integer('QuantileTransformer', 'quantiles', quantiles, 2, 1e6)
    this.output = oneOf('QuantileTransformer', 'output', output, outputs)
  }

  protected override learn(values: Float64Array, rows: number): Float64Array {
    const sorted = values.slice().sort()
    const count = sorted.length === 0 ? 0 : Math.min(this.quantiles, rows)
    return Float64Array.from({ length: count }, (_, i) => quantileOf(sorted, count === 1 ? 0 : i / (count - 1)))
  }

  protected override apply(x: number, quantiles: Float64Array): number {
    if (Number.isNaN(x) || quantiles.length === 0) return x
    const p = placeOf(x, quantiles, this.output === 'normal' ? BOUND : 0)
    if (this.output === 'uniform') return p
    return Math.min(Math.max(normalQuantile(p), -MOST), MOST)
  }

  protected override revert(y: number, quantiles: Float64Array): number {
    if (Number.isNaN(y) || quantiles.length === 0) return y
    const p = this.output === 'normal' ? normalCdf(y) : y
    const bound = this.output === 'normal' ? BOUND : 0
    if (p - bound <= 0) return quantiles[0]!
    return p + bound >= 1 ? quantiles.at(-1)! : quantileOf(quantiles, p)
  }

  override toJSON(): Json {
    const { name, quantiles, output } = this
    const columns = this.columns.map((column) => Array.from(column))
    return { transform: name, version: VERSION, quantiles, output, columns }
  }

  /** @internal */
  static restored(fields: Fields): QuantileTransformer {
    const name = 'QuantileTransformer'
    const made = new QuantileTransformer({
      quantiles: fields.integer('quantiles', 2, 1e6),
      output: fields.oneOf('output', outputs),
    })
    const columns = fields.list('columns').map((each, j) => {
      const column = new Fields(name, `column ${j}`, { values: each }).numbers('values')
      if (column.length > made.quantiles) throw new FormatError(name, 'as many quantiles as told', describe(column))
      const back = column.findIndex((value, i) => i > 0 && value < column[i - 1]!)
      if (back > 0) throw new FormatError(name, 'quantiles that rise', String(column[back]))
      return column
    })
    return made.restore(columns)
  }
}

function placeOf(x: number, quantiles: Float64Array, bound: number): number {
  const last = quantiles.length - 1
  // Equal ends first to the lower, then to the upper one, as scikit-learn writes them.
  if (bound > 0 ? x - bound < quantiles[0]! : x <= quantiles[0]!) return 0
  if (bound > 0 ? x + bound > quantiles[last]! : x >= quantiles[last]!) return 1
  const low = firstAtLeast(quantiles, x)
  // Equal quantiles: the middle of their places.
  if (quantiles[low] === x) {
    let high = low
    while (high < last && quantiles[high + 1] === x) high++
    return (low + high) / (2 * last)
  }
  const [a, b] = [quantiles[low - 1]!, quantiles[low]!]
  return (low - 1 + (x - a) / (b - a)) / last
}

function firstAtLeast(sorted: Float64Array, x: number): number {
  let [from, to] = [0, sorted.length - 1]
  while (from < to) {
    const middle = (from + to) >> 1
    if (sorted[middle]! < x) from = middle + 1
    else to = middle
  }
  return from
}
