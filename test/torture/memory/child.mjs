// Does one job many times and says by how much resident memory has grown since the first half as many. Arguments: job, times.
import { mkdtempSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Adam, CrossEntropy, fit, load, mlp, save, tensor } from '../../../dist/esm/index.js'

const [job, times] = [process.argv[2], Number(process.argv[3])]
const folder = mkdtempSync(join(tmpdir(), 'chainrule-memory-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const say = (message) => writeSync(1, `${JSON.stringify(message)}\n`)

const model = mlp({ inputs: 16, hidden: [16], outputs: 4, seed: 1 })
const row = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i))
const out = new Float32Array(4)
const x = tensor(
  Float32Array.from({ length: 16 * 16 }, (_, i) => Math.sin(i)),
  { shape: [16, 16] },
)
const y = tensor(Int32Array.from({ length: 16 }, (_, i) => i % 4))
const [loss, optimizer] = [new CrossEntropy(), new Adam()]
const large = () => mlp({ inputs: 256, hidden: [256], outputs: 4, seed: 1, initializer: 'zeros' })
const wide = tensor(new Float32Array(256), { shape: [1, 256] })
const path = join(folder, 'model.safetensors')

const jobs = {
  predict: () => model.predict(row),
  predictSync: () => model.predictSync(row),
  predictInto: () => model.predictInto(row, out),
  steps: () => {
    loss.forward(model.forward(x), y)
    model.backward(loss.backward()[0])
    optimizer.step(model)
  },
  fit: () => fit(model, { x, y }, { loss, optimizer, epochs: 2, batchSize: 8, verbose: false }),
  models: () => large().predict(wide),
  // In a loop that never returns to the event loop.
  modelsAtOnce: () => large().predictSync(wide),
  files: async () => {
    await save(large(), path)
    await load(path)
  },
}
const waits = ['predict', 'fit', 'models', 'files'].includes(job)

async function collected() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc()
    await new Promise((done) => setTimeout(done, 20))
  }
  return process.memoryUsage.rss()
}

// Half a GiB of garbage is what V8 may let lie.
const MOST = 512 * 2 ** 20
const warm = Math.ceil(times / 2)
let [start, highest] = [0, 0]
const run = jobs[job]
const every = Math.max(1, Math.floor(times / 200))
for (let i = 0; i < times + warm; i++) {
  if (i === warm) start = await collected()
  if (waits) await run()
  else run()
  if (i % every === 0) {
    highest = Math.max(highest, process.memoryUsage.rss())
    say({ at: i })
    if (i > warm && highest > start + MOST) break // and so too much for the machine, perhaps
  }
}
const end = await collected()
say({ growth: end - start, highest, allowed: start + MOST })
process.exit(0)
