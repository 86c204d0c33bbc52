// Networks with branches: Residual, Parallel and Network against the same computed by hand, and against numerical gradients.
import { describe, expect, it } from 'vitest'
import {
  Add,
  ArgumentError,
  Concat,
  checkGradients,
  type Gate,
  Linear,
  type Model,
  Multiply,
  Network,
  Parallel,
  ReLU,
  Residual,
  Sequential,
  ShapeError,
  Slice,
  Sum,
  Tanh,
  Tensor,
  tensor,
  type Value,
} from '../../lib/index.js'
import { expectClose, numbers, randomTensor, thrownBy } from '../support.js'

const float64 = 'float64' as const
const linear = (inputs: number, outputs: number, seed: number) => new Linear(inputs, outputs, { dtype: float64, seed })
const block = () => new Residual(linear(4, 6, 1), new Tanh(), linear(6, 4, 2))
const wide = () => new Parallel([new Sequential(linear(4, 3, 3), new Tanh()), linear(4, 2, 4)])
const added = () =>
  new Parallel([linear(4, 3, 5), new Sequential(linear(4, 3, 6), new Tanh()), linear(4, 3, 7)], { join: 'add' })
const diamond = () =>
  new Network({
    nodes: {
      out: [linear(10, 2, 9), 'both'],
      left: [linear(4, 6, 7), 'x'],
      active: [new Tanh(), 'left'],
      both: [new Concat({ axis: 1 }), 'active', 'x'],
    },
    output: 'out',
  })
const siamese = () => {
  const shared = new Sequential(linear(4, 5, 11), new Tanh())
  const nodes = {
    a: [shared, 'first'],
    b: [shared, 'second'],
    product: [new Multiply(), 'a', 'b'],
    again: [linear(5, 4, 12), 'product'],
    c: [shared, 'again'],
  } as const
  return new Network({ inputs: ['first', 'second'], nodes })
}

const rows: [string, () => Model, number[][], number | undefined, number | undefined][] = [
  ['Residual', block, [[3, 4]], 4, 4],
  ['Residual of one row', block, [[4]], 4, 4],
  ['Residual of activations alone', () => new Residual(new Tanh()), [[3, 4]], undefined, undefined],
  ['Parallel', wide, [[3, 4]], 4, 5],
  ['Parallel of one row', wide, [[4]], 4, 5],
  ['Parallel that adds', added, [[3, 4]], 4, 3],
  ['Network', diamond, [[3, 4]], 4, 2],
  [
    'Network of shared layers',
    siamese,
    [
      [3, 4],
      [3, 4],
    ],
    undefined,
    5,
  ],
  ['Sequential of all', () => new Sequential(block(), wide(), linear(5, 4, 8), diamond()), [[3, 4]], 4, 2],
]
const inputsFor = (shapes: number[][]) => shapes.map((shape, i) => randomTensor(shape, 31 + i))

describe.each(rows)('%s', (_, make, shapes, inputs, outputs) => {
  it('agrees with numerical gradients, of inputs and parameters', () => {
    const model = make()
    const report = checkGradients(model, inputsFor(shapes))
    expect(report.ok, String(report)).toBe(true)
    expect(report.compared).toBe(
      inputsFor(shapes).reduce((n, x) => n + x.size, 0) + model.parameters().reduce((n, p) => n + p.size, 0),
    )
  })

  it('infers what it computes, and leaves a waiting pass alone', () => {
    const model = make()
    const xs = inputsFor(shapes)
    const y = model.forward(...xs) as Tensor
    const wanted = (model.backward(y) as Value[]).map(numbers)
    model.forward(...xs)
    expect(numbers(model.infer(...xs))).toEqual(numbers(y))
    expect(numbers(model.infer(...xs.map((x) => x.clone())))).toEqual(numbers(y))
    expect((model.backward(y) as Value[]).map(numbers)).toEqual(wanted)
    expect(numbers([...model.trace(...(xs as [Tensor]))].at(-1)!.output)).toEqual(numbers(y))
  })

  it('adds to gradients only when told, and leaves out those of inputs', () => {
    const model = make()
    const xs = inputsFor(shapes)
    const dy = model.forward(...xs) as Tensor
    model.backward(dy)
    const once = model.parameters().map((p) => numbers(p.gradient))
    model.forward(...xs)
    expect(model.backward(dy, { inputGradient: false })).toEqual([])
    expect(model.parameters().map((p) => numbers(p.gradient))).toEqual(once)
    model.forward(...xs)
    model.backward(dy, { accumulate: true })
    for (const [i, p] of model.parameters().entries()) {
      expectClose(
        numbers(p.gradient),
        once[i]!.map((g) => 2 * g),
      )
    }
  })

  it('knows its widths', () => {
    expect([make().inputs, make().outputs]).toEqual([inputs, outputs])
  })

  it('keeps its state by name', () => {
    const [model, other] = [make(), make().initialize(77)]
    const x = inputsFor(shapes)
    const state = Object.fromEntries(Object.entries(model.stateDict()).map(([name, value]) => [name, value.clone()]))
    expect(Object.keys(state)).toEqual(model.parameters().map((p) => p.name))
    other.loadStateDict(state)
    expect(numbers(other.infer(...x))).toEqual(numbers(model.infer(...x)))
  })
})

