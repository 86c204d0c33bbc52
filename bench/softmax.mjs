// How fast is softmax with cross-entropy, forward and backward at once, from 2 to 50,000 classes?
import { setThreads } from 'chainrule'
import { native } from '../dist/esm/native/load.js'
import { bestPeer, peers } from './peers.mjs'
import { both, generator, numbers, percent, race, short, threadCounts, times } from './support.mjs'

export const title = 'Softmax and cross-entropy with its gradient, float32, in ns per logit: median (best)'

const LOGITS = 100 * 1024

export const cases = [2, 3, 10, 100, 1000, 50000].map((cols) => ({
  name: `${cols.toLocaleString('en-US')} classes`,
  cols,
  rows: Math.floor(LOGITS / cols),
}))

function crossEntropy(cols, x, labels, dx) {
  let total = 0
  for (let r = 0, at = 0; r < labels.length; r++, at += cols) {
    let max = x[at]
    for (let c = 1; c < cols; c++) if (x[at + c] > max) max = x[at + c]
    let sum = 0
    for (let c = 0; c < cols; c++) sum += dx[at + c] = Math.exp(x[at + c] - max)
    const factor = 1 / (sum * labels.length)
    for (let c = 0; c < cols; c++) dx[at + c] *= factor
    dx[at + labels[r]] -= 1 / labels.length
    total += Math.log(sum) + max - x[at + labels[r]]
  }
  return total / labels.length
}

export async function run({ cols, rows }, processors) {
  const addon = native()
  const x = numbers(rows * cols, 1).map((value) => 3 * value)
  const random = generator(2)
  const labels = Int32Array.from({ length: rows }, () => Math.floor(cols * random()))
  const [dx, reference] = [new Float32Array(x.length), new Float32Array(x.length)]
  const js = () => crossEntropy(cols, x, labels, reference)
  const ours = () => addon.crossEntropy(cols, x, labels, 1 / rows, dx) / rows
  const copy = () => reference.set(x)
  const result = { native: {}, logits: x.length, peers: peers('softmax', cols, rows) }
  for (const threads of threadCounts(processors)) {
    setThreads(threads)
    const timed = await race(threads === 1 ? { js, copy, ours } : { ours })
    if (timed.js) Object.assign(result, { js: timed.js, copy: timed.copy })
    result.native[threads] = timed.ours
  }
  const error = Math.abs(js() - ours())
  const worst = dx.reduce((largest, value, i) => Math.max(largest, Math.abs(value - reference[i])), error)
  if (!(worst < 2e-6)) throw new Error(`the results differ by ${worst}`)
  return result
}

export function show(results, processors) {
  const counts = threadCounts(processors)
  const more = counts.slice(1)
  const head = ['classes', 'pure JS', 'numpy', 'torch', '1 thread', 'of copying', '× best peer', '× JS']
  const rows = results.map(({ name, result: { js, copy, native: ours, logits, peers: others } }) => {
    const each = (seconds) => (1e9 * seconds) / logits
    const peer = (kind) => Object.entries(others).find(([key]) => key.startsWith(kind))?.[1]
    const cell = (timed) => (timed ? both(timed, each) : '–')
    const best = bestPeer(others)
    return [
      name,
      cell(js),
      cell(peer('numpy')),
      cell(peer('torch')),
      cell(ours[1]),
      percent(copy.min / ours[1].min),
      best ? times(best.min / ours[1].min) : '–',
      times(js.min / ours[1].min),
      ...more.map((t) => cell(ours[t])),
    ]
  })
  const versions = new Set(results.flatMap(({ result }) => Object.keys(result.peers)))
  const found =
    versions.size > 0 ? `Peers: ${[...versions].join(', ')}.` : 'No peers: python3 with numpy or torch is not there.'
  return {
    head: [...head, ...more.map((t) => `${t} threads`)],
    rows,
    note: `About ${short(LOGITS)} logits, in cache. Of copying: against TypedArray.set. Ratios are of the best times. ${found}`,
  }
}
