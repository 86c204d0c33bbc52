// How fast are matrix products? Squares, and the products of one training step of 784-512-256-10 at batch 128.
import { setThreads } from 'chainrule'
import { native } from '../dist/esm/native/load.js'
import { gemm } from './js-mlp.mjs'
import { both, median, numbers, percent, race, threadCounts, times } from './support.mjs'

export const title = 'Matrix products, float32, in GFLOP/s: median (best)'

const square = (n) => ({ name: `${n}³`, m: n, n, k: n, a: [n, 1], b: [n, 1] })
const forward = (batch, inputs, outputs) => {
  return {
    name: `y = x·Wᵀ  ${batch}×${inputs}→${outputs}`,
    m: batch,
    n: outputs,
    k: inputs,
    a: [inputs, 1],
    b: [1, inputs],
  }
}
const inputGradient = (batch, inputs, outputs) => {
  return {
    name: `dx = dy·W  ${batch}×${outputs}→${inputs}`,
    m: batch,
    n: inputs,
    k: outputs,
    a: [outputs, 1],
    b: [inputs, 1],
  }
}
const weightGradient = (batch, inputs, outputs) => {
  return { name: `dW = dyᵀ·x  ${outputs}×${inputs}`, m: outputs, n: inputs, k: batch, a: [1, outputs], b: [inputs, 1] }
}

export const cases = [
  square(512),
  square(1024),
  forward(128, 784, 512),
  forward(128, 512, 256),
  forward(128, 256, 10),
  inputGradient(128, 512, 256),
  inputGradient(128, 256, 10),
  weightGradient(128, 784, 512),
  weightGradient(128, 512, 256),
  weightGradient(128, 256, 10),
]

export async function run({ m, n, k, a: [aRow, aCol], b: [bRow, bCol] }, processors) {
  const addon = native()
  const [a, b] = [numbers(m * k, 1), numbers(k * n, 2)]
  const [c, reference] = [new Float32Array(m * n), new Float32Array(m * n)]
  const js = () => gemm(m, n, k, a, aRow, aCol, b, bRow, bCol, reference)
  const ours = () => addon.gemm(m, n, k, 1, a, aRow, aCol, b, bRow, bCol, 0, c, null, -1, 0, 0, null)
  const result = { flops: 2 * m * n * k, native: {}, peak: {} }
  for (const threads of threadCounts(processors)) {
    setThreads(threads)
    // In each round, so that it is that of the moment: these machines are shared.
    const peaks = []
    const peak = () => peaks.push(addon.measurePeak(false, threads))
    const timed = await race(threads === 1 ? { js, ours, peak } : { ours, peak })
    if (timed.js) result.js = timed.js
    result.native[threads] = timed.ours
    result.peak[threads] = median(peaks)
  }
  const worst = c.reduce((largest, value, i) => Math.max(largest, Math.abs(value - reference[i])), 0)
  if (!(worst < 1e-5 * k)) throw new Error(`the products differ by ${worst}`)
  return result
}

export function show(results, processors) {
  const head = ['product', 'pure JS', '× JS']
  const counts = threadCounts(processors)
  for (const threads of counts) head.push(`${threads} thread${threads > 1 ? 's' : ''}`, 'of peak')
  const rows = results.map(({ name, result: { flops, js, native: ours, peak } }) => {
    const rate = (seconds) => flops / seconds / 1e9
    const measured = counts.flatMap((t) => [both(ours[t], rate), percent(rate(ours[t].median) / peak[t])])
    return [name, both(js, rate), times(js.median / ours[1].median), ...measured]
  })
  const limits = counts.map((t) => {
    const peaks = results.map(({ result }) => result.peak[t])
    return `${Math.min(...peaks).toFixed(0)} to ${Math.max(...peaks).toFixed(0)} GFLOP/s on ${t} thread${t > 1 ? 's' : ''}`
  })
  return {
    head,
    rows,
    note: `Of peak: fused multiply-adds from registers, measured in each round: ${limits.join(', ')}.`,
  }
}
