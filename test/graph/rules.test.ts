// Second derivatives: the rule of every gate against central differences of its gradient, and against its own backward.
import { describe, expect, it } from 'vitest'
import { hasRule } from '../../lib/graph/rules/table.js'
import * as chainrule from '../../lib/index.js'
import {
  apply,
  checked,
  checkGradients,
  defineGradient,
  type Gate,
  grad,
  ops,
  StateError,
  Tensor,
  tensor,
  type Value,
  type Variable,
  variable,
} from '../../lib/index.js'
import { numbers, randomTensor, thrownBy } from '../support.js'

// Away from the kinks of piecewise gates, which have no second derivative there.
const kinks = [-3, -1, 0, 1, 3, 6]
const smooth = randomTensor([2, 5], 51, -3.5, 3.5)
for (let i = 0; i < smooth.size; i++)
  if (kinks.some((k) => Math.abs(smooth.data[i]! - k) < 1e-2)) smooth.data[i]! += 0.05
const positive = randomTensor([2, 5], 52, 0.3, 3)

const unary: [string, (x: Variable) => Variable, Tensor][] = [
  ...(Object.keys(chainrule.activations) as chainrule.ActivationName[]).map(
    (name): [string, (x: Variable) => Variable, Tensor] => [name, (x) => x[name](), smooth],
  ),
  ['leakyRelu 0.3', (x) => x.leakyRelu({ alpha: 0.3 }), smooth],
  ['elu 0.7', (x) => x.elu({ alpha: 0.7 }), smooth],
  ['gelu tanh', (x) => x.gelu({ approximate: 'tanh' }), smooth],
  ['neg', (x) => x.neg(), smooth],
  ['mul by a constant', (x) => x.mul(-2.5), smooth],
  ['add a constant', (x) => x.add(3), smooth],
  ['exp', (x) => x.exp(), smooth],
  ['log', (x) => x.log(), positive],
  ['reciprocal', (x) => x.reciprocal(), positive],
  ['sqrt', (x) => x.sqrt(), positive],
  ['square', (x) => x.square(), smooth],
  ['pow 0', (x) => x.pow(0), positive],
  ['pow 1', (x) => x.pow(1), positive],
  ['pow 2', (x) => x.pow(2), smooth],
  ['pow 3', (x) => x.pow(3), smooth],
  ['pow -1.5', (x) => x.pow(-1.5), positive],
  ['abs', (x) => x.abs(), smooth],
  ['sin', (x) => x.sin(), smooth],
  ['cos', (x) => x.cos(), smooth],
  ['sum', (x) => x.sum(), smooth],
  ['mean', (x) => x.mean(), smooth],
  ['squaredNorm', (x) => x.squaredNorm(), smooth],
]

