// Losses against references straight from PyTorch's documentation, numerically, by hand, and at their edges.
import { describe, expect, it } from 'vitest'
import {
  ArgumentError,
  BinaryCrossEntropy,
  CosineDistance,
  CrossEntropy,
  checkGradients,
  DTypeError,
  fit,
  Hinge,
  Huber,
  KLDivergence,
  LabelError,
  Linear,
  LogSoftmax,
  MeanAbsoluteError,
  MeanSquaredError,
  NegativeLogLikelihood,
  Poisson,
  type Reduction,
  type SampleWeights,
  Sequential,
  SGD,
  ShapeError,
  SmoothL1,
  Softmax,
  StateError,
  Tensor,
  tensor,
  type Value,
  zeros,
} from '../../lib/index.js'
import { expectClose, numbers, randomTensor, thrownBy } from '../support.js'
import * as reference from './reference.js'

/** Any of the losses. */
interface AnyLoss {
  forward(prediction: Value, target: never, weights?: SampleWeights): Value
  backward(upstream?: Value): readonly Value[]
}
type Make = (reduction?: Reduction) => AnyLoss
const float64 = 'float64' as const
const [rows, cols] = [5, 4]
const x = randomTensor([rows, cols], 1, -2, 2, 0.01)
const values = randomTensor([rows, cols], 2)
const labels = [3, 0, 1, 1, 2]
const signs = new Tensor(values.data.map((v) => (v > 0 ? 1 : -1)) as Float64Array, values.shape)
const zeroOne = new Tensor(values.data.map((v, i) => (i % 5 === 0 ? 0.3 : v > 0 ? 1 : 0)) as Float64Array, values.shape)
const counts = new Tensor(values.data.map((v) => Math.floor(v + 2)) as Float64Array, values.shape)
const probabilities = new Softmax().infer(values) as Tensor
const logs = new LogSoftmax().infer(x) as Tensor
const classWeights = [0.5, 2, 0, 1.5]
const sampleWeights = [1, 0.5, 0, 2, 3]

const elementwise: [string, Make, Tensor, Tensor, (x: number, t: number) => number][] = [
  ['MeanSquaredError', (reduction) => new MeanSquaredError(given(reduction)), x, values, (a, t) => (a - t) ** 2],
  ['MeanAbsoluteError', (reduction) => new MeanAbsoluteError(given(reduction)), x, values, (a, t) => Math.abs(a - t)],
  ['Huber', (reduction) => new Huber(given(reduction)), x, values, reference.huber(1)],
  ['Huber of δ 0.3', (reduction) => new Huber({ ...given(reduction), delta: 0.3 }), x, values, reference.huber(0.3)],
  ['SmoothL1', (reduction) => new SmoothL1(given(reduction)), x, values, reference.smoothL1(1)],
  ['SmoothL1 of β 2', (reduction) => new SmoothL1({ ...given(reduction), beta: 2 }), x, values, reference.smoothL1(2)],
  [
    'SmoothL1 of β 0',
    (reduction) => new SmoothL1({ ...given(reduction), beta: 0 }),
    x,
    values,
    (a, t) => Math.abs(a - t),
  ],
  ['BinaryCrossEntropy', (reduction) => new BinaryCrossEntropy(given(reduction)), x, zeroOne, reference.binary(1)],
  [
    'BinaryCrossEntropy of positive weight 3',
    (reduction) => new BinaryCrossEntropy({ ...given(reduction), positiveWeight: 3 }),
    x,
    zeroOne,
    reference.binary(3),
  ],
  ['Hinge', (reduction) => new Hinge(given(reduction)), x, signs, (a, t) => Math.max(0, 1 - t * a)],
  [
    'Hinge of margin 0.5, squared',
    (reduction) => new Hinge({ ...given(reduction), margin: 0.5, squared: true }),
    x,
    signs,
    (a, t) => Math.max(0, 0.5 - t * a) ** 2,
  ],
  ['Poisson', (reduction) => new Poisson(given(reduction)), x, counts, (a, t) => Math.exp(a) - t * a],
]

function given(reduction: Reduction | undefined): { reduction: Reduction } | undefined {
  return reduction && { reduction }
}

/** The loss as a gate of one input, for the numerical check. */
function gateOf(name: string, loss: AnyLoss, target: unknown, weights?: SampleWeights) {
  return {
    name,
    forward: (prediction: Value) => loss.forward(prediction, target as never, weights),
    backward: (upstream: Value) => [loss.backward(upstream)[0]!],
  }
}

