// Encoders of categories: a column of 0 and 1 for each, or a code to look up.
import { describe, integer, oneOf, options } from '../../checks.js'
import { ArgumentError, FormatError, IndexError, ShapeError, StateError } from '../../errors.js'
import type { Json } from '../../io/json.js'
import { isDetached, isHonest } from '../../tensor/dtype.js'
import { elements, Tensor } from '../../tensor/tensor.js'
import {
  type Categories,
  type CategoryInput,
  type CategoryType,
  categoriesOf,
  inOrder,
  originalOf,
} from './categories.js'
import { type Fields, VERSION } from './fields.js'
import type { Transform } from './transform.js'

/** Options of {@link OneHotEncoder} and {@link OrdinalEncoder}. */
export interface CategoryEncoderOptions {
  /** Categories that come less often in fit count as unknown. Default 1. */
  minimumCount?: number
  /** What becomes of unknown categories: encoded as such, or an error. Default encode. */
  unknown?: 'encode' | 'error'
}

const UNKNOWN = -2
const MISSING = -1
const handlings = ['encode', 'error'] as const
const types = ['text', 'number', 'boolean'] as const

/** What fit found: the categories in order, and whether values were missing. */
interface Found {
  readonly type: CategoryType
  readonly categories: readonly string[]
  readonly missing: boolean
  /** Rows of each category, of missing values, and of categories too rare to count; not written to files. */
  readonly counts?: { readonly each: readonly number[]; readonly missing: number; readonly rare: number }
}

/** Base of the encoders that know categories. */
abstract class CategoryEncoder implements Transform {
  readonly minimumCount: number
  readonly unknown: 'encode' | 'error'
  #found: Found | undefined
  #index: ReadonlyMap<string, number> = new Map()

  constructor(given?: CategoryEncoderOptions) {
    const { minimumCount = 1, unknown = 'encode' } = options(new.target.name, given, ['minimumCount', 'unknown'])
    this.minimumCount = integer(new.target.name, 'minimumCount', minimumCount, 1)
    this.unknown = oneOf(new.target.name, 'unknown', unknown, handlings)
  }

  /** Name in messages and files. */
  get name(): string {
    return this.constructor.name
  }

  /** Learns the categories of these rows, and forgets what it knew. Returns this. */
  fit(x: CategoryInput): this {
    const { type, codes, categories } = categoriesOf(this.name, x)
    if (codes.length === 0) throw new ShapeError(this.name, 'at least one row', 'none')
    const counts = new Float64Array(categories.length + 1)
    for (let i = 0; i < codes.length; i++) counts[codes[i]! + 1]!++
    const often = categories.filter((_, code) => counts[code + 1]! >= this.minimumCount)
    const kept = inOrder(type, often)
    const byName = new Map(categories.map((category, code) => [category, counts[code + 1]!]))
    const each = kept.map((category) => byName.get(category)!)
    const missing = counts[0]!
    const rare = codes.length - missing - each.reduce((sum, n) => sum + n, 0)
    this.#take({ type, categories: Object.freeze(kept), missing: missing > 0, counts: { each, missing, rare } })
    return this
  }

  #take(found: Found): void {
    this.#found = found
    this.#index = new Map(found.categories.map((category, i) => [category, i]))
  }

  protected get found(): Found {
    if (this.#found !== undefined) return this.#found
    throw new StateError(this.name, 'fit before transform, inverse and toJSON', 'a transform that has learned nothing')
  }

  /** The categories of fit as texts: numbers by size, others by their characters. */
  get categories(): readonly string[] {
    return this.found.categories
  }

  /** Whether fit met missing values, which then are a category of their own behind the others. */
  get missing(): boolean {
    return this.found.missing
  }

  /** Rows of fit that count as unknown because their category is too rare; 0 for an encoder from a file. */
  get rareRows(): number {
    return this.found.counts?.rare ?? 0
  }

  /** Rows of fit of each category; undefined for an encoder from a file. */
  get counts(): readonly number[] | undefined {
    return this.found.counts?.each
  }

  /**
   * For each of some categories, which of those of fit it is, negative if none; at the end the same for a missing value.
   * @internal
   */
  placesOf(given: readonly string[]): Int32Array {
    const { categories, missing } = this.found
    const places = new Int32Array(given.length + 1)
    for (const [code, category] of given.entries()) places[code] = this.#index.get(category) ?? UNKNOWN
    places[given.length] = missing ? categories.length : MISSING
    return places
  }

  /** For each row, which of the categories of fit it is, negative if none. */
  protected places(x: CategoryInput): Int32Array {
    const given = categoriesOf(this.name, x)
    const places = this.placesOf(given.categories)
    if (this.unknown === 'error') this.#refuse(given, places)
    return given.codes.map((code) => places[code < 0 ? given.categories.length : code]!)
  }

  #refuse({ codes, categories }: Categories, places: Int32Array): void {
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i]!
      if (places[code < 0 ? categories.length : code]! >= 0) continue
      const actual = code < 0 ? 'a missing value' : describe(categories[code])
      throw new ArgumentError(this.name, `categories that fit has met (${this.#listed()})`, `${actual} in row ${i}`)
    }
  }

  #listed(): string {
    const { categories } = this.found
    return categories.slice(0, 10).map(describe).join(', ') + (categories.length > 10 ? ', …' : '')
  }

  /** What a place stands for: a value, or null for missing and unknown ones. */
  protected valueAt(place: number): string | number | boolean | null {
    const { type, categories } = this.found
    const category = categories[place]
    return category === undefined ? null : originalOf(type, category)
  }

  toJSON(): Json {
    const { name, minimumCount, unknown } = this
    const { type, categories, missing } = this.found
    return { transform: name, version: VERSION, minimumCount, unknown, type, categories, missing }
  }

  /** @internal */
  restored(fields: Fields): this {
    const type = fields.oneOf('type', types)
    const categories = fields.texts('categories')
    const bad = type === 'text' ? undefined : categories.find((each) => String(originalOf(type, each)) !== each)
    if (bad !== undefined) throw new FormatError(this.name, `categories that are of type ${type}`, describe(bad))
    this.#take({ type, categories, missing: fields.boolean('missing') })
    return this
  }
}

