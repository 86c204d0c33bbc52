// Operators that are layers, and those that look something up.
import { Gather } from '../../../../gates/select.js'
import { Transpose } from '../../../../gates/shapes.js'
import { LogSoftmax } from '../../../../gates/softmax.js'
import { BatchNorm } from '../../../../nn/batch-norm.js'
import { ColumnEmbedding } from '../../../../nn/column-embedding.js'
import { Dropout } from '../../../../nn/dropout.js'
import { Embedding } from '../../../../nn/embedding.js'
import { LayerNorm } from '../../../../nn/layer-norm.js'
import { PReLU } from '../../../../nn/prelu.js'
import type { Tensor } from '../../../../tensor/tensor.js'
import type { Assembly } from '../assembly.js'
import type { NodeView } from '../node.js'
import { axisOf, type Extent, scalarOf, type Wire } from '../operands.js'
import { type Handler, nameFor } from './handler.js'
import { dataOf, knownShape } from './shapes.js'

/** Numbers of a parameter as a vector. */
function vector(a: Assembly, n: NodeView, i: number, length?: number): Tensor {
  const value = a.numbers(n.constant(i))
  const size = length ?? value.data.length
  if (value.data.length !== size || size === 0)
    n.refuse(`${size || 'some'} numbers as input ${i}`, `${value.data.length}`)
  return value
}

// Operators count the channels along axis 1, layers along the last.
const batchNorm: Handler = (a, n) => {
  const x = n.wire(0)
  const shape = knownShape(n, x)
  const features = vector(a, n, 1).data.length
  if (shape.length > 2 && n.version < 9 && n.int('spatial', 1) === 0) n.refuse('statistics per channel', 'spatial 0')
  const momentum = 1 - n.float('momentum', 0.9)
  const epsilon = n.float('epsilon', 1e-5)
  const layer = new BatchNorm(features, {
    epsilon,
    momentum: momentum > 0 && momentum <= 1 ? momentum : 0.1,
    dtype: a.dtype,
  })
  layer.weight!.data.set(vector(a, n, 1).data)
  layer.bias!.data.set(vector(a, n, 2, features).data)
  layer.runningMean.data.set(vector(a, n, 3, features).data)
  layer.runningVariance.data.set(vector(a, n, 4, features).data)
  const name = nameFor(n, n.proto.input[1])
  if (shape.length <= 2) return a.add(name, layer, [x], shape)
  const last = [0, ...Array.from({ length: shape.length - 2 }, (_, i) => i + 2), 1]
  const back = [0, shape.length - 1, ...Array.from({ length: shape.length - 2 }, (_, i) => i + 1)]
  const turned = a.add(
    `${name}_last`,
    new Transpose(last),
    [x],
    last.map((axis) => shape[axis]!),
  )
  return a.add(`${name}_back`, new Transpose(back), [a.add(name, layer, [turned], turned.shape)], shape)
}

const layerNorm: Handler = (a, n) => {
  const x = n.wire(0)
  const shape = knownShape(n, x)
  const axis = axisOf(n.int('axis', -1), shape.length)
  if (axis !== shape.length - 1) n.refuse('the last axis', `axis ${axis} of ${shape.length}`)
  const features = shape[axis] ?? vector(a, n, 1).data.length
  const offset = n.optional(2) !== undefined
  const layer = new LayerNorm(features, { epsilon: n.float('epsilon', 1e-5), bias: offset, dtype: a.dtype })
  layer.weight!.data.set(vector(a, n, 1, features).data)
  if (offset) layer.bias!.data.set(vector(a, n, 2, features).data)
  return a.add(nameFor(n, n.proto.input[1]), layer, [x], shape)
}

const dropout: Handler = (a, n) => {
  const ratio = n.version < 12 ? n.float('ratio', 0.5) : n.optional(1) === undefined ? 0.5 : scalarOf(n.input(1))
  if (ratio === undefined || !(ratio >= 0 && ratio < 1)) n.refuse('a constant ratio in [0, 1)', String(ratio))
  if (n.input(0).kind !== 'wire') return n.input(0)
  const x = n.wire(0)
  return a.add(nameFor(n), new Dropout(ratio as number), [x], x.shape)
}

const prelu: Handler = (a, n) => {
  const x = n.wire(0)
  const slope = vector(a, n, 1)
  const channels = slope.data.length
  const rank = x.shape?.length
  // Before version 7 the channels lay along axis 1.
  const last = slope.shape.at(-1) === channels && (n.version >= 7 || rank === undefined || rank <= 2)
  if (channels > 1 && !last) n.refuse('slopes along the last axis', 'others')
  const layer = new PReLU({ channels, dtype: a.dtype })
  layer.alpha.data.set(slope.data)
  return a.add(nameFor(n, n.proto.input[1]), layer, [x], x.shape)
}

const gather: Handler = (a, n) => {
  const [data, indices] = [n.input(0), n.input(1)]
  if (indices.kind === 'constant') return byConstant(a, n, indices.value)
  if (data.kind !== 'constant' || data.integer || data.value.rank !== 2 || n.int('axis', 0) !== 0) {
    return n.refuse('constant indices, or a constant table of vectors', 'others')
  }
  const table = a.numbers(data)
  const [entries, features] = table.shape as [number, number]
  const name = nameFor(n, n.proto.input[0])
  if (indices.kind === 'column') {
    const { x, column, inputs } = indices
    const layer = new ColumnEmbedding(entries, features, { inputs, column, dtype: a.dtype, initializer: 'zeros' })
    layer.weight.data.set(table.data)
    return a.add(name, layer, [x], [x.shape?.[0] ?? null, features])
  }
  const wire = n.asWire(indices)
  if (!wire.integer) n.refuse('an input of integers as indices', 'other numbers')
  const layer = new Embedding(entries, features, { dtype: a.dtype, initializer: 'zeros' })
  layer.weight.data.set(table.data)
  return a.add(name, layer, [wire], wire.shape && [...wire.shape, features])
}

function byConstant(a: Assembly, n: NodeView, indices: Tensor): ReturnType<Handler> {
  const x = dataOf(n)
  const shape = knownShape(n, x)
  const axis = axisOf(n.int('axis', 0), shape.length)
  const result: Extent[] = [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)]
  return a.emit(nameFor(n), new Gather(indices, { axis }), [x], result)
}

// A loss is no part of the network: its scores are.
const crossEntropy: Handler = (a, n) => {
  const scores = n.wire(0)
  const second = n.proto.output[1] ? a.add(nameFor(n), new LogSoftmax({ axis: 1 }), [scores], scores.shape) : undefined
  return [scores, second]
}

const likelihood: Handler = (_, n): Wire => n.wire(0)

/** By name of the operator. */
export const layerHandlers: Readonly<Record<string, Handler>> = {
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  Dropout: dropout,
  PRelu: prelu,
  Gather: gather,
  SoftmaxCrossEntropyLoss: crossEntropy,
  NegativeLogLikelihoodLoss: likelihood,
}