function expectGradients(name: string, loss: AnyLoss, at: Tensor, target: unknown, weights?: SampleWeights): void {
  const report = checkGradients(gateOf(name, loss, target, weights), [at])
  expect(report.ok, String(report)).toBe(true)
}

const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0)

describe.each(elementwise)('%s', (name, make, at, target, f) => {
  const losses = Array.from(at.data, (v, i) => f(v, target.data[i]!))
  const perElement = losses.map((_, i) => sampleWeights[Math.floor(i / cols)]!)
  const weighted = losses.map((loss, i) => loss * perElement[i]!)

  it('is the formula: mean, sum, each', () => {
    expectClose(make().forward(at, target as never), [sum(losses) / losses.length], 1e-12)
    expectClose(make('sum').forward(at, target as never), [sum(losses)], 1e-12)
    const each = make('none').forward(at, target as never) as Tensor
    expect(each.shape).toEqual(at.shape)
    expectClose(each, losses, 1e-12)
  })

  it('weighs samples', () => {
    expectClose(make().forward(at, target as never, sampleWeights), [sum(weighted) / sum(perElement)], 1e-12)
    expectClose(make('sum').forward(at, target as never, sampleWeights), [sum(weighted)], 1e-12)
    expectClose(make('none').forward(at, target as never, tensor(sampleWeights)), weighted, 1e-12)
    const ones = Array(rows).fill(2)
    expectClose(make().forward(at, target as never, ones), [sum(losses) / losses.length], 1e-12)
  })

  it('agrees with numerical gradients', () => {
    for (const reduction of [undefined, 'sum', 'none'] as const) {
      expectGradients(name, make(reduction), at, target)
      expectGradients(name, make(reduction), at, target, sampleWeights)
    }
  })

  it('takes numbers and float32 alike', () => {
    expectClose(make().forward(at.data[3]!, target.data[3] as never), [losses[3]!], 1e-12)
    expectClose(make('none').forward(at.data[3]!, target.data[3] as never), [losses[3]!], 1e-12)
    const [a, t] = [at.astype('float32'), target.astype('float32')]
    const single = make()
    expectClose(single.forward(a, t as never), [sum(losses) / losses.length], 1e-5)
    expect((single.backward()[0] as Tensor).dtype).toBe('float32')
  })
})

describe('BinaryCrossEntropy of one positive weight per column', () => {
  const positiveWeight = [0.5, 3, 1, 20]
  const each = Array.from(x.data, (v, i) => reference.binary(positiveWeight[i % cols]!)(v, zeroOne.data[i]!))
  const weighted = each.map((loss, i) => loss * sampleWeights[Math.floor(i / cols)]!)

  it('is PyTorch’s: mean, sum, each, with weights of samples', () => {
    for (const given of [positiveWeight, tensor(positiveWeight)]) {
      const make = (reduction: Reduction) => new BinaryCrossEntropy({ positiveWeight: given, reduction })
      expectClose(make('mean').forward(x, zeroOne), [sum(each) / each.length], 1e-12)
      expectClose(make('sum').forward(x, zeroOne), [sum(each)], 1e-12)
      expectClose(make('none').forward(x, zeroOne), each, 1e-12)
      expectClose(make('mean').forward(x, zeroOne, sampleWeights), [sum(weighted) / sum(sampleWeights) / cols], 1e-12)
      expectClose(make('none').forward(x, zeroOne, sampleWeights), weighted, 1e-12)
    }
  })

  it('agrees with numerical gradients', () => {
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      const loss = new BinaryCrossEntropy({ positiveWeight, reduction })
      expectGradients('BinaryCrossEntropy', loss, x, zeroOne)
      expectGradients('BinaryCrossEntropy', loss, x, zeroOne, sampleWeights)
    }
  })

  it('stays finite for logits of any size, and trains', async () => {
    const loss = new BinaryCrossEntropy({ positiveWeight: [1, 4], reduction: 'sum' })
    expect(loss.forward(tensor([[1000, -1000]]), tensor([[0, 1]]))).toBe(5000)
    expect(numbers(loss.backward()[0])).toEqual([1, -4])
    const model = new Sequential(new Linear(2, 2, { seed: 1 }))
    const data = { x: [[0, 1], [1, 0]], y: tensor([[0, 1], [1, 0]]) } // biome-ignore format: pairs
    const options = { loss: new BinaryCrossEntropy({ positiveWeight: [1, 4] }), epochs: 30, batchSize: 2 }
    const { epochs } = await fit(model, data, { ...options, optimizer: new SGD({ learningRate: 0.5 }) })
    expect(epochs.at(-1)!.loss).toBeLessThan(epochs[0]!.loss / 2)
  })
})

