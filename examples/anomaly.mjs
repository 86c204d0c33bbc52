// Finds what is unlike the rest: an autoencoder learns to put normal machine readings together again from few numbers, and
// fails at others.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Adam, fit, MeanSquaredError, metrics, mlp, plot, StandardScaler, tensor } from 'chainrule'
import { readOptions } from './support/options.mjs'
import { normal, uniform } from './support/random.mjs'

const { rows, epochs, seed, out } = readOptions(
  `Trains an autoencoder on generated readings and looks for faults.

  --rows N      normal readings         4000
  --epochs N    passes over them        30
  --seed N      of data and training    1
  --out DIR     folder for the picture  out`,
  { rows: 4000, epochs: 30, seed: 1, out: 'out' },
)

// Twelve sensors that follow two things nobody measures, load and temperature.
const random = uniform(seed)
const gauss = normal(random)
const sensors = Array.from({ length: 12 }, () => [gauss(), gauss(), gauss()])
const reading = () => {
  const [load, heat] = [2 * random() - 1, 2 * random() - 1]
  return sensors.map(([a, b, c]) => a * load + b * Math.sin(2 * heat) + c * load * heat + 0.1 * gauss())
}
// A fault: one sensor to three of them read something of another moment. Each value alone is a usual one.
const fault = () => {
  const [one, other] = [reading(), reading()]
  for (let broken = 0; broken < 3; broken++) {
    const sensor = Math.floor(random() * sensors.length)
    one[sensor] = other[sensor]
  }
  return one
}

const normals = Array.from({ length: rows }, reading)
const scaler = new StandardScaler().fit(normals)
const scaled = (list) =>
  tensor(Float32Array.from(scaler.transform(list).data), { shape: [list.length, sensors.length] })

const model = mlp({ inputs: 12, hidden: [32, 3, 32], outputs: 12, activation: 'tanh', seed })
const x = scaled(normals)
const options = {
  loss: new MeanSquaredError(),
  optimizer: new Adam({ learningRate: 0.005 }),
  batchSize: 64,
  verbose: false,
}
const history = await fit(model, { x, y: x }, { ...options, epochs, seed })
console.log(`Error of the readings it learned from: ${history.epochs.at(-1).loss.toFixed(4)}`)

// New readings, of which one in ten is a fault: the error of putting them together again is the score.
const test = Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? fault() : reading()))
const truth = test.map((_, i) => (i % 10 === 0 ? 1 : 0))
const given = scaled(test)
const rebuilt = await model.predict(given)
const errors = test.map((row, i) => {
  const squares = row.map((_, j) => (given.data[i * row.length + j] - rebuilt.data[i * row.length + j]) ** 2)
  return squares.reduce((sum, square) => sum + square) / row.length
})
console.log(
  `ROC-AUC ${metrics.rocAuc(tensor(errors), truth).toFixed(3)}, average precision ${metrics.prAuc(tensor(errors), truth).toFixed(3)}`,
)

// The error that one normal reading in a hundred exceeds is the limit of alarm.
const usual = errors.filter((_, i) => truth[i] === 0).sort((a, b) => a - b)
const limit = usual[Math.floor(0.99 * usual.length)]
const caught = errors.filter((error, i) => truth[i] === 1 && error > limit).length
console.log(`Alarm above ${limit.toFixed(3)}: ${caught} of 100 faults found`)

// Parts of the readings by the logarithm of their error.
const steps = 24
const [low, high] = [Math.log10(Math.min(...errors)), Math.log10(Math.max(...errors))]
const centres = Array.from({ length: steps }, (_, k) => low + ((k + 0.5) * (high - low)) / steps)
const parts = (kind) => {
  const own = errors.filter((_, i) => truth[i] === kind)
  return centres.map(
    (centre) => own.filter((e) => Math.abs(Math.log10(e) - centre) <= (high - low) / steps / 2).length / own.length,
  )
}
mkdirSync(out, { recursive: true })
const path = join(out, 'anomaly.svg')
writeFileSync(
  path,
  plot.lines({
    title: 'Reconstruction errors',
    series: [
      { name: 'normal', x: centres, y: parts(0) },
      { name: 'faults', x: centres, y: parts(1) },
    ],
    x: { label: 'log₁₀ of the error' },
    y: { label: 'part of the readings' },
  }),
)
console.log(`Picture: ${path}`)
