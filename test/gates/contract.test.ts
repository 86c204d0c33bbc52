// The rules of gates: order of calls, shapes of upstream and gradients, for built-in and user-written gates alike.
import { describe, expect, it } from 'vitest'
import {
  Add,
  ArgumentError,
  apply,
  checked,
  DTypeError,
  type Gate,
  Linear,
  MatMul,
  Multiply,
  ReLU,
  Sequential,
  ShapeError,
  Sigmoid,
  StateError,
  Sum,
  Tensor,
  tensor,
  type Value,
  variable,
  zeros,
} from '../../lib/index.js'
import { thrownBy } from '../support.js'

const message = (f: () => unknown) => (thrownBy(f) as Error).message

describe('built-in gates', () => {
  const makers: [string, () => Gate, Value[]][] = [
    ['Multiply', () => new Multiply(), [2, 3]],
    ['Sigmoid', () => new Sigmoid(), [tensor([1, 2])]],
    ['Add', () => new Add(), [tensor([1, 2]), 1]],
    ['MatMul', () => new MatMul(), [zeros([2, 3]), zeros([3])]],
    ['Sum', () => new Sum(), [zeros([2, 3])]],
    ['Linear', () => new Linear(3, 2), [zeros([1, 3])]],
    ['Sequential', () => new Sequential(new Linear(3, 2), new ReLU()), [zeros([1, 3])]],
  ]

  it.each(makers)('%s wants forward before each backward', (name, make, inputs) => {
    const gate = make()
    const early = thrownBy(() => gate.backward(1))
    expect(early).toBeInstanceOf(StateError)
    expect((early as Error).message).toBe(`[${name}] expected forward before backward, got backward first`)
    const output = gate.forward(...inputs)
    const upstream = typeof output === 'number' ? 1 : zeros([...output.shape])
    gate.backward(upstream)
    expect(message(() => gate.backward(upstream))).toBe(
      `[${name}] expected forward before backward, got backward a second time`,
    )
    gate.forward(...inputs)
    gate.backward(upstream)
  })

  it.each(makers)('%s refuses an upstream of another shape, and can be retried', (name, make, inputs) => {
    const gate = make()
    const output = gate.forward(...inputs)
    const wrong = thrownBy(() => gate.backward(zeros([9, 9])))
    expect(wrong).toBeInstanceOf(ShapeError)
    expect((wrong as Error).message).toContain(`[${name}] expected upstream gradient`)
    expect((wrong as Error).message).toContain('got [9, 9]')
    if (typeof output !== 'number') {
      expect(() => gate.backward(zeros([...output.shape], 'float64'))).toThrow(DTypeError)
      expect(() => gate.backward(1)).toThrow(ShapeError)
      gate.backward(zeros([...output.shape]))
    }
  })

  it('refuse what is no number or float tensor', () => {
    for (const input of [undefined, null, 'x', {}, [1], new Float32Array(2), 1n]) {
      expect(() => new Sigmoid().forward(input as never), String(input)).toThrow(ArgumentError)
      expect(() => new Add().forward(1, input as never)).toThrow(ArgumentError)
    }
    expect(() => new ReLU().forward(tensor([1], { dtype: 'int32' }))).toThrow(DTypeError)
    expect(() => new Add().forward(tensor([1]), tensor([1], { dtype: 'float64' }))).toThrow(DTypeError)
    expect(() => new Add().forward(zeros([2]), zeros([3]))).toThrow(
      /\[Add\] expected shapes that broadcast together, got \[2\] and \[3\]/,
    )
    expect(() => new MatMul().forward(zeros([2, 3]), zeros([2, 3]))).toThrow(ShapeError)
  })

  it('infer leaves a waiting backward alone', () => {
    const gate = new Sigmoid()
    gate.forward(1)
    gate.infer(5)
    const [dx] = gate.backward(1)
    expect(dx).toBeCloseTo(0.19661193324148185, 14)
  })
})

class Cube implements Gate {
  x: Tensor = zeros([0])
  wrong: Value[] | undefined
  forward(x: Tensor): Tensor {
    this.x = x
    return new Tensor(
      x.data.map((v) => v ** 3),
      x.shape,
    )
  }
  backward(dy: Tensor): Value[] {
    return (
      this.wrong ?? [
        new Tensor(
          this.x.data.map((v, i) => 3 * v ** 2 * dy.data[i]!),
          dy.shape,
        ),
      ]
    )
  }
}

describe("a user's gate", () => {
  it('works in graphs and networks like any other', () => {
    const x = variable(tensor([1, 2]))
    apply(new Cube(), x).sum().backward()
    expect((x.grad as Tensor).toArray()).toEqual([3, 12])
    const model = new Sequential(new Linear(2, 2), new Cube())
    model.forward(zeros([1, 2]))
    expect(model.backward(zeros([1, 2]))[0].shape).toEqual([1, 2])
  })

  it.each<[string, Value[], RegExp]>([
    ['too few gradients', [], /\[Cube\] expected backward to return an array of one gradient, got 0 of them/],
    ['a gradient of another shape', [zeros([3])], /\[Cube\] expected gradient 0 of shape \[2\], got \[3\]/],
    ['a number for a tensor', [1], /\[Cube\] expected gradient 0 of shape \[2\], got a number/],
    ['nothing', undefined as never, /./],
  ])('is caught returning %s', (_, gradients, expected) => {
    const cube = new Cube()
    cube.wrong = gradients ?? ([null] as never)
    const x = variable(tensor([1, 2]))
    const error = thrownBy(() => apply(cube, x).sum().backward())
    expect(error).toBeInstanceOf(ShapeError)
    expect((error as Error).message).toMatch(expected)
    const inNetwork = new Cube()
    inNetwork.wrong = gradients ?? ([null] as never)
    const model = new Sequential(inNetwork)
    model.forward(tensor([1, 2]))
    expect(() => model.backward(tensor([1, 1]))).toThrow(ShapeError)
  })

  it('is held to the order of calls and to its output', () => {
    expect(() => checked(new Cube()).backward(1)).toThrow(StateError)
    expect(() => apply({ forward: () => 'x', backward: () => [] } as never, 1)).toThrow(ArgumentError)
    expect(() => apply({} as never, 1)).toThrow(ArgumentError)
    expect(() => new Sequential({} as never)).toThrow(ArgumentError)
  })
})
