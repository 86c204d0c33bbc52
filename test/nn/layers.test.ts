// Layers with a state or a mode: normalisation, dropout, embeddings, against references, numerically, and at their edges.
import { describe, expect, it } from 'vitest'
import {
  ArgumentError,
  BatchNorm,
  checkGradients,
  Dropout,
  DTypeError,
  Embedding,
  Flatten,
  IndexError,
  info,
  LayerNorm,
  Linear,
  mlp,
  ReLU,
  Sequential,
  ShapeError,
  setThreads,
  Tensor,
  tensor,
  zeros,
} from '../../lib/index.js'
import { expectClose, numbers, randomTensor } from '../support.js'
import * as reference from './reference.js'

const float64 = 'float64' as const
const sizes = [
  [2, 1],
  [3, 7],
  [5, 8],
  [17, 33],
  [129, 3],
] as const

function affine(layer: LayerNorm | BatchNorm, seed: number): { gamma: number[]; beta: number[] } {
  const count = layer.features
  layer.weight!.data.set(randomTensor([count], seed).data)
  layer.bias!.data.set(randomTensor([count], seed + 1).data)
  return { gamma: numbers(layer.weight), beta: numbers(layer.bias) }
}

describe('LayerNorm', () => {
  it.each(sizes)('is PyTorch’s on [%i, %i]', (rows, cols) => {
    const layer = new LayerNorm(cols, { dtype: float64, epsilon: 1e-3 })
    const { gamma, beta } = affine(layer, 3)
    const [x, dy] = [randomTensor([rows, cols], 1, -3, 9), randomTensor([rows, cols], 2)]
    const wanted = reference.layerNorm(
      reference.rowsOf(x.data, cols),
      gamma,
      beta,
      1e-3,
      reference.rowsOf(dy.data, cols),
    )
    expectClose(layer.forward(x), wanted.y.flat(), 1e-10)
    expectClose(layer.backward(dy)[0], wanted.dx.flat(), 1e-10)
    expectClose(layer.parameters()[0]!.gradient, wanted.dgamma, 1e-10)
    expectClose(layer.parameters()[1]!.gradient, wanted.dbeta, 1e-10)
  })

  it('of [1, 2, 3, 4], by hand: variance 1.25', () => {
    const layer = new LayerNorm(4, { dtype: float64 })
    const scale = 1 / Math.sqrt(1.25 + 1e-5)
    expectClose(
      layer.forward(tensor([1, 2, 3, 4], { dtype: float64 })),
      [-1.5, -0.5, 0.5, 1.5].map((v) => v * scale),
    )
  })

  it.each([
    ['γ and β', {}, 2],
    ['γ alone', { bias: false }, 1],
    ['neither', { affine: false }, 0],
  ])('with %s agrees with numerical gradients, on rows, single rows and stacks', (_, given, count) => {
    for (const shape of [[4, 5], [5], [2, 3, 5]]) {
      const layer = new LayerNorm(5, { dtype: float64, ...given })
      expect(layer.parameters()).toHaveLength(count)
      for (const [i, p] of layer.parameters().entries()) p.value.data.set(randomTensor([5], 7 + i).data)
      const report = checkGradients(layer, [randomTensor(shape, 5)])
      expect(report.ok, String(report)).toBe(true)
    }
  })
})

