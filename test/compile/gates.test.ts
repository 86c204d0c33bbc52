// Every gate and loss of the library: compiled it gives the numbers and gradients of the gates, or it stands here with the
// reason why it is not.
import { describe, expect, it } from 'vitest'
import { lower } from '../../lib/compile/lower.js'
import { Dataset } from '../../lib/data/dataset.js'
import * as chainrule from '../../lib/index.js'
import { explain, type FloatDType, type Gate, type Loss, type Model, type Tensor, tensor } from '../../lib/index.js'
import { bindable } from '../../lib/nn/bind.js'
import { GradientPlan } from '../../lib/train/plans.js'
import { expectClose, numbers, randomTensor } from '../support.js'

const { Bind, Linear, MeanSquaredError, Network, Reshape, Sequential, Sigmoid } = chainrule

/** A network from rows of 5 numbers. */
type Case = (dtype: FloatDType) => Model
const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)
const ofShape = (shape: readonly number[], dtype: FloatDType) => [
  new Linear(5, sizeOf(shape), { dtype }),
  new Sigmoid(),
  new Reshape([-1, ...shape]),
]
/** A gate of rows of some shape, between 0 and 1. */
const of =
  (shape: readonly number[], gate: (dtype: FloatDType) => Gate): Case =>
  (dtype) =>
    new Sequential(...ofShape(shape, dtype), gate(dtype))
/** A gate of several values. */
const join =
  (shapes: readonly (readonly number[])[], gate: Gate): Case =>
  (dtype) =>
    new Network({
      nodes: {
        ...Object.fromEntries(shapes.map((shape, i) => [`v${i}`, [new Sequential(...ofShape(shape, dtype)), 'x']])),
        out: [gate, ...shapes.map((_, i) => `v${i}`)],
      },
    })
type Bindable = new () => InstanceType<(typeof bindable)[keyof typeof bindable]>
const bound = (shape: readonly number[], gate: Bindable, value: readonly number[]): Case[] =>
  ([0, 1] as const).flatMap((position) =>
    [true, false].map((trained) =>
      of(shape, (dtype) => {
        const c = randomTensor([...value], 7, 0.2, 1.5).astype(dtype)
        return new Bind(new gate() as never, c, { position, trained })
      }),
    ),
  )
const matrix = [2, 3]
const axes = [{ axis: 1 }, { axis: -1 }, { axis: [1, 2] }, { axis: [3, 1], keepDims: true }, { axis: [] }]
const reductions = (type: new (given: chainrule.AxisOptions) => Gate) =>
  axes.map((given) => of([2, 3, 2], () => new type(given)))
const pairs = (type: Bindable) => [
  join([matrix, matrix], new type()),
  join([matrix, [1, 3]], new type()),
  join([[2, 1], [1, 3]], new type()), // biome-ignore format: two shapes
  join([[4], [1]], new type()), // biome-ignore format: two shapes
  ...bound(matrix, type, [3]),
  ...bound(matrix, type, [2, 1]),
  ...bound([1, 3], type, [1, 2, 1]),
  ...bound(matrix, type, [1]),
  ...bound([4], type, [4]),
]

