// Parts of random networks whose rows are matrices: gates along axes, gates that move elements, gates of two values.
import fc from 'fast-check'
import {
  Add,
  Bind,
  Clip,
  Concat,
  Divide,
  Flatten,
  type FloatDType,
  type Gate,
  Gather,
  LayerNorm,
  Linear,
  LogSoftmax,
  MatMul,
  Max,
  Maximum,
  Mean,
  Min,
  Multiply,
  Network,
  Pow,
  PReLU,
  Reshape,
  Sequential,
  Sigmoid,
  Slice,
  Softmax,
  Stack,
  Subtract,
  Sum,
  Transpose,
  tensor,
  Where,
} from '../../lib/index.js'

/** The gate of rows [2, 3], made for an axis, and how many elements it leaves. */
const single: Readonly<Record<string, (axis: 1 | 2, dtype: FloatDType) => readonly [Gate, width: number]>> = {
  transpose: () => [new Transpose([0, 2, 1]), 6],
  softmax: (axis) => [new Softmax({ axis }), 6],
  logSoftmax: (axis) => [new LogSoftmax({ axis }), 6],
  sum: (axis) => [new Sum({ axis }), axis === 1 ? 3 : 2],
  mean: (axis) => [new Mean({ axis, keepDims: true }), axis === 1 ? 3 : 2],
  max: (axis) => [new Max({ axis }), axis === 1 ? 3 : 2],
  min: (axis) => [new Min({ axis: [axis, 3 - axis], keepDims: true }), 1],
  clip: () => [new Clip({ min: 0.3, max: 0.6 }), 6],
  layerNorm: (_, dtype) => [new LayerNorm(3, { dtype, epsilon: 0.125 }), 6],
  prelu: (_, dtype) => [new PReLU({ channels: 3, dtype }), 6],
  gather: (axis) => [new Gather([1, 0, 1], { axis }), axis === 1 ? 9 : 6],
  reversed: (axis) => [new Slice([null, axis === 1 ? { step: -1 } : 0, { step: -2 }]), axis === 1 ? 4 : 2],
  product: (axis, dtype) => [
    bound(new MatMul(), axis === 1 ? [4, 2] : [3, 4], axis === 1 ? 0 : 1, dtype),
    axis === 1 ? 12 : 8,
  ],
  added: (axis, dtype) => [bound(new Subtract(), axis === 1 ? [2, 1] : [3], 0, dtype), 6],
  raised: (axis, dtype) => [bound(new Pow(), axis === 1 ? [1, 3] : [1], 1, dtype), 6],
}

function bound(gate: never | MatMul | Subtract | Pow, shape: number[], position: 0 | 1, dtype: FloatDType): Bind {
  const data = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 0.3 + 0.4 * ((i * 7) % 5))
  return new Bind(gate, tensor(data, { dtype }).reshape(shape), { position, trained: data.length > 1 })
}

/** Gates of rows [2, 3] and rows of another shape. */
const double: Readonly<Record<string, (axis: 1 | 2) => readonly [Gate, other: readonly number[], width: number]>> = {
  add: (axis) => [new Add(), axis === 1 ? [1, 3] : [2, 1], 6],
  multiply: (axis) => [new Multiply(), axis === 1 ? [1, 1] : [2, 1], 6],
  divide: (axis) => [new Divide(), axis === 1 ? [1, 3] : [2, 3], 6],
  maximum: () => [new Maximum(), [2, 3], 6],
  pow: (axis) => [new Pow(), axis === 1 ? [2, 3] : [1, 3], 6],
  matmul: (axis) => [new MatMul(), axis === 1 ? [3, 2] : [3, 1], axis === 1 ? 4 : 2],
  where: (axis) => [new Where(axis === 1 ? [[1], [0]] : [1, 0, 1]), [2, 3], 6],
  concat: (axis) => [new Concat({ axis }), [2, 3], 12],
  stack: (axis) => [new Stack({ axis }), [2, 3], 12],
}

/** A part as plain data. */
export interface MatrixCase {
  readonly kind: 'matrix'
  readonly op: string
  readonly axis: 1 | 2
}

/** Any part. */
export const matrixCases: fc.Arbitrary<MatrixCase> = fc.record({
  kind: fc.constant('matrix' as const),
  op: fc.constantFrom(...Object.keys(single), ...Object.keys(double)),
  axis: fc.constantFrom(1 as const, 2 as const),
})

// From `width` columns to rows of some shape, of numbers between 0 and 1.
function rowsOf(width: number, shape: readonly number[], dtype: FloatDType): Sequential {
  const size = shape.reduce((a, b) => a * b, 1)
  return new Sequential(new Linear(width, size, { dtype }), new Sigmoid(), new Reshape([-1, ...shape]))
}

/** The gate of a part that reads `width` columns, and how many it makes. */
export function matrixOf({ op, axis }: MatrixCase, width: number, dtype: FloatDType): [Gate, width: number] {
  if (op in single) {
    const [gate, after] = single[op]!(axis, dtype)
    return [new Sequential(rowsOf(width, [2, 3], dtype), gate, new Flatten()), after]
  }
  const [gate, other, after] = double[op]!(axis)
  const nodes = {
    a: [rowsOf(width, [2, 3], dtype), 'x'],
    b: [rowsOf(width, other, dtype), 'x'],
    both: [gate, 'a', 'b'],
    flat: [new Flatten(), 'both'],
  } as const
  return [new Network({ nodes }), after]
}
