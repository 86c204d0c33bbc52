// tanh against sigmoid: mean-centred, of both signs, and with a derivative of up to 1 where the sigmoid's is at most 1/4.
// The same networks, the same data, the same seeds: how fast do they learn?
import { Adam, CrossEntropy, fit, mlp, plot } from 'chainrule'
import { experiment, mean, percent, table } from '../support/lecture.mjs'
import { spirals } from '../support/points.mjs'

const { pick, picture } = experiment('Speed of learning: tanh against sigmoid')
const train = spirals(400, 1)
const seeds = pick([1, 2, 3, 4, 5], [1])
const epochs = pick(100, 8)
const depths = pick([1, 2, 3], [2])

/** The course of the loss, mean over seeds, and the epoch in which 95 % were right, if ever. */
async function learn(activation, depth) {
  const courses = []
  for (const seed of seeds) {
    const model = mlp({
      inputs: 2,
      hidden: Array(depth).fill(16),
      outputs: 2,
      activation,
      initializer: 'xavierNormal',
      seed,
    })
    const options = {
      loss: new CrossEntropy(),
      optimizer: new Adam({ learningRate: 0.01 }),
      epochs,
      seed,
      verbose: false,
    }
    courses.push((await fit(model, train, options)).epochs)
  }
  const losses = courses[0].map((_, i) => mean(courses.map((course) => course[i].loss)))
  const reached = courses.map((course) => course.findIndex(({ accuracy }) => accuracy >= 0.95) + 1)
  return { losses, reached, accuracy: mean(courses.map((course) => course.at(-1).accuracy)) }
}

const results = []
for (const depth of depths) {
  for (const activation of ['tanh', 'sigmoid']) results.push({ depth, activation, ...(await learn(activation, depth)) })
}
const rows = results.map(({ depth, activation, losses, reached, accuracy }) => {
  const epoch = reached.includes(0) ? `not in ${epochs}` : String(Math.round(mean(reached)))
  return [`${depth} × 16 ${activation}`, losses.at(-1).toFixed(3), percent(accuracy), epoch]
})
console.log(table(['hidden layers', 'loss', 'accuracy', 'epochs to 95 %'], rows))

const panels = depths.map((depth) => ({
  kind: 'lines',
  title: `${depth} hidden layer${depth > 1 ? 's' : ''} of 16 units`,
  x: { label: 'epoch' },
  y: { label: 'loss', min: 0 },
  series: results
    .filter((each) => each.depth === depth)
    .map(({ activation, losses }) => ({ name: activation, y: losses, marks: 'lines' })),
}))
const subtitle = `Two spirals; mean over ${seeds.length} seeds`
picture('tanh-against-sigmoid', plot.page({ title: 'tanh learns faster than sigmoid', subtitle, panels }))
