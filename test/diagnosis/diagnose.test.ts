// The diagnosis: a network for every finding, healthy networks without any, and a model that is left as it was.
import { describe, expect, it } from 'vitest'
import {
  Adam,
  Add,
  BatchNorm,
  CrossEntropy,
  type DiagnoseOptions,
  type Diagnosis,
  Dropout,
  diagnose,
  diagnosis,
  Embedding,
  type Finding,
  type FindingCode,
  Flatten,
  fit,
  type Gate,
  initializers,
  Linear,
  LogSoftmax,
  type MlpOptions,
  type Model,
  mlp,
  NegativeLogLikelihood,
  Network,
  ReLU,
  Residual,
  type Samples,
  Sequential,
  SGD,
  Sigmoid,
  Softmax,
  Tanh,
  Tensor,
  tensor,
  type Value,
} from '../../lib/index.js'
import { generator, numbers, thrownBy } from '../support.js'

const FEATURES = 4
const CLASSES = 3

/** Rows around one centre per class, mean about 0 and deviation about 1, before `scale` and `shift`. */
function blobs({ rows = 200, scale = 1, shift = 0, seed = 1 } = {}) {
  const next = generator(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  const y = Array.from({ length: rows }, (_, i) => i % CLASSES)
  const x = y.map((label) =>
    Array.from({ length: FEATURES }, (_, f) => scale * (0.7 * normal() + (f % CLASSES === label ? 1.2 : -0.6)) + shift),
  )
  return { x, y }
}

/** Values to predict: a sum of the inputs, with mean 0. */
function values(offset = 0) {
  const { x } = blobs()
  return { x, y: x.map((row) => [row[0]! - row[1]! + offset]) }
}

function net(options: Partial<MlpOptions> = {}): Sequential {
  return mlp({ inputs: FEATURES, hidden: [16, 16], outputs: CLASSES, seed: 1, ...options })
}

function changed(model: Sequential, change: (gates: readonly Gate[]) => void): Sequential {
  change(model.gates)
  return model
}

const deep = [16, 16, 16, 16, 16, 16, 16, 16]
const sgd = (learningRate: number) => ({ optimizer: new SGD({ learningRate }) })
const layer = (gate: Gate | undefined) => gate as Linear

describe('diagnose finds', () => {
  const rows: [string, Sequential, Samples, DiagnoseOptions, [FindingCode, string | null][]][] = [
    [
      'units that are all 0',
      net({ initializer: 'zeros' }),
      blobs(),
      sgd(0.1),
      [
        ['symmetric-units', '0 (Linear)'],
        ['symmetric-units', '2 (Linear)'],
      ],
    ],
    [
      'units with equal weights',
      net({ hidden: [8], initializer: initializers.constant(0.1), activation: 'sigmoid' }),
      blobs(),
      {},
      [['symmetric-units', '0 (Linear)']],
    ],
    [
      'two equal units among others',
      changed(net({ hidden: [8], activation: 'tanh' }), ([first, , last]) => {
        const { weight, bias } = layer(first)
        weight.data.copyWithin(FEATURES, 0, FEATURES)
        bias!.data[1] = bias!.data[0]!
        const out = layer(last).weight.data
        for (let c = 0; c < CLASSES; c++) out[8 * c + 1] = out[8 * c]!
      }),
      blobs(),
      {},
      [['symmetric-units', '0 (Linear)']],
    ],
    [
      'linear layers with nothing between',
      new Sequential(new Linear(4, 8, { seed: 1 }), new Sequential(new Linear(8, 3, { seed: 2 }))),
      blobs(),
      {},
      [['no-activation', '1.0 (Linear)']],
    ],
    [
      'a softmax before the softmax of the loss',
      new Sequential(new Linear(4, 8, { seed: 1 }), new ReLU(), new Linear(8, 3, { seed: 2 }), new Softmax()),
      blobs(),
      {},
      [['softmax-twice', '3 (Softmax)']],
    ],
    [
      'a layer of dead ReLUs',
      changed(net(), ([first]) => layer(first).bias!.data.fill(-50)),
      blobs(),
      {},
      [['dead-units', '1 (ReLU)']],
    ],
    [
      'half a layer of dead ReLUs',
      changed(net(), ([first]) => layer(first).bias!.data.fill(-50, 0, 8)),
      blobs(),
      {},
      [['dead-units', '1 (ReLU)']],
    ],
    [
      'saturated tanhs',
      changed(net({ activation: 'tanh' }), ([first]) => {
        for (let i = 0; i < 64; i++) layer(first).weight.data[i]! *= 30
      }),
      blobs(),
      {},
      [['saturated-units', '1 (Tanh)']],
    ],
    [
      'saturated sigmoids',
      changed(net({ activation: 'sigmoid' }), ([first]) => layer(first).bias!.data.fill(9)),
      blobs(),
      {},
      [['saturated-units', '1 (Sigmoid)']],
    ],
    [
      'gradients that vanish',
      net({ hidden: deep, activation: 'sigmoid' }),
      blobs(),
      {},
      [['vanishing-gradient', '0 (Linear)']],
    ],
    [
      'gradients that explode',
      net({ hidden: deep, initializer: initializers.normal({ std: 3 }) }),
      blobs(),
      {},
      [['exploding-gradient', '0 (Linear)']],
    ],
    ['inputs far from 0', net(), blobs({ shift: 8 }), {}, [['inputs-not-centred', null]]],
    ['inputs that are large', net(), blobs({ scale: 12 }), {}, [['inputs-not-scaled', null]]],
    ['inputs that are tiny', net(), blobs({ scale: 1e-3 }), {}, [['inputs-not-scaled', null]]],
    [
      'a loss above chance',
      changed(net(), (gates) => {
        for (let i = 0; i < 48; i++) layer(gates.at(-1)).weight.data[i]! *= 300
      }),
      blobs(),
      {},
      [['loss-above-chance', null]],
    ],
    ['targets far from 0', net({ outputs: 1 }), values(100), {}, [['loss-above-chance', null]]],
    [
      'inputs that contain the targets',
      changed(net({ hidden: [] }), ([only]) => {
        layer(only).weight.data.set([9, 0, 0, 0, 0, 9, 0, 0, 0, 0, 9, 0])
      }),
      blobs(),
      { start: true },
      [['loss-below-chance', null]],
    ],
    ['steps that are too long', net(), blobs(), sgd(50), [['learning-rate-too-high', '4 (Linear)']]],
    ['steps that are too short', net(), blobs(), sgd(1e-6), [['learning-rate-too-low', '4 (Linear)']]],
    [
      'NaN in a weight',
      changed(net(), (gates) => {
        layer(gates[2]).weight.data[3] = Number.NaN
      }),
      blobs(),
      {},
      [['non-finite', '2 (Linear)']],
    ],
  ]
  it.each(rows)('%s', (_, model, batch, options, wanted) => {
    const report = diagnose(model, batch, options)
    const found = report.findings.map(({ code, layer: at }) => [code, at])
    // What is wrong on purpose comes first; a gross fault may show in other numbers, too.
    expect(found.slice(0, wanted.length)).toEqual(wanted)
    expect(found.length - wanted.length).toBeLessThanOrEqual(1)
    for (const { seen, why, advice } of report.findings) {
      expect(seen).toMatch(/\d|no activation|NaN|Softmax/)
      expect(why.length).toBeGreaterThan(20)
      expect(advice.length).toBeGreaterThan(20)
    }
  })
})

describe('diagnose finds nothing', () => {
  const rows: [string, Sequential, Samples, DiagnoseOptions][] = [
    ['in a ReLU network', net(), blobs(), { optimizer: new Adam({ learningRate: 0.01 }), start: true }],
    ['with heNormal and SGD', net({ initializer: 'heNormal' }), blobs(), { ...sgd(0.1), start: true }],
    ['with tanh, in float64', net({ activation: 'tanh', dtype: 'float64' }), blobs(), { ...sgd(0.1), start: true }],
    [
      'in a deep network, well started',
      net({ hidden: deep, activation: 'tanh', initializer: 'xavierNormal' }),
      blobs(),
      { ...sgd(0.05), start: true },
    ],
    ['in a 1-layer network of zeros', net({ hidden: [], initializer: 'zeros' }), blobs(), { ...sgd(0.1), start: true }],
    ['with values to predict', net({ outputs: 1 }), values(), { ...sgd(0.05), start: true }],
    ['in inputs from 0 to 1', net(), blobs({ scale: 0.2, shift: 0.5 }), { ...sgd(0.1), start: true }],
    [
      'with a sum over rows',
      net(),
      blobs(),
      { loss: new CrossEntropy({ reduction: 'sum' }), ...sgd(5e-4), start: true },
    ],
    [
      'with log-probabilities and their loss',
      new Sequential(new Linear(4, 3, { seed: 1 }), new LogSoftmax()),
      blobs(),
      { loss: new NegativeLogLikelihood(), start: true },
    ],
    ['in a single row', net(), { x: [[1, -1, 0.5, 0]], y: [1] }, {}],
    [
      'where a network ends in log-probabilities',
      new Sequential(new Linear(4, 3, { seed: 1 }), new LogSoftmax()),
      blobs(),
      {},
    ],
    [
      'where something stands between linear layers',
      new Sequential(new Linear(4, 8, { seed: 1 }), new Tanh(), new Linear(8, 3, { seed: 2 })),
      blobs(),
      {},
    ],
  ]
  it.each(rows)('%s', (_, model, batch, options) => {
    expect(diagnose(model, batch, options).findings).toEqual([])
  })

  it('after training', async () => {
    const model = net({ initializer: 'heNormal' })
    const optimizer = new Adam({ learningRate: 0.003 })
    await fit(model, blobs(), { loss: new CrossEntropy(), optimizer, epochs: 20, verbose: false })
    const report = diagnose(model, blobs(), { optimizer })
    expect(report.findings).toEqual([])
    expect(report.loss).toBeLessThan(0.2)
  })
})

describe('the report', () => {
  const model = new Sequential(
    new Linear(2, 2, { initializer: initializers.constant(0.5), bias: false }),
    new ReLU(),
    new Linear(2, 2, { initializer: initializers.constant(0.25), bias: false }),
  )
  layer(model.gates[0]).weight.data.set([1, 0, -1, 0])
  layer(model.gates[2]).weight.data.set([1, 0, 0, 1])
  const report = diagnose(model, { x: [[1, 0], [3, 0]], y: [0, 0] }, sgd(0.5)) // biome-ignore format: a matrix

  it('has the statistics of every gate', () => {
    const [first, relu, last] = report.layers
    expect(report.layers.map((each) => each.layer)).toEqual(['0 (Linear)', '1 (ReLU)', '2 (Linear)'])
    // Outputs: [[1, −1], [3, −3]], [[1, 0], [3, 0]], the same.
    expect(first).toMatchObject({ outputMean: 0, outputStd: Math.sqrt(5), deadShare: null, saturatedShare: null })
    expect(relu).toMatchObject({ outputMean: 1, outputStd: Math.sqrt(1.5), deadShare: 0.5, weightNorm: null })
    // dL/dlogits = (softmax − onehot)/2: ∓(1/(1 + e), 1/(1 + e³))/2
    const [p, q] = [1 / (1 + Math.E) / 2, 1 / (1 + Math.E ** 3) / 2]
    expect(last!.gradientNorm).toBeCloseTo(Math.hypot(p, p, q, q), 6)
    expect(last!.weightNorm).toBeCloseTo(Math.SQRT2, 6)
    // dW2 = dlogitsᵀ·h = ∓(p + 3q) in its first column
    expect(last!.weightGradientNorm).toBeCloseTo(Math.SQRT2 * (p + 3 * q), 6)
    expect(last!.updateRatio).toBeCloseTo(0.5 * (p + 3 * q), 6)
    expect(report.rows).toBe(2)
    expect(report.chance).toBeCloseTo(Math.log(2), 6)
    expect(report.loss).toBeCloseTo((Math.log(1 + Math.exp(-1)) + Math.log(1 + Math.exp(-3))) / 2, 6)
  })

  it('knows what chance gives, also for log-probabilities', () => {
    const model = new Sequential(new Linear(4, 3, { seed: 1 }), new LogSoftmax())
    expect(diagnose(model, blobs(), { loss: new NegativeLogLikelihood() }).chance).toBeCloseTo(Math.log(3), 6)
    const sum = diagnose(net(), blobs(), { loss: new CrossEntropy({ reduction: 'sum' }) })
    expect(sum.chance).toBeCloseTo(200 * Math.log(3), 3)
    // Half of the targets 0 and half 1: the mean has (1/2)².
    const halves = diagnose(net({ outputs: 1 }), { x: blobs().x, y: blobs().y.map((_, i) => [i % 2]) })
    expect(halves.chance).toBeCloseTo(0.25, 6)
  })

  it('is plain JSON', () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual({ ...report })
    expect(Object.keys(report)).toEqual(['findings', 'layers', 'rows', 'loss', 'chance'])
  })

  it('prints as text', () => {
    const text = String(diagnose(net({ hidden: [4], initializer: 'zeros' }), blobs()))
    expect(text).toContain('Diagnosis on 200 rows: 1 finding; loss 1.1, chance gives 1.1\n')
    expect(text).toContain('error: symmetric-units at 0 (Linear)\n  seen: 4 of 4 units have all weights 0')
    expect(text).toMatch(/\n {2}why: .*\n {2}do: .*\n\nlayer +mean +std +dead +‖gradient‖ +‖W‖ +‖dW‖\n0 \(Linear\) /)
  })
})

