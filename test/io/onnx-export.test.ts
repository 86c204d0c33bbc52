// ONNX files of every gate and network: run by onnxruntime they give the network's numbers, and read again they are equal.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as chainrule from '../../lib/index.js'
import {
  Adam,
  BatchNorm,
  BroadcastTo,
  Concat,
  CrossEntropy,
  decodeOnnx,
  Embedding,
  encodeOnnx,
  exportOnnx,
  Flatten,
  fit,
  type Gate,
  importOnnx,
  inspectFile,
  LayerNorm,
  Linear,
  type Model,
  mlp,
  Network,
  ReLU,
  Reshape,
  Sequential,
  SquaredNorm,
  Sum,
  type Tensor,
  tensor,
} from '../../lib/index.js'
import { byName } from '../../lib/nn/registry.js'
import { randomTensor } from '../support.js'
import { everything } from './onnx-everything.js'
import { expectSame, inferred, runOnnx } from './onnx-support.js'

const opsets = [13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]

describe('exportOnnx', () => {
  const models = { float32: everything('float32'), float64: everything('float64') }

  it('has every gate of the registry in the network that is tried', () => {
    const seen = new Set<string>()
    const walk = (gate: Gate) => {
      seen.add(gate.constructor.name)
      if (gate instanceof chainrule.Model) for (const inner of gate.gates) walk(inner)
    }
    walk(models.float32)
    // Those make another shape or take another input, and have tests of their own.
    const elsewhere = ['Embedding', 'SquaredNorm', 'BroadcastTo', 'Concat']
    expect([...byName.keys()].filter((name) => !seen.has(name) && !elsewhere.includes(name))).toEqual([])
  })

  it.each(['float32', 'float64'] as const)('gives the numbers of every gate in %s at every opset', async (dtype) => {
    const model = models[dtype]
    for (const opset of opsets) {
      const x = randomTensor([3, 4], opset, 0.1, 2).astype(dtype)
      const bytes = await encodeOnnx(model, { opset })
      const expected = inferred(model, x)
      expectSame(await runOnnx(bytes, { input: x }), expected, `opset ${opset}`)
      const back = await decodeOnnx(bytes)
      expect(back.dtype).toBe(dtype)
      expectSame(inferred(back, x), expected, `read again, opset ${opset}`, 1e-6)
    }
  })
})

