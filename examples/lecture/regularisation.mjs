// Do not use a small network against overfitting: use a large one and regularise it. 20 hidden units on few, noisy points,
// with an L2 penalty on the weights, from none to strong.
import { Adam, accuracy, CrossEntropy, fit, mlp, plot } from 'chainrule'
import { experiment, percent, table } from '../support/lecture.mjs'
import { moons } from '../support/points.mjs'

const { pick, picture } = experiment('L2 strength: the same 20 hidden units, smoother and smoother')
const strengths = pick([0, 0.001, 0.01, 0.1], [0, 0.01])
const epochs = pick(600, 20)
const [train, test] = [moons(80, 5, 0.3), moons(4000, 6, 0.3)]

const rows = []
const panels = []
for (const weightDecay of strengths) {
  const model = mlp({
    inputs: 2,
    hidden: [20, 20],
    outputs: 2,
    activation: 'tanh',
    initializer: 'xavierNormal',
    seed: 1,
  })
  const optimizer = new Adam({ learningRate: 0.01, weightDecay })
  const { epochs: course } = await fit(model, train, { loss: new CrossEntropy(), optimizer, epochs, verbose: false })
  const right = (set) => percent(accuracy(model.predictSync(set.x), set.y))
  const size = Math.sqrt(model.block.values.reduce((sum, v) => sum + v * v, 0))
  rows.push([weightDecay, size.toFixed(1), course.at(-1).loss.toFixed(3), right(train), right(test)])
  panels.push({
    kind: 'field',
    title: `L2 ${weightDecay}`,
    subtitle: `test ${right(test)}`,
    width: 300,
    height: 300,
    resolution: 64,
    points: train.x,
    labels: train.y,
    predict: (places) => model.predictSync(places),
  })
}
console.log(table(['L2 strength', '‖parameters‖', 'training loss', 'training', 'test'], rows))
picture('regularisation', plot.page({ title: 'The penalty smooths the boundary', panels, columns: pick(4, 2) }))
