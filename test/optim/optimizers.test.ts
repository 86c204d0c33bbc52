// Every optimizer against the formulas of torch.optim over many steps, in fit by plan and by gates, in groups, and its refusals.
import { describe, expect, it } from 'vitest'
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  CrossEntropy,
  fit,
  LBFGS,
  Linear,
  Lion,
  NAdam,
  type Optimizer,
  RAdam,
  ReLU,
  RMSProp,
  Rprop,
  Sequential,
  SGD,
} from '../../lib/index.js'
import { expectClose, generator } from '../support.js'
import { type Element, type Reference, references } from './references.js'

const STEPS = 30
const { sgd, adam, nadam, radam, adamax, rmsprop, adagrad, adadelta, rprop, lion } = references

const rows: [string, () => Optimizer, Reference][] = [
  ['SGD', () => new SGD(), sgd(0.01)],
  [
    'SGD, L1 and L2',
    () => new SGD({ learningRate: 0.1, weightDecay: 0.02, l1: 0.03 }),
    sgd(0.1, { decay: 0.02, l1: 0.03 }),
  ],
  ['SGD, dampened', () => new SGD({ momentum: 0.9, dampening: 0.3 }), sgd(0.01, { momentum: 0.9, dampening: 0.3 })],
  ['SGD, Nesterov', () => new SGD({ momentum: 0.8, nesterov: true }), sgd(0.01, { momentum: 0.8, nesterov: true })],
  ['Adam', () => new Adam(), adam({ rate: 1e-3 })],
  [
    'Adam, every option',
    () => new Adam({ learningRate: 0.02, betas: [0.8, 0.95], epsilon: 1e-4, weightDecay: 0.1 }),
    adam({ rate: 0.02, betas: [0.8, 0.95], epsilon: 1e-4, decay: 0.1 }),
  ],
  [
    'Adam, AMSGrad',
    () => new Adam({ amsgrad: true, betas: [0.9, 0.5] }),
    adam({ rate: 1e-3, betas: [0.9, 0.5], amsgrad: true }),
  ],
  ['AdamW', () => new AdamW({ learningRate: 0.05 }), adam({ rate: 0.05, decay: 0.01, decoupled: true })],
  [
    'AdamW, AMSGrad',
    () => new AdamW({ learningRate: 0.05, weightDecay: 0.3, amsgrad: true, betas: [0.9, 0.6] }),
    adam({ rate: 0.05, decay: 0.3, decoupled: true, amsgrad: true, betas: [0.9, 0.6] }),
  ],
  ['NAdam', () => new NAdam(), nadam({ rate: 2e-3 })],
  [
    'NAdam, decay',
    () => new NAdam({ momentumDecay: 0.3, weightDecay: 0.1 }),
    nadam({ rate: 2e-3, psi: 0.3, decay: 0.1 }),
  ],
  [
    'NAdam, decoupled decay',
    () => new NAdam({ learningRate: 0.05, weightDecay: 0.1, decoupledWeightDecay: true }),
    nadam({ rate: 0.05, decay: 0.1, decoupled: true }),
  ],
  ['RAdam', () => new RAdam(), radam({ rate: 1e-3 })],
  [
    'RAdam, decoupled decay',
    () => new RAdam({ learningRate: 0.05, betas: [0.9, 0.7], weightDecay: 0.1, decoupledWeightDecay: true }),
    radam({ rate: 0.05, betas: [0.9, 0.7], decay: 0.1, decoupled: true }),
  ],
  ['Adamax', () => new Adamax(), adamax({ rate: 2e-3 })],
  [
    'Adamax, decay',
    () => new Adamax({ betas: [0.7, 0.8], weightDecay: 0.1 }),
    adamax({ rate: 2e-3, betas: [0.7, 0.8], decay: 0.1 }),
  ],
  ['RMSProp', () => new RMSProp(), rmsprop(0.01)],
  ['RMSProp, momentum', () => new RMSProp({ momentum: 0.9, alpha: 0.9 }), rmsprop(0.01, { momentum: 0.9, alpha: 0.9 })],
  [
    'RMSProp, centred',
    () => new RMSProp({ centered: true, epsilon: 1e-3 }),
    rmsprop(0.01, { centered: true, epsilon: 1e-3 }),
  ],
  [
    'RMSProp, centred, momentum',
    () => new RMSProp({ centered: true, momentum: 0.5, epsilon: 1e-3, weightDecay: 0.1 }),
    rmsprop(0.01, { centered: true, momentum: 0.5, epsilon: 1e-3, decay: 0.1 }),
  ],
  ['Adagrad', () => new Adagrad(), adagrad(0.01)],
  [
    'Adagrad, every option',
    () =>
      new Adagrad({
        learningRate: 0.1,
        learningRateDecay: 0.2,
        initialAccumulator: 0.3,
        epsilon: 1e-3,
        weightDecay: 0.1,
      }),
    adagrad(0.1, { rateDecay: 0.2, start: 0.3, epsilon: 1e-3, decay: 0.1 }),
  ],
  ['Adadelta', () => new Adadelta(), adadelta(1)],
  [
    'Adadelta, options',
    () => new Adadelta({ learningRate: 0.5, rho: 0.8, epsilon: 1e-3, weightDecay: 0.1 }),
    adadelta(0.5, { rho: 0.8, epsilon: 1e-3, decay: 0.1 }),
  ],
  ['Rprop', () => new Rprop(), rprop(0.01)],
  [
    'Rprop, bounded',
    () => new Rprop({ etas: [0.3, 1.5], stepSizes: [4e-3, 2e-2] }),
    rprop(0.01, [0.3, 1.5], [4e-3, 2e-2]),
  ],
  ['Lion', () => new Lion({ learningRate: 0.01 }), lion(0.01)],
  [
    'Lion, decay',
    () => new Lion({ learningRate: 0.01, weightDecay: 0.2, betas: [0.7, 0.8] }),
    lion(0.01, { betas: [0.7, 0.8], decay: 0.2 }),
  ],
]