describe('KLDivergence', () => {
  const target = probabilities.data.map((p, i) => (i === 2 ? 0 : p)) as Float64Array
  const t = new Tensor(target, probabilities.shape)
  const each = Array.from(target, (p, i) => (p === 0 ? 0 : p * (Math.log(p) - logs.data[i]!)))

  it('is Σ t(log t − x), 0·log 0 = 0; the mean over rows is PyTorch’s batchmean', () => {
    expectClose(new KLDivergence().forward(logs, t), [sum(each) / rows], 1e-12)
    expectClose(new KLDivergence({ reduction: 'sum' }).forward(logs, t), [sum(each)], 1e-12)
    expectClose(new KLDivergence({ reduction: 'none' }).forward(logs, t), each, 1e-12)
    const weighted = sum(each.map((loss, i) => loss * sampleWeights[Math.floor(i / cols)]!))
    expectClose(new KLDivergence().forward(logs, t, sampleWeights), [weighted / sum(sampleWeights)], 1e-12)
    expect(new KLDivergence().forward(new LogSoftmax().infer(values), probabilities)).toBeCloseTo(0, 12)
  })

  it('agrees with numerical gradients', () => {
    expectGradients('KLDivergence', new KLDivergence(), logs, t)
    expectGradients('KLDivergence', new KLDivergence(), logs, t, sampleWeights)
  })
})

describe('CosineDistance', () => {
  const each = reference.rowsOf(x.data, cols).map((row, i) => {
    const other = reference.rowsOf(values.data, cols)[i]!
    const dot = (a: number[], b: number[]) => sum(a.map((v, j) => v * b[j]!))
    return 1 - dot(row, other) / Math.sqrt(dot(row, row) * dot(other, other))
  })

  it('is 1 − cos of each row', () => {
    expectClose(new CosineDistance().forward(x, values), [sum(each) / rows], 1e-12)
    expectClose(new CosineDistance({ reduction: 'none' }).forward(x, values), each, 1e-12)
    const weighted = each.map((loss, i) => loss * sampleWeights[i]!)
    expectClose(new CosineDistance().forward(x, values, sampleWeights), [sum(weighted) / sum(sampleWeights)], 1e-12)
    expect(new CosineDistance().forward(tensor([1, 0]), tensor([0, 3]))).toBe(1)
    expect(new CosineDistance().forward(tensor([1, 2]), tensor([-2, -4]))).toBeCloseTo(2, 6)
    expect(new CosineDistance().forward(tensor([0, 0]), tensor([0, 3]))).toBe(1)
  })

  it('agrees with numerical gradients, below its least length too', () => {
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      expectGradients('CosineDistance', new CosineDistance({ reduction }), x, values, sampleWeights)
    }
    expectGradients('CosineDistance', new CosineDistance({ epsilon: 100 }), x, values)
    expectGradients('CosineDistance', new CosineDistance(), x.rows(0).reshape(cols), values.rows(0).reshape(cols))
  })
})

