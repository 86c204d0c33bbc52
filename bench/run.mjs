// npm run bench: every question as one table, every case in a process of its own.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { commandLine } from '../scripts/support.mjs'
import { table } from './support.mjs'

const questions = [
  'gemm',
  'libraries',
  'fusion',
  'activations',
  'softmax',
  'rows',
  'gates',
  'step',
  'epoch',
  'train',
  'predict',
  'start',
  'data',
  'serving',
  'tabular',
]
const help = `Measures chainrule against a multi-layer perceptron in plain JavaScript (bench/js-mlp.mjs), in one run.

  npm run bench -- [questions] [--json]
  npm run bench -- gemm predict

  gemm          matrix products: squares, and those of a training step
  libraries     matrix products beside OpenBLAS, BLIS, oneDNN, Eigen and libxsmm, as far as they are installed
  fusion        fused passes beside the same passes one by one
  activations   activation gates forward and backward; numpy and torch beside them where python3 (or $PYTHON) has them
  softmax       softmax with cross-entropy and its gradient, likewise
  gates         what a gate costs beside its kernel
  rows          passes at the memory's speed: normalisation, embeddings, dropout, optimizers
  step          one training step of 784-512-256-10 at batch 128
  epoch         one epoch over MNIST
  train         five networks end to end, samples per second; torch and scikit-learn beside them where python3 has them
  predict       predictions of 1, 32 and 1024 rows; onnxruntime-node beside them where it is installed
  serving       requests of one row by many clients, each by itself and in batches
  start         from the start of a process to the first prediction; compiling
  data          tables from Parquet, CSV and JSON lines: seconds, rows per second, memory
  tabular       tables without tuning, beside scikit-learn's multi-layer perceptron where python3 has it

  --json        one JSON object instead of tables
  --help        this text`

const { values: options, names } = commandLine(help, { json: { type: 'boolean' } }, questions)
if (!existsSync(new URL('../dist/esm/index.js', import.meta.url))) {
  console.error('Nothing is built yet: run npm run build first.')
  process.exit(2)
}

const { info } = await import('chainrule')
const { isa, compiler, processors } = info()
const version = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
const cpu = os.cpus()[0]?.model.trim() ?? 'unknown processor'
const machine = {
  cpu,
  processors,
  isa,
  compiler,
  node: process.version,
  chainrule: version,
  os: `${os.type()} ${os.release()}`,
}
const say = options.json ? () => {} : console.log
say(`${cpu}, ${processors} processors, ${isa} · chainrule ${version}, ${compiler} · Node ${process.version}`)

const report = { machine, questions: [] }
for (const question of names.length > 0 ? names : questions) {
  const { cases, show, title } = await import(`./${question}.mjs`)
  const results = cases.map(({ name }, i) => ({ name, result: runCase(question, i, name) }))
  report.questions.push({ question, title, cases: results })
  const { head, rows, note } = show(results, processors)
  say(`\n${title}\n\n${table(head, rows)}\n\n${note}`)
}
if (options.json) console.log(JSON.stringify(report))

function runCase(question, index, name) {
  const quiet = options.json || !process.stderr.isTTY
  if (!quiet) process.stderr.write(`\r\x1b[2K${question}: ${name} …`)
  const script = fileURLToPath(new URL('./case.mjs', import.meta.url))
  const child = spawnSync(process.execPath, [script, question, String(index), String(processors)], { encoding: 'utf8' })
  if (!quiet) process.stderr.write('\r\x1b[2K')
  if (child.status !== 0) {
    console.error(`${question}, ${name}: failed\n${child.stderr}`)
    process.exit(1)
  }
  return JSON.parse(child.stdout)
}