describe('trajectories are those of the formulas', () => {
  it.each(rows)('%s', (_, make, reference) => {
    for (const [dtype, tolerance] of [
      ['float64', 1e-10],
      ['float32', 2e-5],
    ] as const) {
      const model = new Sequential(new Linear(5, 3, { dtype, seed: 2 }))
      const optimizer = make()
      const [weight, bias] = model.parameters()
      const all = [...weight!.value.data, ...bias!.value.data]
      const exact: Element[] = all.map((p) => ({ p, a: 0, b: 0, c: 0 }))
      const next = generator(4)
      const target = all.map(() => 2 * next() - 1)
      for (let t = 1; t <= STEPS; t++) {
        const gradients = exact.map(({ p }, i) => (p - target[i]!) * (t % 4 === 3 ? -2 : 1) + 0.01 * Math.sin(t * i))
        weight!.gradient.data.set(gradients.slice(0, 15))
        bias!.gradient.data.set(gradients.slice(15))
        optimizer.step(model)
        for (const [i, element] of exact.entries()) {
          const g = dtype === 'float64' ? gradients[i]! : Math.fround(gradients[i]!)
          reference(element, g, t)
        }
      }
      expect(optimizer.state(model).step).toBe(STEPS)
      expectClose(
        [...weight!.value.data, ...bias!.value.data],
        exact.map(({ p }) => p),
        tolerance,
      )
      const spread = Math.max(...exact.map(({ p }, i) => Math.abs(p - all[i]!)))
      expect(spread).toBeGreaterThan(1e-3)
    }
  })
})

// 45 rows in batches of 8: the last has 5.
const next = generator(11)
const x = Array.from({ length: 45 }, () => [next() - 0.5, next() - 0.5, next() - 0.5])
const data = { x, y: x.map(([a, b]) => (a! * b! > 0 ? 1 : 0)) }
const network = (dtype: 'float32' | 'float64') =>
  new Sequential(new Linear(3, 6, { dtype, seed: 1 }), new ReLU(), new Linear(6, 2, { dtype, seed: 2 }))
const eagerly = (optimizer: Optimizer) => ({ step: (model: Sequential) => optimizer.step(model) }) as Optimizer
const base = { loss: new CrossEntropy(), epochs: 4, batchSize: 8, verbose: false }

describe('a plan updates as gates do', () => {
  it.each(rows)('%s', async (_, make) => {
    for (const dtype of ['float64', 'float32'] as const) {
      const [byPlan, byGates] = [network(dtype), network(dtype)]
      const [a, b] = [make(), make()]
      await fit(byPlan, data, { ...base, optimizer: a })
      await fit(byGates, data, { ...base, optimizer: eagerly(b) })
      const tolerance = dtype === 'float64' ? 1e-9 : 1e-3
      expectClose(Array.from(byPlan.block.values), Array.from(byGates.block.values), tolerance)
      expect(a.state(byPlan).step).toBe(b.state(byGates).step)
      expect(a.state(byPlan).vectors.length).toBe(b.state(byGates).vectors.length)
    }
  })
})

