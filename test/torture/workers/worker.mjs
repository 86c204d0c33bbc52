// A worker that is always in the middle of a native call: it trains, predicts, compiles, saves and copies without end, until it
// is told to throw or to exit, or is terminated.
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'

const { index, how, folder, entry } = workerData
const { Adam, CrossEntropy, fit, load, mlp, save } = await import(entry)

const network = () => mlp({ inputs: 8, hidden: [32], outputs: 3, dropout: 0.1, normalization: 'batch', seed: index })
const model = network()
const x = new Float32Array(64 * 8).map((_, i) => Math.sin(i))
const y = new Int32Array(64).map((_, i) => i % 3)
const path = join(folder, `${index % 4}.safetensors`)
const forever = async (step) => {
  for (;;) await step()
}
const jobs = [
  () => fit(model, { x, y }, { loss: new CrossEntropy(), optimizer: new Adam(), epochs: 1e6, batchSize: 8 }),
  () => forever(() => model.predict(x)),
  () => forever(() => new Promise((done) => setImmediate(() => done(model.predictSync(x))))),
  () => forever(() => new Promise((done) => setImmediate(() => done(network().predictSync(x))))),
  () => forever(() => Promise.all([network().predict(x), network().predict(x)])),
  () =>
    forever(async () => {
      await save(model, path)
      await load(path)
    }),
]
parentPort.postMessage('ready')
const running = [jobs[index % jobs.length](), jobs[Math.floor(index / jobs.length) % jobs.length]()]
for (const job of running) job.catch(() => {})
if (how === 'throw')
  setTimeout(() => {
    throw new Error('on purpose')
  }, index % 7)
if (how === 'exit') setTimeout(() => process.exit(0), index % 7)
if (how === 'reject') setTimeout(() => Promise.reject(new Error('on purpose')), index % 7)
