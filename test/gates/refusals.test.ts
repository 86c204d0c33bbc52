// What gates take without being told, where their options end, and what they refuse.
import { describe, expect, it } from 'vitest'
import { suspend } from '../../lib/gates/gate.js'
import {
  ArgumentError,
  Clip,
  Concat,
  checked,
  ELU,
  Flatten,
  type Gate,
  Gather,
  GELU,
  IndexError,
  LeakyReLU,
  Linear,
  MatMul,
  Multiply,
  Reshape,
  ShapeError,
  Slice,
  Softmax,
  Stack,
  StateError,
  Sum,
  type Tensor,
  Transpose,
  tensor,
  Where,
  zeros,
} from '../../lib/index.js'
import { numbers } from '../support.js'

describe('defaults', () => {
  it.each<[string, Gate, number, number]>([
    ['ELU', new ELU(), -1.5, Math.expm1(-1.5)],
    ['ELU of α', new ELU({ alpha: 0.5 }), -1.5, 0.5 * Math.expm1(-1.5)],
    ['LeakyReLU', new LeakyReLU(), -3, -0.03],
    ['LeakyReLU of α', new LeakyReLU({ alpha: 0.25 }), -3, -0.75],
    ['GELU', new GELU(), 1, 0.8413447460685429],
    ['GELU by tanh', new GELU({ approximate: 'tanh' }), 1, 0.8411919906082768],
  ])('%s', (_, gate, x, y) => expect(gate.forward(x)).toBeCloseTo(y, 14))

  it('of axes: the last for softmax, the first for joins, all for sums', () => {
    const x = tensor(
      [
        [1, 2],
        [3, 5],
      ],
      { dtype: 'float64' },
    )
    expect(numbers(new Softmax().forward(x))).toEqual(numbers(new Softmax({ axis: 1 }).forward(x)))
    expect((new Concat().forward(x, x) as Tensor).shape).toEqual([4, 2])
    expect((new Stack().forward(x, x) as Tensor).shape).toEqual([2, 2, 2])
    expect(new Sum().forward(x)).toBe(11)
    expect((new Flatten().forward(zeros([2, 3, 4])) as Tensor).shape).toEqual([2, 12])
    expect(numbers(new Transpose().forward(x))).toEqual([1, 3, 2, 5])
  })
})

describe('options end where they should', () => {
  it.each<[string, () => unknown, () => unknown]>([
    ['axis of Gather', () => new Gather([0], { axis: 31 }), () => new Gather([0], { axis: 32 })],
    ['axis of Gather from the end', () => new Gather([0], { axis: -32 }), () => new Gather([0], { axis: -33 })],
    ['endAxis of Flatten', () => new Flatten({ endAxis: 31 }), () => new Flatten({ endAxis: 32 })],
    ['startAxis of Flatten', () => new Flatten({ startAxis: -32 }), () => new Flatten({ startAxis: -33 })],
    ['bounds of Clip', () => new Clip({ min: 1, max: 1 }), () => new Clip({ min: 1, max: 0.5 })],
    ['one −1 of Reshape', () => new Reshape([-1, 2]), () => new Reshape([-1, -1])],
  ])('%s', (_, make, refused) => {
    expect(make).not.toThrow()
    expect(refused).toThrow(ArgumentError)
  })

  it.each<[string, () => unknown, new (...given: never[]) => Error]>([
    ['Clip of nothing', () => new Clip({} as never), ArgumentError],
    ['Slice of steps of 0', () => new Slice([{ step: 0 }]), ArgumentError],
    ['Slice of more axes than there are', () => new Slice([null, null]).forward(zeros([2])), ShapeError],
    ['Slice of an index too far', () => new Slice([2]).forward(zeros([2])), IndexError],
    ['Gather of an index too far', () => new Gather([2]).forward(zeros([2])), IndexError],
    ['Gather of a number too low', () => new Gather([-3]).forward(zeros([2])), IndexError],
    ['Where of what does not fit', () => new Where([1, 0, 1]).forward(zeros([2]), zeros([2])), ShapeError],
    ['MatMul of a number in a tensor', () => new MatMul().forward(zeros([]), zeros([2])), ShapeError],
    ['MatMul by a number in a tensor', () => new MatMul().forward(zeros([2]), zeros([])), ShapeError],
    ['MatMul of vectors of other lengths', () => new MatMul().forward(zeros([2]), zeros([3])), ShapeError],
    ['Concat of nothing', () => new Concat().forward(), ArgumentError],
    ['Concat of other shapes', () => new Concat().forward(zeros([2, 3]), zeros([2, 4])), ShapeError],
    ['Stack of other shapes', () => new Stack().forward(zeros([2]), zeros([3])), ShapeError],
    ['Transpose of other axes', () => new Transpose([0, 1, 2]).forward(zeros([2, 2])), ShapeError],
  ])('%s is refused', (_, refused, type) => {
    expect(refused).toThrow(Error)
    try {
      refused()
    } catch (error) {
      expect((error as { code?: string }).code).toBeDefined()
      if (!(error instanceof type)) expect((error as Error).constructor.name, (error as Error).message).toBe(type.name)
    }
  })
})

describe('gates are objects with forward and backward', () => {
  it.each([{}, { forward() {} }, { backward() {} }, { forward: 1, backward() {} }, null, 1, () => {}])(
    'not %o',
    (each) => {
      expect(() => checked(each as never)).toThrow(ArgumentError)
    },
  )

  it('and forget a forward that was set aside until it is put back', () => {
    const gate = new Multiply()
    gate.forward(3, 4)
    const resume = suspend(gate)
    expect(() => gate.backward(1)).toThrow(StateError)
    expect(() => gate.backward(1)).toThrow('got backward first')
    gate.forward(5, 6)
    expect(gate.backward(1)).toEqual([6, 5])
    resume()
    expect(gate.backward(1)).toEqual([4, 3])
  })

  it('and those with parameters take options of backward that are some', () => {
    const gate = new Linear(2, 2)
    gate.forward(zeros([1, 2]))
    for (const options of [1, null, { accumulate: 1 }, { inputGradient: 'no' }]) {
      expect(() => gate.backward(zeros([1, 2]), options as never), JSON.stringify(options)).toThrow(ArgumentError)
    }
    expect(gate.backward(zeros([1, 2]), {})).toHaveLength(1)
  })
})
