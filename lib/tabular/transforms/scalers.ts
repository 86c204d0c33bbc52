// Scalers along straight lines: y = (x − center)/scale + low. What they learn is scikit-learn's.
import { boolean, describe, options } from '../../checks.js'
import { ArgumentError, FormatError } from '../../errors.js'
import type { Json } from '../../io/json.js'
import { type Fields, VERSION } from './fields.js'
import { isConstant, momentsOf, quantileOf } from './matrix.js'
import { ColumnTransform } from './transform.js'

/** A line. */
interface Line {
  readonly center: number
  /** Not 0. */
  readonly scale: number
}

/** Base of the scalers along lines. */
abstract class LineScaler extends ColumnTransform<Line> {
  /** What is taken off each column. */
  get centers(): readonly number[] {
    return this.columns.map(({ center }) => center)
  }
  /** What each column is then divided by; 1 for a column of equal numbers. */
  get scales(): readonly number[] {
    return this.columns.map(({ scale }) => scale)
  }

  protected override apply(x: number, { center, scale }: Line): number {
    return (x - center) / scale
  }
  protected override revert(y: number, { center, scale }: Line): number {
    return y * scale + center
  }

  protected options(): Readonly<Record<string, Json>> {
    return {}
  }
  override toJSON(): Json {
    const { centers, scales } = this
    return { transform: this.name, version: VERSION, ...this.options(), centers, scales }
  }

  /** @internal */
  restored(fields: Fields): this {
    const centers = fields.numbers('centers')
    const scales = fields.numbers('scales', centers.length)
    if (scales.includes(0)) throw new FormatError(this.name, 'scales other than 0', '0')
    return this.restore(Array.from(centers, (center, i) => ({ center, scale: scales[i]! })))
  }
}

/** Mean 0 and standard deviation 1: (x − mean)/√variance, with the variance of the population. */
export class StandardScaler extends LineScaler {
  protected override learn(values: Float64Array): Line {
    const moments = momentsOf(values)
    return { center: moments.mean, scale: isConstant(moments, values.length) ? 1 : moments.deviation }
  }
}

/** Options of {@link MinMaxScaler}. */
export interface MinMaxScalerOptions {
  /** What the smallest and the largest number become. Default [0, 1]. */
  range?: readonly [low: number, high: number]
  /** Whether numbers outside those of fit are cut off to the range. Default false. */
  clip?: boolean
}

/** From smallest and largest number to a range. */
export class MinMaxScaler extends LineScaler {
  readonly range: readonly [low: number, high: number]
  readonly clip: boolean

  constructor(given?: MinMaxScalerOptions) {
    super()
    const { range = [0, 1], clip = false } = options('MinMaxScaler', given, ['range', 'clip'])
    const ordered = Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && range[0] < range[1]
    if (!ordered) throw new ArgumentError('MinMaxScaler', 'range as [low, high] with low < high', describe(range))
    this.range = Object.freeze([range[0], range[1]] as const)
    this.clip = boolean('MinMaxScaler', 'clip', clip)
  }

  protected override learn(values: Float64Array): Line {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (const value of values) {
      if (value < low) low = value
      if (value > high) high = value
    }
    if (values.length === 0) return { center: 0, scale: 1 }
    const extent = this.range[1] - this.range[0]
    // Divided one by one, so that the extent of the largest numbers does not overflow.
    const scale = high / extent - low / extent
    return { center: low, scale: scale > 0 ? scale : 1 / extent }
  }
  protected override apply(x: number, line: Line): number {
    const y = super.apply(x, line) + this.range[0]
    return this.clip ? Math.min(Math.max(y, this.range[0]), this.range[1]) : y
  }
  protected override revert(y: number, line: Line): number {
    return super.revert(y - this.range[0], line)
  }
  protected override options(): Readonly<Record<string, Json>> {
    return { range: this.range, clip: this.clip }
  }
}

/** Options of {@link RobustScaler}. */
export interface RobustScalerOptions {
  /** The quantiles, as parts from 0 to 1, whose distance becomes 1. Default [0.25, 0.75]. */
  quantiles?: readonly [low: number, high: number]
}

/** (x − median)/(distance of two quantiles): outliers do not count. */
export class RobustScaler extends LineScaler {
  readonly quantiles: readonly [low: number, high: number]

  constructor(given?: RobustScalerOptions) {
    super()
    const { quantiles = [0.25, 0.75] } = options('RobustScaler', given, ['quantiles'])
    const usable = Array.isArray(quantiles) && quantiles.length === 2 && quantiles[0] < quantiles[1]
    if (!usable || !(quantiles[0] >= 0 && quantiles[1] <= 1)) {
      throw new ArgumentError('RobustScaler', 'quantiles as [low, high] with 0 ≤ low < high ≤ 1', describe(quantiles))
    }
    this.quantiles = Object.freeze([quantiles[0], quantiles[1]] as const)
  }

  protected override learn(values: Float64Array): Line {
    if (values.length === 0) return { center: 0, scale: 1 }
    const sorted = values.slice().sort()
    const scale = quantileOf(sorted, this.quantiles[1]) - quantileOf(sorted, this.quantiles[0])
    return { center: quantileOf(sorted, 0.5), scale: scale > 10 * Number.EPSILON ? scale : 1 }
  }
  protected override options(): Readonly<Record<string, Json>> {
    return { quantiles: this.quantiles }
  }
}

/** A scaler along lines from the fields of its JSON. */
export function lineScalerOf(fields: Fields, name: 'StandardScaler' | 'MinMaxScaler' | 'RobustScaler'): LineScaler {
  if (name === 'StandardScaler') return new StandardScaler().restored(fields)
  const pair = (key: string) => Array.from(fields.numbers(key, 2)) as unknown as [number, number]
  if (name === 'RobustScaler') return new RobustScaler({ quantiles: pair('quantiles') }).restored(fields)
  return new MinMaxScaler({ range: pair('range'), clip: fields.boolean('clip') }).restored(fields)
}
