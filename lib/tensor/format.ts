// Prints tensors: aligned columns, long axes shortened to their ends.
import { shapeText } from '../checks.js'
import type { DType, TensorData } from './dtype.js'
import type { Shape } from './shape.js'

const EDGE = 3 // entries shown at either end of a shortened axis
const LONGEST = 8 // axes up to this long are shown whole

function numberText(value: number, dtype: DType): string {
  if (dtype === 'int32' || !Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  return size !== 0 && (size >= 1e6 || size < 1e-4) ? value.toExponential(4) : String(Number(value.toFixed(4)))
}

function shownIndices(extent: number): (number | undefined)[] {
  if (extent <= LONGEST) return Array.from({ length: extent }, (_, i) => i)
  const head = Array.from({ length: EDGE }, (_, i) => i)
  return [...head, undefined, ...head.map((i) => extent - EDGE + i)]
}

/** Text of a tensor: `tensor([[1, 2], [3, 4]], float32 [2, 2])` over several lines where it has several rows. */
export function formatTensor(data: TensorData, shape: Shape, dtype: DType): string {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1))
  const cells: string[] = []
  const collect = (axis: number, offset: number): void => {
    if (axis === shape.length) {
      cells.push(numberText(data[offset] ?? Number.NaN, dtype))
      return
    }
    for (const i of shownIndices(shape[axis]!)) if (i !== undefined) collect(axis + 1, offset + i * strides[axis]!)
  }
  collect(0, 0)
  const width = Math.max(0, ...cells.map((cell) => cell.length))
  let next = 0
  const print = (axis: number, indent: string): string => {
    if (axis === shape.length) return cells[next++]!.padStart(shape.length > 0 ? width : 0)
    const parts = shownIndices(shape[axis]!).map((i) => (i === undefined ? '…' : print(axis + 1, `${indent} `)))
    const separator = axis === shape.length - 1 ? ', ' : `,${'\n'.repeat(shape.length - 1 - axis)}${indent} `
    return `[${parts.join(separator)}]`
  }
  return `tensor(${print(0, ' '.repeat('tensor('.length))}, ${dtype} ${shapeText(shape)})`
}
