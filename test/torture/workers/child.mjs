// Ends workers in the middle of native calls. Arguments: number of workers, seed, kind of process (workers, both, main).
import { mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { packageFile, randomFrom } from '../support.mjs'

const [count, seed, kind, second] = process.argv.slice(2)
const random = randomFrom(Number(seed))
const folder = mkdtempSync(join(tmpdir(), 'chainrule-workers-'))
const entries = [packageFile('dist/chainrule.js'), ...(second ? [second] : [])]
const say = (message) => writeSync(1, `${JSON.stringify(message)}\n`)

// The main thread has work of its own, or never loads the library.
let training = Promise.resolve()
const stop = new AbortController()
let library
if (kind === 'both') {
  library = await import(entries[0])
  const model = library.mlp({ inputs: 4, hidden: [16], outputs: 2 })
  const options = { loss: new library.CrossEntropy(), optimizer: new library.Adam(), epochs: 1e9, signal: stop.signal }
  training = library.fit(model, { x: new Float32Array(256), y: new Int32Array(64) }, options).catch(() => {})
}

async function one(index) {
  const how = random.pick(['terminate', 'terminate', 'throw', 'exit', 'reject'])
  const worker = new Worker(new URL('worker.mjs', import.meta.url), {
    workerData: { index, how, folder, entry: entries[index % entries.length] },
  })
  worker.on('error', () => {})
  const ended = new Promise((done) => worker.once('exit', done))
  await Promise.race([new Promise((done) => worker.once('message', done)), ended])
  if (how === 'terminate') {
    await new Promise((done) => setTimeout(done, random() * 8))
    await worker.terminate()
  }
  await ended
  say({ at: index })
}

let next = 0
await Promise.all(
  [0, 1, 2, 3].map(async () => {
    while (next < Number(count)) await one(next++)
  }),
)
stop.abort()
await training
// Afterwards everything still works, and what workers saved is whole.
library ??= await import(entries[0])
const { sum } = library
  .mlp({ inputs: 2, outputs: 1 })
  .predictSync([[1, 2]])
  .data.reduce((a, b) => ({ sum: a.sum + b }), { sum: 0 })
const whole = await Promise.all(
  [0, 1, 2, 3].map(async (i) => {
    const path = join(folder, `${i}.safetensors`)
    try {
      readFileSync(path)
    } catch {
      return true
    }
    await library.load(path)
    return true
  }),
)
rmSync(folder, { recursive: true })
say({ done: Number.isFinite(sum) && whole.every(Boolean) })
