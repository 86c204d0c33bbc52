// How fast are activations, forward and backward?
import { setThreads } from 'chainrule'
import { native } from '../dist/esm/native/load.js'
import { both, numbers, percent, race, threadCounts, times } from './support.mjs'

export const title = 'Activations of 100 × 4096 float32, in ns per element: median (best)'

const N = 100 * 4096
const erf = (x) => {
  // Abramowitz and Stegun 7.1.26, error below 1.5e-7
  const t = 1 / (1 + 0.3275911 * Math.abs(x))
  const y =
    1 -
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-x * x)
  return x < 0 ? -y : y
}

// Loops of their own for each gate: one loop that calls a function given to it would be slower. Without branches where that
// is possible: on data of random signs a mispredicted branch costs more than the arithmetic.
const rivals = {
  relu: {
    forward(x, y) {
      for (let i = 0; i < x.length; i++) y[i] = 0.5 * (x[i] + Math.abs(x[i]))
    },
    backward(x, _, dy, dx) {
      for (let i = 0; i < x.length; i++) dx[i] = dy[i] * Number(x[i] > 0)
    },
  },
  sigmoid: {
    forward(x, y) {
      for (let i = 0; i < x.length; i++) y[i] = 1 / (1 + Math.exp(-x[i]))
    },
    backward(_, y, dy, dx) {
      for (let i = 0; i < y.length; i++) dx[i] = dy[i] * y[i] * (1 - y[i])
    },
  },
  tanh: {
    forward(x, y) {
      for (let i = 0; i < x.length; i++) y[i] = Math.tanh(x[i])
    },
    backward(_, y, dy, dx) {
      for (let i = 0; i < y.length; i++) dx[i] = dy[i] * (1 - y[i] * y[i])
    },
  },
  elu: {
    forward(x, y) {
      for (let i = 0; i < x.length; i++) y[i] = x[i] > 0 ? x[i] : Math.expm1(x[i])
    },
    backward(_, y, dy, dx) {
      for (let i = 0; i < y.length; i++) dx[i] = dy[i] * (1 + 0.5 * (y[i] - Math.abs(y[i])))
    },
  },
  gelu: {
    forward(x, y) {
      for (let i = 0; i < x.length; i++) y[i] = 0.5 * x[i] * (1 + erf(x[i] * Math.SQRT1_2))
    },
    backward(x, _, dy, dx) {
      const density = 1 / Math.sqrt(2 * Math.PI)
      for (let i = 0; i < x.length; i++) {
        const z = x[i]
        dx[i] = dy[i] * (0.5 * (1 + erf(z * Math.SQRT1_2)) + z * density * Math.exp(-0.5 * z * z))
      }
    },
  },
}

export const cases = Object.keys(rivals).flatMap((gate) => [
  { name: `${gate} forward`, gate, pass: 'forward' },
  { name: `${gate} backward`, gate, pass: 'backward' },
])

export async function run({ gate, pass }, processors) {
  const addon = native()
  const op = addon.info().unary.findIndex(({ name }) => name === gate)
  const { keeps, parameters } = addon.info().unary[op]
  const alpha = parameters > 0 ? 1 : 0
  const x = numbers(N, 1).map((value) => 3 * value)
  const dy = numbers(N, 2)
  const [y, out, reference] = [new Float32Array(N), new Float32Array(N), new Float32Array(N)]
  addon.unaryForward(op, x, y, alpha, 0)
  const kept = keeps === 'output' ? y : x
  const rival = rivals[gate]
  const forward = pass === 'forward'
  const js = forward ? () => rival.forward(x, reference) : () => rival.backward(x, y, dy, reference)
  const ours = forward
    ? () => addon.unaryForward(op, x, out, alpha, 0)
    : () => addon.unaryBackward(op, kept, dy, out, alpha, 0)
  const copy = () => reference.set(x)
  const result = { native: {}, elements: N }
  for (const threads of threadCounts(processors)) {
    setThreads(threads)
    const timed = await race(threads === 1 ? { js, copy, ours } : { ours })
    if (timed.js) Object.assign(result, { js: timed.js, copy: timed.copy })
    result.native[threads] = timed.ours
  }
  js()
  ours()
  const worst = out.reduce((largest, value, i) => Math.max(largest, Math.abs(value - reference[i])), 0)
  if (!(worst < 2e-6)) throw new Error(`the results differ by ${worst}`)
  return result
}

export function show(results, processors) {
  const counts = threadCounts(processors)
  const head = ['gate', 'pure JS', '× JS', '1 thread', 'of copying', ...counts.slice(1).map((t) => `${t} threads`)]
  const rows = results.map(({ name, result: { js, copy, native: ours, elements } }) => {
    const each = (seconds) => (1e9 * seconds) / elements
    const more = counts.slice(1).map((t) => both(ours[t], each))
    const ratio = times(js.median / ours[1].median)
    return [name, both(js, each), ratio, both(ours[1], each), percent(copy.median / ours[1].median), ...more]
  })
  return {
    head,
    rows,
    note: 'Of copying: the speed of TypedArray.set on arrays of this size, which only reads and writes, is 100 %.',
  }
}
