// copy(): equal networks with memory of their own, in either element type.
import { describe, expect, it } from 'vitest'
import {
  Add,
  ArgumentError,
  BatchNorm,
  checkGradients,
  copy,
  Dropout,
  DTypeError,
  type Gate,
  LayerNorm,
  Linear,
  type Model,
  Network,
  PReLU,
  parameter,
  ReLU,
  Residual,
  Sequential,
  type Tensor,
  tensor,
} from '../../lib/index.js'
import { native } from '../../lib/native/load.js'
import { copyOf } from '../../lib/nn/config.js'
import type { FloatArray } from '../../lib/tensor/dtype.js'
import { numbers, randomTensor, thrownBy } from '../support.js'

const x64 = randomTensor([5, 4], 3, -2, 2, 0.01)
const x = x64.astype('float32')

function deep(): Sequential {
  const body = new Residual(new Linear(6, 6, { seed: 2 }), new PReLU(), new Dropout(0.3, { seed: 4 }))
  return new Sequential(new Linear(4, 6, { seed: 1 }), new BatchNorm(6), new ReLU(), body, new LayerNorm(6))
}
function wired(): Network {
  const shared = new Linear(4, 4, { seed: 5 })
  return new Network({ nodes: { a: [shared, 'x'], b: [shared, 'a'], sum: [new Add(), 'a', 'b'] } })
}

describe.each<[string, () => Model]>([
  ['layers in a row', deep],
  ['a graph with a shared layer', wired],
])('%s', (_, make) => {
  it('is copied with its numbers, masks and statistics, and goes its own way', () => {
    const model = make()
    model.forward(x)
    const twin = copy(model)
    expect(twin.constructor).toBe(model.constructor)
    expect(Object.keys(twin.stateDict())).toEqual(Object.keys(model.stateDict()))
    expect(numbers(twin.forward(x))).toEqual(numbers(model.forward(x)))
    const before = numbers(model.infer(x))
    twin.block.values.fill(0.5)
    expect(numbers(model.infer(x))).toEqual(before)
    expect(twin.summary()).toBe(model.summary())
  })

  it('is converted: to float64 and back is the same network', () => {
    const model = make()
    const wide = copy(model, { dtype: 'float64' })
    expect(wide.dtype).toBe('float64')
    expect((wide.forward(x64) as Tensor).dtype).toBe('float64')
    const report = checkGradients(wide, [x64])
    expect(report.ok, String(report)).toBe(true)
    const back = copy(copy(model, { dtype: 'float64' }), { dtype: 'float32' })
    expect(numbers(back.forward(x))).toEqual(numbers(model.forward(x)))
  })
})

it('a layer by itself is copied with its numbers, its statistics and what is not trained of it', () => {
  const layer = new BatchNorm(2)
  layer.runningMean.data.set([3, 4])
  layer.parameters()[0]!.value.data.set([5, 6])
  layer.parameters()[1]!.trainable = false
  const made = copyOf('copy', layer, 'float64') as BatchNorm
  expect(numbers(made.runningMean)).toEqual([3, 4])
  expect(numbers(made.parameters()[0]!.value)).toEqual([5, 6])
  expect(made.parameters().map(({ trainable }) => trainable)).toEqual([true, false])
  expect(thrownBy(() => copy({} as never))).toBeInstanceOf(ArgumentError)
})

it('keeps the mode of every layer', () => {
  const model = new Sequential(new Dropout(0.5), new Sequential(new Dropout(0.5), new Dropout(0.5))).eval()
  const inner = model.gates[1] as Sequential
  ;(inner.gates[1] as Dropout).train()
  const twin = copy(model)
  const [first, second] = twin.gates as [Dropout, Sequential]
  const modes = [twin, first, second, ...(second.gates as Dropout[])].map(({ training }) => training)
  expect(modes).toEqual([false, false, false, false, true])
})

it.each<[string, () => unknown, new (...a: never[]) => Error, RegExp]>([
  [
    'a layer',
    () => copy(new Linear(1, 1) as never),
    ArgumentError,
    /\[copy\] expected a network, such as a Sequential/,
  ],
  ['nothing', () => copy(undefined as never), ArgumentError, /got undefined/],
  ['integers', () => copy(wired(), { dtype: 'int32' as never }), DTypeError, /float32 or float64, got int32/],
  ['a misspelt option', () => copy(wired(), { type: 'float64' } as never), ArgumentError, /options among dtype/],
  [
    "a user's gate",
    () => copy(new Sequential(new Own())),
    ArgumentError,
    /\[copy\] expected gates of this library.* got Own at 0/,
  ],
])('refuses %s', (_, f, type, message) => {
  const error = thrownBy(f)
  expect(error).toBeInstanceOf(type)
  expect((error as Error).message).toMatch(message)
})

class Own implements Gate {
  readonly weight = parameter('weight', tensor([1]))
  forward(v: Tensor): Tensor {
    return v
  }
  backward(dy: Tensor): Tensor[] {
    return [dy]
  }
  parameters() {
    return [this.weight]
  }
}

describe('memory', () => {
  it.each(['float32', 'float64'] as const)('parameters and gradients begin with a cache line, %s', (dtype) => {
    const model = copy(new Sequential(new Linear(3, 5), new PReLU(), new Linear(5, 2)), { dtype })
    for (const { value, gradient } of model.parameters()) {
      expect(native().address(value.data as FloatArray, 64)).toBe(0)
      expect(native().address(gradient.data as FloatArray, 64)).toBe(0)
    }
  })
})
