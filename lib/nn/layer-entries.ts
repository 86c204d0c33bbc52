// Layers and models in the list of gates that files can hold.
import type { Gate } from '../gates/gate.js'
import { zeros } from '../tensor/create.js'
import { BatchNorm } from './batch-norm.js'
import { Bind, bindable } from './bind.js'
import { ColumnEmbedding } from './column-embedding.js'
import { Dropout } from './dropout.js'
import { Embedding } from './embedding.js'
import type { Entry, GateConfig } from './entry.js'
import { LayerNorm } from './layer-norm.js'
import { Linear } from './linear.js'
import type { Model } from './model.js'
import { Network } from './network.js'
import { Parallel } from './parallel.js'
import { PReLU } from './prelu.js'
import { Residual } from './residual.js'
import { Sequential } from './sequential.js'

const linear: Entry = {
  type: Linear,
  read(gate) {
    const { inFeatures, outFeatures, bias } = gate as Linear
    return { inFeatures, outFeatures, bias: bias !== undefined }
  },
  make({ inFeatures, outFeatures, bias }, dtype) {
    const options = { bias: bias as boolean, dtype, initializer: 'zeros' } as const
    return new Linear(inFeatures as number, outFeatures as number, options)
  },
  shapes({ inFeatures, outFeatures, bias }) {
    const weight = [outFeatures as number, inFeatures as number]
    return bias === true ? { weight, bias: [outFeatures as number] } : { weight }
  },
}

const prelu: Entry = {
  type: PReLU,
  read: (gate) => ({ channels: (gate as PReLU).channels }),
  make: ({ channels }, dtype) => new PReLU({ channels: channels as number, dtype }),
  shapes: ({ channels }) => ({ weight: [channels as number] }),
}

const layerNorm: Entry = {
  type: LayerNorm,
  read(gate) {
    const { features, epsilon, weight, bias } = gate as LayerNorm
    return { features, epsilon, affine: weight !== undefined, bias: bias !== undefined }
  },
  make: ({ features, epsilon, affine, bias }, dtype) =>
    new LayerNorm(features as number, {
      epsilon: epsilon as number,
      affine: affine as boolean,
      bias: bias as boolean,
      dtype,
    }),
  shapes({ features, affine, bias }) {
    const shape = [features as number]
    return affine !== true ? {} : bias === true ? { weight: shape, bias: shape } : { weight: shape }
  },
}

const batchNorm: Entry = {
  type: BatchNorm,
  read(gate) {
    const { features, epsilon, momentum, weight } = gate as BatchNorm
    return { features, epsilon, momentum, affine: weight !== undefined }
  },
  make: ({ features, epsilon, momentum, affine }, dtype) =>
    new BatchNorm(features as number, {
      epsilon: epsilon as number,
      momentum: momentum as number,
      affine: affine as boolean,
      dtype,
    }),
  shapes({ features, affine }) {
    const shape = [features as number]
    const running = { running_mean: shape, running_var: shape }
    return affine === true ? { weight: shape, bias: shape, ...running } : running
  },
}

const dropout: Entry = {
  type: Dropout,
  read(gate) {
    const { p, seed, position, drawn } = gate as Dropout
    return { p, seed, position, drawn }
  },
  make: ({ p, seed, position, drawn }) =>
    new Dropout(p as number).resume(seed as number, position as number, drawn as number),
}

const embedding: Entry = {
  type: Embedding,
  read(gate) {
    const { entries, features, paddingIndex } = gate as Embedding
    return paddingIndex === undefined ? { entries, features } : { entries, features, paddingIndex }
  },
  make({ entries, features, paddingIndex }, dtype) {
    const padding = paddingIndex === undefined ? {} : { paddingIndex: paddingIndex as number }
    return new Embedding(entries as number, features as number, { dtype, initializer: 'zeros', ...padding })
  },
  shapes: ({ entries, features }) => ({ weight: [entries as number, features as number] }),
}

const columnEmbedding: Entry = {
  type: ColumnEmbedding,
  read(gate) {
    const { inputs, column, entries, features } = gate as ColumnEmbedding
    return { inputs, column, entries, features }
  },
  make({ inputs, column, entries, features }, dtype) {
    const form = { inputs: inputs as number, column: column as number }
    return new ColumnEmbedding(entries as number, features as number, { ...form, dtype, initializer: 'zeros' })
  },
  shapes: ({ entries, features }) => ({ weight: [entries as number, features as number] }),
}

const bind: Entry = {
  type: Bind,
  read(gate) {
    const { gate: of, value, position, trained } = gate as Bind
    return { of: of.constructor.name, shape: value.shape, position, trained }
  },
  make({ of, shape, position, trained }, dtype) {
    const type = Object.hasOwn(bindable, of as string) ? bindable[of as keyof typeof bindable] : undefined
    const gate = type && new type()
    return new Bind(gate!, zeros(shape as number[], dtype), { position: position as 1, trained: trained as boolean })
  },
  shapes: ({ shape }) => ({ value: Array.isArray(shape) ? shape : [Number.NaN] }),
}

function row(type: new (...gates: Gate[]) => Model): Entry {
  return { type, read: () => ({}), make: (_options, _dtype, inner) => new type(...inner), names: numbered }
}

function numbered({ gates }: GateConfig): string[] {
  return (gates as unknown[]).map((_, i) => String(i))
}

const parallel: Entry = {
  type: Parallel,
  read: (gate) => ({ join: (gate as Parallel).join }),
  make: ({ join }, _dtype, inner) => new Parallel(inner, { join: join as 'concat' }),
  names: numbered,
}

/** Nodes of a Network name their gates by number, so that a layer with shared weights stays one. */
interface NodeConfig {
  readonly name: string
  readonly gate: number
  readonly inputs: readonly string[]
}

function nodesOf({ nodes }: GateConfig): NodeConfig[] {
  return Array.isArray(nodes) ? nodes.map((node: unknown) => (node ?? {}) as NodeConfig) : []
}

const network: Entry = {
  type: Network,
  read(gate) {
    const { inputNames, nodes, gates } = gate as Network
    return { inputs: inputNames, nodes: nodes.map((node) => ({ ...node, gate: gates.indexOf(node.gate) })) }
  },
  make(options, _dtype, inner) {
    const specs = nodesOf(options).map(({ name, gate, inputs }) => [name, [inner[gate], ...inputs]])
    return new Network({ inputs: options.inputs as string[], nodes: Object.fromEntries(specs) })
  },
  names(options) {
    const nodes = nodesOf(options)
    const names = (options.gates as unknown[]).map((_, i) => nodes.find(({ gate }) => gate === i)?.name)
    return names.every((name) => typeof name === 'string') ? names : undefined
  },
}

/** All layers and models. */
export const layerEntries: readonly Entry[] = [
  row(Sequential),
  row(Residual),
  parallel,
  network,
  linear,
  prelu,
  layerNorm,
  batchNorm,
  dropout,
  embedding,
  columnEmbedding,
  bind,
]
