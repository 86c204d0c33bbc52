// How graphs run in reverse: several roots, graphs kept for another pass, accumulation, and refusals that change nothing.
import { describe, expect, it } from 'vitest'
import {
  ArgumentError,
  apply,
  backward,
  DTypeError,
  type Gate,
  Linear,
  Multiply,
  mlp,
  ops,
  ShapeError,
  StateError,
  Tensor,
  tensor,
  type Value,
  Variable,
  variable,
  zeros,
} from '../../lib/index.js'
import { expectClose, numbers, randomTensor, thrownBy } from '../support.js'

describe('several roots', () => {
  it('run at once, each gate once, gradients added', () => {
    const x = variable(3, 'x')
    const shared = x.square()
    const [f, g] = [shared.mul(2), shared.exp()]
    backward([f, g, f], [1, 0, 10])
    expect([x.grad, shared.grad, f.grad, g.grad]).toEqual([2 * 11 * 6, 22, 11, 0])
  })

  it('may be tensors with upstreams, and numbers without', () => {
    const x = variable(tensor(Float64Array.of(1, 2)))
    backward([x.exp(), x.sum()], [tensor(Float64Array.of(1, 10))])
    expectClose(x.grad, [Math.E + 1, 10 * Math.E ** 2 + 1])
  })

  it('may lie below each other', () => {
    const x = variable(2)
    const y = x.square()
    const z = y.square()
    backward([y, z])
    expect([x.grad, y.grad]).toEqual([4 * 9, 9])
  })

  it('are checked', () => {
    const x = variable(zeros([2]))
    expect(() => backward(x as never)).toThrow(ArgumentError)
    expect(() => backward([1] as never)).toThrow(ArgumentError)
    expect(() => backward([x], [1, 2])).toThrow(ArgumentError)
    expect(() => backward([x.exp()])).toThrow(ShapeError)
    expect(() => backward([x.exp()], [zeros([2], 'float64')])).toThrow(DTypeError)
    expect(() => backward([x.exp()], [[1, 2] as never])).toThrow(ArgumentError)
    backward([])
    expect(x.grad).toBeNull()
  })
})

describe('retainGraph', () => {
  it('lets backward run again; leaves add up', () => {
    const x = variable(3)
    const y = x.square().exp().log()
    y.backward({ retainGraph: true })
    y.backward(10, { retainGraph: true })
    expect(x.grad).toBeCloseTo(66, 12)
    y.backward()
    expect(() => y.backward()).toThrow(StateError)
  })

  it('holds for layers, networks and gates of one’s own', () => {
    class Cube implements Gate {
      #x: Value = 0
      forward(x: Value): Value {
        this.#x = x
        const { data, shape } = x as Tensor
        return new Tensor(data.map((v) => v ** 3) as Float64Array, shape)
      }
      backward(dy: Value): Value[] {
        const x = this.#x as Tensor
        return [new Tensor((dy as Tensor).data.map((d, i) => d * 3 * x.data[i]! ** 2) as Float64Array, x.shape)]
      }
    }
    const model = mlp({ inputs: 3, hidden: [4], outputs: 2, activation: 'tanh', dtype: 'float64', seed: 1 })
    const x = variable(randomTensor([2, 3], 1))
    const y = x.apply(model).apply(new Cube()).sum()
    y.backward({ retainGraph: true })
    const first = numbers(x.grad)
    y.zeroGrad()
    y.backward()
    expect(numbers(x.grad)).toEqual(first)
  })

  it('missing, the error says so, and no gradient changes', () => {
    const x = variable(2)
    const shared = x.square()
    shared.exp().backward()
    const before = [x.grad, shared.grad]
    const other = shared.mul(3)
    const error = thrownBy(() => other.backward()) as Error
    expect(error).toBeInstanceOf(StateError)
    expect(error.message).toBe(
      '[backward] expected a graph that backward has not run through (or ran with { retainGraph: true }), got Square, backward a second time',
    )
    expect([x.grad, shared.grad, other.grad]).toEqual([...before, null])
    shared.zeroGrad()
    expect(x.grad).toBeNull()
  })
})