describe('an ONNX file', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'chainrule-onnx-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  const path = (name = 'm.onnx') => join(folder, name)

  it('comes back as the network that it was, to be trained on', async () => {
    const model = mlp({
      inputs: 4,
      hidden: [8, 6],
      outputs: 3,
      activation: 'gelu',
      dropout: 0.2,
      normalization: 'batch',
      seed: 1,
    })
    await exportOnnx(model, path())
    const back = await importOnnx(path())
    expect(back).toBeInstanceOf(Sequential)
    expect(back.gates.map((gate) => gate.constructor)).toEqual(model.gates.map((gate) => gate.constructor))
    expect(Object.keys(back.stateDict())).toEqual(Object.keys(model.stateDict()))
    for (const [name, { data }] of Object.entries(model.stateDict()))
      expect(back.stateDict()[name]!.data, name).toEqual(data)
    const data = {
      x: [
        [1, 0, 0, 1],
        [0, 1, 1, 0],
        [1, 1, 0, 0],
      ],
      y: [0, 1, 2],
    }
    const options = { loss: new CrossEntropy(), optimizer: new Adam({ learningRate: 0.05 }), epochs: 30, batchSize: 3 }
    const { epochs } = await fit(back, data, options)
    expect(epochs.at(-1)!.loss).toBeLessThan(epochs[0]!.loss / 2)
  })

  it('comes back as layer normalisation from before there was an operator for it', async () => {
    for (const options of [{}, { affine: false }, { bias: false }]) {
      const model = new Sequential(
        new Linear(4, 5, { seed: 1 }),
        new LayerNorm(5, { epsilon: 1e-4, ...options }),
        new ReLU(),
      )
      for (const { value } of model.parameters())
        value.data.forEach((_, i) => {
          value.data[i]! += i / 7
        })
      const back = await decodeOnnx(await encodeOnnx(model, { opset: 14 }))
      expect(back.gates.map((gate) => gate.constructor)).toEqual([Linear, LayerNorm, ReLU])
      expect((back.gates[1] as LayerNorm).epsilon).toBeCloseTo(1e-4, 10)
      expect(Object.keys(back.stateDict())).toEqual(Object.keys(model.stateDict()))
      const x = randomTensor([3, 4], 6).astype('float32')
      expectSame(inferred(back, x), inferred(model, x), '', 1e-6)
    }
  })

  it('keeps branches and shared layers', async () => {
    const shared = new Linear(4, 4, { seed: 1 })
    const model = new Network({
      inputs: ['left', 'right'],
      nodes: {
        a: [shared, 'left'],
        b: [shared, 'right'],
        both: [new Concat({ axis: 1 }), 'a', 'b'],
        out: [new Linear(8, 2, { seed: 2 }), 'both'],
      },
    })
    const [left, right] = [randomTensor([2, 4], 1).astype('float32'), randomTensor([2, 4], 2).astype('float32')]
    const expected = inferred(model, left, right)
    const bytes = await encodeOnnx(model, { inputNames: ['one', 'two'], outputName: 'scores' })
    expectSame(await runOnnx(bytes, { one: left, two: right }, 'scores'), expected)
    const back = (await decodeOnnx(bytes)) as Network
    expect(back.inputNames).toEqual(['one', 'two'])
    expectSame(inferred(back, left, right), expected)
    // The weights of the shared layer are in the file once.
    expect(Buffer.from(bytes).toString('latin1').split('a.weight').length - 1).toBe(3)
  })

  const cases: [string, () => Model, object, Tensor, number][] = [
    [
      'indices',
      () => new Sequential(new Embedding(5, 3, { seed: 1 }), new Flatten(), new Linear(6, 2, { seed: 2 })),
      { inputShapes: [[null, 2]] },
      tensor(Int32Array.of(0, 4, 2, 2), { shape: [2, 2] }),
      4,
    ],
    [
      'a vector',
      () => new Sequential(new Linear(4, 3, { seed: 1 }), new BatchNorm(3), new ReLU()),
      { inputShapes: [[4]] },
      tensor([1, 2, 3, 4]),
      3,
    ],
    ['a sum of all', () => new Sequential(new Linear(4, 3, { seed: 1 }), new Sum()), {}, tensor([[1, 2, 3, 4]]), 1],
    [
      'a squared norm',
      () => new Sequential(new SquaredNorm()),
      { inputShapes: [[null, 4]] },
      tensor([[1, 2, 3, 4]]),
      1,
    ],
    [
      'repetition',
      () => new Sequential(new BroadcastTo([3, 2, 4])),
      { inputShapes: [[2, 4]] },
      tensor([
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ]),
      24,
    ],
    [
      'matrices',
      () => new Sequential(new Flatten(), new Linear(6, 2, { seed: 3 })),
      { inputShapes: [[null, 2, 3]] },
      randomTensor([4, 2, 3], 5).astype('float32'),
      8,
    ],
    ['no gate at all', () => new Sequential(), { inputShapes: [[null, 2]] }, tensor([[1, 2]]), 2],
  ]
  it.each(cases)('of %s has the numbers of the network', async (_, make, options, x, size) => {
    const model = make()
    const expected = inferred(model, x)
    expect(expected.length).toBe(size)
    for (const opset of [13, 17, 25]) {
      const bytes = await encodeOnnx(model, { ...options, opset })
      expectSame(await runOnnx(bytes, { input: x }), expected, `opset ${opset}`)
      expectSame(inferred(await decodeOnnx(bytes), x), expected, `read again, opset ${opset}`)
    }
  })

  it('holds what belongs to the model as free texts', async () => {
    const model = mlp({ inputs: 2, outputs: 2 })
    await exportOnnx({ model, labels: ['no', 'yes'], training: { epochs: 3 } }, path(), { metadata: { by: 'me' } })
    const found = await inspectFile(path())
    expect(found).toMatchObject({
      format: 'onnx',
      version: '17',
      producer: 'chainrule',
      labels: ['no', 'yes'],
      training: { epochs: 3 },
      metadata: { by: 'me' },
      parameters: 6,
      inputs: [{ name: 'input', type: 'float32', shape: [null, 2] }],
      outputs: [{ name: 'output', type: 'float32', shape: [null, 2] }],
      operators: { Gemm: 1 },
      tensors: [{ name: '0.weight', type: 'float32', shape: [2, 2], bytes: 16 }, { name: '0.bias' }],
    })
    expect(found.bytes).toBe(readFileSync(path()).length)
  })

  it('is whole or not there, and not overwritten against a wish', async () => {
    await exportOnnx(mlp({ inputs: 2, outputs: 2 }), path('kept'))
    const before = readFileSync(path('kept'))
    const again = exportOnnx(mlp({ inputs: 3, outputs: 2 }), path('kept'), { overwrite: false })
    await expect(again).rejects.toMatchObject({ code: 'FILE_FAILED' })
    expect(readFileSync(path('kept'))).toEqual(before)
  })

  class Cube {
    forward = (x: never) => x
    backward = (dy: never) => [dy]
  }
  const linear = () => new Linear(4, 2)
  const wrong: [string, () => unknown, object, RegExp][] = [
    ['a gate of the user', () => new Sequential(linear(), new Cube()), {}, /gates of this library, got Cube at 1/],
    ['what is no model', () => linear(), {}, /a model, such as a Sequential/],
    ['an older opset', () => new Sequential(linear()), { opset: 12 }, /opset to be an integer from 13 to 25, got 12/],
    ['a misspelt option', () => new Sequential(linear()), { opsets: 12 }, /options among/],
    ['a name twice', () => new Sequential(linear()), { inputNames: ['a'], outputName: 'a' }, /all different/],
    ['too many names', () => new Sequential(linear()), { inputNames: ['a', 'b'] }, /1 inputNames/],
    ['no shape', () => new Sequential(new ReLU()), {}, /inputShapes with the shape of input/],
    [
      'another shape',
      () => new Sequential(linear()),
      { inputShapes: [[null, 3]] },
      /takes inputs like \[2, 3\].*got Linear at 0/,
    ],
    [
      'a fixed number of rows',
      () => new Sequential(new Reshape([2, 4])),
      { inputShapes: [[null, 4]] },
      /got Reshape at 0/,
    ],
    ['labels that are no text', () => ({ model: new Sequential(linear()), labels: 'ab' }), {}, /labels to be an array/],
    ['metadata that are no text', () => new Sequential(linear()), { metadata: { a: 1 } }, /map names to strings/],
  ]
  it.each(wrong)('is not written of %s', async (_, make, options, message) => {
    await expect(exportOnnx(make() as Model, path('never'), options)).rejects.toThrow(message)
    await expect(exportOnnx(make() as Model, path('never'), options)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    expect(existsSync(path('never'))).toBe(false)
  })
})
