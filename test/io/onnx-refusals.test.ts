// ONNX models that cannot be networks are refused, with the name of the node.
import { describe, expect, it } from 'vitest'
import { decodeOnnx, FormatError, type Tensor, tensor } from '../../lib/index.js'
import { elementType, encodeModel } from '../../lib/io/onnx/proto.js'
import { randomTensor } from '../support.js'
import { attribute, list, modelOf, node, type TestModel, type TestNode, tensorOf } from './onnx-support.js'

const { float, int, ints, text } = attribute
const inputs = { x: ['n', 4], m: ['n', 2, 3] }
const square = randomTensor([4, 4], 8).astype('float32')
const vector = tensor([0.5, -1, 2, 0.25])

type Row = readonly [
  title: string,
  nodes: readonly TestNode[],
  constants: Record<string, Tensor>,
  more?: Partial<TestModel>,
]
type Refusal = readonly [...Row, message: RegExp]

const row = (
  title: string,
  nodes: TestNode | readonly TestNode[],
  constants: Record<string, Tensor>,
  more: Partial<TestModel>,
  message: RegExp,
): Refusal => {
  return [title, Array.isArray(nodes) ? nodes : [nodes as TestNode], constants, more, message]
}
const refuse = (
  title: string,
  nodes: TestNode | readonly TestNode[],
  message: RegExp,
  constants = {},
  more: Partial<TestModel> = {},
): Refusal => row(title, nodes, constants, more, message)

/** Inputs of which not even the number of axes is told. */
const unknown = { inputs: { x: ['n', 4], u: undefined as never } }
/** Integers, which serve as indices alone. */
const integers = { inputs: { x: ['n', 4], i: ['n', 2] }, integers: ['i'] }
const wide = { c: list(1) }

const erf = [node('Div', 'x r', [], 'd'), node('Erf', 'd', [], 'e')]
const root = { r: tensor(Math.SQRT2), o: tensor(1), h: tensor(0.5) }

const shapes: Refusal[] = [
  ...['Flatten', 'Unsqueeze', 'Squeeze', 'Slice', 'Split', 'Concat'].map((op) =>
    refuse(
      `${op} of unknown axes`,
      node(op, 'u c c'),
      /an input whose number of axes the file tells for/,
      wide,
      unknown,
    ),
  ),
  refuse(
    'an output that depends on no input',
    node('Constant', '', [float('value_float', 2)]),
    /output "y" to depend on the inputs, got constant/,
  ),
  refuse('Unsqueeze without axes', node('Unsqueeze', 'x'), /axes for Unsqueeze \(node "n0"\), got none/),
  refuse('Unsqueeze of an axis too far', node('Unsqueeze', 'x a'), /an axis in \[-3, 3\), got 3/, { a: list(3) }),
  refuse('Unsqueeze by an axis that is computed', node('Unsqueeze', 'x x'), /a constant as input 1 for/),
  refuse('Unsqueeze by fractions', node('Unsqueeze', 'x a'), /integers as axes for/, { a: tensor([1]) }),
  refuse('Squeeze of all axes of unknown extents', node('Squeeze', 'x'), /axes where the shape is not known/),
  refuse('Squeeze of an axis of 4', node('Squeeze', 'x a'), /extent 1 of axis 1 for Squeeze .*got 4/, { a: list(1) }),
  refuse(
    'Flatten of extents unknown on both sides',
    node('Flatten', 'z', [int('axis', 2)]),
    /extents that are known before or behind/,
    {},
    { inputs: { z: ['n', 'k', 'j', 2] as never }, nodes: [] },
  ),
  refuse(
    'Reshape to two unknown extents',
    [node('Shape', 'z', [], 's'), node('Reshape', 'x s')],
    /a shape of which one extent at most is not known/,
    {},
    { inputs: { x: ['n', 4], z: ['n', 'k', 2] } },
  ),
  refuse(
    'Reshape of elements that do not go on',
    node('Reshape', 'x s'),
    /options that its gate takes for Reshape|expected/,
    { s: list(-1, -1) },
  ),
  refuse('Concat of nothing', node('Concat', '', [int('axis', 0)]), /inputs for Concat .*got none/),
  refuse(
    'Concat of other numbers of axes',
    node('Concat', 'x m', [int('axis', 1)]),
    /inputs of 2 axes for Concat .*got others/,
  ),
  refuse('Slice without starts', node('Slice', 'x'), /starts for Slice .*got none/),
  refuse('Slice without ends', node('Slice', 'x s'), /ends for Slice .*got none/, { s: list(0) }),
  refuse('Slice of as many ends as not starts', node('Slice', 'x s e'), /as many ends, axes and steps/, {
    s: list(0),
    e: list(1, 2),
  }),
  refuse('Slice by steps of 0', node('Slice', 'x s e a t'), /steps other than 0 for Slice/, {
    s: list(0),
    e: list(2),
    a: list(1),
    t: list(0),
  }),
  refuse('Split of unknown rows', node('Split', 'x', [], 'y b'), /an extent that is known for Split/),
  refuse(
    'Split to other numbers of sizes',
    node('Split', 'x s', [int('axis', 1)], 'y b'),
    /2 sizes for Split .*got 3/,
    { s: list(1, 1, 2) },
  ),
  refuse(
    'Expand to unknown extents',
    [node('Shape', 'z', [], 's'), node('Expand', 'x s')],
    /a shape that is known for Expand/,
    {},
    { inputs: { x: [1, 4], z: ['k', 4] } },
  ),
  refuse('Expand to what does not fit', node('Expand', 'x s'), /shapes that broadcast together/, { s: list(2, 3) }),
  refuse('Transpose by an axis too far', node('Transpose', 'x', [ints('perm', [0, 5])]), /axis/),
]

