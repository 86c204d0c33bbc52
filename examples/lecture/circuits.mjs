// Backpropagation on the circuits of the lecture: values above the wires, gradients below. Every gate multiplies its local
// gradient with the upstream one.
import { draw, fuse, tensor, variable } from 'chainrule'
import { experiment } from '../support/lecture.mjs'

const { picture } = experiment('Circuits: (x + y)·z, a neuron gate by gate, ‖W·x‖²')
const fixed = (list, digits = 4) => list.map(({ name, grad }) => `∂f/∂${name} = ${grad.toFixed(digits)}`).join('   ')

// f(x, y, z) = (x + y)·z
const [x, y, z] = [variable(-2, 'x'), variable(5, 'y'), variable(-4, 'z')]
const q = x.add(y)
const product = q.mul(z)
product.backward()
console.log(`f = (x + y)·z: q = ${q.value}, f = ${product.value}`)
console.log(`∂f/∂x = ${x.grad}   ∂f/∂y = ${y.grad}   ∂f/∂z = ${z.grad}   ∂f/∂q = ${q.grad}`)
picture('circuit-product', draw(product))

// f(w, x) = 1/(1 + e^−(w0·x0 + w1·x1 + w2)), from multiply, add, scale by −1, exp, add 1 and reciprocal.
const inputs = [2, -1, -3, -2, -3].map((value, i) => variable(value, ['w0', 'x0', 'w1', 'x1', 'w2'][i]))
const [w0, x0, w1, x1, w2] = inputs
const neuron = w0.mul(x0).add(w1.mul(x1)).add(w2).mul(-1).exp().add(1).reciprocal()
neuron.backward()
console.log(`\nNeuron, gate by gate: f = ${neuron.value.toFixed(4)}\n${fixed(inputs)}`)
picture('circuit-neuron', draw(neuron))

// The same function from another graph: one sigmoid gate, whose local gradient is (1 − σ)·σ. The chain is recognised.
const { fused, replaced } = fuse(neuron)
for (const input of inputs) input.grad = null
fused.backward()
for (const { expression, by, gates } of replaced)
  console.log(`\nfuse(): ${expression} → ${by}, instead of ${gates.join(', ')}`)
console.log(
  `Neuron, one sigmoid gate: f = ${fused.value.toFixed(4)}, (1 − σ)·σ = ${((1 - fused.value) * fused.value).toFixed(4)}\n${fixed(inputs)}`,
)
picture('circuit-sigmoid', draw(fused))

// f(x, W) = ‖W·x‖²: the same rules with matrices. A gradient has the shape of its variable.
const W = variable(tensor([[0.1, 0.5], [-0.3, 0.8]], { dtype: 'float64' }), 'W') // biome-ignore format: a matrix
const v = variable(tensor([0.2, 0.4], { dtype: 'float64' }), 'x')
const Wx = W.matmul(v)
const norm = Wx.squaredNorm()
norm.backward()
console.log(`\nf = ‖W·x‖² = ${norm.value.toFixed(3)}`)
for (const [name, value] of [
  ['q = W·x', Wx.value],
  ['∇q f = 2q', Wx.grad],
  ['∇W f = 2q·xᵀ', W.grad],
  ['∇x f = 2Wᵀ·q', v.grad],
]) {
  console.log(
    `${name.padEnd(13)} = ${JSON.stringify(value.toArray(), (_, n) => (typeof n === 'number' ? Number(n.toFixed(3)) : n))}`,
  )
}
picture('circuit-norm', draw(norm))
