// Every built-in gate keeps the rules: order of calls, forms of upstream and gradients, memory that goes away, and plain data.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BuiltinGate } from '../../lib/gates/gate.js'
import * as chainrule from '../../lib/index.js'
import {
  ChainruleError,
  type Gate,
  ShapeError,
  StateError,
  type Tensor,
  tensor,
  type Value,
  zeros,
} from '../../lib/index.js'
import { configOf, networkOf } from '../../lib/nn/config.js'
import { numbers, randomTensor } from '../support.js'

const x = () => randomTensor([3, 4], 91, 0.5, 2)
const row = () => randomTensor([4], 92, 0.5, 2)

// Every gate that the library has, with inputs.
const gates: [string, () => Gate, () => Value[]][] = [
  ...Object.values(chainrule.activations).map((A): [string, () => Gate, () => Value[]] => [
    A.name,
    () => new (A as new () => Gate)(),
    () => [x()],
  ]),
  ['Negate', () => new chainrule.Negate(), () => [x()]],
  ['Scale', () => new chainrule.Scale(2), () => [x()]],
  ['AddConstant', () => new chainrule.AddConstant(2), () => [x()]],
  ['Exp', () => new chainrule.Exp(), () => [x()]],
  ['Log', () => new chainrule.Log(), () => [x()]],
  ['Reciprocal', () => new chainrule.Reciprocal(), () => [x()]],
  ['Sqrt', () => new chainrule.Sqrt(), () => [x()]],
  ['Square', () => new chainrule.Square(), () => [x()]],
  ['Power', () => new chainrule.Power(3), () => [x()]],
  ['Abs', () => new chainrule.Abs(), () => [x()]],
  ['Sin', () => new chainrule.Sin(), () => [x()]],
  ['Cos', () => new chainrule.Cos(), () => [x()]],
  ['Clip', () => new chainrule.Clip({ min: 1, max: 1.5 }), () => [x()]],
  ['Clip from below', () => new chainrule.Clip({ min: 1 }), () => [x()]],
  ['Add', () => new chainrule.Add(), () => [x(), row()]],
  ['Subtract', () => new chainrule.Subtract(), () => [x(), row()]],
  ['Multiply', () => new chainrule.Multiply(), () => [x(), row()]],
  ['Divide', () => new chainrule.Divide(), () => [x(), row()]],
  ['Maximum', () => new chainrule.Maximum(), () => [x(), row()]],
  ['Minimum', () => new chainrule.Minimum(), () => [x(), row()]],
  ['Pow', () => new chainrule.Pow(), () => [x(), row()]],
  ['Where', () => new chainrule.Where([1, 0, 1, 0]), () => [x(), row()]],
  ['MatMul', () => new chainrule.MatMul(), () => [x(), row()]],
  ['Concat', () => new chainrule.Concat({ axis: 1 }), () => [x(), x(), x()]],
  ['Stack', () => new chainrule.Stack({ axis: 1 }), () => [x(), x()]],
  ['Sum', () => new chainrule.Sum(), () => [x()]],
  ['Sum along an axis', () => new chainrule.Sum({ axis: 0 }), () => [x()]],
  ['Mean', () => new chainrule.Mean({ axis: [0, 1], keepDims: true }), () => [x()]],
  ['Max', () => new chainrule.Max({ axis: -1 }), () => [x()]],
  ['Min', () => new chainrule.Min(), () => [x()]],
  ['SquaredNorm', () => new chainrule.SquaredNorm(), () => [x()]],
  ['Softmax', () => new chainrule.Softmax({ axis: 0 }), () => [x()]],
  ['LogSoftmax', () => new chainrule.LogSoftmax(), () => [x()]],
  ['Transpose', () => new chainrule.Transpose(), () => [x()]],
  ['Transpose by axes', () => new chainrule.Transpose([1, 0]), () => [x()]],
  ['Reshape', () => new chainrule.Reshape([-1, 2]), () => [x()]],
  ['Flatten', () => new chainrule.Flatten({ startAxis: 0 }), () => [x()]],
  ['BroadcastTo', () => new chainrule.BroadcastTo([2, 3, 4]), () => [x()]],
  ['Slice', () => new chainrule.Slice([{ step: -1 }, 1]), () => [x()]],
  [
    'Gather',
    () =>
      new chainrule.Gather([
        [0, 2],
        [2, 1],
      ]),
    () => [x()],
  ],
]

