// Fashion-MNIST: pictures of clothes instead of digits. Harder: a multi-layer perceptron gets some 90 % right.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AdamW, accuracy, CrossEntropy, confusionMatrix, fit, mlp, plot, schedules, tensor } from 'chainrule'
import { classes, loadFashion } from './support/fashion.mjs'
import { orEnd, readOptions } from './support/options.mjs'

const { epochs, rows, seed, data, out } = readOptions(
  `Trains on Fashion-MNIST.

  --epochs N    passes over the pictures     15
  --rows N      pictures to train on         60000
  --seed N      of weights and orders        0
  --data DIR    folder of the IDX files      /usr/share/datasets/fashion-mnist
  --out DIR     folder for the picture       out`,
  { epochs: 15, rows: 60_000, seed: 0, data: '/usr/share/datasets/fashion-mnist', out: 'out' },
)
const { train, test } = await orEnd(() => loadFashion(data))
const count = Math.min(rows, train.y.length)

const model = mlp({ inputs: 784, hidden: [512, 256], outputs: 10, dropout: 0.2, seed })
const { seconds } = await fit(
  model,
  { ...train, x: train.x.subarray(0, 784 * count), y: train.y.subarray(0, count) },
  {
    loss: new CrossEntropy({ labelSmoothing: 0.05 }),
    optimizer: new AdamW({ learningRate: 0.001 }),
    schedule: schedules.oneCycle({ maximum: 0.002 }),
    epochs,
    batchSize: 128,
    seed,
  },
)
const pixels = Float32Array.from(test.x, (byte) => byte / 255)
const scores = await model.predict(tensor(pixels, { shape: [test.y.length, 784] }))
const labels = Int32Array.from(test.y)
console.log(
  `${count} pictures, ${epochs} epochs, ${seconds.toFixed(1)} s: ${(100 * accuracy(scores, labels)).toFixed(1)} % of the test pictures`,
)

const matrix = confusionMatrix(scores, labels)
const wrong = []
for (let i = 0; i < 10; i++) {
  for (let j = 0; j < 10; j++)
    if (i !== j) wrong.push({ count: matrix.data[10 * i + j], text: `${classes[i]} as ${classes[j]}` })
}
wrong.sort((a, b) => b.count - a.count)
console.log(
  `Most often: ${wrong
    .slice(0, 3)
    .map(({ count, text }) => `${text} (${count})`)
    .join(', ')}`,
)
mkdirSync(out, { recursive: true })
const path = join(out, 'fashion.svg')
writeFileSync(path, plot.confusion({ title: 'Fashion-MNIST', matrix, classes }))
console.log(`Picture: ${path}`)
