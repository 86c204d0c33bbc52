// Arguments that work, for every kind of parameter: hostile values take the place of one of them at a time. What is new in
// the package and not listed gets its arguments by the names and types of its parameters.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as chainrule from '../../../dist/esm/index.js'

const { tensor, mlp, variable, Adam, CrossEntropy, ReLU, Linear, Sequential } = chainrule

export const folder = mkdtempSync(join(tmpdir(), 'chainrule-hostile-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const model = () => mlp({ inputs: 3, hidden: [4], outputs: 2, seed: 1 })
const x23 = () =>
  tensor([
    [1, 2, 3],
    [4, 5, 6.5],
  ])
const wide = () =>
  tensor(
    [
      [1, 2, 3],
      [4, 5, 6.5],
    ],
    { dtype: 'float64' },
  )
const labels = () => tensor([0, 1], { dtype: 'int32' })
const samples = () => ({ x: x23(), y: labels() })
const product = (x, y) => x.mul(y).sum()
const number = () => variable(2).mul(3)
await chainrule.save(model(), join(folder, 'model.safetensors'))
await chainrule.saveTensors({ w: x23() }, join(folder, 'tensors.safetensors'))
const idx = () => Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9)
writeFileSync(join(folder, 'data.idx'), idx())
const classes = () => tensor([0, 1, 1, 0], { dtype: 'int32' })
const score = () => tensor([0.1, 0.9, 0.8, 0.2])
const scores = () =>
  tensor([
    [2, 1],
    [0, 1],
    [1, 3],
    [2, 0],
  ])
const bytes = () => chainrule.encodeSafetensors({ w: x23() })
const nodes = () => ({ hidden: [new Linear(3, 3), 'x'], out: [new ReLU(), 'hidden'] })
const optimizerOptions = {
  learningRate: 0.01,
  weightDecay: 0.01,
  l1: 0.01,
  epsilon: 1e-8,
  betas: [0.9, 0.99],
  amsgrad: true,
}
const table = () =>
  chainrule.Table.from(
    [1, 2, 3, 4, 5, 6, 7, 8].map((i) => ({ a: i, b: 'xy'[i % 2], c: i % 3 === 0, d: new Date(i * 1e9), y: 2 * i })),
  )
const tabular = await chainrule.trainTabular(table(), { target: 'y', epochs: 1, members: 1, hidden: [4], seed: 1 })
await tabular.save(join(folder, 'tabular.safetensors'))
const assessed = await chainrule.assess(tabular, table())
const fitted = (Class, ...args) => {
  const made = new Class(...args)
  return made.fit(table().column('a')) ?? made
}
const line = () => ({ series: [{ y: [1, 2, 3], name: 'a' }], title: 't', x: { label: 'x' }, y: { log: true } })

/** Arguments by path; a key's value in an options object by `path.key`. */
const byPath = {
  apply: () => [new chainrule.Multiply(), variable(2), variable(3)],
  arange: () => [0, 5, 1, 'float32'],
  backward: () => [[number()], [1], { retainGraph: true }],
  checkGradients: () => [new Linear(3, 2, { dtype: 'float64' }), [wide()], { rtol: 1e-3, atol: 1e-3 }],
  confusionMatrix: () => [classes(), classes(), 2],
  'metrics.confusionMatrix': () => [classes(), classes(), 2],
  decodeSafetensors: () => [bytes()],
  diagnosis: () => [{ batch: samples(), every: 1, loss: new CrossEntropy(), optimizer: new Adam() }],
  draw: () => [number(), { format: 'svg', theme: 'light', title: 't', digits: 3 }],
  earlyStopping: () => [{ patience: 2, minimumChange: 0, restoreBest: true, monitor: 'loss', mode: 'min' }],
  encodeSafetensors: () => [{ w: x23() }, { a: 'b' }],
  fit: () => [
    model(),
    samples(),
    {
      loss: new CrossEntropy(),
      optimizer: new Adam(),
      epochs: 1,
      batchSize: 1,
      seed: 1,
      shuffle: true,
      verbose: false,
      validation: samples(),
      metrics: { accuracy: chainrule.accuracy },
      callbacks: [{ epoch() {} }],
      clipNorm: 1,
      clipValue: 1,
      accumulate: 2,
      schedule: chainrule.schedules.cosine(),
      signal: AbortSignal.timeout(800),
    },
  ],
  fuse: () => [variable(2).mul(3).add(1)],
  hvp: () => [(x) => x.mul(x), 2, 1],
  jvp: () => [(x) => x.mul(x), 2, 1],
  hessian: () => [(x) => x.mul(x).sum(), tensor([1, 2])],
  jacobian: () => [(x) => x.mul(x), tensor([1, 2])],
  vjp: () => [product, 2, 3],
  grad: () => [product, { arguments: [0] }],
  valueAndGrad: () => [product, { arguments: [0] }],
  load: () => [join(folder, 'model.safetensors')],
  loadTensors: () => [join(folder, 'tensors.safetensors')],
  save: () => [model(), join(folder, 'saved.safetensors')],
  saveTensors: () => [{ w: x23() }, join(folder, 'saved-tensors.safetensors'), { a: 'b' }],
  readIdx: () => [join(folder, 'data.idx')],
  parseIdx: () => [idx()],
  mlp: () => [
    {
      inputs: 3,
      hidden: [4],
      outputs: 2,
      activation: 'relu',
      outputActivation: 'tanh',
      initializer: 'heNormal',
      normalization: 'layer',
      dropout: 0.1,
      bias: true,
      dtype: 'float32',
      seed: 1,
    },
  ],
  parameter: () => ['w', x23()],
  setThreads: () => [2],
  Affine: () => [{ activation: new ReLU(), transposed: false }],
  BatchNorm: () => [3, { epsilon: 1e-5, momentum: 0.1, affine: true, dtype: 'float32' }],
  BroadcastTo: () => [[2, 3]],
  Clip: () => [{ min: -1, max: 1 }],
  Concat: () => [{ axis: 0 }],
  Stack: () => [{ axis: 0 }],
  CrossEntropy: () => [{ labelSmoothing: 0.1, classWeights: [1, 2, 3], ignoreIndex: -100, reduction: 'mean' }],
  Embedding: () => [5, 2, { paddingIndex: 0, seed: 1, dtype: 'float32' }],
  Gather: () => [[0, 1], { axis: 0 }],
  Network: () => [{ inputs: ['x'], nodes: nodes(), output: 'out' }],
  Parallel: () => [[new Linear(3, 2), new Linear(3, 2)], { join: 'concat' }],
  Reshape: () => [[3, 2]],
  Slice: () => [[{ start: 0, stop: 1 }]],
  Transpose: () => [[1, 0]],
  Residual: () => [new Linear(3, 3)],
  Sequential: () => [new Linear(3, 4), new ReLU(), new Linear(4, 2)],
  Where: () => [
    tensor([
      [1, 0, 1],
      [0, 1, 0],
    ]),
  ],
  Flatten: () => [{ startAxis: 0, endAxis: 1 }],
  Rprop: () => [{ learningRate: 0.01, etas: [0.5, 1.2], stepSizes: [1e-6, 50] }],
  fromRows: () => [
    [
      [1, 2],
      [3, 4],
    ],
    'float32',
  ],
  full: () => [[2, 3], 1.5, 'float32'],
  ones: () => [[2, 3], 'float32'],
  zeros: () => [[2, 3], 'float32'],
  tensor: () => [
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    { shape: [3, 2], dtype: 'float32' },
  ],
  Tensor: () => [Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]],
  variable: () => [2, 'x'],
  accuracy: () => [scores(), classes()],
  argmax: () => [scores()],
  csvLog: () => [join(folder, 'log.csv'), { append: false }],
  jsonLines: () => [join(folder, 'log.jsonl'), { append: false }],
  checkpoint: () => [{ folder: join(folder, 'checkpoints'), everyBatches: 2, keep: 2 }],
  gain: () => ['leakyRelu', { alpha: 0.1 }],
  collapse: () => [new Sequential(new Linear(3, 3), new Linear(3, 2))],
  kFold: () => [10, { folds: 5, seed: 1 }],
  split: () => [10, { test: 0.2, seed: 1 }],
  trainTabular: () => [
    table(),
    { target: 'y', epochs: 1, members: 1, hidden: [4], seed: 1, ignore: ['d'], signal: AbortSignal.timeout(800) },
  ],
  loadTabular: () => [join(folder, 'tabular.safetensors')],
  assess: () => [tabular, table()],
  scoresOf: () => [assessed.predictions],
  importanceOf: () => [tabular, assessed, { features: ['a'], rows: 4, repeats: 1, seed: 1 }],
  ColumnEmbedding: () => [5, 2, { inputs: 3, column: 0, seed: 1, dtype: 'float32' }],
  'Table#column': () => ['a'],
  'Table#select': () => [['a']],
  'Table#drop': () => [['a']],
  'Table#tensor': () => [['a']],
  'Table#take': () => [[0, 1]],
  'Table#with': () => [table().column('a')],
  'TabularModel#predict': () => [table()],
  'TabularModel#evaluate': () => [table()],
  'TablePreprocessor#fit': () => [table()],
  HashingEncoder: () => [{ buckets: 8 }],
  'metrics.logLoss': () => [scores(), classes(), { from: 'logits' }],
  'plot.lines': () => [line()],
  'plot.bars': () => [{ labels: ['a', 'b'], series: [{ values: [1, 2] }], horizontal: true }],
  'plot.heatmap': () => [
    {
      values: [
        [1, 2],
        [3, 4],
      ],
      rows: ['a', 'b'],
      columns: ['c', 'd'],
      numbers: true,
    },
  ],
  'plot.confusion': () => [
    {
      matrix: [
        [1, 2],
        [3, 4],
      ],
      classes: ['a', 'b'],
    },
  ],
  'plot.field': () => [
    {
      x: { min: 0, max: 1 },
      y: { min: 0, max: 1 },
      predict: (at) => new Float32Array(at.shape[0]),
      resolution: 8,
      scores: 'values',
      points: [[0.5, 0.5]],
      labels: [0],
    },
  ],
  'plot.images': () => [
    { images: [{ pixels: [0, 0.5, 1, 0], caption: 'c', note: 'n' }], pixelsPerRow: 2, columns: 1, size: 20 },
  ],
  'plot.history': () => [
    {
      epochs: [
        { epoch: 1, loss: 1, seconds: 1 },
        { epoch: 2, loss: 0.5, seconds: 1 },
      ],
    },
    { title: 't', log: true },
  ],
  'plot.page': () => [{ title: 't', panels: [{ kind: 'lines', ...line() }], columns: 1 }],
  'plot.toPng': () => [chainrule.plot.lines(line()), { scale: 1 }],
  'schedules.multiStep': () => [{ milestones: [1, 2], gamma: 0.1 }],
  'ops.concat': () => [[variable(x23()), variable(x23())], { axis: 0 }],
  'ops.stack': () => [[variable(x23()), variable(x23())], { axis: 0 }],
  'ops.where': () => [[1, 0, 1], variable(x23()), variable(x23())],
  'ops.loss': () => [new CrossEntropy(), variable(x23()), labels()],
  'Model#loadStateDict': (m) => [m.stateDict()],
  'Model#predictInto': () => [Float32Array.of(1, 2, 3), new Float32Array(2)],
  'Model#backward': (m) => [m.forward(x23()), { accumulate: true, inputGradient: true }],
  'Optimizer#step': () => [model()],
  'Optimizer#state': () => [model()],
  'Optimizer#reset': () => [model()],
  'Variable#matmul': () => [
    tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
  ],
  'Variable#reshape': () => [3, 2],
  'Variable#broadcastTo': () => [[2, 3]],
  'Variable#transpose': () => [[1, 0]],
  'Variable#slice': () => [[{ start: 0, stop: 1 }]],
  'Variable#gather': () => [[0, 1], { axis: 0 }],
  'Variable#backward': () => [x23(), { retainGraph: true }],
  'Variable#apply': () => [new ReLU()],
  'Variable#clip': () => [{ min: 0, max: 1 }],
  'Variable#flatten': () => [{ startAxis: 0, endAxis: 1 }],
  'Tensor#reshape': () => [3, 2],
  'Tensor#rows': () => [0, 1],
  'Tensor#at': () => [0, 1],
  'Tensor#astype': () => ['float64'],
  'Linear#forwardWith': () => [new ReLU(), x23()],
  'Linear#inferWith': () => [new ReLU(), x23()],
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
  () => [
    x23(),
    tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
  ],
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
  () => [
    x23(),
    tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
    tensor([1, 2]),
  ],
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
  path: () => join(folder, 'model.safetensors'),
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
  for (const path of pathsOf(entry, receiver)) if (byPath[path]) return byPath[path](receiver)
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
