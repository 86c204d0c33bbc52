// Categories as features: few of them as columns of 0 and 1, many as codes to look up in an embedding.
import type { CategoricalColumn, Column } from '../../data/table/column.js'
import type { Json } from '../../io/json.js'
import { categoriesOf } from '../transforms/categories.js'
import { categoryEncoderOf, OneHotEncoder, OrdinalEncoder } from '../transforms/encoders.js'
import { Fields } from '../transforms/fields.js'
import { each, type Feature, type Place, type RowWriter } from './feature.js'

// With more rows than this, a category for nearly every row is a name or a number of the row, not a category.
const FEW_ROWS = 50
const NEARLY = 0.9
// A category must come this often to have a vector of its own; the rest train that of the unknown.
const RARE = 2

/** A column of categories. Unknown ones are no error. */
export class CategoricalFeature implements Feature {
  readonly kind = 'categorical'
  readonly name: string
  readonly encoder: OneHotEncoder | OrdinalEncoder

  constructor(name: string, encoder: OneHotEncoder | OrdinalEncoder) {
    this.name = name
    this.encoder = encoder
  }

  /** Learns a column; a text says why it is of no use. @param most - categories that become columns of their own */
  static fit(column: CategoricalColumn, most: number): CategoricalFeature | string {
    const rows = column.codes.length
    const seen = new Uint8Array(column.categories.length + 1)
    for (let i = 0; i < rows; i++) seen[column.codes[i]! + 1] = 1
    const kinds = seen.reduce((sum, there) => sum + there, 0)
    const present = kinds - seen[0]!
    if (present === 0) return 'no values'
    if (kinds === 1) return 'one value'
    if (rows > FEW_ROWS && present > NEARLY * rows) return 'a value of its own in nearly every row'
    const encoder = kinds <= most ? new OneHotEncoder() : new OrdinalEncoder({ minimumCount: RARE })
    return new CategoricalFeature(column.name, encoder.fit(column))
  }

  get width(): number {
    return this.encoder instanceof OneHotEncoder ? this.encoder.width : 0
  }
  get entries(): number | undefined {
    return this.encoder instanceof OrdinalEncoder ? this.encoder.entries : undefined
  }
  get outputs(): readonly string[] {
    const { categories, missing } = this.encoder
    if (this.encoder instanceof OrdinalEncoder) return [this.name]
    const named = categories.map((category) => `${this.name} = ${category}`)
    return missing ? [...named, `${this.name} missing`] : named
  }
  get summary(): string {
    const { length } = this.encoder.categories
    const how = this.encoder instanceof OneHotEncoder ? 'one column each' : 'embedded'
    return `categorical, ${length} ${length === 1 ? 'category' : 'categories'}, ${how}`
  }

  writer(column: Column, place: Place): RowWriter {
    const { codes, categories } = categoriesOf('TablePreprocessor', column)
    const places = this.encoder.placesOf(categories)
    const last = categories.length
    const { out } = place
    const embeds = this.encoder instanceof OrdinalEncoder
    return (from, to) =>
      each(place, from, to, (i, at) => {
        const code = codes[i]!
        const found = places[code < 0 ? last : code]!
        if (embeds) out[at] = found < 0 ? 0 : found + 1
        else if (found >= 0) out[at + found] = 1
      })
  }

  toJSON(): { readonly [key: string]: Json } {
    return { name: this.name, kind: this.kind, encoder: this.encoder.toJSON() }
  }

  /** @internal */
  static restored(fields: Fields): CategoricalFeature {
    const inner = new Fields('TablePreprocessor', 'an encoder', fields.object('encoder'))
    const name = inner.oneOf('transform', ['OneHotEncoder', 'OrdinalEncoder'])
    inner.checkTransform(name)
    const encoder = categoryEncoderOf(inner, name === 'OneHotEncoder' ? OneHotEncoder : OrdinalEncoder)
    return new CategoricalFeature(fields.text('name'), encoder)
  }
}