describe('CrossEntropy', () => {
  const ignored = [3, -100, 1, 1, -100]
  const cases: [string, object, number[]][] = [
    ['plain', {}, labels],
    ['with class weights', { classWeights }, labels],
    ['with label smoothing', { labelSmoothing: 0.1 }, labels],
    ['with rows ignored', { ignoreIndex: -100 }, ignored],
    ['with −1 ignored', { ignoreIndex: -1 }, [3, -1, 1, 1, -1]],
    ['with a class ignored', { ignoreIndex: 1 }, labels],
    ['with all of it', { classWeights, labelSmoothing: 0.3, ignoreIndex: -100 }, ignored],
    ['wholly smoothed', { labelSmoothing: 1 }, labels],
  ]
  describe.each(cases)('%s', (name, options, target) => {
    it.each([undefined, sampleWeights])('is PyTorch’s, with weights %j', (weights) => {
      const wanted = reference.crossEntropy(reference.rowsOf(x.data, cols), target, { ...options, weights })
      const forward = (reduction: Reduction) =>
        new CrossEntropy({ ...options, reduction }).forward(x, Int32Array.from(target), weights)
      expectClose(forward('mean'), [wanted.mean], 1e-10)
      expectClose(forward('sum'), [wanted.sum], 1e-10)
      expectClose(forward('none'), wanted.each, 1e-10)
      expectClose(new CrossEntropy(options).forward(x, target, weights), [wanted.mean], 1e-10)
      for (const reduction of ['mean', 'sum', 'none'] as const) {
        expectGradients(name, new CrossEntropy({ ...options, reduction }), x, target, weights)
      }
    })
  })

  it('of probabilities is PyTorch’s, with class weights and smoothing', () => {
    for (const options of [{}, { classWeights }, { labelSmoothing: 0.2 }, { classWeights, labelSmoothing: 0.2 }]) {
      const each = reference.softCrossEntropy(
        reference.rowsOf(x.data, cols),
        reference.rowsOf(probabilities.data, cols),
        options,
      )
      const loss = new CrossEntropy({ targets: 'values', ...options })
      expectClose(loss.forward(x, probabilities), [sum(each) / rows], 1e-10)
      const weighted = each.map((l, i) => l * sampleWeights[i]!)
      expectClose(loss.forward(x, probabilities, sampleWeights), [sum(weighted) / sum(sampleWeights)], 1e-10)
      expectGradients('CrossEntropy', loss, x, probabilities, sampleWeights)
      expectGradients(
        'CrossEntropy',
        new CrossEntropy({ targets: 'values', ...options, reduction: 'none' }) as AnyLoss,
        x,
        probabilities,
      )
    }
  })

  it('of probabilities that are labels is that of labels', () => {
    const onehot = zeros([rows, cols], float64)
    for (const [i, label] of labels.entries()) onehot.data[i * cols + label] = 1
    const soft = new CrossEntropy({ targets: 'values', labelSmoothing: 0.1 }).forward(x, onehot)
    expectClose(soft, [new CrossEntropy({ labelSmoothing: 0.1 }).forward(x, labels)], 1e-12)
  })

  it('known numbers: equal logits give ln C, certain ones 0, wrong certain ones their distance', () => {
    const loss = new CrossEntropy({ labelSmoothing: 0.5 })
    expect(loss.forward(zeros([3, 7], float64), [0, 3, 6])).toBeCloseTo(Math.log(7), 12)
    const sure = tensor([[1000, 0]], { dtype: float64 })
    expect(new CrossEntropy({ classWeights: [1, 1] }).forward(sure, [0])).toBe(0)
    expect(new CrossEntropy({ classWeights: [1, 1] }).forward(sure, [1])).toBe(1000)
    expect(new CrossEntropy().forward(sure, [1])).toBe(1000)
  })

  it('of nothing but ignored rows is NaN, as in PyTorch; their sum is 0', () => {
    expect(new CrossEntropy({ ignoreIndex: 0 }).forward(x, [0, 0, 0, 0, 0])).toBeNaN()
    expect(new CrossEntropy({ ignoreIndex: 0, reduction: 'sum' }).forward(x, [0, 0, 0, 0, 0])).toBe(0)
  })
})

describe('NegativeLogLikelihood', () => {
  it('of log-probabilities is cross-entropy of logits', () => {
    for (const options of [{}, { classWeights }, { ignoreIndex: 1 }, { classWeights, ignoreIndex: 0 }]) {
      for (const reduction of ['mean', 'sum', 'none'] as const) {
        const wanted = new CrossEntropy({ ...options, reduction }).forward(x, labels, sampleWeights) as Value
        const loss = new NegativeLogLikelihood({ ...options, reduction })
        expectClose(loss.forward(logs, labels, sampleWeights) as Value, numbers(wanted), 1e-12)
        expectGradients('NegativeLogLikelihood', loss as AnyLoss, logs, labels, sampleWeights)
      }
    }
    expect(new NegativeLogLikelihood().forward(tensor([-1, -2]), 1)).toBe(2)
  })
})

