// What plans have no form for names what is in the way and runs gate by gate; its neighbours, which have one, are compiled.
import { describe, expect, it } from 'vitest'
import { lower, obstacle } from '../../lib/compile/lower.js'
import {
  Add,
  BatchNorm,
  Bind,
  ColumnEmbedding,
  Concat,
  CrossEntropy,
  Embedding,
  Flatten,
  type Gate,
  Identity,
  KLDivergence,
  LayerNorm,
  Linear,
  LogSoftmax,
  type Loss,
  MatMul,
  MeanSquaredError,
  type Model,
  Multiply,
  NegativeLogLikelihood,
  Network,
  Parallel,
  PReLU,
  ReLU,
  Residual,
  Sequential,
  Slice,
  Softmax,
  Transpose,
} from '../../lib/index.js'
import { expectClose, randomTensor, thrownBy } from '../support.js'

const dtype = 'float64' as const
const chain = (...gates: Gate[]) => new Sequential(...gates)
const linear = (inputs = 5, outputs = 5) => new Linear(inputs, outputs, { dtype, seed: 1 })
const bound = (gate: Gate, ...shape: number[]) => new Bind(gate as Add, randomTensor(shape, 3))
const network = (nodes: ConstructorParameters<typeof Network>[0]['nodes']) => new Network({ nodes })
const all = null

const mixes = (gate: string) => `${gate} (it does not work row by row)`
const across = () => new Softmax({ axis: 0 })

const models: [string, Model, rowShape: number[], inTheWay: string | undefined][] = [
  ['a gate that moves the rows', chain(linear(), new Transpose()), [5], mixes('Transpose')],
  ['Linear on rows of two axes', chain(linear()), [3, 5], 'Linear'],
  ['LayerNorm on rows of two axes', chain(new LayerNorm(5, { dtype })), [3, 5], undefined],
  ['BatchNorm of another width', chain(new BatchNorm(4, { dtype })), [5], 'BatchNorm'],
  ['PReLU by channels on rows of two axes', chain(new PReLU({ channels: 5, dtype })), [3, 5], undefined],
  ['Softmax on rows of two axes', chain(new Softmax()), [3, 5], undefined],
  ['LogSoftmax along the rows', chain(new LogSoftmax({ axis: 0 })), [5], mixes('LogSoftmax')],
  ['Flatten with the rows', chain(new Flatten({ startAxis: 0 })), [5], mixes('Flatten')],
  ['Flatten of some axes', chain(new Flatten({ endAxis: 1 })), [3, 5], undefined],
  ['a bound matrix', chain(linear(), bound(new MatMul(), 5, 5)), [5], undefined],
  ['a bound value of three axes', chain(linear(), bound(new Multiply(), 1, 1, 5)), [5], mixes('Bind')],
  ['a bound value of rows', chain(linear(), bound(new Multiply(), 4, 1)), [5], mixes('Bind')],
  ['a slice of rows', chain(new Slice([{ stop: 1 }])), [5], mixes('Slice')],
  ['a slice of every other column', chain(new Slice([all, { step: 2 }])), [5], undefined],
  ['a slice of one column, without its axis', chain(new Slice([all, 2])), [5], undefined],
  ['a slice of no columns', chain(new Slice([all, { start: 3, stop: 2 }])), [5], 'Slice'],
  ['a slice of rows of two axes', chain(new Slice([all, { stop: 2 }])), [3, 5], undefined],
  ['a lookup on rows of two axes', chain(new ColumnEmbedding(3, 2, { inputs: 5, column: 0, dtype })), [3, 5], 'ColumnEmbedding'],
  ['a sum of values of two shapes', network({ a: [linear(5, 1), 'x'], b: [new Add(), 'a', 'x'] }), [5], undefined],
  ['Concat of rows', network({ a: [linear(), 'x'], b: [new Concat(), 'a', 'x'] }), [5], mixes('Concat')],
  ['Concat of rows of two axes', network({ a: [new Concat({ axis: -1 }), 'x', 'x'] }), [3, 5], undefined],
  ['a branch in the way', new Parallel([linear(), across()]), [5], mixes('Softmax')],
  ['a branch of a network in the way', network({ a: [across(), 'x'], b: [linear(), 'a'] }), [5], mixes('Softmax')],
  ['a residual in the way', new Residual(across(), linear()), [5], mixes('Softmax')],
  ['outputs of two axes', chain(new ReLU()), [3, 5], undefined],
  ['nothing to run', chain(new Flatten()), [5], undefined],
] // biome-ignore format: a table

