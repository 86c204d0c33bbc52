// The lecture's circuits as graphs and as functions: values, gradients by backward, by grad and vjp, and after fusion.
import { describe, expect, it } from 'vitest'
import { fuse, grad, jacobian, ops, type Tensor, tensor, type Variable, variable, vjp } from '../../lib/index.js'
import { expectClose } from '../support.js'

describe('f(x, y, z) = (x + y)z', () => {
  const f = (x: Variable, y: Variable, z: Variable) => x.add(y).mul(z)

  it('has the gradients −4, −4, 3', () => {
    expect(grad(f, { arguments: [0, 1, 2] })(-2, 5, -4)).toEqual([-4, -4, 3])
    const { value, pullback } = vjp(f, -2, 5, -4)
    expect([value, pullback(), pullback(2)]).toEqual([-12, [-4, -4, 3], [-8, -8, 6]])
  })

  it('has second derivatives 1 between a term and the factor, else 0', () => {
    const at = [-2, 5, -4].map((v) => variable(v))
    const rows = [0, 1, 2].map((i) =>
      grad((...v) => grad(f, { arguments: i })(...(v as [Variable, Variable, Variable])) as Variable, {
        arguments: [0, 1, 2],
      })(...at).map((g) => (g as Variable).value),
    )
    expect(rows).toEqual([
      [0, 0, 1],
      [0, 0, 1],
      [1, 1, 0],
    ])
  })
})

describe('the neuron 1/(1 + e^−(w0·x0 + w1·x1 + w2))', () => {
  // Every gate of the circuit, by name.
  function circuit() {
    const leaves = { w0: variable(2), x0: variable(-1), w1: variable(-3), x1: variable(-2), w2: variable(-3) }
    const a = leaves.w0.mul(leaves.x0).named('w0·x0')
    const b = leaves.w1.mul(leaves.x1).named('w1·x1')
    const c = a.add(b).named('sum')
    const d = c.add(leaves.w2).named('z')
    const e = d.mul(-1).named('−z')
    const f = e.exp().named('e^−z')
    const g = f.add(1).named('1 + e^−z')
    return { leaves, gates: [a, b, c, d, e, f, g], out: g.reciprocal().named('σ') }
  }

  it('gate by gate: values above the wires, gradients below', () => {
    const { leaves, gates, out } = circuit()
    out.backward()
    const shown = [...gates, out].map((v) => [v.name, round(v.value), round(v.grad)])
    expect(shown).toEqual([
      ['w0·x0', -2, 0.2],
      ['w1·x1', 6, 0.2],
      ['sum', 4, 0.2],
      ['z', 1, 0.2],
      ['−z', -1, -0.2],
      ['e^−z', 0.37, -0.53],
      ['1 + e^−z', 1.37, -0.53],
      ['σ', 0.73, 1],
    ])
    expectClose(
      Object.values(leaves).map((v) => v.grad as number),
      [-0.1966, 0.3932, -0.3932, -0.5898, 0.1966],
      5e-5,
    )
  })

  it('fused: one sigmoid gate, whose local gradient is (1 − σ)σ = 0.2', () => {
    const { leaves, out } = circuit()
    const { fused } = fuse(out)
    fused.backward()
    const [z] = fused.inputs
    expect([fused.gate!.name, fused.name, z!.name, round(z!.grad)]).toEqual(['Sigmoid', 'σ', 'z', 0.2])
    expect(z!.grad).toBeCloseTo((1 - (fused.value as number)) * (fused.value as number), 15)
    expectClose(
      Object.values(leaves).map((v) => v.grad as number),
      [-0.1966, 0.3932, -0.3932, -0.5898, 0.1966],
      5e-5,
    )
  })
})

function round(v: unknown): number {
  return Math.round(100 * (v as number)) / 100
}