const others: Refusal[] = [
  refuse(
    'a constant of text',
    node('Constant', '', [text('value_string', 'a')]),
    /numbers for Constant .*got value_string/,
  ),
  refuse('a constant of nothing', node('Constant', ''), /numbers for Constant .*got nothing/),
  refuse('constants without end', node('ConstantOfShape', 's'), /a shape of at most 16777216 elements/, {
    s: list(5000, 5000),
  }),
  refuse('Cast to text', node('Cast', 'x', [int('to', 8)]), /a type of numbers for Cast/),
  refuse('Cast of what is computed to truth', node('Cast', 'x', [int('to', 9)]), /a type of numbers for Cast/),
  refuse('Cast of numbers to integers', node('Cast', 'x', [int('to', 7)]), /integers of an input or of one column/),
  refuse(
    'Cast by a name of no type',
    node('Cast', 'x', [text('to', 'NUMBER')]),
    /a type of numbers for Cast .*got NUMBER/,
    {},
    { opset: 1 },
  ),
  refuse(
    'an attribute of another type',
    node('Elu', 'x', [int('alpha', 1)]),
    /attribute alpha of type 1 for Elu .*got type 2/,
  ),
  refuse(
    'an attribute that refers to one of a function',
    node('Elu', 'x', [{ name: 'alpha', type: 1, refAttrName: 'a' }]),
    /a value of attribute alpha .*a reference to a/,
  ),
  refuse('an input left out', node('Relu', '-'), /input 0 for Relu .*got none/),
  refuse(
    'an output that nobody makes',
    node('Relu', 'x', [], 'y mask'),
    /the first outputs alone to be read for Relu .*got output 1/,
    {},
    { outputs: ['mask'] },
  ),
  refuse(
    'an operator of another domain',
    { ...node('Relu', 'x'), domain: 'com.example' },
    /operators that are known .*got com\.example\.Relu \(node "n0"\)/,
  ),
  refuse(
    'GELU by another formula',
    node('Gelu', 'x', [text('approximate', 'quick')]),
    /approximate none or tanh for Gelu .*got quick/,
    {},
    { opset: 20 },
  ),
  refuse('Clip by what is computed', node('Clip', 'x x'), /a constant number as min for Clip/),
  refuse('Erf of anything', node('Erf', 'x'), /an operator that is known for Erf .*got Erf of other than x\/√2/),
  refuse(
    'Erf that is read by others',
    [...erf, node('Relu', 'e')],
    /an input that the network computes for Relu .*got Erf, which is known as a part of GELU alone/,
    root,
  ),
  refuse('Erf minus one', [...erf, node('Sub', 'e o')], /got Erf, which is known/, root),
  refuse('Erf plus another', [...erf, node('Add', 'e h')], /got Erf, which is known/, root),
  refuse(
    'Erf times a stranger',
    [...erf, node('Add', 'e o', [], 'f'), node('Relu', 'x', [], 'z'), node('Mul', 'f z')],
    /got Erf, which is known/,
    root,
  ),
  refuse('two operands that do not fit', node('Add', 'x m'), /shapes that broadcast together/),
  refuse('a condition that is computed', node('Where', 'x x x'), /a constant as input 0 for Where/),
  refuse(
    'a factor of integers',
    node('Mul', 'i i'),
    /numbers for "n0|integers, which are known as indices alone/,
    {},
    integers,
  ),
  refuse('Gemm by a stack', node('Gemm', 'x w'), /a matrix as input 1 for Gemm .*got 3 axes/, {
    w: randomTensor([2, 4, 3], 1).astype('float32'),
  }),
  refuse(
    'statistics per element',
    node('BatchNormalization', 'm g g g g', [int('spatial', 0)]),
    /statistics per channel for/,
    { g: tensor([1, 2]) },
    { opset: 7 },
  ),
  refuse(
    'statistics of other lengths',
    node('BatchNormalization', 'x g g g s', []),
    /4 numbers as input 4 for BatchNormalization .*got 3/,
    { g: vector, s: tensor([1, 2, 3]) },
  ),
  refuse('a normalisation of nothing', node('BatchNormalization', 'x g g g g'), /some numbers as input 1 for/, {
    g: tensor([]),
  }),
  refuse(
    'LayerNormalization of two axes',
    node('LayerNormalization', 'm g', [int('axis', 1)]),
    /the last axis for LayerNormalization .*got axis 1 of 3/,
    { g: tensor([1, 2, 3]) },
  ),
  refuse('Dropout of all', node('Dropout', 'x r'), /a constant ratio in \[0, 1\) for Dropout .*got 1/, {
    r: tensor(1),
  }),
  refuse('Dropout by what is computed', node('Dropout', 'x x'), /a constant ratio in \[0, 1\) for Dropout/),
  refuse('slopes along the first axis', node('PRelu', 'x s'), /slopes along the last axis for PRelu/, {
    s: tensor([[1], [2]]),
  }),
  refuse(
    'slopes of channels before version 7',
    node('PRelu', 'm s'),
    /slopes along the last axis for PRelu/,
    { s: tensor([1, 2]) },
    { opset: 6 },
  ),
  refuse(
    'Gather by indices that are computed',
    node('Gather', 'x x'),
    /constant indices, or a constant table of vectors/,
  ),
  refuse('Gather of a table by numbers', node('Gather', 't x'), /an input of integers as indices for Gather/, {
    t: square,
  }),
  refuse(
    'a product of unknown rows',
    node('ReduceProd', 'x', [ints('axes', [0])]),
    /an axis of 1 to 1024 factors for ReduceProd .*an unknown number/,
  ),
  refuse(
    'a product of too many factors',
    node('ReduceProd', 'z', [ints('axes', [1])]),
    /an axis of 1 to 1024 factors for ReduceProd .*got 1025/,
    {},
    { inputs: { z: ['n', 1025] } },
  ),
  refuse(
    'Softmax over unknown extents',
    node('Softmax', 'z', [int('axis', 1)]),
    /extents that are known from the axis on for Softmax/,
    {},
    { opset: 11, inputs: { z: ['n', 2, 'k'] } },
  ),
  refuse(
    'an alignment of unknown axes',
    node('Add', 'u c', [int('broadcast', 1), int('axis', 0)]),
    /operands whose numbers of axes are known/,
    { c: vector },
    { opset: 6, ...unknown },
  ),
  refuse(
    'an alignment beyond the end',
    node('Add', 'x c', [int('broadcast', 1), int('axis', 1)]),
    /an axis that leaves room for 2 axes for Add .*got 1/,
    { c: square },
    { opset: 6 },
  ),
  refuse(
    'an alignment of a part of GELU',
    [...erf, node('Add', 'e o', [int('broadcast', 1), int('axis', 0)])],
    /got Erf, which is known/,
    root,
    { opset: 6 },
  ),
  refuse(
    'a join with a constant',
    node('Concat', 'x c', [int('axis', 0)]),
    /inputs that the network computes for "n0", got a constant/,
    { c: square },
  ),
  refuse('Gemm of a constant', node('Gemm', 'c w'), /an input that the network computes for Gemm .*got a constant/, {
    c: square,
    w: square,
  }),
  refuse('an output that depends on nothing', node('Relu', 'c'), /output "y" to depend on the inputs, got constant/, {
    c: vector,
  }),
  refuse('an output that is none', node('Relu', 'x', [], 'z'), /"y"/),
]

