// What several tests share: numbers that look random but are not, and comparisons.
import { expect } from 'vitest'
import { Tensor, tensor, type Value } from '../lib/index.js'

/** A small generator (mulberry32) for test data: uniform in [0, 1). */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A float64 tensor of numbers in [low, high), none closer to 0 than `gap`. */
export function randomTensor(shape: number[], seed: number, low = -2, high = 2, gap = 0): Tensor {
  const next = generator(seed)
  const size = shape.reduce((a, b) => a * b, 1)
  const draw = (): number => {
    const x = low + (high - low) * next()
    return Math.abs(x) < gap ? draw() : x
  }
  return tensor(Float64Array.from({ length: size }, draw), { shape })
}

/** Numbers of a value. */
export function numbers(value: Value | undefined | null): number[] {
  if (typeof value === 'number') return [value]
  if (!(value instanceof Tensor)) throw new Error(`no value: ${value}`)
  return Array.from(value.data)
}

/** Expects two lists of numbers within |a − b| ≤ tolerance·max(1, |b|). */
export function expectClose(
  actual: Value | readonly number[] | undefined | null,
  expected: readonly number[],
  tolerance = 1e-12,
): void {
  const list = Array.isArray(actual) ? (actual as number[]) : numbers(actual as Value)
  expect(list.length).toBe(expected.length)
  for (let i = 0; i < list.length; i++) {
    const error = Math.abs(list[i]! - expected[i]!) / Math.max(1, Math.abs(expected[i]!))
    // One call of expect costs more than a thousand comparisons.
    if (error <= tolerance) continue
    expect(error, `element ${i}: ${list[i]} instead of ${expected[i]}`).toBeLessThanOrEqual(tolerance)
  }
}

/** Runs f and returns what it throws. */
export function thrownBy(f: () => unknown): unknown {
  try {
    f()
  } catch (error) {
    return error
  }
  throw new Error('expected an error, but nothing was thrown')
}
