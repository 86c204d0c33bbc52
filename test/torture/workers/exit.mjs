// A process that ends while it trains: by process.exit, by an error, or because nothing is left to do. Argument: how.
import { Adam, CrossEntropy, fit, mlp } from '../../../dist/esm/index.js'

const [how, delay] = process.argv.slice(2)
const model = mlp({ inputs: 64, hidden: [256, 256], outputs: 10 })
const data = { x: new Float32Array(2048 * 64), y: new Int32Array(2048) }
const training = fit(model, data, { loss: new CrossEntropy(), optimizer: new Adam(), epochs: 1e9, batchSize: 256 })
training.catch(() => {})
model.predict(data.x).catch(() => {})
const end = {
  exit: () => process.exit(3),
  throw: () => {
    throw new Error('on purpose')
  },
  abort: () => process.kill(process.pid, 'SIGTERM'),
}[how]
setTimeout(() => {
  process.stdout.write(`{"at":${Date.now()}}\n`, end)
}, Number(delay))
