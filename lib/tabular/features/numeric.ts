// Numbers as features: scaled, with a number in the place of missing ones and a column that says where they were missing.

import type { Column, NumericColumn } from '../../data/table/column.js'
import { FormatError } from '../../errors.js'
import type { Json } from '../../io/json.js'
import { Fields } from '../transforms/fields.js'
import { finiteOf, matrixOf, quantileOf } from '../transforms/matrix.js'
import { QuantileTransformer } from '../transforms/quantile.js'
import { lineScalerOf, MinMaxScaler, RobustScaler, StandardScaler } from '../transforms/scalers.js'
import type { ColumnTransform } from '../transforms/transform.js'
import { each, type Feature, type Place, type RowWriter } from './feature.js'

/** How numbers are scaled. */
export type NumericScaling = 'standard' | 'robust' | 'minMax' | 'quantile'

/** All of {@link NumericScaling}. */
export const scalings: readonly NumericScaling[] = ['standard', 'robust', 'minMax', 'quantile']

const makers = {
  standard: () => new StandardScaler(),
  robust: () => new RobustScaler(),
  minMax: () => new MinMaxScaler({ range: [-1, 1] }),
  quantile: () => new QuantileTransformer({ output: 'normal', quantiles: 200 }),
} satisfies Record<NumericScaling, () => ColumnTransform<never> | unknown>

type Scaler = StandardScaler | RobustScaler | MinMaxScaler | QuantileTransformer
const names = ['StandardScaler', 'RobustScaler', 'MinMaxScaler', 'QuantileTransformer'] as const

// Beyond this many scales a number counts as this far out: typing errors cannot make float32 overflow.
const LIMIT = 20

/** A column of numbers. NaN and infinities are missing. */
export class NumericFeature implements Feature {
  readonly kind = 'numeric'
  readonly name: string
  readonly scaler: Scaler
  /** What stands for a missing number, in the column's own units. */
  readonly fill: number
  /** Whether a column of 0 and 1 says where numbers were missing. */
  readonly indicator: boolean

  constructor(name: string, scaler: Scaler, fill: number, indicator: boolean) {
    this.name = name
    this.scaler = scaler
    this.fill = fill
    this.indicator = indicator
  }

  /** Learns a column; a text says why it is of no use. */
  static fit(column: NumericColumn, scaling: NumericScaling): NumericFeature | string {
    const matrix = matrixOf('TablePreprocessor', column)
    const values = finiteOf(matrix, 0)
    const missing = values.length < matrix.rows
    if (values.length === 0) return 'no values'
    if (values.every((value) => value === values[0]) && !missing) return 'one value'
    const scaler = makers[scaling]() as Scaler
    scaler.fit(values)
    const fill = scaler instanceof StandardScaler ? scaler.centers[0]! : quantileOf(values.sort(), 0.5)
    return new NumericFeature(column.name, scaler, fill, missing)
  }

  get width(): number {
    return this.indicator ? 2 : 1
  }
  get outputs(): readonly string[] {
    return this.indicator ? [this.name, `${this.name} missing`] : [this.name]
  }
  get summary(): string {
    return `numeric, ${this.scaler.name}${this.indicator ? ', missing values marked' : ''}`
  }

  writer(column: Column, place: Place): RowWriter {
    const { values } = column as NumericColumn
    const { scaler, fill, indicator } = this
    const { out } = place
    return (from, to) =>
      each(place, from, to, (i, at) => {
        const x = values[i]!
        const there = x - x === 0
        const y = scaler.value(there ? x : fill)
        out[at] = Math.min(Math.max(y, -LIMIT), LIMIT)
        if (indicator && !there) out[at + 1] = 1
      })
  }

  toJSON(): { readonly [key: string]: Json } {
    const { name, kind, fill, indicator, scaler } = this
    return { name, kind, fill, indicator, limit: LIMIT, scaler: scaler.toJSON() }
  }

  /** @internal */
  static restored(fields: Fields): NumericFeature {
    const inner = new Fields('TablePreprocessor', 'a scaler', fields.object('scaler'))
    const name = inner.oneOf('transform', names)
    inner.checkTransform(name)
    const scaler =
      name === 'QuantileTransformer' ? QuantileTransformer.restored(inner) : (lineScalerOf(inner, name) as Scaler)
    if (scaler.size !== 1) throw new FormatError('TablePreprocessor', 'scalers of one column', String(scaler.size))
    return new NumericFeature(fields.text('name'), scaler, fields.number('fill'), fields.boolean('indicator'))
  }
}
