// ONNX files that are damaged, hostile or beyond what is known: refused with a typed error that names the place; external
// data from the model's own folder alone.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ChainruleError, decodeOnnx, FormatError, importOnnx, inspectFile, tensor, zeros } from '../../lib/index.js'
import { encodeModel, type ModelInit } from '../../lib/io/onnx/proto.js'
import { generator } from '../support.js'
import { attribute, bytesOf, inferred, modelOf, type TestModel, type TestNode } from './onnx-support.js'

const { int, ints, text } = attribute
const w = tensor([
  [1, 2],
  [3, 4],
  [5, 6],
  [7, 8],
])
const good: TestModel = { opset: 17, nodes: [{ op: 'Gemm', inputs: ['x', 'w'] }], constants: { w } }
const node = (op: string, ...inputs: string[]): TestNode => ({ op, inputs })

/** A model with some part changed. */
function changed(
  model: TestModel,
  change: (model: ModelInit & { graph: NonNullable<ModelInit['graph']> }) => void,
): Promise<Uint8Array> {
  const made = modelOf(model) as never
  change(made)
  return encodeModel(made)
}

describe('importOnnx refuses', () => {
  const rows: [string, TestModel, RegExp][] = [
    [
      'an operator that is not known',
      { opset: 17, nodes: [node('Frobnicate', 'x')] },
      /operators that are known .* got Frobnicate \(node "n0"\)/,
    ],
    [
      'an operator of another domain',
      { opset: 17, nodes: [{ ...node('Relu', 'x'), domain: 'com.microsoft' }] },
      /got com\.microsoft\.Relu \(node "n0"\)/,
    ],
    ['an operator called as a method', { opset: 17, nodes: [node('constructor', 'x')] }, /got constructor/],
    ['Erf beside GELU', { opset: 17, nodes: [node('Erf', 'x')] }, /Erf \(node "n0"\)/],
    [
      'an input that nothing makes',
      { opset: 17, nodes: [node('Add', 'x', 'ghost')] },
      /inputs that something makes for Add .* got "ghost"/,
    ],
    [
      'an output that nothing makes',
      { opset: 17, nodes: [{ ...node('Relu', 'x'), outputs: ['z'] }] },
      /output that something makes, got "y"/,
    ],
    [
      'a name that is made twice',
      {
        opset: 17,
        nodes: [
          { ...node('Relu', 'x'), outputs: ['y'] },
          { ...node('Tanh', 'x'), outputs: ['y'] },
        ],
      },
      /made once, got "y" again by Tanh/,
    ],
    [
      'a cycle',
      {
        opset: 17,
        nodes: [
          { ...node('Add', 'x', 'b'), outputs: ['a'] },
          { ...node('Relu', 'a'), outputs: ['b'] },
          node('Tanh', 'b'),
        ],
      },
      /without cycles/,
    ],
    ['a node that reads itself', { opset: 17, nodes: [node('Add', 'x', 'y')] }, /without cycles/],
    [
      'an output that depends on nothing',
      { opset: 17, nodes: [node('Identity', 'w')], constants: { w } },
      /to depend on the inputs, got constant/,
    ],
    [
      'shapes that do not broadcast',
      { opset: 17, nodes: [node('Add', 'x', 'w')], constants: { w: zeros([3]) } },
      /broadcast together/,
    ],
    [
      'a matrix that does not fit',
      { opset: 17, nodes: [{ ...node('LayerNormalization', 'x', 'w') }], constants: { w: zeros([3]) } },
      /4 numbers as input 1/,
    ],
    ['a join of nothing', { opset: 17, nodes: [node('Concat')] }, /inputs for Concat/],
    ['an axis out of range', { opset: 17, nodes: [{ ...node('Softmax', 'x'), attributes: [int('axis', 7)] }] }, /axis/],
    [
      'a permutation of other axes',
      { opset: 17, nodes: [{ ...node('Transpose', 'x'), attributes: [ints('perm', [0, 5])] }] },
      /axis to be an integer in \[-2, 2\)/,
    ],
    [
      'an attribute of another type',
      { opset: 17, nodes: [{ ...node('LeakyRelu', 'x'), attributes: [text('alpha', 'x')] }] },
      /attribute alpha of type 1 for LeakyRelu/,
    ],
    [
      'a shape of several open extents',
      { opset: 17, nodes: [node('Reshape', 'x', 's')], constants: { s: tensor(Int32Array.of(-1, -1)) } },
      /Reshape \(node "n0"\)/,
    ],
    [
      'a step of 0',
      { opset: 17, nodes: [node('Slice', 'x', 's', 's', 's', 's')], constants: { s: tensor(Int32Array.of(0)) } },
      /steps other than 0/,
    ],
    [
      'a computed constant beyond all measure',
      {
        opset: 17,
        nodes: [node('Add', 'a', 'b'), node('Add', 'x', 'v0')],
        constants: { a: zeros([100_000, 1]), b: zeros([1, 100_000]) },
      },
      /constants of at most/,
    ],
    [
      'a shape beyond all measure',
      {
        opset: 17,
        nodes: [node('ConstantOfShape', 's'), node('Add', 'x', 'v0')],
        constants: { s: tensor(Int32Array.of(2 ** 30, 2 ** 30)) },
      },
      /shape of at most/,
    ],
    [
      'integers as numbers',
      { opset: 17, inputs: { x: ['n', 4] }, integers: ['x'], nodes: [node('Relu', 'x')] },
      /integers, which are known as indices alone/,
    ],
    [
      'computed indices',
      { opset: 17, nodes: [node('Gather', 'w', 'x')], constants: { w } },
      /an input of integers as indices/,
    ],
    ['a newer version of the operators', { ...good, opset: 99 }, /version 1 to 26, got 99/],
  ]
  it.each(rows)('%s', async (_, model, message) => {
    const bytes = await bytesOf(model)
    await expect(decodeOnnx(bytes)).rejects.toThrow(message)
    await expect(decodeOnnx(bytes)).rejects.toThrow(FormatError)
  })

  type Change = Parameters<typeof changed>[1]
  const changes: [string, Change, RegExp][] = [
    ['no graph', (m) => Reflect.deleteProperty(m, 'graph'), /an ONNX model/],
    ['no version', (m) => Object.assign(m, { opsetImport: [] }), /version of the operators/],
    ['no output', (m) => Object.assign(m.graph, { output: [] }), /a graph with an output/],
    [
      'too few bytes',
      ({ graph }) => Object.assign(graph.initializer![0]!, { rawData: new Uint8Array(31) }),
      /32 bytes in tensor "w", got 31/,
    ],
    [
      'no bytes at all',
      ({ graph }) => Object.assign(graph.initializer![0]!, { rawData: new Uint8Array(0) }),
      /8 elements in tensor "w", got 0/,
    ],
    [
      'a negative extent',
      ({ graph }) => Object.assign(graph.initializer![0]!, { dims: [-4n, -2n] }),
      /shape \[-4, -2\]/,
    ],
    [
      'a shape that overflows',
      ({ graph }) => Object.assign(graph.initializer![0]!, { dims: [2n ** 40n, 2n ** 40n] }),
      /at most 4294967296 bytes/,
    ],
    [
      'a shape of 33 axes',
      ({ graph }) => Object.assign(graph.initializer![0]!, { dims: Array(33).fill(1n) }),
      /at most/,
    ],
    [
      'texts',
      ({ graph }) => Object.assign(graph.initializer![0]!, { dataType: 8 }),
      /numbers in tensor "w", got string/,
    ],
    ['an unknown type', ({ graph }) => Object.assign(graph.initializer![0]!, { dataType: 77 }), /got number 77/],
    ['a constant twice', ({ graph }) => graph.initializer!.push(graph.initializer![0]! as never), /"w" twice/],
    [
      'an input that is no tensor',
      ({ graph }) => Object.assign(graph.input![0]!, { type: { value: { case: 'sequenceType', value: {} } } }),
      /"x" to be a tensor/,
    ],
    [
      'an input of texts',
      ({ graph }) =>
        Object.assign(graph.input![0]!, { type: { value: { case: 'tensorType', value: { elemType: 8 } } } }),
      /"x" to be of numbers, got string/,
    ],
    [
      'external data of a model in memory',
      ({ graph }) =>
        Object.assign(graph.initializer![0]!, {
          rawData: undefined,
          dataLocation: 1,
          externalData: [{ key: 'location', value: 'w.bin' }],
        }),
      /within the folder/,
    ],
  ]
  it.each(changes)('%s', async (_, change, message) => {
    const bytes = await changed(good, change)
    await expect(decodeOnnx(bytes)).rejects.toThrow(message)
    await expect(decodeOnnx(bytes)).rejects.toThrow(FormatError)
  })

  it('what is no model, cut or changed at any byte, with nothing but its own errors', async () => {
    for (const bytes of [
      new Uint8Array(0),
      Buffer.from('{"a":1}'),
      Buffer.from('PK\x03\x04'),
      new Uint8Array(100).fill(255),
    ]) {
      await expect(decodeOnnx(bytes)).rejects.toThrow(/an ONNX model/)
    }
    await expect(decodeOnnx('x' as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    const bytes = await bytesOf({
      ...good,
      nodes: [...good.nodes.map((n) => ({ ...n, outputs: ['t'] })), node('Softmax', 't')],
    })
    const next = generator(1)
    for (let at = 0; at < bytes.length; at++) {
      const broken = bytes.slice()
      broken[at] = Math.floor(256 * next())
      for (const each of [broken, bytes.subarray(0, at)]) {
        const error = await decodeOnnx(each).then(
          () => undefined,
          (cause) => cause,
        )
        if (error !== undefined) expect(error, `byte ${at}: ${error?.stack}`).toBeInstanceOf(ChainruleError)
      }
    }
  })

  it('graphs nested without end', async () => {
    // model.graph.node.attribute.g.node.attribute.g …: each level is one field around the next.
    let inner = Buffer.alloc(0)
    const field = (number: number, content: Buffer) => {
      const length: number[] = []
      for (let n = content.length; ; n >>>= 7) {
        length.push(n > 127 ? (n & 127) | 128 : n)
        if (n <= 127) break
      }
      return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), content])
    }
    for (let i = 0; i < 1500; i++) inner = field(1, field(5, field(6, inner)))
    const bytes = Buffer.concat([Buffer.from([0x08, 8]), field(7, inner)])
    await expect(decodeOnnx(bytes)).rejects.toThrow(FormatError)
  })

  it('no long rows of nodes: they run', async () => {
    const nodes = Array.from({ length: 5000 }, () => node('Neg'))
    const row = nodes.map((each, i): TestNode => ({ ...each, inputs: [i === 0 ? 'x' : `v${i - 1}`] }))
    const network = await decodeOnnx(await bytesOf({ opset: 17, nodes: row }))
    expect(network.gates).toHaveLength(5000)
  })
})