const like = (y: Value): Value =>
  typeof y === 'number'
    ? 1
    : tensor(
        y.data.map(() => 1),
        { shape: y.shape },
      )

function detach(t: Tensor): void {
  structuredClone(t.data.buffer, { transfer: [t.data.buffer as ArrayBuffer] })
}

it('the table has every gate of lib/gates', async () => {
  const folder = join(import.meta.dirname, '../../lib/gates')
  const tested = new Set<unknown>(gates.map(([, make]) => make().constructor))
  for (const file of readdirSync(folder)) {
    for (const [name, value] of Object.entries(await import(join(folder, file)))) {
      const isGate = typeof value === 'function' && value.prototype instanceof BuiltinGate
      // Bases end in Gate.
      if (isGate && !name.endsWith('Gate')) expect(tested.has(value), `${name} of ${file}`).toBe(true)
    }
  }
})

describe.each(gates)('%s', (_, make, inputs) => {
  it('wants forward before each backward, and gives gradients of the forms of its inputs', () => {
    const gate = make()
    const given = inputs()
    expect(() => gate.backward(1)).toThrow(StateError)
    const y = gate.forward(...given)
    const gradients = gate.backward(like(y)) as Tensor[]
    expect(gradients.map((g) => [g.dtype, [...g.shape]])).toEqual(
      (given as Tensor[]).map((t) => [t.dtype, [...t.shape]]),
    )
    expect(() => gate.backward(like(y))).toThrow(/got backward a second time/)
  })

  it('refuses an upstream of another form, then takes the right one', () => {
    const gate = make()
    const y = gate.forward(...inputs())
    const wrong: Value[] = [zeros([9, 9], 'float64'), tensor([1], { dtype: 'int32' })]
    wrong.push(typeof y === 'number' ? zeros([], 'float64') : 1)
    for (const upstream of wrong) expect(() => gate.backward(upstream)).toThrow(ShapeError)
    if (typeof y !== 'number') expect(() => gate.backward(y.astype('float32'))).toThrow(chainrule.DTypeError)
    gate.backward(like(y))
  })

  it('computes the same on a second pass, after an inference and after a refusal', () => {
    const gate = make() as chainrule.Add
    const fresh = make()
    const expected = numbers(fresh.forward(...inputs()))
    const gradients = fresh.backward(like(fresh.forward(...inputs()))).map(numbers)
    for (let pass = 0; pass < 2; pass++) {
      const y = (gate as Gate).forward(...inputs())
      ;(gate as unknown as { infer(...values: Value[]): Value }).infer(...inputs())
      expect(() => (gate as Gate).forward(...inputs().map(() => null as never))).toThrow(ChainruleError)
      expect(numbers(y)).toEqual(expected)
      expect((gate as Gate).backward(like(y)).map(numbers)).toEqual(gradients)
    }
  })

  it('says so when memory has gone', () => {
    const given = inputs() as Tensor[]
    const gate = make()
    const y = gate.forward(...given)
    const upstream = like(y)
    if (typeof upstream !== 'number') {
      detach(upstream)
      expect(() => gate.backward(upstream)).toThrow(/upstream gradient .* to have its memory, got detached memory/)
    }
    for (const input of given) detach(input)
    // What was kept is gone, or was not needed: an error of this library, or gradients without a NaN.
    try {
      for (const gradient of gate.backward(like(make().forward(...inputs())))) {
        expect(numbers(gradient).some(Number.isNaN)).toBe(false)
      }
    } catch (error) {
      expect(error).toBeInstanceOf(ChainruleError)
    }
    expect(() => make().forward(...given)).toThrow(/\] expected input .* to have its memory, got detached memory/)
  })

  it('comes back from plain data, as files hold it', () => {
    const given = inputs()
    const names = given.map((_, i) => `x${i}`)
    const network = new chainrule.Network({ inputs: names, nodes: { y: [make(), ...names] } })
    const config = JSON.parse(JSON.stringify(configOf('test', network)))
    const [copy] = networkOf('test', config, 'float64').gates
    expect(copy?.constructor).toBe(make().constructor)
    expect(numbers(copy!.forward(...given))).toEqual(numbers(make().forward(...given)))
  })
})
