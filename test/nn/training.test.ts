// Networks with branches, modes and indices train through fit, and fit leaves their modes as they were.
import { describe, expect, it } from 'vitest'
import {
  Adam,
  Add,
  ArgumentError,
  BatchNorm,
  batches,
  CrossEntropy,
  Dropout,
  DTypeError,
  Embedding,
  Flatten,
  fit,
  Linear,
  MeanSquaredError,
  type Model,
  mlp,
  Network,
  Parallel,
  ReLU,
  Residual,
  Sequential,
  SGD,
  Tanh,
  tensor,
} from '../../lib/index.js'
import { generator, numbers } from '../support.js'

const next = generator(5)
const points = Array.from({ length: 300 }, () => [2 * next() - 1, 2 * next() - 1])
const inCircle = points.map(([a, b]) => (a! ** 2 + b! ** 2 < 0.5 ? 1 : 0))

describe('fit', () => {
  const wide = { inputs: 2, hidden: [24, 24], outputs: 2, seed: 3 } as const
  it.each<[string, () => Model]>([
    ['batch normalisation and dropout', () => mlp({ ...wide, normalization: 'batch', dropout: 0.1 })],
    ['layer normalisation', () => mlp({ ...wide, normalization: 'layer' })],
    [
      'a residual block',
      () =>
        new Sequential(
          new Linear(2, 24, { seed: 1 }),
          new Tanh(),
          new Residual(new Linear(24, 24, { seed: 2 }), new ReLU()),
          new Linear(24, 2, { seed: 3 }),
        ),
    ],
    [
      'parallel branches',
      () =>
        new Sequential(
          new Parallel([
            new Sequential(new Linear(2, 16, { seed: 1 }), new Tanh()),
            new Sequential(new Linear(2, 16, { seed: 2 }), new ReLU()),
          ]),
          new Linear(32, 2, { seed: 3 }),
        ),
    ],
    [
      'a graph with a shared layer',
      () => {
        const shared = new Sequential(new Linear(16, 16, { seed: 2 }), new Tanh())
        return new Network({
          nodes: {
            first: [new Linear(2, 16, { seed: 1 }), 'x'],
            active: [new Tanh(), 'first'],
            again: [shared, 'active'],
            twice: [shared, 'again'],
            sum: [new Add(), 'active', 'twice'],
            scores: [new Linear(16, 2, { seed: 3 }), 'sum'],
          },
        })
      },
    ],
  ])('learns a circle through %s, the same on every run', async (_, make) => {
    const options = () => ({ loss: new CrossEntropy(), optimizer: new Adam({ learningRate: 0.02 }), epochs: 25 })
    const train = { x: points, y: inCircle }
    const model = make()
    const history = await fit(model, train, { ...options(), validation: train, verbose: false })
    expect(history.epochs.at(-1)!.validationAccuracy).toBeGreaterThan(0.95)
    const again = make()
    // The order of construction must not matter where a seed is given.
    if (model.gates.some((gate) => gate instanceof Dropout)) expect(again.gates[3]).toMatchObject({ position: 3 })
    await fit(again, train, { ...options(), verbose: false })
    expect(numbers(again.predictSync(points))).toEqual(numbers(model.predictSync(points)))
  })

  it.each<[string, unknown]>([
    ['an Int32Array', Int32Array.from({ length: 200 }, (_, i) => i % 10)],
    [
      'an int32 tensor',
      tensor(
        Int32Array.from({ length: 200 }, (_, i) => i % 10),
        { shape: [100, 2] },
      ),
    ],
    ['nested arrays', Array.from({ length: 100 }, (_, i) => [(2 * i) % 10, (2 * i + 1) % 10])],
  ])('learns from indices as %s', async (_, x) => {
    const model = new Sequential(new Embedding(10, 4, { seed: 1 }), new Flatten(), new Linear(8, 5, { seed: 2 }))
    const y = Array.from({ length: 100 }, (_, i) => i % 5)
    const options = {
      loss: new CrossEntropy(),
      optimizer: new Adam({ learningRate: 0.05 }),
      epochs: 30,
      verbose: false,
    }
    const { epochs } = await fit(model, { x: x as number[][], y }, options)
    expect(epochs.at(-1)!.accuracy).toBe(1)
  })

  it('refuses indices that are none', async () => {
    const model = new Sequential(new Embedding(10, 4), new Flatten(), new Linear(8, 5))
    const options = { loss: new CrossEntropy(), optimizer: new SGD({ learningRate: 0.1 }), verbose: false }
    await expect(fit(model, { x: [[0.5, 1]], y: [1] }, options)).rejects.toThrow(DTypeError)
    await expect(fit(model, { x: [[3, 1]], y: [1], scale: 0.5 }, options)).rejects.toThrow(
      /no scale for indices, got 0.5/,
    )
    await expect(fit(model, { x: [[10, 1]], y: [1] }, options)).rejects.toThrow(/indices in \[0, 10\), got 10/)
  })

  it('trains in training mode and puts the mode back, also when it fails', async () => {
    const model = new Sequential(new Linear(2, 2, { seed: 1 }), new BatchNorm(2), new Dropout(0.5)).eval()
    const options = { loss: new MeanSquaredError(), optimizer: new SGD({ learningRate: 0.1 }), verbose: false }
    const seen: boolean[] = []
    const callbacks = [{ batch: () => void seen.push(model.training) }]
    await fit(
      model,
      {
        x: [
          [1, 2],
          [3, 4],
        ],
        y: [
          [1, 0],
          [0, 1],
        ],
      },
      { ...options, callbacks },
    )
    expect(seen).toEqual([true])
    expect(model.training).toBe(false)
    expect(numbers((model.gates[1] as BatchNorm).runningMean)).not.toEqual([0, 0])
    const broken = [
      {
        batch: () => {
          throw new Error('broken')
        },
      },
    ]
    await expect(
      fit(
        model,
        {
          x: [
            [1, 2],
            [3, 4],
          ],
          y: [
            [1, 0],
            [0, 1],
          ],
        },
        { ...options, callbacks: broken },
      ),
    ).rejects.toThrow('broken')
    expect(model.training).toBe(false)
  })

  it('leaves a layer in inference mode that the user froze', async () => {
    const frozen = new BatchNorm(2)
    const model = new Sequential(new Linear(2, 2, { seed: 1 }), frozen)
    frozen.eval()
    const options = { loss: new MeanSquaredError(), optimizer: new SGD({ learningRate: 0.1 }), verbose: false }
    await fit(
      model,
      {
        x: [
          [1, 2],
          [3, 4],
        ],
        y: [
          [1, 0],
          [0, 1],
        ],
      },
      options,
    )
    expect([model.training, frozen.training]).toEqual([true, false])
    expect(numbers(frozen.runningMean)).toEqual([0, 0])
  })

  it('refuses a last batch of one row for BatchNorm before anything changes', async () => {
    const model = mlp({ inputs: 2, hidden: [4], outputs: 2, normalization: 'batch' })
    const before = numbers(model.parameters()[0]!.value)
    const options = {
      loss: new CrossEntropy(),
      optimizer: new SGD({ learningRate: 0.1 }),
      batchSize: 2,
      verbose: false,
    }
    const x = points.slice(0, 5)
    await expect(fit(model, { x, y: [0, 1, 0, 1, 0] }, options)).rejects.toThrow(ArgumentError)
    expect(numbers(model.parameters()[0]!.value)).toEqual(before)
    await fit(model, { x, y: [0, 1, 0, 1, 0] }, { ...options, batchSize: 3 })
  })
})

it('batches keep indices as they are', () => {
  const x = Int32Array.from([1, 2, 3, 4])
  const [first] = [...batches({ x, y: [0, 1] }, 1)]
  expect([first!.x.dtype, numbers(first!.x)]).toEqual(['int32', [1, 2]])
  const [floats] = [...batches({ x, y: [0, 1] }, 1, { dtype: 'float64' })]
  expect(floats!.x.dtype).toBe('float64')
})
