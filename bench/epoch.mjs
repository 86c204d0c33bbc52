// How long is one epoch over MNIST, shuffling and scaling of the bytes included?
import { Adam, argmax, CrossEntropy, fit, mlp, setThreads, tensor } from 'chainrule'
import { loadMnist } from '../examples/support/mnist.mjs'
import { JsMlp } from './js-mlp.mjs'
import { generator, short, threadCounts, times } from './support.mjs'

export const title = 'One epoch over the 60,000 MNIST digits: 784-512-256-10, batch 128, Adam'

const SIZES = [784, 512, 256, 10]
const BATCH = 128
const TEST_ROWS = 2000

export const cases = [{ name: 'pure JS' }, { name: 'fit', native: true }]

export async function run({ native }, processors) {
  const { train, test } = await loadMnist()
  const counts = native ? threadCounts(processors) : [1]
  const epochs = {}
  for (const threads of counts) epochs[threads] = native ? await fitEpochs(train, test, threads) : jsEpoch(train, test)
  return { rows: train.y.length, epochs }
}

// The first epoch warms up; the best and the median of five more.
async function fitEpochs(train, test, threads) {
  setThreads(threads)
  const samples = []
  let part = 0
  for (let run = 0; run < 6; run++) {
    const model = mlp({
      inputs: SIZES[0],
      hidden: SIZES.slice(1, -1),
      outputs: SIZES.at(-1),
      initializer: 'heUniform',
      seed: run,
    })
    const options = { loss: new CrossEntropy(), optimizer: new Adam(), batchSize: BATCH, seed: run, verbose: false }
    const started = performance.now()
    await fit(model, train, options)
    if (run > 0) samples.push((performance.now() - started) / 1000)
    const pixels = Float32Array.from(test.x.subarray(0, TEST_ROWS * SIZES[0]), (byte) => byte / 255)
    const classes = argmax(await model.predict(tensor(pixels, { shape: [TEST_ROWS, SIZES[0]] }))).data
    part = rightPart(classes, test.y)
  }
  samples.sort((a, b) => a - b)
  return { median: samples[2], min: samples[0], accuracy: part }
}

// Once: an epoch is hundreds of equal steps, warm after the first few.
function jsEpoch(train, test) {
  const random = generator(7)
  const model = new JsMlp(SIZES, BATCH, { optimizer: 'adam', learningRate: 1e-3, random })
  const [x, y] = [new Float32Array(BATCH * SIZES[0]), new Int32Array(BATCH)]
  const started = performance.now()
  const order = Int32Array.from(train.y, (_, i) => i)
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const swapped = order[i]
    order[i] = order[j]
    order[j] = swapped
  }
  for (let from = 0; from < order.length; from += BATCH) {
    const rows = Math.min(BATCH, order.length - from)
    for (let r = 0, to = 0; r < rows; r++) {
      y[r] = train.y[order[from + r]]
      for (let p = 0, at = order[from + r] * SIZES[0]; p < SIZES[0]; p++) x[to++] = train.x[at++] / 255
    }
    model.step(x, y, rows)
  }
  const seconds = (performance.now() - started) / 1000
  return { median: seconds, min: seconds, accuracy: jsAccuracy(model, test) }
}

function jsAccuracy(model, test) {
  const classes = new Int32Array(TEST_ROWS)
  for (let from = 0; from < TEST_ROWS; from += BATCH) {
    const rows = Math.min(BATCH, TEST_ROWS - from)
    const pixels = Float32Array.from(test.x.subarray(from * SIZES[0], (from + rows) * SIZES[0]), (byte) => byte / 255)
    const logits = model.forward(pixels, rows)
    for (let r = 0; r < rows; r++) {
      const scores = logits.subarray(10 * r, 10 * r + 10)
      classes[from + r] = scores.indexOf(Math.max(...scores))
    }
  }
  return rightPart(classes, test.y)
}

function rightPart(classes, labels) {
  return classes.reduce((right, guess, i) => right + (guess === labels[i] ? 1 : 0), 0) / classes.length
}

export function show(results) {
  const head = ['by', 'median s', 'best s', 'samples/s', '× JS', 'test accuracy after it']
  const js = results.find(({ name }) => name === 'pure JS')?.result.epochs[1].median
  const rows = results.flatMap(({ name, result }) =>
    Object.entries(result.epochs).map(([threads, { median, min, accuracy }]) => {
      const title = name === 'fit' ? `fit, ${threads} thread${threads > 1 ? 's' : ''}` : name
      const accurate = `${(100 * accuracy).toFixed(1)} %`
      return [title, short(median), short(min), short(result.rows / median), js ? times(js / median) : '–', accurate]
    }),
  )
  return {
    head,
    rows,
    note: `Pure JS runs once; fit six times, the first not counted. Accuracy on ${TEST_ROWS} test digits.`,
  }
}
