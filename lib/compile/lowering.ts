// A plan while it is being written down: values with the shapes of their rows, ops, and where parameters lie.
import type { PlanDescription, PlanOp } from '../native/addon.js'
import type { Dropout } from '../nn/dropout.js'
import { Parameter, type ParameterBlock } from '../nn/parameters.js'
import type { FloatArray, FloatDType } from '../tensor/dtype.js'
import { type Shape, sizeOf } from '../tensor/shape.js'
import type { LoweredLoss } from './losses.js'

/** An op without the numbers that {@link Lowering.add} gives it. */
export type OpSpec = PlanOp extends infer Op ? (Op extends PlanOp ? Omit<Op, 'x' | 'y'> : never) : never

/** A value of the plan, and the shape that its rows have where it is read. */
interface View {
  readonly value: number
  readonly shape: Shape
}

/** A network written down: the plan, and what beside the parameters it works on. */
export interface Lowered {
  readonly description: PlanDescription
  /** Of a row of the output. */
  readonly outputShape: Shape
  /** Running statistics and constants, in shared memory. */
  readonly buffers: readonly FloatArray[]
  /** The layers whose draws the plan counts, in the order of its counters. */
  readonly dropouts: readonly Dropout[]
  /** What indices must stay below. */
  readonly indexLimit: number
}

/** What rules write to. They name values by the numbers that `add` and `reshaped` return; 0 is the input. */
export class Lowering {
  /** Whether dropout drops and batch normalisation takes the statistics of the batch. */
  readonly training: boolean
  /** Whether the input are indices. */
  readonly integers: boolean
  /** The first gate that could not be written down. */
  obstacle: string | undefined
  readonly #block: ParameterBlock
  readonly #ops: PlanOp[] = []
  readonly #widths: number[]
  readonly #views: View[]
  readonly #buffers: FloatArray[] = []
  readonly #dropouts: Dropout[] = []
  #indexLimit = 2 ** 31

  /** @param rowShape - of the input */
  constructor(
    block: ParameterBlock,
    rowShape: Shape,
    { training, integers }: { training: boolean; integers: boolean },
  ) {
    this.#block = block
    this.#widths = [sizeOf(rowShape)]
    this.#views = [{ value: 0, shape: rowShape }]
    this.training = training
    this.integers = integers
  }

  /** Element type of all values. */
  get dtype(): FloatDType {
    return this.#block.dtype
  }

  /** Whether a value is the input, and that are indices. */
  isIndices(x: number): boolean {
    return this.integers && this.#views[x]!.value === 0
  }

  /** Shape of a row. */
  shapeOf(x: number): Shape {
    return this.#views[x]!.shape
  }

  /** Elements of a row that is a vector; undefined for any other. */
  widthOf(x: number): number | undefined {
    const { shape } = this.#views[x]!
    return shape.length === 1 ? shape[0] : undefined
  }

  /**
   * Adds an op that makes rows of some shape of what it reads; undefined for empty rows, and for indices where numbers are read,
   * or the reverse.
   */
  add(spec: OpSpec, x: readonly number[], shape: Shape): number | undefined {
    if (sizeOf(shape) === 0) return undefined
    const value = this.#ops.length + 1
    const isIndices = (each: number) => this.#views[each]!.value === 0 && this.integers
    if (x.some((each) => isIndices(each) !== (spec.kind === 'embedding'))) return undefined
    this.#ops.push({ ...spec, x: x.map((each) => this.#views[each]!.value), y: value } as PlanOp)
    this.#widths.push(sizeOf(shape))
    return this.#views.push({ value, shape }) - 1
  }

  /** The same elements with rows of another shape. */
  reshaped(x: number, shape: Shape): number {
    return this.#views.push({ value: this.#views[x]!.value, shape }) - 1
  }

  /** Notes that indices are looked up among so many entries. */
  limitIndices(entries: number): void {
    this.#indexLimit = Math.min(this.#indexLimit, entries)
  }

  /** The number of the first of some buffers, which lie in shared memory. */
  buffersOf(...buffers: FloatArray[]): number {
    return this.#buffers.push(...buffers) - buffers.length
  }

  /** The number of a dropout's counter. */
  counterOf(dropout: Dropout): number {
    const known = this.#dropouts.indexOf(dropout)
    return known >= 0 ? known : this.#dropouts.push(dropout) - 1
  }

  /** Where a parameter starts in the flat vector. */
  offsetOf(parameter: Parameter): number {
    return this.#block.offsets[this.#block.parameters.findIndex((other) => Parameter.same(other, parameter))]!
  }

  /** The plan; undefined where its output are indices. */
  finish(output: number, batch: number, loss: LoweredLoss): Lowered | undefined {
    const { value, shape: outputShape } = this.#views[output]!
    // The last op makes the output: a copy where that stood before.
    if ((value === 0 || value !== this.#ops.length) && this.add({ kind: 'add' }, [output], outputShape) === undefined)
      return undefined
    const description = {
      float64: this.#block.dtype === 'float64',
      batch,
      widths: this.#widths,
      ops: this.#ops,
      ...loss,
      parameters: this.#block.values.length,
      integers: this.integers,
    }
    return { description, outputShape, buffers: this.#buffers, dropouts: this.#dropouts, indexLimit: this.#indexLimit }
  }
}
