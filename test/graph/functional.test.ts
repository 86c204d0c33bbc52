// Derivatives of functions: vjp, grad, jacobian, jvp, hvp, hessian, on functions whose derivatives are known.
import { describe, expect, it } from 'vitest'
import {
  ArgumentError,
  checkGradients,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  ops,
  ShapeError,
  type Tensor,
  tensor,
  type Variable,
  valueAndGrad,
  variable,
  vjp,
  zeros,
} from '../../lib/index.js'
import { expectClose, numbers, randomTensor, thrownBy } from '../support.js'

const W = tensor(Float64Array.of(0.1, 0.5, -0.3, 0.8), { shape: [2, 2] })
const x = tensor(Float64Array.of(0.2, 0.4))
const rosenbrock = (a: Variable, b: Variable) => ops.sub(1, a).square().add(b.sub(a.square()).square().mul(100))

describe('vjp', () => {
  it('gives ‖Wx‖² its gradients', () => {
    const { value, pullback } = vjp((v, w) => w.matmul(v).squaredNorm(), x, W)
    expect(value).toBeCloseTo(0.116, 12)
    const [dx, dW] = pullback()
    expectClose(dx, [-0.112, 0.636])
    expectClose(dW, [0.088, 0.176, 0.104, 0.208])
  })

  it('pulls back as often as one likes', () => {
    const { value, pullback } = vjp((v) => v.exp(), tensor(Float64Array.of(0, 1)))
    expectClose(value, [1, Math.E])
    for (const k of [1, 2]) expectClose(pullback(tensor(Float64Array.of(k, 1)))[0], [k, Math.E])
    expect(() => pullback()).toThrow(ShapeError)
    expect(() => pullback(1)).toThrow(ShapeError)
    expect(() => pullback(tensor([1, 2]))).toThrow(/type float64/)
  })

  it('takes functions of several outputs', () => {
    const { value, pullback } = vjp((a, b) => [a.mul(b), a.add(b), a], 3, 4)
    expect(value).toEqual([12, 7, 3])
    expect(pullback([1, 10, 100])).toEqual([4 + 10 + 100, 3 + 10])
    expect(pullback()).toEqual([4 + 1 + 1, 3 + 1])
    expect(() => pullback([1, 2, 3, 4])).toThrow(ArgumentError)
  })

  it('adds upstreams of one output that is returned twice', () => {
    const { pullback } = vjp((a) => {
      const y = a.square()
      return [y, y]
    }, 3)
    expect(pullback([1, 10])).toEqual([66])
  })

  it('is zero where nothing depends on an input, one for the identity', () => {
    expect(vjp((a, _b) => a, 2, zeros([2])).pullback(5)).toEqual([5, expect.objectContaining({ shape: [2] })])
  })

  it('refuses what is no function of variables', () => {
    expect(() => vjp(1 as never, 1)).toThrow(ArgumentError)
    const error = thrownBy(() => vjp((() => 3) as never, 1)) as Error
    expect(error.message).toBe('[vjp] expected the function to return a variable, got 3')
  })

  it('leaves gradients of other variables alone', () => {
    const outer = variable(3)
    expect(vjp((a) => a.mul(outer), 2).pullback()).toEqual([3])
    expect(outer.grad).toBeNull()
  })
})

