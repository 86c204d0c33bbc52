import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  ArgumentError,
  arange,
  DTypeError,
  fromRows,
  full,
  IndexError,
  ones,
  ShapeError,
  Tensor,
  tensor,
  zeros,
} from '../../lib/index.js'
import { thrownBy } from '../support.js'

describe('tensor()', () => {
  it.each([
    [5, [], [5]],
    [[], [0], []],
    [[1, 2, 3], [3], [1, 2, 3]],
    [
      [
        [1, 2],
        [3, 4],
      ],
      [2, 2],
      [1, 2, 3, 4],
    ],
    [
      [
        [[1], [2]],
        [[3], [4]],
      ],
      [2, 2, 1],
      [1, 2, 3, 4],
    ],
    [[[], []], [2, 0], []],
  ])('reads %j', (nested, shape, data) => {
    const t = tensor(nested)
    expect(t.shape).toEqual(shape)
    expect(Array.from(t.data)).toEqual(data)
    expect(t.dtype).toBe('float32')
    expect(t.toArray()).toEqual(nested)
    expect(t.rank).toBe(shape.length)
  })

  it('keeps typed arrays without a copy, and converts when asked', () => {
    for (const data of [new Float32Array(6), new Float64Array(6), new Int32Array(6)]) {
      expect(tensor(data).data).toBe(data)
      expect(tensor(data, { shape: [2, 3] }).shape).toEqual([2, 3])
    }
    expect(tensor(Float64Array.of(1.5), { dtype: 'float32' }).dtype).toBe('float32')
    expect(tensor(Uint8Array.of(1, 255)).toArray()).toEqual([1, 255])
    expect(tensor([1.9, -1.9], { dtype: 'int32' }).toArray()).toEqual([1, -1])
  })

  it.each<[string, () => unknown, new (...a: never[]) => Error, RegExp]>([
    [
      'ragged rows',
      () => tensor([[1, 2], [3]]),
      ShapeError,
      /\[tensor\] expected arrays of 2 at depth 1 \(not ragged\), got one of 1/,
    ],
    ['numbers beside arrays', () => tensor([[1], 2] as never), ShapeError, /got 2/],
    ['arrays beside numbers', () => tensor([1, [2]] as never), ShapeError, /one depth/],
    ['text', () => tensor(['1'] as never), ArgumentError, /got "1"/],
    ['holes', () => tensor(new Array(2) as never), ArgumentError, /got undefined/],
    ['a bad dtype', () => tensor([1], { dtype: 'int8' as never }), DTypeError, /got "int8"/],
    ['an unknown option', () => tensor([1], { dytpe: 'float32' } as never), ArgumentError, /got "dytpe"/],
    [
      'another size',
      () => tensor(new Float32Array(6), { shape: [4] }),
      ShapeError,
      /4 elements for shape \[4\], got 6/,
    ],
    ['a negative extent', () => zeros([2, -1]), ArgumentError, /integers ≥ 0/],
    ['a NaN extent', () => zeros([Number.NaN]), ArgumentError, /NaN/],
    ['a fraction', () => zeros([1.5]), ArgumentError, /1\.5/],
    ['text as extent', () => zeros(['2' as never]), ArgumentError, /"2"/],
    ['an overflowing shape', () => zeros([2 ** 30, 2 ** 30]), ShapeError, /at most 4294967296 elements/],
    ['an overflow with 0', () => zeros([2 ** 40, 2 ** 40, 2 ** 40]), ShapeError, /at most/],
    ['no shape', () => zeros(undefined as never), ArgumentError, /got undefined/],
    ['bigints', () => tensor(new BigInt64Array(2) as never), DTypeError, /numbers/],
    [
      'cyclic nesting',
      () => {
        const a: unknown[] = []
        a.push(a)
        return tensor(a as never)
      },
      ShapeError,
      /32 dimensions/,
    ],
  ])('refuses %s', (_, f, type, message) => {
    const error = thrownBy(f)
    expect(error).toBeInstanceOf(type)
    expect((error as Error).message).toMatch(message)
  })

  it('refuses detached memory and hostile objects with typed errors', () => {
    const data = new Float32Array(4)
    structuredClone(data.buffer, { transfer: [data.buffer] })
    expect(() => tensor(data, { shape: [4] })).toThrow(ShapeError)
    expect(() => new Tensor(new Uint8Array(2) as never, [2])).toThrow(DTypeError)
    const trap = new Proxy([], {
      get: () => {
        throw new Error('trap')
      },
    })
    expect(() => zeros(trap as never)).toThrow()
    expect(() => tensor(new Proxy({}, {}) as never)).toThrow(ArgumentError)
  })
})

describe('constructors', () => {
  it('fill', () => {
    expect(zeros([2, 2]).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ])
    expect(ones([2], 'int32').toArray()).toEqual([1, 1])
    expect(full([2], 0.5, 'float64').toArray()).toEqual([0.5, 0.5])
    expect(arange(3).toArray()).toEqual([0, 1, 2])
    expect(arange(1, 2, 0.25, 'float64').toArray()).toEqual([1, 1.25, 1.5, 1.75])
    expect(arange(3, 0, -1).toArray()).toEqual([3, 2, 1])
    expect(() => arange(0, 1, 0)).toThrow(ArgumentError)
    expect(fromRows([[1, 2], Float32Array.of(3, 4)]).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(() => fromRows([[1, 2], [3]])).toThrow(ShapeError)
    expect(() => fromRows([])).toThrow(ArgumentError)
  })
})

describe('Tensor', () => {
  const t = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ])

  it('reads elements', () => {
    expect(t.at(1, 2)).toBe(6)
    expect(t.at(-1, 0)).toBe(4)
    expect(() => t.at(2, 0)).toThrow(IndexError)
    expect(() => t.at(0)).toThrow(IndexError)
    expect(() => t.at(0, 1.5)).toThrow(IndexError)
    expect(tensor(7).item()).toBe(7)
    expect(() => t.item()).toThrow(ShapeError)
  })

  it('makes views of rows and of other shapes', () => {
    const row = t.rows(1)
    expect(row.shape).toEqual([1, 3])
    row.data[0] = 40
    expect(t.at(1, 0)).toBe(40)
    row.data[0] = 4
    expect(t.rows(0, 0).shape).toEqual([0, 3])
    expect(() => t.rows(1, 3)).toThrow(IndexError)
    expect(() => t.rows(Number.NaN)).toThrow(IndexError)
    expect(t.reshape(3, 2).toArray()).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ])
    expect(t.reshape([6]).data).toBe(t.data)
    expect(t.reshape(-1, 2).shape).toEqual([3, 2])
    expect(() => t.reshape(4, -1)).toThrow(ShapeError)
    expect(() => t.reshape(5)).toThrow(ShapeError)
    expect(Object.isFrozen(t.shape)).toBe(true)
  })

  it('copies', () => {
    const copy = t.clone()
    copy.data[0] = 9
    expect(t.at(0, 0)).toBe(1)
    expect(t.astype('float64').dtype).toBe('float64')
  })

  it('prints aligned and shortened', () => {
    expect(
      String(
        tensor([
          [1, 2.5],
          [30, 4],
        ]),
      ),
    ).toBe('tensor([[  1, 2.5],\n        [ 30,   4]], float32 [2, 2])')
    expect(inspect(tensor(1))).toBe('tensor(1, float32 [])')
    const long = String(zeros([1000, 1000]))
    expect(long.length).toBeLessThan(500)
    expect(long).toContain('…')
    expect(String(tensor([Number.NaN, 1e9]))).toContain('NaN')
  })
})