/**
 * A column for every category of fit, and one more if values were missing there: 1 where a row is of it, else 0. Unknown
 * categories are 0 everywhere, and so are missing values if fit met none. transform: float32 [rows, width].
 */
export class OneHotEncoder extends CategoryEncoder {
  /** Columns of the output. */
  get width(): number {
    return this.categories.length + (this.missing ? 1 : 0)
  }

  transform(x: CategoryInput): Tensor {
    const { width } = this
    const places = this.places(x)
    const out = new Float32Array(places.length * width)
    for (const [i, place] of places.entries()) if (place >= 0) out[i * width + place] = 1
    return new Tensor(out, Object.freeze([places.length, width]))
  }

  /** {@link fit} and {@link transform} of the same rows. */
  fitTransform(x: CategoryInput): Tensor {
    return this.fit(x).transform(x)
  }

  /** The category of each row's largest number; null for missing values and for rows without one above 0. */
  inverse(y: Tensor): (string | number | boolean | null)[] {
    const { width } = this
    if (!(y instanceof Tensor) || y.rank !== 2 || y.shape[1] !== width) {
      throw new ShapeError(this.name, `a tensor [rows, ${width}]`, describe(y))
    }
    return Array.from({ length: y.shape[0]! }, (_, i) => {
      let [best, most] = [-1, 0]
      for (let j = 0; j < width; j++) {
        const value = y.data[i * width + j]!
        if (value > most) [best, most] = [j, value]
      }
      return this.valueAt(best)
    })
  }
}

/**
 * A code for every category, to look up in an embedding. Unlike scikit-learn's, code 0 is that of unknown categories (and of
 * missing values, if fit met none); the categories of fit follow from 1 on, then missing values. transform: int32 [rows].
 */
export class OrdinalEncoder extends CategoryEncoder {
  /** How many codes there are. */
  get entries(): number {
    return 1 + this.categories.length + (this.missing ? 1 : 0)
  }

  transform(x: CategoryInput): Tensor {
    const codes = this.places(x).map((place) => Math.max(0, place + 1))
    return new Tensor(codes, Object.freeze([codes.length]))
  }

  /** {@link fit} and {@link transform} of the same rows. */
  fitTransform(x: CategoryInput): Tensor {
    return this.fit(x).transform(x)
  }

  /** The categories of codes; null for missing and unknown ones. */
  inverse(codes: Tensor | ArrayLike<number>): (string | number | boolean | null)[] {
    const { entries } = this
    const numbers: ArrayLike<number> = codes instanceof Tensor ? elements(this.name, codes) : codes
    if (!Array.isArray(numbers) && (!ArrayBuffer.isView(numbers) || isDetached(numbers) || !isHonest(numbers))) {
      throw new ArgumentError(this.name, 'codes as a tensor or array', describe(numbers))
    }
    return Array.from(numbers, (code) => {
      if (Number.isInteger(code) && code >= 0 && code < entries) return this.valueAt(code - 1)
      throw new IndexError(this.name, `codes in [0, ${entries})`, describe(code))
    })
  }
}

/** An encoder from the fields of its JSON. */
export function categoryEncoderOf(
  fields: Fields,
  type: typeof OneHotEncoder | typeof OrdinalEncoder,
): OneHotEncoder | OrdinalEncoder {
  const given = {
    minimumCount: fields.integer('minimumCount', 1, Number.MAX_SAFE_INTEGER),
    unknown: fields.oneOf('unknown', handlings),
  }
  return new type(given).restored(fields)
}