describe('by hand', () => {
  it('Residual adds its input', () => {
    const inner = linear(2, 2, 1)
    const x = randomTensor([3, 2], 1)
    expectClose(
      new Residual(inner).forward(x),
      numbers(inner.infer(x)).map((v, i) => v + x.data[i]!),
    )
  })

  it('Parallel puts its branches side by side in order', () => {
    const x = tensor([[1, -2]])
    expect(numbers(new Parallel([new ReLU(), new Tanh()]).forward(x))).toEqual([
      ...numbers(new ReLU().infer(x)),
      ...numbers(new Tanh().infer(x)),
    ])
    expect(numbers(new Parallel([new ReLU(), new ReLU()], { join: 'add' }).forward(x))).toEqual([2, 0])
  })

  it('a layer at two nodes is one layer: W(Wx), dW adds both uses', () => {
    const layer = new Linear(1, 1, { dtype: float64, bias: false, initializer: (w) => w.fill(3) })
    const model = new Network({ nodes: { once: [layer, 'x'], twice: [layer, 'once'] } })
    expect(numbers(model.forward(tensor([[2]], { dtype: float64 })))).toEqual([18])
    expect(numbers(model.backward(tensor([[1]], { dtype: float64 }))[0])).toEqual([9])
    // d(w²x)/dw = 2wx
    expect(numbers(model.parameters()[0]!.gradient)).toEqual([12])
    expect(model.parameters().map((p) => p.name)).toEqual(['once.weight'])
  })

  it("a user's gate works at two nodes", () => {
    class Cube implements Gate {
      x = tensor([0])
      forward(x: Tensor): Tensor {
        this.x = x
        return new Tensor(x.data.map((v) => v ** 3) as Float64Array, x.shape)
      }
      backward(dy: Tensor): Value[] {
        const { x } = this
        return [new Tensor(dy.data.map((d, i) => d * 3 * x.data[i]! ** 2) as Float64Array, dy.shape)]
      }
    }
    const cube = new Cube()
    const model = new Network({ nodes: { once: [cube, 'x'], twice: [cube, 'once'] } })
    const report = checkGradients(model, [[0.5, -1.1]])
    expect(report.ok, String(report)).toBe(true)
  })

  it('gradients add where several nodes read one', () => {
    const nodes = { double: [new Add(), 'x', 'x'], square: [new Multiply(), 'double', 'double'] } as const
    const model = new Network({ nodes })
    expect(numbers(model.forward(tensor([3])))).toEqual([36])
    // d(2x)²/dx = 8x
    expect(numbers(model.backward(tensor([1]))[0])).toEqual([24])
  })

  it('10,000 nodes deep without recursion', () => {
    const nodes: Record<string, readonly [Gate, ...string[]]> = {}
    for (let i = 0; i < 10_000; i++) nodes[`n${i}`] = [new Tanh(), i > 0 ? `n${i - 1}` : 'x']
    const model = new Network({ nodes })
    model.forward(tensor([1]))
    expect(model.backward(tensor([1]))[0].shape).toEqual([1])
  })
})

describe('modes', () => {
  it('go down to every layer, a user’s own gate included', () => {
    const seen: boolean[] = []
    const own = {
      forward: (x: Value) => x,
      backward: (dy: Value) => [dy],
      train: (mode: boolean) => void seen.push(mode),
    }
    const inner = linear(4, 4, 1)
    const model = new Sequential(new Residual(new Parallel([inner, own], { join: 'add' })))
    expect([model.training, inner.training]).toEqual([true, true])
    expect(model.eval()).toBe(model)
    expect([model.training, inner.training]).toEqual([false, false])
    expect(model.train().training).toBe(true)
    expect(inner.training).toBe(true)
    expect(seen).toEqual([false, true])
    expect(() => model.train('yes' as never)).toThrow(ArgumentError)
  })
})

