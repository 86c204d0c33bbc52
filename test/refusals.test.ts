// What public functions refuse, row by row: the error is of this library, says who refuses, and has the code that it should.
import { describe, expect, it } from 'vitest'
import { describe as described } from '../lib/checks.js'
import { Dataset } from '../lib/data/dataset.js'
import { checkKinds } from '../lib/data/table/column.js'
import { toPng } from '../lib/draw/render.js'
import * as c from '../lib/index.js'
import { rateOf } from '../lib/optim/schedules/schedule.js'

const { ArgumentError, ChainruleError } = c
const any = (value: unknown) => value as never
const x = c.tensor([[1, 2]], { dtype: 'float64' })
const vector = c.tensor([1, 2], { dtype: 'float64' })
const narrow = c.tensor([[1, 2]])
const integers = c.tensor(Int32Array.of(1, 2), { shape: [1, 2] })
const lost = <T extends Float64Array | Int32Array | Uint8Array>(data: T): T => {
  structuredClone(data, { transfer: [data.buffer as ArrayBuffer] })
  return data
}
const detached = () => {
  const tensor = c.tensor(Float64Array.of(1, 2))
  lost(tensor.data as Float64Array)
  return tensor
}
const model = () => c.mlp({ inputs: 2, hidden: [], outputs: 2, seed: 1 })
const data = { x: [[1, 2]], y: [0] }
const training = { loss: new c.CrossEntropy(), optimizer: new c.SGD({ learningRate: 0.1 }) }
const table = c.Table.from([{ a: 1, b: 'x' }])
const reader = (target: string) => ({ target, predict: async () => ({ prediction: [1] }) })
const standard = (fields: object) => c.transformFromJson(any({ transform: 'StandardScaler', version: 1, ...fields }))
const column = (fields: object) => new c.Table([any({ name: 'a', ...fields })])
const rows = (samples: object, expected = {}) => new Dataset('fit', any(samples), expected)
const line = (axis: object) => c.plot.lines({ series: [{ y: [1] }], x: any(axis) })

type Row = readonly [title: string, run: () => unknown, code: c.ErrorCode, says?: string]

