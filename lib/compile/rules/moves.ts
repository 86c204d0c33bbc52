// Gates that move elements, without arithmetic: what they do to rows is seen by running them on numbers that tell where they
// stand, and written down as pieces of their inputs.
import type { BuiltinGate, Value } from '../../gates/gate.js'
import { Concat, Slice, Stack } from '../../gates/parts.js'
import { Gather, Where } from '../../gates/select.js'
import { BroadcastTo, Flatten, Reshape, Transpose } from '../../gates/shapes.js'
import { expand } from '../../gates/strided.js'
import { type Shape, sameShape, sizeOf } from '../../tensor/shape.js'
import { Tensor } from '../../tensor/tensor.js'
import type { Lowering } from '../lowering.js'
import { NOT_BY_ROWS, rule, type Written } from './table.js'

for (const kind of [Transpose, Reshape, Flatten, BroadcastTo, Gather, Where, Concat, Stack] as const) {
  rule(kind as new () => BuiltinGate<unknown>, moved)
}

rule(Slice, (gate, x, to) => {
  const [rows = null] = gate.slices
  // Bounds are cut off at the number of rows, whatever that is.
  const all =
    rows === null || (typeof rows === 'object' && !rows.start && rows.stop === undefined && (rows.step ?? 1) === 1)
  return all ? moved(gate, x, to) : NOT_BY_ROWS
})

/** Writes down a gate whose output is made of elements of its inputs. */
export function moved(gate: BuiltinGate<unknown>, x: readonly number[], to: Lowering): Written {
  const shapes = x.map((value) => to.shapeOf(value))
  // What works row by row does the same to two rows as to three.
  const [two, three] = [2, 3].map((rows) => traced(gate, shapes, rows))
  if (!two || !three || !sameShape(two.shape, three.shape)) return NOT_BY_ROWS
  if (two.sources.some((source, i) => source !== three.sources[i])) return NOT_BY_ROWS
  return rearranged(x, two.sources, two.shape, to)
}

/** The value repeated to a shape that it broadcasts to. */
export function expanded(x: number, shape: Shape, to: Lowering): number | undefined {
  const own = to.shapeOf(x)
  if (sizeOf(own) === sizeOf(shape)) return sameShape(own, shape) ? x : to.reshaped(x, shape)
  const numbers = Float64Array.from({ length: sizeOf(own) }, (_, i) => i)
  return rearranged([x], expand(new Tensor(numbers, own), shape).data as Float64Array, shape, to)
}

/** The value with its axes, those of rows, in another order. */
export function permuted(x: number, order: readonly number[], to: Lowering): Written {
  return moved(new Transpose([0, ...order.map((axis) => axis + 1)]), [x], to)
}

/** What a gate makes of one row: where in its inputs, one behind the other, each element comes from. */
interface Traced {
  readonly sources: Float64Array
  readonly shape: Shape
}

// Undefined for a gate that refuses so many rows of these shapes, or makes a row of anything but the same of that row.
function traced(gate: BuiltinGate<unknown>, shapes: readonly Shape[], rows: number): Traced | undefined {
  const total = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0)
  let offset = 0
  const inputs = shapes.map((shape) => {
    const size = sizeOf(shape)
    const data = new Float64Array(rows * size)
    for (let i = 0; i < data.length; i++) data[i] = Math.floor(i / size) * total + offset + (i % size)
    offset += size
    return new Tensor(data, Object.freeze([rows, ...shape]))
  })
  let output: Value
  try {
    output = gate.infer(...inputs)
  } catch {
    return undefined
  }
  if (!(output instanceof Tensor) || output.shape[0] !== rows) return undefined
  const data = output.data as Float64Array
  const width = data.length / rows
  for (let i = 0; i < data.length; i++) {
    if (data[i] !== data[i % width]! + Math.floor(i / width) * total) return undefined
  }
  return { sources: data.subarray(0, width), shape: Object.freeze(output.shape.slice(1)) }
}

function rearranged(x: readonly number[], sources: Float64Array, shape: Shape, to: Lowering): number | undefined {
  const sizes = x.map((value) => sizeOf(to.shapeOf(value)))
  const pieces = piecesOf(sources, sizes)
  const whole =
    pieces.length === sizes.length &&
    pieces.every(([input, from, length, step], i) => input === i && from === 0 && length === sizes[i] && step === 1)
  if (whole) return x.length === 1 ? to.reshaped(x[0]!, shape) : to.add({ kind: 'concat' }, x, shape)
  const [first] = pieces
  const columns = x.length === 1 && pieces.length === 1 && first![3] === 1
  if (columns) return to.add({ kind: 'columns', column: first![1] }, x, shape)
  return to.add({ kind: 'rearrange', pieces: pieces.flat() }, x, shape)
}

type Piece = [input: number, from: number, length: number, step: number]

// As few pieces as come up one behind the other.
function piecesOf(sources: Float64Array, sizes: readonly number[]): Piece[] {
  const ends: number[] = []
  for (const size of sizes) ends.push((ends.at(-1) ?? 0) + size)
  const pieces: Piece[] = []
  for (let i = 0; i < sources.length; ) {
    const start = sources[i]!
    const input = ends.findIndex((end) => start < end)
    const [low, high] = [ends[input]! - sizes[input]!, ends[input]!]
    const inside = (at: number) => at < sources.length && sources[at]! >= low && sources[at]! < high
    const step = inside(i + 1) ? sources[i + 1]! - start : 1
    let length = 1
    while (inside(i + length) && sources[i + length] === start + length * step) length++
    pieces.push([input, start - low, length, step])
    i += length
  }
  return pieces
}
