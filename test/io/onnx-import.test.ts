// ONNX operators of every version: models put together node by node give onnxruntime's numbers when they are read as networks.
import { describe, expect, it } from 'vitest'
import {
  Bind,
  decodeOnnx,
  GELU,
  HardSwish,
  Linear,
  Mish,
  Network,
  ReLU,
  Sequential,
  SiLU,
  type Tensor,
  tensor,
} from '../../lib/index.js'
import { knownOperators } from '../../lib/io/onnx/import/graph.js'
import type { AttributeInit } from '../../lib/io/onnx/proto.js'
import { randomTensor } from '../support.js'
import {
  attribute,
  bytesOf,
  expectSame,
  inferred,
  list,
  type Numbers,
  node,
  runOnnx,
  runOnnxAll,
  type TestModel,
  type TestNode,
  tensorOf,
} from './onnx-support.js'

const { int, float, ints, floats } = attribute

/** A part of a model: nodes that read x and p [n, 4], p > 0, or m [n, 2, 3], and make y. */
interface Part {
  readonly nodes: readonly TestNode[]
  readonly constants?: Record<string, Tensor>
}
type Build = (version: number) => Part
type Row = readonly [title: string, build: Build, from?: number, to?: number]

const one = (op: string, inputs = 'x', attributes: readonly AttributeInit[] = [], constants = {}): Build => {
  return () => ({ nodes: [node(op, inputs, attributes)], constants })
}
const vector = tensor([0.5, -1, 2, 0.25])
const matrix = randomTensor([4, 3], 7).astype('float32')
const square = randomTensor([4, 4], 8).astype('float32')
const two = tensor([[2], [-3]])

/** A binary operator with a constant: until version 6, what has fewer axes must be said to be broadcast. */
const withConstant = (op: string, constant: Tensor, first = false, axis?: number, x = 'x'): Build => {
  return (version) => {
    const says = version < 7 && !first
    const attributes = says ? [int('broadcast', 1), ...(axis === undefined ? [] : [int('axis', axis)])] : []
    const value = says && axis !== undefined ? constant.reshape([constant.size]) : constant
    return { nodes: [node(op, first ? `c ${x}` : `${x} c`, attributes)], constants: { c: value } }
  }
}

/** Axes as attribute up to some version, as input since. */
const withAxes = (
  op: string,
  x: string,
  axes: readonly number[],
  since: number,
  more: readonly AttributeInit[] = [],
): Build => {
  return (version) =>
    version < since
      ? { nodes: [node(op, x, [ints('axes', axes), ...more])] }
      : { nodes: [node(op, `${x} axes`, more)], constants: { axes: list(...axes) } }
}

const reductions = ['Sum', 'Mean', 'Max', 'Min', 'SumSquare', 'L1', 'L2', 'LogSum', 'LogSumExp'].flatMap(
  (kind): Row[] => {
    const since = kind === 'Sum' ? 13 : 18
    return [
      [`Reduce${kind} of one axis`, withAxes(`Reduce${kind}`, kind === 'LogSum' ? 'p' : 'x', [1], since)],
      [
        `Reduce${kind} of two axes, which go`,
        withAxes(`Reduce${kind}`, kind === 'LogSum' ? 'q' : 'm', [1, 2], since, [int('keepdims', 0)]),
      ],
      [`Reduce${kind} of all`, one(`Reduce${kind}`, kind === 'LogSum' ? 'p' : 'x', [int('keepdims', 0)])],
    ]
  },
)

const slice = (starts: number[], ends: number[], axes: number[], steps?: number[]): Build => {
  return (version) =>
    version < 10
      ? { nodes: [node('Slice', 'm', [ints('starts', starts), ints('ends', ends), ints('axes', axes)])] }
      : {
          nodes: [node('Slice', steps ? 'm s e a t' : 'm s e a')],
          constants: { s: list(...starts), e: list(...ends), a: list(...axes), ...(steps && { t: list(...steps) }) },
        }
}

const reshape = (x: string, ...shape: number[]): Build => {
  return (version) =>
    version < 5
      ? { nodes: [node('Reshape', x, [ints('shape', shape)])] }
      : { nodes: [node('Reshape', `${x} s`)], constants: { s: list(...shape) } }
}

