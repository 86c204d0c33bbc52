import { describe, expect, it } from 'vitest'
import {
  ArgumentError,
  apply,
  checkGradients,
  Linear,
  Multiply,
  ShapeError,
  StateError,
  type Tensor,
  tensor,
  type Variable,
  variable,
  zeros,
} from '../../lib/index.js'
import { expectClose, randomTensor, thrownBy } from '../support.js'

describe('variables', () => {
  it('add gradients at branches', () => {
    const x = variable(3)
    const y = x.mul(x).add(x)
    y.backward()
    expect(x.grad).toBe(7)
  })

  it('add up over several backward calls, until zeroGrad', () => {
    const x = variable(2)
    x.square().backward()
    const f = x.mul(5)
    f.backward()
    expect(x.grad).toBe(9)
    expect(f.grad).toBe(1)
    f.zeroGrad()
    expect([x.grad, f.grad]).toEqual([null, null])
  })

  it('refuse a second backward through the same gates', () => {
    const f = variable(2).square()
    f.backward()
    expect(() => f.backward()).toThrow(StateError)
  })

  it('go 100,000 gates deep without recursion', () => {
    const x = variable(1)
    let y: Variable = x
    for (let i = 0; i < 100_000; i++) y = y.add(1)
    y.backward()
    expect(y.value).toBe(100_001)
    expect(x.grad).toBe(1)
    y.zeroGrad()
    expect(x.grad).toBeNull()
  })

  it('visit a gate once, however many paths lead to it', () => {
    let y: Variable = variable(1)
    const x = y
    for (let i = 0; i < 60; i++) y = y.add(y)
    y.backward()
    expect(x.grad).toBe(2 ** 60)
  })

  it('take numbers, tensors and nested arrays', () => {
    const x = variable(
      [
        [1, 2],
        [3, 4],
      ],
      'x',
    )
    expect(x.name).toBe('x')
    const f = x.sub(1).div(2).max(0.75).min(1.2).mean()
    expect(f.value).toBeCloseTo((0.75 + 0.75 + 1 + 1.2) / 4, 6)
    f.backward()
    expectClose(x.grad, [0, 0, 0.125, 0], 1e-7)
    expect(() => x.add('1' as never)).toThrow(ArgumentError)
    expect(() => variable(1, 2 as never)).toThrow(ArgumentError)
  })

  it('need an upstream for tensors, of the right shape', () => {
    const x = variable(zeros([2]))
    const message = (thrownBy(() => x.exp().backward()) as Error).message
    expect(message).toBe('[backward] expected an upstream gradient of shape [2], or a number as output, got none')
    expect(() => x.exp().backward(zeros([3]))).toThrow(ShapeError)
    expect(() => x.exp().backward(1)).toThrow(ShapeError)
    x.exp().backward(tensor([1, 2]))
    expect((x.grad as Tensor).toArray()).toEqual([1, 2])
  })

  it('differentiate through layers', () => {
    const layer = new Linear(3, 2, { dtype: 'float64', seed: 1 })
    const x = variable(randomTensor([4, 3], 1))
    apply(layer, x).squaredNorm().backward()
    const numeric = checkGradients(
      (v) => apply(new Linear(3, 2, { dtype: 'float64', seed: 1 }), v).squaredNorm(),
      [x.value],
    )
    expect(numeric.ok, String(numeric)).toBe(true)
  })
})

describe('every method', () => {
  const methods: [string, (x: Variable) => Variable][] = [
    ['pow', (x) => x.pow(2.5).sum()],
    ['sqrt', (x) => x.sqrt().sum()],
    ['log', (x) => x.log().sum()],
    ['abs', (x) => x.abs().sum()],
    ['reciprocal', (x) => x.reciprocal().sum()],
    ['transpose', (x) => x.transpose().matmul(x).squaredNorm()],
    ['reshape', (x) => x.reshape(3, 2).matmul(x).squaredNorm()],
    ['sum by axis', (x) => x.sum({ axis: 0 }).squaredNorm()],
    ['gelu', (x) => x.gelu({ approximate: 'tanh' }).sum()],
    ['leakyRelu', (x) => x.sub(1).leakyRelu({ alpha: 0.2 }).sum()],
    ['tanh of a quotient', (x) => x.div(x.square().add(1)).tanh().mean()],
  ]
  it.each(methods)('%s', (_, f) => {
    const report = checkGradients(f, [randomTensor([2, 3], 5, 0.2, 2)])
    expect(report.ok, String(report)).toBe(true)
  })
})

describe('checkGradients', () => {
  it('says which input and element is off, and by how much', () => {
    class Wrong extends Multiply {
      override backward(dz: never): never {
        const [dx, dy] = super.backward(dz) as unknown as [Tensor, Tensor]
        dy.data[2]! += 0.5
        return [dx, dy] as never
      }
    }
    const report = checkGradients(new Wrong(), [
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [7, 8],
      ],
    ])
    expect(report.ok).toBe(false)
    expect(report.failures).toHaveLength(1)
    expect(report.worst).toMatchObject({ input: 'input 1', index: 2, position: '[1, 0]' })
    expect(report.worst!.error).toBeCloseTo(0.5, 6)
    expect(String(report)).toMatch(/checkGradients\(Wrong\): 7 of 8 elements agree/)
    expect(String(report)).toMatch(/input 1\[1, 0\]: analytic .*, numerical .*, off by 5\.00e-1/)
  })

  it('refuses what it cannot check', () => {
    expect(() => checkGradients(1 as never, [])).toThrow(ArgumentError)
    expect(() => checkGradients(new Multiply(), 1 as never)).toThrow(ArgumentError)
    expect(() => checkGradients((() => 1) as never, [1])).toThrow(ArgumentError)
    expect(() => checkGradients(new Multiply(), [1, 2], { rtol: -1 })).toThrow(ArgumentError)
  })
})
