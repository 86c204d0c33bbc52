// How fast are activations, forward and backward, in cache and out of it, and how near to what copying allows?
import { setThreads } from 'chainrule'
import { native } from '../dist/esm/native/load.js'
import { bestPeer, peers } from './peers.mjs'
import { both, numbers, percent, race, short, threadCounts, times } from './support.mjs'

export const title = 'Activations, float32, in ns per element: median (best)'

// 100 × 1024 stays in the second cache of most processors; 4096 × 4096 is read from memory and written to it.
const SIZES = { '100×1024': 100 * 1024, '4096×4096': 4096 * 4096 }
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
  leakyRelu: {
    forward(x, y) {
      for (let i = 0; i < x.length; i++) y[i] = x[i] > 0 ? x[i] : 0.01 * x[i]
    },
    backward(x, _, dy, dx) {
      for (let i = 0; i < x.length; i++) dx[i] = dy[i] * (0.01 + 0.99 * Number(x[i] > 0))
    },
  },
  hardTanh: {
    forward(x, y) {
      for (let i = 0; i < x.length; i++) y[i] = Math.max(-1, Math.min(1, x[i]))
    },
    backward(x, _, dy, dx) {
      for (let i = 0; i < x.length; i++) dx[i] = dy[i] * Number(Math.abs(x[i]) < 1)
    },
  },
  prelu: {
    forward(x, y) {
      for (let i = 0; i < x.length; i++) y[i] = x[i] > 0 ? x[i] : 0.25 * x[i]
    },
    backward(x, _, dy, dx) {
      let sum = 0
      for (let i = 0; i < x.length; i++) {
        dx[i] = dy[i] * (0.25 + 0.75 * Number(x[i] > 0))
        sum += dy[i] * Math.min(0, x[i])
      }
      return sum
    },
  },
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
  silu: {
    forward(x, y) {
      for (let i = 0; i < x.length; i++) y[i] = x[i] / (1 + Math.exp(-x[i]))
    },
    backward(x, _, dy, dx) {
      for (let i = 0; i < x.length; i++) {
        const s = 1 / (1 + Math.exp(-x[i]))
        dx[i] = dy[i] * s * (1 + x[i] * (1 - s))
      }
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

const order = ['relu', 'leakyRelu', 'prelu', 'hardTanh', 'sigmoid', 'tanh', 'elu', 'silu', 'gelu']
const passes = ['forward', 'backward']
const large = ['relu', 'prelu', 'tanh', 'sigmoid', 'gelu']

export const cases = Object.entries(SIZES).flatMap(([size, n]) =>
  (n > 1e6 ? large : order).flatMap((gate) =>
    passes.map((pass) => ({ name: `${gate} ${pass} ${size}`, gate, pass, n, warmUp: n > 1e6 ? 50 : 250 })),
  ),
)

/** What each pass calls: the addon, with arrays that are there already. */
function calls(addon, gate, { x, y, dy, out }) {
  if (gate === 'prelu') {
    const [alpha, dalpha] = [Float32Array.of(0.25), new Float32Array(1)]
    return {
      forward: () => addon.preluForward(64, x, alpha, out),
      backward: () => addon.preluBackward(64, x, alpha, dy, out, dalpha),
    }
  }
  const op = addon.info().unary.findIndex(({ name }) => name === gate)
  const { keeps } = addon.info().unary[op]
  const alpha = { leakyRelu: 0.01, elu: 1 }[gate] ?? 0
  addon.unaryForward(op, x, y, alpha, 0)
  return {
    forward: () => addon.unaryForward(op, x, out, alpha, 0),
    backward: () => addon.unaryBackward(op, keeps === 'output' ? y : x, dy, out, alpha, 0),
  }
}

export async function run({ gate, pass, n, warmUp }, processors) {
  const x = numbers(n, 1).map((value) => 3 * value)
  const dy = numbers(n, 2)
  const [y, out, reference] = [new Float32Array(n), new Float32Array(n), new Float32Array(n)]
  const forward = pass === 'forward'
  const ours = calls(native(), gate, { x, y, dy, out })[pass]
  const js = forward ? () => rivals[gate].forward(x, reference) : () => rivals[gate].backward(x, y, dy, reference)
  const copy = () => reference.set(x)
  const result = { native: {}, elements: n, arrays: forward ? 2 : 3, peers: peers('activations', gate, pass, n) }
  for (const threads of threadCounts(processors)) {
    setThreads(threads)
    const timed = await race(threads === 1 ? { js, copy, ours } : { ours }, { warmUp })
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
  const more = counts.slice(1)
  const head = ['gate', 'pure JS', 'numpy', 'torch', '1 thread', 'GB/s', 'of copying', '× best peer', '× JS']
  const rows = results.map(({ name, result: { js, copy, native: ours, elements, arrays, peers: others } }) => {
    const each = (seconds) => (1e9 * seconds) / elements
    const peer = (kind) => Object.entries(others).find(([key]) => key.startsWith(kind))?.[1]
    const cell = (timed) => (timed ? both(timed, each) : '–')
    const best = bestPeer(others)
    return [
      name,
      cell(js),
      cell(peer('numpy')),
      cell(peer('torch')),
      cell(ours[1]),
      short((4 * arrays) / each(ours[1].min)),
      percent((arrays * copy.min) / (2 * ours[1].min)),
      best ? times(best.min / ours[1].min) : '–',
      times(js.min / ours[1].min),
      ...more.map((t) => cell(ours[t])),
    ]
  })
  const versions = new Set(results.flatMap(({ result }) => Object.keys(result.peers)))
  const note = [
    'GB/s: what must be read and written. Of copying: against TypedArray.set on arrays of this size, per byte.',
    'Ratios are of the best times; peers run in a process of their own, on one thread.',
    versions.size > 0 ? `Peers: ${[...versions].join(', ')}.` : 'No peers: python3 with numpy or torch is not there.',
  ]
  return { head: [...head, ...more.map((t) => `${t} threads`)], rows, note: note.join(' ') }
}
