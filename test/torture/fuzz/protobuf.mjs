// Damage within protobuf messages: a field of some depth changes, goes, comes twice or becomes another; lengths around it are right.

const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5]
const MOST_FIELD = 256
const DEEPEST = 12

function varint(bytes, at) {
  let [value, shift] = [0n, 0n]
  for (; at < bytes.length && shift < 70n; shift += 7n) {
    const byte = bytes[at++]
    value |= BigInt(byte & 127) << shift
    if (byte < 128) return [value, at]
  }
  return undefined
}

function encoded(value) {
  const out = []
  let rest = BigInt.asUintN(64, value)
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128)
  return Buffer.from([...out, Number(rest)])
}

// The fields of a message, or undefined for what is none: texts and numbers look like messages now and then.
function parsed(bytes, depth) {
  const fields = []
  for (let at = 0; at < bytes.length; ) {
    const key = varint(bytes, at)
    const number = key && Number(key[0] >> 3n)
    if (!number || number > MOST_FIELD) return undefined
    const wire = Number(key[0] & 7n)
    const field = { number, wire }
    if (wire === VARINT || wire === BYTES) {
      const found = varint(bytes, key[1])
      if (!found) return undefined
      at = found[1]
      if (wire === VARINT) field.value = found[0]
      else {
        const length = Number(found[0])
        if (at + length > bytes.length) return undefined
        field.bytes = bytes.subarray(at, at + length)
        if (length > 1 && depth < DEEPEST) field.inner = parsed(field.bytes, depth + 1)
        at += length
      }
    } else if (wire === FIXED32 || wire === FIXED64) {
      const length = wire === FIXED32 ? 4 : 8
      if (key[1] + length > bytes.length) return undefined
      field.bytes = bytes.subarray(key[1], key[1] + length)
      at = key[1] + length
    } else return undefined
    fields.push(field)
  }
  return fields
}

function joined(fields) {
  return Buffer.concat(
    fields.flatMap(({ number, wire, value, bytes, inner }) => {
      const key = encoded((BigInt(number) << 3n) | BigInt(wire))
      if (wire === VARINT) return [key, encoded(value)]
      const content = inner ? joined(inner) : bytes
      return wire === BYTES ? [key, encoded(BigInt(content.length)), content] : [key, content]
    }),
  )
}

/** A message with some damage; `mutated(bytes)` damages what is no message. */
export function damagedMessage(bytes, random, mutated) {
  const root = parsed(bytes, 0)
  if (!root) return mutated(bytes)
  for (let i = 0, rounds = 1 + random.below(3); i < rounds; i++) {
    const places = []
    const walk = (fields) => {
      for (const [n, field] of fields.entries()) {
        places.push([fields, n])
        if (field.inner) walk(field.inner)
      }
    }
    walk(root)
    if (places.length > 0) damage(...random.pick(places), random.pick(places), random, mutated)
  }
  return joined(root)
}

function damage(fields, n, [others, m], random, mutated) {
  const field = { ...fields[n] }
  const other = others[m]
  switch (random.below(6)) {
    case 0:
      return fields.splice(n, 1)
    case 1:
      return fields.splice(n, 0, structured(field))
    case 2:
      return fields.splice(n, 0, structured(other))
    case 3:
      fields[n] = { ...structured(other), number: field.number }
      return
    case 4:
      fields[n] = { ...field, number: 1 + random.below(20) }
      return
    default:
      if (field.wire === VARINT)
        field.value = random.pick([0n, 1n, 2n, 7n, 127n, 128n, 2n ** 31n, 2n ** 63n, -1n, field.value + 1n])
      else if (field.wire === BYTES)
        Object.assign(field, { bytes: mutated(field.inner ? joined(field.inner) : field.bytes), inner: undefined })
      else field.bytes = Buffer.concat([mutated(field.bytes), field.bytes]).subarray(0, field.bytes.length)
      fields[n] = field
  }
}

// A copy that shares nothing that is changed in place.
function structured(field) {
  return field.inner ? { ...field, inner: field.inner.map(structured) } : { ...field }
}
