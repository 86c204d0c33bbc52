// Gates that move elements (shapes, parts, selections) against plain references; gradients; refusals.
import { describe, expect, it } from 'vitest'
import {
  ArgumentError,
  type AxisSlice,
  BroadcastTo,
  Clip,
  Concat,
  DTypeError,
  Flatten,
  type Gate,
  Gather,
  IndexError,
  Reshape,
  ShapeError,
  Slice,
  Stack,
  type Tensor,
  Transpose,
  tensor,
  type Value,
  Where,
  zeros,
} from '../../lib/index.js'
import { numbers, randomTensor } from '../support.js'
import { broadcast, build, expectGate, expectValue, read } from './reference.js'

describe('Transpose', () => {
  it.each<[number[], number[] | undefined]>([
    [[3, 5], undefined],
    [
      [3, 5],
      [1, 0],
    ],
    [
      [3, 5],
      [0, 1],
    ],
    [[7], undefined],
    [[], undefined],
    [[2, 3, 4], undefined],
    [
      [2, 3, 4],
      [0, 2, 1],
    ],
    [
      [2, 3, 4],
      [1, 2, 0],
    ],
    [
      [2, 3, 4],
      [-1, 0, -2],
    ],
    [
      [2, 1, 3, 1, 2],
      [4, 3, 2, 1, 0],
    ],
    [
      [2, 3, 2, 2],
      [0, 2, 1, 3],
    ],
    [[0, 3], undefined],
    [[33, 65], undefined],
    [
      [3, 9, 11],
      [0, 2, 1],
    ],
    [
      [2, 3, 5, 4],
      [3, 1, 0, 2],
    ],
    [
      [2, 3, 5, 4],
      [0, 2, 1, 3],
    ],
    [
      [2, 2, 5, 4],
      [0, 1, 3, 2],
    ],
  ])('of %j by %j', (shape, axes) => {
    const x = randomTensor(shape, 61)
    const order = (axes ?? shape.map((_, i) => shape.length - 1 - i)).map((a) => (a < 0 ? a + shape.length : a))
    const expected = build(
      order.map((axis) => shape[axis]!),
      (index) => x.at(...shape.map((_, axis) => index[order.indexOf(axis)]!)),
    )
    expectGate(() => new Transpose(axes), [x], expected, 0)
  })

  it('of more axes than any kernel takes', () => {
    const shape = new Array<number>(18).fill(2)
    const x = tensor(
      Float64Array.from({ length: 2 ** 18 }, (_, i) => i),
      { shape },
    )
    const y = new Transpose().forward(x)
    for (const i of [0, 1, 2, 5, 77_777, 2 ** 18 - 1]) {
      const reversed = Number.parseInt([...i.toString(2).padStart(18, '0')].reverse().join(''), 2)
      expect(y.data[i]).toBe(reversed)
    }
  })

  it('refuses axes that are no permutation', () => {
    for (const axes of ['10', 1, {}, [0.5, 0], [null]]) {
      expect(() => new Transpose(axes as never), String(axes)).toThrow(ArgumentError)
    }
    for (const axes of [
      [0, 0],
      [0, -2],
      [0, 2],
      [-3, 0],
    ])
      expect(() => new Transpose(axes)).toThrow(ArgumentError)
    expect(() => new Transpose([0]).forward(zeros([2, 3]))).toThrow(/expected a tensor of 1 axes for \[0\], got 2 axes/)
    expect(() => new Transpose().forward(2)).toThrow(/\[Transpose\] expected a tensor, got a number/)
  })
})