describe('BatchNorm', () => {
  it.each(sizes)('in training is PyTorch’s on [%i, %i], over three batches', (rows, cols) => {
    const layer = new BatchNorm(cols, { dtype: float64, epsilon: 1e-3, momentum: 0.3 })
    const { gamma, beta } = affine(layer, 3)
    let running = { mean: Array(cols).fill(0), variance: Array(cols).fill(1) }
    for (let batch = 0; batch < 3; batch++) {
      const [x, dy] = [randomTensor([rows, cols], 10 + batch, -3, 9), randomTensor([rows, cols], 20 + batch)]
      const [xs, dys] = [reference.rowsOf(x.data, cols), reference.rowsOf(dy.data, cols)]
      const wanted = reference.batchNorm(xs, gamma, beta, 1e-3, 0.3, running, dys)
      expectClose(layer.forward(x), wanted.y.flat(), 1e-10)
      expectClose(layer.backward(dy)[0], wanted.dx.flat(), 1e-10)
      expectClose(layer.parameters()[0]!.gradient, wanted.dgamma, 1e-10)
      expectClose(layer.parameters()[1]!.gradient, wanted.dbeta, 1e-10)
      running = wanted.running
      expectClose(layer.runningMean, running.mean, 1e-12)
      expectClose(layer.runningVariance, running.variance, 1e-12)
    }
    const x = randomTensor([4, cols], 99)
    const y = Array.from(x.data, (v, i) => {
      const j = i % cols
      return ((v - running.mean[j]!) / Math.sqrt(running.variance[j]! + 1e-3)) * gamma[j]! + beta[j]!
    })
    expectClose(layer.infer(x), y, 1e-10)
    expectClose(layer.eval().forward(x), y, 1e-10)
  })

  it('of two rows, by hand: running mean 0.1·2, running variance 0.9 + 0.1·2 (unbiased)', () => {
    const layer = new BatchNorm(1, { dtype: float64 })
    const y = layer.forward(tensor([[1], [3]], { dtype: float64 }))
    expectClose(y, [-1 / Math.sqrt(1 + 1e-5), 1 / Math.sqrt(1 + 1e-5)])
    expectClose(layer.runningMean, [0.2])
    expectClose(layer.runningVariance, [1.1])
  })

  it.each([true, false])('agrees with numerical gradients, affine %s, in training and in inference mode', (given) => {
    for (const mode of [true, false]) {
      for (const shape of [
        [6, 3],
        [2, 3, 3],
      ]) {
        const layer = new BatchNorm(3, { dtype: float64, affine: given })
        layer.runningMean.data.set([0.5, -1, 2])
        layer.runningVariance.data.set([0.3, 2, 1])
        for (const [i, p] of layer.parameters().entries()) p.value.data.set(randomTensor([3], 7 + i).data)
        const report = checkGradients(layer.train(mode), [randomTensor(shape, 5)])
        expect(report.ok, String(report)).toBe(true)
      }
    }
  })

  it('infers in either mode, changes nothing by it, and leaves a waiting pass alone', () => {
    const layer = new BatchNorm(2, { dtype: float64 })
    const x = randomTensor([4, 2], 1)
    const dy = layer.forward(x)
    const [dx] = layer.backward(dy)
    layer.forward(x)
    const statistics = [numbers(layer.runningMean), numbers(layer.runningVariance)]
    const y = numbers(layer.infer(x))
    expect([numbers(layer.runningMean), numbers(layer.runningVariance)]).toEqual(statistics)
    expect(numbers(layer.backward(dy)[0])).toEqual(numbers(dx))
    expect(numbers(layer.eval().forward(x))).toEqual(y)
    expect([numbers(layer.runningMean), numbers(layer.runningVariance)]).toEqual(statistics)
    expect(layer.infer(randomTensor([1, 2], 1)).shape).toEqual([1, 2])
    expect(layer.infer(zeros([0, 2], float64)).shape).toEqual([0, 2])
  })

  it('refuses one row in training, and leaves its statistics as they are', () => {
    const layer = new BatchNorm(2)
    expect(() => layer.forward(zeros([1, 2]))).toThrow(
      /\[BatchNorm\] expected at least 2 rows in training.* got \[1, 2\]/,
    )
    expect(numbers(layer.runningVariance)).toEqual([1, 1])
    expect(() => layer.backward(zeros([1, 2]))).toThrow(/forward before backward/)
  })
})

