// Ways in which the bytes of a file go wrong: by chance, and with an eye for what formats are made of.

const numbers = [
  0,
  1,
  2,
  7,
  8,
  127,
  128,
  255,
  256,
  32767,
  32768,
  65535,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 63,
]
const texts = [
  '-1',
  '0',
  '1e308',
  '99999999999999999999',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n',
  '\r',
  '\0',
  'null',
  'true',
  'NaN',
  '__proto__',
  'constructor',
  '\u{1f600}',
  '\ufeff',
  ';',
  "'",
  '<f8',
  '>i4',
  '|O',
]

/**
 * A damaged file. `unpack` makes parts of a sound one, `pack` a file of parts: then it is often a part that is damaged, and the
 * lengths and checksums around it are right. So it is where the format has a `damage` of its own.
 */
export async function damaged(files, random, { unpack, pack, damage }) {
  let bytes = random.pick(files)
  const within = (unpack ?? damage) && random() < 0.6
  if (within && damage) bytes = damage(bytes, random, (part) => mutated(part, random, [part]))
  else if (within) {
    const parts = unpack(bytes)
    for (let i = 0, rounds = 1 + random.below(3); i < rounds; i++) {
      const n = random.below(parts.length)
      parts[n] = mutated(parts[n], random, parts)
    }
    if (parts.length > 3 && random() < 0.1) parts.splice(random.below(parts.length), 1)
    bytes = await pack(parts)
  }
  if (!within || random() < 0.1) {
    for (let i = 0, rounds = 1 + random.below(4); i < rounds; i++) bytes = mutated(bytes, random, files)
  }
  return bytes
}

/** One mutation of some bytes; `others` are files of the same format to take pieces from. */
function mutated(bytes, random, others) {
  const first = bytes[0]
  if ((first === 0x7b || first === 0x5b) && random() < 0.5) return mutatedJson(bytes, random)
  return random.pick(ways)(bytes, random, others)
}

const spot = (bytes, random) => random.below(bytes.length + 1)
const joined = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))
// Most places lie at the head or at the end, where formats keep their lengths.
const NEAR = 96
const place = (bytes, random) => {
  const part = random()
  const near = random.below(Math.min(bytes.length, NEAR))
  if (part < 0.4) return near
  return part < 0.6 ? bytes.length - 1 - near : random.below(Math.max(1, bytes.length))
}

const ways = [
  (bytes, random) => {
    const copy = Buffer.from(bytes)
    if (copy.length) copy[place(copy, random)] ^= 1 << random.below(8)
    return copy
  },
  (bytes, random) => {
    const copy = Buffer.from(bytes)
    if (copy.length) copy[place(copy, random)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)])
    return copy
  },
  (bytes, random) => bytes.subarray(0, spot(bytes, random)),
  (bytes, random) => bytes.subarray(spot(bytes, random)),
  (bytes, random) => {
    const [from, to] = [spot(bytes, random), spot(bytes, random)].sort((a, b) => a - b)
    return joined(bytes.subarray(0, from), bytes.subarray(to))
  },
  (bytes, random) => {
    const [from, to] = [spot(bytes, random), spot(bytes, random)].sort((a, b) => a - b)
    return joined(bytes.subarray(0, to), bytes.subarray(from, Math.min(to, from + 4096)), bytes.subarray(to))
  },
  (bytes, random, others) => {
    const other = random.pick(others)
    return joined(bytes.subarray(0, spot(bytes, random)), other.subarray(spot(other, random)))
  },
  // A number of some width, in either order of bytes.
  (bytes, random) => {
    const copy = Buffer.from(bytes)
    const width = random.pick([1, 2, 4, 8])
    if (copy.length < width) return copy
    const at = Math.min(place(copy, random), copy.length - width)
    let number = BigInt(random.pick(numbers)) & ((1n << BigInt(8 * width)) - 1n)
    if (random() < 0.2) number = BigInt(copy.length) & ((1n << BigInt(8 * width)) - 1n)
    const little = random() < 0.7
    for (let i = 0; i < width; i++) copy[at + (little ? i : width - 1 - i)] = Number((number >> BigInt(8 * i)) & 255n)
    return copy
  },
  // A word or number of a text becomes another one.
  (bytes, random) => {
    const text = bytes.toString('latin1')
    const words = [...text.slice(0, 20_000).matchAll(/"[^"]{0,40}"|-?\d+(\.\d+)?|[a-zA-Z_]+/g)]
    if (!words.length) return bytes
    const { 0: word, index } = random.pick(words)
    const put = random() < 0.5 ? random.pick(texts) : random.pick(words)[0]
    return Buffer.from(text.slice(0, index) + put + text.slice(index + word.length), 'latin1')
  },
  (bytes, random) => {
    const at = spot(bytes, random)
    return joined(
      bytes.subarray(0, at),
      Buffer.from(random.pick(texts).repeat(1 + random.below(random() < 0.05 ? 5000 : 3))),
      bytes.subarray(at),
    )
  },
]

const values = [
  ...[null, true, false, 0, -0, -1, 1, 2, 0.5, 1e308, 1e-320, 2 ** 31, 2 ** 53, -(2 ** 63), '', 'x', '\0', '1', '__proto__', 'constructor', 'NaN'],
  ...[[], [[]], {}, [0], [1, 2, 3], { a: 1 }, ['x', 'x'], 'x'.repeat(300), Array(50).fill(0), [null]],
] // biome-ignore format: two lists

// JSON in which a value becomes another, goes, comes twice or goes deeper; what is no JSON, or too deep to be copied or
// written by now, stays as it is.
function mutatedJson(bytes, random) {
  try {
    const root = [JSON.parse(bytes.toString('utf8'))]
    mutateValue(root, random)
    return Buffer.from(JSON.stringify(root[0] ?? null))
  } catch {
    return bytes
  }
}

function mutateValue(root, random) {
  const places = []
  const walk = (node) => {
    for (const key of Object.keys(node)) {
      places.push([node, key])
      if (typeof node[key] === 'object' && node[key] !== null) walk(node[key])
    }
  }
  walk(root)
  const [node, key] = random.pick(places)
  const [other, from] = random.pick(places)
  switch (random.below(6)) {
    case 0:
      if (Array.isArray(node)) node.splice(Number(key), 1)
      else delete node[key]
      break
    case 1:
      node[Array.isArray(node) ? node.length : random.pick(texts)] = structuredClone(other[from])
      break
    case 2:
      node[key] = structuredClone(other[from])
      break
    case 3:
      node[key] = random() < 0.5 ? [node[key]] : { [key]: node[key] }
      if (random() < 0.05) for (let i = 0; i < 2000; i++) node[key] = [node[key]]
      break
    case 4:
      node[key] =
        typeof node[key] === 'number' ? random.pick(numbers) * random.pick([1, 1, -1, 0.5]) : random.pick(values)
      break
    default:
      node[key] = random.pick(values)
  }
}
