// Arguments that work, for every kind of parameter: hostile values take the place of one of them at a time. What is new in
// the package and not listed gets its arguments by the names and types of its parameters.
import * as chainrule from '../../../dist/esm/index.js'
import { data } from './data.mjs'
import { graphs } from './graphs.mjs'
import { networks } from './networks.mjs'
import { pictures } from './pictures.mjs'
import {
  bytes,
  classes,
  fitted,
  labels,
  model,
  number,
  path,
  product,
  samples,
  score,
  scores,
  table,
  tabular,
  x23,
  x32,
} from './samples.mjs'

const { tensor, variable, Adam, CrossEntropy, ReLU, Linear } = chainrule

/** Arguments by path; a method's by its class or a base of it. */
const byPath = { ...networks, ...graphs, ...data, ...pictures }

const optimizerOptions = {
  learningRate: 0.01,
  weightDecay: 0.01,
  l1: 0.01,
  epsilon: 1e-8,
  betas: [0.9, 0.99],
  amsgrad: true,
}

/** What a method is called on, where its class's constructor alone does not do. */
const receivers = {
  Table: table,
  TabularModel: () => tabular,
  Slice: () => new chainrule.Slice([{ start: 0, stop: 1 }]),
  ColumnEmbedding: () => new chainrule.ColumnEmbedding(9, 2, { inputs: 3, column: 0, seed: 1 }),
  StandardScaler: () => fitted(chainrule.StandardScaler),
  MinMaxScaler: () => fitted(chainrule.MinMaxScaler),
  RobustScaler: () => fitted(chainrule.RobustScaler),
  QuantileTransformer: () => fitted(chainrule.QuantileTransformer),
  Imputer: () => fitted(chainrule.Imputer),
  TargetScaler: () => fitted(chainrule.TargetScaler, 'y'),
  OneHotEncoder: () => fitted(chainrule.OneHotEncoder, 'b'),
  OrdinalEncoder: () => fitted(chainrule.OrdinalEncoder, 'b'),
  TablePreprocessor: () => new chainrule.TablePreprocessor().fit(table()),
  Parameter: () => chainrule.parameter('w', x23()),
  Bind: () => new chainrule.Bind(new chainrule.Multiply(), tensor([1, 2, 3])),
  Variable: () => variable(x23()).exp(),
  Model: model,
  Layer: () => new Linear(3, 2, { seed: 1 }),
  Optimizer: () => new Adam(),
  ElementwiseGate: () => new ReLU(),
  Embedding: () => new chainrule.Embedding(5, 2, { seed: 1 }),
  Tensor: x23,
  Parallel: () => new chainrule.Parallel([new Linear(3, 2, { seed: 1 }), new Linear(3, 2, { seed: 2 })]),
  CrossEntropy: () => new CrossEntropy(),
  Linear: () => new Linear(3, 2, { seed: 1 }),
}

// Inputs that one of the gates takes.
const inputs = [
  () => [x23()],
  () => [x23(), x23()],
  () => [x23(), x32()],
  () => [labels()],
  () => [tensor([0, 4], { dtype: 'int32' })],
  () => [scores(), classes()],
  () => [score(), classes()],
  () => [score(), score()],
  () => [x23(), labels()],
  () => [
    x23(),
    tensor([
      [1, 0, 0],
      [0, 1, 0],
    ]),
  ],
  () => [tensor([0.2, -0.3]), tensor([1, -1])],
  () => [x23(), x32(), tensor([1, 2])],
  () => [tensor([[1, 2, 3, 4]])],
  () => [2],
  () => [2, 3],
]