describe('refusals', () => {
  const two = () => linear(2, 2, 1)
  const shared = two()
  const owned = two()
  new Sequential(owned)
  it.each<[string, () => unknown, RegExp]>([
    ['no gates', () => new Residual(), /\[Residual\] expected at least one gate, got none/],
    ['no branches', () => new Parallel([]), /\[Parallel\] expected an array of at least one branch/],
    ['a branch twice', () => new Parallel([shared, shared]), /\[Parallel\] expected each gate once/],
    ['what is no gate', () => new Parallel([{} as Gate]), /\[Parallel\] expected gate 0 to have forward and backward/],
    ['an unknown join', () => new Parallel([two()], { join: 'mix' as never }), /join to be one of concat, add/],
    ['layers of another model', () => new Residual(owned), /\[Residual\] expected layers that belong to no other/],
    ['no nodes', () => new Network({ nodes: {} }), /\[Network\] expected at least one node by name/],
    ['no inputs', () => new Network({ inputs: [], nodes: { a: [two(), 'x'] } }), /at least one input/],
    ['a node without gate', () => new Network({ nodes: { a: ['x'] as never } }), /a to be \[gate, names of what/],
    ['a node that reads nothing', () => new Network({ nodes: { a: [two()] } }), /a to be \[gate, names of what/],
    ['a number as name', () => new Network({ nodes: { 0: [two(), 'x'] } }), /names of letters, .* got "0"/],
    ['a dot in a name', () => new Network({ nodes: { 'a.b': [two(), 'x'] } }), /names of letters/],
    ['a node named like an input', () => new Network({ nodes: { x: [two(), 'x'] } }), /each name once, got "x"/],
    ['an unknown name', () => new Network({ nodes: { a: [two(), 'y'] } }), /a to read names among x, a, got "y"/],
    [
      'an unknown output',
      () => new Network({ nodes: { a: [two(), 'x'] }, output: 'b' }),
      /one of the nodes a, got "b"/,
    ],
    [
      'a lost node',
      () => new Network({ nodes: { a: [two(), 'x'], b: [two(), 'x'] } }),
      /lead to the output b, got "a"/,
    ],
    [
      'a lost input',
      () => new Network({ inputs: ['x', 'z'], nodes: { a: [two(), 'x'] } }),
      /everything to lead to the output a, got "z"/,
    ],
    [
      'a cycle',
      () => new Network({ nodes: { a: [new Add(), 'x', 'c'], b: [two(), 'a'], c: [two(), 'b'] } }),
      /a graph without cycles, got the cycle (a → b → c → a|b → c → a → b|c → a → b → c)/,
    ],
    ['a node that reads itself', () => new Network({ nodes: { a: [new Add(), 'x', 'a'] } }), /the cycle a → a/],
  ])('%s', (_, f, message) => {
    const error = thrownBy(f)
    expect(error).toBeInstanceOf(ArgumentError)
    expect((error as Error).message).toMatch(message)
  })

  it('outputs that do not fit, when they come', () => {
    const x = randomTensor([3, 2], 1)
    expect(() => new Residual(linear(2, 3, 1)).forward(x)).toThrow(
      /\[Residual\] expected gates that give the form of their input, \[3, 2\], got \[3, 3\]/,
    )
    const unequal = new Parallel([linear(2, 3, 1), linear(2, 1, 1)], { join: 'add' })
    expect(() => unequal.forward(x)).toThrow(
      /\[Parallel\] expected branches of one form to add, \[3, 3\], got \[3, 1\]/,
    )
    expect(() => unequal.infer(x)).toThrow(ShapeError)
    expect(() => siamese().forward(x)).toThrow(/\[Network\] expected 2 inputs: first, second, got array of 1/)
  })
})

describe('branches without parameters', () => {
  it('at the start of a network of float64 take float64, whatever their own type', async () => {
    const branches = [new Tanh(), new Sequential(new Tanh()), new Residual(new Sequential(new Tanh()))]
    const model = new Sequential(new Parallel(branches), linear(12, 2, 1))
    expect(model.inputDType).toBe(float64)
    const x = randomTensor([3, 4], 5)
    expectClose(model.predictSync(x), numbers(model.infer(x)), 1e-14)
    expectClose(await model.predict(x), numbers(model.infer(x)), 1e-14)
  })
})

describe('branches of one form', () => {
  const [sum, x] = [() => new Sum(), tensor([[1, 2]])]
  it('add numbers to numbers, and refuse numbers beside tensors', () => {
    expect(new Parallel([sum(), sum()], { join: 'add' }).forward(x)).toBe(6)
    expect(() => new Parallel([sum(), new ReLU()], { join: 'add' }).forward(x)).toThrow(/branches of one form to add/)
    expect(() => new Parallel([new ReLU(), new Slice([null, { stop: 1 }])], { join: 'add' }).infer(x)).toThrow(/branches of one form/) // biome-ignore format: a row
  })

  it('know the width of the output where all branches do', () => {
    const [known, open] = [new Linear(2, 3, { seed: 1 }), new Tanh()]
    expect(new Parallel([known, open]).outputs).toBe(5)
    expect(new Parallel([open, new ReLU()]).outputs).toBeUndefined()
    expect(new Parallel([open, new ReLU()], { join: 'add' }).outputs).toBeUndefined()
    expect(new Parallel([open, new Linear(2, 2, { seed: 1 })], { join: 'add' }).outputs).toBe(2)
  })
})