/** y = 2x, as its user writes it. */
class Double implements Gate {
  x: Tensor | undefined
  forward(x: Value): Value {
    this.x = x as Tensor
    return new Tensor(this.x.data.map((v) => 2 * v) as Float32Array, this.x.shape)
  }
  backward(dy: Value): Value[] {
    return [new Tensor((dy as Tensor).data.map((d) => 2 * d) as Float32Array, this.x!.shape)]
  }
}

describe('the model', () => {
  const x = tensor([[1, 2, 3, 4]])
  const dy = tensor([[1, -1, 2]])

  it('is as it was: parameters, gradients, optimizer, and a forward that waits', () => {
    const model = new Sequential(
      new Linear(4, 5, { seed: 1 }),
      new Sigmoid(),
      new Double(),
      new Linear(5, 3, { seed: 2 }),
    )
    const optimizer = new Adam({ learningRate: 0.1 })
    model.forward(x)
    model.backward(dy)
    optimizer.step(model)
    const { step, vectors } = optimizer.state(model)
    const before = [model.block.values, model.block.gradients, ...vectors].map((v) => Array.from(v))
    model.forward(x)
    const [wanted] = model.backward(dy, { accumulate: false }).map((g) => numbers(g))
    model.block.gradients.set(before[1]!)

    model.forward(x)
    diagnose(model, blobs(), { optimizer })
    expect([model.block.values, model.block.gradients, ...vectors].map((v) => Array.from(v))).toEqual(before)
    expect(optimizer.state(model).step).toBe(step)
    expect(numbers(model.backward(dy)[0])).toEqual(wanted)
  })

  it('is as it was when the loss fails', () => {
    const model = net()
    const before = Array.from(model.block.values)
    const bad = {
      forward: () => 1,
      backward: (): Value[] => {
        throw new Error('no')
      },
    }
    model.forward(x)
    expect(() => diagnose(model, { ...blobs(), y: blobs().x }, { loss: bad })).toThrow()
    expect(Array.from(model.block.values)).toEqual(before)
    model.backward(dy)
  })

  it('keeps its running statistics, its next dropout masks and its mode', () => {
    const dropout = new Dropout(0.5, { seed: 3 })
    const model = new Sequential(new Linear(4, 8, { seed: 1 }), new BatchNorm(8), new ReLU(), dropout, new Linear(8, 3))
    model.forward(tensor(blobs().x))
    for (const training of [true, false]) {
      model.train(training)
      const state = Object.values(model.stateDict()).map(numbers)
      const { drawn } = dropout
      diagnose(model, blobs())
      expect(Object.values(model.stateDict()).map(numbers)).toEqual(state)
      expect(dropout.drawn).toBe(drawn)
      expect([model.training, dropout.training]).toEqual([training, training])
    }
  })

  it('may branch, share layers and look things up', () => {
    const layers = (model: Model, batch: Samples) => {
      const report = diagnose(model, batch)
      expect(report.findings).toEqual([])
      for (const { gradientNorm } of report.layers) expect(gradientNorm).toBeGreaterThan(0)
      return report.layers.map((each) => each.layer)
    }
    const linear = (inputs: number, outputs: number, seed: number) => new Linear(inputs, outputs, { seed })
    const residual = new Residual(linear(8, 8, 2), new ReLU(), linear(8, 8, 3))
    expect(layers(new Sequential(linear(4, 8, 1), residual, new Tanh(), linear(8, 3, 4)), blobs())).toEqual([
      '0 (Linear)',
      '1.0 (Linear)',
      '1.1 (ReLU)',
      '1.2 (Linear)',
      '2 (Tanh)',
      '3 (Linear)',
    ])
    const twice = linear(4, 4, 1)
    const nodes = {
      first: [twice, 'x'],
      bent: [new ReLU(), 'first'],
      second: [twice, 'bent'],
      sum: [new Add(), 'second', 'x'],
      scores: [linear(4, 3, 3), 'sum'],
    } as const
    expect(layers(new Network({ nodes }), blobs())).toEqual([
      'first (Linear)',
      'bent (ReLU)',
      'first (Linear)',
      'sum (Add)',
      'scores (Linear)',
    ])
    const indices = tensor(
      Int32Array.from({ length: 60 }, (_, i) => i % 10),
      { shape: [30, 2] },
    )
    const labels = Array.from({ length: 30 }, (_, i) => i % 3)
    const words = new Sequential(new Embedding(10, 4, { seed: 1 }), new Flatten(), new ReLU(), linear(8, 3, 2))
    expect(layers(words, { x: indices, y: labels })[0]).toBe('0 (Embedding)')
  })

  it('may hold gates of other hands', () => {
    const model = new Sequential(new Linear(4, 3, { seed: 1 }), new Double())
    expect(diagnose(model, blobs()).layers.map((each) => each.layer)).toEqual(['0 (Linear)', '1 (Double)'])
  })
})

