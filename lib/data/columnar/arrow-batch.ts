// Whether an Arrow batch has the values that its length claims: the format leaves that to those who write it.
import type { Batch, DataType } from '@uwdata/flechette'

const MOST_ROWS = 2 ** 31 - 1
const MOST_NULLS = 2 ** 24 // rows of a column of nothing, which takes no bytes

/** The type ids of the format, as flechette numbers them. */
export const TypeId = {
  dictionary: -1,
  null: 1,
  int: 2,
  float: 3,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  time: 9,
  timestamp: 10,
  duration: 18,
  largeUtf8: 20,
  utf8View: 24,
} as const

type Bytes = Uint8Array & { readonly BYTES_PER_ELEMENT: number }

interface Parts {
  readonly length: number
  readonly nullCount: number
  readonly type: DataType
  readonly validity?: Bytes
  readonly values?: Bytes
  readonly offsets?: ArrayLike<number | bigint>
  readonly cache?: ArrayLike<unknown>
  isValid(i: number): boolean
}

/** Whether all buffers of a batch are long enough, and what they refer to is there. */
export function fits(batch: Batch<unknown>): boolean {
  const parts = batch as unknown as Parts
  const { length, nullCount, validity, values, type } = parts
  const { typeId, bitWidth } = type as { typeId: number; bitWidth?: number }
  if (!Number.isInteger(length) || length < 0 || length > MOST_ROWS) return false
  if (typeId === TypeId.null) return length <= MOST_NULLS
  if (values === undefined) return false
  if (length > 0 && nullCount > 0 && (validity === undefined || validity.length * 8 < length)) return false
  switch (typeId) {
    case TypeId.bool:
      return values.length * 8 >= length
    case TypeId.utf8:
    case TypeId.largeUtf8:
      return length === 0 || ordered(parts.offsets!, length, values.length)
    case TypeId.utf8View:
      return values.length >= 16 * length
    case TypeId.decimal:
      return values.byteLength >= (length * bitWidth!) / 8
    case TypeId.dictionary:
      return values.length >= length && known(parts)
    default:
      return values.length >= length
  }
}

function ordered(offsets: ArrayLike<number | bigint>, length: number, bytes: number): boolean {
  if (offsets.length < length + 1) return false
  let last: number | bigint = 0
  for (let i = 0; i <= length; i++) {
    const offset = offsets[i]!
    if (offset < last) return false
    last = offset
  }
  return last <= bytes
}

function known(parts: Parts): boolean {
  const { length, values, cache } = parts
  if (cache === undefined) return false
  for (let i = 0; i < length; i++) {
    if (!(values![i]! >= 0 && values![i]! < cache.length) && parts.isValid(i)) return false
  }
  return true
}
