// Backpropagation, gate by gate: the circuits of the lecture, with their values and gradients.
import { checkGradients, MatMul, Multiply, Sigmoid, SquaredNorm, tensor, variable } from 'chainrule'

// One gate: forward keeps its inputs, backward multiplies its local gradients with the upstream gradient.
const multiply = new Multiply()
console.log('multiply.forward(3, -4) =', multiply.forward(3, -4), ' backward(2) =', multiply.backward(2))

// A circuit: f = (x + y)·z.
const [x, y, z] = [variable(-2, 'x'), variable(5, 'y'), variable(-4, 'z')]
const q = x.add(y)
const f = q.mul(z)
f.backward()
console.log(`\nf = (x + y)·z = ${f.value}   with q = x + y = ${q.value}`)
console.log(`∂f/∂x = ${x.grad}   ∂f/∂y = ${y.grad}   ∂f/∂z = ${z.grad}   ∂f/∂q = ${q.grad}`)

// A neuron, 1/(1 + e^−(w0·x0 + w1·x1 + w2)), from primitive gates and with one sigmoid gate: equal gradients.
function neuron(name, activation) {
  const inputs = [2, -1, -3, -2, -3].map((value) => variable(value))
  const [w0, x0, w1, x1, w2] = inputs
  const out = activation(w0.mul(x0).add(w1.mul(x1)).add(w2))
  out.backward()
  const gradients = inputs.map(({ grad }) => grad.toFixed(4)).join('  ')
  console.log(`${`neuron, ${name}:`.padEnd(25)}${out.value.toFixed(4)}   dw0 dx0 dw1 dx1 dw2 = ${gradients}`)
}
console.log()
neuron('primitive gates', (sum) => sum.neg().exp().add(1).reciprocal())
neuron('sigmoid gate', (sum) => sum.sigmoid())

// Tensors pass through the same gates: f = ‖W·x‖².
const W = tensor([0.1, 0.5, -0.3, 0.8], { shape: [2, 2], dtype: 'float64' })
const v = tensor([0.2, 0.4], { dtype: 'float64' })
const [product, norm] = [new MatMul(), new SquaredNorm()]
const value = norm.forward(product.forward(W, v))
const [dW, dx] = product.backward(norm.backward(1)[0])
console.log(`\n‖W·x‖² = ${value.toFixed(3)}\n∂/∂W =\n${dW}\n∂/∂x = ${dx}`)

// Whether a gate's backward is right: against differences of its forward, in float64.
console.log(`\n${checkGradients(new Sigmoid(), [tensor([-2, 0, 3])])}`)

// Prints:
//
//   multiply.forward(3, -4) = -12  backward(2) = [ -8, 6 ]
//
//   f = (x + y)·z = -12   with q = x + y = 3
//   ∂f/∂x = -4   ∂f/∂y = -4   ∂f/∂z = 3   ∂f/∂q = -4
//
//   neuron, primitive gates: 0.7311   dw0 dx0 dw1 dx1 dw2 = -0.1966  0.3932  -0.3932  -0.5898  0.1966
//   neuron, sigmoid gate:    0.7311   dw0 dx0 dw1 dx1 dw2 = -0.1966  0.3932  -0.3932  -0.5898  0.1966
//
//   ‖W·x‖² = 0.116
//   ∂/∂W =
//   tensor([[0.088, 0.176],
//           [0.104, 0.208]], float64 [2, 2])
//   ∂/∂x = tensor([-0.112,  0.636], float64 [2])
//
//   checkGradients(Sigmoid): 3 of 3 elements agree (rtol 0.000001, atol 1e-8)
//     largest error at input 0[2]: analytic 0.035776597714519145, numerical 0.035776597712259744, off by 2.26e-12