const clip = (min?: number, max?: number): Build => {
  return (version) => {
    if (version >= 11) {
      const constants = { ...(min !== undefined && { a: tensor(min) }), ...(max !== undefined && { b: tensor(max) }) }
      return { nodes: [node('Clip', `x ${min === undefined ? '-' : 'a'}${max === undefined ? '' : ' b'}`)], constants }
    }
    const attributes = [
      ...(min === undefined ? [] : [float('min', min)]),
      ...(max === undefined ? [] : [float('max', max)]),
    ]
    return { nodes: [node('Clip', 'x', attributes)] }
  }
}

// ½x(1 + erf(x/√2)) as programs write it.
const gelus: Row[] = [
  [['Div x r', 'Erf', 'Add o', 'Mul x', 'Mul h']],
  [['Mul x i', 'Erf', 'Add o', 'Mul h', 'Mul x']],
  [['Mul x h > s', 'Div x r', 'Erf', 'Add o', 'Mul s']],
  [['Div x r', 'Erf', 'Add o', 'Div t', 'Mul x']],
].map(([steps], i): Row => {
  const build: Build = () => {
    const nodes: TestNode[] = []
    let last = ''
    for (const [k, step] of steps!.entries()) {
      const [op, ...rest] = step.split(' ')
      const kept = rest.indexOf('>')
      const reads = kept < 0 ? rest : rest.slice(0, kept)
      const output = kept >= 0 ? rest[kept + 1]! : k + 1 === steps!.length ? 'y' : `e${k}`
      nodes.push(node(op!, [...(last === '' || reads.length > 1 ? [] : [last]), ...reads].join(' '), [], output))
      if (kept < 0) last = output
    }
    const constants = { r: tensor(Math.SQRT2), i: tensor(Math.SQRT1_2), o: tensor(1), h: tensor(0.5), t: tensor(2) }
    return { nodes, constants }
  }
  return [`GELU of Erf, form ${i}`, build, 9]
})

const chain =
  (...steps: string[]): Build =>
  () => ({
    nodes: steps.map((step) => {
      const [call, output = 'y'] = step.split(' > ')
      const [op, ...inputs] = call!.split(' ')
      return node(op!, inputs.join(' '), [], output)
    }),
  })

const norm =
  (x: string, channels: number): Build =>
  (version) => ({
    nodes: [
      {
        ...node('BatchNormalization', `${x} g b mu v`, [
          float('epsilon', 1e-3),
          ...(version < 7 ? [int('is_test', 1)] : []),
        ]),
      },
    ],
    constants: {
      g: tensor([1, 2, -1, 0.5].slice(0, channels)),
      b: tensor([0.5, 0, 1, 2].slice(0, channels)),
      mu: tensor([0.1, 0.2, 0.3, 0.4].slice(0, channels)),
      v: tensor([1, 2, 3, 0.5].slice(0, channels)),
    },
  })

const unaries = ['Relu', 'Sigmoid', 'Tanh', 'Softplus', 'Softsign', 'Exp', 'Neg', 'Abs', 'Identity'].map(
  (op): Row => [op, one(op)],
)

