// The size of a network: 3, 6 and 20 hidden units on three sets of points. More units draw finer boundaries.
import { Adam, accuracy, CrossEntropy, fit, mlp, plot } from 'chainrule'
import { experiment, percent, table } from '../support/lecture.mjs'
import { circle, moons, spirals } from '../support/points.mjs'

const { pick, picture } = experiment('Network size: 3, 6 and 20 hidden units')
const sets = pick({ circle, moons, spirals }, { circle })
const sizes = pick([3, 6, 20], [3, 20])
const epochs = pick(150, 10)

const rows = []
const panels = []
for (const [name, make] of Object.entries(sets)) {
  const [train, test] = [make(200, 1), make(2000, 2)]
  const row = [name]
  for (const units of sizes) {
    const model = mlp({
      inputs: 2,
      hidden: [units],
      outputs: 2,
      activation: 'tanh',
      initializer: 'xavierNormal',
      seed: 2,
    })
    await fit(model, train, {
      loss: new CrossEntropy(),
      optimizer: new Adam({ learningRate: 0.03 }),
      epochs,
      verbose: false,
    })
    const right = (set) => percent(accuracy(model.predictSync(set.x), set.y))
    row.push(right(train), right(test))
    panels.push({
      kind: 'field',
      title: `${name}, ${units} units`,
      subtitle: `test ${right(test)}`,
      width: 300,
      height: 300,
      resolution: 48,
      points: train.x.slice(0, 64),
      labels: train.y.slice(0, 64),
      predict: (places) => model.predictSync(places),
    })
  }
  rows.push(row)
}
console.log(table(['set', ...sizes.flatMap((units) => [`${units} units`, 'test'])], rows))
picture('network-size', plot.page({ title: 'More units, finer boundaries', panels, columns: sizes.length }))
