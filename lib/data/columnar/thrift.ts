// The headers of Parquet files are written in Thrift's compact protocol. hyparquet reserves what a list claims, so the claims are
// gone through first. Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

const DEEPEST = 64 // structures within structures; Parquet's own go some six deep

const type = { stop: 0, true: 1, false: 2, byte: 3, double: 7, binary: 8, list: 9, set: 10, struct: 12 } as const
const isVariable = (kind: number) => kind >= 4 && kind <= 6 // whole numbers of 16, 32 and 64 bits

/** Throws unless a structure from `start` on lies within the bytes, and no list or text in it claims more than there is. */
export function checkStructure(bytes: Uint8Array, start: number): void {
  let at = start
  const next = (): number => {
    const byte = bytes[at++]
    if (byte === undefined) throw new Error('a header that is cut')
    return byte
  }
  const variable = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = next()
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  const claimed = (count: number): number => {
    if (count > bytes.length - at)
      throw new Error(`a header of ${count} parts where ${bytes.length - at} bytes are left`)
    return count
  }
  const skip = (kind: number, depth: number, inList: boolean): void => {
    if (kind === type.true || kind === type.false) at += inList ? 1 : 0
    else if (kind === type.byte) at += 1
    else if (isVariable(kind)) variable()
    else if (kind === type.double) at += 8
    else if (kind === type.binary) {
      const length = claimed(variable()) // moves on by itself
      at += length
    } else if (kind === type.list || kind === type.set) {
      const head = next()
      const count = claimed(head >> 4 === 15 ? variable() : head >> 4)
      for (let i = 0; i < count; i++) skip(head & 15, depth, true)
    } else if (kind === type.struct) structure(depth + 1)
    else throw new Error(`a header with a part of kind ${kind}`)
  }
  const structure = (depth: number): void => {
    if (depth > DEEPEST) throw new Error(`a header of more than ${DEEPEST} structures in each other`)
    for (let head = next(); (head & 15) !== type.stop; head = next()) {
      if (head >> 4 === 0) variable() // the number of the field, where it does not follow from the one before
      skip(head & 15, depth, false)
    }
  }
  structure(0)
}