const rows: readonly Row[] = [
  ...unaries,
  ...['Sqrt', 'Log', 'Reciprocal'].map((op): Row => [op, one(op, 'p')]),
  ['Sin', one('Sin'), 7],
  ['Cos', one('Cos'), 7],
  ['HardSwish', one('HardSwish'), 14],
  ['Mish', one('Mish'), 18],
  ['Gelu', one('Gelu'), 20],
  ['Gelu by tanh', one('Gelu', 'x', [attribute.text('approximate', 'tanh')]), 20],
  ['LeakyRelu', one('LeakyRelu')],
  ['LeakyRelu of its own slope', one('LeakyRelu', 'x', [float('alpha', 0.3)])],
  ['Elu', one('Elu', 'x', [float('alpha', 0.5)])],
  ['Selu', one('Selu'), 6],
  ['Selu of other constants', one('Selu', 'x', [float('alpha', 1.5), float('gamma', 2)]), 6],
  ['Celu', one('Celu', 'x', [float('alpha', 2)]), 12],
  ['HardSigmoid', one('HardSigmoid')],
  ['HardSigmoid of a sixth', one('HardSigmoid', 'x', [float('alpha', 1 / 6), float('beta', 0.5)])],
  ['Clip', clip(-0.5, 0.7)],
  ['Clip to ±1', clip(-1, 1)],
  ['Clip below', clip(0.1)],
  ['Clip above', clip(undefined, 0.1)],
  ...gelus,
  ['SiLU of its factors', chain('Sigmoid x > s', 'Mul x s')],
  ['Mish of its parts', chain('Softplus x > s', 'Tanh s > t', 'Mul t x')],
  ['a sigmoid that two read', chain('Sigmoid x > s', 'Mul x s > a', 'Add a s')],
  ['Add of a constant', withConstant('Add', vector)],
  ['Add of a number', withConstant('Add', tensor(1.5))],
  ['Add of one number in brackets', withConstant('Add', tensor([1.5]))],
  ['Sub of a constant', withConstant('Sub', vector)],
  ['Sub of a number', withConstant('Sub', tensor(1.5))],
  ['Sub from a number', withConstant('Sub', tensor(1.5), true), 7],
  ['Mul of a constant', withConstant('Mul', vector)],
  ['Mul of a number', withConstant('Mul', tensor(1.5))],
  ['Div by a constant', withConstant('Div', vector)],
  ['Div by a number', withConstant('Div', tensor(3))],
  ['Div of one', withConstant('Div', tensor(1), true), 7],
  ['Div of a constant', withConstant('Div', vector, true), 7],
  ['Pow of two', withConstant('Pow', tensor(2))],
  ['Pow of three', withConstant('Pow', tensor(3))],
  ['Pow of a half', withConstant('Pow', tensor(0.5), false, undefined, 'p')],
  ['Pow of a constant', withConstant('Pow', vector, false, undefined, 'p')],
  ['Pow of a number by x', withConstant('Pow', tensor(2), true), 7],
  ['Add along an axis', withConstant('Add', two, false, 1, 'm')],
  ['Mul along an axis', withConstant('Mul', two, false, 1, 'm')],
  ...['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Sum', 'Mean'].map((op): Row => [`${op} of two`, one(op, 'x p')]),
  ['Pow of two inputs', one('Pow', 'p x')],
  ['Max of three', one('Max', 'x p c', [], { c: vector }), 8],
  ['Min of a number', one('Min', 'x c', [], { c: tensor(0.2) }), 8],
  ['Max of 0', one('Max', 'x c', [], { c: tensor(0) }), 8],
  ['Sum of three', one('Sum', 'x p x')],
  [
    'Gemm',
    (v) => ({
      nodes: [node('Gemm', 'x w c', v < 7 ? [int('broadcast', 1)] : [])],
      constants: { w: matrix, c: tensor([1, 2, 3]) },
    }),
  ],
  [
    'Gemm of Wᵀ, scaled',
    (v) => ({
      nodes: [
        node('Gemm', 'x w c', [
          int('transB', 1),
          float('alpha', 0.5),
          float('beta', 2),
          ...(v < 7 ? [int('broadcast', 1)] : []),
        ]),
      ],
      constants: { w: square, c: tensor([[1, 2, 3, 4]]) },
    }),
  ],
  ['Gemm of one bias', one('Gemm', 'x w c', [], { w: matrix, c: tensor([0.5]) }), 7],
  ['Gemm without bias', one('Gemm', 'x w', [], { w: matrix }), 11],
  ['Gemm of an input as bias', one('Gemm', 'x w p', [float('beta', 0.5)], { w: square }), 7],
  ['Gemm of inputs', one('Gemm', 'x p c', [int('transB', 1), float('alpha', 0.5)], { c: tensor(1) }), 7],
  [
    'Gemm of xᵀ',
    () => ({
      nodes: [node('Transpose', 'x', [], 't'), node('Gemm', 't w c', [int('transA', 1)])],
      constants: { w: matrix, c: tensor([1, 2, 3]) },
    }),
    7,
  ],
  ['MatMul', one('MatMul', 'x w', [], { w: matrix })],
  [
    'MatMul and its bias',
    () => ({
      nodes: [node('MatMul', 'x w', [], 't'), node('Add', 't c')],
      constants: { w: matrix, c: tensor([1, 2, 3]) },
    }),
    7,
  ],
  [
    'a bias and MatMul',
    () => ({
      nodes: [node('MatMul', 'x w', [], 't'), node('Add', 'c t')],
      constants: { w: matrix, c: tensor([1, 2, 3]) },
    }),
    7,
  ],
  [
    'MatMul that two read',
    () => ({
      nodes: [node('MatMul', 'x w', [], 't'), node('Add', 't c', [], 'u'), node('Mul', 'u t')],
      constants: { w: matrix, c: tensor([1, 2, 3]) },
    }),
    7,
  ],
  ['MatMul of a stack', one('MatMul', 'm w', [], { w: randomTensor([3, 2], 3).astype('float32') })],
  ['MatMul of a constant on the left', one('MatMul', 'w m', [], { w: randomTensor([5, 2], 3).astype('float32') })],
  ['MatMul by a vector', one('MatMul', 'x w', [], { w: vector })],
  ['MatMul of inputs', chain('Transpose p > t', 'MatMul x t')],
  ['BatchNormalization', norm('x', 4)],
  ['BatchNormalization of channels', norm('m', 2)],
  [
    'LayerNormalization',
    one('LayerNormalization', 'x g b', [float('epsilon', 1e-3)], { g: vector, b: square.rows(0).reshape([4]) }),
    17,
  ],
  ['LayerNormalization without offset', one('LayerNormalization', 'm g', [], { g: tensor([1, 2, 3]) }), 17],
  ['PRelu', one('PRelu', 'x s', [], { s: vector })],
  ['PRelu of one slope', one('PRelu', 'x s', [], { s: tensor([0.1]) })],
  [
    'Dropout',
    (v) =>
      v < 12
        ? { nodes: [node('Dropout', 'x', [float('ratio', 0.3), ...(v < 7 ? [int('is_test', 1)] : [])])] }
        : { nodes: [node('Dropout', 'x r')], constants: { r: tensor(0.3) } },
  ],
  ['Flatten', one('Flatten', 'm')],
  ['Flatten from axis 2', one('Flatten', 'm', [int('axis', 2)])],
  ['Flatten of all', one('Flatten', 'm', [int('axis', 0)])],
  ['Reshape to [0, −1]', reshape('m', 0, -1)],
  ['Reshape to [−1, 6]', reshape('m', -1, 6)],
  ['Reshape to [0, 3, 2]', reshape('m', 0, 3, 2)],
  ['Reshape to [0, 3, −1]', reshape('m', 0, 3, -1)],
  ['Reshape to [0, 0, −1]', reshape('m', 0, 0, -1)],
  ['Reshape to [−1]', reshape('m', -1)],
  [
    'Reshape by Shape, Gather, Concat',
    () => ({
      nodes: [
        node('Shape', 'm', [], 's'),
        node('Gather', 's zero', [], 'rows'),
        { ...node('Unsqueeze', 'rows', [ints('axes', [0])], 'r') },
        node('Concat', 'r rest', [int('axis', 0)], 'to'),
        node('Reshape', 'm to'),
      ],
      constants: { zero: tensor(0, { dtype: 'int32' }), rest: list(-1) },
    }),
    7,
    12,
  ],
  ['Transpose', one('Transpose', 'm', [ints('perm', [0, 2, 1])])],
  ['Transpose in reverse', one('Transpose', 'm')],
  ['Concat', one('Concat', 'x p x', [int('axis', 1)])],
  ['Concat along the last axis', one('Concat', 'x p', [int('axis', -1)]), 11],
  [
    'Gather of columns',
    one('Gather', 'm i', [int('axis', 2)], { i: tensor(Int32Array.of(2, 0, 0, 1), { shape: [2, 2] }) }),
  ],
  ['Gather of one', one('Gather', 'm i', [int('axis', 1)], { i: tensor(1, { dtype: 'int32' }) })],
  ['Gather from the end', one('Gather', 'm i', [int('axis', -1)], { i: list(-1) }), 11],
  ['Slice', slice([0, 1], [1, 3], [1, 2])],
  ['Slice to the end', slice([-2], [2 ** 31 - 1], [2])],
  ['Slice backwards', slice([-1], [-4], [2], [-1]), 10],
  ['Slice by twos', slice([0], [3], [-1], [2]), 10],
  [
    'Split',
    (v) => ({
      nodes: [
        v < 13
          ? node('Split', 'x', [int('axis', 1), ints('split', [1, 3])], 'a b')
          : node('Split', 'x s', [int('axis', 1)], 'a b'),
        node('Concat', 'b a', [int('axis', 1)]),
      ],
      ...(v >= 13 && { constants: { s: list(1, 3) } }),
    }),
    2,
  ],
  ['Unsqueeze', withAxes('Unsqueeze', 'x', [0, 3], 13)],
  [
    'Squeeze',
    (v) => {
      const { nodes, constants } = slice([1], [2], [1])(v)
      const { nodes: after, constants: more } = withAxes('Squeeze', 't', [1], 13)(v)
      return { nodes: [{ ...nodes[0]!, outputs: ['t'] }, ...after], constants: { ...constants, ...more } }
    },
  ],
  ['Expand', one('Expand', 'x s', [], { s: list(1, 4) }), 8],
  [
    'Where',
    () => ({
      nodes: [node('Cast', 'c', [int('to', 9)], 'b'), node('Where', 'b x p')],
      constants: { c: list(1, 0, 0, 1) },
    }),
    9,
  ],
  ...reductions,
  ['ReduceProd of one axis', withAxes('ReduceProd', 'x', [1], 18)],
  ['ReduceProd of two axes, which go', withAxes('ReduceProd', 'm', [1, -1], 18, [int('keepdims', 0)]), 11],
  [
    'ReduceSum of no axes, which is none',
    one('ReduceSum', 'x a', [int('noop_with_empty_axes', 1)], { a: tensor(new Int32Array(0)) }),
    13,
  ],
  ['Softmax', one('Softmax', 'x')],
  ['LogSoftmax', one('LogSoftmax', 'x', [int('axis', 1)])],
  ['Softmax of axes that count as one', one('Softmax', 'm'), 1, 12],
  ['Softmax of an axis', one('Softmax', 'm', [int('axis', 1)]), 13],
  ['LogSoftmax of the last', one('LogSoftmax', 'm', [int('axis', 2)])],
  [
    'Constant',
    () => ({
      nodes: [node('Constant', '', [{ name: 'value', type: 4, t: tensorOf('', vector) }], 'c'), node('Mul', 'x c')],
    }),
    7,
  ],
  [
    'Constant of a fraction',
    () => ({ nodes: [node('Constant', '', [float('value_float', 1.5)], 'c'), node('Mul', 'x c')] }),
    12,
  ],
  [
    'Constant of fractions',
    () => ({ nodes: [node('Constant', '', [floats('value_floats', [1, 2, 3, 4])], 'c'), node('Mul', 'x c')] }),
    12,
  ],
  [
    'Constant of integers',
    () => ({ nodes: [node('Constant', '', [ints('value_ints', [2, 2, -1])], 'c'), node('Reshape', 'x c')] }),
    12,
  ],
  [
    'ConstantOfShape',
    () => ({
      nodes: [
        node('ConstantOfShape', 's', [{ name: 'value', type: 4, t: tensorOf('', tensor([3])) }], 'c'),
        node('Add', 'x c'),
      ],
      constants: { s: list(1, 4) },
    }),
    9,
  ],
  [
    'Cast of constants',
    () => ({ nodes: [node('Cast', 'c', [int('to', 1)], 'f'), node('Add', 'x f')], constants: { c: list(1, 2, 3, 4) } }),
    7,
  ],
  ['Cast to what it is', one('Cast', 'x', [int('to', 1)]), 7],
  [
    'arithmetic of constants',
    () => ({
      nodes: [node('Mul', 'a b', [], 'c'), node('Sub', 'c a', [], 'd'), node('Exp', 'd', [], 'e'), node('Add', 'x e')],
      constants: { a: vector, b: tensor([2]) },
    }),
    7,
  ],
]