describe('models', () => {
  it.each(models)('%s', async (_, model, rowShape, inTheWay) => {
    const goal = { rowShape, batch: 4 }
    expect(lower(model, goal) === undefined).toBe(inTheWay !== undefined)
    if (inTheWay) expect(obstacle(model, goal)).toBe(inTheWay)
  })

  it('run all the same', async () => {
    for (const [title, model, rowShape] of models) {
      // What gates refuse as well.
      if (/no columns|another width|Linear on rows|lookup on rows/.test(title)) continue
      const x = randomTensor([4, ...rowShape], 7)
      const expected = model.infer(x)
      expectClose(model.predictSync(x), Array.from(expected.data), 1e-6)
    }
  })

  it('networks of several inputs', () => {
    const model = new Network({ inputs: ['x', 'z'], nodes: { a: [new Add(), 'x', 'z'] } })
    expect(obstacle(model, { rowShape: [5], batch: 4 })).toBe('Network (it has several inputs)')
  })

  it('indices where numbers are read, and numbers where indices are', () => {
    const lookup = chain(new Embedding(9, 2, { dtype }), new Flatten())
    expect(lower(lookup, { rowShape: [3], batch: 4 })).toBeDefined()
    const computed = chain(linear(), new Embedding(9, 2, { dtype }), new Flatten())
    expect(obstacle(computed, { rowShape: [5], batch: 4 })).toBe('Embedding')
    expect(thrownBy(() => computed.predictSync([1, 2, 3, 4, 5]))).toMatchObject({ code: 'DTYPE_MISMATCH' })
  })
})

class Own extends MeanSquaredError {
  override readonly name = 'Own' as never
}
class Heir extends CrossEntropy {}
const losses: [string, Loss, inTheWay: string | undefined][] = [
  ['squares', new MeanSquaredError(), undefined],
  ['squares summed', new MeanSquaredError({ reduction: 'sum' }), undefined],
  ['a loss of the user’s own', new Own(), 'Own'],
  ['one that keeps the name of what it extends', new Heir(), 'Heir'],
  ['one without a class', { forward: () => 0, backward: () => [0] }, 'a loss'],
  ['one with a name alone', { name: 'focal', forward: () => 0, backward: () => [0] }, 'focal'],
  ['divergence', new KLDivergence(), undefined],
  ['probabilities', new CrossEntropy({ targets: 'values' }), undefined],
  ['probabilities, smoothed', new CrossEntropy({ targets: 'values', labelSmoothing: 0.1 }), undefined],
  ['probabilities, weighted', new CrossEntropy({ targets: 'values', classWeights: [1, 2, 3, 4, 5] }), undefined],
  ['labels, some left out', new CrossEntropy({ ignoreIndex: 4 }), undefined],
  ['labels, −1 left out', new CrossEntropy({ ignoreIndex: -1 }), undefined],
  ['labels, weighted', new CrossEntropy({ classWeights: [1, 2, 3, 4, 5] }), undefined],
  ['labels, weights of other classes', new CrossEntropy({ classWeights: [1, 2] }), '2 class weights'],
  ['log-probabilities', new NegativeLogLikelihood({ classWeights: [1, 2, 3, 4, 5] }), undefined],
]

describe('losses', () => {
  it.each(losses)('%s', (_, loss, inTheWay) => {
    const goal = { rowShape: [5], batch: 4, loss, training: true }
    const found = lower(chain(linear(), new Identity()), goal)
    expect(found === undefined).toBe(inTheWay !== undefined)
    if (inTheWay) expect(obstacle(chain(linear()), goal)).toBe(inTheWay)
  })
})
