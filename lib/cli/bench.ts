// chainrule bench: how fast this machine is with this library, in a few seconds.
import { CrossEntropy } from '../nn/class-losses.js'
import '../compile/predictor.js'
import { native } from '../native/load.js'
import { info, setThreads } from '../native/system.js'
import { mlp } from '../nn/mlp.js'
import { Adam } from '../optim/adam.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { fit } from '../train/fit.js'
import type { Command } from './command.js'
import { version } from './run.js'
import { table } from './table.js'

interface Row {
  readonly question: string
  readonly value: number
  readonly unit: string
  readonly note: string
}

const SIZE = 512
const [INPUTS, HIDDEN, OUTPUTS, BATCH, ROWS] = [784, [512, 256], 10, 128, 128 * 40]

export const bench: Command = {
  name: 'bench',
  summary: 'Measures this machine: matrix products, activations, training and serving.',
  details: `Numbers are medians. On a machine that others use too they vary; the multiply-add peak is measured in
the same run, so percentages are fair all the same.`,
  positionals: [],
  flags: {
    threads: { value: 'n', text: 'threads to use; default: as many as there are processors' },
    seconds: { value: 's', text: 'how long each question is measured; default 0.5' },
  },
  examples: [
    ['how fast is this machine?', 'chainrule bench'],
    ['one thread against two', 'chainrule bench --threads 1 && chainrule bench --threads 2'],
  ],
  async run(given, context) {
    const threads = given.whole('threads', 1, 256)
    const seconds = given.number('seconds', 0.01, 60) ?? 0.5
    if (threads !== undefined) setThreads(threads)
    const system = info()
    context.say(`${system.cpu.trim()}, ${system.isa}, ${system.threads} threads · chainrule ${version()}`)
    const rows: Row[] = []
    for (const measure of [products, activation, training, serving]) {
      context.throwIfInterrupted()
      rows.push(...(await measure(seconds, system.threads)))
      await new Promise((resume) => setImmediate(resume))
    }
    const lines = rows.map(({ question, value, unit, note }) => [question, digits(value), unit, note])
    const result = { chainrule: version(), node: process.version, system, rows }
    await context.result(result, table(['', '', '', ''], lines, context.width))
    return 0
  },
}

function digits(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumSignificantDigits: 3 })
}

// The median time of one call in seconds; at least five calls.
function median(seconds: number, run: () => void): number {
  run()
  const times: number[] = []
  const end = performance.now() + 1000 * seconds
  while (times.length < 5 || performance.now() < end) {
    const started = performance.now()
    run()
    times.push(performance.now() - started)
  }
  return times.sort((a, b) => a - b)[times.length >> 1]! / 1000
}

function products(seconds: number, threads: number): Row[] {
  const addon = native()
  return (['float32', 'float64'] as const).flatMap((dtype) => {
    const [a, b, c] = [waves(dtype, SIZE * SIZE), waves(dtype, SIZE * SIZE), allocate(dtype, SIZE * SIZE)]
    const peak = addon.measurePeak(dtype === 'float64', threads)
    const time = median(seconds / 2, () =>
      addon.gemm(SIZE, SIZE, SIZE, 1, a, SIZE, 1, b, SIZE, 1, 0, c, null, -1, 0, 0, null),
    )
    const rate = (2 * SIZE ** 3) / time / 1e9
    const note = `${Math.round((100 * rate) / peak)} % of this machine's ${Math.round(peak)}`
    return [{ question: `matrix product ${SIZE}³, ${dtype}`, value: rate, unit: 'GFLOP/s', note }]
  })
}

function waves(dtype: FloatDType, count: number): FloatArray {
  const out = allocate(dtype, count)
  for (let i = 0; i < count; i++) out[i] = Math.sin(i)
  return out
}

function activation(seconds: number): Row[] {
  const x = Float32Array.from({ length: 1 << 17 }, (_, i) => Math.sin(i) * 4)
  const y = new Float32Array(x.length)
  const { unary } = native().info()
  return (['relu', 'tanh', 'gelu'] as const).map((name) => {
    const op = unary.findIndex((each) => each.name === name)
    const time = median(seconds / 3, () => native().unaryForward(op, x, y, 0, 0))
    return { question: name, value: (1e9 * time) / x.length, unit: 'ns per element', note: '131,072 elements, float32' }
  })
}

async function training(): Promise<Row[]> {
  const x = Float32Array.from({ length: ROWS * INPUTS }, (_, i) => Math.sin(i * 0.37))
  const y = Int32Array.from({ length: ROWS }, (_, i) => i % OUTPUTS)
  const model = mlp({ inputs: INPUTS, hidden: HIDDEN, outputs: OUTPUTS, seed: 1 })
  const [loss, optimizer] = [new CrossEntropy(), new Adam()]
  const { epochs } = await fit(model, { x, y }, { loss, optimizer, epochs: 4, batchSize: BATCH, verbose: false })
  const rates = epochs.slice(1).map(({ samplesPerSecond }) => samplesPerSecond)
  const rate = rates.sort((a, b) => a - b)[rates.length >> 1]!
  const note = `${[INPUTS, ...HIDDEN, OUTPUTS].join('-')}, batch ${BATCH}, Adam`
  return [{ question: 'training', value: rate, unit: 'rows per second', note }]
}

async function serving(seconds: number): Promise<Row[]> {
  const model = mlp({ inputs: INPUTS, hidden: HIDDEN, outputs: OUTPUTS, seed: 1 })
  model.eval()
  const row = new Float32Array(INPUTS).fill(0.5)
  const out = new Float32Array(OUTPUTS)
  const time = median(seconds, () => model.predictInto(row, out))
  return [{ question: 'one prediction', value: 1e6 * time, unit: 'µs', note: 'one row, on the calling thread' }]
}