const opsets = [1, 6, 7, 9, 11, 12, 13, 17, 18, 21, 25]
const inputs = { x: ['n', 4], p: ['n', 4], m: ['n', 2, 3], q: ['n', 2, 3] }
const feeds = {
  x: randomTensor([3, 4], 1).astype('float32'),
  p: randomTensor([3, 4], 2, 0.2, 3).astype('float32'),
  m: randomTensor([3, 2, 3], 3).astype('float32'),
  q: randomTensor([3, 2, 3], 4, 0.2, 3).astype('float32'),
}

/** The input that a part reads. */
function readBy({ nodes }: Part): string {
  return nodes.flatMap((each) => each.inputs).find((name) => Object.hasOwn(inputs, name))!
}

/** All rows that there are at a version as one model: the names of each have a number of their own. */
function assembled(version: number, chosen: readonly Row[]): TestModel {
  const nodes: TestNode[] = []
  const constants: Record<string, Tensor> = {}
  for (const [i, [, build]] of chosen.entries()) {
    const part = build(version)
    const own = (name: string) => (name === '' || Object.hasOwn(inputs, name) ? name : `r${i}_${name}`)
    for (const each of part.nodes) {
      nodes.push({
        ...each,
        inputs: each.inputs.map(own),
        outputs: each.outputs!.map(own),
      })
    }
    for (const [name, value] of Object.entries(part.constants ?? {})) constants[own(name)] = value
  }
  return { opset: version, nodes, constants, inputs, outputs: chosen.map((_, i) => `r${i}_y`) }
}

