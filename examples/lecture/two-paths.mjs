// Gradients add over paths: in a 2-2-1 network of sigmoid units a weight of layer 1 reaches the loss through both units of
// layer 2. By hand, path by path, and by backward(): the same number.
import { draw, Linear, MeanSquaredError, Sequential, Sigmoid, tensor, variable } from 'chainrule'
import { experiment, table } from '../support/lecture.mjs'

const { picture } = experiment('The chain rule over several paths: a 2-2-1 network of sigmoid units')
const x = [0.5, -1]
const target = 1
const W1 = [[0.6, -0.4], [0.3, 0.8]] // biome-ignore format: matrices, [out, in]
const W2 = [[1.2, -0.7], [-0.9, 0.5]] // biome-ignore format: matrices, [out, in]
const W3 = [[0.8, -1.5]]

// By hand: a = σ(W1·x), b = σ(W2·a), o = σ(W3·b), L = (o − t)². Each sigmoid's derivative is s(1 − s).
const sigmoid = (z) => 1 / (1 + Math.exp(-z))
const layer = (W, input) => W.map((row) => sigmoid(row.reduce((sum, w, i) => sum + w * input[i], 0)))
const slope = (s) => s * (1 - s)
const a = layer(W1, x)
const b = layer(W2, a)
const [o] = layer(W3, b)
const dL = 2 * (o - target)
/** ∂L/∂W1[0, 0] along the path over unit k of layer 2: factors from the loss down to the weight. */
const path = (k) => dL * slope(o) * W3[0][k] * slope(b[k]) * W2[k][0] * slope(a[0]) * x[0]
console.log(`o = ${o.toFixed(6)}, L = ${((o - target) ** 2).toFixed(6)}`)
const rows = [0, 1].map((k) => [`over unit ${k} of layer 2`, path(k).toFixed(9)])
rows.push(['sum', (path(0) + path(1)).toFixed(9)])

// By the library: the same network, one backward.
const matrix = (W) =>
  new Linear(W[0].length, W.length, { bias: false, dtype: 'float64', initializer: (values) => values.set(W.flat()) })
const network = new Sequential(matrix(W1), new Sigmoid(), matrix(W2), new Sigmoid(), matrix(W3), new Sigmoid())
const loss = new MeanSquaredError()
loss.forward(network.forward(tensor([x], { dtype: 'float64' })), tensor([[target]], { dtype: 'float64' }))
network.backward(loss.backward()[0])
const [{ gradient }] = network.parameters()
rows.push(['backward()', gradient.at(0, 0).toFixed(9)])
console.log(table(['∂L/∂W1[0, 0]', 'gradient'], rows))
console.log(`\nDifference: ${Math.abs(path(0) + path(1) - gradient.at(0, 0)).toExponential(0)}`)

// As a picture: the weight, its unit, and the two ways on; gradients add where the wire branches.
const w = variable(W1[0][0], 'w')
const unit = w
  .mul(x[0])
  .add(W1[0][1] * x[1])
  .sigmoid()
const above = W2.map(([v]) => v).map((v, k) =>
  unit
    .mul(v)
    .add(W2[k][1] * a[1])
    .sigmoid(),
)
const out = above[0].mul(W3[0][0]).add(above[1].mul(W3[0][1])).sigmoid()
const error = out.sub(target).square()
error.backward()
console.log(`In the picture: ∂L/∂w = ${w.grad.toFixed(9)}`)
picture('two-paths', draw(error))
