// What the benches share: fair timing, and tables.

// A sample lasts at least this many milliseconds, so that the clock's grain and a stray interrupt do not matter.
const SAMPLE = 8
const WARM_UP = 250

/**
 * Times functions against each other: each is warmed up, then all take turns, so that the machine's drift meets all of them.
 * @param contenders functions by name, whose promises are awaited; or { sample }, which times itself and resolves to seconds
 * @param options rounds; milliseconds of warming up, and of a sample
 * @returns { name: { median, min, ratio } } in seconds per call; ratio is the median of the rounds' ratios to the first one
 */
export async function race(contenders, { rounds = 15, warmUp = WARM_UP, sample = SAMPLE } = {}) {
  const runners = []
  for (const [name, contender] of Object.entries(contenders)) {
    const take = contender.sample ?? (await sampler(contender, warmUp, sample))
    runners.push({ name, take, samples: [] })
  }
  for (let round = 0; round < rounds; round++) for (const { take, samples } of runners) samples.push(await take())
  const [first] = runners
  return Object.fromEntries(
    runners.map(({ name, samples }) => {
      const ratio = median(samples.map((seconds, round) => seconds / first.samples[round]))
      return [name, { median: median(samples), min: Math.min(...samples), ratio }]
    }),
  )
}

// Warms up, then takes samples of so many milliseconds.
async function sampler(run, warmUp, milliseconds) {
  const calls = Math.max(1, Math.ceil(milliseconds / (await warm(run, warmUp))))
  return async () => (await time(run, calls)) / calls / 1000
}

async function warm(run, milliseconds) {
  const started = performance.now()
  let best = Number.POSITIVE_INFINITY
  let calls = 1
  do {
    const took = await time(run, calls)
    best = Math.min(best, took / calls)
    if (took < 1) calls *= 2
  } while (performance.now() - started < milliseconds)
  return Math.max(best, 1e-6)
}

async function time(run, calls) {
  const started = performance.now()
  for (let i = 0; i < calls; i++) {
    const result = run()
    if (result instanceof Promise) await result
  }
  return performance.now() - started
}

/** The middle value. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** A Float32Array of numbers in [−1, 1), always the same. */
export function numbers(length, seed = 1) {
  const random = generator(seed)
  return Float32Array.from({ length }, () => 2 * random() - 1)
}

/** Uniform numbers in [0, 1) (xorshift32). */
export function generator(seed) {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** Numbers of threads worth measuring: one, and all. */
export function threadCounts(processors) {
  return processors > 1 ? [1, processors] : [1]
}

/** A table of text: the first column to the left, the others to the right. */
export function table(head, rows) {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)))
  const line = (cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')
  return [line(head), widths.map((width) => '─'.repeat(width)).join('──'), ...rows.map(line)].join('\n')
}

/** Three significant digits, without an exponent. */
export function short(value) {
  if (value >= 100) return Math.round(value).toLocaleString('en-US')
  return value.toFixed(value >= 10 ? 1 : value >= 1 ? 2 : 3)
}

/** `median (best)` of a rate or a time. */
export function both({ median, min }, of) {
  return `${short(of(median))} (${short(of(min))})`
}

/** `87 %` */
export function percent(part) {
  return `${Math.round(100 * part)} %`
}

/** `31×` */
export function times(ratio) {
  return `${ratio >= 10 ? Math.round(ratio) : ratio.toFixed(1)}×`
}