describe('importOnnx', () => {
  const at = (version: number) => rows.filter(([, , from = 1, to = 99]) => from <= version && version <= to)

  it.each(opsets)('reads all operators of version %i', async (version) => {
    const chosen = at(version)
    // onnxruntime has no operators before version 7: there it runs those of a newer one.
    const references = await runAll(version, chosen)
    for (const [i, [title, build]] of chosen.entries()) {
      const part = build(version)
      const network = await decodeOnnx(await bytesOf({ opset: version, inputs, ...part }))
      const given = network instanceof Network ? network.inputNames : [readBy(part)]
      const values = given.map((name) => feeds[name as 'x'])
      expectSame(inferred(network, ...values), references[i]!, `${title}, version ${version}`)
    }
  })

  const cached = new Map<string, Numbers>()
  async function runAll(version: number, chosen: readonly Row[]): Promise<Numbers[]> {
    const missing = version >= 7 ? chosen : chosen.filter(([title]) => !cached.has(title))
    const reference = Math.max(version, 7)
    if (missing.length > 0) {
      const model = assembled(reference, missing)
      const results = await runOnnxAll(await bytesOf(model), feeds)
      for (const [i, [title]] of missing.entries()) cached.set(title, results[i]!)
    }
    return chosen.map(([title]) => cached.get(title)!)
  }

  it('has a row for every operator that is known', () => {
    const tried = new Set(
      rows.flatMap(([, build, from = 1, to = 99]) =>
        opsets
          .filter((v) => from <= v && v <= to)
          .slice(-1)
          .flatMap((v) => build(v).nodes.map(({ op }) => op)),
      ),
    )
    // Below: a loss, what onnxruntime does not run, and what the export's round trip tries.
    const elsewhere = ['SoftmaxCrossEntropyLoss', 'NegativeLogLikelihoodLoss', 'Swish', 'Size']
    expect(knownOperators.filter((op) => !tried.has(op) && !elsewhere.includes(op))).toEqual([])
  })

  it.each<[string, Build, new (...options: never[]) => unknown]>([
    ...gelus.map(([title, build]): [string, Build, typeof GELU] => [title, build, GELU]),
    ['SiLU', chain('Sigmoid x > s', 'Mul x s'), SiLU],
    ['Mish', chain('Softplus x > s', 'Tanh s > t', 'Mul x t'), Mish],
    [
      'HardSwish',
      () => ({ nodes: [node('HardSigmoid', 'x', [float('alpha', 1 / 6)], 's'), node('Mul', 's x')] }),
      HardSwish,
    ],
    ['ReLU', one('Max', 'x z', [], { z: tensor(0) }), ReLU],
    [
      'Linear',
      () => ({
        nodes: [node('MatMul', 'x w', [], 't'), node('Add', 'c t')],
        constants: { w: matrix, c: tensor([1, 2, 3]) },
      }),
      Linear,
    ],
  ])('makes one gate of %s', async (_, build, type) => {
    const network = await decodeOnnx(await bytesOf({ opset: 17, inputs, ...build(17) }))
    expect(network.gates.map((gate) => gate.constructor)).toEqual([type])
  })

  it('names layers as their parameters are named', async () => {
    const nodes = [node('Gemm', 'x fc1.weight fc1.bias', [], 'h'), node('Relu', 'h', [], 'r'), node('Add', 'r x')]
    const constants = { 'fc1.weight': square, 'fc1.bias': vector }
    const network = await decodeOnnx(await bytesOf({ opset: 17, inputs, nodes, constants }))
    expect(Object.keys(network.stateDict())).toEqual(['fc1.weight', 'fc1.bias'])
  })

  it('trains constants on wish', async () => {
    const model = {
      opset: 17,
      inputs,
      nodes: [node('Sub', 'x c', [], 't'), node('Mul', 't k', [], 'u'), node('Gemm', 'u w')],
      constants: { c: vector, k: tensor(2), w: matrix },
    }
    const bytes = await bytesOf(model)
    const [fixed, trained] = [await decodeOnnx(bytes), await decodeOnnx(bytes, { constants: 'trained' })]
    expect(fixed.parameters().map(({ name }) => name)).toEqual(['2.weight'])
    expect(trained.parameters().map(({ name }) => name)).toEqual(['0.value', '2.weight'])
    expect(fixed.gates[0]).toBeInstanceOf(Bind)
    expectSame(inferred(trained, feeds.x), inferred(fixed, feeds.x))
  })

  it('reads integers as indices of embeddings', async () => {
    const nodes = [node('Gather', 'table i', [], 'v'), node('Flatten', 'v')]
    const bytes = await bytesOf({
      opset: 13,
      inputs: { i: ['n', 2] },
      integers: ['i'],
      nodes,
      constants: { table: square },
    })
    const network = await decodeOnnx(bytes)
    expect(network.inputDType).toBe('int32')
    const i = tensor(Int32Array.of(3, 0, 1, 1), { shape: [2, 2] })
    expectSame(inferred(network, i), await runOnnx(bytes, { i }))
  })

  it.each([
    ['SoftmaxCrossEntropyLoss', 'scores labels', 12],
    ['NegativeLogLikelihoodLoss', 'scores labels', 13],
  ])('leaves out %s: the network ends with its scores', async (op, reads, opset) => {
    const nodes = [node('Gemm', 'x w', [], 'scores'), node(op, reads)]
    const bytes = await bytesOf({
      opset,
      inputs: { x: ['n', 4], labels: ['n'] },
      integers: ['labels'],
      nodes,
      constants: { w: matrix },
    })
    const network = await decodeOnnx(bytes)
    expect(network).toBeInstanceOf(Sequential)
    expect(network.gates.map((gate) => gate.constructor)).toEqual([Linear])
  })

  it('reads Swish, which onnxruntime does not have yet', async () => {
    for (const alpha of [1, 2]) {
      const network = await decodeOnnx(
        await bytesOf({ opset: 24, inputs, nodes: [node('Swish', 'x', [float('alpha', alpha)])] }),
      )
      expectSame(
        inferred(network, feeds.x),
        Array.from(feeds.x.data, (x) => x / (1 + Math.exp(-alpha * x))),
      )
    }
  })

  it('runs in float64 what is of float64', async () => {
    const weight = matrix.astype('float64')
    const bytes = await bytesOf({
      opset: 13,
      double: true,
      nodes: [node('MatMul', 'x w')],
      constants: { w: weight },
    })
    const network = await decodeOnnx(bytes)
    expect(network.dtype).toBe('float64')
    const x = feeds.x.astype('float64')
    expectSame(inferred(network, x), await runOnnx(bytes, { x }), '', 1e-14)
  })
})