describe('Dropout', () => {
  const bytes = ({ data }: Tensor) => Buffer.from(data.buffer)
  const ones = (n: number) => new Tensor(new Float32Array(n).fill(1), [n])

  it('drops p of the elements and scales the others, the same on the way back', () => {
    for (const p of [0.1, 0.5, 0.9]) {
      const layer = new Dropout(p, { seed: 3 })
      const y = layer.forward(ones(100_000))
      const dropped = y.data.filter((v: number) => v === 0).length
      expect(Math.abs(dropped / 100_000 - p)).toBeLessThan(0.01)
      expect(new Set(y.data)).toEqual(new Set([0, Math.fround(1 / (1 - p))]))
      expect(Buffer.compare(bytes(layer.backward(ones(100_000))[0]), bytes(y))).toBe(0)
    }
  })

  it('draws other masks every time, the same from the same state, for any number of threads', () => {
    const [a, b] = [new Dropout(0.5, { seed: 3 }), new Dropout(0.5, { seed: 3 })]
    const first = a.forward(ones(5_000)).data
    expect(a.drawn).toBe(5_000)
    const second = a.forward(ones(5_000)).data
    expect(second).not.toEqual(first)
    const { threads } = info()
    try {
      setThreads(1)
      expect(b.forward(ones(5_000)).data).toEqual(first)
      const c = new Dropout(0.5, { seed: 3 })
      c.drawn = b.drawn
      expect(c.forward(ones(5_000)).data).toEqual(second)
    } finally {
      setThreads(threads)
    }
    expect(new Dropout(0.5, { seed: 4 }).forward(ones(5_000)).data).not.toEqual(first)
    // Pieces of a batch draw what the whole draws.
    const pieces = new Dropout(0.5, { seed: 3 })
    expect([...pieces.forward(ones(7)).data, ...pieces.forward(ones(6)).data]).toEqual([...first.subarray(0, 13)])
  })

  it('passes everything in inference, in inference mode, and for p = 0', () => {
    const x = ones(9)
    for (const layer of [new Dropout(0.5).eval(), new Dropout(0)]) {
      expect(layer.forward(x).data).toEqual(x.data)
      expect(layer.backward(x)[0].data).toEqual(x.data)
      expect(layer.drawn).toBe(0)
    }
    const layer = new Dropout(0.5)
    layer.forward(x)
    expect(layer.infer(x).data).toEqual(x.data)
    expect(layer.drawn).toBe(9)
  })

  it('agrees with numerical gradients when its state is put back', () => {
    const layer = new Dropout(0.4, { seed: 1 })
    const gate = {
      name: 'Dropout',
      forward: (x: Tensor) => {
        layer.drawn = 0
        return layer.forward(x)
      },
      backward: (dy: Tensor) => layer.backward(dy),
    }
    const report = checkGradients(gate as never, [randomTensor([5, 7], 3)])
    expect(report.ok, String(report)).toBe(true)
  })

  it('gets seed and place from its model: two in one model differ, equal models agree', () => {
    const make = () => new Sequential(new Dropout(0.5), new ReLU(), new Dropout(0.5)).initialize(7)
    const masks = (model: Sequential) =>
      model.gates.map((gate) => gate instanceof Dropout && gate.forward(ones(64)).data)
    const [first, , second] = masks(make())
    expect(first).not.toEqual(second)
    expect(masks(make())).toEqual([first, false, second])
    expect(masks(make().initialize(8))[0]).not.toEqual(first)
  })
})

describe('Embedding', () => {
  it.each([[[6]], [[2, 3]], [[1, 2, 3]]])('looks up rows for indices %j, and gathers their gradients', (shape) => {
    const layer = new Embedding(5, 3, { dtype: float64, seed: 2 })
    const indices = [4, 0, 4, 2, 0, 4]
    const x = tensor(Int32Array.from(indices), { shape })
    const table = reference.rowsOf(layer.weight.data, 3)
    const y = layer.forward(x)
    expect(y.shape).toEqual([...shape, 3])
    expect(numbers(y)).toEqual(indices.flatMap((i) => table[i]!))
    const dy = randomTensor([...shape, 3], 4)
    const [dx] = layer.backward(dy)
    expect([dx.dtype, dx.shape, numbers(dx)]).toEqual(['int32', shape, [0, 0, 0, 0, 0, 0]])
    const sums = table.map(() => [0, 0, 0])
    for (const [k, i] of indices.entries()) for (let j = 0; j < 3; j++) sums[i]![j]! += dy.data[3 * k + j]!
    expectClose(layer.parameters()[0]!.gradient, sums.flat(), 1e-14)
    layer.forward(x)
    layer.backward(dy, { accumulate: true })
    expectClose(
      layer.parameters()[0]!.gradient,
      sums.flat().map((g) => 2 * g),
      1e-14,
    )
  })

  it('neither draws nor trains the vector of the padding', () => {
    const layer = new Embedding(3, 2, { dtype: float64, paddingIndex: 1, seed: 1 })
    expect(numbers(layer.weight).slice(2, 4)).toEqual([0, 0])
    expect(numbers(layer.weight).filter((v) => v !== 0)).toHaveLength(4)
    layer.forward(tensor([0, 1, 1], { dtype: 'int32' }))
    layer.backward(new Tensor(new Float64Array(6).fill(1), [3, 2]))
    expect(numbers(layer.parameters()[0]!.gradient)).toEqual([1, 1, 0, 0, 0, 0])
  })

  it('stands at the head of a network, whose other gradients it does not ask for', () => {
    const model = new Sequential(
      new Embedding(4, 3, { dtype: float64, seed: 1 }),
      new Flatten(),
      new Linear(6, 2, { dtype: float64, seed: 2 }),
    )
    expect([model.inputDType, model.inputs, model.outputs]).toEqual(['int32', undefined, 2])
    const x = tensor(
      [
        [0, 3],
        [1, 1],
      ],
      { dtype: 'int32' },
    )
    const y = model.forward(x)
    expect(model.backward(y)[0].dtype).toBe('int32')
    expect(
      numbers(
        model.predictSync([
          [0, 3],
          [1, 1],
        ]),
      ),
    ).toEqual(numbers(y))
  })
})