const ofTensors: [string, (...x: Variable[]) => Variable, Tensor[]][] = [
  ['sum axis 0', (x) => x!.sum({ axis: 0 }), [smooth]],
  ['sum axis -1', (x) => x!.sum({ axis: -1 }), [randomTensor([2, 3, 2], 53)]],
  ['mean axis 1', (x) => x!.mean({ axis: 1 }), [randomTensor([2, 3, 2], 54)]],
  ['softmax', (x) => x!.softmax(), [randomTensor([2, 3], 55)]],
  ['softmax of a vector', (x) => x!.softmax(), [randomTensor([4], 56)]],
  ['logSoftmax', (x) => x!.logSoftmax(), [randomTensor([2, 3], 57)]],
  ['softmax axis 0', (x) => x!.softmax({ axis: 0 }), [randomTensor([2, 3], 55)]],
  ['logSoftmax axis 1', (x) => x!.logSoftmax({ axis: 1 }), [randomTensor([2, 3, 2], 57)]],
  ['transpose', (x) => x!.transpose(), [smooth]],
  ['transpose of three axes', (x) => x!.transpose([2, 0, -2]), [randomTensor([2, 3, 2], 58)]],
  ['flatten', (x) => x!.flatten(), [randomTensor([2, 3, 2], 58)]],
  ['broadcastTo', (x) => x!.broadcastTo([2, 3, 2]), [randomTensor([3, 1], 58)]],
  ['slice', (x) => x!.slice([{ start: 2, stop: 0, step: -1 }, null, 1]), [randomTensor([3, 2, 2], 58)]],
  [
    'gather',
    (x) =>
      x!.gather(
        [
          [0, 2, 0],
          [1, -1, 2],
        ],
        { axis: 1 },
      ),
    [randomTensor([2, 3], 58)],
  ],
  ['clip', (x) => x!.clip({ min: -1, max: 2 }), [smooth]],
  ['concat', (x, y) => ops.concat([x!, y!, x!], { axis: -1 }), [randomTensor([2, 3], 58), randomTensor([2, 1], 59)]],
  ['stack', (x, y) => ops.stack([x!, y!, x!], { axis: -1 }), [randomTensor([2, 3], 58), randomTensor([2, 3], 59)]],
  ['where', (x, y) => ops.where([1, 0, 1], x!, y!), [randomTensor([2, 3], 58), randomTensor([2, 1], 59)]],
  ['pow of a variable', (x, y) => x!.pow(y!), [randomTensor([2, 3], 58, 0.5, 2), randomTensor([3], 59)]],
  ...([{}, { keepDims: true }, { axis: 0 }, { axis: [0, 2], keepDims: true }, { axis: [-1, 1] }] as const).flatMap(
    (along): [string, (...x: Variable[]) => Variable, Tensor[]][] =>
      (['sum', 'mean', 'max', 'min'] as const).map((name) => [
        `${name} along ${JSON.stringify(along)}`,
        (x) => x![name](along),
        [randomTensor([2, 3, 2], 60)],
      ]),
  ),
  ['reshape', (x) => x!.reshape(5, -1), [smooth]],
  ...(
    [
      [
        [2, 3],
        [2, 3],
      ],
      [[2, 3], [3]],
      [
        [2, 1],
        [1, 3],
      ],
      [[2, 3], []],
      [[], []],
    ] as [number[], number[]][]
  ).flatMap(([a, b]): [string, (...x: Variable[]) => Variable, Tensor[]][] => {
    const inputs = [randomTensor(a, 61), randomTensor(b, 62, -2, 2, 0.4)]
    const shapes = `[${a}] and [${b}]`
    return (['add', 'sub', 'mul', 'div', 'max', 'min'] as const).map((name) => [
      `${name} of ${shapes}`,
      (x, y) => x![name](y!),
      inputs,
    ])
  }),
  ...(
    [
      [
        [2, 3],
        [3, 2],
      ],
      [[2, 3], [3]],
      [[3], [3, 2]],
      [[3], [3]],
      [
        [2, 2, 3],
        [3, 2],
      ],
      [
        [2, 1, 2, 3],
        [2, 3, 2],
      ],
      [[3], [2, 3, 2]],
      [[2, 2, 3], [3]],
    ] as [number[], number[]][]
  ).map(([a, b]): [string, (...x: Variable[]) => Variable, Tensor[]] => [
    `matmul of [${a}] and [${b}]`,
    (x, y) => x!.matmul(y!),
    [randomTensor(a, 63), randomTensor(b, 64)],
  ]),
]

// One number of a function's output, in which no element's gradient is constant.
function scalar(y: Variable): Variable {
  return y.sin().add(y.square()).sum()
}

describe('the rule of', () => {
  const rows = [...unary.map(([name, f, x]) => [name, f, [x]] as const), ...ofTensors]
  it.each(rows)('%s: gradients of gradients', (_, f, inputs) => {
    inputs.forEach((_, i) => {
      const second = checkGradients(grad((...x) => scalar(f(...(x as [Variable]))), { arguments: i }) as never, inputs)
      expect(second.ok, String(second)).toBe(true)
    })
  })

  it.each(rows)('%s: the gradient that backward gives', (_, f, inputs) => {
    for (const dtype of ['float64', 'float32'] as const) {
      const [plain, lifted] = [0, 1].map(() => inputs.map((x) => variable(x.astype(dtype))))
      scalar(f(...(plain as [Variable]))).backward()
      scalar(f(...(lifted as [Variable]))).backward({ createGraph: true })
      for (const [i, x] of plain!.entries()) {
        const [a, b] = [numbers(x.grad), numbers(lifted![i]!.grad)]
        const tolerance = dtype === 'float64' ? 1e-14 : 1e-5
        for (const [k, v] of a.entries()) expect(Math.abs(b[k]! - v)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(v)))
      }
    }
  })

  it.each(unary)('%s: on numbers, third derivatives too', (_, f, { data }) => {
    for (const at of [data[0]!, data[3]!, data[7]!]) {
      const third = checkGradients(grad(grad((x) => scalar(f(x)))) as never, [at])
      expect(third.ok, String(third)).toBe(true)
    }
  })
})

describe('the table of rules', () => {
  it('holds every elementary gate of the public API', async () => {
    const files = [
      'activations',
      'arithmetic',
      'binary',
      'matmul',
      'parts',
      'reductions',
      'select',
      'shapes',
      'softmax',
    ]
    const modules = await Promise.all(files.map((file) => import(`../../lib/gates/${file}.ts`)))
    const classes = new Set(modules.flatMap((module) => Object.values<unknown>(module)))
    const missing = Object.values(chainrule).flatMap((member) =>
      classes.has(member) && typeof member === 'function' && !hasRule(Object.create(member.prototype))
        ? [member.name]
        : [],
    )
    expect(classes.size).toBeGreaterThan(50)
    expect(missing).toEqual([])
  })
})