describe('Reshape and Flatten', () => {
  it.each<[string, () => Gate, number[], number[]]>([
    ['Reshape', () => new Reshape([5, -1]), [3, 5], [5, 3]],
    ['Reshape to no axes', () => new Reshape([]), [1, 1], []],
    ['Reshape of nothing', () => new Reshape([0, 7]), [3, 0], [0, 7]],
    ['Flatten', () => new Flatten(), [2, 3, 4], [2, 12]],
    ['Flatten of a matrix', () => new Flatten(), [2, 3], [2, 3]],
    ['Flatten all', () => new Flatten({ startAxis: 0 }), [2, 3, 4], [24]],
    ['Flatten the first two', () => new Flatten({ startAxis: 0, endAxis: 1 }), [2, 3, 4], [6, 4]],
    ['Flatten the last two', () => new Flatten({ startAxis: -2 }), [2, 3, 4], [2, 12]],
    ['Flatten nothing', () => new Flatten(), [0, 3, 4], [0, 12]],
  ])('%s', (_, make, from, to) => {
    const x = randomTensor(from, 62)
    expectGate(make, [x], tensor(x, { shape: to }), 0)
  })

  it('refuse what does not fit', () => {
    for (const shape of ['6', 6, [0.5], [-2], [-1, -1], [null]]) {
      expect(() => new Reshape(shape as never), String(shape)).toThrow(ArgumentError)
    }
    expect(() => new Reshape([4]).forward(zeros([2, 3]))).toThrow(ShapeError)
    expect(() => new Reshape([4, -1]).forward(zeros([2, 3]))).toThrow(ShapeError)
    expect(() => new Flatten({ startAxis: 2 }).forward(zeros([2, 3]))).toThrow(ArgumentError)
    expect(() => new Flatten({ startAxis: 1, endAxis: 0 }).forward(zeros([2, 3]))).toThrow(ShapeError)
    expect(() => new Flatten({ start: 1 } as never)).toThrow(ArgumentError)
  })
})

describe('BroadcastTo', () => {
  it.each<[number[], number[]]>([
    [[3], [2, 3]],
    [
      [3, 1],
      [3, 4],
    ],
    [
      [1, 3, 1],
      [2, 3, 4],
    ],
    [[], [2, 2]],
    [[1], [0]],
    [
      [2, 3],
      [2, 3],
    ],
    [
      [2, 1, 3],
      [4, 2, 5, 3],
    ],
    [[33], [4, 33]],
    [
      [4, 1],
      [4, 40],
    ],
    [
      [5, 1, 7],
      [5, 9, 7],
    ],
    [
      [2, 1, 3, 1],
      [2, 5, 3, 6],
    ],
  ])('%j to %j', (from, to) => {
    const x = randomTensor(from, 63)
    expectGate(
      () => new BroadcastTo(to),
      [x],
      build(to, (index) => read(x, index)),
      0,
    )
  })

  it('of a number has the dtype that is asked for', () => {
    expectGate(
      () => new BroadcastTo([2, 3], { dtype: 'float64' }),
      [1.5],
      build([2, 3], () => 1.5),
    )
    expect(new BroadcastTo([2]).forward(1).dtype).toBe('float32')
  })

  it.each<[number[], number[]]>([
    [[2], [3]],
    [[2, 3], [3]],
    [[3], [1]],
    [[0], [2]],
  ])('refuses %j to %j', (from, to) => {
    expect(() => new BroadcastTo(to).forward(zeros(from))).toThrow(ShapeError)
  })
})

/** Python's list slicing, one axis. */
function picked(slice: AxisSlice, extent: number): number[] {
  if (slice === null) return Array.from({ length: extent }, (_, i) => i)
  if (typeof slice === 'number') return [slice < 0 ? slice + extent : slice]
  const step = slice.step ?? 1
  const whole = (bound: number) => (bound < 0 ? bound + extent : bound)
  const list: number[] = []
  const start = slice.start === undefined ? (step > 0 ? 0 : extent - 1) : whole(slice.start)
  const stop = slice.stop === undefined ? (step > 0 ? extent : -1) : Math.max(-1, whole(slice.stop))
  for (let i = step > 0 ? Math.max(0, start) : Math.min(extent - 1, start); step > 0 ? i < stop : i > stop; i += step) {
    if (i >= 0 && i < extent) list.push(i)
  }
  return list
}