describe('diagnose refuses', () => {
  const cases: [string, () => Diagnosis, string][] = [
    ['what is no model', () => diagnose({} as never, blobs()), 'INVALID_ARGUMENT'],
    ['unknown options', () => diagnose(net(), blobs(), { optimiser: 1 } as never), 'INVALID_ARGUMENT'],
    ['what is no loss', () => diagnose(net(), blobs(), { loss: {} as never }), 'INVALID_ARGUMENT'],
    [
      'a loss of many numbers',
      () => diagnose(net(), blobs(), { loss: new CrossEntropy({ reduction: 'none' }) as never }),
      'INVALID_ARGUMENT',
    ],
    ['what is no optimizer', () => diagnose(net(), blobs(), { optimizer: 1 as never }), 'INVALID_ARGUMENT'],
    ['a start that is not true or false', () => diagnose(net(), blobs(), { start: 1 as never }), 'INVALID_ARGUMENT'],
    ['no batch', () => diagnose(net(), undefined as never), 'INVALID_ARGUMENT'],
    ['inputs of another width', () => diagnose(net(), { x: [[1]], y: [0] }), 'SHAPE_MISMATCH'],
    ['labels that are none', () => diagnose(net(), { x: [[1, 2, 3, 4]], y: [3] }), 'LABEL_OUT_OF_RANGE'],
    ['NaN', () => diagnose(net(), { x: [[1, 2, 3, Number.NaN]], y: [0] }), 'NON_FINITE'],
  ]
  it.each(cases)('%s', (_, run, code) => {
    expect(thrownBy(run)).toMatchObject({ code })
  })
})

