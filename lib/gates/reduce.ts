// Sums and extremes along axes. No state: what a gate keeps is the gate's affair.
import { describe } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { native } from '../native/load.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { checkAxis, type Shape, sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'

/** Ways to make one number of many. */
export type ReduceKind = 'sum' | 'max' | 'min'

/** Axes counted from the front, ascending. Throws for one that the rank does not have, or one given twice. */
export function checkAxes(operation: string, axes: readonly number[], rank: number): number[] {
  const sorted = axes.map((axis) => checkAxis(operation, axis, rank)).sort((a, b) => a - b)
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i] === sorted[i - 1]) throw new ArgumentError(operation, 'axes that differ', `[${axes.map(describe)}]`)
  }
  return sorted
}

/** The shape with extent 1 along `axes`, or without them. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  return Object.freeze(
    keepDims
      ? shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
      : shape.filter((_, axis) => !axes.includes(axis)),
  )
}

/** A tensor seen as [outer, extent, inner] around the axes that are reduced. */
export interface Split {
  readonly outer: number
  readonly extent: number
  readonly inner: number
}

/** How `axes` (ascending) split a shape, or undefined if they are not one behind the other. */
export function splitAt(shape: Shape, axes: readonly number[]): Split | undefined {
  const [first, last] = [axes[0] ?? 0, axes[axes.length - 1] ?? -1]
  if (last - first + 1 !== axes.length) return undefined
  return {
    outer: sizeOf(shape.slice(0, first)),
    extent: sizeOf(shape.slice(first, last + 1)),
    inner: sizeOf(shape.slice(last + 1)),
  }
}

/** Reduces x along `axes` (ascending) to a tensor of shape `result`, which only says how the extents are written. */
export function reduceAxes(kind: ReduceKind, x: Tensor, axes: readonly number[], result: Shape): Tensor {
  const extents = [...x.shape]
  let data = x.data as FloatArray
  // Neighbouring axes are one axis; the innermost group goes first, so that the outer indices stay valid.
  for (let last = axes.length - 1; last >= 0; ) {
    let first = last
    while (first > 0 && axes[first - 1] === axes[first]! - 1) first--
    const [from, to] = [axes[first]!, axes[last]! + 1]
    const split = splitAt(extents, axes.slice(first, last + 1))!
    data = reduceAxis(kind, split, data, x.dtype as FloatDType)
    extents.splice(from, to - from)
    last = first - 1
  }
  return new Tensor(data === x.data ? data.slice() : data, result)
}

/** The addon's numbers of its reductions. */
const kinds: Record<ReduceKind, number> = { sum: 0, max: 1, min: 2 }

// Up to here a loop in TypeScript takes less time than calling the addon.
const SMALL = 64

/** y[outer, inner] = Σ, max or min over the middle axis of x[outer, extent, inner]. NaN wins over every number. */
export function reduceAxis(kind: ReduceKind, split: Split, x: FloatArray, dtype: FloatDType): FloatArray {
  const { outer, extent, inner } = split
  const out = allocate(dtype, outer * inner)
  if (x.length <= SMALL) smallReduce(kind, split, x, out)
  else native().reduceAxis(kinds[kind], outer, extent, inner, x, out)
  return out
}

function smallReduce(kind: ReduceKind, { outer, extent, inner }: Split, x: FloatArray, out: FloatArray): void {
  const result = new Float64Array(outer * inner)
  const sign = kind === 'min' ? -1 : 1
  if (kind !== 'sum') result.fill(Number.NEGATIVE_INFINITY * sign)
  for (let o = 0, from = 0; o < outer; o++) {
    for (let e = 0; e < extent; e++) {
      for (let to = o * inner; to < (o + 1) * inner; to++) {
        const value = x[from++]!
        const sofar = result[to]!
        if (kind === 'sum') result[to] = sofar + value
        else if (!(sign * value <= sign * sofar) && !Number.isNaN(sofar)) result[to] = value
      }
    }
  }
  out.set(result)
}
