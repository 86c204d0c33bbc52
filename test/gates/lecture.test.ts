// The lecture's numbers, by gates one at a time and by graphs, on numbers and on tensors.
import { describe, expect, it } from 'vitest'
import {
  Add,
  AddConstant,
  Exp,
  MatMul,
  Multiply,
  Reciprocal,
  Scale,
  Sigmoid,
  SquaredNorm,
  tensor,
  variable,
} from '../../lib/index.js'
import { expectClose } from '../support.js'

describe('f(x, y, z) = (x + y)z', () => {
  it('by gates', () => {
    const add = new Add()
    const multiply = new Multiply()
    const q = add.forward(-2, 5)
    const f = multiply.forward(q, -4)
    const [dq, dz] = multiply.backward(1)
    const [dx, dy] = add.backward(dq)
    expect([q, f, dx, dy, dz, dq]).toEqual([3, -12, -4, -4, 3, -4])
  })

  it('by a graph', () => {
    const x = variable(-2, 'x')
    const y = variable(5, 'y')
    const z = variable(-4, 'z')
    const q = x.add(y)
    const f = q.mul(z)
    f.backward()
    expect([q.value, f.value, x.grad, y.grad, z.grad, q.grad]).toEqual([3, -12, -4, -4, 3, -4])
  })

  it('of the front page: the multiply gate', () => {
    const gate = new Multiply()
    expect(gate.forward(3, -4)).toBe(-12)
    expect(gate.backward(2)).toEqual([-8, 6])
  })
})

describe('1/(1 + e^-(w0x0 + w1x1 + w2))', () => {
  const expected = { f: 0.7311, dw0: -0.1966, dx0: 0.3932, dw1: -0.3932, dx1: -0.5898, dw2: 0.1966 }

  it('from primitive gates one by one', () => {
    const [w0x0, w1x1, sum, plusW2] = [new Multiply(), new Multiply(), new Add(), new Add()]
    const [negate, exp, addOne, reciprocal] = [new Scale(-1), new Exp(), new AddConstant(1), new Reciprocal()]
    const z = plusW2.forward(sum.forward(w0x0.forward(2, -1), w1x1.forward(-3, -2)), -3)
    const f = reciprocal.forward(addOne.forward(exp.forward(negate.forward(z))))
    const [dz] = negate.backward(exp.backward(addOne.backward(reciprocal.backward(1)[0])[0])[0])
    const [dSum, dw2] = plusW2.backward(dz)
    const [d0, d1] = sum.backward(dSum)
    const [dw0, dx0] = w0x0.backward(d0)
    const [dw1, dx1] = w1x1.backward(d1)
    expect(z).toBe(1)
    for (const [name, value] of Object.entries({ f, dw0, dx0, dw1, dx1, dw2 })) {
      expect(value, name).toBeCloseTo(expected[name as keyof typeof expected], 4)
    }
  })

  it('with one sigmoid gate: the same', () => {
    const w = [variable(2), variable(-3), variable(-3)] as const
    const x = [variable(-1), variable(-2)] as const
    const z = w[0].mul(x[0]).add(w[1].mul(x[1])).add(w[2])
    const chain = z.neg().exp().add(1).reciprocal()
    const gate = z.sigmoid()
    expect(gate.value).toBeCloseTo(chain.value as number, 15)
    chain.backward()
    const fromChain = [...w, ...x].map((v) => v.grad as number)
    const again = [variable(2), variable(-3), variable(-3), variable(-1), variable(-2)] as const
    again[0].mul(again[3]).add(again[1].mul(again[4])).add(again[2]).sigmoid().backward()
    expectClose(
      again.map((v) => v.grad as number),
      fromChain,
      1e-15,
    )
    expectClose(fromChain, [-0.1966, -0.3932, 0.1966, 0.3932, -0.5898], 5e-5)
  })

  it('the sigmoid gate alone: 1.00·(1 − 0.73)·0.73 = 0.2', () => {
    const sigmoid = new Sigmoid()
    expect(sigmoid.forward(1)).toBeCloseTo(0.73, 2)
    expect(sigmoid.backward(1)[0]).toBeCloseTo(0.2, 2)
  })
})

describe('f(x, W) = ‖W·x‖²', () => {
  const W = tensor(
    [
      [0.1, 0.5],
      [-0.3, 0.8],
    ],
    { dtype: 'float64' },
  )
  const x = tensor([0.2, 0.4], { dtype: 'float64' })

  it('by gates', () => {
    const product = new MatMul()
    const norm = new SquaredNorm()
    const q = product.forward(W, x)
    expectClose(q, [0.22, 0.26])
    expect(norm.forward(q)).toBeCloseTo(0.116, 12)
    const [dq] = norm.backward(1)
    expectClose(dq, [0.44, 0.52])
    const [dW, dx] = product.backward(dq)
    expect(dW.shape).toEqual([2, 2])
    expectClose(dW, [0.088, 0.176, 0.104, 0.208])
    expectClose(dx, [-0.112, 0.636])
  })

  it('by a graph', () => {
    const w = variable(W, 'W')
    const v = variable(x, 'x')
    const f = w.matmul(v).squaredNorm()
    f.backward()
    expect(f.value).toBeCloseTo(0.116, 12)
    expectClose(w.grad, [0.088, 0.176, 0.104, 0.208])
    expectClose(v.grad, [-0.112, 0.636])
  })
})

describe('2-2-1 network of sigmoid units', () => {
  it('sums the gradients of a first-layer weight over both paths', () => {
    const x = [0.5, -1] as const
    const w = variable(0.3)
    const s = (z: number) => 1 / (1 + Math.exp(-z))
    // One weight of layer 1 feeds h0, which reaches the output over two units of layer 2.
    const h = w
      .mul(x[0])
      .add(0.2 * x[1])
      .sigmoid()
    const paths = [0.7, -0.4]
    const out = paths.map((u) => h.mul(u).sigmoid())
    const y = out[0]!.add(out[1]!.mul(2))
    y.backward()
    const hv = s(0.3 * x[0] + 0.2 * x[1])
    const dh = hv * (1 - hv) * x[0]
    const byHand = paths.map((u, i) => {
      const o = s(u * hv)
      return (i === 0 ? 1 : 2) * o * (1 - o) * u * dh
    })
    expect(w.grad).toBeCloseTo(byHand[0]! + byHand[1]!, 14)
  })
})