describe('gates without a rule', () => {
  class Cube implements Gate {
    x = 0
    forward(x: Value): Value {
      this.x = x as number
      return this.x ** 3
    }
    backward(dy: Value): Value[] {
      return [(dy as number) * 3 * this.x ** 2]
    }
  }

  it('are named by a typed error, and nothing changes', () => {
    const x = variable(2)
    const y = x.apply(new Cube()).mul(2)
    const error = thrownBy(() => y.backward({ createGraph: true })) as Error
    expect(error).toBeInstanceOf(StateError)
    expect(error.message).toMatch(/^\[createGraph\] expected gates whose derivative is known as a graph .*, got Cube$/)
    expect([x.grad, y.grad]).toEqual([null, null])
    y.backward()
    expect(x.grad).toBe(24)
  })

  it('get one from defineGradient', () => {
    class Known extends Cube {}
    defineGradient(Known, (dy, [x]) => [() => dy.mul(x!.square().mul(3))])
    expect(grad(grad((x) => apply(new Known(), x)))(variable(2)).value).toBe(12)
    expect(hasRule(checked(new Known()))).toBe(true)
    expect(() => defineGradient(1 as never, () => [])).toThrow(chainrule.ArgumentError)
    expect(() => defineGradient(Known, 1 as never)).toThrow(chainrule.ArgumentError)
  })

  it('do not lend theirs to subclasses', () => {
    class Twisted extends chainrule.Multiply {}
    const y = ops.mul(1, variable(2)).apply(new Twisted(), 3)
    expect(() => y.backward({ createGraph: true })).toThrow(/got Twisted/)
  })
})

describe('edges', () => {
  it('numbers: where, stack, pow, max', () => {
    const f = (x: Variable, y: Variable) =>
      ops
        .stack([x, y])
        .square()
        .sum()
        .add(ops.where(true, x.pow(y), y))
        .add(x.max({}).mul(y.min(7)))
    for (const i of [0, 1]) {
      const report = checkGradients(grad(f, { arguments: i }) as never, [1.5, 2.5])
      expect(report.ok, String(report)).toBe(true)
    }
  })

  it.each(['max', 'min'] as const)('%s of equals and of NaN: the gradient that backward gives', (name) => {
    const at = [tensor(Float64Array.of(1, 2, NaN, 4, 5)), tensor(Float64Array.of(1, NaN, 3, 4, 6))]
    for (const f of [
      (a: Variable, b: Variable) => a[name](b),
      (a: Variable, b: Variable) => ops.stack([a, b])[name]({ axis: 0 }),
    ]) {
      const [plain, lifted] = [0, 1].map(() => at.map((v) => variable(v)) as [Variable, Variable])
      const upstream = tensor(Float64Array.of(1, 2, 3, 4, 5))
      f(...plain!).backward(upstream)
      f(...lifted!).backward(upstream, { createGraph: true })
      for (const i of [0, 1]) expect(numbers(lifted![i]!.grad)).toEqual(numbers(plain![i]!.grad))
    }
  })

  it('x^y where y or x is 0', () => {
    const pow = (x: Variable, y: Variable) => x.pow(y)
    for (const [x, y] of [
      [0, 0],
      [0, 1],
      [0, 2],
      [3, 0],
    ] as const) {
      const [a, b] = [variable(x), variable(y)]
      const [dx, dy] = grad(pow, { arguments: [0, 1] })(a, b)
      expect([(dx as Variable).value, (dy as Variable).value], `${x}^${y}`).toEqual(
        grad(pow, { arguments: [0, 1] })(x, y),
      )
    }
  })

  it.each(Object.keys(chainrule.activations) as chainrule.ActivationName[])(
    '%s at ±0, subnormals, ±∞ and NaN: the gradient that backward gives',
    (name) => {
      const at = tensor(Float64Array.of(0, -0, 5e-324, -5e-324, 1e308, -1e308, Infinity, -Infinity, NaN))
      const [a, b] = [variable(at), variable(at)]
      const ones = chainrule.ones([at.size], 'float64')
      a[name]().backward(ones)
      b[name]().backward(ones, { createGraph: true })
      expect(numbers(b.grad)).toEqual(numbers(a.grad))
    },
  )

  it('empty tensors have empty gradients of gradients', () => {
    const x = variable(new Tensor(new Float64Array(0), [0, 3]))
    const f = grad((v) =>
      v
        .matmul(chainrule.ones([3, 2], 'float64'))
        .tanh()
        .sum(),
    )
    const second = grad((v) => f(v).square().sum())(x)
    expect((second.value as Tensor).shape).toEqual([0, 3])
  })
})