describe('importOnnx refuses', () => {
  it.each([...shapes, ...others])('%s', async (_, nodes, constants, more, message) => {
    const { inputs: given = inputs, ...rest } = more ?? {}
    const model = modelOf({ opset: 17, constants, ...rest, inputs: given, nodes })
    const error: Error = await decodeOnnx(await encodeModel(model)).then(
      () => expect.unreachable(),
      (reason) => reason,
    )
    expect(error.message).toMatch(message)
    expect(error).toBeInstanceOf(FormatError)
  })

  it.each<[string, (model: ReturnType<typeof modelOf>) => unknown, RegExp]>([
    [
      'a name twice',
      (m) => ({ ...m, graph: { ...m.graph, initializer: [tensorOf('c', vector), tensorOf('c', vector)] } }),
      /each name to be made once, got "c" twice/,
    ],
    ['no version of the operators', (m) => ({ ...m, opsetImport: [] }), /the version of the operators, got none/],
    [
      'none in the first format that has it',
      (m) => ({ ...m, irVersion: 3n, opsetImport: [] }),
      /the version of the operators, got none/,
    ],
    [
      'a version that is to come',
      (m) => ({ ...m, opsetImport: [{ domain: 'ai.onnx', version: 99n }] }),
      /operators of version 1 to 26, got 99/,
    ],
    [
      'a graph without outputs',
      (m) => ({ ...m, graph: { ...m.graph, output: [] } }),
      /a graph with an output, got none/,
    ],
    [
      'an input of text',
      (m) => ({
        ...m,
        graph: {
          ...m.graph,
          input: [{ name: 'x', type: { value: { case: 'tensorType', value: { elemType: elementType.string } } } }],
        },
      }),
      /input "x" to be of numbers, got/,
    ],
    [
      'an input without type',
      (m) => ({ ...m, graph: { ...m.graph, input: [{ name: 'x' }] } }),
      /input "x" to be a tensor, got nothing/,
    ],
    [
      'an input that is a list',
      (m) => ({
        ...m,
        graph: { ...m.graph, input: [{ name: 'x', type: { value: { case: 'sequenceType', value: {} } } }] },
      }),
      /input "x" to be a tensor, got sequenceType/,
    ],
    ['no graph', (m) => ({ irVersion: m.irVersion }), /an ONNX model, got bytes without version or graph/],
  ])('%s', async (_, change, message) => {
    const model = change(modelOf({ opset: 17, inputs: { x: ['n', 4] }, nodes: [node('Relu', 'x')] }))
    await expect(async () => decodeOnnx(await encodeModel(model as never))).rejects.toThrow(message)
  })

  it('bytes that are none, and wishes that cannot be', async () => {
    await expect(decodeOnnx('model' as never)).rejects.toThrow('expected bytes as Uint8Array')
    await expect(decodeOnnx(Uint8Array.of(1, 2, 3))).rejects.toThrow(FormatError)
    await expect(decodeOnnx(new Uint8Array(), { output: 1 as never })).rejects.toThrow('output to be a name')
    await expect(decodeOnnx(new Uint8Array(), { constants: 'free' as never })).rejects.toThrow('fixed, trained')
  })
})
