// Layers: gates with parameters or buffers of their own, and dropout.
import { stream } from '../../native/random.js'
import { BatchNorm } from '../../nn/batch-norm.js'
import { ColumnEmbedding } from '../../nn/column-embedding.js'
import { Dropout } from '../../nn/dropout.js'
import { Embedding } from '../../nn/embedding.js'
import type { Layer } from '../../nn/layer.js'
import { LayerNorm } from '../../nn/layer-norm.js'
import { Linear } from '../../nn/linear.js'
import type { Parameter } from '../../nn/parameters.js'
import { PReLU } from '../../nn/prelu.js'
import type { FloatArray } from '../../tensor/dtype.js'
import type { Lowering } from '../lowering.js'
import { rule } from './table.js'

rule(Linear, (gate, [x], to) => {
  const [weight, bias] = gate.parameters() as [Parameter, Parameter | undefined]
  if (to.widthOf(x!) !== gate.inFeatures) return undefined
  const op = { kind: 'linear', weight: to.offsetOf(weight), weightLength: weight.size, ...frozen(gate) } as const
  return to.add(bias ? { ...op, bias: to.offsetOf(bias) } : op, [x!], [gate.outFeatures])
})

rule(PReLU, (gate, [x], to) => {
  const [alpha] = gate.parameters() as [Parameter]
  if (alpha.size !== 1 && alpha.size !== to.shapeOf(x!).at(-1)) return undefined
  const op = { kind: 'prelu', weight: to.offsetOf(alpha), weightLength: alpha.size, ...frozen(gate) } as const
  return to.add(op, [x!], to.shapeOf(x!))
})

rule(LayerNorm, (gate, [x], to) => {
  const shape = to.shapeOf(x!)
  if (shape.at(-1) !== gate.features) return undefined
  return to.add({ kind: 'layerNorm', extent: gate.features, ...affine(gate, to), p0: gate.epsilon }, [x!], shape)
})

rule(BatchNorm, (gate, [x], to) => {
  const shape = to.shapeOf(x!)
  if (shape.at(-1) !== gate.features || gate.dtype !== to.dtype) return undefined
  const { epsilon: p0, momentum: p1, runningMean, runningVariance } = gate
  const buffer = to.buffersOf(runningMean.data as FloatArray, runningVariance.data as FloatArray)
  const op = { kind: 'batchNorm', extent: gate.features, ...affine(gate, to), p0, p1, buffer } as const
  return to.add(to.training && !gate.training ? { ...op, running: true } : op, [x!], shape)
})

rule(Dropout, (gate, [x], to) => {
  if (!to.training || !gate.training || gate.p === 0) return x
  const { p: p0, seed, position } = gate
  const counter = to.counterOf(gate)
  return to.add({ kind: 'dropout', p0, seed, stream: stream('dropout', position), counter }, [x!], to.shapeOf(x!))
})

rule(Embedding, (gate, [x], to) => {
  const [table] = gate.parameters() as [Parameter]
  const op = { kind: 'embedding', weight: to.offsetOf(table), weightLength: table.size, ...frozen(gate) } as const
  const { paddingIndex: padding } = gate
  to.limitIndices(gate.entries)
  return to.add(padding === undefined ? op : { ...op, padding }, [x!], [...to.shapeOf(x!), gate.features])
})

rule(ColumnEmbedding, (gate, [x], to) => {
  if (to.widthOf(x!) !== gate.inputs) return undefined
  const [table] = gate.parameters() as [Parameter]
  to.limitIndices(gate.entries)
  const place = { weight: to.offsetOf(table), weightLength: table.size, ...frozen(gate) }
  const op = { kind: 'lookup', column: gate.column, ...place } as const
  return to.add(op, [x!], [gate.features])
})

/** Whether none of a layer's parameters is trained: it then has no gradient to compute. */
export function frozen(layer: Layer<unknown>): { frozen?: true } {
  return layer.trainable || layer.parameters().length === 0 ? {} : { frozen: true }
}

// Where γ and β of a normalisation lie, as far as it has them.
function affine(
  gate: LayerNorm | BatchNorm,
  to: Lowering,
): { weight?: number; weightLength?: number; bias?: number; frozen?: true } {
  const place: ReturnType<typeof affine> = frozen(gate as Layer<unknown>)
  for (const parameter of gate.parameters()) {
    if (parameter.name === 'bias') place.bias = to.offsetOf(parameter)
    else Object.assign(place, { weight: to.offsetOf(parameter), weightLength: parameter.size })
  }
  return place
}
