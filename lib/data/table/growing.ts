// Arrays that grow while a column is read: in pieces, so that nothing is copied before the end.
import { MISSING_BOOLEAN, type NumericArray } from './column.js'

const FIRST = 256
const LARGEST = 1 << 18 // elements of a piece

/** Elements of one type. */
export class Growing<T extends NumericArray> {
  readonly #type: new (
    length: number,
  ) => T
  #pieces: T[] = []
  #piece: T
  #next = 0
  #before = 0

  /** @param capacity - how many there will be, if that is known: then they are not copied at the end */
  constructor(type: new (length: number) => T, capacity = FIRST) {
    this.#type = type
    this.#piece = new type(capacity)
  }

  get length(): number {
    return this.#before + this.#next
  }

  push(value: number): void {
    if (this.#next === this.#piece.length) this.#grow()
    this.#piece[this.#next++] = value
  }

  #grow(): void {
    this.#before += this.#next
    this.#pieces.push(this.#piece)
    this.#piece = new this.#type(Math.min(Math.max(2 * this.#piece.length, FIRST), LARGEST))
    this.#next = 0
  }

  /** Calls `see` with each element. */
  forEach(see: (value: number) => void): void {
    for (const piece of this.#pieces) for (let i = 0; i < piece.length; i++) see(piece[i]!)
    for (let i = 0; i < this.#next; i++) see(this.#piece[i]!)
  }

  /** The elements as one array. */
  finish(): T {
    const whole = this.#before === 0 && this.#next === this.#piece.length
    return whole ? this.#piece : this.copyTo(new this.#type(this.length))
  }

  /** Copies the elements to the front of an array, and forgets each piece that it has copied. */
  copyTo<U extends NumericArray>(out: U): U {
    let at = 0
    for (const [i, piece] of this.#pieces.entries()) {
      out.set(piece, at)
      at += piece.length
      this.#pieces[i] = new this.#type(0)
    }
    out.set(this.#piece.subarray(0, this.#next), at)
    this.#pieces = []
    return out
  }
}

/** Numbers: 32-bit integers as long as all are some, float64 from the first that is not. */
export class GrowingNumbers {
  readonly #capacity: number | undefined
  #integers: Growing<Int32Array> | undefined
  #floats: Growing<Float64Array> | undefined

  constructor(capacity?: number) {
    this.#capacity = capacity
    this.#integers = new Growing(Int32Array, capacity)
  }

  get length(): number {
    return (this.#integers ?? this.#floats)!.length
  }

  push(value: number): void {
    if (this.#floats !== undefined) {
      this.#floats.push(value)
    } else if ((value | 0) === value && !Object.is(value, -0)) {
      this.#integers!.push(value)
    } else {
      this.#widen()
      this.#floats!.push(value)
    }
  }

  // What were integers becomes the first piece of the floats.
  #widen(): void {
    const integers = this.#integers!.finish()
    this.#integers = undefined
    this.#floats = new Growing(Float64Array, this.#capacity)
    for (let i = 0; i < integers.length; i++) this.#floats.push(integers[i]!)
  }

  finish(): Int32Array | Float64Array {
    return (this.#integers ?? this.#floats)!.finish()
  }
}

/** Booleans as a column has them. */
export class GrowingBooleans {
  readonly #bytes: Growing<Uint8Array>

  constructor(capacity?: number) {
    this.#bytes = new Growing(Uint8Array, capacity)
  }

  push(value: boolean | null): void {
    this.#bytes.push(value === null ? MISSING_BOOLEAN : value ? 1 : 0)
  }

  finish(): Uint8Array {
    return this.#bytes.finish()
  }
}