describe('the callback', () => {
  const options = { loss: new CrossEntropy(), optimizer: new SGD({ learningRate: 0.1 }), epochs: 6, verbose: false }

  it('reports each finding once, when it looks', async () => {
    const found: [number, Finding][] = []
    const callback = diagnosis({
      batch: blobs({ rows: 500 }),
      every: 2,
      onFinding: (finding, { epoch, diagnosis: report }) => {
        expect(report.rows).toBe(256)
        found.push([epoch, finding])
      },
    })
    await fit(net({ hidden: [8], initializer: 'zeros' }), blobs(), { ...options, callbacks: [callback] })
    expect(found.map(([epoch, { code, layer: at }]) => [epoch, code, at])).toEqual([
      [2, 'symmetric-units', '0 (Linear)'],
    ])
  })

  it('changes nothing', async () => {
    const [plain, watched] = [net(), net()]
    const batch = blobs()
    const optimizers = [new Adam(), new Adam()]
    await fit(plain, batch, { ...options, optimizer: optimizers[0]! })
    const callback = diagnosis({ batch, optimizer: optimizers[1]!, onFinding: () => {} })
    await fit(watched, batch, { ...options, optimizer: optimizers[1]!, callbacks: [callback] })
    expect(Array.from(watched.block.values)).toEqual(Array.from(plain.block.values))
  })

  it('warns unless told otherwise', async () => {
    const warning = new Promise((resolve) => {
      process.once('warning', resolve)
    })
    await fit(net({ initializer: 'zeros' }), blobs(), {
      ...options,
      epochs: 1,
      callbacks: [diagnosis({ batch: blobs() })],
    })
    expect(String(await warning)).toMatch(/^ChainruleDiagnosis: epoch 1: symmetric-units at 0 \(Linear\)/)
  })

  it.each([
    ['no options', undefined],
    ['no batch', {}],
    ['every 0', { batch: blobs(), every: 0 }],
    ['onFinding that is no function', { batch: blobs(), onFinding: 1 }],
  ])('refuses %s', (_, given) => {
    expect(thrownBy(() => diagnosis(given as never))).toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})
