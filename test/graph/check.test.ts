// The gradient check: what it takes, and what its report says of gates that are wrong.
import { describe, expect, it } from 'vitest'
import { LossGate } from '../../lib/graph/loss.js'
import {
  CrossEntropy,
  checkGradients,
  copy,
  DTypeError,
  type Gate,
  Linear,
  MeanSquaredError,
  Multiply,
  mlp,
  ops,
  Sequential,
  Tanh,
  Tensor,
  tensor,
  type Value,
  type Variable,
  variable,
} from '../../lib/index.js'
import { numbers, randomTensor } from '../support.js'

const x = randomTensor([3, 4], 95)
const labels = Int32Array.of(0, 3, 1)

// y = f(x) of tensors, with a derivative that may be wrong.
class OfTensors implements Gate {
  readonly name: string
  readonly #f: (x: number) => number
  readonly #df: (x: number, i: number) => number
  #x: Tensor | undefined

  constructor(name: string, f: (x: number) => number, df: (x: number, i: number) => number) {
    this.name = name
    this.#f = f
    this.#df = df
  }
  forward(v: Value): Value {
    this.#x = v as Tensor
    return new Tensor(Float64Array.from(this.#x.data, this.#f), this.#x.shape)
  }
  backward(dy: Value): Value[] {
    const at = this.#x!
    return [
      new Tensor(
        Float64Array.from((dy as Tensor).data, (d, i) => d * this.#df(at.data[i]!, i)),
        at.shape,
      ),
    ]
  }
}

describe('checkGradients takes', () => {
  const model = () => mlp({ inputs: 4, hidden: [5], outputs: 4, activation: 'tanh', dtype: 'float64', seed: 1 })

  it.each<[string, () => ReturnType<typeof checkGradients>, number]>([
    ['a loss with labels', () => checkGradients(new CrossEntropy(), [x], { target: labels }), 12],
    ['a loss with values', () => checkGradients(new MeanSquaredError(), [x], { target: randomTensor([3, 4], 96) }), 12],
    ['a loss in a function', () => checkGradients((v) => ops.loss(new CrossEntropy(), v, labels), [x]), 12],
    ['a network', () => checkGradients(model(), [x]), 12 + 4 * 5 + 5 + 5 * 4 + 4],
    [
      'a network and a loss in a function, parameters included',
      () => {
        const net = model()
        return checkGradients((v) => ops.loss(new CrossEntropy(), v.apply(net), labels).mul(3), [x], { model: net })
      },
      12 + 4 * 5 + 5 + 5 * 4 + 4,
    ],
    [
      'a function of several inputs',
      () => checkGradients((a, b) => a.matmul(b).tanh(), [x, randomTensor([4, 2], 97)]),
      20,
    ],
    ['a gate of several inputs', () => checkGradients(new Multiply(), [x, 2]), 13],
    ['an input that nothing depends on', () => checkGradients((a, _b) => a.exp(), [1, x]), 13],
    ['nothing to compare', () => checkGradients((a) => a.exp(), [tensor([], { shape: [0, 2] })]), 0],
  ])('%s', (_, check, compared) => {
    const report = check()
    expect(report.ok, String(report)).toBe(true)
    expect([report.compared, report.problems]).toEqual([compared, []])
  })

  it('integers as what looks something up: they are not compared', () => {
    const rows = tensor(Int32Array.of(2, 0))
    const report = checkGradients((table, at) => table.gather(at.value as Tensor).square(), [x, rows])
    expect(report.ok, String(report)).toBe(true)
    expect(report.compared).toBe(12)
  })

  it('inputs and parameters as they are, and leaves them so', () => {
    const net = model()
    const [input, state] = [x.clone(), net.parameters().map((p) => numbers(p.value))]
    checkGradients(net, [input])
    expect(numbers(input)).toEqual(numbers(x))
    expect(net.parameters().map((p) => numbers(p.value))).toEqual(state)
  })
})

describe('what draws random numbers or counts', () => {
  // A dropout in small: an element passes or not by a counter.
  class Every extends OfTensors {
    drawn = 0
    constructor() {
      super(
        'Every',
        (v) => (this.drawn++ % 3 === 0 ? 0 : v),
        (_v, i) => (i % 3 === 0 ? 0 : 1),
      )
    }
  }
  class Running extends OfTensors {
    readonly mean = tensor([0])
    constructor() {
      super(
        'Running',
        (v) => v,
        () => 1,
      )
    }
    override forward(v: Value): Value {
      this.mean.data[0]! += 1
      return super.forward(v)
    }
    buffers() {
      return [{ name: 'mean', value: this.mean }]
    }
  }

  it('is held still, within networks too, and put back', () => {
    const [every, running] = [new Every(), new Running()]
    every.drawn = 6
    const report = checkGradients(new Sequential(every, new Sequential(running, new Tanh())), [x])
    expect(report.ok, String(report)).toBe(true)
    expect([every.drawn, running.mean.data[0]]).toEqual([6, 0])
  })

  it('is reported where it cannot be held', () => {
    let calls = 0
    const report = checkGradients((v) => v.mul(++calls), [2])
    expect(report.ok).toBe(false)
    expect(String(report)).toContain('the same inputs gave different outputs in two calls')
  })
})

describe('the report', () => {
  it('says where backward gives NaN', () => {
    const report = checkGradients(
      new OfTensors(
        'Odd',
        (v) => v * v,
        (v, i) => (i === 2 ? Number.NaN : 2 * v),
      ),
      [[1, 2, 3]],
    )
    expect(report.ok).toBe(false)
    expect(report.failures).toHaveLength(1)
    expect(report.worst).toMatchObject({ input: 'input 0', index: 2, note: 'backward gives NaN' })
    expect(String(report)).toMatch(/input 0\[2\]: analytic NaN, numerical 4.*\(backward gives NaN\)/)
  })

  it('says where the function is not finite', () => {
    const report = checkGradients((v) => v.log(), [[1, -1, 2]])
    expect(report.ok).toBe(false)
    expect(report.problems).toEqual(['1 of 3 outputs are not finite: NaN'])
    expect(String(report)).toMatch(/1 of 3 outputs are not finite: NaN\n/)
    const edge = checkGradients((v) => v.sqrt(), [0])
    expect(edge.worst!.note).toMatch(/backward gives Infinity/)
  })

  it('suspects kinks', () => {
    const report = checkGradients((v) => v.relu(), [0])
    expect(report.failures[0]!.note).toBe('slopes 0 and 1 on the two sides: a kink?')
  })

  it('says how much is off where', () => {
    const report = checkGradients(
      new OfTensors(
        'Off',
        (v) => v ** 3,
        (v) => 3 * v * v + (v === 2 ? 1e-3 : 0),
      ),
      [[1, 2, 3]],
    )
    expect(report.failures).toHaveLength(1)
    expect(String(report)).toMatch(/checkGradients\(Off\): 2 of 3 elements agree.*\n.*input 0\[1\]: .*off by .*e-[34]/)
  })

  it('shows ten failures, and counts the rest', () => {
    const report = checkGradients(
      new OfTensors(
        'All',
        (v) => v,
        () => 2,
      ),
      [x],
    )
    expect(String(report).split('\n')).toHaveLength(12)
    expect(String(report)).toContain('… and 2 more')
  })
})

describe('refused are', () => {
  it('networks of float32', () => {
    const net = new Sequential(new Linear(4, 2))
    expect(() => checkGradients(net, [x])).toThrow(DTypeError)
    expect(() => checkGradients((v) => v, [x], { model: net })).toThrow(/parameter 0.weight of type float32/)
    const report = checkGradients(copy(net, { dtype: 'float64' }), [x])
    expect(report.ok, String(report)).toBe(true)
  })
})

describe('a loss as a gate', () => {
  it('runs in graphs, several times', () => {
    const loss = new CrossEntropy()
    const v = variable(x)
    const [f, g] = [ops.loss(loss, v, labels), ops.loss(loss, v.mul(2), labels)]
    expect(f.gate!.name).toBe('CrossEntropy')
    const sum = f.add(g)
    sum.backward({ retainGraph: true })
    const first = numbers(v.grad)
    v.zeroGrad()
    sum.backward()
    expect(numbers(v.grad)).toEqual(first)
    const report = checkGradients((u: Variable) => ops.loss(loss, u, labels).add(ops.loss(loss, u.mul(2), labels)), [x])
    expect(report.ok, String(report)).toBe(true)
    expect(() => new LossGate(1 as never, [])).toThrow(/\[loss\] expected a loss/)
  })
})
