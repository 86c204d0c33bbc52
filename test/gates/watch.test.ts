// Watching gates, and setting a waiting pass aside.
import { describe, expect, it } from 'vitest'
import { suspend } from '../../lib/gates/gate.js'
import { watching } from '../../lib/gates/watch.js'
import { type Gate, Linear, mlp, ReLU, Sequential, Tensor, tensor, type Value } from '../../lib/index.js'
import { numbers } from '../support.js'

class Cube implements Gate {
  x: Tensor | undefined
  forward(x: Value): Value {
    this.x = x as Tensor
    return new Tensor((x as Tensor).data.map((v) => v ** 3) as Float64Array, (x as Tensor).shape)
  }
  backward(dy: Value): Value[] {
    const kept = this.x as Tensor
    return [new Tensor((dy as Tensor).data.map((d, i) => d * 3 * kept.data[i]! ** 2) as Float64Array, kept.shape)]
  }
}

const x = tensor([
  [1, -2],
  [3, 0.5],
])
const dy = tensor([
  [1, 2],
  [3, 4],
])

describe('watching', () => {
  it('tells of every gate, its inputs and its own output, in order, and returns what f returns', () => {
    const model = new Sequential(
      new Linear(2, 3, { seed: 1 }),
      new ReLU(),
      new Sequential(new Cube()),
      new Linear(3, 2),
    )
    const seen: string[] = []
    const values = new Map<Gate, Value>()
    const name = (gate: Gate) => gate.name ?? gate.constructor.name
    const y = watching(
      {
        forward(gate, _inputs, output) {
          seen.push(`→ ${name(gate)}`)
          values.set(gate, output)
        },
        backward(gate, _upstream, gradients) {
          seen.push(`← ${name(gate)} ${gradients.length}`)
        },
      },
      () => {
        const out = model.forward(x)
        model.backward(dy)
        return out
      },
    )
    const forward = ['Linear', 'ReLU', 'Cube', 'Sequential', 'Linear', 'Sequential'].map((each) => `→ ${each}`)
    const backward = ['Linear', 'Cube', 'Sequential', 'ReLU', 'Linear', 'Sequential'].map((each) => `← ${each} 1`)
    expect(seen).toEqual([...forward, ...backward])
    const [linear, relu] = model.gates as [Gate, Gate]
    // Linear and ReLU, one sweep otherwise, show what lies between them.
    expect(numbers(values.get(linear))).toEqual(numbers((linear as Linear).infer(x)))
    expect(numbers(values.get(relu))).toEqual(numbers(values.get(linear)).map((v) => Math.max(0, v)))
    expect(numbers(y)).toEqual(numbers(model.forward(x)))
    expect(seen).toHaveLength(12)
  })

  it('ends with f, also if f throws', () => {
    const seen: unknown[] = []
    const watcher = { forward: () => seen.push(1), backward: () => seen.push(1) }
    expect(() => watching(watcher, () => new ReLU().backward(1))).toThrow()
    new ReLU().forward(1)
    expect(seen).toEqual([])
  })
})

describe('suspend', () => {
  it.each([
    ['built-in gates', () => mlp({ inputs: 2, hidden: [3], outputs: 2, activation: 'tanh', seed: 1 })],
    [
      'gates of other hands',
      () => new Sequential(new Linear(2, 2, { seed: 1 }), new Sequential(new Cube()), new Cube()),
    ],
  ])('puts back a pass that waits in %s', (_, make) => {
    const model = make()
    model.forward(x)
    const wanted = numbers(model.backward(dy)[0])
    model.forward(x)
    const resume = suspend(model)
    model.forward(tensor([[5, 5]]))
    model.backward(tensor([[1, 1]]))
    resume()
    expect(numbers(model.backward(dy)[0])).toEqual(wanted)
    expect(() => model.backward(dy)).toThrow('forward before backward')
  })

  it('puts back that none waited', () => {
    const gate = new ReLU()
    const resume = suspend(gate)
    gate.forward(1)
    resume()
    expect(() => gate.backward(1)).toThrow('forward before backward')
    const own = new Cube()
    const back = suspend(new Sequential(own))
    own.forward(x)
    back()
  })
})