describe('edges', () => {
  it('stay finite for logits of any size', () => {
    const far = tensor([1000, -1000, 1000, -1000], { dtype: float64 })
    const t = tensor([1, 0, 0, 1], { dtype: float64 })
    const loss = new BinaryCrossEntropy()
    expect(loss.forward(far, t)).toBe(500)
    expect(numbers(loss.backward()[0])).toEqual([0, 0, 0.25, -0.25])
  })

  it('NaN goes through, and infinity', () => {
    for (const make of elementwise.map(([, f]) => f)) {
      expect(make('sum').forward(Number.NaN, 1 as never)).toBeNaN()
    }
    expect(new MeanAbsoluteError().forward(tensor([Number.POSITIVE_INFINITY, 1]), tensor([0, 0]))).toBe(
      Number.POSITIVE_INFINITY,
    )
    expect(new CrossEntropy({ labelSmoothing: 0.1 }).forward(tensor([[Number.NaN, 0]]), [0])).toBeNaN()
  })

  it('an upstream factor multiplies the gradient', () => {
    for (const [, make, at, target] of elementwise) {
      const loss = make()
      loss.forward(at, target as never)
      const once = numbers(loss.backward()[0])
      loss.forward(at, target as never)
      expectClose(
        loss.backward(-2.5)[0],
        once.map((g) => -2.5 * g),
        1e-14,
      )
    }
  })
})

describe('refusals', () => {
  const mse = new MeanSquaredError()
  it.each<[string, () => unknown, new (...a: never[]) => Error, RegExp]>([
    [
      'targets of another shape',
      () => mse.forward(x, zeros([5, 3], float64)),
      ShapeError,
      /a target like the prediction, \[5, 4\], got \[5, 3\]/,
    ],
    [
      'targets of another type',
      () => mse.forward(x, values.astype('float32')),
      DTypeError,
      /target of type float64, got float32/,
    ],
    ['no elements', () => mse.forward(zeros([0, 2]), zeros([0, 2])), ShapeError, /at least one element, got \[0, 2\]/],
    ['too few weights', () => mse.forward(x, values, [1, 2]), ShapeError, /5 weights, one per row, got 2/],
    [
      'a negative weight',
      () => mse.forward(x, values, [1, 1, -1, 1, 1]),
      ArgumentError,
      /weights to be finite numbers ≥ 0, got -1 at row 2/,
    ],
    [
      'weights that are none',
      () => mse.forward(x, values, 'w' as never),
      ArgumentError,
      /weights as a tensor or array/,
    ],
    [
      'an unknown reduction',
      () => new Huber({ reduction: 'max' as never }),
      ArgumentError,
      /reduction to be one of mean, sum, none/,
    ],
    [
      'a positive weight of 0',
      () => new BinaryCrossEntropy({ positiveWeight: [1, 0] }),
      ArgumentError,
      /positiveWeight to be a finite number > 0, got 0/,
    ],
    [
      'columns without a positive weight',
      () => new BinaryCrossEntropy({ positiveWeight: [1, 2] }).forward(x, zeroOne),
      ShapeError,
      /predictions of shape \[…, 2\], one column per positive weight, got \[5, 4\]/,
    ],
    ['a delta of 0', () => new Huber({ delta: 0 }), ArgumentError, /delta to be a finite number > 0/],
    ['a negative beta', () => new SmoothL1({ beta: -1 }), ArgumentError, /beta to be a finite number ≥ 0/],
    [
      'a misspelt option',
      () => new Poisson({ reduce: 'sum' } as never),
      ArgumentError,
      /options among reduction, got "reduce"/,
    ],
    [
      'a smoothing above 1',
      () => new CrossEntropy({ labelSmoothing: 1.5 }),
      ArgumentError,
      /labelSmoothing to be a number in \[0, 1\], got 1.5/,
    ],
    [
      'too few class weights',
      () => new CrossEntropy({ classWeights: [1, 2] }).forward(x, labels),
      ShapeError,
      /2 classes, got 4/,
    ],
    ['a negative class weight', () => new CrossEntropy({ classWeights: [1, -2] }), ArgumentError, /got -2 at row 1/],
    [
      'ignoring of probabilities',
      () => new CrossEntropy({ targets: 'values', ignoreIndex: 1 }),
      ArgumentError,
      /no ignoreIndex/,
    ],
    [
      'labels as probabilities',
      () => new CrossEntropy({ targets: 'values' }).forward(x, labels),
      ArgumentError,
      /probabilities to be a tensor/,
    ],
    [
      'a label outside',
      () => new CrossEntropy({ labelSmoothing: 0.1 }).forward(x, [0, 1, 2, 3, 4]),
      LabelError,
      /labels in \[0, 4\), got 4 at row 4/,
    ],
    [
      'a label that only another loss ignores',
      () => new CrossEntropy({ ignoreIndex: -1 }).forward(x, [0, 1, 2, 3, -2]),
      LabelError,
      /got -2 at row 4/,
    ],
    ['backward first', () => new Hinge().backward(), StateError, /\[Hinge\] expected forward before backward/],
    ['numbers for cosine', () => new CosineDistance().forward(1, 2), ArgumentError, /prediction to be a tensor/],
  ])('%s', (_, f, type, message) => {
    const error = thrownBy(f)
    expect(error).toBeInstanceOf(type)
    expect((error as Error).message).toMatch(message)
  })

  it('an upstream of another shape, after which backward still works', () => {
    const loss = new MeanSquaredError({ reduction: 'none' })
    loss.forward(x, values)
    expect(() => loss.backward()).toThrow(/upstream gradient of shape \[5, 4\], got a number/)
    expect(() => loss.backward(zeros([5], float64))).toThrow(ShapeError)
    expect(loss.backward(values)[0].shape).toEqual([5, 4])
    expect(() => loss.backward(values)).toThrow(/backward a second time/)
    const rowLoss = new CrossEntropy({ reduction: 'none' })
    rowLoss.forward(x, labels)
    expect(() => rowLoss.backward()).toThrow(/upstream gradient of shape \[5\]/)
  })
})

