// Rare forms of ONNX operators: read as networks they give onnxruntime's numbers.
import { describe, it } from 'vitest'
import { decodeOnnx, Network, type Tensor, tensor } from '../../lib/index.js'
import { randomTensor } from '../support.js'
import { attribute, bytesOf, expectSame, inferred, list, node, runOnnx, type TestNode } from './onnx-support.js'

const { int, float, ints, floats } = attribute
const inputs = { x: ['n', 4], m: ['n', 2, 3] }
const square = randomTensor([4, 4], 8).astype('float32')
const vector = tensor([0.5, -1, 2, 0.25])
const feeds = { x: randomTensor([3, 4], 1).astype('float32'), m: randomTensor([3, 2, 3], 3).astype('float32') }

const rare: [title: string, nodes: TestNode[], constants: Record<string, Tensor>][] = [
  ['an output that is an input', [node('Identity', 'x')], {}],
  ['Squeeze of all axes of extent 1', [node('Reshape', 'x s', [], 'r'), node('Squeeze', 'r')], { s: list(3, 1, 4, 1) }],
  ['Flatten from the last axis', [node('Flatten', 'm', [int('axis', -1)])], {}],
  ['Reshape of unknown extents by what is known', [node('Reshape', 'm s')], { s: list(-1, 2, 3) }],
  ['a sum of all, whose axes stay', [node('ReduceSum', 'm')], {}],
  ['Flatten of all, from the last axis but two', [node('Flatten', 'm', [int('axis', -3)])], {}],
  [
    'Concat of known extents, then their number',
    [node('Concat', 'm m', [int('axis', 2)], 'c'), node('Flatten', 'c')],
    {},
  ],
  ['Concat of one', [node('Concat', 'x', [int('axis', 1)])], {}],
  ['Concat along the rows', [node('Concat', 'x x', [int('axis', 0)])], {}],
  [
    'Slice far beyond the ends',
    [node('Slice', 'x s e a t')],
    { s: list(2 ** 31 - 1), e: list(-(2 ** 31)), a: list(1), t: list(-1) },
  ],
  ['Slice of unknown rows', [node('Slice', 'x s e')], { s: list(0), e: list(2) }],
  ['Split to sizes', [node('Split', 'x s', [int('axis', 1)], 'a y')], { s: list(3, 1) }],
  ['Split to equal parts', [node('Split', 'x', [int('axis', -1)], 'y b')], {}],
  ['Expand to its own shape', [node('Expand', 'x s')], { s: list(1, 4) }],
  ['Expand of a constant', [node('Expand', 'c s', [], 'e'), node('Add', 'x e')], { c: tensor([1]), s: list(3, 4) }],
  ['Unsqueeze of two axes', [node('Unsqueeze', 'x a')], { a: list(0, -1) }],
  [
    'constants of numbers',
    [
      node('Constant', '', [float('value_float', 2)], 'a'),
      node('Constant', '', [floats('value_floats', [1, 2, 3, 4])], 'b'),
      node('Mul', 'a b', [], 'c'),
      node('Add', 'x c'),
    ],
    {},
  ],
  [
    'constants of integers',
    [node('Constant', '', [int('value_int', 1)], 'a'), node('Gather', 'x a', [int('axis', 1)])],
    {},
  ],
  [
    'constants of several integers',
    [node('Constant', '', [ints('value_ints', [3, 4])], 's'), node('Reshape', 'x s')],
    {},
  ],
  ['ConstantOfShape of zeros', [node('ConstantOfShape', 's', [], 'c'), node('Add', 'x c')], { s: list(1, 4) }],
  [
    'part of a shape',
    [
      node('Shape', 'm', [int('start', 1), int('end', 3)], 's'),
      node('Cast', 's', [int('to', 1)], 'c'),
      node('ReduceSum', 'c', [int('keepdims', 0)], 'd'),
      node('Mul', 'x d'),
    ],
    {},
  ],
  [
    'the size of a constant',
    [node('Size', 'c', [], 's'), node('Cast', 's', [int('to', 1)], 'f'), node('Mul', 'x f')],
    { c: vector },
  ],
  [
    'truth of constants',
    [node('Cast', 'c', [int('to', 9)], 'b'), node('Cast', 'b', [int('to', 1)], 'f'), node('Mul', 'x f')],
    { c: tensor([0, 2, -1, 0]) },
  ],
  [
    'constants cut to integers',
    [
      node('Cast', 'c', [int('to', 7)], 'b'),
      node('Div', 'b d', [], 'q'),
      node('Cast', 'q', [int('to', 1)], 'f'),
      node('Mul', 'x f'),
    ],
    { c: tensor([7.9, -7.9, 1, 0]), d: list(2) },
  ],
  [
    'Where of what is computed twice',
    [node('Cast', 'k', [int('to', 9)], 'b'), node('Relu', 'x', [], 'r'), node('Where', 'b x r')],
    { k: tensor([1, 0, 1, 0]) },
  ],
  ['a factor after a factor', [node('Mul', 'x a', [], 'z'), node('Mul', 'z b')], { a: tensor(3), b: tensor(0.5) }],
  [
    'factors that make one',
    [node('Mul', 'x a', [], 'z'), node('Mul', 'z b', [], 'w'), node('Relu', 'w')],
    { a: tensor(2), b: tensor(0.5) },
  ],
  ['Clip to [0, 6]', [node('Clip', 'x a b')], { a: tensor(0), b: tensor(6) }],
  ['Clip of nothing', [node('Clip', 'x')], {}],
  ['Clip from 0', [node('Clip', 'x a')], { a: tensor(0) }],
  ['Celu of one', [node('Celu', 'x')], {}],
  ['a product along an axis', [node('ReduceProd', 'm', [ints('axes', [2]), int('keepdims', 0)])], {}],
  ['a product along two axes, which stay', [node('ReduceProd', 'm', [ints('axes', [1, 2])])], {}],
  ['a reduction of no axes', [node('ReduceSum', 'x a', [int('noop_with_empty_axes', 1)])], { a: list() }],
  ['log Σe^x whose axis goes', [node('ReduceLogSumExp', 'x', [ints('axes', [1]), int('keepdims', 0)])], {}],
  [
    'a matrix by a constant vector, both known',
    [node('MatMul', 'a b', [], 'c'), node('Add', 'x c')],
    { a: square, b: vector },
  ],
  ['Gemm whose bias counts nothing', [node('Gemm', 'x w c', [float('beta', 0)])], { w: square, c: vector }],
  ['Gemm whose bias is a column', [node('Gemm', 'x w c')], { w: square, c: tensor([[1], [2], [3]]) }],
  ['PRelu by an unknown number of axes', [node('PRelu', 'x s')], { s: tensor([[0.1, 0.2, 0.3, 0.4]]) }],
  ['Dropout of half', [node('Dropout', 'x')], {}],
  ['Dropout of a constant', [node('Dropout', 'c', [], 'd'), node('Add', 'x d')], { c: vector }],
  [
    'a column that is counted from the end',
    [node('Gather', 'x i', [int('axis', 1)], 'g'), node('Cast', 'g', [int('to', 7)], 'c'), node('Gather', 't c')],
    { i: tensor(Int32Array.of(-1), { shape: [] }), t: square },
  ],
]

describe('importOnnx reads', () => {
  it.each(rare)('%s', async (title, nodes, constants) => {
    const bytes = await bytesOf({ opset: 17, inputs, constants, nodes })
    const network = await decodeOnnx(bytes)
    const values = title.includes('column that')
      ? {
          ...feeds,
          x: tensor([
            [0.5, 1, 2, 1],
            [1, 1, 1, 3],
          ]),
        }
      : feeds
    const reads = nodes.flatMap(({ inputs: names }) => names)
    const given = network instanceof Network ? network.inputNames : [reads.includes('x') ? 'x' : 'm']
    expectSame(inferred(network, ...given.map((name) => values[name as 'x'])), await runOnnx(bytes, values), title)
  })
})
