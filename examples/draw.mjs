// Draws the graphs of a lecture on backpropagation, values above the wires and gradients below, and a network.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { draw, Linear, ReLU, Residual, Sequential, tensor, variable } from 'chainrule'

const out = process.argv[2] ?? 'out'

// f = (x + y)·z
function product() {
  const [x, y, z] = [variable(-2, 'x'), variable(5, 'y'), variable(-4, 'z')]
  return x.add(y).mul(z)
}

// f = 1 / (1 + e^−(w0·x0 + w1·x1 + w2)), the last part either from its gates or as one
function neuron(activation) {
  const [w0, x0, w1, x1, w2] = [
    variable(2, 'w0'),
    variable(-1, 'x0'),
    variable(-3, 'w1'),
    variable(-2, 'x1'),
    variable(-3, 'w2'),
  ]
  return activation(w0.mul(x0).add(w1.mul(x1)).add(w2))
}

// f = ‖W·x‖²
function norm() {
  const weights = [
    [0.1, 0.5],
    [-0.3, 0.8],
  ]
  const W = variable(tensor(weights, { dtype: 'float64' }), 'W')
  const x = variable(tensor([0.2, 0.4], { dtype: 'float64' }), 'x')
  return W.matmul(x).squaredNorm()
}

const graphs = {
  product: product(),
  'sigmoid-gates': neuron((z) => z.neg().exp().add(1).reciprocal()),
  sigmoid: neuron((z) => z.sigmoid()),
  norm: norm(),
}
mkdirSync(out, { recursive: true })
for (const [name, f] of Object.entries(graphs)) {
  f.backward()
  const file = join(out, `${name}.svg`)
  writeFileSync(file, draw(f))
  console.log(`${file}\n${draw(f, { format: 'text' })}\n`)
}

const body = new Residual(new Linear(64, 64), new ReLU(), new Linear(64, 64))
const model = new Sequential(new Linear(784, 64), new ReLU(), body, new Linear(64, 10))
const file = join(out, 'network.svg')
writeFileSync(file, draw(model))
console.log(`${file}\n${model.summary()}`)
