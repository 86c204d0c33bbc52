// The graph of an expression is not unique: fuse() puts one gate in the place of several, with simpler local gradients.
// Values and gradients stay equal, and e^x no longer overflows on the way.
import { draw, fuse, Tensor, tensor, variable } from 'chainrule'
import { brief, experiment, table } from '../support/lecture.mjs'

const { picture } = experiment('Fusion: one gate in the place of several')
const matrix = (rows) => tensor(rows, { dtype: 'float64' })
const numbers = (value) => (value instanceof Tensor ? Array.from(value.data) : [value])
const W = variable(matrix([[0.1, 0.5], [-0.3, 0.8]]), 'W') // biome-ignore format: a matrix
const b = variable(matrix([1, -1]), 'b')
const target = matrix([[0, 1], [1, 0]]) // biome-ignore format: a matrix
const softmax = (z) => z.exp().div(z.exp().sum({ axis: -1, keepDims: true }))
const crossEntropy = (z) => softmax(z).log().mul(target).sum().mul(-1)

const functions = {
  sigmoid: (x) => x.neg().exp().add(1).reciprocal(),
  tanh: (x) => x.exp().sub(x.neg().exp()).div(x.exp().add(x.neg().exp())),
  softplus: (x) => x.exp().add(1).log(),
  softmax,
  'softmax cross-entropy': crossEntropy,
  'linear + activation': (x) => x.matmul(W).add(b).tanh(),
  classifier: (x) => crossEntropy(x.matmul(W).add(b).relu().matmul(W).add(b)),
}

/** The gates of a graph, the first to run first. */
function gatesOf(f, seen = new Set()) {
  if (!f.gate || seen.has(f)) return []
  seen.add(f)
  return [...f.inputs.flatMap((input) => gatesOf(input, seen)), f.gate.name]
}

/** The number that a graph's output sums to, and the gradients of its leaves. */
function run(f, leaves) {
  for (const leaf of leaves) leaf.grad = null
  const out = f.value instanceof Tensor ? f.square().sum() : f
  out.backward()
  return [out.value, ...leaves.flatMap(({ grad }) => (grad === null ? [] : numbers(grad)))]
}

const rows = Object.entries(functions).map(([name, f]) => {
  const x = variable(matrix([[0.2, 0.4], [1, -2]]), 'x') // biome-ignore format: a matrix
  const before = f(x)
  const { fused } = fuse(before)
  const [first, second] = [run(before, [x, W, b]), run(fused, [x, W, b])]
  const apart = Math.max(...first.map((value, i) => Math.abs(value - second[i])))
  return [name, gatesOf(before).length, gatesOf(fused).join(', '), apart < 1e-14 ? 'below 1e-14' : brief(apart)]
})
console.log(table(['from primitive gates', 'gates', 'fused', 'values and gradients differ by'], rows))

// Softmax regression, gate by gate and fused.
const x = variable(matrix([[0.2, 0.4], [1, -2]]), 'x') // biome-ignore format: a matrix
const loss = crossEntropy(x.matmul(W).add(b))
run(loss, [x, W, b])
picture('fusion-before', draw(loss))
const { fused, replaced } = fuse(loss)
run(fused, [x, W, b])
picture('fusion-after', draw(fused))
console.log('\nSoftmax regression:')
for (const { expression, by, gates } of replaced) console.log(`${expression} → ${by}, instead of ${gates.join(', ')}`)

const far = variable(1000)
const overflowing = functions.softplus(far)
console.log(
  `\nlog(1 + e^x) at x = 1000: ${overflowing.value} gate by gate, ${fuse(overflowing).fused.value} as a softplus gate`,
)