const tables: Record<string, readonly Row[]> = {
  tensors: [
    ['full of a text', () => c.full([1], any('1')), 'INVALID_ARGUMENT'],
    ['rows of texts', () => c.fromRows([any(['1'])]), 'INVALID_ARGUMENT'],
    ['more axes than there are', () => c.zeros(Array(40).fill(1)), 'SHAPE_MISMATCH'],
    ['reshape to more axes', () => vector.reshape(Array(40).fill(1)), 'SHAPE_MISMATCH'],
    ['a shape for an empty array', () => new c.Tensor(new Float64Array(0), [2]), 'SHAPE_MISMATCH', 'empty or detached'],
    ['rows of a scalar', () => c.tensor(1).rows(0), 'SHAPE_MISMATCH'],
    ['a clone of what was transferred', () => detached().clone(), 'INVALID_STATE'],
    ['astype of it', () => detached().astype('float32'), 'INVALID_STATE'],
    ['a condition of it', () => new c.Where(detached()), 'INVALID_STATE'],
    ['a loss of it', () => new c.CosineDistance().forward(detached(), vector), 'INVALID_STATE'],
    ['a view that lies about its length', () => c.tensor(any(Object.defineProperty(new Int16Array(4), 'length', { value: 9 }))), 'DTYPE_MISMATCH'],
  ],
  tables: [
    ['no columns', () => new c.Table(any('a')), 'INVALID_ARGUMENT'],
    ['a column that is none', () => new c.Table([any(1)]), 'INVALID_ARGUMENT'],
    ['numbers in an array', () => column({ kind: 'numeric', values: [1] }), 'INVALID_ARGUMENT'],
    ['dates in whole numbers', () => column({ kind: 'date', values: Int32Array.of(1) }), 'INVALID_ARGUMENT'],
    ['booleans in an array', () => column({ kind: 'boolean', values: [1] }), 'INVALID_ARGUMENT'],
    ['codes in an array', () => column({ kind: 'categorical', codes: [0], categories: ['a'] }), 'INVALID_ARGUMENT'],
    ['categories of numbers', () => column({ kind: 'categorical', codes: Int32Array.of(0), categories: [1] }), 'INVALID_ARGUMENT'],
    ['no categories', () => column({ kind: 'categorical', codes: Int32Array.of(0) }), 'INVALID_ARGUMENT'],
    ['kinds in an array', () => checkKinds('read', ['numeric']), 'INVALID_ARGUMENT'],
    ['indices that are none', () => table.take(any('0')), 'INVALID_ARGUMENT'],
    ['indices without a length', () => table.take(any({})), 'INVALID_ARGUMENT'],
    ['a column of no table', () => c.Table.from([]).column('a'), 'INVALID_ARGUMENT', 'the table has no columns'],
    ['a length that is none', () => c.Table.from({ a: any({ length: -1 }) }), 'INVALID_ARGUMENT'],
    ['groups by a number', () => c.split(table, { test: 0.5, groups: any(5) }), 'INVALID_ARGUMENT'],
    ['groups of other rows', () => c.split(c.Table.from([{ a: 1 }, { a: 2 }]), { test: 0.5, groups: [1] }), 'SHAPE_MISMATCH'],
    ['text as an archive', () => c.parseNpz(any('PK')), 'INVALID_ARGUMENT'],
    ['an archive that was transferred', () => c.parseNpz(lost(new Uint8Array(64))), 'INVALID_FORMAT'],
    ['an array that was transferred', () => c.parseNpy(lost(new Uint8Array(64))), 'INVALID_FORMAT', '0 bytes'],
    ['holes among what is missing', () => c.parseCsv('a\n1\n', { missing: new Array(3) }), 'INVALID_ARGUMENT'],
    ['a number as CSV', () => c.parseCsv(any(5)), 'INVALID_ARGUMENT'],
  ],
  'data of a training': [
    ['no inputs', () => rows({ x: new Float32Array(0), y: new Float32Array(0) }), 'INVALID_ARGUMENT', 'at least one row'],
    ['no rows', () => rows({ x: [], y: [0] }), 'INVALID_ARGUMENT', 'x of at least one row'],
    ['inputs that are no rows', () => rows({ x: new Float32Array(5), y: [0, 1] }), 'SHAPE_MISMATCH', 'x of 2 rows'],
    ['a scalar', () => rows({ x: c.tensor(1), y: [0] }), 'SHAPE_MISMATCH', 'x with rows'],
    ['a text', () => rows({ x: 'x', y: [0] }), 'DTYPE_MISMATCH'],
    ['targets of other rows', () => rows({ x: [[1], [2]], y: [[0.5]] }), 'SHAPE_MISMATCH', 'y of 2 rows'],
    ['targets that are no rows', () => rows({ x: [[1], [2]], y: Float32Array.of(1, 2, 3) }), 'SHAPE_MISMATCH', 'y of 2 rows'],
    ['labels transferred', () => rows({ x: [[1]], y: lost(Int32Array.of(1)) }), 'INVALID_ARGUMENT', 'detached'],
    ['labels in a DataView', () => rows({ x: [[1]], y: new DataView(new ArrayBuffer(1)) }), 'INVALID_ARGUMENT'],
    ['labels in an object', () => rows({ x: [[1]], y: {} }, { targets: 'labels' }), 'INVALID_ARGUMENT'],
  ],
  layers: [
    ['Linear, float32', () => new c.Linear(2, 1, { dtype: 'float64' }).forward(narrow), 'DTYPE_MISMATCH'],
    ['BatchNorm, float32', () => new c.BatchNorm(2, { dtype: 'float64' }).forward(narrow), 'DTYPE_MISMATCH'],
    ['PReLU, float32', () => new c.PReLU({ dtype: 'float64' }).forward(narrow), 'DTYPE_MISMATCH'],
    ['PReLU of a number', () => new c.PReLU().forward(any(1)), 'SHAPE_MISMATCH'],
    ['PReLU of other channels', () => new c.PReLU({ channels: 3 }).forward(narrow), 'SHAPE_MISMATCH', '[..., 3]'],
    ['Embedding of a scalar', () => new c.Embedding(3, 2).forward(any(1)), 'SHAPE_MISMATCH'],
    ['hidden layers that are none', () => c.mlp({ inputs: 1, hidden: any(3), outputs: 1 }), 'INVALID_ARGUMENT'],
    ['an unknown end', () => c.mlp({ inputs: 1, hidden: [], outputs: 1, outputActivation: any('x') }), 'INVALID_ARGUMENT'],
    ['a parameter without a name', () => c.parameter(any(1), vector), 'INVALID_ARGUMENT'],
    ['an initializer that is none', () => new c.Linear(1, 1, { initializer: any(1) }), 'INVALID_ARGUMENT'],
    ['a source that is none', () => new c.Linear(1, 1).initialize(any(1)), 'INVALID_ARGUMENT'],
    ['a state that is none', () => model().loadStateDict(any(1)), 'INVALID_ARGUMENT'],
    ['a state of integers', () => new c.Sequential(new c.Linear(2, 1, { bias: false })).loadStateDict({ '0.weight': integers }), 'DTYPE_MISMATCH'],
    ['a slice of halves', () => new c.Slice([{ start: 0.5 }]), 'INVALID_ARGUMENT'],
    ['a gradient that is none', () => c.checked(any({ forward: () => 1, backward: () => 1 })).backward(1), 'INVALID_STATE'],
  ],
  losses: [
    ['distance of numbers', () => new c.CosineDistance().forward(1, 1), 'INVALID_ARGUMENT'],
    ['distance of three axes', () => new c.CosineDistance().forward(x.reshape([1, 1, 2]), x), 'SHAPE_MISMATCH'],
    ['distance of nothing', () => new c.CosineDistance().forward(c.zeros([0, 2]), c.zeros([0, 2])), 'SHAPE_MISMATCH'],
    ['distance of other shapes', () => new c.CosineDistance().forward(x, vector), 'SHAPE_MISMATCH'],
    ['distance of other types', () => new c.CosineDistance().forward(x, narrow), 'DTYPE_MISMATCH'],
    ['probabilities of another shape', () => new c.CrossEntropy({ targets: 'values' }).forward(x, vector), 'SHAPE_MISMATCH'],
    ['probabilities of another type', () => new c.CrossEntropy({ targets: 'values' }).forward(x, narrow), 'DTYPE_MISMATCH'],
    ['no scores', () => new c.CrossEntropy().forward(c.zeros([1, 0]), [0]), 'SHAPE_MISMATCH'],
    ['scores of three axes', () => new c.CrossEntropy().forward(x.reshape([1, 1, 2]), [0]), 'SHAPE_MISMATCH'],
    ['labels of other rows', () => new c.CrossEntropy().forward(x, [0, 1]), 'SHAPE_MISMATCH'],
    ['argmax of three axes', () => c.argmax(x.reshape([1, 1, 2])), 'SHAPE_MISMATCH'],
    ['accuracy of other rows', () => c.accuracy(x, any([0, 1])), 'SHAPE_MISMATCH'],
    ['a metric of integers', () => c.metrics.rootMeanSquaredError(integers, x), 'DTYPE_MISMATCH'],
  ],
  training: [
    ['no model', () => c.fit(any(1), data, { ...training, epochs: 1 }), 'INVALID_ARGUMENT'],
    ['no loss', () => c.fit(model(), data, any({ ...training, loss: {}, epochs: 1 })), 'INVALID_ARGUMENT'],
    ['no optimizer', () => c.fit(model(), data, any({ ...training, optimizer: {}, epochs: 1 })), 'INVALID_ARGUMENT'],
    ['no signal', () => c.fit(model(), data, any({ ...training, signal: {}, epochs: 1 })), 'INVALID_ARGUMENT'],
    ['no metric', () => c.fit(model(), data, any({ ...training, validation: data, metrics: { a: null }, epochs: 1 })), 'INVALID_ARGUMENT'],
    ['no data', () => c.fit(model(), any(null), { ...training, epochs: 1 }), 'INVALID_ARGUMENT'],
    ['a loss per row', () => c.partialFit(model(), data, any({ ...training, loss: new c.CrossEntropy({ reduction: 'none' }) })), 'INVALID_ARGUMENT'],
    ['statistics of no model', () => c.renewStatistics(any(1), data), 'INVALID_ARGUMENT'],
    ['a checkpoint without a signal', () => c.checkpoint(any({ folder: 'x', signal: {} })), 'INVALID_ARGUMENT'],
    ['plans of no model', () => c.explain(any({})), 'INVALID_ARGUMENT'],
    ['a schedule below 0', () => rateOf('schedule', -1), 'INVALID_ARGUMENT'],
  ],
  'memory that was transferred, or is not there': [
    ['numbers to scale', () => new c.StandardScaler().fit(detached()), 'INVALID_STATE'],
    ['categories in a tensor', () => new c.OneHotEncoder().fit(detached()), 'INVALID_STATE'],
    ['categories in an array', () => new c.OneHotEncoder().fit(lost(Int32Array.of(1))), 'INVALID_ARGUMENT'],
    ['rows of a preprocessor', () => new c.TablePreprocessor().fit(table, lost(Int32Array.of(0))), 'INVALID_ARGUMENT'],
    [
      'an array of another length than it says',
      () => new c.OneHotEncoder().fit(Object.defineProperty(Float64Array.of(1), 'length', { value: 2 ** 31 })),
      'INVALID_ARGUMENT',
    ],
  ],
  'state of an optimizer': [
    ['an average that is a symbol', () => c.fit(model(), data, { ...training, average: any([Symbol('a')]), epochs: 1 }), 'INVALID_ARGUMENT'],
    ['statistics of a symbol', () => c.renewStatistics(any([Symbol('a')]), data), 'INVALID_ARGUMENT'],
    ['L-BFGS without a model', () => new c.LBFGS().reset(any(undefined)), 'INVALID_ARGUMENT'],
    ['Adam without a model', () => new c.Adam().reset(any(undefined)), 'INVALID_ARGUMENT'],
  ],
  'models of tables': [
    ['names that are none', () => c.trainTabular(table, any({ target: 'a', ignore: 'b' })), 'INVALID_ARGUMENT'],
    ['a signal that is none', () => c.trainTabular(table, any({ target: 'a', signal: {} })), 'INVALID_ARGUMENT'],
    ['rows that are null', () => new c.TablePreprocessor().fit(table, any(null)), 'INVALID_ARGUMENT', 'rows to be an Int32Array'],
    ['rows that are not there', () => new c.TablePreprocessor().fit(table, Int32Array.of(0, 1)), 'INVALID_ARGUMENT', 'rows from 0 to 0'],
    ['rows to transform that are not there', () => new c.TablePreprocessor().fit(c.Table.from([{ a: 1 }, { a: 2 }])).transform(table, Int32Array.of(-1)), 'INVALID_ARGUMENT', '-1'],
    ['a number of a column named by a symbol', () => new c.StandardScaler().fit([[1], [2]]).inverseValue(1, any([Symbol('s')])), 'SHAPE_MISMATCH', 'a column below 1'],
    ['names to leave out that are none', () => new c.TablePreprocessor(any({ ignore: 'b' })), 'INVALID_ARGUMENT'],
    ['no transform', () => c.transformFromJson(any('x')), 'INVALID_FORMAT'],
    ['a transform of nothing', () => c.transformFromJson(any({})), 'INVALID_FORMAT'],
    ['a mean that is none', () => standard({ mean: ['1'], deviation: [1] }), 'INVALID_FORMAT'],
    ['numbers in an object', () => new c.StandardScaler().fit(any({})), 'INVALID_ARGUMENT'],
    ['categories in a text', () => new c.OneHotEncoder().fit(any('abc')), 'INVALID_ARGUMENT'],
    ['categories in an object', () => new c.OneHotEncoder().fit(any({})), 'INVALID_ARGUMENT'],
    ['targets of nothing', () => new c.TargetScaler().fit([]), 'SHAPE_MISMATCH'],
    ['an imputer of nothing', () => new c.Imputer().fit([]), 'SHAPE_MISMATCH'],
    ['an assessment of no table', () => c.assess(any(reader('a')), any([])), 'INVALID_ARGUMENT'],
    ['an assessment by no model', () => c.assess(any({}), table), 'INVALID_ARGUMENT'],
    ['an assessment of no values', () => c.assess(any(reader('b')), table), 'INVALID_ARGUMENT', '1 rows of other values'],
    ['what counts, of no assessment', () => c.importanceOf(any(reader('a')), any({}), { features: [] }), 'INVALID_ARGUMENT'],
  ],
  plots: [
    ['no options of a line', () => c.plot.lines({ series: [any(1)] }), 'INVALID_ARGUMENT'],
    ['a label that is none', () => line({ label: 5 }), 'INVALID_ARGUMENT'],
    ['a format that is none', () => line({ format: 5 }), 'INVALID_ARGUMENT'],
    ['a title that is none', () => c.plot.lines({ series: [{ y: [1] }], title: any(5) }), 'INVALID_ARGUMENT'],
    ['a series that is none', () => c.plot.bars({ labels: ['a'], series: [any(1)] }), 'INVALID_ARGUMENT'],
    ['values that are none', () => c.plot.bars({ labels: ['a'], series: [{ values: any(1) }] }), 'INVALID_ARGUMENT'],
    ['no values', () => c.plot.bars({ labels: ['a'], series: [{ values: any(null) }] }), 'INVALID_ARGUMENT'],
    ['values transferred', () => c.plot.bars({ labels: ['a'], series: [{ values: lost(Float64Array.of(1)) }] }), 'INVALID_ARGUMENT'],
    ['a format of cells that is none', () => c.plot.heatmap({ values: [[1]], format: any(1) }), 'INVALID_ARGUMENT'],
    ['a vector as a matrix', () => c.plot.heatmap({ values: vector }), 'INVALID_ARGUMENT'],
    ['a matrix without columns', () => c.plot.heatmap({ values: [[]] }), 'INVALID_ARGUMENT'],
    ['rows that are no names', () => c.plot.heatmap({ values: [[1]], rows: any('a') }), 'SHAPE_MISMATCH'],
    ['points in space', () => c.plot.field({ predict: (p) => p, points: [[1, 2, 3]] }), 'SHAPE_MISMATCH'],
    ['labels of other points', () => c.plot.field({ predict: (p) => p, points: [[1, 2]], labels: [1, 2] }), 'SHAPE_MISMATCH'],
    ['an image that is none', () => c.plot.images({ images: [any(1)] }), 'INVALID_ARGUMENT'],
    ['a caption that is none', () => c.plot.images({ images: [{ pixels: [1], caption: any(1) }] }), 'INVALID_ARGUMENT'],
    ['a span that is none', () => c.plot.images({ images: [{ pixels: [1], caption: any([{}]) }] }), 'INVALID_ARGUMENT'],
    ['images of two sizes', () => c.plot.images({ images: [{ pixels: [1] }, { pixels: [1, 2] }] }), 'SHAPE_MISMATCH'],
    ['epochs that are none', () => c.plot.history({ epochs: [any(1)] }), 'INVALID_ARGUMENT'],
  ],
  graphs: [
    ['a gate of an object', () => c.apply(new c.Add(), any({}), 1), 'INVALID_ARGUMENT'],
    ['a Jacobian of two outputs', () => c.jacobian(any((a: c.Variable) => [a, a]), x), 'INVALID_ARGUMENT'],
    ['a product with it', () => c.jvp(any((a: c.Variable) => [a, a]), [x], [x]), 'INVALID_ARGUMENT'],
    ['a picture that is none', () => toPng('<svg'), 'INVALID_ARGUMENT'],
  ],
  files: [
    ['tensors that are none', () => c.encodeSafetensors(any(1)), 'INVALID_ARGUMENT'],
    ['metadata that are none', () => c.encodeSafetensors({}, any(1)), 'INVALID_ARGUMENT'],
    ['nothing to save', () => c.saveTensors(any(null), 'x.safetensors'), 'INVALID_ARGUMENT'],
    ['input names that are none', () => c.encodeOnnx(model(), any({ inputNames: 1 })), 'INVALID_ARGUMENT'],
    ['a folder', () => c.readTable('test/data', { format: 'parquet' }), 'FILE_FAILED'],
  ],
} // biome-ignore format: a table

describe.each(Object.entries(tables))('%s', (_, list) => {
  for (const [title, run, code, says = ''] of list)
    it(title, async () => {
      let error: unknown
      try {
        await run()
      } catch (thrown) {
        error = thrown
      }
      expect(error).toBeInstanceOf(ChainruleError)
      expect(error).toMatchObject({ code, message: expect.stringContaining(says) })
    })
})

it('values in words', () => {
  const revoked = Proxy.revocable([], {})
  revoked.revoke()
  const values = [-0, Symbol('a'), 2n, new DataView(new ArrayBuffer(3)), () => 1, class A {}, Object.create(null), revoked.proxy, new ArgumentError('', '', '')]
  expect(values.map(described)).toEqual(['-0', 'a symbol', '2n', 'DataView of 3 bytes', 'a function', 'function A', 'an object', 'an unreadable value', 'ArgumentError object'])
}) // biome-ignore format: a table
