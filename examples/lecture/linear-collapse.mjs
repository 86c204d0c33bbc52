// No activation between layers: W2·(W1·x) = (W2·W1)·x = W3·x. However many linear layers stand in a row, they are one.
import {
  Adam,
  accuracy,
  CrossEntropy,
  collapse,
  diagnose,
  fit,
  Linear,
  MatMul,
  mlp,
  plot,
  ReLU,
  Sequential,
  tensor,
} from 'chainrule'
import { experiment, percent, table } from '../support/lecture.mjs'
import { circle } from '../support/points.mjs'

const { pick, picture } = experiment('Linear layers in a row are one linear layer')

// On numbers: the product of the weights does what the two layers do, one after the other.
const [W1, W2] = [tensor([[1, 2], [0, -1], [3, 1]]), tensor([[1, 0, 2], [-1, 1, 0]])] // biome-ignore format: matrices
const x = tensor([[2], [-1]])
const product = (a, b) => new MatMul().forward(a, b)
const W3 = product(W2, W1)
console.log(`W2·(W1·x) = ${product(W2, product(W1, x)).data}\nW3 = W2·W1 = ${JSON.stringify(W3.toArray())}`)
console.log(`W3·x      = ${product(W3, x).data}\n`)

// On a problem: a disc within a ring cannot be cut out by a straight line.
const train = circle(400, 1)
const test = circle(400, 2)
const networks = {
  'one linear layer': mlp({ inputs: 2, outputs: 2, seed: 1 }),
  'three linear layers': new Sequential(
    new Linear(2, 16, { seed: 1 }),
    new Linear(16, 16, { seed: 2 }),
    new Linear(16, 2, { seed: 3 }),
  ),
  'three with ReLU between': new Sequential(
    new Linear(2, 16, { seed: 1 }), new ReLU(), new Linear(16, 16, { seed: 2 }), new ReLU(), new Linear(16, 2, { seed: 3 }),
  ), // biome-ignore format: a row of gates
}
const rows = []
for (const [name, model] of Object.entries(networks)) {
  const options = {
    loss: new CrossEntropy(),
    optimizer: new Adam({ learningRate: 0.01 }),
    epochs: pick(60, 8),
    verbose: false,
  }
  const { epochs } = await fit(model, train, options)
  const right = accuracy(model.predictSync(test.x), test.y)
  const parameters = model.parameters().reduce((sum, p) => sum + p.size, 0)
  rows.push([name, parameters, epochs.at(-1).loss.toFixed(3), percent(right)])
}
console.log(table(['network', 'parameters', 'training loss', 'test accuracy'], rows))

// collapse() merges what is linear, and the diagnosis warns of it.
const stacked = networks['three linear layers']
const merged = collapse(stacked)
const apart = merged.predictSync(test.x).data.map((v, i) => Math.abs(v - stacked.predictSync(test.x).data[i]))
console.log(
  `\ncollapse() leaves ${merged.gates.length} gate of the 3; outputs differ by at most ${Math.max(...apart).toExponential(0)}`,
)
const { code, seen, advice } = diagnose(stacked, train).findings[0]
console.log(`diagnose() says: ${code}: ${seen}\n  ${advice}`)

const panels = Object.entries(networks).map(([title, model], i) => ({
  kind: 'field',
  title,
  subtitle: `${rows[i][3]} right`,
  resolution: 64,
  points: test.x.slice(0, 150),
  labels: test.y.slice(0, 150),
  predict: (places) => model.predictSync(places),
}))
picture('linear-collapse', plot.page({ title: 'Three linear layers can do no more than one', panels }))
