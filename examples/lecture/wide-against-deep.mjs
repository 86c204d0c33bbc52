// Wide against deep: networks with the same number of parameters, from one wide hidden layer to many narrow ones. Depth
// composes; beyond some depth, narrow layers and long ways for the gradient cost more than that gives.
import { Adam, accuracy, CrossEntropy, fit, mlp, plot } from 'chainrule'
import { experiment, mean, percent, table } from '../support/lecture.mjs'
import { spirals } from '../support/points.mjs'

const { pick, picture } = experiment('Wide against deep, with equal numbers of parameters')
const BUDGET = 1000
const depths = pick([1, 2, 3, 4, 6, 8, 12], [1, 3])
const seeds = pick([1, 2, 3, 4, 5], [1])
const epochs = pick(100, 8)
const [train, test] = [spirals(600, 1, 0.02, 1.75), spirals(600, 2, 0.02, 1.75)]

const parameters = (width, depth) => 3 * width + (depth - 1) * (width * width + width) + 2 * width + 2
/** The width that comes closest to the budget. */
const widthOf = (depth) => {
  const widths = Array.from({ length: 300 }, (_, i) => i + 1)
  return widths.reduce((a, b) =>
    Math.abs(parameters(b, depth) - BUDGET) < Math.abs(parameters(a, depth) - BUDGET) ? b : a,
  )
}

const results = []
for (const depth of depths) {
  const width = widthOf(depth)
  const scores = []
  for (const seed of seeds) {
    const model = mlp({
      inputs: 2,
      hidden: Array(depth).fill(width),
      outputs: 2,
      activation: 'tanh',
      initializer: 'xavierNormal',
      seed,
    })
    const optimizer = new Adam({ learningRate: 0.01 })
    // The step shrinks to 0 along half a cosine.
    const shrink = { epoch: ({ record }) => { optimizer.learningRate = 0.005 * (1 + Math.cos((Math.PI * record.epoch) / epochs)) } } // biome-ignore format: one rule
    await fit(model, train, { loss: new CrossEntropy(), optimizer, epochs, seed, callbacks: [shrink], verbose: false })
    scores.push({
      train: accuracy(model.predictSync(train.x), train.y),
      test: accuracy(model.predictSync(test.x), test.y),
    })
  }
  const of = (set) => scores.map((score) => score[set])
  results.push({ depth, width, train: mean(of('train')), test: mean(of('test')), worst: Math.min(...of('test')) })
}

const rows = results.map(({ depth, width, ...score }) => [
  `${depth} × ${width}`, parameters(width, depth), percent(score.train), percent(score.test), percent(score.worst),
]) // biome-ignore format: columns
console.log(table(['hidden layers', 'parameters', 'training', 'test', 'worst seed'], rows))
const bars = {
  title: 'Wide against deep',
  subtitle: `About ${BUDGET} parameters each; two spirals of 1¾ turns; mean over ${seeds.length} seeds`,
  labels: results.map(({ depth, width }) => `${depth} × ${width}`),
  series: [
    {
      name: 'training accuracy, %',
      values: results.map((each) => Number((100 * each.train).toFixed(1))),
      color: 'grey',
    },
    { name: 'test accuracy, %', values: results.map((each) => Number((100 * each.test).toFixed(1))), color: 'blue' },
  ],
  y: { min: 50, max: 100 },
}
picture('wide-against-deep', plot.bars(bars))