describe('Slice', () => {
  it.each<[number[], AxisSlice[]]>([
    [[5], [{ start: 1, stop: 4 }]],
    [[5], [{ start: -3 }]],
    [[5], [{ stop: -1 }]],
    [[5], [{ step: 2 }]],
    [[5], [{ step: -1 }]],
    [[5], [{ start: 3, stop: 0, step: -2 }]],
    [[5], [{ start: -1, stop: -6, step: -1 }]],
    [[5], [{ start: -100, stop: 100 }]],
    [[5], [{ start: 100, stop: -100, step: -3 }]],
    [[5], [{ start: 4, stop: 2 }]],
    [[5], [{ start: 7 }]],
    [[5], [{ start: 0, stop: 0, step: -1 }]],
    [[5], [2]],
    [[5], [-1]],
    [[5], [{}]],
    [[3, 4], []],
    [
      [3, 4],
      [null, { start: 1, stop: 3 }],
    ],
    [[3, 4], [1]],
    [
      [3, 4],
      [null, -2],
    ],
    [
      [3, 4],
      [2, 3],
    ],
    [
      [3, 4],
      [{ step: -1 }, { step: -2 }],
    ],
    [
      [2, 3, 4],
      [null, 1, { start: 2 }],
    ],
    [
      [2, 3, 70],
      [{ start: 1 }, { step: 2 }, { start: 3, stop: 66 }],
    ],
    [
      [1, 3],
      [{ step: -1 }, { start: 1 }],
    ],
    [
      [0, 3],
      [null, { start: 1 }],
    ],
    [
      [2, 3],
      [{ start: 2 }, 0],
    ],
  ])('of %j by %j', (shape, slices) => {
    const x = randomTensor(shape, 64)
    const chosen = shape.map((extent, axis) => picked(slices[axis] ?? null, extent))
    const full = build(
      chosen.map((list) => list.length),
      (index) => x.at(...index.map((i, axis) => chosen[axis]![i]!)),
    )
    const kept = chosen.filter((_, axis) => typeof slices[axis] !== 'number').map((list) => list.length)
    expectGate(() => new Slice(slices), [x], tensor(full, { shape: kept }), 0)
  })

  it('refuses what is no slice', () => {
    for (const slices of [
      '0:1',
      3,
      [undefined],
      ['0'],
      [0.5],
      [{ step: 0 }],
      [{ start: 0.5 }],
      [{ begin: 1 }],
      [[0, 1]],
    ]) {
      expect(() => new Slice(slices as never), JSON.stringify(slices)).toThrow(ArgumentError)
    }
    expect(() => new Slice([5]).forward(zeros([5]))).toThrow(IndexError)
    expect(() => new Slice([-6]).forward(zeros([5]))).toThrow(/\[Slice\] expected index 0 in \[-5, 5\), got -6/)
    expect(() => new Slice([null, null]).forward(zeros([5]))).toThrow(ShapeError)
  })
})

describe('Concat and Stack', () => {
  it.each<[number[][], number]>([
    [
      [
        [2, 3],
        [4, 3],
      ],
      0,
    ],
    [
      [
        [2, 3],
        [2, 1],
        [2, 2],
      ],
      1,
    ],
    [
      [
        [2, 3],
        [2, 1],
      ],
      -1,
    ],
    [[[3], [0], [2]], 0],
    [[[5]], 0],
    [
      [
        [2, 1, 3],
        [2, 2, 3],
      ],
      1,
    ],
    [
      [
        [0, 3],
        [0, 2],
      ],
      1,
    ],
    [
      [
        [1, 3],
        [0, 3],
      ],
      0,
    ],
  ])('Concat of %j along %j', (shapes, axis) => {
    const inputs = shapes.map((shape, i) => randomTensor(shape, 70 + i))
    const along = axis < 0 ? axis + shapes[0]!.length : axis
    const total = shapes.reduce((sum, shape) => sum + shape[along]!, 0)
    const expected = build(
      shapes[0]!.map((extent, i) => (i === along ? total : extent)),
      (index) => {
        let at = index[along]!
        let which = 0
        while (at >= shapes[which]![along]!) at -= shapes[which++]![along]!
        return inputs[which]!.at(...index.map((i, a) => (a === along ? at : i)))
      },
    )
    expectGate(() => new Concat({ axis }), inputs, expected, 0)
  })

  it.each<[number[], number, number]>([
    [[2, 3], 0, 2],
    [[2, 3], 1, 3],
    [[2, 3], -1, 2],
    [[2, 3], 2, 1],
    [[], 0, 3],
    [[0, 2], 1, 2],
  ])('Stack of tensors %j along %j', (shape, axis, count) => {
    const inputs = Array.from({ length: count }, (_, i) => randomTensor(shape, 80 + i))
    const along = axis < 0 ? axis + shape.length + 1 : axis
    const expected = build([...shape.slice(0, along), count, ...shape.slice(along)], (index) =>
      inputs[index[along]!]!.at(...index.filter((_, a) => a !== along)),
    )
    expectGate(() => new Stack({ axis }), inputs, expected, 0)
  })

  it('Stack of numbers is a float64 vector', () => {
    const y = new Stack().forward(1, 2, 3)
    expect([y.dtype, y.toArray()]).toEqual(['float64', [1, 2, 3]])
    expectGate(() => new Stack(), [1.5, 2, -3], tensor(Float64Array.of(1.5, 2, -3)))
  })

  it.each<[string, () => Gate, Value[], new (...args: never[]) => Error]>([
    ['Concat of nothing', () => new Concat(), [], ArgumentError],
    ['Concat of numbers', () => new Concat(), [1, 2], ShapeError],
    ['Concat of other ranks', () => new Concat(), [zeros([2, 3]), zeros([3])], ShapeError],
    ['Concat of other extents', () => new Concat(), [zeros([2, 3]), zeros([2, 4])], ShapeError],
    ['Concat of two dtypes', () => new Concat(), [zeros([2]), zeros([2], 'float64')], DTypeError],
    ['Concat along no axis', () => new Concat({ axis: 2 }), [zeros([2, 3])], ArgumentError],
    ['Stack of other shapes', () => new Stack(), [zeros([2]), zeros([3])], ShapeError],
    ['Stack of numbers and tensors', () => new Stack(), [1, zeros([])], ShapeError],
    ['Stack of tensors and numbers', () => new Stack(), [zeros([]), 1], ShapeError],
    ['Stack along no axis', () => new Stack({ axis: 3 }), [zeros([2, 3])], ArgumentError],
  ])('%s is refused', (_, make, inputs, type) => {
    expect(() => make().forward(...inputs)).toThrow(type)
  })

  it('refuse options that are none', () => {
    expect(() => new Concat({ axis: 0.5 })).toThrow(ArgumentError)
    expect(() => new Stack({ dim: 1 } as never)).toThrow(ArgumentError)
  })
})