describe('grad', () => {
  it('differentiates by the first argument, or by those named', () => {
    const f = (a: Variable, b: Variable) => a.square().mul(b)
    expect(grad(f)(3, 5)).toBe(30)
    expect(grad(f, { arguments: 1 })(3, 5)).toBe(9)
    expect(grad(f, { arguments: [1, 0] })(3, 5)).toEqual([9, 30])
    expect(valueAndGrad(f)(3, 5)).toEqual({ value: 45, grad: 30 })
    expectClose(grad((v) => v.square().sum())(tensor([1, 2])), [2, 4])
  })

  it('names what it refuses', () => {
    expect(() => grad((v) => v.exp())(x)).toThrow(
      /\[grad\] expected a function whose value is one number, got a value \[2\]/,
    )
    expect(() => grad((v) => v, { arguments: 1 })(2)).toThrow(ArgumentError)
    expect(() => grad((v) => v, { argnums: 1 } as never)(2)).toThrow(ArgumentError)
    expect(() => grad((v) => v, { arguments: 'x' as never })).toThrow(ArgumentError)
    expect(() => grad((v) => [v] as never)(2)).toThrow(ArgumentError)
  })

  it('nests', () => {
    const cube = grad(grad((v) => v.pow(3)))
    expect(cube(variable(2)).value).toBe(12)
    expect(grad(grad(grad((v) => v.pow(4))))(variable(2)).value).toBe(48)
    expect(grad((v) => grad((u) => u.pow(3))(v))(2)).toBe(12)
  })

  it('counts only the paths through its own call', () => {
    // d/dx (x · d/dy (x + y) at y = x): the inner derivative is 1, however x moves
    expect(grad((u) => u.mul(grad((y) => u.add(y))(u)))(3)).toBe(1)
    // d/dx [d/dy (x²·y²) at y = x] = d/dx 2x³ = 6x²
    expect(grad((u) => grad((y) => u.square().mul(y.square()))(u))(3)).toBe(54)
  })

  it('goes 100,000 gates deep, twice', () => {
    const chain = (v: Variable) => {
      let y = v
      for (let i = 0; i < 100_000; i++) y = y.add(1)
      return y.square()
    }
    expect(grad(chain)(1)).toBe(200_002)
    expect(grad(grad(chain))(variable(1)).value).toBe(2)
  })
})

describe('jacobian', () => {
  it('of a matrix product is the matrix', () => {
    const made = jacobian((v) => ops.matmul(W, v), x) as Tensor
    expect(made.shape).toEqual([2, 2])
    expectClose(made, Array.from(W.data))
  })

  it('has the shapes of output and input', () => {
    const f = (v: Variable) => v.sum({ axis: 0 }).square()
    expect((jacobian(f, zeros([2, 3])) as Tensor).shape).toEqual([3, 2, 3])
    expect((jacobian((v) => v.sum(), zeros([2, 3])) as Tensor).shape).toEqual([2, 3])
    expect((jacobian((v) => v.mul(x), 2) as Tensor).toArray()).toEqual([0.2, 0.4])
    expect(jacobian((v) => v.square(), 3)).toBe(6)
    expect(jacobian((a, b) => a.mul(b), 3, 4)).toEqual([4, 3])
    expect((jacobian((v) => v.exp(), zeros([0])) as Tensor).shape).toEqual([0, 0])
  })

  it('is diagonal for elementwise gates', () => {
    const at = randomTensor([4], 71)
    const made = jacobian((v) => v.tanh(), at) as Tensor
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < 4; j++) expect(made.at(i, j)).toBeCloseTo(i === j ? 1 - Math.tanh(at.data[i]!) ** 2 : 0, 14)
  })

  it('refuses what is too large, and what is no input', () => {
    expect(() => jacobian((v) => v.exp(), zeros([20_000]))).toThrow(/vjp and jvp need no matrix/)
    expect(() => jacobian((v) => v, variable(1) as never)).toThrow(ArgumentError)
    expect(() => jacobian(() => variable(1))).toThrow(ArgumentError)
  })
})