const byName = {
  model,
  train: samples,
  samples,
  batch: samples,
  batchSize: () => 2,
  scores,
  predicted: classes,
  labels: classes,
  prediction: score,
  target: score,
  k: () => 1,
  path: () => path('model.safetensors'),
  classes: () => 2,
  source: () => 1,
  width: () => 3,
  features: () => 3,
  inFeatures: () => 3,
  outFeatures: () => 2,
  entries: () => 5,
  fn: () => product,
  gate: () => new ReLU(),
  other: () => 2,
  exponent: () => 2,
  axes: () => [1, 0],
  shape: () => [2, 3],
  name: () => 'x',
  steps: () => 3,
  size: () => 2,
  gamma: () => 0.5,
  maximum: () => 0.1,
  p: () => 0.5,
  a: () => 2,
  c: () => 2,
  value: () => 0.5,
  threads: () => 2,
  bytes,
  history: () => ({ epochs: [] }),
  mode: () => true,
  row: () => Float32Array.of(1, 2, 3),
  out: () => new Float32Array(2),
  x: x23,
  dy: x23,
  upstream: () => 1,
  reduction: () => 'mean',
  targets: () => 'labels',
  per: () => 'epoch',
  gain: () => 1,
  alpha: () => 0.1,
  axis: () => 0,
  keepDims: () => true,
  seed: () => 1,
  dtype: () => 'float32',
  epsilon: () => 1e-6,
  momentum: () => 0.5,
  learningRate: () => 0.01,
}
const byType = [
  [/^number/, () => 2],
  [/^string/, () => 'text'],
  [/^boolean/, () => true],
  [/Tensor/, x23],
  [/Model/, model],
  [/=>/, () => (x) => x],
  [/\[\]$/, () => []],
  [/Variable/, number],
]

/** Arguments for an entry of the surface that should work. */
export function argumentsOf(entry, receiver) {
  for (const known of pathsOf(entry, receiver)) if (byPath[known]) return byPath[known](receiver)
  return entry.parameters.filter((p) => !p.rest).map((p) => (p.keys.length ? optionsOf(p.keys) : valueFor(p)))
}

function valueFor({ name, type }) {
  const make = byName[name] ?? byType.find(([pattern]) => pattern.test(type))?.[1]
  return make?.()
}

function optionsOf(keys) {
  const known = keys.filter((key) => key in optionsByKey)
  return Object.fromEntries(known.map((key) => [key, optionsByKey[key]]))
}
const optionsByKey = {
  ...optionsByKeyOfOptimizers(),
  axis: 0,
  keepDims: true,
  alpha: 0.1,
  seed: 1,
  gain: 1,
  reduction: 'mean',
  steps: 3,
  gamma: 0.5,
  size: 2,
  maximum: 0.1,
}
function optionsByKeyOfOptimizers() {
  return { ...optimizerOptions }
}

// `Adam#step`, then `Optimizer#step`: the method as its class or a base of it has it.
function pathsOf(entry, receiver) {
  if (entry.kind !== 'method') return [entry.path]
  const method = entry.path.split('#')[1]
  const paths = [entry.path]
  for (let p = Object.getPrototypeOf(receiver ?? {}); p && p !== Object.prototype; p = Object.getPrototypeOf(p))
    paths.push(`${p.constructor.name}#${method}`)
  return paths
}

/** What to call: `{ call(args), args, receiver }`, new for every call, or undefined if no arguments are known that work. */
export function prepare(entry) {
  const value = entry.path
    .split('#')[0]
    .split('.')
    .reduce((o, key) => o[key], chainrule)
  if (entry.kind === 'function') return { call: (args) => value(...args), args: argumentsOf(entry) }
  if (entry.kind === 'constructor') return { call: (args) => new value(...args), args: argumentsOf(entry) }
  const receiver = receiverOf(entry, value)
  const method = entry.path.split('#')[1]
  const call = (args) => receiver[method](...args)
  if (method === 'forward' || method === 'infer') return { call, receiver, args: gateInputs(receiver, entry) }
  if (method === 'backward' && typeof receiver.forward === 'function') {
    const output = receiver.forward(...gateInputs(receiver, entry))
    return {
      call,
      receiver,
      args: receiver.targets !== undefined ? [1] : [output, ...argumentsOf(entry, receiver).slice(1)],
    }
  }
  return { call, receiver, args: argumentsOf(entry, receiver) }
}

function receiverOf(entry, Class) {
  if (receivers[entry.owner]) return receivers[entry.owner]()
  for (let C = Class; typeof C === 'function' && C.prototype; C = Object.getPrototypeOf(C)) {
    if (receivers[C.name] && (C === Class || entry.abstract)) return receivers[C.name]()
  }
  return new Class(
    ...argumentsOf({ path: entry.owner, kind: 'constructor', parameters: entry.constructorParameters ?? [] }),
  )
}

const found = new Map()
function gateInputs(receiver, entry) {
  const known = found.get(entry.owner)
  if (known) return known()
  for (const make of inputs) {
    try {
      receiver.forward(...make())
    } catch {
      continue
    }
    found.set(entry.owner, make)
    return make()
  }
  return [x23()]
}
