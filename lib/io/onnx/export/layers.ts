// How layers are written in ONNX: their parameters under the names that they have in state dicts.
import type { Gate } from '../../../gates/gate.js'
import { BatchNorm } from '../../../nn/batch-norm.js'
import { Bind } from '../../../nn/bind.js'
import { ColumnEmbedding } from '../../../nn/column-embedding.js'
import { Dropout } from '../../../nn/dropout.js'
import { Embedding } from '../../../nn/embedding.js'
import { LayerNorm } from '../../../nn/layer-norm.js'
import { Linear } from '../../../nn/linear.js'
import { PReLU } from '../../../nn/prelu.js'
import { full } from '../../../tensor/create.js'
import { Tensor } from '../../../tensor/tensor.js'
import { leaky } from './activations.js'
import { pairs, reshape, squeeze, unsqueeze, type WriteGate } from './gates.js'
import { float, floatsOf, int, ints, rankOf, shapeOf, type Wire, type Writer } from './writer.js'

/** Runs `write` on a matrix: a vector becomes one row of it and back. */
function onRows(w: Writer, x: Wire, write: (x: string) => string): string {
  return rankOf(x) === 1 ? squeeze(w, write(unsqueeze(w, x.name, [0])), [0]) : write(x.name)
}

const linear: WriteGate = (w, [x], gate) => {
  const { weight, bias } = gate as Linear
  const parameters = [w.parameter(gate, 'weight', weight), ...(bias ? [w.parameter(gate, 'bias', bias)] : [])]
  return onRows(w, x!, (rows) => w.node('Gemm', [rows, ...parameters], { transB: int(1) }))
}

const prelu: WriteGate = (w, [x], gate) => {
  const slope = w.parameter(gate, 'weight', (gate as PReLU).alpha)
  return w.wide ? leaky(w, x!.name, slope) : w.node('PRelu', [x!.name, slope])
}

// Operators count the channels along axis 1, layers along the last.
const batchNorm: WriteGate = (w, [x], gate) => {
  const layer = gate as BatchNorm
  const { features, dtype, epsilon, momentum } = layer
  const filled = (hint: string, value: number) => w.constant(hint, full([features], value, dtype))
  const operands = [
    layer.weight ? w.parameter(gate, 'weight', layer.weight) : filled('ones', 1),
    layer.bias ? w.parameter(gate, 'bias', layer.bias) : filled('zeros', 0),
    w.parameter(gate, 'running_mean', layer.runningMean),
    w.parameter(gate, 'running_var', layer.runningVariance),
  ]
  const attributes = { epsilon: float(epsilon), momentum: float(1 - momentum) }
  const normalise = (rows: string) => w.node('BatchNormalization', [rows, ...operands], attributes)
  const rank = rankOf(x!)
  if (rank <= 2) return onRows(w, x!, normalise)
  const rows = reshape(w, x!.name, [null, features])
  return reshape(w, normalise(rows), shapeOf(x!))
}

const layerNorm: WriteGate = (w, [x], gate) => {
  const { weight, bias, features, dtype, epsilon } = gate as LayerNorm
  const scale = weight ? w.parameter(gate, 'weight', weight) : undefined
  const offset = bias ? w.parameter(gate, 'bias', bias) : undefined
  if (w.opset >= 17) {
    const operands = [scale ?? w.constant('ones', full([features], 1, dtype)), ...(offset ? [offset] : [])]
    return w.node('LayerNormalization', [x!.name, ...operands], { axis: int(-1), epsilon: float(epsilon) })
  }
  const centred = w.node('Sub', [x!.name, mean(w, x!.name)])
  const variance = mean(w, w.node('Mul', [centred, centred]))
  const deviation = w.node('Sqrt', [w.node('Add', [variance, w.scalar(epsilon)])])
  const normal = w.node('Div', [centred, deviation])
  const scaled = scale ? w.node('Mul', [normal, scale]) : normal
  return offset ? w.node('Add', [scaled, offset]) : scaled
}

function mean(w: Writer, x: string): string {
  return w.node('ReduceMean', [x], { axes: ints([-1]), keepdims: int(1) })
}

// In inference it passes everything; who trains the file goes on dropping.
const dropout: WriteGate = (w, [x], gate) => {
  const ratio = new Tensor(floatsOf('float32', [(gate as Dropout).p]), [])
  return w.node('Dropout', [x!.name, w.constant('ratio', ratio)])
}

const embedding: WriteGate = (w, [x], gate) =>
  w.node('Gather', [w.parameter(gate, 'weight', (gate as Embedding).weight), x!.name], { axis: int(0) })

const columnEmbedding: WriteGate = (w, [x], gate) => {
  const { weight, column } = gate as ColumnEmbedding
  const numbers = w.node('Gather', [x!.name, w.integers('column', [column], [])], { axis: int(1) })
  const indices = w.cast(numbers, 'int64')
  return w.node('Gather', [w.parameter(gate, 'weight', weight), indices], { axis: int(0) })
}

const bind: WriteGate = (w, [x], gate) => {
  const { gate: inner, position, value } = gate as Bind
  const bound = w.parameter(gate, 'value', value)
  return w.node(pairs.get(inner.constructor)!, position === 1 ? [x!.name, bound] : [bound, x!.name])
}

/** All layers, by class. */
export const layers = new Map<unknown, WriteGate>([
  [Linear, linear],
  [PReLU, prelu],
  [BatchNorm, batchNorm],
  [LayerNorm, layerNorm],
  [Dropout, dropout],
  [Embedding, embedding],
  [ColumnEmbedding, columnEmbedding],
  [Bind, bind],
] as readonly [new (...options: never[]) => Gate, WriteGate][])
