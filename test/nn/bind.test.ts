// Bind: gates of two inputs with a tensor of their own: values, gradients, files, refusals.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  Add,
  Bind,
  checkGradients,
  copy,
  Divide,
  Linear,
  load,
  MatMul,
  Maximum,
  Minimum,
  Multiply,
  Pow,
  ReLU,
  Sequential,
  SGD,
  Subtract,
  save,
  type Tensor,
  tensor,
} from '../../lib/index.js'
import { randomTensor } from '../support.js'

const types = [Add, Subtract, Multiply, Divide, Maximum, Minimum, Pow, MatMul] as const
const rows = types.flatMap((type) => ([0, 1] as const).map((position) => [type.name, position, type] as const))

describe('Bind', () => {
  it.each(rows)('of %s at %i has the values and gradients of its gate', (_, position, type) => {
    const value = randomTensor(type === MatMul ? [3, 3] : [1, 3], 1, 0.5, 2)
    const x = randomTensor([3, 3], 2, 0.5, 2)
    const expected = new type().forward(...((position === 1 ? [x, value] : [value, x]) as [Tensor, Tensor]))
    const gate = new Bind(new type(), value, { position, trained: true })
    expect(gate.forward(x)).toEqual(expected)
    expect(gate.infer(x)).toEqual(expected)
    expect(checkGradients(gate, [x]).ok).toBe(true)
  })

  it('gives a network without parameters its element type', async () => {
    const value = tensor([2, 3], { dtype: 'float64' })
    for (const model of [
      new Sequential(new Bind(new Multiply(), value)),
      new Sequential(new ReLU(), new Bind(new Multiply(), value), new ReLU()),
    ]) {
      expect([model.dtype, model.inputDType]).toEqual(['float64', 'float64'])
      expect(model.predictSync([[1, 0.1]]).data).toEqual(Float64Array.of(2, 3 * 0.1))
      expect(await model.predict(tensor([[1, 0.1]]))).toMatchObject({ dtype: 'float64', shape: [1, 2] })
    }
    expect(new Sequential(new ReLU()).dtype).toBe('float32')
  })

  it('has its tensor as parameter or as buffer, and adds gradients up on wish', () => {
    const trained = new Sequential(new Bind(new Multiply(), tensor([2, 3]), { trained: true }))
    const fixed = new Sequential(new Bind(new Multiply(), tensor([2, 3])))
    expect(trained.parameters().map(({ name }) => name)).toEqual(['0.value'])
    expect(fixed.parameters()).toEqual([])
    expect(Object.keys(fixed.stateDict())).toEqual(['0.value'])
    const [x, dy] = [
      tensor([
        [1, 2],
        [3, 4],
      ]),
      tensor([
        [1, 1],
        [1, 1],
      ]),
    ]
    for (const accumulate of [false, true]) {
      trained.forward(x)
      trained.backward(dy, { accumulate })
    }
    expect(trained.parameters()[0]!.gradient.toArray()).toEqual([8, 12])
    new SGD({ learningRate: 0.5 }).step(trained)
    expect(trained.stateDict()['0.value']!.toArray()).toEqual([-2, -3])
  })

  it('copies what it is given, and comes back from files and copies', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chainrule-bind-'))
    const value = tensor([1, 2])
    const model = new Sequential(
      new Bind(new Subtract(), value),
      new Linear(2, 2, { seed: 1 }),
      new Bind(new Pow(), tensor(2, { dtype: 'float32' }), { position: 0, trained: true }),
      new ReLU(),
    )
    value.data.fill(9)
    const x = tensor([[3, 4]])
    const expected = model.predictSync(x).toArray()
    expect(model.outputs).toBe(2)
    await save(model, join(folder, 'm'))
    expect((await load(join(folder, 'm'))).predictSync(x).toArray()).toEqual(expected)
    expect(copy(model).predictSync(x).toArray()).toEqual(expected)
    rmSync(folder, { recursive: true })
  })

  it('refuses other gates, other values and other options', () => {
    expect(() => new Bind(new ReLU() as never, tensor([1]))).toThrow(/one of the gates Add, .* got ReLU/)
    expect(() => new Bind(undefined as never, tensor([1]))).toThrow(/one of the gates/)
    expect(() => new Bind(new Add(), 1 as never)).toThrow(/value to be a tensor, got 1/)
    expect(() => new Bind(new Add(), tensor(Int32Array.of(1)))).toThrow(/float32 or float64, got int32/)
    expect(() => new Bind(new Add(), tensor([1]), { position: 2 as 1 })).toThrow(
      /position to be an integer from 0 to 1/,
    )
    expect(() => new Bind(new Add(), tensor([1])).forward(tensor([1], { dtype: 'float64' }))).toThrow(
      /float64 and float32/,
    )
  })
})
