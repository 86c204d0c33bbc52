// ColumnEmbedding: a column of numbers looked up; values and gradients by hand, compiled as gate by gate, and refusals.
import { describe, expect, it } from 'vitest'
import { Dataset } from '../../lib/data/dataset.js'
import {
  Adam,
  ColumnEmbedding,
  CrossEntropy,
  checkGradients,
  copy,
  explain,
  fit,
  Linear,
  Parallel,
  ReLU,
  Sequential,
  SGD,
  Slice,
  Tensor,
  tensor,
} from '../../lib/index.js'
import { PlanTrainer } from '../../lib/train/compiled.js'

const rows = [
  [0.5, 2, -1, 0],
  [1.5, 0, 1, 1],
  [2.5, 2, 0, 1],
]

describe('ColumnEmbedding', () => {
  it.each(['float32', 'float64'] as const)('looks a column up, and gathers its gradients, in %s', (dtype) => {
    const layer = new ColumnEmbedding(3, 2, { inputs: 4, column: 1, dtype, seed: 4 })
    const table = Array.from(layer.weight.data)
    const y = layer.forward(tensor(rows, { dtype }))
    expect([y.shape, y.dtype]).toEqual([[3, 2], dtype])
    expect(Array.from(y.data)).toEqual([...table.slice(4), ...table.slice(0, 2), ...table.slice(4)])
    const dy = tensor(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      { dtype },
    )
    const [dx] = layer.backward(dy)
    expect([dx.shape, dx.dtype, dx.data.every((v) => v === 0)]).toEqual([[3, 4], dtype, true])
    expect(Array.from(layer.parameters()[0]!.gradient.data)).toEqual([3, 4, 0, 0, 6, 8])
    layer.forward(tensor(rows, { dtype }))
    layer.backward(dy, { accumulate: true })
    expect(Array.from(layer.parameters()[0]!.gradient.data)).toEqual([6, 8, 0, 0, 12, 16])
  })

  it('agrees with numerical gradients', () => {
    const layer = new ColumnEmbedding(3, 2, { inputs: 4, column: 1, dtype: 'float64', seed: 4 })
    const x = tensor(rows, { dtype: 'float64' })
    const { weight } = layer
    const dy = [1, 2, 3, 4, 5, 6]
    const outputs = () => Array.from((layer.infer(x) as Tensor).data)
    for (let i = 0; i < weight.size; i++) {
      const kept = weight.data[i]!
      const at = (v: number) => {
        weight.data[i] = v
        return outputs().reduce((sum, y, k) => sum + y * dy[k]!, 0)
      }
      const slope = (at(kept + 1e-6) - at(kept - 1e-6)) / 2e-6
      weight.data[i] = kept
      layer.forward(x)
      layer.backward(new Tensor(Float64Array.from(dy), [3, 2]))
      expect(layer.parameters()[0]!.gradient.data[i]).toBeCloseTo(slope, 6)
    }
    expect(String(checkGradients(new Slice([null, { start: 1, stop: 3 }]), [x]))).toMatch(/12 of 12/)
  })

  it.each<[string, number]>([
    ['too large', 3],
    ['negative', -1],
    ['a fraction', 0.5],
    ['NaN', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
  ])('refuses an index that is %s, compiled and gate by gate', async (_, bad) => {
    const x = tensor(
      rows.map((row, r) => row.map((v, c) => (r === 1 && c === 1 ? bad : v))),
      { dtype: 'float64' },
    )
    const layer = new ColumnEmbedding(3, 2, { inputs: 4, column: 1, dtype: 'float64' })
    expect(() => layer.forward(x)).toThrow(/\[ColumnEmbedding\] expected indices in \[0, 3\), got .* in row 1/)
    const model = new Sequential(layer, new Linear(2, 2, { dtype: 'float64' }))
    expect(() => model.predictSync(x)).toThrow(/indices in \[0, 3\)/)
    await expect(model.predict(x)).rejects.toMatchObject({ code: 'INDEX_OUT_OF_RANGE' })
  })

  it.each<[string, () => unknown, RegExp]>([
    ['no options', () => new ColumnEmbedding(3, 2, undefined as never), /options \{ inputs, column \}, got undefined/],
    ['no entries', () => new ColumnEmbedding(0, 2, { inputs: 4, column: 1 }), /entries to be an integer ≥ 1, got 0/],
    [
      'a column outside',
      () => new ColumnEmbedding(3, 2, { inputs: 4, column: 4 }),
      /column to be an integer from 0 to 3/,
    ],
    [
      'rows of another width',
      () => new ColumnEmbedding(3, 2, { inputs: 4, column: 1 }).forward(tensor([[1, 2]])),
      /input \[batch, 4\]/,
    ],
    ['a number', () => new ColumnEmbedding(3, 2, { inputs: 4, column: 1 }).forward(1), /input \[batch, 4\]/],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(message)
  })
})

describe('numbers beside categories in one network', () => {
  type DType = 'float32' | 'float64'
  const make = (dtype: DType) =>
    new Sequential(
      new Parallel([
        new ColumnEmbedding(5, 3, { inputs: 5, column: 4, dtype }),
        new Slice([null, { stop: 3 }]),
        new ColumnEmbedding(4, 2, { inputs: 5, column: 3, dtype }),
      ]),
      new Linear(8, 6, { dtype }),
      new ReLU(),
      // Columns of what is trained, and the same once more: their gradients meet.
      new Parallel([
        new Slice([null, { start: -2 }]),
        new Slice([null, { start: 1, stop: 5 }]),
        new Slice([null, null]),
      ]),
      new Linear(12, 3, { dtype }),
    )

  it('compiled as gate by gate', async () => {
    const count = 45
    const x = tensor(
      Array.from({ length: count }, (_, r) => [Math.sin(r), Math.cos(3 * r), Math.sin(7 * r), r % 4, (r * 7) % 5]),
      { dtype: 'float64' },
    )
    const y = Int32Array.from({ length: count }, (_, r) => (r * r) % 3)
    for (const dtype of ['float64', 'float32'] as const) {
      const [planned, gated] = [make(dtype).initialize(3), make(dtype).initialize(3)]
      expect([planned.inputs, planned.outputs, planned.inputDType]).toEqual([5, 3, dtype])
      expect(explain(planned, { loss: new CrossEntropy() })).toMatch(/lookup/)
      const samples = { x: x.astype(dtype), y }
      const loss = new CrossEntropy()
      const [a, b] = [new Adam({ learningRate: 0.01 }), new Adam({ learningRate: 0.01 })]
      expect(PlanTrainer.create(planned, loss, a, new Dataset('fit', samples), 8)).toBeInstanceOf(PlanTrainer)
      const given = { loss, epochs: 3, batchSize: 8, verbose: false }
      await fit(planned, samples, { ...given, optimizer: a })
      await fit(gated, samples, { ...given, optimizer: { step: (model: never) => b.step(model) } })
      const tolerance = dtype === 'float64' ? 1e-12 : 2e-5
      const expected = Array.from(gated.block.values)
      Array.from(planned.block.values).forEach((value, i) => {
        expect(Math.abs(value - expected[i]!)).toBeLessThan(tolerance)
      })
      const outputs = Array.from(gated.infer(samples.x).data)
      Array.from(planned.predictSync(samples.x).data).forEach((value, i) => {
        expect(Math.abs(value - outputs[i]!)).toBeLessThan(10 * tolerance)
      })
    }
  })

  it('is copied, and refuses bad indices without changing anything', async () => {
    const model = make('float64').initialize(1)
    const twin = copy(model)
    expect(Array.from(twin.block.values)).toEqual(Array.from(model.block.values))
    const x = tensor(
      [
        [1, 1, 1, 4, 0],
        [1, 1, 1, 0, 0],
      ],
      { dtype: 'float64' },
    )
    const options = { loss: new CrossEntropy(), optimizer: new SGD(), verbose: false }
    await expect(fit(model, { x, y: [0, 1] }, options)).rejects.toMatchObject({ code: 'INDEX_OUT_OF_RANGE' })
    expect(Array.from(twin.block.values)).toEqual(Array.from(model.block.values))
  })
})