const gates: Readonly<Record<string, readonly Case[]>> = {
  ...Object.fromEntries(
    Object.entries(chainrule)
      .filter(([, type]) => isElementwise(type))
      .map(([name, type]) => {
        const given = { Scale: -0.7, AddConstant: 0.3, Power: 2.5, Clip: { min: 0.3, max: 0.6 } }[name]
        return [name, [of(matrix, () => new (type as new (given?: unknown) => Gate)(given))]]
      }),
  ),
  GELU: [of(matrix, () => new chainrule.GELU({ approximate: 'tanh' })), of([4], () => new chainrule.GELU())],
  Clip: [of(matrix, () => new chainrule.Clip({ max: 0.5 })), of([4], () => new chainrule.Clip({ min: 0.5, max: 0.6 }))],
  ...Object.fromEntries(Object.entries(bindable).map(([name, type]) => [name, pairs(type)])),
  MatMul: [
    join([matrix, [3, 4]], new chainrule.MatMul()),
    join([[2, 2, 3], [2, 3, 1]], new chainrule.MatMul()), // biome-ignore format: two shapes
    join([[2, 2, 3], [1, 3, 2]], new chainrule.MatMul()), // biome-ignore format: two shapes
    bound([4], chainrule.MatMul, [4, 3])[2]!,
    ...bound([4], chainrule.MatMul, [4]).slice(2),
    ...bound([3, 3], chainrule.MatMul, [3]),
    ...bound([2, 3, 3], chainrule.MatMul, [3, 3]),
    ...bound([2, 3, 3], chainrule.MatMul, [2, 3, 3]),
    ...bound([2, 3, 3], chainrule.MatMul, [1, 2, 3, 3]),
  ],
  Bind: bound([2, 2, 3], chainrule.Subtract, [2, 1, 3]),
  Sum: reductions(chainrule.Sum),
  Mean: reductions(chainrule.Mean),
  Max: reductions(chainrule.Max),
  Min: reductions(chainrule.Min),
  Softmax: [1, 2, 3, -2].map((axis) => of([2, 3, 2], () => new chainrule.Softmax({ axis }))),
  LogSoftmax: [1, 2, -1].map((axis) => of([2, 4], () => new chainrule.LogSoftmax({ axis }))),
  Transpose: [
    of([2, 3, 4], () => new chainrule.Transpose([0, 3, 1, -2])),
    of([4], () => new chainrule.Transpose([0, 1])),
  ],
  Reshape: [of([6, 2], () => new Reshape([-1, 3, 4])), of([4], () => new Reshape([-1, 2, 2, 1]))],
  Flatten: [
    of([2, 3, 2], () => new chainrule.Flatten()),
    of([2, 3, 2], () => new chainrule.Flatten({ startAxis: 2 })),
    of([2, 3, 2], () => new chainrule.Flatten({ startAxis: -3, endAxis: -2 })),
  ],
  Slice: [
    of([4, 3], () => new chainrule.Slice([null, { step: -2 }, 1])),
    of([4, 3], () => new chainrule.Slice([{}, -1])),
    of([6], () => new chainrule.Slice([{ start: 0 }, { start: 1, stop: -1 }])),
    of([6], () => new chainrule.Slice([])),
  ],
  Gather: [
    of([4, 3], () => new chainrule.Gather([[0, -1], [3, 0]], { axis: 1 })), // biome-ignore format: a matrix
    of([4, 3], () => new chainrule.Gather(1, { axis: 2 })),
  ],
  Where: [
    join([matrix, matrix], new chainrule.Where([[1, 0, 1], [0, 0, 1]])), // biome-ignore format: a matrix
    join([matrix, [1, 3]], new chainrule.Where([[1], [0]])),
    join([[4], [4]], new chainrule.Where(true)), // biome-ignore format: two shapes
  ],
  Concat: [1, 2, -1].map((axis) => join([matrix, matrix, matrix], new chainrule.Concat({ axis }))),
  Stack: [1, 2, 3].map((axis) => join([matrix, matrix], new chainrule.Stack({ axis }))),
  PReLU: [
    of(matrix, (dtype) => new chainrule.PReLU({ dtype })),
    of(matrix, (dtype) => new Sequential(new chainrule.AddConstant(-0.5), new chainrule.PReLU({ channels: 3, dtype }))),
  ],
  LayerNorm: [true, false].map((affine) => of([2, 4], (dtype) => new chainrule.LayerNorm(4, { affine, dtype }))),
  BatchNorm: [true, false].map((affine) => of([2, 4], (dtype) => new chainrule.BatchNorm(4, { affine, dtype }))),
  Dropout: [of(matrix, () => new chainrule.Dropout(0.4, { seed: 3 }))],
  Linear: [of([4], (dtype) => new Linear(4, 2, { dtype, bias: false }))],
  Embedding: [(dtype) => new Sequential(new chainrule.Embedding(9, 3, { dtype, paddingIndex: 0 }))],
  ColumnEmbedding: [
    of([4], () => new chainrule.Scale(0)),
    (dtype) => new chainrule.Parallel([new chainrule.ColumnEmbedding(1, 3, { inputs: 5, column: 2, dtype })]),
  ],
  Sequential: [of([4], () => new Sequential())],
  Residual: [of(matrix, () => new chainrule.Residual(new chainrule.Softmax({ axis: 1 })))],
  Parallel: [
    of(matrix, () => new chainrule.Parallel([new chainrule.Sin(), new chainrule.Cos()])),
    of(matrix, () => new chainrule.Parallel([new chainrule.Sin(), new chainrule.Cos()], { join: 'add' })),
  ],
  Network: [join([matrix], new chainrule.Tanh())],
}

/** Gates that never work row by row: one number of all rows, a weight made of rows, a fixed number of them. */
const others = ['Affine', 'BroadcastTo', 'SoftmaxCrossEntropy', 'SquaredNorm']
/** What gates are derived from. */
const bases = ['ElementwiseGate', 'Layer', 'Model']

function isElementwise(type: unknown): boolean {
  return typeof type === 'function' && type.prototype instanceof chainrule.ElementwiseGate
}

const classes = Object.entries(chainrule as Record<string, unknown>).filter(([, type]) => {
  const { forward, backward } = (typeof type === 'function' && type.prototype) || {}
  return typeof forward === 'function' && typeof backward === 'function'
}) as [string, new (given?: object) => Loss][]
const isGateClass = ([, type]: (typeof classes)[number]) => 'infer' in type.prototype

describe('every gate', () => {
  it('is compiled, or stands among those that are not', () => {
    const names = classes.filter(isGateClass).map(([name]) => name)
    expect([...Object.keys(gates), ...others, ...bases].sort()).toEqual(names.sort())
  })

  it.each(Object.entries(gates))('%s', async (_, cases) => {
    for (const [i, make] of cases.entries()) {
      await compare(make, 'float64', `case ${i}`)
      if (i === 0) await compare(make, 'float32', `case ${i}, float32`)
    }
  })
})

