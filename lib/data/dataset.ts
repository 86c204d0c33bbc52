// Data sets: the forms in which users give rows and their targets, brought into one.
import { describe, finite, shapeText } from '../checks.js'
import { ArgumentError, DTypeError, NonFiniteError, ShapeError } from '../errors.js'
import { native } from '../native/load.js'
import { stream } from '../native/random.js'
import { type Labels, labelsOf } from '../nn/labels.js'
import { type SampleWeights, weightsOf } from '../nn/loss.js'
import { fromRows, type NestedInput, tensor } from '../tensor/create.js'
import { allocate, type DType, dtypeOf, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { type Shape, sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'

// Numbers that are looked at in one go: about a millisecond.
const SLICE = 1 << 21

/** Rows of inputs: a tensor [rows, …], nested arrays, an array of typed rows, or a flat typed array of whole rows. */
export type Rows = Tensor | FloatArray | Int32Array | Uint8Array | readonly NestedInput[] | readonly FloatArray[]

/** What to train on or evaluate. */
export interface Samples {
  /** Inputs. A flat array is cut into as many rows as there are targets. */
  x: Rows
  /** Class labels (integers from 0), or values to predict: a tensor, typed array or nested arrays. */
  y: Labels | Rows
  /** Weights of the samples in the loss, one number ≥ 0 per row. Default: all 1. */
  weights?: SampleWeights
  /** Factor for x as it is read: 1/255 for bytes of pixels. Default 1. */
  scale?: number
}

/** What a data set is to be checked against. */
export interface Expectations {
  /** Numbers per row of x. */
  inputs?: number | undefined
  /** What y holds; unless told, integers are labels. */
  targets?: 'labels' | 'values' | undefined
  /** A label that the loss ignores. */
  ignoreIndex?: number | undefined
  /** Numbers per row of y if these are values. */
  outputs?: number | undefined
  /** Element type that nested arrays become. Default float32. */
  dtype?: FloatDType | undefined
  /** int32 where x are indices to look up. Unless told, int32 stays what it is. */
  inputDType?: DType | undefined
}

/** Checked data: flat arrays and their row shapes. Nothing is copied that came as a typed array of a usable type. */
export class Dataset {
  readonly rows: number
  readonly x: FloatArray | Uint8Array | Int32Array
  readonly rowShape: Shape
  /** Labels, or values. */
  readonly y: Int32Array | FloatArray
  /** [] for labels. */
  readonly targetShape: Shape
  readonly scale: number
  /** One per row; null where there are none. */
  readonly weights: FloatArray | null

  /** @param operation - who asks, for errors */
  constructor(operation: string, samples: Samples, expected: Expectations = {}) {
    if (typeof samples !== 'object' || samples === null)
      throw new ArgumentError(operation, 'data { x, y }', describe(samples))
    const { x, y, scale = 1, weights } = samples
    this.scale = finite(operation, 'scale', scale)
    const targets = expected.targets ?? (looksLikeLabels(y) ? 'labels' : 'values')
    const values = targets === 'values' ? valuesOf(operation, 'y', y, expected.dtype) : undefined
    this.y = values ? values.data : labelsOf(operation, y, expected.ignoreIndex)
    const inputs = inputsOf(operation, x, expected)
    if (inputs.data instanceof Int32Array && scale !== 1) {
      throw new ArgumentError(operation, 'no scale for indices', describe(scale))
    }
    const flat = inputs.shape === undefined
    const given = values?.shape?.[0] ?? (values ? undefined : this.y.length)
    const rows = flat ? (given ?? inputs.data.length / (expected.inputs ?? inputs.data.length)) : inputs.shape[0]!
    this.x = inputs.data
    this.rows = rows
    if (rows === 0 || this.y.length === 0) throw new ArgumentError(operation, 'at least one row of data', 'none')
    const width = this.x.length / rows
    if (!Number.isInteger(width)) {
      throw new ShapeError(operation, `x of ${rows} rows, one per target`, `${this.x.length} numbers`)
    }
    this.rowShape = flat ? Object.freeze([width]) : Object.freeze(inputs.shape.slice(1))
    if (expected.inputs !== undefined && width !== expected.inputs) {
      throw new ShapeError(operation, `x [rows, ${expected.inputs}]`, shapeText([rows, ...this.rowShape]))
    }
    const targetRows = values?.shape?.[0] ?? (values ? rows : this.y.length)
    if (targetRows !== rows || this.y.length % rows !== 0) {
      throw new ShapeError(operation, `y of ${rows} rows like x`, `${targetRows} rows of ${this.y.length / targetRows}`)
    }
    this.weights = weightsOf(operation, weights, rows, 'float64')
    const targetWidth = this.y.length / rows
    const inner = values?.shape?.slice(1)
    this.targetShape = Object.freeze(values ? (inner && inner.length > 0 ? inner : [targetWidth]) : [])
    if (values && expected.outputs !== undefined && targetWidth !== expected.outputs) {
      throw new ShapeError(operation, `y [rows, ${expected.outputs}]`, shapeText([rows, ...this.targetShape]))
    }
  }

  /** Copies of the rows `order[start … start + count)`, their targets, and their weights where there are some. */
  gather(order: Int32Array, start: number, count: number, dtype: FloatDType) {
    const x = this.gatherInputs(order, start, count, dtype)
    return { x, y: this.gatherTargets(order, start, count, dtype), weights: this.gatherWeights(order, start, count) }
  }

  /** Copies of the weights of the rows `order[start … start + count)`, or undefined where there are none. */
  gatherWeights(order: Int32Array, start: number, count: number): Tensor | undefined {
    if (!this.weights) return undefined
    const out = new Float64Array(count)
    native().gatherRows(this.weights, 1, order, start, count, 1, out)
    return new Tensor(out, Object.freeze([count]))
  }

  /** Whether y are class labels. */
  get labelled(): boolean {
    return this.y instanceof Int32Array
  }

  /** Throws NonFiniteError if an input or value is NaN or infinite. */
  checkFinite(operation: string): void {
    const slices = this.#finiteSlices(operation)
    while (!slices.next().done);
  }

  /** The same for large data: the event loop gets its turn after each slice. */
  async checkFiniteInSlices(operation: string): Promise<void> {
    for (const _ of this.#finiteSlices(operation)) await new Promise((resume) => setImmediate(resume))
  }

  // Stops between slices.
  *#finiteSlices(operation: string): Generator<void> {
    for (const [name, data] of [
      ['x', this.x],
      ['y', this.y],
    ] as const) {
      if (data instanceof Uint8Array || data instanceof Int32Array) continue
      for (let start = 0; start < data.length; start += SLICE) {
        if (start > 0) yield
        const slice = data.subarray(start, start + SLICE)
        const at = native().firstNonFinite(slice)
        if (at < 0) continue
        const row = Math.floor((start + at) / (data.length / this.rows))
        throw new NonFiniteError(operation, `finite numbers in ${name}`, `${slice[at]} in row ${row}`)
      }
    }
  }

  /** The rows in order, or shuffled by (seed, epoch). */
  order(shuffle: boolean, seed: number, epoch: number): Int32Array {
    const order = new Int32Array(this.rows)
    if (shuffle) native().randomPermutation(order, seed, stream('shuffle', epoch))
    else for (let i = 0; i < order.length; i++) order[i] = i
    return order
  }

  /** Copies of the inputs `order[start … start + count)`: [count, …rowShape]; of type `dtype` unless they are indices. */
  gatherInputs(order: Int32Array, start: number, count: number, dtype: FloatDType): Tensor {
    const width = sizeOf(this.rowShape)
    const shape = Object.freeze([count, ...this.rowShape])
    if (this.x instanceof Int32Array) return new Tensor(gatherIntegers(this.x, width, order, start, count), shape)
    const out = allocate(dtype, count * width)
    native().gatherRows(this.x, width, order, start, count, this.scale, out)
    return new Tensor(out, shape)
  }

  /** Copies of the targets of the same rows: labels int32 [count], values [count, …targetShape]. */
  gatherTargets(order: Int32Array, start: number, count: number, dtype: FloatDType): Tensor {
    const { y } = this
    if (y instanceof Int32Array) {
      return new Tensor(gatherIntegers(y, 1, order, start, count), Object.freeze([count]))
    }
    const width = sizeOf(this.targetShape)
    const out = allocate(dtype, count * width)
    native().gatherRows(y, width, order, start, count, 1, out)
    return new Tensor(out, Object.freeze([count, ...this.targetShape]))
  }
}

function gatherIntegers(from: Int32Array, width: number, order: Int32Array, start: number, count: number): Int32Array {
  const out = new Int32Array(count * width)
  for (let i = 0; i < count; i++) {
    const row = order[start + i]! * width
    for (let j = 0; j < width; j++) out[i * width + j] = from[row + j]!
  }
  return out
}

function looksLikeLabels(y: unknown): boolean {
  if (y instanceof Tensor) return y.dtype === 'int32'
  if (dtypeOf(y) !== undefined) return y instanceof Int32Array
  if (Array.isArray(y)) return y.every((label) => Number.isInteger(label) && label >= 0)
  return ArrayBuffer.isView(y)
}

/** Flat data with its shape, or without where a flat array came. */
interface Flat<T> {
  readonly data: T
  readonly shape: Shape | undefined
}

function inputsOf(
  operation: string,
  x: unknown,
  { dtype, inputDType }: Expectations,
): Flat<FloatArray | Uint8Array | Int32Array> {
  if (inputDType === 'int32' || (inputDType === undefined && dtype === undefined)) {
    if (x instanceof Int32Array) return { data: x, shape: undefined }
    if (x instanceof Tensor && x.data instanceof Int32Array && x.rank > 0) return { data: x.data, shape: x.shape }
  }
  const rows = rowsOf(operation, x, inputDType === 'int32' ? 'float64' : dtype)
  if (inputDType !== 'int32') return rows
  const indices = Int32Array.from(rows.data)
  const bad = indices.findIndex((index, i) => index !== rows.data[i])
  if (bad >= 0) throw new DTypeError(operation, 'x of integers, which the first gate looks up', String(rows.data[bad]))
  return { data: indices, shape: rows.shape }
}

function rowsOf(operation: string, x: unknown, dtype?: FloatDType): Flat<FloatArray | Uint8Array> {
  if (x instanceof Uint8Array) return { data: x, shape: undefined }
  return valuesOf(operation, 'x', x, dtype)
}

function valuesOf(operation: string, name: string, value: unknown, dtype: FloatDType = 'float32'): Flat<FloatArray> {
  if (value instanceof Tensor) {
    if (value.rank === 0) throw new ShapeError(operation, `${name} with rows`, '[]')
    const floats = value.dtype === 'int32' ? value.astype('float32') : value
    return { data: floats.data as FloatArray, shape: floats.shape }
  }
  if (ArrayBuffer.isView(value)) {
    const made = tensor(value as Float32Array)
    return { data: (made.dtype === 'int32' ? made.astype('float32') : made).data as FloatArray, shape: undefined }
  }
  if (!Array.isArray(value)) {
    throw new DTypeError(operation, `${name} as a tensor, typed array or nested arrays`, describe(value))
  }
  if (value.length === 0) throw new ArgumentError(operation, `${name} of at least one row`, 'none')
  const made = ArrayBuffer.isView(value[0])
    ? fromRows(value as FloatArray[], dtype)
    : tensor(value as NestedInput[], { dtype })
  return { data: made.data as FloatArray, shape: made.shape }
}
