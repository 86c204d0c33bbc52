// Predictions through compiled plans: the numbers of the gates, in every form of input, and nothing else changed.
import { describe, expect, it } from 'vitest'
import { lower } from '../../lib/compile/lower.js'
import {
  Add,
  CrossEntropy,
  explain,
  type Gate,
  GELU,
  Linear,
  type Model,
  Network,
  Parallel,
  PReLU,
  ReLU,
  Residual,
  Sequential,
  Softmax,
  Tanh,
  Tensor,
  tensor,
  type Value,
} from '../../lib/index.js'
import { expectClose, randomTensor, thrownBy } from '../support.js'

const dtype = 'float64' as const
const networks: Record<string, () => Model> = {
  chain: () =>
    new Sequential(
      new Linear(5, 7, { dtype }),
      new GELU(),
      new PReLU({ dtype }),
      new Linear(7, 3, { dtype }),
      new Softmax(),
    ),
  residual: () => new Residual(new Linear(5, 5, { dtype }), new Tanh()),
  parallel: () =>
    new Parallel([new Linear(5, 2, { dtype }), new ReLU(), new Sequential(new Tanh(), new Linear(5, 4, { dtype }))]),
  graph: () => {
    const shared = new Linear(5, 5, { dtype })
    return new Network({
      nodes: { a: [shared, 'x'], b: [shared, 'a'], c: [new Add(), 'b', 'x'], d: [new Linear(5, 2, { dtype }), 'c'] },
    })
  },
}

describe('a compiled prediction', () => {
  it.each(Object.entries(networks))('%s gives what the gates give, for any number of rows', async (_, make) => {
    const model = make()
    expect(lower(model, { rowShape: [5], batch: 4 })).toBeDefined()
    for (const rows of [1, 2, 127, 128, 129, 513, 1100]) {
      const x = randomTensor([rows, 5], rows)
      const expected = model.infer(x)
      expectClose(model.predictSync(x), Array.from(expected.data), 1e-13)
      const later = await model.predict(x)
      expect(later.shape).toEqual(expected.shape)
      expectClose(later, Array.from(expected.data), 1e-13)
      const out = new Float64Array(expected.size)
      model.predictInto(x.data as Float64Array, out)
      expect(out).toEqual(model.predictSync(x).data)
    }
  })

  it('takes one row, flat rows, nested arrays and other element types', async () => {
    const model = networks.chain!()
    const row = [0.1, -0.2, 0.3, -0.4, 0.5]
    const expected = Array.from(model.infer(tensor([row], { dtype })).data)
    for (const input of [row, tensor(row), Float32Array.from(row), Float64Array.from(row), [row]]) {
      expectClose(model.predictSync(input), expected, 1e-7)
      expectClose(await model.predict(input), expected, 1e-7)
    }
    expect(model.predictSync(row).shape).toEqual([3])
    expect(model.predictSync(Float64Array.from([...row, ...row])).shape).toEqual([2, 3])
    const out = new Float64Array(3)
    model.predictInto(Float32Array.from(row), out)
    expectClose(Array.from(out), expected, 1e-7)
  })

  it('follows the parameters wherever they change or move', () => {
    const model = networks.chain!()
    const x = randomTensor([3, 5], 1)
    const before = Array.from(model.predictSync(x).data)
    ;(model.gates[0] as Linear).weight.data.fill(0.5)
    const changed = Array.from(model.predictSync(x).data)
    expect(changed).not.toEqual(before)
    const outer = new Sequential(model, new Linear(3, 2, { dtype }))
    ;(model.gates[0] as Linear).weight.data.fill(-0.5)
    expectClose(model.predictSync(x), Array.from(model.infer(x).data), 1e-13)
    expectClose(outer.predictSync(x), Array.from(outer.infer(x).data), 1e-13)
  })

  it('leaves a forward that waits for its backward alone', () => {
    const model = networks.chain!()
    const x = randomTensor([2, 5], 3)
    const y = model.forward(x)
    model.predictSync(randomTensor([2, 5], 4))
    expect(model.backward(y)[0].shape).toEqual([2, 5])
  })

  it('says what is wrong like the gates do', async () => {
    const model = networks.chain!()
    expect(thrownBy(() => model.predictSync([[1, 2, 3]]))).toMatchObject({
      code: 'SHAPE_MISMATCH',
      operation: 'Linear',
    })
    await expect(model.predict([[1, 2, 3]])).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' })
    expect(thrownBy(() => model.predictInto(new Float64Array(5), new Float64Array(4)))).toMatchObject({
      operation: 'predictInto',
    })
    const detached = new Float64Array(5)
    structuredClone(detached, { transfer: [detached.buffer] })
    expect(thrownBy(() => model.predictInto(detached, new Float64Array(3)))).toBeInstanceOf(Error)
  })

  it('a gate of the user’s own is run as it is', async () => {
    class Doubled implements Gate {
      forward(x: Value): Value {
        return new Tensor((x as Tensor).data.map((v) => 2 * v) as Float64Array, (x as Tensor).shape)
      }
      backward(dy: Value): Value[] {
        return [this.forward(dy)]
      }
    }
    class Louder extends ReLU {}
    for (const own of [new Doubled(), new Louder()]) {
      const model = new Sequential(new Linear(5, 3, { dtype }), own)
      expect(lower(model, { rowShape: [5], batch: 1 })).toBeUndefined()
      const x = randomTensor([4, 5], 5)
      expectClose(await model.predict(x), Array.from(model.infer(x).data), 0)
      expect(explain(model)).toBe(`Runs gate by gate: ${own.constructor.name} cannot be compiled.`)
    }
  })
})

describe('explain', () => {
  it('shows ops after fusion with sizes and costs', () => {
    const model = new Sequential(new Linear(784, 512), new ReLU(), new Linear(512, 10))
    const lines = explain(model, { batch: 128, loss: new CrossEntropy() }).split('\n')
    expect(lines[0]).toBe('Training of a batch of 128 in float32')
    expect(lines[3]).toMatch(/^0 {2}linear \+ relu {2}\[128, 512\] +401,920 +206 M +512 KiB$/)
    expect(lines[4]).toMatch(/^1 {2}linear +\[128, 10\] +5,130 +3.93 M +10.0 KiB$/)
    expect(explain(model)).toContain('Prediction of a batch of 1 in float32')
  })

  it('refuses what it cannot know', () => {
    expect(thrownBy(() => explain(new Sequential(new ReLU())))).toMatchObject({ operation: 'explain' })
    expect(thrownBy(() => explain(new Sequential(new Linear(1, 1)), { batch: 0 }))).toMatchObject({
      operation: 'explain',
    })
  })
})
