// Every layer and model comes back from a file as it was.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  Add,
  BatchNorm,
  Concat,
  Dropout,
  decodeSafetensors,
  Embedding,
  encodeSafetensors,
  Flatten,
  FormatError,
  LayerNorm,
  Linear,
  load,
  loadTensors,
  type Model,
  Multiply,
  Network,
  Parallel,
  PReLU,
  ReLU,
  Residual,
  Sequential,
  save,
  saveTensors,
  Tanh,
  type Tensor,
  tensor,
} from '../../lib/index.js'
import { numbers, randomTensor } from '../support.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chainrule-saved-'))
})
afterAll(() => rmSync(folder, { recursive: true }))
const path = (name: string) => join(folder, name)

const linear = (inputs: number, outputs: number) => new Linear(inputs, outputs, { dtype: 'float64' })
const float = () => randomTensor([3, 4], 5)

const models: [string, () => Model, () => Tensor, string[]][] = [
  [
    'Residual',
    () => new Residual(linear(4, 4), new PReLU({ dtype: 'float64' })),
    float,
    ['0.weight', '0.bias', '1.weight'],
  ],
  [
    'Parallel',
    () => new Parallel([new Sequential(linear(4, 3), new ReLU()), linear(4, 3)], { join: 'add' }),
    float,
    ['0.0.weight', '0.0.bias', '1.weight', '1.bias'],
  ],
  ['Parallel side by side', () => new Parallel([linear(4, 3), new Tanh()]), float, ['0.weight', '0.bias']],
  [
    'BatchNorm',
    () => {
      const model = new Sequential(linear(4, 3), new BatchNorm(3, { dtype: 'float64', epsilon: 0.01, momentum: 0.5 }))
      model.forward(float())
      return model
    },
    float,
    ['0.weight', '0.bias', '1.weight', '1.bias', '1.running_mean', '1.running_var'],
  ],
  [
    'BatchNorm without parameters, in a branch',
    () => {
      const model = new Residual(new BatchNorm(4, { dtype: 'float64', affine: false }), linear(4, 4))
      model.forward(float())
      return model
    },
    float,
    ['0.running_mean', '0.running_var', '1.weight', '1.bias'],
  ],
  [
    'LayerNorm',
    () =>
      new Sequential(
        new LayerNorm(4, { dtype: 'float64', epsilon: 0.01 }),
        new LayerNorm(4, { dtype: 'float64', bias: false }),
        new LayerNorm(4, { dtype: 'float64', affine: false }),
      ),
    float,
    ['0.weight', '0.bias', '1.weight'],
  ],
  [
    'Embedding',
    () => new Sequential(new Embedding(9, 2, { dtype: 'float64', paddingIndex: 3 }), new Flatten(), linear(4, 2)),
    () =>
      tensor(
        [
          [0, 3],
          [8, 8],
        ],
        { dtype: 'int32' },
      ),
    ['0.weight', '2.weight', '2.bias'],
  ],
  [
    'Network of shared layers, within others',
    () => {
      const shared = new Residual(linear(4, 4))
      const nodes = {
        second: [shared, 'first'],
        first: [shared, 'x'],
        sum: [new Add(), 'first', 'second'],
        product: [new Multiply(), 'sum', 'x'],
        all: [new Concat({ axis: -1 }), 'product', 'sum', 'x'],
      } as const
      return new Sequential(new Network({ nodes }), linear(12, 2))
    },
    float,
    ['0.first.0.weight', '0.first.0.bias', '1.weight', '1.bias'],
  ],
]

describe.each(models)('%s', (name, make, input, names) => {
  it('comes back from a file', async () => {
    const model = make()
    expect(Object.keys(model.stateDict())).toEqual(names)
    await save(model, path(name))
    const back = await load(path(name))
    expect(back.constructor).toBe(model.constructor)
    expect(Object.keys(back.stateDict())).toEqual(names)
    expect(numbers(back.predictSync(input()))).toEqual(numbers(model.predictSync(input())))
    expect(back.summary()).toBe(model.summary())
  })

  it('takes a state dict from another program', async () => {
    const [model, other] = [make(), make()]
    await saveTensors(model.stateDict(), path('state'))
    other.loadStateDict((await loadTensors(path('state'))).tensors)
    expect(numbers(other.predictSync(input()))).toEqual(numbers(model.predictSync(input())))
  })
})

it('Dropout continues with the mask after the last', async () => {
  const model = new Sequential(new Linear(4, 4, { seed: 1 }), new Dropout(0.5)).initialize(9)
  const x = randomTensor([3, 4], 1).astype('float32')
  model.forward(x)
  await save(model, path('dropout'))
  const back = await load(path('dropout'))
  expect(numbers(back.forward(x))).toEqual(numbers(model.forward(x)))
  expect(numbers(back.forward(x))).not.toEqual(numbers(back.forward(x)))
})

it('PyTorch’s counters of batches are left out', () => {
  const model = new Sequential(new BatchNorm(2))
  const state = { ...model.stateDict(), '0.num_batches_tracked': tensor([7], { dtype: 'int32' }) }
  model.loadStateDict(state)
  expect(() => model.loadStateDict({ ...state, num_batches: tensor([7]) })).toThrow(/got "num_batches"/)
})

describe('damaged architectures of networks', () => {
  const nodes = () => ({ a: [linear(4, 4), 'x'], b: [new Add(), 'a', 'x'] }) as const
  it.each<[string, string, string, RegExp]>([
    ['a gate that no node runs', '"gate":0', '"gate":7', /nodes for all gates of a Network/],
    ['nodes that are none', '"nodes":[', '"nodes":[null,', /options that Network takes/],
    ['a cycle', '"inputs":["a","x"]', '"inputs":["b","x"]', /options that Network takes, got .*cycle/],
    ['inputs that are no names', '"inputs":["x"]', '"inputs":[7]', /options that Network takes/],
    ['no nodes', '"nodes"', '"knots"', /nodes for all gates/],
  ])('%s', async (_, text, by, message) => {
    await save(new Network({ nodes: nodes() }), path('good'))
    const { tensors, metadata } = decodeSafetensors(readFileSync(path('good')))
    expect(metadata.architecture).toContain(text)
    const architecture = metadata.architecture!.replace(text, by)
    writeFileSync(path('bad'), encodeSafetensors(tensors, { ...metadata, version: '1', architecture }))
    await expect(load(path('bad'))).rejects.toThrow(message)
    await expect(load(path('bad'))).rejects.toThrow(FormatError)
  })
})
