// Matrix products: with a constant matrix they are linear layers.
import { Add } from '../../../../gates/binary.js'
import { MatMul } from '../../../../gates/matmul.js'
import { Transpose } from '../../../../gates/shapes.js'
import { Linear } from '../../../../nn/linear.js'
import { allocate } from '../../../../tensor/dtype.js'
import { Tensor } from '../../../../tensor/tensor.js'
import type { Assembly } from '../assembly.js'
import type { NodeView } from '../node.js'
import { broadcast, type Constant, type Extent, type Operand, type Wire, type WireShape } from '../operands.js'
import { bind, shapeOf } from './bound.js'
import { type Handler, nameFor } from './handler.js'
import { scaled } from './unary.js'

/** A linear layer of a weight [out, in] and a bias [out]. */
export function linearOf(weight: Tensor, bias?: Tensor): Linear {
  const [out, inner] = weight.shape as [number, number]
  const dtype = weight.dtype === 'float64' ? 'float64' : 'float32'
  const layer = new Linear(inner, out, { bias: bias !== undefined, dtype, initializer: 'zeros' })
  layer.weight.data.set(weight.data)
  if (bias) layer.bias!.data.set(bias.data)
  return layer
}

/** A layer without bias as one with some numbers as bias; undefined if it has one, or if they do not fit. */
export function withBias(layer: Linear, value: Tensor): Linear | undefined {
  const { outFeatures: n } = layer
  const row = value.data.length === n && value.rank >= 1 && value.rank <= 2 && value.shape.at(-1) === n
  return layer.bias === undefined && row ? linearOf(layer.weight, value) : undefined
}

/** A matrix with rows and columns exchanged. */
function transposed({ data, shape }: Tensor): Tensor {
  const [rows, cols] = shape as [number, number]
  const out = allocate(data instanceof Float64Array ? 'float64' : 'float32', data.length)
  for (let r = 0, from = 0; r < rows; r++) for (let c = 0; c < cols; c++) out[c * rows + r] = data[from++]!
  return new Tensor(out, [cols, rows])
}

function times(value: Tensor, factor: number): Tensor {
  if (factor === 1) return value
  const out = value.clone()
  for (let i = 0; i < out.data.length; i++) out.data[i]! *= factor
  return out
}

const matMul: Handler = (a, n) => {
  const [x, y] = [n.input(0), n.input(1)]
  if (x.kind === 'constant' && y.kind === 'constant') {
    return a.emit(nameFor(n), new MatMul(), [x, y], productShape(x.value.shape, y.value.shape))
  }
  if (x.kind === 'constant')
    return bind(a, n, new MatMul(), a.numbers(x), n.asWire(y), 0, productShape(x.value.shape, n.asWire(y).shape), true)
  const left = n.asWire(x)
  if (y.kind !== 'constant')
    return a.add(nameFor(n), new MatMul(), [left, n.asWire(y)], productShape(left.shape, n.asWire(y).shape))
  const shape = productShape(left.shape, y.value.shape)
  const matrix = a.numbers(y)
  const plain = matrix.rank === 2 && (left.shape === undefined || left.shape.length <= 2) && matrix.data.length > 0
  if (!plain) return bind(a, n, new MatMul(), matrix, left, 1, shape, true)
  return a.add(nameFor(n, n.proto.input[1]), linearOf(transposed(matrix)), [left], shape)
}

function productShape(a: WireShape, b: WireShape): WireShape {
  if (a === undefined || b === undefined || a.length === 0 || b.length === 0) return undefined
  const ends: Extent[] = [...(a.length > 1 ? [a[a.length - 2]!] : []), ...(b.length > 1 ? [b[b.length - 1]!] : [])]
  return [...(broadcast(a.slice(0, -2), b.slice(0, -2)) ?? []), ...ends]
}

// α·A'·B' + β·C; A' and B' are transposed on wish.
const gemm: Handler = (a, n) => {
  const [alpha, beta] = [n.float('alpha', 1), n.float('beta', 1)]
  const [x, y, c] = [n.input(0), n.input(1), n.optional(2)]
  const rows = turned(a, n, n.asWire(x), n.int('transA', 0) === 1)
  if (y.kind !== 'constant') return ofWires(a, n, rows, n.asWire(y), c, alpha, beta)
  if (y.value.rank !== 2) return n.refuse('a matrix as input 1', `${y.value.rank} axes`)
  const matrix = a.numbers(y)
  const weight = times(n.int('transB', 0) === 1 ? matrix : transposed(matrix), alpha)
  const [out] = weight.shape as [number, number]
  const shape: WireShape = [rows.shape?.[0] ?? null, out]
  if (weight.data.length === 0) return bind(a, n, new MatMul(), transposed(weight), rows, 1, shape, true)
  const bias = c?.kind === 'constant' && beta !== 0 ? biasOf(times(a.numbers(c), beta), out) : undefined
  const product = a.add(nameFor(n, n.proto.input[1]), linearOf(weight, bias), [rows], shape)
  return bias || c === undefined || beta === 0 ? product : plus(a, n, product, c, beta)
}

// One number for all outputs is a bias too.
function biasOf(value: Tensor, out: number): Tensor | undefined {
  const { data, rank, shape } = value
  if (data.length === 1)
    return new Tensor(
      allocate(data instanceof Float64Array ? 'float64' : 'float32', out).fill(data[0]!) as Float32Array,
      [out],
    )
  const row = data.length === out && rank <= 2 && shape.at(-1) === out
  return row ? value : undefined
}

function turned(a: Assembly, n: NodeView, x: Wire, turn: boolean): Wire {
  if (!turn) return x
  const shape = x.shape && [...x.shape].reverse()
  return a.add(nameFor(n), new Transpose([1, 0]), [x], shape)
}

function ofWires(
  a: Assembly,
  n: NodeView,
  x: Wire,
  y: Wire,
  c: Operand | undefined,
  alpha: number,
  beta: number,
): Operand {
  const right = turned(a, n, y, n.int('transB', 0) === 1)
  const product = a.add(nameFor(n), new MatMul(), [x, right], productShape(x.shape, right.shape))
  const factor = scaled(a, n, product, alpha)
  return c === undefined || beta === 0 ? factor : plus(a, n, factor, c, beta)
}

function plus(a: Assembly, n: NodeView, x: Wire, c: Operand, beta: number): Operand {
  const shape = broadcast(x.shape, shapeOf(c.kind === 'constant' ? c : n.asWire(c)))
  if (c.kind === 'constant') return bind(a, n, new Add(), times(a.numbers(c as Constant), beta), x, 1, shape)
  return a.add(nameFor(n), new Add(), [x, scaled(a, n, n.asWire(c), beta)], shape)
}

/** By name of the operator. */
export const productHandlers: Readonly<Record<string, Handler>> = { MatMul: matMul, Gemm: gemm }
