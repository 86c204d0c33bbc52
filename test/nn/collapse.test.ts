// collapse(): layers without an activation between them are one layer; the others stay.
import { describe, expect, it } from 'vitest'
import {
  collapse,
  type Gate,
  Identity,
  Linear,
  PReLU,
  parameter,
  ReLU,
  Sequential,
  Tensor,
  tensor,
  type Value,
} from '../../lib/index.js'
import { expectClose, numbers, randomTensor } from '../support.js'

const linear = (inputs: number, outputs: number, seed: number, bias = true) =>
  new Linear(inputs, outputs, { dtype: 'float64', seed, bias })

function layer(weight: number[][], bias?: number[]): Linear {
  const made = new Linear(weight[0]!.length, weight.length, { dtype: 'float64', bias: bias !== undefined })
  made.weight.data.set(weight.flat())
  if (bias) made.bias!.data.set(bias)
  return made
}

describe('collapse', () => {
  it('is W₂·W₁ and W₂·b₁ + b₂, by hand', () => {
    const model = new Sequential(
      layer(
        [
          [1, 2],
          [3, 4],
        ],
        [5, 6],
      ),
      layer([[1, -1]], [10]),
    )
    const [only] = collapse(model).gates as [Linear]
    expect(only.weight.toArray()).toEqual([[-2, -2]])
    expect(only.bias!.toArray()).toEqual([9])
    expect(numbers(model.gates[0] instanceof Linear ? model.gates[0].weight : 0)).toEqual([1, 2, 3, 4])
  })

  const rows: [string, () => Gate[], string[]][] = [
    ['three layers', () => [linear(5, 9, 1), linear(9, 4, 2), linear(4, 3, 3)], ['Linear']],
    ['no bias anywhere', () => [linear(5, 9, 1, false), linear(9, 4, 2, false)], ['Linear']],
    ['a bias in the first alone', () => [linear(5, 9, 1), linear(9, 4, 2, false)], ['Linear']],
    ['a bias in the second alone', () => [linear(5, 9, 1, false), linear(9, 4, 2)], ['Linear']],
    [
      'borders of nested networks and identities',
      () => [
        linear(5, 5, 1),
        new Sequential(new Identity(), linear(5, 4, 2)),
        new Sequential(linear(4, 3, 3)),
        new ReLU(),
      ],
      ['Linear', 'ReLU'],
    ],
    [
      'activations between some of them',
      () => [
        linear(5, 4, 1),
        new ReLU(),
        linear(4, 4, 2),
        linear(4, 4, 3),
        new PReLU({ dtype: 'float64' }),
        linear(4, 2, 4),
      ],
      ['Linear', 'ReLU', 'Linear', 'PReLU', 'Linear'],
    ],
    ['nothing but identities', () => [new Identity(), new Identity()], []],
  ]
  it.each(rows)('%s: the same function of fewer gates', (_, make, kinds) => {
    const model = new Sequential(...make())
    const x = randomTensor([7, 5], 8)
    const collapsed = collapse(model)
    expect(collapsed.gates.map((gate) => gate.constructor.name)).toEqual(kinds)
    expectClose(collapsed.infer(x), numbers(model.infer(x)), 1e-13)
    expect(collapsed.dtype).toBe(model.parameters().length > 0 ? 'float64' : 'float32')
  })

  it('shares nothing with the network given', () => {
    const model = new Sequential(linear(5, 4, 1), new PReLU({ dtype: 'float64' }), linear(4, 2, 4))
    const x = randomTensor([2, 5], 3)
    const before = numbers(model.infer(x))
    for (const p of collapse(model).parameters()) p.value.data.fill(9)
    expect(numbers(model.infer(x))).toEqual(before)
    expect(collapse(model.eval()).training).toBe(false)
  })

  it('takes over a gate of the user, unless it has parameters', () => {
    class Twice implements Gate {
      forward(x: Value): Value {
        return new Tensor((x as Tensor).data.map((v) => 2 * v) as Float64Array, (x as Tensor).shape)
      }
      backward(dy: Value): Value[] {
        return [this.forward(dy)]
      }
    }
    class Own extends Twice {
      readonly scale = parameter('scale', tensor(new Float64Array([1])))
      parameters() {
        return [this.scale]
      }
    }
    const twice = new Twice()
    expect(collapse(new Sequential(linear(5, 4, 1), twice)).gates[1]).toBe(twice)
    expect(() => collapse(new Sequential(linear(5, 4, 1), new Own()))).toThrow(/without parameters, got Own/)
    expect(() => collapse({} as never)).toThrow(/\[collapse\] expected a Sequential/)
    expect(() => collapse(new Sequential(linear(5, 4, 1), linear(3, 2, 1)))).toThrow(/a layer of 4 inputs/)
  })
})
