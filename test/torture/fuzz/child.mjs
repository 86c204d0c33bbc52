// Reads mutated files of one format, one after another, and tells of what is neither read nor refused with a typed error.
// Arguments: format, seed, first, end.
import { writeSync } from 'node:fs'
import { ChainruleError } from '../../../dist/esm/index.js'
import { randomFrom } from '../support.mjs'
import { formats } from './formats.mjs'
import { mutated } from './mutate.mjs'

const [name, seed, first, end] = process.argv.slice(2)
const { seeds, read } = formats[name]
const files = await seeds()
// Of processor time.
const CALL_MS = 1000
const say = (message) => writeSync(1, `${JSON.stringify(message)}\n`)

for (const file of files) await read(file)
say({ at: Number(first) - 1 })
let [readable, refused, most] = [0, 0, 0]
const before = process.memoryUsage.rss()
for (let n = Number(first); n < Number(end); n++) {
  const random = randomFrom(Number(seed) * 7_368_787 + n)
  let bytes = random.pick(files)
  for (let i = 0, rounds = 1 + random.below(4); i < rounds; i++) bytes = mutated(bytes, random, files)
  if (n % 64 === 0) say({ at: n })
  const started = process.cpuUsage()
  try {
    await read(bytes)
    readable++
  } catch (error) {
    refused++
    if (!(error instanceof ChainruleError)) {
      const place = /dist\/esm\/([^):]+:\d+)/.exec(String(error?.stack))?.[1] ?? 'elsewhere'
      say({
        finding: `case ${n}: ${error?.constructor?.name}: ${String(error?.message).slice(0, 160)} (${place})`,
        group: `${name} ${place}`,
        bytes: bytes.subarray(0, 400).toString('latin1'),
      })
    }
  }
  const { user, system } = process.cpuUsage(started)
  const took = (user + system) / 1000
  if (took > CALL_MS) say({ finding: `case ${n}: took ${took.toFixed(0)} ms`, group: `${name} time` })
  const rss = process.memoryUsage.rss() - before
  if (rss > most) most = rss
}
say({ done: true, readable, refused, most })