describe('external data', () => {
  let folder = ''
  const path = (name = 'm.onnx') => join(folder, 'models', name)
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'chainrule-external-'))
    mkdirSync(join(folder, 'models', 'data'), { recursive: true })
    mkdirSync(join(folder, 'models-of-others'))
    const bytes = Buffer.from(w.data.buffer)
    for (const place of ['secret.bin', 'models/w.bin', 'models/data/w.bin', 'models-of-others/w.bin']) {
      writeFileSync(join(folder, place), Buffer.concat([Buffer.alloc(64), bytes]))
    }
    symlinkSync(join(folder, 'secret.bin'), path('link.bin'))
    symlinkSync(folder, path('up'))
    mkdirSync(path('folder.bin'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  async function withExternal(entries: Record<string, string>): Promise<string> {
    const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }))
    const bytes = await changed(good, ({ graph }) => {
      Object.assign(graph.initializer![0]!, { rawData: undefined, dataLocation: 1, externalData })
    })
    writeFileSync(path(), bytes)
    return path()
  }

  it.each(['w.bin', 'data/w.bin', './data/w.bin'])('is read from %s', async (location) => {
    const network = await importOnnx(await withExternal({ location, offset: '64', length: '32' }))
    expect([...inferred(network, tensor([[1, 0, 0, 1]]))]).toEqual([8, 10])
  })

  it.each<[string, Record<string, string>, RegExp]>([
    ['above the folder', { location: '../secret.bin' }, /within the folder of the model, got "\.\.\/secret/],
    ['above the folder, by a way around', { location: 'data/../../secret.bin' }, /within the folder/],
    ['in a folder whose name begins alike', { location: '../models-of-others/w.bin' }, /within the folder/],
    ['at an absolute place', { location: '/etc/passwd' }, /within the folder/],
    ['on a drive', { location: 'C:\\secret.bin' }, /within the folder/],
    ['above the folder, as Windows writes it', { location: '..\\secret.bin' }, /within the folder/],
    ['behind a link', { location: 'link.bin' }, /within the folder/],
    ['behind a link to a folder', { location: 'up/secret.bin' }, /within the folder/],
    ['nowhere', { location: '' }, /within the folder/],
    ['at a name with a null', { location: 'w.bin\0' }, /within the folder/],
    ['in a file that is missing', { location: 'none.bin', length: '32' }, /ENOENT/],
    ['in a folder', { location: 'folder.bin', length: '32' }, /a regular file/],
    ['of another length', { location: 'w.bin', length: '16' }, /32 bytes of external data/],
    ['behind the end', { location: 'w.bin', offset: '80' }, /up to byte 112, got a file of 96 bytes/],
    ['before the start', { location: 'w.bin', offset: '-4' }, /offset -4/],
    ['at no number', { location: 'w.bin', offset: 'x' }, /offset NaN/],
  ])('is refused %s', async (_, entries, message) => {
    const model = await withExternal({ offset: '64', ...entries })
    await expect(importOnnx(model)).rejects.toThrow(message)
    await expect(importOnnx(model)).rejects.toThrow(ChainruleError)
  })

  it('inspectFile tells of it without opening it', async () => {
    const found = await inspectFile(await withExternal({ location: '../secret.bin', length: '32' }))
    expect(found.tensors).toEqual([{ name: 'w', type: 'float32', shape: [4, 2], bytes: 32 }])
  })

  it('files beyond what the format can hold are not read', async () => {
    writeFileSync(path('huge.onnx'), Buffer.from([0x08, 8]))
    truncateSync(path('huge.onnx'), 2 ** 31 + 1)
    await expect(importOnnx(path('huge.onnx'))).rejects.toThrow(/at most 2147483648 bytes/)
    rmSync(path('huge.onnx'))
  })
})