describe('jvp and hvp', () => {
  const f = (v: Variable) => v.matmul(W).tanh().softmax()
  const at = randomTensor([3, 2], 72)
  const v = randomTensor([3, 2], 73)

  it('are J·v and H·v', () => {
    const { value, tangent } = jvp(f, at, v)
    const J = jacobian(f, at) as Tensor
    expectClose(value, numbers(f(variable(at)).value))
    expectClose(tangent, product(J, v))
    const g = (u: Variable) => f(u).square().sum()
    expectClose(hvp(g, at, v) as Tensor, product(hessian(g, at) as Tensor, v))
  })

  it('take several inputs', () => {
    const h = (a: Variable, b: Variable) => a.matmul(b).tanh()
    const [b, w] = [randomTensor([2, 2], 74), randomTensor([2, 2], 75)]
    const [Ja, Jb] = jacobian(h, at, b) as [Tensor, Tensor]
    const expected = product(Ja, v).map((e, i) => e + product(Jb, w)[i]!)
    expectClose(jvp(h as never, [at, b], [v, w]).tangent, expected)
    const s = (a: Variable, c: Variable) => h(a, c).square().sum()
    const blocks = hessian(s, at, b) as unknown as Tensor[][]
    const [Ha, Hb] = hvp(s as never, [at, b], [v, w]) as Tensor[]
    expectClose(
      Ha,
      product(blocks[0]![0]!, v).map((e, i) => e + product(blocks[0]![1]!, w)[i]!),
    )
    expectClose(
      Hb,
      product(blocks[1]![0]!, v).map((e, i) => e + product(blocks[1]![1]!, w)[i]!),
    )
  })

  it('take numbers and nested arrays', () => {
    expect(jvp((u) => u.square(), 3, 2)).toEqual({ value: 9, tangent: 12 })
    expect(hvp((u) => u.pow(3), 2, 5)).toBe(60)
    expectClose(jvp((u) => u.square(), [1, 2], [10, 20]).tangent, [20, 80])
    expect(numbers(hvp((u) => u.square().sum(), [1, 2], [10, 20]) as Tensor)).toEqual([20, 40])
  })

  it('are differentiable, given variables', () => {
    const report = checkGradients((u) => jvp((w) => w.tanh(), u, v).tangent, [at])
    expect(report.ok, String(report)).toBe(true)
    const second = checkGradients((u) => hvp((w) => w.tanh().square().sum(), u, v), [at])
    expect(second.ok, String(second)).toBe(true)
    const direction = checkGradients((u) => jvp((w) => w.tanh(), variable(at), u).tangent, [v])
    expect(direction.ok, String(direction)).toBe(true)
  })

  it('refuse directions of another form', () => {
    expect(() => jvp(f, at, zeros([2, 3], 'float64'))).toThrow(ShapeError)
    expect(() => jvp(f, at, 1)).toThrow(ShapeError)
    expect(() => hvp((u) => u.sum(), [at, at], [at])).toThrow(ArgumentError)
  })
})

function product(matrix: Tensor, v: Tensor): number[] {
  const rows = matrix.size / v.size
  return Array.from({ length: rows }, (_, i) => {
    let sum = 0
    for (let j = 0; j < v.size; j++) sum += matrix.data[i * v.size + j]! * v.data[j]!
    return sum
  })
}

describe('hessian', () => {
  it('of Rosenbrock’s function', () => {
    for (const [a, b] of [
      [1, 1],
      [-1.2, 1],
      [0, 0],
    ] as const) {
      const blocks = hessian(rosenbrock, a, b) as number[][]
      const expected = [
        [2 - 400 * (b - a * a) + 800 * a * a, -400 * a],
        [-400 * a, 200],
      ]
      expectClose(blocks.flat(), expected.flat(), 1e-12)
    }
  })

  it('of a quadratic form is A + Aᵀ', () => {
    const A = randomTensor([4, 4], 76)
    const made = hessian((v) => v.matmul(A).matmul(v), randomTensor([4], 77)) as Tensor
    expectClose(
      made,
      Array.from({ length: 16 }, (_, k) => A.at(k >> 2, k & 3) + A.at(k & 3, k >> 2)),
    )
  })

  it('is symmetric', () => {
    const h = hessian(
      (v) => v.matmul(W).gelu().softmax().log().sum().add(v.sin().squaredNorm()),
      randomTensor([3, 2], 78),
    ) as Tensor
    const n = 6
    expect(h.shape).toEqual([3, 2, 3, 2])
    for (let i = 0; i < n; i++)
      for (let j = 0; j < i; j++) expect(h.data[i * n + j]).toBeCloseTo(h.data[j * n + i]!, 12)
  })
})
