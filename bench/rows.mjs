// How near to the memory's speed are the passes that do little arithmetic: normalisation, embeddings, dropout, optimizers?
import { setThreads } from 'chainrule'
import { native } from '../dist/esm/native/load.js'
import { both, numbers, percent, race, threadCounts } from './support.mjs'

export const title = 'Passes over 16 M float32, in GB/s of what they read and write: median (best)'

const N = 1 << 24
const COLS = 1024
const ROWS = N / COLS

// Streams: how many times a pass reads or writes N elements.
const layer = (name, streams, prepare) => ({ name, streams, prepare })
const rows = [
  layer('layer norm forward', 2, (a, { x, y, gamma, beta, of }) => {
    const [mean, rstd] = [of(ROWS), of(ROWS)]
    return () => a.layerNormForward(COLS, x, gamma, beta, 1e-5, y, mean, rstd)
  }),
  layer('layer norm backward', 3, (a, { x, y, z, gamma, of }) => {
    const [mean, rstd, dgamma, dbeta] = [of(ROWS), of(ROWS).fill(1), of(COLS), of(COLS)]
    return () => a.layerNormBackward(COLS, x, gamma, mean, rstd, y, z, dgamma, dbeta)
  }),
  layer('batch norm forward', 3, (a, { x, y, gamma, beta, of }) => {
    const [mean, rstd] = [of(COLS), of(COLS)]
    return () => a.batchNormForward(COLS, x, gamma, beta, 1e-5, 0.1, null, null, y, mean, rstd)
  }),
  layer('batch norm backward', 5, (a, { x, y, z, gamma, of }) => {
    const [mean, rstd, dgamma, dbeta] = [of(COLS), of(COLS).fill(1), of(COLS), of(COLS)]
    return () => a.batchNormBackward(COLS, x, gamma, mean, rstd, y, z, dgamma, dbeta)
  }),
  layer(
    'embedding forward',
    2,
    (a, { x, y, shuffled }) =>
      () =>
        a.embeddingForward(COLS, x, shuffled, y),
  ),
  layer(
    'embedding backward',
    3,
    (a, { x, y, shuffled }) =>
      () =>
        a.embeddingBackward(COLS, shuffled, y, x),
  ),
  layer(
    'dropout',
    2,
    (a, { x, y }) =>
      () =>
        a.dropout(x, y, 0.5, 1, 2, 0),
  ),
  layer(
    'sum of squares',
    1,
    (a, { x }) =>
      () =>
        a.sumOfSquares(x),
  ),
]

// kind, number of states, options after the four that all rules share
const optimizers = [
  ['SGD', 0, 0, [0, 0, 0]],
  ['SGD with momentum', 0, 1, [0.9, 0, 0]],
  ['Adam', 1, 2, [0.9, 0.999, 1e-8]],
  ['AMSGrad', 3, 3, [0.9, 0.999, 1e-8]],
  ['NAdam', 4, 2, [0.9, 0.999, 1e-8, 4e-3]],
  ['RAdam', 5, 2, [0.9, 0.999, 1e-8]],
  ['Adamax', 6, 2, [0.9, 0.999, 1e-8]],
  ['RMSProp', 7, 1, [0.99, 1e-8, 0]],
  ['Adagrad', 8, 1, [0, 1e-10]],
  ['Adadelta', 9, 2, [0.9, 1e-6]],
  ['Rprop', 10, 2, [0.5, 1.2, 1e-6, 50]],
  ['Lion', 11, 1, [0.9, 0.99]],
].map(([name, kind, states, options]) =>
  layer(name, 3 + 2 * states, (a, { x, y, of }) => {
    const [s0 = null, s1 = null, s2 = null] = Array.from({ length: states }, () => of(N))
    const all = Float64Array.of(1e-6, 0, 0, 0, ...options)
    return () => a.optimize(kind, x, y, s0, s1, s2, all, 100)
  }),
)
const passes = [...rows, ...optimizers]

export const cases = passes.map(({ name }) => ({ name }))

export async function run({ name }, processors) {
  const { prepare, streams } = passes.find((pass) => pass.name === name)
  const addon = native()
  const of = (length) => new Float32Array(length)
  const [x, y, z] = [numbers(N, 1), numbers(N, 2), of(N)]
  const shuffled = new Int32Array(ROWS)
  addon.randomPermutation(shuffled, 1, 1)
  const ours = prepare(addon, { x, y, z, of, shuffled, gamma: of(COLS).fill(1), beta: of(COLS) })
  const copy = () => z.set(y)
  const result = { native: {}, bytes: 4 * N * streams, copied: 8 * N }
  for (const threads of threadCounts(processors)) {
    setThreads(threads)
    const timed = await race(threads === 1 ? { copy, ours } : { ours }, { rounds: 9 })
    if (timed.copy) result.copy = timed.copy
    result.native[threads] = timed.ours
  }
  return result
}

export function show(results, processors) {
  const counts = threadCounts(processors)
  const head = ['pass', 'copying', '1 thread', 'of copying', ...counts.slice(1).map((t) => `${t} threads`)]
  const table = results.map(({ name, result: { bytes, copied, copy, native: ours } }) => {
    const rate = (seconds) => bytes / seconds / 1e9
    const copies = (seconds) => copied / seconds / 1e9
    const more = counts.slice(1).map((t) => both(ours[t], rate))
    return [name, both(copy, copies), both(ours[1], rate), percent(rate(ours[1].median) / copies(copy.median)), ...more]
  })
  return {
    head,
    rows: table,
    note: 'Of copying: TypedArray.set on arrays of this size, on one thread in the same run, is 100 %.',
  }
}
