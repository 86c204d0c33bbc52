// Categories as encoders take them: a column of a table, or any array of values; brought into codes and texts.
import { describe } from '../../checks.js'
import { type CategoricalColumn, type Cell, type Column, MISSING_BOOLEAN } from '../../data/table/column.js'
import { ArgumentError } from '../../errors.js'
import { isDetached, isHonest } from '../../tensor/dtype.js'
import { elements, Tensor } from '../../tensor/tensor.js'

/** Values to encode: a column of a table that is no date, or an array. null, undefined and NaN are missing. */
export type CategoryInput = Column | readonly (Cell | undefined)[] | ArrayLike<number> | Tensor

/** What the categories were before they became texts. */
export type CategoryType = 'text' | 'number' | 'boolean'

/** Categories in one form: row i has categories[codes[i]], −1 is missing. The categories differ. */
export interface Categories {
  readonly type: CategoryType
  readonly codes: Int32Array
  readonly categories: readonly string[]
}

/** The categories given. */
export function categoriesOf(operation: string, given: CategoryInput): Categories {
  if (given instanceof Tensor) return collected(operation, elements(operation, given), given.size)
  if (typeof given !== 'object' || given === null) {
    throw new ArgumentError(operation, 'categories as a column or array', describe(given))
  }
  if ('kind' in given) return ofColumn(operation, given)
  if (!Array.isArray(given) && !ArrayBuffer.isView(given)) {
    throw new ArgumentError(operation, 'categories as a column or array', describe(given))
  }
  if (ArrayBuffer.isView(given) && (isDetached(given) || !isHonest(given))) {
    throw new ArgumentError(operation, 'an array with memory of the length that it says', describe(given))
  }
  return collected(operation, given as ArrayLike<unknown>, (given as ArrayLike<unknown>).length)
}

function ofColumn(operation: string, column: Column): Categories {
  switch (column.kind) {
    case 'categorical':
      return { type: 'text', codes: column.codes, categories: (column as CategoricalColumn).categories }
    case 'boolean': {
      const codes = new Int32Array(column.values.length)
      for (let i = 0; i < codes.length; i++) codes[i] = column.values[i] === MISSING_BOOLEAN ? -1 : column.values[i]!
      return { type: 'boolean', codes, categories: ['false', 'true'] }
    }
    case 'numeric':
      return collected(operation, column.values, column.values.length)
    default:
      throw new ArgumentError(operation, 'a column of texts, numbers or booleans', `the date column ${column.name}`)
  }
}

const types = { string: 'text', number: 'number', boolean: 'boolean', bigint: 'number' } as const

function collected(operation: string, values: ArrayLike<unknown>, length: number): Categories {
  const known = new Map<unknown, number>()
  const codes = new Int32Array(length)
  let type: CategoryType | undefined
  for (let i = 0; i < length; i++) {
    const value = values[i]
    if (value === null || value === undefined || Number.isNaN(value)) {
      codes[i] = -1
      continue
    }
    let code = known.get(value)
    if (code === undefined) {
      const own = types[typeof value as keyof typeof types]
      if (own === undefined || (type !== undefined && own !== type)) {
        throw new ArgumentError(operation, `${type ?? 'text, number or boolean'} in row ${i}`, describe(value))
      }
      type = own
      code = known.size
      known.set(value, code)
    }
    codes[i] = code
  }
  return { type: type ?? 'text', codes, categories: Array.from(known.keys(), String) }
}

/** A category as it was. */
export function originalOf(type: CategoryType, category: string): string | number | boolean {
  return type === 'text' ? category : type === 'number' ? Number(category) : category === 'true'
}

/** Numbers by size, texts by code units. */
export function inOrder(type: CategoryType, categories: readonly string[]): string[] {
  const sorted = [...categories]
  return type === 'number' ? sorted.sort((a, b) => Number(a) - Number(b)) : sorted.sort()
}
