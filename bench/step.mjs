// How long is one training step of 784-512-256-10 at batch 128?
import { Adam, CrossEntropy, fit, mlp, SGD, setThreads, tensor } from 'chainrule'
import { native } from '../dist/esm/native/load.js'
import { JsMlp } from './js-mlp.mjs'
import { both, generator, numbers, percent, race, threadCounts, times } from './support.mjs'

export const title = 'One training step of 784-512-256-10, batch 128, in ms: median (best)'

const SIZES = [784, 512, 256, 10]
const BATCH = 128
const BATCHES = 16 // that fit runs in one call; its set-up is spread over them

export const cases = [
  { name: 'SGD, momentum 0.9', optimizer: 'sgd' },
  { name: 'Adam', optimizer: 'adam' },
]

// Multiply-adds of forward, dW, and dx of all layers but the first.
const flops = 2 * BATCH * SIZES.slice(1).reduce((sum, n, l) => sum + n * SIZES[l] * (l === 0 ? 2 : 3), 0)

export async function run({ optimizer: kind }, processors) {
  const x = numbers(BATCHES * BATCH * SIZES[0], 1)
  const random = generator(2)
  const labels = Int32Array.from({ length: BATCHES * BATCH }, () => Math.floor(10 * random()))
  const rival = new JsMlp(SIZES, BATCH, { optimizer: kind, learningRate: 1e-3, random })
  const make = () => (kind === 'adam' ? new Adam() : new SGD({ learningRate: 1e-3, momentum: 0.9 }))
  const model = () => mlp({ inputs: SIZES[0], hidden: SIZES.slice(1, -1), outputs: SIZES.at(-1) })
  const [byHand, byFit] = [model(), model()]
  const loss = new CrossEntropy()
  const [handOptimizer, fitOptimizer] = [make(), make()]
  const batch = {
    x: tensor(x.subarray(0, BATCH * SIZES[0]), { shape: [BATCH, SIZES[0]] }),
    y: labels.subarray(0, BATCH),
  }
  const js = () => rival.step(x, labels, BATCH)
  const hand = () => {
    loss.forward(byHand.forward(batch.x), batch.y)
    byHand.backward(loss.backward()[0], { inputGradient: false })
    handOptimizer.step(byHand)
  }
  const options = {
    loss: new CrossEntropy(),
    optimizer: fitOptimizer,
    batchSize: BATCH,
    shuffle: false,
    verbose: false,
  }
  const whole = () => fit(byFit, { x, y: labels }, options)
  const result = { hand: {}, fit: {}, peak: {}, flops }
  for (const threads of threadCounts(processors)) {
    setThreads(threads)
    const before = native().measurePeak(false, threads)
    const timed = await race(threads === 1 ? { js, hand, whole } : { hand, whole })
    if (timed.js) result.js = timed.js
    result.hand[threads] = timed.hand
    result.fit[threads] = { median: timed.whole.median / BATCHES, min: timed.whole.min / BATCHES }
    result.peak[threads] = Math.max(before, native().measurePeak(false, threads))
  }
  return result
}

export function show(results, processors) {
  const counts = threadCounts(processors)
  const plural = (t) => `${t} thread${t > 1 ? 's' : ''}`
  const head = [
    'optimizer',
    'pure JS',
    ...counts.flatMap((t) => [`loop, ${plural(t)}`, `fit, ${plural(t)}`, '× JS', 'of peak']),
  ]
  const ms = (seconds) => 1000 * seconds
  const limit = (t) => Math.max(...results.map(({ result }) => result.peak[t]))
  const rows = results.map(({ name, result }) => {
    const cells = counts.flatMap((t) => {
      const best = result.fit[t]
      const part = result.flops / best.median / 1e9 / limit(t)
      return [both(result.hand[t], ms), both(best, ms), times(result.js.median / best.median), percent(part)]
    })
    return [name, both(result.js, ms), ...cells]
  })
  return {
    head,
    rows,
    note: 'Loop: forward, backward, step by hand. × JS and part of the multiply-add peak are those of fit.',
  }
}
