// Trains for many steps and says what became of memory and of the event loop.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { commandLine } from './support.mjs'

const help = `Trains for many steps and says what became of memory and of the event loop; fails where memory grew (needs npm run build).

  npm run soak -- [--steps N] [--model a|b|ab] [--limit MB]
  npm run soak -- --steps 1000000 --model b

  --steps N   steps that count, after a quarter as many to become warm; from 100 on (default: 2000)
  --model M   a: 784-512-256-10 at batch 128; b: 20-64-64-1 at batch 32; both with Adam (default: ab)
  --limit MB  growth that fails (default: 8)
  --help      this text`

const { values, refuse } = commandLine(help, {
  steps: { type: 'number', default: 2000 },
  model: { type: 'string', default: 'ab' },
  limit: { type: 'number', default: 8 },
})
const { steps, limit } = values
if (steps < 100) refuse(`--steps takes at least 100, not ${steps}.`)
if (!/^[ab]+$/.test(values.model)) refuse(`--model takes a, b or ab, not '${values.model}'.`)
const { Adam, CrossEntropy, fit, info, MeanSquaredError, mlp } = await import('../dist/esm/index.js')

const noise = (length) => Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898) * 0.5)
const models = {
  a: () => ({
    network: mlp({ inputs: 784, hidden: [512, 256], outputs: 10, activation: 'relu', seed: 1 }),
    data: { x: noise(1280 * 784), y: Int32Array.from({ length: 1280 }, (_, i) => i % 10) },
    loss: new CrossEntropy(),
    batchSize: 128,
  }),
  b: () => ({
    network: mlp({ inputs: 20, hidden: [64, 64], outputs: 1, activation: 'relu', seed: 1 }),
    data: { x: noise(32000 * 20), y: noise(32000) },
    loss: new MeanSquaredError(),
    batchSize: 32,
  }),
}

/** Memory of the process once garbage is gone, in MB. */
async function memory() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await new Promise((resume) => setTimeout(resume, 20))
  }
  return process.memoryUsage().rss / 2 ** 20
}

async function soak(name) {
  const { network, data, loss, batchSize } = models[name]()
  const perEpoch = data.y.length / batchSize
  const optimizer = new Adam({ learningRate: 1e-4 })
  const train = (epochs) => fit(network, data, { loss, optimizer, batchSize, epochs, verbose: false })
  // A quarter of the steps to become warm.
  const warm = Math.max(1, Math.round(steps / perEpoch / 4))
  const epochs = Math.max(1, Math.round(steps / perEpoch))
  await train(warm)
  const before = await memory()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const started = performance.now()
  await train(epochs)
  const seconds = (performance.now() - started) / 1000
  delay.disable()
  const grown = (await memory()) - before
  const milliseconds = (nanoseconds) => (nanoseconds / 1e6).toFixed(2)
  const [p50, p99, max] = [delay.percentile(50), delay.percentile(99), delay.max].map(milliseconds)
  console.log(
    `(${name}) ${epochs * perEpoch} steps in ${seconds.toFixed(1)} s, ${((seconds * 1e6) / (epochs * perEpoch)).toFixed(1)} µs each; ` +
      `memory ${before.toFixed(1)} MB ${grown < 0 ? '−' : '+'} ${Math.abs(grown).toFixed(2)} MB; ` +
      `event loop delay (ticks of 1 ms) p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`,
  )
  return grown
}

console.log(`Node ${process.version}, ${info().isa}, ${info().threads} threads, ${info().cpu}`)
let worst = 0
for (const name of new Set(values.model)) worst = Math.max(worst, await soak(name))
if (worst > limit) {
  console.error(`Memory grew by ${worst.toFixed(1)} MB, more than ${limit} MB.`)
  process.exit(1)
}