describe('Gather', () => {
  it.each<[number[], number | number[] | number[][], number]>([
    [[5], [0, 4, 2, 2], 0],
    [[5], [-1, -5], 0],
    [[5], 3, 0],
    [[5], [], 0],
    [[4, 3], [3, 0, 0], 0],
    [
      [4, 3],
      [
        [1, 2],
        [3, 3],
      ],
      0,
    ],
    [[4, 3], [2, 0], 1],
    [[4, 3], -1, -1],
    [[2, 3, 4], [2, 1, 2], 1],
    [[2, 3, 4], [[0], [3]], 2],
    [[0, 3], [1], 1],
    [[3, 0], [2, 2], 0],
    [[9, 11], [8, 0, 3, 3, -1, 8, 8], 0],
    [[5, 6, 7], [5, 1, 5], 1],
  ])('of %j at %j along %j', (shape, at, axis) => {
    const x = randomTensor(shape, 65)
    const along = axis < 0 ? axis + shape.length : axis
    const list = tensor(at, { dtype: 'float64' })
    const result = [...shape.slice(0, along), ...list.shape, ...shape.slice(along + 1)]
    const expected = build(result, (index) => {
      const which = list.at(...index.slice(along, along + list.rank))
      return x.at(...index.slice(0, along), which, ...index.slice(along + list.rank))
    })
    expectGate(() => new Gather(at, { axis }), [x], expected, 0)
  })

  it('adds up the gradients of an element taken several times', () => {
    const gate = new Gather(Int32Array.of(1, 1, 0))
    gate.forward(tensor([10, 20, 30]))
    expect(numbers(gate.backward(tensor([1, 2, 4]))[0])).toEqual([4, 3, 0])
  })

  it('refuses indices that are none, and names them', () => {
    for (const at of ['0', [0.5], [Number.NaN], [2 ** 31], {}, [Number.POSITIVE_INFINITY]]) {
      expect(() => new Gather(at as never), String(at)).toThrow(ArgumentError)
    }
    expect(() => new Gather([0, 3]).forward(zeros([3, 2]))).toThrow(IndexError)
    expect(() => new Gather([0, -4]).forward(zeros([3]))).toThrow(/expected indices in \[-3, 3\), got -4 at 1/)
    expect(() => new Gather([0], { axis: 1 }).forward(zeros([3]))).toThrow(ArgumentError)
    expect(() => new Gather([0]).forward(zeros([0, 2]))).toThrow(IndexError)
  })
})

