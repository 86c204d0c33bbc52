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

/** One mutation of some bytes; `others` are files of the same format to take pieces from. */
export function mutated(bytes, random, others) {
  const way = random.pick(ways)
  return way(bytes, random, others)
}

const spot = (bytes, random) => random.below(bytes.length + 1)
const joined = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))
// Half of all places lie in the head, where formats keep their lengths.
const place = (bytes, random) =>
  random() < 0.5 ? random.below(Math.min(bytes.length, 96)) : random.below(Math.max(1, bytes.length))

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
