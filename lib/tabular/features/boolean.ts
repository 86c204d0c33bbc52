// Booleans as features: 1 and −1, 0 for missing ones, which are marked as well.
import { type BooleanColumn, type Column, MISSING_BOOLEAN } from '../../data/table/column.js'
import type { Json } from '../../io/json.js'
import type { Fields } from '../transforms/fields.js'
import { each, type Feature, type Place, type RowWriter } from './feature.js'

/** A column of booleans. */
export class BooleanFeature implements Feature {
  readonly kind = 'boolean'
  readonly name: string
  /** Whether a column of 0 and 1 says where values were missing. */
  readonly indicator: boolean

  constructor(name: string, indicator: boolean) {
    this.name = name
    this.indicator = indicator
  }

  /** Learns a column; a text says why it is of no use. */
  static fit({ name, values }: BooleanColumn): BooleanFeature | string {
    const kinds = new Set(values)
    if (kinds.size < 2) return kinds.has(MISSING_BOOLEAN) ? 'no values' : 'one value'
    return new BooleanFeature(name, kinds.has(MISSING_BOOLEAN))
  }

  get width(): number {
    return this.indicator ? 2 : 1
  }
  get outputs(): readonly string[] {
    return this.indicator ? [this.name, `${this.name} missing`] : [this.name]
  }
  get summary(): string {
    return `boolean${this.indicator ? ', missing values marked' : ''}`
  }

  writer(column: Column, place: Place): RowWriter {
    const { values } = column as BooleanColumn
    const { indicator } = this
    return (from, to) =>
      each(place, from, to, (i, at) => {
        const value = values[i]!
        if (value !== MISSING_BOOLEAN) place.out[at] = value === 1 ? 1 : -1
        else if (indicator) place.out[at + 1] = 1
      })
  }

  toJSON(): { readonly [key: string]: Json } {
    return { name: this.name, kind: this.kind, indicator: this.indicator }
  }

  /** @internal */
  static restored(fields: Fields): BooleanFeature {
    return new BooleanFeature(fields.text('name'), fields.boolean('indicator'))
  }
}
