// All weights 0: both hidden units compute the same function, get the same gradient, and stay the same for ever.
import { Adam, CrossEntropy, diagnose, fit, initializers, mlp, plot, tensor } from 'chainrule'
import { experiment, table } from '../support/lecture.mjs'
import { circle } from '../support/points.mjs'

const { pick, picture } = experiment('All-zero initialisation: hidden units that stay equal for ever')
const train = circle(300, 1)
const starts = {
  'all 0': 'zeros',
  'all 0.5': initializers.constant(0.5),
  'random around 0': 'xavierNormal',
}
const UNITS = 6
const epochs = pick(60, 6)

const courses = []
for (const [name, initializer] of Object.entries(starts)) {
  const model = mlp({ inputs: 2, hidden: [UNITS], outputs: 2, activation: 'sigmoid', initializer, seed: 3 })
  const [first] = model.gates
  const weights = Array.from({ length: UNITS }, () => [])
  const note = {
    epoch() {
      for (const [unit, course] of weights.entries()) course.push(first.weight.at(unit, 0))
    },
  }
  const options = { loss: new CrossEntropy(), optimizer: new Adam({ learningRate: 0.05 }), epochs, verbose: false }
  const history = await fit(model, train, { ...options, callbacks: [note] })
  courses.push({ name, model, weights, history: history.epochs })
}

// The rows of dW, one per hidden unit, for 32 rows, after training that began with zeros.
const [{ model }] = courses
const loss = new CrossEntropy()
loss.forward(model.forward(tensor(train.x.slice(0, 32))), train.y.slice(0, 32))
model.backward(loss.backward()[0])
console.log(
  `dW of the hidden layer, ${UNITS} units that started at 0, after ${epochs} epochs:\n${model.parameters()[0].gradient}\n`,
)
console.log(`diagnose() says:\n${String(diagnose(model, train)).split('\n\n')[0]}\n`)

const distinct = (model) =>
  new Set(model.gates[0].weight.toArray().map((row) => row.map((w) => w.toFixed(4)).join())).size
const rows = courses.map(({ name, model, history }) => {
  const { loss, accuracy } = history.at(-1)
  return [name, `${distinct(model)} of ${UNITS}`, loss.toFixed(3), `${(100 * accuracy).toFixed(1)} %`]
})
console.log(table(['weights at the start', 'different units', 'loss', 'accuracy'], rows))

const losses = {
  kind: 'lines',
  title: 'Loss',
  x: { label: 'epoch' },
  series: courses.map(({ name, history }) => ({ name, y: history.map(({ loss }) => loss), marks: 'lines' })),
}
const panels = [courses[0], courses[2]].map(({ name, weights }) => ({
  kind: 'lines',
  title: `First weight of each unit: ${name}`,
  x: { label: 'epoch' },
  series: weights.map((y, unit) => ({ name: `unit ${unit}`, y, marks: 'lines' })),
  legend: 'none',
}))
picture('zero-initialisation', plot.page({ title: 'Equal weights stay equal', panels: [losses, ...panels] }))
