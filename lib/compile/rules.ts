// How each built-in gate is written down as ops of a plan; a gate without a rule makes the model run gate by gate.
import { activations } from '../gates/activations.js'
import * as arithmetic from '../gates/arithmetic.js'
import { Add, Divide, Maximum, Minimum, Multiply, Subtract } from '../gates/binary.js'
import type { ElementwiseGate } from '../gates/elementwise.js'
import { type Gate, gateName } from '../gates/gate.js'
import { type BinaryKind, binaryKinds } from '../gates/ops.js'
import { Concat, Slice } from '../gates/parts.js'
import { Flatten } from '../gates/shapes.js'
import { LogSoftmax, Softmax } from '../gates/softmax.js'
import { stream } from '../native/random.js'
import { BatchNorm } from '../nn/batch-norm.js'
import { Bind } from '../nn/bind.js'
import { ColumnEmbedding } from '../nn/column-embedding.js'
import { Dropout } from '../nn/dropout.js'
import { Embedding } from '../nn/embedding.js'
import type { Layer } from '../nn/layer.js'
import { LayerNorm } from '../nn/layer-norm.js'
import { Linear } from '../nn/linear.js'
import { Network } from '../nn/network.js'
import { Parallel } from '../nn/parallel.js'
import type { Parameter } from '../nn/parameters.js'
import { PReLU } from '../nn/prelu.js'
import { Residual } from '../nn/residual.js'
import { Sequential } from '../nn/sequential.js'
import { columnsOf } from '../nn/widths.js'
import type { FloatArray } from '../tensor/dtype.js'
import { sameShape, sizeOf } from '../tensor/shape.js'
import type { Lowering, OpSpec } from './lowering.js'

/** Writes down a gate that reads the values x, and returns the number of what it makes; undefined where it cannot. */
type Rule<G> = (gate: G, x: readonly number[], to: Lowering) => number | undefined

// By exact class: a subclass may compute something else.
const rules = new Map<unknown, Rule<Gate>>()

function rule<G extends Gate>(kind: new (...given: never[]) => G, write: Rule<G>): void {
  rules.set(kind, write as unknown as Rule<Gate>)
}

/** Writes down any gate. */
export function lowerGate(gate: Gate, x: readonly number[], to: Lowering): number | undefined {
  const y = rules.get(gate.constructor)?.(gate, x, to)
  if (y === undefined) to.obstacle ??= gateName(gate)
  return y
}

function lowerChain(gates: readonly Gate[], x: number, to: Lowering): number | undefined {
  let value: number | undefined = x
  for (const gate of gates) {
    if (value === undefined) return undefined
    value = lowerGate(gate, [value], to)
  }
  return value
}

rule(Linear, (gate, [x], to) => {
  const [weight, bias] = gate.parameters() as [Parameter, Parameter | undefined]
  if (to.widthOf(x!) !== gate.inFeatures) return undefined
  const op = { kind: 'linear', weight: to.offsetOf(weight), weightLength: weight.size, ...frozen(gate) } as const
  return to.add(bias ? { ...op, bias: to.offsetOf(bias) } : op, [x!], [gate.outFeatures])
})

rule(PReLU, (gate, [x], to) => {
  const [alpha] = gate.parameters() as [Parameter]
  if (alpha.size !== 1 && alpha.size !== to.widthOf(x!)) return undefined
  const op = { kind: 'prelu', weight: to.offsetOf(alpha), weightLength: alpha.size, ...frozen(gate) } as const
  return to.add(op, [x!], to.shapeOf(x!))
})

for (const kind of Object.values({ ...activations, ...arithmetic }) as (new () => ElementwiseGate)[]) {
  rule(kind, ({ op, constants }, [x], to) =>
    to.add({ kind: 'unary', op: op.index, p0: constants[0], p1: constants[1] }, [x!], to.shapeOf(x!)),
  )
}

for (const [kind, name] of [
  [Softmax, 'softmax'],
  [LogSoftmax, 'logSoftmax'],
] as const) {
  rule<Softmax | LogSoftmax>(kind, ({ axis }, [x], to) => {
    if (to.widthOf(x!) === undefined || (axis !== -1 && axis !== 1)) return undefined
    return to.add({ kind: name }, [x!], to.shapeOf(x!))
  })
}

