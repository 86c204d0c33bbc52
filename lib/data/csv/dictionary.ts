// A dictionary of texts in UTF-8: equal bytes get equal codes, and become a string once.

const FIRST_SLOTS = 64

/** Codes of texts, from 0 in order of first appearance. */
export class Dictionary {
  #size = 0
  #slots = new Int32Array(FIRST_SLOTS).fill(-1) // codes by hash, linear probing
  #hashes = new Int32Array(FIRST_SLOTS)
  #ends = new Float64Array(FIRST_SLOTS) // of each text within the pool
  #pool: Uint8Array = new Uint8Array(1024)
  #decoded: string[] = []

  get size(): number {
    return this.#size
  }

  /** The code of the bytes from `start` to `end`. */
  code(bytes: Uint8Array, start: number, end: number): number {
    let hash = -2128831035 // FNV-1a
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 16777619)
    hash ^= hash >>> 15
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (let code = this.#slots[slot]!; code >= 0; code = this.#slots[slot]!) {
      if (this.#hashes[code] === hash && this.#equal(code, bytes, start, end)) return code
      slot = (slot + 1) & mask
    }
    return this.#add(hash, slot, bytes, start, end)
  }

  /** All texts, by code. */
  texts(): string[] {
    for (let code = this.#decoded.length; code < this.#size; code++) {
      const start = code === 0 ? 0 : this.#ends[code - 1]!
      this.#decoded.push(Buffer.from(this.#pool.buffer, start, this.#ends[code]! - start).toString('utf8'))
    }
    return this.#decoded.slice()
  }

  /** Calls `see` with the bytes of each text. */
  forEach(see: (bytes: Uint8Array, start: number, end: number, code: number) => void): void {
    for (let code = 0; code < this.#size; code++) {
      see(this.#pool, code === 0 ? 0 : this.#ends[code - 1]!, this.#ends[code]!, code)
    }
  }

  #equal(code: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = code === 0 ? 0 : this.#ends[code - 1]!
    if (this.#ends[code]! - from !== end - start) return false
    for (let at = start, own = from; at < end; at++, own++) if (bytes[at] !== this.#pool[own]) return false
    return true
  }

  #add(hash: number, slot: number, bytes: Uint8Array, start: number, end: number): number {
    const code = this.#size++
    if (code === this.#hashes.length) this.#widen()
    const from = code === 0 ? 0 : this.#ends[code - 1]!
    const to = from + end - start
    if (to > this.#pool.length) {
      const pool = new Uint8Array(Math.max(2 * this.#pool.length, to))
      pool.set(this.#pool.subarray(0, from))
      this.#pool = pool
    }
    for (let at = start, own = from; at < end; at++, own++) this.#pool[own] = bytes[at]!
    this.#ends[code] = to
    this.#hashes[code] = hash
    this.#slots[slot] = code
    if (2 * this.#size > this.#slots.length) this.#rehash()
    return code
  }

  #widen(): void {
    const hashes = new Int32Array(2 * this.#hashes.length)
    hashes.set(this.#hashes)
    this.#hashes = hashes
    const ends = new Float64Array(hashes.length)
    ends.set(this.#ends)
    this.#ends = ends
  }

  #rehash(): void {
    const slots = new Int32Array(2 * this.#slots.length).fill(-1)
    const mask = slots.length - 1
    for (let code = 0; code < this.#size; code++) {
      let slot = this.#hashes[code]! & mask
      while (slots[slot]! >= 0) slot = (slot + 1) & mask
      slots[slot] = code
    }
    this.#slots = slots
  }
}
