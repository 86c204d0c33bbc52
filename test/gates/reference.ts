// Plain float64 references for gates: arrays of any shape, read and built index by index.
import { expect } from 'vitest'
import { checkGradients, type Gate, Tensor, tensor, type Value } from '../../lib/index.js'
import { numbers, randomTensor } from '../support.js'

/** Every index of a shape, row-major. */
export function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, extent) => all.flatMap((index) => Array.from({ length: extent }, (_, i) => [...index, i])),
    [[]],
  )
}

/** The element of x at an index of a shape that x broadcasts to. */
export function read(x: Value, index: readonly number[]): number {
  if (typeof x === 'number') return x
  const own = index.slice(index.length - x.rank).map((i, axis) => (x.shape[axis] === 1 ? 0 : i))
  return x.at(...own)
}

/** A float64 tensor from a function of the index. */
export function build(shape: readonly number[], f: (index: number[]) => number): Tensor {
  return tensor(Float64Array.from(indices(shape), f), { shape })
}

/** The shape that shapes broadcast to. */
export function broadcast(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length))
  return Array.from({ length: rank }, (_, i) => {
    const extents = shapes.map((shape) => shape[i - rank + shape.length] ?? 1)
    return extents.find((extent) => extent !== 1) ?? 1
  })
}

/** Expects form and numbers of a reference: each element within `tolerance` relative, NaN and signs of 0 included. */
export function expectValue(actual: Value, expected: Value, tolerance = 0): void {
  expect(actual instanceof Tensor ? [...actual.shape] : 'a number').toEqual(
    expected instanceof Tensor ? [...expected.shape] : 'a number',
  )
  const [a, b] = [numbers(actual), numbers(expected)]
  for (let i = 0; i < b.length; i++) {
    const same = Object.is(a[i], b[i]) || Math.abs(a[i]! - b[i]!) <= tolerance * Math.max(1, Math.abs(b[i]!))
    expect(same, `element ${i}: ${a[i]} instead of ${b[i]}`).toBe(true)
  }
}

/** Checks a gate's gradients numerically, and that there was something to compare. */
export function expectGradients(gate: Gate, inputs: readonly Value[]): void {
  const report = checkGradients(gate, inputs)
  expect(report.ok, String(report)).toBe(true)
  expect(report.compared).toBe(inputs.reduce<number>((sum, x) => sum + (x instanceof Tensor ? x.size : 1), 0))
}

/** Checks a gate: forward against a reference in both element types, gradients in float64. */
export function expectGate(make: () => Gate, inputs: readonly Value[], expected: Value, tolerance = 1e-12): void {
  expectValue(make().forward(...inputs), expected, tolerance)
  const single = make().forward(...inputs.map((x) => (x instanceof Tensor ? x.astype('float32') : x)))
  if (single instanceof Tensor && inputs.some((x) => x instanceof Tensor)) expect(single.dtype).toBe('float32')
  expectValue(single, expected, 1e-5)
  expectGradients(make(), inputs)
}

/** A tensor of distinct numbers: gradients of extremes have no ties to meet. */
export function distinct(shape: readonly number[], seed: number): Tensor {
  const x = randomTensor([...shape], seed)
  const order = Array.from(x.data.keys()).sort((a, b) => x.data[a]! - x.data[b]!)
  return tensor(
    Float64Array.from(x.data, (_, i) => order[i]! - x.size / 2),
    { shape },
  )
}