describe('groups', () => {
  const groups = [
    { match: /bias/g, weightDecay: 0 },
    { match: (p: { name: string }) => p.name.startsWith('2.'), learningRate: 0.4 },
  ]

  it('have rates and decays of their own; the first that matches counts', () => {
    const model = network('float64')
    const before = model.parameters().map((p) => Array.from(p.value.data))
    const optimizer = new SGD({ learningRate: 0.1, weightDecay: 0.5, groups })
    model.block.gradients.fill(1)
    optimizer.step(model)
    const rate = [0.1, 0.1, 0.4, 0.1]
    const decay = [0.5, 0, 0.5, 0]
    for (const [i, p] of model.parameters().entries()) {
      const expected = before[i]!.map((w) => w - rate[i]! * (1 + decay[i]! * w))
      expectClose(Array.from(p.value.data), expected, 1e-15)
    }
    optimizer.learningRate = 0.05
    const [, , weight] = model.parameters()
    const first = weight!.value.data[0]!
    optimizer.step(model)
    expectClose([weight!.value.data[0]!], [first - 0.2 * (1 + 0.5 * first)], 1e-15)
    expect(optimizer.state(model).step).toBe(2)
  })

  it('train in fit, with the numbers of steps by hand', async () => {
    const [a, b] = [network('float64'), network('float64')]
    await fit(a, data, { ...base, optimizer: new AdamW({ learningRate: 0.01, groups }) })
    await fit(b, data, { ...base, optimizer: eagerly(new AdamW({ learningRate: 0.01, groups })) })
    expectClose(Array.from(a.block.values), Array.from(b.block.values), 1e-9)
    const plain = network('float64')
    await fit(plain, data, { ...base, optimizer: new AdamW({ learningRate: 0.01 }) })
    expect(Array.from(plain.block.values)).not.toEqual(Array.from(a.block.values))
  })

  it.each<[string, unknown]>([
    ['no array', {}],
    ['no object', [1]],
    ['undefined', [undefined]],
    ['no match', [{ learningRate: 1 }]],
    ['match as text', [{ match: 'bias' }]],
    ['unknown keys', [{ match: /b/, rate: 1 }]],
    ['negative rate', [{ match: /b/, learningRate: -1 }]],
    ['negative decay', [{ match: /b/, weightDecay: -1 }]],
  ])('are refused: %s', (_, groups) => {
    expect(() => new SGD({ groups: groups as never })).toThrow(/^\[SGD\] expected/)
  })

  it('are refused: a rate beside a rate of 0', () => {
    expect(() => new SGD({ learningRate: 0, groups: [{ match: /b/, learningRate: 1 }] })).toThrow(/> 0/)
  })
})

describe('refusals', () => {
  const classes = { SGD, Adam, AdamW, NAdam, RAdam, Adamax, RMSProp, Adagrad, Adadelta, Rprop, Lion }
  type Row = [keyof typeof classes, Record<string, unknown>]
  const everywhere = Object.keys(classes).flatMap((name): Row[] =>
    [
      { learningRate: -1 },
      { learningRate: Number.NaN },
      { learningRate: '1' },
      { learningRate: null },
      { rate: 1 },
      { l1: -1 },
    ].map((bad) => [name as Row[0], bad]),
  )
  const own: Row[] = [
    ['SGD', { weightDecay: -1 }],
    ['SGD', { momentum: -1 }],
    ['SGD', { nesterov: true }],
    ['SGD', { nesterov: 1 }],
    ['Adam', { betas: [1, 0.9] }],
    ['Adam', { betas: [0.9] }],
    ['Adam', { betas: 0.9 }],
    ['Adam', { epsilon: -1 }],
    ['Adam', { amsgrad: 1 }],
    ['NAdam', { momentumDecay: -1 }],
    ['NAdam', { decoupledWeightDecay: 'yes' }],
    ['RAdam', { amsgrad: true }],
    ['RAdam', { decoupledWeightDecay: 1 }],
    ['Adamax', { betas: [0.9, Number.NaN] }],
    ['RMSProp', { alpha: 1 }],
    ['RMSProp', { momentum: -0.1 }],
    ['RMSProp', { centered: null }],
    ['Adagrad', { learningRateDecay: -1 }],
    ['Adagrad', { initialAccumulator: -1 }],
    ['Adadelta', { rho: 1 }],
    ['Rprop', { weightDecay: 1 }],
    ['Rprop', { etas: [1, 1.2] }],
    ['Rprop', { etas: [0.5, 1] }],
    ['Rprop', { etas: 1 }],
    ['Rprop', { stepSizes: [2, 1] }],
    ['Rprop', { stepSizes: [0, Number.POSITIVE_INFINITY] }],
    ['Lion', { betas: [0.9, 1] }],
    ['Lion', { epsilon: 1 }],
  ]
  it.each([...everywhere, ...own])('%s %o', (name, bad) => {
    try {
      new classes[name](bad as never)
    } catch (error) {
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', operation: name })
      return
    }
    throw new Error('not refused')
  })

  it('a learning rate that becomes unusable is refused and not kept', () => {
    const optimizer = new NAdam()
    expect(() => {
      optimizer.learningRate = -1
    }).toThrow('[NAdam] expected learningRate to be a finite number ≥ 0, got -1')
    expect(optimizer.learningRate).toBe(2e-3)
  })

  it.each([
    ['no model', undefined],
    ['one without parameters', { block: undefined }],
    ['parameters of another kind', { block: { values: new Float32Array(2) } }],
  ])('a step of %s', (_, model) => {
    const message = /\] expected a model or layer with parameters/
    expect(() => new SGD().step(model as never)).toThrow(message)
    expect(() => new LBFGS().step(model as never, () => 0)).toThrow(message)
  })
})