describe('createGraph', () => {
  it('makes gradients that can be differentiated again', () => {
    const x = variable(2, 'x')
    const f = x.pow(3)
    f.backward({ createGraph: true })
    const first = x.gradVariable!
    expect([x.grad, first.value]).toEqual([12, 12])
    f.zeroGrad()
    expect(x.gradVariable).toBeNull()
    first.backward()
    expect([x.grad, x.gradVariable]).toEqual([12, null])
  })

  it('adds to leaves as variables', () => {
    const x = variable(2)
    x.square().backward({ createGraph: true })
    x.pow(3).backward({ createGraph: true })
    expect(x.grad).toBe(4 + 12)
    const sum = x.gradVariable!
    x.zeroGrad()
    sum.backward()
    expect(x.grad).toBe(2 + 12)
  })

  it('leaves the graph ready for a plain backward', () => {
    const x = variable(2)
    const f = x.exp()
    f.backward({ createGraph: true })
    f.backward()
    expect(x.grad).toBeCloseTo(2 * Math.exp(2), 12)
  })
})

describe('accumulate', () => {
  it('adds to the gradients of layers’ parameters', () => {
    const layer = new Linear(3, 2, { dtype: 'float64', seed: 1 })
    const x = randomTensor([4, 3], 2)
    const [weight] = layer.parameters()
    apply(layer, x).sum().backward()
    const once = numbers(weight!.gradient)
    apply(layer, x).sum().backward()
    expect(numbers(weight!.gradient)).toEqual(once)
    apply(layer, x).sum().backward({ accumulate: true })
    expectClose(
      weight!.gradient,
      once.map((g) => 2 * g),
    )
  })
})

describe('a gate wired twice', () => {
  it('belongs to the variable it made last', () => {
    const gate = new Multiply()
    const first = apply(gate, variable(2), 3)
    const second = apply(gate, variable(5), 7)
    const error = thrownBy(() => first.backward()) as Error
    expect(error).toBeInstanceOf(StateError)
    expect(error.message).toMatch(/every gate wired once, got Multiply that has made another variable since/)
    second.backward()
    expect(second.inputs[0]!.grad).toBe(7)
  })
})

describe('options', () => {
  it.each([
    [{ retain: true }],
    [{ retainGraph: 1 }],
    [{ createGraph: 'yes' }],
    [{ accumulate: 0 }],
    [{ createGraph: true, retainGraph: false }],
  ])('%j are refused', (given) => {
    expect(() =>
      variable(1)
        .exp()
        .backward(given as never),
    ).toThrow(ArgumentError)
  })
  it('and upstream are told apart', () => {
    const x = variable(2)
    x.square().backward(3, { retainGraph: true })
    expect(x.grad).toBe(12)
    expect(() => x.square().backward([1] as never)).toThrow(ArgumentError)
    expect(() => x.square().backward('1' as never)).toThrow(ArgumentError)
  })
})

describe('names and constants', () => {
  it('name nodes on the way', () => {
    const q = variable(-2, 'x').add(variable(5, 'y')).named('q')
    expect([q.name, q.value]).toEqual(['q', 3])
    expect(String(q)).toBe('q: 3')
    expect(() => q.named(1 as never)).toThrow(ArgumentError)
  })

  it('constants take no gradient', () => {
    const f = variable(2).div(4).mul(variable(3))
    f.backward()
    const quotient = f.inputs[0]!
    expect(quotient.inputs.map((x) => [x.constant, x.grad])).toEqual([
      [false, 0.75],
      [true, null],
    ])
  })
})

describe('ops', () => {
  it('are the methods as functions, of variables, numbers and tensors', () => {
    const [x, y, z] = [variable(-2), variable(5), variable(-4)]
    const f = ops.mul(ops.add(x, y), z)
    f.backward()
    expect([f.value, x.grad, y.grad, z.grad]).toEqual([-12, -4, -4, 3])
    expect(ops.sub(1, x).value).toBe(3)
    expect(ops.exp(0)).toBeInstanceOf(Variable)
    expectClose(ops.matmul(tensor([1, 2], { shape: [1, 2] }), variable([3, 4])).value, [11])
    expectClose(ops.leakyRelu(variable(-2), { alpha: 0.5 }).value, [-1])
    expect(() => ops.exp('1' as never)).toThrow(ArgumentError)
  })

  it('cover every operator', () => {
    const x = variable(tensor(Float64Array.of(0.5, 0.25)))
    for (const [name, operator] of Object.entries(ops)) {
      if (['concat', 'stack', 'where', 'loss'].includes(name)) continue
      expect(typeof operator, name).toBe('function')
      expect(typeof (x as unknown as Record<string, unknown>)[name], name).toBe('function')
    }
    for (const name of ['backward', 'zeroGrad', 'named', 'apply']) expect(ops).not.toHaveProperty(name)
  })
})