describe('Where', () => {
  it.each<[number[], number[], number[]]>([
    [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    [[3], [2, 3], [2, 1]],
    [[2, 1], [3], [1]],
    [[], [2], [2]],
    [[2, 3], [], []],
    [[0], [1], [0]],
  ])('of condition %j, x %j, y %j', (c, a, b) => {
    const condition = randomTensor(c, 66)
    for (let i = 0; i < condition.size; i += 2) condition.data[i] = 0
    const [x, y] = [randomTensor(a, 67), randomTensor(b, 68)]
    const expected = build(broadcast(c, a, b), (index) => read(read(condition, index) === 0 ? y : x, index))
    expectGate(() => new Where(condition), [x, y], expected, 0)
  })

  it('of numbers', () => {
    const x = randomTensor([2, 2], 69)
    const condition = [
      [1, 0],
      [0, 1],
    ]
    expectGate(() => new Where(true), [2, 3], 2)
    expectGate(() => new Where(false), [2, 3], 3)
    expectGate(
      () => new Where(condition),
      [2, 3],
      tensor(
        [
          [2, 3],
          [3, 2],
        ],
        { dtype: 'float64' },
      ),
    )
    expectGate(
      () => new Where(condition),
      [x, 0],
      build([2, 2], (i) => (condition[i[0]!]![i[1]!] ? x.at(...i) : 0)),
    )
    expectGate(
      () => new Where(condition),
      [0, x],
      build([2, 2], (i) => (condition[i[0]!]![i[1]!] ? 0 : x.at(...i))),
    )
  })

  it('keeps NaN out of the gradient of what was not chosen', () => {
    const gate = new Where([1, 0])
    gate.forward(tensor([1, Number.NaN]), tensor([Number.NaN, 2]))
    const [dx, dy] = gate.backward(tensor([3, 4]))
    expect([numbers(dx), numbers(dy)]).toEqual([
      [3, 0],
      [0, 4],
    ])
  })

  it('refuses conditions and operands that are none', () => {
    expect(() => new Where('yes' as never)).toThrow(ArgumentError)
    expect(() => new Where([1, 0]).forward(zeros([3]), zeros([3]))).toThrow(ShapeError)
    expect(() => new Where([1]).forward(zeros([3]), zeros([3], 'float64'))).toThrow(DTypeError)
  })
})

describe('Clip', () => {
  it.each<[string, object]>([
    ['both', { min: -1, max: 0.5 }],
    ['min alone', { min: 0.1 }],
    ['max alone', { max: 0.1 }],
    ['an infinite bound', { min: Number.NEGATIVE_INFINITY, max: 1 }],
  ])('with %s', (_, options) => {
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = options as { min?: number; max?: number }
    const x = randomTensor([3, 7], 75)
    expectGate(
      () => new Clip(options),
      [x],
      build([3, 7], (index) => Math.min(Math.max(x.at(...index), min), max)),
    )
    for (const value of [-3, 0.2, 3]) expectGate(() => new Clip(options), [value], Math.min(Math.max(value, min), max))
  })

  it('counts its bounds as inside, and lets NaN through without a gradient', () => {
    const x = tensor([-2, -1, 0, 1, 2, Number.NaN, Number.POSITIVE_INFINITY])
    const gate = new Clip({ min: -1, max: 1 })
    expectValue(gate.forward(x), tensor([-1, -1, 0, 1, 1, Number.NaN, 1]))
    expect(numbers(gate.backward(tensor([1, 1, 1, 1, 1, 1, 1]))[0])).toEqual([0, 1, 1, 1, 0, 0, 0])
  })

  it('refuses bounds that are none', () => {
    for (const options of [undefined, {}, { min: '0' }, { min: Number.NaN }, { min: 1, max: 0 }, { low: 1 }]) {
      expect(() => new Clip(options as never), JSON.stringify(options)).toThrow(ArgumentError)
    }
  })
})

describe('gates of one tensor', () => {
  it.each<[string, () => Gate]>([
    ['Transpose', () => new Transpose()],
    ['Reshape', () => new Reshape([1])],
    ['Flatten', () => new Flatten()],
    ['Slice', () => new Slice([0])],
    ['Gather', () => new Gather([0])],
  ])('%s refuses numbers', (name, make) => {
    expect(() => make().forward(1)).toThrow(`[${name}] expected a tensor, got a number`)
  })

  it('copy what they move: the input stays as it is', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ])
    for (const gate of [new Transpose(), new Slice([{ start: 0 }]), new Gather([0, 1]), new Concat()]) {
      const y = (gate as Gate).forward(x) as Tensor
      y.data.fill(9)
      expect(x.toArray()).toEqual([
        [1, 2],
        [3, 4],
      ])
    }
  })
})