const binaryNames = new Map<unknown, BinaryKind>([
  [Add, 'add'],
  [Subtract, 'subtract'],
  [Multiply, 'multiply'],
  [Divide, 'divide'],
  [Maximum, 'maximum'],
  [Minimum, 'minimum'],
])

for (const [gate, kind] of binaryNames) {
  rule(gate as new () => Add, (_, x, to) => (x.length === 2 ? join({ kind }, x, to) : undefined))
}

rule(Bind, (bind, [x], to) => {
  const kind = binaryNames.get(bind.gate.constructor)
  const { value } = bind
  const width = to.widthOf(x!)
  const ofColumns = value.shape.at(-1) === width && value.data.length === width
  if (kind === undefined || value.rank > 2 || (value.data.length !== 1 && !ofColumns)) return undefined
  const [parameter] = bind.parameters()
  const place = parameter
    ? { weight: to.offsetOf(parameter), ...frozen(bind) }
    : { buffer: to.buffersOf(value.data as FloatArray) }
  const column = bind.position
  const op = { kind: 'bound', op: binaryKinds[kind], column, weightLength: value.data.length, ...place } as const
  return to.add(op, [x!], to.shapeOf(x!))
})

rule(Concat, ({ axis }, x, to) => (axis === -1 || axis === 1 ? concat(x, to) : undefined))

rule(Flatten, ({ startAxis, endAxis }, [x], to) =>
  startAxis === 1 && endAxis === -1 ? to.reshaped(x!, [sizeOf(to.shapeOf(x!))]) : undefined,
)

rule(LayerNorm, (gate, [x], to) => {
  if (to.widthOf(x!) !== gate.features) return undefined
  return to.add({ kind: 'layerNorm', ...affine(gate, to), p0: gate.epsilon }, [x!], [gate.features])
})

rule(BatchNorm, (gate, [x], to) => {
  if (to.widthOf(x!) !== gate.features) return undefined
  const { epsilon: p0, momentum: p1, runningMean, runningVariance } = gate
  const buffer = to.buffersOf(runningMean.data as FloatArray, runningVariance.data as FloatArray)
  const op = { kind: 'batchNorm', ...affine(gate, to), p0, p1, buffer } as const
  return to.add(to.training && !gate.training ? { ...op, running: true } : op, [x!], [gate.features])
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

rule(Slice, (gate, [x], to) => {
  const width = to.widthOf(x!)
  const taken = width === undefined ? undefined : columnsOf(gate, width)
  if (taken === undefined || taken.width === 0) return undefined
  return to.add({ kind: 'columns', column: taken.column }, [x!], [taken.width])
})

rule(Sequential, ({ gates }, [x], to) => lowerChain(gates, x!, to))

rule(Residual, ({ gates }, [x], to) => {
  const y = lowerChain(gates, x!, to)
  return y === undefined ? undefined : join({ kind: 'add' }, [y, x!], to)
})

rule(Parallel, ({ gates, join: how }, [x], to) => {
  const outputs = gates.map((gate) => lowerGate(gate, [x!], to))
  if (!outputs.every((y) => y !== undefined)) return undefined
  return how === 'add' ? join({ kind: 'add' }, outputs, to) : concat(outputs, to)
})

rule(Network, ({ inputNames, nodes }, [x], to) => {
  if (inputNames.length !== 1) return undefined
  const values = new Map([[inputNames[0]!, x!]])
  let last: number | undefined
  for (const { name, gate, inputs } of nodes) {
    last = lowerGate(
      gate,
      inputs.map((input) => values.get(input)!),
      to,
    )
    if (last === undefined) return undefined
    values.set(name, last)
  }
  return last
})

// Whether none of a layer's parameters is trained: it then has no gradient to compute.
function frozen(layer: Layer<unknown>): { frozen?: true } {
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

// Values of one shape; broadcasting stays with the gates.
function join(spec: OpSpec, x: readonly number[], to: Lowering): number | undefined {
  const shape = to.shapeOf(x[0]!)
  return x.every((value) => sameShape(to.shapeOf(value), shape)) ? to.add(spec, x, shape) : undefined
}

function concat(x: readonly number[], to: Lowering): number | undefined {
  const widths = x.map((value) => to.widthOf(value))
  if (!widths.every((width) => width !== undefined)) return undefined
  return to.add({ kind: 'concat' }, x, [widths.reduce((sum, width) => sum + width, 0)])
}
