// Reads damaged files of one format, one after another, and tells of what is neither read nor refused with a typed error, takes
// too long, or needs too much memory. Arguments: format, seed, first, end.
import { writeSync } from 'node:fs'
import { UsageError } from '../../../dist/esm/cli/usage.js'
import { ChainruleError } from '../../../dist/esm/index.js'
import { randomFrom } from '../support.mjs'
import { formats } from './formats.mjs'
import { damaged } from './mutate.mjs'

const [name, seed, first, end] = process.argv.slice(2)
const format = formats[name]
const CALL_MS = 1000 // of processor time
const MEMORY = 64 * 2 ** 20 // that may be needed beside some times the file
const FILE_TIMES = 4
const say = (message) => writeSync(1, `${JSON.stringify(message)}\n`)
/** The most memory that was resident and the processor time so far: asking is a third of the time of a small file. */
function used() {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
  return { peak: maxRSS * 1024, processorMs: (userCPUTime + systemCPUTime) / 1000 }
}

const files = await format.seeds()
const sound = []
for (const file of files) sound.push((await read(file)) === undefined)
if (!sound.includes(true)) say({ finding: 'no sound file can be read', group: `${name} sound` })
say({ at: Number(first) - 1 })
let [readable, refused] = [0, 0]
let before = used()
const start = before.peak
let allowed = start
for (let n = Number(first); n < Number(end); n++) {
  const random = randomFrom(Number(seed) * 7_368_787 + n)
  const bytes = await damaged(files, random, format)
  if (n % 64 === 0) say({ at: n })
  await judged(n, bytes)
}
say({ done: true, readable, refused, most: before.peak - start })
process.exit(0)

async function judged(n, bytes) {
  const error = await read(bytes)
  if (error === undefined) readable++
  else refused++
  if (error !== undefined && !(error instanceof ChainruleError || error instanceof UsageError)) {
    const place = /dist\/esm\/([^):]+:\d+)/.exec(String(error?.stack))?.[1] ?? 'elsewhere'
    const message = `${error?.constructor?.name}: ${String(error?.message).slice(0, 160)} (${place})`
    say({ finding: `case ${n}: ${message}`, group: `${name} ${place}` })
  }
  // With the time that it took to damage this file, which is little.
  const now = used()
  const took = now.processorMs - before.processorMs
  if (took > CALL_MS) say({ finding: `case ${n}: took ${took.toFixed(0)} ms`, group: `${name} time` })
  const grown = now.peak - allowed
  if (grown > MEMORY + FILE_TIMES * bytes.length) {
    say({ finding: `case ${n}: memory rises by ${grown} bytes for ${bytes.length}`, group: `${name} memory` })
    allowed = now.peak
  }
  before = now
}

// What it throws, or undefined.
async function read(bytes) {
  try {
    await format.read(bytes)
  } catch (error) {
    return error ?? new Error('nothing')
  }
}
