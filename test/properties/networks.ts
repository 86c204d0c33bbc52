// Random networks: layers in rows, residuals, branches, shared weights, normalisation, dropout, embeddings.
import fc from 'fast-check'
import {
  Add,
  activations,
  BatchNorm,
  ColumnEmbedding,
  Concat,
  Dropout,
  Embedding,
  Flatten,
  type FloatDType,
  type Gate,
  GELU,
  LayerNorm,
  Linear,
  LogSoftmax,
  Multiply,
  Network,
  Parallel,
  PReLU,
  Residual,
  Sequential,
  Slice,
  Softmax,
  Subtract,
  type Tensor,
  tensor,
} from '../../lib/index.js'
import { generator, randomTensor } from '../support.js'
import { type MatrixCase, matrixCases, matrixOf } from './matrices.js'

type LayerCase =
  | { readonly kind: 'linear'; readonly to: number; readonly bias: boolean }
  | { readonly kind: 'activation'; readonly name: keyof typeof activations }
  | { readonly kind: 'geluTanh' | 'softmax' | 'logSoftmax' }
  | { readonly kind: 'layerNorm'; readonly affine: boolean; readonly bias: boolean }
  | { readonly kind: 'batchNorm'; readonly affine: boolean; readonly momentum: number }
  | { readonly kind: 'prelu'; readonly each: boolean }
  | { readonly kind: 'dropout'; readonly p: number }
  | { readonly kind: 'slice'; readonly start: number }
  | MatrixCase
  | { readonly kind: 'residual'; readonly inner: readonly LayerCase[] }
  | { readonly kind: 'parallel'; readonly join: 'concat' | 'add'; readonly branches: readonly (readonly LayerCase[])[] }
  | { readonly kind: 'shared'; readonly join: 'add' | 'subtract' | 'multiply'; readonly inner: readonly LayerCase[] }

/** A network as plain data, with what its input is. */
export interface NetworkCase {
  /** Columns of numbers; whole numbers to look up; or numbers whose first column is to be looked up. */
  readonly input: 'numbers' | 'indices' | 'mixed'
  readonly inputs: number
  readonly layers: readonly LayerCase[]
  readonly outputs: number
  readonly seed: number
}

/** Rows of the tables that indices are looked up in. */
const ENTRIES = 5

const size = fc.integer({ min: 1, max: 9 })

