// How long from the start of a process to the first prediction of a saved model, and how long to compile a network?
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CrossEntropy, fit, mlp, SGD, save } from 'chainrule'
import { median, short } from './support.mjs'

export const title = 'Starting: milliseconds, medians (best)'

export const cases = [{ name: '784-512-256-10' }]

const sizes = { inputs: 784, hidden: [512, 256], outputs: 10 }
const ROUNDS = 15

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), 'chainrule-start-'))
  try {
    const file = join(folder, 'model.safetensors')
    await save(mlp(sizes), file)
    const [empty, first] = ['empty.mjs', 'first.mjs'].map((name) => join(folder, name))
    writeFileSync(empty, '')
    const program = `import { load } from ${JSON.stringify(import.meta.resolve('chainrule'))}
const model = await load(${JSON.stringify(file)})
model.predictSync(new Float32Array(784), { shape: [1, 784] })`
    writeFileSync(first, program)
    const times = { empty: [], first: [] }
    for (let round = 0; round < ROUNDS; round++) {
      times.empty.push(milliseconds(empty))
      times.first.push(milliseconds(first))
    }
    return { ...times, compile: await compiling() }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function milliseconds(file) {
  const started = performance.now()
  const { status, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return performance.now() - started
}

// The first step of a new model, less the second: lowering, the plan's arena, and memory that is touched for the first time.
async function compiling() {
  const x = new Float32Array(128 * 784)
  const y = new Int32Array(128)
  const options = { loss: new CrossEntropy(), optimizer: new SGD(), batchSize: 128, verbose: false }
  const found = []
  for (let round = 0; round < ROUNDS; round++) {
    const model = mlp(sizes)
    const times = []
    for (let i = 0; i < 2; i++) {
      const started = performance.now()
      await fit(model, { x, y }, options)
      times.push(performance.now() - started)
    }
    found.push(times[0] - times[1])
  }
  return found
}

export function show([{ result }]) {
  const cell = (values) => `${short(median(values))} (${short(Math.min(...values))})`
  // Differences have no best round: that would be the one in which the other was slow.
  const beyond = (of) => short(of(...result.first) - of(...result.empty))
  const middle = (...values) => median(values)
  return {
    head: ['', 'ms'],
    rows: [
      ['empty Node', cell(result.empty)],
      ['Node, load, first prediction', cell(result.first)],
      ['the same beyond empty Node', `${beyond(middle)} (${beyond(Math.min)})`],
      ['compiling for training', short(median(result.compile))],
    ],
    note: 'Compiling: the first batch of fit less the second.',
  }
}
