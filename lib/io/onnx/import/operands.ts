// What flows through an ONNX graph while it is read: constants, whose numbers are known, and wires, of which only the shape
// may be.
import { shapeText } from '../../../checks.js'
import { FormatError } from '../../../errors.js'
import type { Tensor } from '../../../tensor/tensor.js'

/** An extent; null where it is not known, as the number of rows. */
export type Extent = number | null
/** The shape of a wire; undefined where not even the number of axes is known. */
export type WireShape = readonly Extent[] | undefined

/**
 * Known numbers. Integers are kept in float64, NaN among them standing for an extent that is not known: so that what
 * exporters compute of shapes can be computed here too.
 */
export interface Constant {
  readonly kind: 'constant'
  readonly value: Tensor
  readonly integer: boolean
}

/** An output of a node of the network, or one of its inputs. */
export interface Wire {
  readonly kind: 'wire'
  readonly id: number
  readonly shape: WireShape
  /** Whether it holds integers, as inputs of embeddings do. */
  readonly integer: boolean
}

/** factor·(erf(x/√2) + shift), out of which GELU is made: there is no gate for it alone. */
export interface ErrorFunction {
  readonly kind: 'erf'
  readonly x: Wire
  readonly factor: number
  readonly shift: 0 | 1
}

/** A column of a table of numbers as whole numbers, with which vectors are looked up. */
export interface Column {
  readonly kind: 'column'
  readonly x: Wire
  readonly column: number
  /** Columns of the table. */
  readonly inputs: number
}

/** What a name stands for. */
export type Operand = Constant | Wire | ErrorFunction | Column

/** The one number of a constant, or undefined for any other operand. */
export function scalarOf(operand: Operand | undefined): number | undefined {
  return operand?.kind === 'constant' && operand.value.data.length === 1 ? operand.value.data[0] : undefined
}

/** The shape that two shapes broadcast to, as far as it is known. Throws FormatError where they do not. */
export function broadcast(a: WireShape, b: WireShape): WireShape {
  if (a === undefined || b === undefined) return undefined
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, axis): Extent => {
    const [m, n] = [a, b].map((shape) => (axis < rank - shape.length ? 1 : shape[axis - rank + shape.length]!))
    if (m === 1 || m === n) return n!
    if (n === 1) return m!
    if (m === null || n === null) return m ?? n!
    const actual = `${shapeText(a.map(extentText))} and ${shapeText(b.map(extentText))}`
    throw new FormatError('importOnnx', 'shapes that broadcast together', actual)
  })
}

/** An extent as people read it. */
export function extentText(extent: Extent): string {
  return extent === null ? '?' : String(extent)
}

/** An axis counted from the front. */
export function axisOf(axis: number, rank: number): number {
  const found = axis < 0 ? axis + rank : axis
  if (found >= 0 && found < rank) return found
  throw new FormatError('importOnnx', `an axis in [${-rank}, ${rank})`, String(axis))
}