describe('refusals', () => {
  it.each<[string, () => unknown, new (...a: never[]) => Error, RegExp]>([
    [
      'rows of another length',
      () => new LayerNorm(3).forward(zeros([2, 4])),
      ShapeError,
      /\[LayerNorm\] expected input \[..., 3\]/,
    ],
    [
      'a number',
      () => new BatchNorm(3).forward(1),
      ShapeError,
      /\[BatchNorm\] expected input \[batch, 3\], got a number/,
    ],
    [
      'another type',
      () => new LayerNorm(3).forward(zeros([2, 3], float64)),
      DTypeError,
      /input of type float32, got float64/,
    ],
    ['an epsilon of 0', () => new LayerNorm(3, { epsilon: 0 }), ArgumentError, /epsilon to be a finite number > 0/],
    ['a momentum above 1', () => new BatchNorm(3, { momentum: 1.1 }), ArgumentError, /momentum in \(0, 1\], got 1.1/],
    ['no features', () => new BatchNorm(0), ArgumentError, /features to be an integer ≥ 1/],
    ['dropping all', () => new Dropout(1), ArgumentError, /p to be a number in \[0, 1\), got 1/],
    ['dropout of a number', () => new Dropout().forward(1), ShapeError, /\[Dropout\] expected a tensor/],
    [
      'a negative state',
      () => Object.assign(new Dropout(), { drawn: -1 }),
      ArgumentError,
      /drawn to be an integer ≥ 0/,
    ],
    ['float indices', () => new Embedding(3, 2).forward(zeros([2])), DTypeError, /indices of type int32, got float32/],
    [
      'an index outside',
      () => new Embedding(3, 2).forward(tensor([0, 3], { dtype: 'int32' })),
      IndexError,
      /\[Embedding\] expected indices in \[0, 3\), got 3 at element 1/,
    ],
    [
      'a negative index',
      () => new Embedding(3, 2).forward(tensor([-1], { dtype: 'int32' })),
      IndexError,
      /got -1 at element 0/,
    ],
    [
      'a padding outside',
      () => new Embedding(3, 2, { paddingIndex: 3 }),
      ArgumentError,
      /paddingIndex to be an integer from 0 to 2/,
    ],
    [
      'int32 elsewhere',
      () => new Dropout().forward(zeros([2], 'int32')),
      DTypeError,
      /inputs of type float32 or float64/,
    ],
  ])('%s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })
})

describe('mlp', () => {
  it('normalises before and drops after each hidden activation', () => {
    const names = (normalization: 'batch' | 'layer') =>
      mlp({ inputs: 3, hidden: [4, 5], outputs: 2, normalization, dropout: 0.2 }).gates.map((g) => g.constructor.name)
    const hidden = (norm: string) => ['Linear', norm, 'ReLU', 'Dropout']
    expect(names('batch')).toEqual([...hidden('BatchNorm'), ...hidden('BatchNorm'), 'Linear'])
    expect(names('layer')).toEqual([...hidden('LayerNorm'), ...hidden('LayerNorm'), 'Linear'])
    expect(() => mlp({ inputs: 1, outputs: 1, dropout: 1 })).toThrow(/dropout to be a number in \[0, 1\)/)
    expect(() => mlp({ inputs: 1, outputs: 1, normalization: 'group' as never })).toThrow(/one of batch, layer/)
  })
})
