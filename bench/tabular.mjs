// How well does trainTabular do without tuning, beside scikit-learn's multi-layer perceptron on the same splits?
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { split, Table, trainTabular } from 'chainrule'
import { short } from './support.mjs'

export const title =
  'Tables without tuning: defaults of trainTabular, and of scikit-learn’s MLP behind a StandardScaler'

// The data of Debian's python3-sklearn.
const FOLDER = process.env.SKLEARN_DATA ?? '/usr/lib/python3/dist-packages/sklearn/datasets/data'
const SEEDS = [0, 1, 2, 3, 4]

const lines = (name) => {
  const bytes = readFileSync(join(FOLDER, name))
  const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  return text
    .trim()
    .split('\n')
    .map((line) =>
      line
        .trim()
        .split(/[\s,]+/)
        .map(Number),
    )
}
const labelled = (rows) => ({ x: rows.map((row) => row.slice(0, -1)), y: rows.map((row) => row.at(-1)) })

// Breast cancer, wine and iris begin with a line of sizes and names.
export const cases = [
  { name: 'digits', read: () => labelled(lines('digits.csv.gz')), goal: 0.976 },
  { name: 'breast cancer', read: () => labelled(lines('breast_cancer.csv').slice(1)), goal: 0.958 },
  { name: 'wine', read: () => labelled(lines('wine_data.csv').slice(1)), goal: 1 },
  { name: 'iris', read: () => labelled(lines('iris.csv').slice(1)) },
  {
    name: 'diabetes',
    read: () => ({ x: lines('diabetes_data_raw.csv.gz'), y: lines('diabetes_target.csv.gz').map(([value]) => value) }),
    regression: true,
    goal: 0.31,
  },
]

export async function run({ read, regression = false, goal }) {
  if (!existsSync(FOLDER)) return { absent: FOLDER }
  const { x, y } = read()
  const columns = Object.fromEntries(x[0].map((_, j) => [`x${j}`, Float64Array.from(x, (row) => row[j])]))
  const table = Table.from({ ...columns, y: Float64Array.from(y) })
  const splits = SEEDS.map((seed) => split(table, { test: 0.25, seed, ...(regression ? {} : { stratify: 'y' }) }))
  const scores = []
  const started = performance.now()
  for (const [i, { train, test }] of splits.entries()) {
    const options = { target: 'y', seed: SEEDS[i], task: regression ? 'regression' : undefined }
    const model = await trainTabular(table.take(train), options)
    const { metrics } = await model.evaluate(table.take(test))
    scores.push(regression ? metrics.rSquared : metrics.accuracy)
  }
  const seconds = (performance.now() - started) / 1000 / SEEDS.length
  const peer = sklearn({
    x,
    y,
    regression,
    seeds: SEEDS,
    splits: splits.map(({ train, test }) => [[...train], [...test]]),
  })
  return { rows: x.length, columns: x[0].length, regression, goal, scores, seconds, peer }
}

// { version, scores, seconds }, or undefined where no Python here can import scikit-learn.
function sklearn(problem) {
  const folder = mkdtempSync(join(tmpdir(), 'chainrule-bench-'))
  const file = join(folder, 'problem.json')
  writeFileSync(file, JSON.stringify(problem))
  const script = fileURLToPath(new URL('./tabular.py', import.meta.url))
  try {
    for (const python of process.env.PYTHON ? [process.env.PYTHON] : ['python3', '/usr/bin/python3']) {
      const { status, stdout } = spawnSync(python, [script, file], { encoding: 'utf8' })
      if (status === 0) return JSON.parse(stdout)
    }
    return undefined
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const mean = (values) => values.reduce((a, b) => a + b) / values.length

export function show(results) {
  const there = results.filter(({ result }) => !result.absent)
  const head = ['table', 'rows × columns', 'chainrule', 'of seeds', 's', 'scikit-learn', 'of seeds', 's', 'goal']
  const rows = there.map(({ name, result }) => {
    const { rows, columns, regression, scores, seconds, peer, goal } = result
    const four = (value) => value.toFixed(regression ? 3 : 4)
    const range = (values) => `${four(Math.min(...values))}–${four(Math.max(...values))}`
    const theirs = peer ? [four(mean(peer.scores)), range(peer.scores), short(peer.seconds)] : ['–', '–', '–']
    const ours = [four(mean(scores)), range(scores), short(seconds)]
    return [name, `${rows} × ${columns}`, ...ours, ...theirs, goal === undefined ? '–' : `≥ ${goal}`]
  })
  const version = there.find(({ result }) => result.peer)?.result.peer.version
  const beside = version ? `scikit-learn ${version}, one thread.` : 'No Python with scikit-learn here.'
  const absent = results.find(({ result }) => result.absent)?.result.absent
  const note = absent
    ? `The tables of scikit-learn are not at ${absent} (Debian: python3-sklearn; or set SKLEARN_DATA).`
    : `Accuracy on the quarter of rows that training has not seen (R² for diabetes), mean of five seeds of split and network. ${beside}`
  return { head, rows, note }
}