describe('f(x, W) = ‖W·x‖²', () => {
  const W = tensor(Float64Array.of(0.1, 0.5, -0.3, 0.8), { shape: [2, 2] })
  const x = tensor(Float64Array.of(0.2, 0.4))

  it('has the gradients 2q·xᵀ and 2Wᵀ·q', () => {
    const v = variable(x, 'x')
    const w = variable(W, 'W')
    const q = w.matmul(v).named('q')
    const f = q.squaredNorm()
    f.backward()
    expectClose(q.value, [0.22, 0.26])
    expect(f.value).toBeCloseTo(0.116, 14)
    expectClose(q.grad, [0.44, 0.52])
    expectClose(w.grad, [0.088, 0.176, 0.104, 0.208])
    expectClose(v.grad, [-0.112, 0.636])
    expect([(w.grad as Tensor).shape, (v.grad as Tensor).shape]).toEqual([W.shape, x.shape])
  })

  it('never forms the Jacobian W of its inner product, which jacobian shows', () => {
    expectClose(jacobian((v) => ops.matmul(W, v), x) as Tensor, [0.1, 0.5, -0.3, 0.8])
  })
})

describe('the chain rule over several paths', () => {
  it('sums over both units of layer 2 what a weight of layer 1 does to the output', () => {
    const sigmoid = (z: number) => 1 / (1 + Math.exp(-z))
    const x = [0.5, -1]
    const w = [variable(0.3), variable(-0.2)]
    const v = [variable(0.1), variable(0.4)]
    const u = [variable(0.7), variable(-0.4)]
    // A unit a of layer 1 reaches the output o over the units h0 and h1 of layer 2.
    const a = w[0]!.mul(x[0]!).add(w[1]!.mul(x[1]!)).sigmoid().named('a')
    const h = v.map((weight) => a.mul(weight).sigmoid())
    const o = h[0]!.mul(u[0]!).add(h[1]!.mul(u[1]!)).sigmoid()
    o.backward()

    const av = sigmoid(0.3 * 0.5 + -0.2 * -1)
    const hv = [sigmoid(0.1 * av), sigmoid(0.4 * av)]
    const ov = sigmoid(0.7 * hv[0]! - 0.4 * hv[1]!)
    const paths = [0, 1].map((j) => {
      const [uj, wj] = [[0.7, -0.4][j]!, [0.1, 0.4][j]!]
      return ov * (1 - ov) * uj * hv[j]! * (1 - hv[j]!) * wj * av * (1 - av) * x[0]!
    })
    expect(paths[0]! * paths[1]!).toBeLessThan(0)
    expect(w[0]!.grad).toBeCloseTo(paths[0]! + paths[1]!, 15)
  })

  it('in vector form: a 2-2-1 network, its first weight reaching the loss over every unit of layer 2', () => {
    const W1 = tensor(Float64Array.of(0.3, -0.2, 0.1, 0.4), { shape: [2, 2] })
    const W2 = tensor(Float64Array.of(0.7, -0.4))
    const network = (v: Variable, a: Variable, b: Variable) => b.matmul(a.matmul(v).sigmoid()).sigmoid()
    const { value, pullback } = vjp(network, tensor(Float64Array.of(0.5, -1)), W1, W2)
    const [dx, dW1, dW2] = pullback() as [Tensor, Tensor, Tensor]
    const s = (z: number) => 1 / (1 + Math.exp(-z))
    const h = [s(0.3 * 0.5 + 0.2), s(0.1 * 0.5 - 0.4)]
    const o = s(0.7 * h[0]! - 0.4 * h[1]!)
    const dz = [0.7, -0.4].map((w, j) => o * (1 - o) * w * h[j]! * (1 - h[j]!))
    expect(value).toBeCloseTo(o, 15)
    expectClose(dW1, [dz[0]! * 0.5, -dz[0]!, dz[1]! * 0.5, -dz[1]!])
    expectClose(
      dW2,
      h.map((v) => o * (1 - o) * v),
    )
    // An input reaches the output over both hidden units.
    expectClose(dx, [0.3 * dz[0]! + 0.1 * dz[1]!, -0.2 * dz[0]! + 0.4 * dz[1]!])
  })
})
