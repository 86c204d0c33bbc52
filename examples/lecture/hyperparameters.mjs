// Hyperparameters: learning rate, width, batch size. "Mostly no scientific explanation, need to try many things": a grid of
// them, then random draws, each judged on rows that training does not see.
import { Adam, CrossEntropy, fit, mlp, plot } from 'chainrule'
import { brief, experiment, percent, table } from '../support/lecture.mjs'
import { generator, spirals } from '../support/points.mjs'

const { pick, picture } = experiment('Search over hyperparameters')
const [train, validation] = [spirals(500, 1, 0.03, 1.5), spirals(500, 2, 0.03, 1.5)]
const epochs = pick(30, 3)

/** Accuracy on the validation rows after training with these. */
async function trial({ learningRate, width, batchSize }) {
  const model = mlp({ inputs: 2, hidden: [width, width], outputs: 2, activation: 'relu', seed: 1 })
  const optimizer = new Adam({ learningRate })
  const history = await fit(model, train, {
    loss: new CrossEntropy(),
    optimizer,
    epochs,
    batchSize,
    validation,
    verbose: false,
  })
  return { learningRate, width, batchSize, accuracy: history.epochs.at(-1).validationAccuracy }
}

// A grid: every learning rate with every width.
const rates = pick([0.0001, 0.001, 0.01, 0.1, 1], [0.001, 0.1])
const widths = pick([2, 4, 8, 16, 32, 64], [4, 32])
const grid = []
for (const learningRate of rates) {
  for (const width of widths) grid.push(await trial({ learningRate, width, batchSize: 32 }))
}

// Random draws: all three at once, on logarithmic scales. Each draw tries another value of each.
const next = generator(7)
const between = (low, high) => Math.exp(Math.log(low) + next() * Math.log(high / low))
const draws = []
for (let i = 0; i < pick(30, 3); i++) {
  const drawn = {
    learningRate: between(1e-4, 1),
    width: Math.round(between(2, 64)),
    batchSize: 2 ** Math.round(Math.log2(between(8, 256))),
  }
  draws.push(await trial(drawn))
}

const best = (trials, count) => [...trials].sort((a, b) => b.accuracy - a.accuracy).slice(0, count)
const cells = ({ learningRate, width, batchSize, accuracy }) => [
  brief(learningRate),
  width,
  batchSize,
  percent(accuracy),
]
const head = ['learning rate', 'width', 'batch size', 'accuracy']
console.log(`The best of ${grid.length} on the grid:\n${table(head, best(grid, 3).map(cells))}`)
console.log(`\nThe best of ${draws.length} drawn at random, and the worst:`)
console.log(table(head, [...best(draws, 5), ...best(draws, draws.length).slice(-2)].map(cells)))

const map = {
  kind: 'heatmap',
  title: 'Grid: accuracy, %',
  values: rates.map((_, r) => widths.map((_, w) => 100 * grid[r * widths.length + w].accuracy)),
  rows: rates.map(String),
  columns: widths.map(String),
  x: 'width',
  y: 'learning rate',
  ramp: 'sequential',
  format: (v) => v.toFixed(0),
}
const scatter = {
  kind: 'lines',
  title: 'Random draws: accuracy against learning rate',
  x: { label: 'learning rate', log: true },
  y: { label: 'accuracy, %' },
  series: [['width below 8', (w) => w < 8], ['8 to 24', (w) => w >= 8 && w < 24], ['24 and more', (w) => w >= 24]]
    .map(([name, within]) => ({ name, marks: 'points', trials: draws.filter(({ width }) => within(width)) }))
    .filter(({ trials }) => trials.length > 0)
    .map(({ name, marks, trials }) => ({ name, marks, x: trials.map((t) => t.learningRate), y: trials.map((t) => 100 * t.accuracy) })),
} // biome-ignore format: three series
picture('hyperparameters', plot.page({ title: 'Trying many things', panels: [map, scatter] }))