const { layers } = fc.letrec<{ layer: LayerCase; layers: LayerCase[] }>((tie) => ({
  layer: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({
      kind: fc.constant('activation' as const),
      name: fc.constantFrom(...(Object.keys(activations) as (keyof typeof activations)[])),
    }),
    fc.record({ kind: fc.constant('linear' as const), to: size, bias: fc.boolean() }),
    fc.record({ kind: fc.constantFrom('geluTanh' as const, 'softmax' as const, 'logSoftmax' as const) }),
    fc.record({ kind: fc.constant('layerNorm' as const), affine: fc.boolean(), bias: fc.boolean() }),
    fc.record({ kind: fc.constant('batchNorm' as const), affine: fc.boolean(), momentum: fc.constantFrom(0.125, 0.5) }),
    fc.record({ kind: fc.constant('prelu' as const), each: fc.boolean() }),
    fc.record({ kind: fc.constant('dropout' as const), p: fc.constantFrom(0, 0.2, 0.5) }),
    fc.record({ kind: fc.constant('slice' as const), start: fc.nat(3) }),
    { arbitrary: matrixCases, weight: 3 },
    fc.record({ kind: fc.constant('residual' as const), inner: tie('layers') }),
    fc.record({
      kind: fc.constant('parallel' as const),
      join: fc.constantFrom('concat' as const, 'add' as const),
      branches: fc.array(tie('layers'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant('shared' as const),
      join: fc.constantFrom('add' as const, 'subtract' as const, 'multiply' as const),
      inner: tie('layers'),
    }),
  ),
  layers: fc.array(tie('layer'), { maxLength: 4 }),
}))

/** Any network. */
export const networkCases: fc.Arbitrary<NetworkCase> = fc.record({
  input: fc.constantFrom('numbers' as const, 'numbers' as const, 'indices' as const, 'mixed' as const),
  inputs: fc.integer({ min: 2, max: 6 }),
  layers,
  outputs: fc.integer({ min: 2, max: 4 }),
  seed: fc.nat(1e6),
})

/** Whether a network has layers of some kind. */
export function has(kind: LayerCase['kind'], layers: readonly LayerCase[]): boolean {
  return layers.some((layer) => {
    if (layer.kind === kind) return true
    if (layer.kind === 'parallel') return layer.branches.some((branch) => has(kind, branch))
    return 'inner' in layer && has(kind, layer.inner)
  })
}

interface Made {
  readonly gates: Gate[]
  readonly width: number
}

function row(layers: readonly LayerCase[], width: number, dtype: FloatDType): Made {
  return layers.reduce<Made>(
    (made, layer) => {
      const [gate, after] = one(layer, made.width, dtype)
      return { gates: [...made.gates, gate], width: after }
    },
    { gates: [], width },
  )
}

// Layers in a row that end with so many columns.
function rowTo(layers: readonly LayerCase[], width: number, to: number, dtype: FloatDType): Gate[] {
  const made = row(layers, width, dtype)
  const fits = made.width === to && made.gates.length > 0
  return fits ? made.gates : [...made.gates, new Linear(made.width, to, { dtype })]
}

function one(layer: LayerCase, width: number, dtype: FloatDType): [Gate, width: number] {
  switch (layer.kind) {
    case 'linear':
      return [new Linear(width, layer.to, { dtype, bias: layer.bias }), layer.to]
    case 'activation':
      return [new activations[layer.name](), width]
    case 'geluTanh':
      return [new GELU({ approximate: 'tanh' }), width]
    case 'softmax':
      return [new Softmax(), width]
    case 'logSoftmax':
      return [new LogSoftmax(), width]
    case 'layerNorm': {
      const { affine, bias } = layer
      return [new LayerNorm(width, { dtype, affine, bias: affine && bias, epsilon: 0.125 }), width]
    }
    case 'batchNorm':
      return [new BatchNorm(width, { dtype, affine: layer.affine, momentum: layer.momentum, epsilon: 0.125 }), width]
    case 'prelu':
      return [new PReLU({ dtype, channels: layer.each ? width : 1 }), width]
    case 'dropout':
      return [new Dropout(layer.p), width]
    case 'slice': {
      const start = Math.min(layer.start, width - 1)
      return [new Slice([null, { start }]), width - start]
    }
    case 'matrix':
      return matrixOf(layer, width, dtype)
    case 'residual':
      return [new Residual(...rowTo(layer.inner, width, width, dtype)), width]
    case 'parallel':
      return parallel(layer, width, dtype)
    case 'shared':
      return [shared(layer, width, dtype), 2 * width]
  }
}

function parallel(
  { join, branches }: Extract<LayerCase, { kind: 'parallel' }>,
  width: number,
  dtype: FloatDType,
): [Gate, width: number] {
  if (join === 'add') {
    return [
      new Parallel(
        branches.map((each) => new Sequential(...rowTo(each, width, 4, dtype))),
        { join },
      ),
      4,
    ]
  }
  const made = branches.map((each) => row([...each, { kind: 'activation', name: 'identity' }], width, dtype))
  const total = made.reduce((sum, { width: n }) => sum + n, 0)
  return [new Parallel(made.map(({ gates }) => new Sequential(...gates))), total]
}

// A block that runs twice with one set of weights, joined with what went between, beside the input.
function shared({ join, inner }: Extract<LayerCase, { kind: 'shared' }>, width: number, dtype: FloatDType): Network {
  const block = new Sequential(...rowTo(inner, width, width, dtype))
  const gate = { add: new Add(), subtract: new Subtract(), multiply: new Multiply() }[join]
  return new Network({
    nodes: {
      once: [block, 'x'],
      between: [new activations.tanh(), 'once'],
      twice: [block, 'between'],
      joined: [gate, 'twice', 'between'],
      out: [new Concat({ axis: -1 }), 'joined', 'x'],
    },
  })
}

function entry({ input, inputs }: NetworkCase, dtype: FloatDType): Made {
  if (input === 'numbers') return { gates: [], width: inputs }
  if (input === 'indices') return { gates: [new Embedding(ENTRIES, 3, { dtype }), new Flatten()], width: 3 * inputs }
  const table = new ColumnEmbedding(ENTRIES, 2, { inputs, column: 0, dtype })
  return { gates: [new Parallel([table, new Slice([null, { start: 1 }])])], width: 2 + inputs - 1 }
}

/** The network of a case; it ends in a linear layer of `outputs` columns. */
export function networkOf(of: NetworkCase, dtype: FloatDType): Sequential {
  const start = entry(of, dtype)
  const { gates, width } = row(of.layers, start.width, dtype)
  const last = new Linear(width, of.outputs, { dtype })
  return new Sequential(...start.gates, ...gates, last).initialize(of.seed)
}

/** Rows that the network of a case takes. */
export function rowsOf({ input, inputs, seed }: NetworkCase, rows: number, dtype: FloatDType): Tensor {
  const next = generator(seed + 1)
  const index = () => Math.floor(ENTRIES * next())
  const shape = [rows, inputs]
  if (input === 'indices') return tensor(Int32Array.from({ length: rows * inputs }, index), { shape })
  const x = randomTensor(shape, seed + 2)
  if (input === 'mixed') for (let i = 0; i < rows; i++) x.data[i * inputs] = index()
  return x.astype(dtype)
}
