// Runs jobs again and again while the preloaded shim refuses the n-th allocation, thread, small object or call into the engine,
// n = 1, 2, 3 … Arguments: the file by which the shim is told, the most refusals per job.
import { openSync, readSync, writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import {
  Adam,
  ChainruleError,
  CrossEntropy,
  explain,
  fit,
  MatMul,
  mlp,
  Softmax,
  setThreads,
  tensor,
} from '../../../dist/esm/index.js'
import { packageFile } from '../support.mjs'

const [file, most] = process.argv.slice(2)
const control = openSync(file, 'r+')
const say = (message) => writeSync(1, `${JSON.stringify(message)}\n`)
const kinds = ['allocations', 'threads', 'objects', 'engine']
const refuse = (kind, n) => writeSync(control, Int32Array.of(n), 0, 4, 4 * kinds.indexOf(kind))
const left = (kind) => {
  const got = new Int32Array(1)
  readSync(control, got, 0, 4, 4 * kinds.indexOf(kind))
  return got[0]
}

const data = {
  x: Float32Array.from({ length: 48 * 20 }, (_, i) => Math.sin(i)),
  y: Int32Array.from({ length: 48 }, (_, i) => i % 3),
}
const network = () => mlp({ inputs: 20, hidden: [40], outputs: 3, normalization: 'batch', dropout: 0.1, seed: 3 })
const big = tensor(
  Float32Array.from({ length: 300 * 300 }, (_, i) => Math.cos(i)),
  { shape: [300, 300] },
)
const sum = (values) => values.reduce((a, b) => a + b, 0)
// Where the engine says no, a promise may stay open: nobody is left to wait for it.
const inTime = (promise, milliseconds) => {
  let timer
  const late = new Promise((done) => {
    timer = setTimeout(done, milliseconds, 'nothing')
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
const worker = `
  const said = () => {
    try {
      return require(${JSON.stringify(packageFile('build/Release/chainrule.node'))}).info().isa
    } catch (error) {
      return error.message
    }
  }
  require('node:worker_threads').parentPort.postMessage(said())`
let threads = 2
const jobs = {
  fit: async () => {
    const model = network()
    await fit(model, data, {
      loss: new CrossEntropy(),
      optimizer: new Adam(),
      epochs: 2,
      batchSize: 16,
      validation: data,
    })
    return sum(model.block.values)
  },
  predict: async () => sum((await network().predict(data.x)).data),
  predictSync: async () => sum(network().predictSync(data.x).data),
  product: async () => sum(new MatMul().forward(big, big).data),
  softmax: async () => sum(new Softmax().forward(big).data),
  explained: async () => explain(network(), { loss: new CrossEntropy() }).length,
  refused: async () => {
    const codes = []
    for (const label of [3, -1, 0.5]) {
      try {
        codes.push(new CrossEntropy().forward(tensor([[1, 2, 3]]), tensor([label], { dtype: 'int32' })))
      } catch (error) {
        if (!(error instanceof ChainruleError)) throw error
        codes.push(error.code)
      }
    }
    return codes.join()
  },
  worker: () =>
    new Promise((said, failed) => {
      new Worker(worker, { eval: true }).on('message', said).on('error', failed)
    }),
  threads: async () => {
    threads = threads === 2 ? 6 : 2
    setThreads(threads)
    return sum(new MatMul().forward(big, big).data)
  },
}

for (const [name, job] of Object.entries(jobs)) {
  const expected = await job()
  for (const kind of name === 'worker' ? ['engine'] : kinds) {
    for (let n = 1; n <= Number(most); n++) {
      refuse(kind, n)
      let outcome
      try {
        outcome = await (kind === 'engine' ? inTime(job(), name === 'worker' ? 20_000 : 300) : job())
      } catch (error) {
        outcome = error
      }
      const met = left(kind) <= 0
      refuse(kind, 0)
      const place = `${name}, refused ${kind} ${n}`
      say({ job: place })
      // What the engine refuses it refuses to an environment that ends: whatever comes of it, the process stands.
      if (kind !== 'engine' && outcome instanceof Error && !(outcome instanceof ChainruleError))
        say({ finding: `${place}: ${outcome.stack}` })
      if (kind !== 'engine' && !(outcome instanceof Error) && outcome !== expected)
        say({ finding: `${place}: gives ${outcome} for ${expected}` })
      const again = await job().catch((error) => error)
      if (again !== expected) say({ finding: `${place}: afterwards ${again} for ${expected}` })
      if (!met) break
    }
  }
}
process.exit(0)
