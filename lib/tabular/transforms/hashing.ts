// HashingEncoder: codes of categories without knowing them, by a hash of their text.
import { integer, options, seedOf } from '../../checks.js'
import type { Json } from '../../io/json.js'
import { Tensor } from '../../tensor/tensor.js'
import { type CategoryInput, categoriesOf } from './categories.js'
import { type Fields, VERSION } from './fields.js'
import type { Transform } from './transform.js'

/** Options of {@link HashingEncoder}. */
export interface HashingEncoderOptions {
  /** How many codes there are. */
  buckets: number
  /** Seed of the hash. Default 0. */
  seed?: number
}

const MOST = 2 ** 24

/**
 * Codes of categories of any number, to look up in an embedding: missing values have code 0, others one of the rest by the hash
 * (MurmurHash3) of their text, the same on every machine. Categories may meet in a code; there is nothing to fit and no way
 * back. transform: int32 [rows].
 */
export class HashingEncoder implements Transform {
  readonly name = 'HashingEncoder'
  readonly buckets: number
  readonly seed: number

  constructor(given: HashingEncoderOptions) {
    const { buckets, seed = 0 } = options('HashingEncoder', given, ['buckets', 'seed'])
    this.buckets = integer('HashingEncoder', 'buckets', buckets, 2, MOST)
    this.seed = seedOf('HashingEncoder', seed)
  }

  transform(x: CategoryInput): Tensor {
    const { codes, categories } = categoriesOf(this.name, x)
    const places = categories.map((category) => 1 + (murmur3(category, this.seed) % (this.buckets - 1)))
    return new Tensor(
      codes.map((code) => (code < 0 ? 0 : places[code]!)),
      Object.freeze([codes.length]),
    )
  }

  toJSON(): Json {
    const { name, buckets, seed } = this
    return { transform: name, version: VERSION, buckets, seed }
  }

  /** @internal */
  static restored(fields: Fields): HashingEncoder {
    return new HashingEncoder({
      buckets: fields.integer('buckets', 2, MOST),
      seed: fields.integer('seed', 0, Number.MAX_SAFE_INTEGER),
    })
  }
}

const encoder = new TextEncoder()

/** MurmurHash3 (x86, 32 bits) of a text's UTF-8 bytes. */
export function murmur3(text: string, seed: number): number {
  const bytes = encoder.encode(text)
  const blocks = bytes.length >> 2
  let h = seed >>> 0
  const mixed = (k: number) => {
    const a = Math.imul(k, 0xcc9e2d51)
    return Math.imul((a << 15) | (a >>> 17), 0x1b873593)
  }
  for (let i = 0; i < blocks; i++) {
    const k = bytes[4 * i]! | (bytes[4 * i + 1]! << 8) | (bytes[4 * i + 2]! << 16) | (bytes[4 * i + 3]! << 24)
    h ^= mixed(k)
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
  }
  let rest = 0
  for (let i = bytes.length - 1; i >= 4 * blocks; i--) rest = (rest << 8) | bytes[i]!
  if (bytes.length > 4 * blocks) h ^= mixed(rest)
  h ^= bytes.length
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
