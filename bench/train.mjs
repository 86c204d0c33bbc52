// How many samples per second does fit train on, end to end: rows gathered in random order, optimizer included?
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Adam, CrossEntropy, fit, MeanSquaredError, mlp, SGD, setThreads } from 'chainrule'
import { native } from '../dist/esm/native/load.js'
import { JsMlp } from './js-mlp.mjs'
import { trainingPeers } from './peers.mjs'
import { generator, numbers, percent, race, short, threadCounts, times } from './support.mjs'

export const title = 'Training end to end through fit, in thousand samples per second: median (best)'

// An epoch of fit lasts about as long as a sample of the race; pure JS takes single batches.
const networks = [
  { sizes: [784, 512, 256, 10], batch: 128, batches: 24 },
  { sizes: [20, 64, 64, 1], batch: 32, batches: 2000 },
  { sizes: [64, 32, 10], batch: 16, batches: 4000 },
  { sizes: [1536, 256, 20], batch: 256, batches: 12 },
  { sizes: [4096, 4096, 4096, 100], batch: 100, batches: 1 },
]

export const cases = networks.flatMap((network) =>
  ['sgd', 'adam'].map((optimizer) => ({
    ...network,
    optimizer,
    name: `${network.sizes.join('-')}, batch ${network.batch}, ${optimizer === 'sgd' ? 'SGD momentum' : 'Adam'}`,
  })),
)

/** Multiply-adds count as two; the first layer has no gradient of its input. */
function flopsPerSample(sizes) {
  return 2 * sizes.slice(1).reduce((sum, n, l) => sum + n * sizes[l] * (l === 0 ? 2 : 3), 0)
}

export async function run({ sizes, batch, batches, optimizer: kind }, processors) {
  const rows = batch * batches
  const [inputs, outputs] = [sizes[0], sizes.at(-1)]
  const random = generator(2)
  const x = numbers(rows * inputs, 1)
  const labelled = outputs > 1
  const y = labelled
    ? Int32Array.from({ length: rows }, () => Math.floor(outputs * random()))
    : numbers(rows * outputs, 3)
  const model = mlp({ inputs, hidden: sizes.slice(1, -1), outputs })
  const options = {
    loss: labelled ? new CrossEntropy() : new MeanSquaredError(),
    optimizer: kind === 'adam' ? new Adam() : new SGD({ learningRate: 1e-4, momentum: 0.9 }),
    batchSize: batch,
    verbose: false,
  }
  const large = flopsPerSample(sizes) * batch > 2e9
  const epoch = () => fit(model, { x, y }, options)
  const rival = labelled && !large && new JsMlp(sizes, batch, { optimizer: kind, learningRate: 1e-4, random })
  const result = { fit: {}, peak: {}, delay: {}, ratios: {}, flops: flopsPerSample(sizes) }
  for (const threads of threadCounts(processors)) {
    setThreads(threads)
    const before = native().measurePeak(false, threads)
    const peers = await trainingPeers({ sizes, batch, batches: Math.min(batches, 500), optimizer: kind }, threads)
    // Ours and each peer take turns: slow and fast times of the machine meet all of them.
    const contenders = { epoch, ...(rival && { 'pure JS': () => rival.step(x, y, batch) }), ...peers.contenders }
    const times = await race(contenders, { rounds: large ? 5 : 9, sample: 100 })
    peers.end()
    result.fit[threads] = { median: times.epoch.median / rows, min: times.epoch.min / rows }
    // A call of ours trains on all rows, one of pure JS on a batch, peers tell seconds per row.
    const perRow = (name) => times[name].ratio * (name === 'pure JS' ? rows / batch : rows)
    result.ratios[threads] = Object.fromEntries(
      Object.keys(contenders)
        .slice(1)
        .map((name) => [name, perRow(name)]),
    )
    result.peak[threads] = Math.max(before, native().measurePeak(false, threads))
    result.delay[threads] = await loopDelay(epoch)
  }
  return result
}

// What a timer that wants to run every millisecond has to wait beyond it, in milliseconds.
async function loopDelay(epoch) {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  for (const started = performance.now(); performance.now() - started < 1000; ) await epoch()
  delay.disable()
  return { p99: delay.percentile(99) / 1e6 - 1, max: delay.max / 1e6 - 1 }
}

export function show(results, processors) {
  const counts = threadCounts(processors)
  const peersOf = (t) => [...new Set(results.flatMap(({ result }) => Object.keys(result.ratios[t])))]
  const head = [
    'network',
    ...counts.flatMap((t) => [
      `fit, ${t} thread${t > 1 ? 's' : ''}`,
      ...peersOf(t).map((name) => `× ${name}`),
      'of bound',
      'loop ms',
    ]),
  ]
  const rate = (seconds) => short(1 / seconds / 1000)
  const rows = results.map(({ name, result }) => [
    name,
    ...counts.flatMap((t) => {
      const { median, min } = result.fit[t]
      const part = result.flops / median / 1e9 / result.peak[t]
      return [
        `${rate(median)} (${rate(min)})`,
        ...peersOf(t).map((name) => (name in result.ratios[t] ? times(result.ratios[t][name]) : '–')),
        percent(part),
        `${short(result.delay[t].p99)} (${short(result.delay[t].max)})`,
      ]
    }),
  ])
  const note = [
    '× a peer: the median of rounds in which all take turns; peers take their rows in order, fit shuffles and gathers them.',
    'Of bound: part of the rate at which the multiply-adds alone would go, measured before and after each case.',
    'Loop ms: delay of the event loop while it trains, 99th percentile (longest).',
  ].join('\n')
  return { head, rows, note }
}