// Outputs, loss and all gradients of the compiled model are those of the gates.
async function compare(make: Case, dtype: FloatDType, what: string): Promise<void> {
  // Targets have rows of numbers.
  const bare = make(dtype)
  const scalars = bare.inputDType !== 'int32' && bare.infer(rowsOf(dtype)).rank === 1
  const model = (scalars ? new Sequential(bare, new Reshape([-1, 1])) : bare).initialize(5)
  const indices = model.inputDType === 'int32'
  const given = indices
    ? tensor(
        Int32Array.from({ length: 35 }, (_, i) => (i * i) % 9),
        { shape: [7, 5] },
      )
    : rowsOf(dtype)
  const output = model.infer(given)
  const y = randomTensor([...output.shape], 9).astype(dtype)
  const loss = new MeanSquaredError()
  expect(lower(model, { rowShape: [5], batch: 8, loss, targetShape: y.shape.slice(1) }), what).toBeDefined()
  const tolerance = dtype === 'float64' ? 1e-12 : 1e-5
  expect(model.predictSync(given).shape).toEqual(output.shape)
  expectClose(model.predictSync(given), numbers(output), tolerance)
  const twin = model.clone()
  const value = loss.forward(twin.forward(given), y)
  twin.backward(loss.backward()[0] as Tensor)
  const data = new Dataset('fit', { x: given, y }, { targets: 'values', inputDType: model.inputDType, dtype })
  const plan = GradientPlan.create(model, loss, data, 7)!
  const [mine] = await plan.evaluator(
    data,
    Int32Array.from({ length: 7 }, (_, i) => i),
    0,
    7,
  )()
  expectClose([mine], [value], tolerance)
  expectClose(Array.from(model.block.gradients), Array.from(twin.block.gradients), tolerance)
}

// Column 2 holds what ColumnEmbedding looks up.
function rowsOf(dtype: FloatDType): Tensor {
  const x = randomTensor([7, 5], 8)
  for (let i = 2; i < 35; i += 5) x.data[i] = 0
  return x.astype(dtype)
}

describe('what mixes rows', () => {
  const mixing: readonly (readonly [string, Case])[] = [
    ['Transpose', of(matrix, () => new chainrule.Transpose())],
    ['Reshape', of([4], () => new Reshape([7, 4]))],
    ['Reshape', of([4], () => new Reshape([2, -1]))],
    ['Flatten', of([4], () => new chainrule.Flatten({ startAxis: 0 }))],
    ['BroadcastTo', of([4], () => new chainrule.BroadcastTo([7, 4]))],
    ['Slice', of([4], () => new chainrule.Slice([{ stop: 100 }]))],
    ['Slice', of([4], () => new chainrule.Slice([{ step: -1 }]))],
    ['Slice', of([4], () => new chainrule.Slice([0]))],
    ['Gather', of([4], () => new chainrule.Gather([0, 1]))],
    ['Concat', join([matrix, matrix], new chainrule.Concat())],
    ['Stack', join([matrix, matrix], new chainrule.Stack())],
    ['Add', join([matrix, [3]], new chainrule.Add())],
    ['MatMul', join([matrix, [3]], new chainrule.MatMul())],
    ['Softmax', of([4], () => new chainrule.Softmax({ axis: 0 }))],
    ['Sum', of([4], () => new chainrule.Sum())],
    ['Max', of([4], () => new chainrule.Max({ axis: [0, 1] }))],
    ['SquaredNorm', of([4], () => new chainrule.SquaredNorm())],
    ['Where', join([[4], [4]], new chainrule.Where([[1], [0], [1], [1], [1], [1], [1]]))], // biome-ignore format: two shapes
    ['Bind', of([4], () => new Bind(new chainrule.Add(), randomTensor([7, 1], 2).astype('float32')))],
    ['Bind', of([4], () => new Bind(new chainrule.MatMul(), randomTensor([2, 4, 4], 2).astype('float32')))],
  ]
  it.each(mixing)('%s runs gate by gate, and explain says why', (name, make) => {
    const text = `Runs gate by gate: ${name} (it does not work row by row) cannot be compiled.`
    expect(explain(make('float32'), { loss: new MeanSquaredError() })).toBe(text)
  })

  it('shapes that a gate refuses are its affair', () => {
    for (const gate of [new Linear(3, 2), new chainrule.LayerNorm(3), new chainrule.Gather([9], { axis: 1 })]) {
      const model = of([4], () => gate)('float32')
      expect(lower(model, { rowShape: [5], batch: 8 })).toBeUndefined()
      expect(() => model.predictSync(rowsOf('float32'))).toThrow(chainrule.ChainruleError)
    }
  })
})

describe('every loss', () => {
  it.each(classes.filter((entry) => !isGateClass(entry)))('%s is compiled where it reduces', (_, type) => {
    const make = (reduction: string) =>
      lower(new Sequential(new Linear(5, 3)), { rowShape: [5], batch: 8, loss: new type({ reduction }) })
    expect(make('mean')).toBeDefined()
    expect(make('sum')).toBeDefined()
    expect(make('none')).toBeUndefined()
  })
})
