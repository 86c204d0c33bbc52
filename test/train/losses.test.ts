// Every loss that plans know: trained through a plan and gate by gate, the numbers are the same.
import { describe, expect, it } from 'vitest'
import { lower } from '../../lib/compile/lower.js'
import {
  BinaryCrossEntropy,
  CosineDistance,
  CrossEntropy,
  fit,
  Hinge,
  Huber,
  KLDivergence,
  Linear,
  LogSoftmax,
  type Loss,
  MeanAbsoluteError,
  MeanSquaredError,
  NegativeLogLikelihood,
  Poisson,
  type Samples,
  Sequential,
  SGD,
  SmoothL1,
  tensor,
} from '../../lib/index.js'
import { expectClose, generator } from '../support.js'

type DType = 'float32' | 'float64'

/** How the targets of a loss are drawn from uniform numbers; labels where there is none. */
const values = {
  any: (u: number) => 4 * u - 2,
  part: (u: number) => u,
  sign: (u: number) => (u < 0.5 ? -1 : 1),
  count: (u: number) => Math.floor(5 * u),
}

interface Row {
  readonly loss: () => Loss
  readonly targets?: (u: number) => number
  /** Rows of targets are made to sum to 1. */
  readonly probabilities?: boolean
  /** What some labels are. */
  readonly ignored?: number
}

const rows: Record<string, Row> = {
  'cross-entropy, sum': { loss: () => new CrossEntropy({ reduction: 'sum' }) },
  'cross-entropy, smoothed': { loss: () => new CrossEntropy({ labelSmoothing: 0.1 }) },
  'cross-entropy, class weights': { loss: () => new CrossEntropy({ classWeights: [0.5, 2, 1] }) },
  'cross-entropy, all': {
    loss: () => new CrossEntropy({ classWeights: [0.5, 2, 1], labelSmoothing: 0.2, ignoreIndex: -100 }),
    ignored: -100,
  },
  'cross-entropy, ignored': { loss: () => new CrossEntropy({ ignoreIndex: -100 }), ignored: -100 },
  'cross-entropy, −1 ignored': { loss: () => new CrossEntropy({ ignoreIndex: -1 }), ignored: -1 },
  'cross-entropy, probabilities with all': {
    loss: () => new CrossEntropy({ targets: 'values', labelSmoothing: 0.2, classWeights: [0.5, 2, 1] }),
    targets: values.part,
    probabilities: true,
  },
  'cross-entropy, probabilities smoothed': {
    loss: () => new CrossEntropy({ targets: 'values', labelSmoothing: 0.1, reduction: 'sum' }),
    targets: values.part,
    probabilities: true,
  },
  'cross-entropy, probabilities': {
    loss: () => new CrossEntropy({ targets: 'values' }),
    targets: values.part,
    probabilities: true,
  },
  'squared error, sum': { loss: () => new MeanSquaredError({ reduction: 'sum' }), targets: values.any },
  'absolute error': { loss: () => new MeanAbsoluteError(), targets: values.any },
  huber: { loss: () => new Huber({ delta: 0.7 }), targets: values.any },
  'smooth L1': { loss: () => new SmoothL1({ beta: 0.5, reduction: 'sum' }), targets: values.any },
  'smooth L1 of beta 0': { loss: () => new SmoothL1({ beta: 0 }), targets: values.any },
  'binary cross-entropy': { loss: () => new BinaryCrossEntropy({ positiveWeight: 2 }), targets: values.part },
  'binary cross-entropy, a weight per column': {
    loss: () => new BinaryCrossEntropy({ positiveWeight: [2, 0.5, 1] }),
    targets: values.part,
  },
  'cosine distance': { loss: () => new CosineDistance(), targets: values.any },
  'cosine distance, sum': { loss: () => new CosineDistance({ reduction: 'sum', epsilon: 0.5 }), targets: values.any },
  hinge: { loss: () => new Hinge({ margin: 0.5 }), targets: values.sign },
  'squared hinge': { loss: () => new Hinge({ squared: true }), targets: values.sign },
  poisson: { loss: () => new Poisson(), targets: values.count },
  'negative log likelihood': { loss: () => new NegativeLogLikelihood() },
  'negative log likelihood, all': {
    loss: () => new NegativeLogLikelihood({ classWeights: [0.5, 2, 1], ignoreIndex: -100 }),
    ignored: -100,
  },
  'negative log likelihood, −1 ignored': {
    loss: () => new NegativeLogLikelihood({ ignoreIndex: -1 }),
    ignored: -1,
  },
  'negative log likelihood, sum': { loss: () => new NegativeLogLikelihood({ reduction: 'sum' }) },
  'KL divergence': { loss: () => new KLDivergence(), targets: values.part, probabilities: true },
}

function samples({ targets, probabilities, ignored }: Row, dtype: DType): Samples {
  const next = generator(21)
  const x = tensor(
    Float64Array.from({ length: 45 * 5 }, () => 2 * next() - 1),
    { shape: [45, 5] },
  ).astype(dtype)
  if (!targets) {
    return {
      x,
      y: Int32Array.from({ length: 45 }, (_, i) => (ignored && i % 7 === 0 ? ignored : Math.floor(3 * next()))),
    }
  }
  const y = Float64Array.from({ length: 45 * 3 }, () => targets(next()))
  for (let i = 0; probabilities && i < y.length; i += 3) {
    const sum = y[i]! + y[i + 1]! + y[i + 2]!
    for (let j = i; j < i + 3; j++) y[j]! /= sum
  }
  return { x, y: tensor(y, { shape: [45, 3] }).astype(dtype) }
}

describe('a plan takes the loss', () => {
  it.each(Object.entries(rows))('%s', async (name, row) => {
    for (const dtype of ['float64', 'float32'] as const) {
      const data = samples(row, dtype)
      const make = () =>
        (/^KL|likelihood/.test(name)
          ? new Sequential(new Linear(5, 3, { dtype }), new LogSoftmax())
          : new Sequential(new Linear(5, 3, { dtype }))
        ).initialize(3)
      const [byPlan, byGates] = [make(), make()]
      const given = { loss: row.loss(), validation: data, epochs: 3, batchSize: 8, seed: 5, verbose: false }
      expect(lower(byPlan, { rowShape: [5], batch: 8, loss: given.loss })).toBeDefined()
      const [a, b] = [new SGD({ learningRate: 0.01 }), new SGD({ learningRate: 0.01 })]
      const planned = await fit(byPlan, data, { ...given, optimizer: a })
      const gated = await fit(byGates, data, { ...given, optimizer: { step: (model) => b.step(model) } })
      const tolerance = dtype === 'float64' ? 1e-12 : 1e-5
      expectClose(Array.from(byPlan.block.values), Array.from(byGates.block.values), tolerance)
      for (const key of ['loss', 'accuracy', 'validationLoss', 'validationAccuracy'] as const) {
        const [mine, theirs] = [planned, gated].map((history) => history.epochs.map((epoch) => epoch[key] ?? 0))
        expectClose(mine, theirs!, tolerance)
      }
    }
  })

  it('but not one that it does not know', () => {
    class Mine extends MeanSquaredError {}
    const others = [
      new Mine(),
      new MeanSquaredError({ reduction: 'none' }),
      new BinaryCrossEntropy({ positiveWeight: [1, 2] }),
      new CrossEntropy({ classWeights: [1, 2] }),
    ]
    for (const loss of others) {
      expect(lower(new Sequential(new Linear(5, 3)), { rowShape: [5], batch: 8, loss: loss as Loss })).toBeUndefined()
    }
  })
})
