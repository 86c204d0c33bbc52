// Derivatives of functions: gradients, Jacobians and Hessians; gradients of gradients; fusion of a graph.
import { checkGradients, fuse, grad, hessian, hvp, jacobian, jvp, ops, tensor, variable, vjp } from 'chainrule'

// A function from variables to a variable; grad differentiates it by its first argument, or by those named.
const rosenbrock = (x, y) => ops.sub(1, x).square().add(y.sub(x.square()).square().mul(100))
console.log('gradient', grad(rosenbrock, { arguments: [0, 1] })(-1, 2))
console.log('Hessian ', hessian(rosenbrock, -1, 2))

// The pullback is a vector-Jacobian product; no Jacobian is formed, unless one asks for it.
const W = tensor([0.1, 0.5, -0.3, 0.8], { shape: [2, 2], dtype: 'float64' })
const x = tensor([0.2, 0.4], { dtype: 'float64' })
const { value, pullback } = vjp((v, w) => w.matmul(v).squaredNorm(), x, W)
const [dx, dW] = pullback()
console.log(`‖W·x‖² = ${value.toFixed(3)}, by x ${dx}\nby W ${dW}`)
console.log(`Jacobian of tanh(W·x): ${jacobian((v) => ops.matmul(W, v).tanh(), x)}`)
const v = tensor([1, -1], { dtype: 'float64' })
console.log(`J·v = ${jvp((u) => ops.matmul(W, u).tanh(), x, v).tangent}`)
console.log(`H·v = ${hvp((u) => ops.matmul(W, u).tanh().squaredNorm(), x, v)}`)

// Given variables, gradients are variables: differentiate them again.
const cube = (u) => u.pow(3)
console.log('x³ at 2, and three derivatives:', [
  cube(variable(2)).value,
  grad(cube)(2),
  grad(grad(cube))(variable(2)).value,
  grad(grad(grad(cube)))(variable(2)).value,
])

// A sigmoid from primitive gates becomes one gate; gradients go to the same leaves.
const z = variable(1, 'z')
const { fused, replaced } = fuse(z.neg().exp().add(1).reciprocal())
fused.backward()
for (const { expression, by, gates } of replaced) console.log(`${expression}: ${gates.join(', ')} → ${by}`)
console.log(`σ = ${fused.value.toFixed(4)}, dz = ${z.grad.toFixed(4)}`)

// All of it agrees with numerical differentiation, the gradient of a gradient too.
const report = checkGradients(
  grad((u) => u.tanh().square().sum()),
  [x],
)
console.log(`${report.compared} elements agree: ${report.ok}`)

// Prints:
//
//   gradient [ 396, 200 ]
//   Hessian  [ [ 402, 400 ], [ 400, 200 ] ]
//   ‖W·x‖² = 0.116, by x tensor([-0.112,  0.636], float64 [2])
//   by W tensor([[0.088, 0.176],
//           [0.104, 0.208]], float64 [2, 2])
//   Jacobian of tanh(W·x): tensor([[ 0.0953,  0.4766],
//           [-0.2806,  0.7483]], float64 [2, 2])
//   J·v = tensor([-0.3812, -1.0289], float64 [2])
//   H·v = tensor([  0.432, -1.6545], float64 [2])
//   x³ at 2, and three derivatives: [ 8, 12, 12, 6 ]
//   1/(1 + e^−x): Reciprocal, AddConstant, Exp, Negate → Sigmoid
//   σ = 0.7311, dz = 0.1966
//   2 elements agree: true
