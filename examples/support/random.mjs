// Random numbers for generated data: the same for the same seed, on every machine.

/** Uniform numbers in [0, 1) (Mulberry32). */
export function uniform(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Standard normal numbers from uniform ones (Box & Muller). */
export function normal(random) {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** One of a list. */
export function pick(random, list) {
  return list[Math.floor(random() * list.length)]
}
