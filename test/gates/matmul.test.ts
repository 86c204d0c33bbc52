// Matrix products of vectors, matrices and stacks of them against a plain triple loop; gradients; refusals.
import { describe, expect, it } from 'vitest'
import { DTypeError, MatMul, ShapeError, Tensor, type Value, zeros } from '../../lib/index.js'
import { randomTensor } from '../support.js'
import { broadcast, build, expectGate, expectGradients, expectValue, read } from './reference.js'

function reference(a: Tensor, b: Tensor): Value {
  const left = a.rank === 1 ? a.reshape(1, -1) : a
  const right = b.rank === 1 ? b.reshape(b.size, 1) : b
  const [m, k, n] = [left.shape.at(-2)!, left.shape.at(-1)!, right.shape.at(-1)!]
  const batch = broadcast(left.shape.slice(0, -2), right.shape.slice(0, -2))
  const pick = (x: Tensor, stack: number[], i: number, j: number) => {
    const own = stack.slice(stack.length - x.rank + 2).map((index, axis) => (x.shape[axis] === 1 ? 0 : index))
    return x.at(...own, i, j)
  }
  const full = build([...batch, m, n], (index) => {
    const [i, j] = [index.at(-2)!, index.at(-1)!]
    let sum = 0
    for (let p = 0; p < k; p++) sum += pick(left, index.slice(0, -2), i, p) * pick(right, index.slice(0, -2), p, j)
    return sum
  })
  const shape = [...batch, ...(a.rank > 1 ? [m] : []), ...(b.rank > 1 ? [n] : [])]
  return shape.length === 0 ? read(full, [0, 0]) : new Tensor(full.data, shape)
}

describe('MatMul', () => {
  it.each<[number[], number[]]>([
    [
      [3, 4],
      [4, 2],
    ],
    [[3, 4], [4]],
    [[4], [4, 2]],
    [[4], [4]],
    [[1], [1]],
    [
      [1, 1],
      [1, 1],
    ],
    [
      [17, 9],
      [9, 5],
    ],
    [
      [2, 3, 4],
      [4, 5],
    ],
    [[2, 3, 4], [4]],
    [
      [2, 3, 4],
      [2, 4, 5],
    ],
    [
      [3, 4],
      [2, 4, 5],
    ],
    [[4], [2, 4, 5]],
    [
      [2, 1, 3, 4],
      [3, 4, 2],
    ],
    [
      [1, 3, 4],
      [2, 4, 2],
    ],
    [
      [2, 3, 4],
      [1, 4, 2],
    ],
    [
      [3, 1, 2, 3],
      [1, 2, 3, 2],
    ],
    [
      [0, 3],
      [3, 2],
    ],
    [
      [2, 0],
      [0, 3],
    ],
    [
      [2, 3],
      [3, 0],
    ],
    [
      [0, 2, 3],
      [3, 2],
    ],
    [
      [0, 2, 3],
      [1, 3, 2],
    ],
    [[0], [0]],
  ])('of %j and %j', (a, b) => {
    const [x, y] = [randomTensor(a, 31), randomTensor(b, 32)]
    expectGate(() => new MatMul(), [x, y], reference(x, y))
  })

  it('gives the same bits for a stack as for its matrices', () => {
    const [a, b] = [randomTensor([3, 5, 7], 33).astype('float32'), randomTensor([3, 7, 4], 34).astype('float32')]
    const all = new MatMul().forward(a, b) as Tensor
    for (let i = 0; i < 3; i++) {
      const one = new MatMul().forward(a.rows(i).reshape(5, 7), b.rows(i).reshape(7, 4)) as Tensor
      expectValue(all.rows(i).reshape(5, 4), one)
    }
  })

  it.each<[string, Value, Value]>([
    ['extents that do not meet', zeros([2, 3]), zeros([2, 3])],
    ['a number', 2, zeros([2, 3])],
    ['a tensor without axes', zeros([]), zeros([])],
    ['a vector of another length', zeros([2, 3]), zeros([2])],
    ['stacks that do not broadcast', zeros([2, 3, 4]), zeros([3, 4, 5])],
  ])('refuses %s', (_, a, b) => {
    expect(() => new MatMul().forward(a as Tensor, b as Tensor)).toThrow(ShapeError)
  })

  it('refuses two dtypes, and stays ready for the backward that waits', () => {
    const gate = new MatMul()
    gate.forward(zeros([2, 3]), zeros([3]))
    expect(() => gate.forward(zeros([2, 3]), zeros([3], 'float64'))).toThrow(DTypeError)
    expect(gate.backward(zeros([2]))[0].shape).toEqual([2, 3])
    expectGradients(gate, [randomTensor([2, 3], 35), randomTensor([3], 36)])
  })
})