describe('fit', () => {
  const options = { optimizer: new SGD({ learningRate: 0.1 }), epochs: 2, verbose: false }
  const model = () => new Sequential(new Linear(cols, cols, { dtype: float64, seed: 1 }))

  it('trains with any of them', async () => {
    for (const loss of [new Huber(), new BinaryCrossEntropy(), new CosineDistance(), new Poisson()]) {
      const { epochs } = await fit(model(), { x, y: zeroOne }, { ...options, loss })
      expect(epochs[1]!.loss).toBeLessThan(epochs[0]!.loss)
    }
    const soft = new CrossEntropy({ targets: 'values' })
    await fit(model(), { x, y: probabilities }, { ...options, loss: soft })
  })

  it('takes the options of cross-entropy into account, rows ignored too', async () => {
    const [plain, weighted] = [model(), model()]
    await fit(plain, { x, y: labels }, { ...options, loss: new CrossEntropy() })
    await fit(weighted, { x, y: labels }, { ...options, loss: new CrossEntropy({ classWeights }) })
    expect(numbers(weighted.predictSync(x))).not.toEqual(numbers(plain.predictSync(x)))
    const loss = new CrossEntropy({ ignoreIndex: -100 })
    const y = [3, -100, 1, 1, -100]
    await fit(model(), { x, y }, { ...options, loss })
    await fit(model(), { x, y: Int32Array.from(y) }, { ...options, loss })
    await expect(fit(model(), { x, y }, { ...options, loss: new CrossEntropy() })).rejects.toThrow(/got -100 at row 1/)
  })

  it('weighs samples: those of weight 0 do not matter, equal weights change nothing', async () => {
    const [kept, weighted, even, plain] = [model(), model(), model(), model()]
    const loss = () => new CrossEntropy()
    const once = { ...options, shuffle: false }
    await fit(kept, { x: x.rows(0, 3), y: labels.slice(0, 3) }, { ...once, loss: loss() })
    await fit(weighted, { x, y: labels, weights: [1, 1, 1, 0, 0] }, { ...once, loss: loss() })
    expectClose(weighted.predictSync(x), numbers(kept.predictSync(x)), 1e-12)
    const train = { x, y: labels, weights: Array(rows).fill(3) }
    await fit(even, train, { ...once, loss: loss(), validation: train })
    await fit(plain, { x, y: labels }, { ...once, loss: loss() })
    expectClose(even.predictSync(x), numbers(plain.predictSync(x)), 1e-12)
    const own = { forward: (_x: Value, _t: Tensor) => 0, backward: () => [x] }
    await expect(fit(model(), train, { ...once, loss: own })).rejects.toThrow(/a loss that takes weights of samples/)
    const wrong = { x, y: labels, weights: [1] }
    await expect(fit(model(), wrong, { ...once, loss: loss() })).rejects.toThrow(/5 weights, one per row, got 1/)
  })

  it('refuses a loss that does not reduce', async () => {
    const loss = new MeanSquaredError({ reduction: 'none' })
    await expect(fit(model(), { x, y: values }, { ...options, loss: loss as never })).rejects.toThrow(
      /\[fit\] expected a loss that is a number, got MeanSquaredError of reduction none/,
    )
  })
})
