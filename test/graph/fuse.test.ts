// Fusion: which expressions become which gates; equal values and gradients; and what is left alone.
import { describe, expect, it } from 'vitest'
import { topologicalOrder } from '../../lib/graph/backward.js'
import {
  Affine,
  ArgumentError,
  checkGradients,
  fuse,
  type Gate,
  grad,
  Linear,
  Multiply,
  ops,
  SoftmaxCrossEntropy,
  StateError,
  Tensor,
  type Value,
  type Variable,
  variable,
} from '../../lib/index.js'
import { expectClose, numbers, randomTensor } from '../support.js'

type Build = (...x: Variable[]) => Variable

function gatesOf(f: Variable): string[] {
  return topologicalOrder(f).flatMap((v) => (v.gate ? [v.gate.name!] : []))
}

const x = randomTensor([3, 4], 81)
const onehot = new Tensor(
  Float64Array.from({ length: 12 }, (_, i) => (i % 4 === (i >> 2) + 1 ? 1 : 0)),
  [3, 4],
)
const weights = [randomTensor([3, 4], 82), randomTensor([4, 2], 83), randomTensor([2], 84)]
const column = [randomTensor([2, 4], 85), randomTensor([4], 86), randomTensor([2], 87)]

const rows: [string, Build, (number | Tensor)[], string[]][] = [
  ['1/(1 + e^−x), reciprocal', (v) => v!.neg().exp().add(1).reciprocal(), [x], ['Sigmoid']],
  ['1/(1 + e^−x), div', (v) => ops.div(1, ops.add(1, v!.mul(-1).exp())), [x], ['Sigmoid']],
  ['1/(e^(0 − x) + 1), pow', (v) => ops.sub(0, v!).exp().add(1).pow(-1), [x], ['Sigmoid']],
  ['e^x/(1 + e^x)', (v) => v!.exp().div(v!.exp().add(1)), [x], ['Sigmoid']],
  ['1/(1 + e^x)', (v) => v!.exp().add(1).reciprocal(), [x], ['Negate', 'Sigmoid']],
  ['2σ(2x) − 1', (v) => v!.mul(2).sigmoid().mul(2).sub(1), [x], ['Tanh']],
  ['2/(1 + e^−2x) − 1', (v) => v!.mul(2).neg().exp().add(1).reciprocal().mul(2).sub(1), [x], ['Tanh']],
  ['1 − 2/(1 + e^2x)', (v) => ops.sub(1, ops.div(2, v!.mul(2).exp().add(1))), [x], ['Tanh']],
  ['1 − 2·(1 + e^2x)⁻¹', (v) => v!.mul(2).exp().add(1).reciprocal().mul(-2).add(1), [x], ['Tanh']],
  ['(e^2x − 1)/(e^2x + 1)', (v) => v!.mul(2).exp().sub(1).div(v!.mul(2).exp().add(1)), [x], ['Tanh']],
  [
    '(e^x − e^−x)/(e^x + e^−x)',
    (v) => {
      const [a, b] = [v!.exp(), v!.neg().exp()]
      return a.sub(b).div(a.add(b))
    },
    [x],
    ['Tanh'],
  ],
  [
    '(e^x − 1/e^x)/(1/e^x + e^x)',
    (v) => {
      const a = v!.exp()
      return a.sub(a.reciprocal()).div(a.reciprocal().add(a))
    },
    [x],
    ['Tanh'],
  ],
  ['log(1 + e^x)', (v) => v!.exp().add(1).log(), [x], ['Softplus']],
  ['log of 1/(1 + e^−x)', (v) => v!.neg().exp().add(1).reciprocal().log(), [x], ['LogSigmoid']],
  ['−log(1 + e^−x)', (v) => v!.neg().exp().add(1).log().neg(), [x], ['LogSigmoid']],
  ['x/(1 + e^−x) as a product', (v) => v!.mul(v!.neg().exp().add(1).reciprocal()), [x], ['SiLU']],
  ['x·tanh(log(1 + e^x))', (v) => v!.mul(v!.exp().add(1).log().tanh()), [x], ['Mish']],
  ['softmax', (v) => v!.exp().div(v!.exp().sum({ axis: -1, keepDims: true })), [x], ['Softmax']],
  ['softmax along axis 0', (v) => v!.exp().div(v!.exp().sum({ axis: 0, keepDims: true })), [x], ['Softmax']],
  ['softmax by reshape', (v) => v!.exp().div(v!.exp().sum({ axis: 1 }).reshape(3, 1)), [x], ['Softmax']],
  ['softmax of a vector', (v) => v!.exp().div(v!.exp().sum()), [randomTensor([5], 88)], ['Softmax']],
  [
    'log softmax',
    (v) =>
      v!
        .exp()
        .div(v!.exp().sum({ axis: -1, keepDims: true }))
        .log(),
    [x],
    ['LogSoftmax'],
  ],
  ['x − log Σe^x', (v) => v!.sub(v!.exp().sum({ axis: 1, keepDims: true }).log()), [x], ['LogSoftmax']],
  ['−Σ t·log softmax x', (v) => v!.softmax().log().mul(onehot).sum().neg(), [x], ['SoftmaxCrossEntropy']],
  [
    'its mean',
    (v) =>
      v!
        .logSoftmax()
        .mul(onehot)
        .sum()
        .mul(-1 / 3),
    [x],
    ['SoftmaxCrossEntropy'],
  ],
  ['divided by rows', (v) => v!.logSoftmax().mul(onehot).sum().neg().div(3), [x], ['SoftmaxCrossEntropy']],
  ['the mean of rows', (v) => v!.logSoftmax().mul(onehot).sum({ axis: -1 }).neg().mean(), [x], ['SoftmaxCrossEntropy']],
  [
    'minus the mean of rows',
    (v) => v!.logSoftmax().mul(onehot).sum({ axis: 1 }).mean().neg(),
    [x],
    ['SoftmaxCrossEntropy'],
  ],
  ['the mean of all', (v) => v!.logSoftmax().mul(onehot).mean().neg(), [x], ['SoftmaxCrossEntropy']],
  [
    'of soft targets',
    (v, t) => t!.mul(v!.logSoftmax()).sum().neg(),
    [x, randomTensor([3, 4], 89, 0, 1)],
    ['SoftmaxCrossEntropy'],
  ],
  [
    'all of it from exponentials',
    (v) =>
      v!
        .exp()
        .div(v!.exp().sum({ axis: -1, keepDims: true }))
        .log()
        .mul(onehot)
        .sum()
        .neg()
        .div(3),
    [x],
    ['SoftmaxCrossEntropy'],
  ],
  ['x·W + b', (v, w, b) => v!.matmul(w!).add(b!), weights, ['Affine']],
  ['b + x·W', (v, w, b) => b!.add(v!.matmul(w!)), weights, ['Affine']],
  ['tanh(x·W + b)', (v, w, b) => v!.matmul(w!).add(b!).tanh(), weights, ['Affine + Tanh']],
  ['gelu(x·W + b)', (v, w, b) => v!.matmul(w!).add(b!).gelu(), weights, ['Affine + GELU']],
  ['leakyRelu(x·W + b)', (v, w, b) => v!.matmul(w!).add(b!).leakyRelu({ alpha: 0.2 }), weights, ['Affine + LeakyReLU']],
  ['silu(x·W)', (v, w) => v!.matmul(w!).silu(), weights.slice(0, 2), ['Affine + SiLU']],
  ['tanh(W·x + b)', (w, v, b) => w!.matmul(v!).add(b!).tanh(), column, ['Affine + Tanh']],
  ['softplus(W·x)', (w, v) => w!.matmul(v!).softplus(), column.slice(0, 2), ['Affine + Softplus']],
  [
    '1/(1 + e^−(x·W + b))',
    (v, w, b) => v!.matmul(w!).add(b!).neg().exp().add(1).reciprocal(),
    weights,
    ['Affine + Sigmoid'],
  ],
  [
    'two layers and a loss',
    (v, w, b) =>
      v!.matmul(w!).add(b!).exp().add(1).log().matmul(w!.transpose()).logSoftmax().mul(onehot).sum().neg().div(3),
    weights,
    ['Affine + Softplus', 'Transpose', 'MatMul', 'SoftmaxCrossEntropy'],
  ],
]

// One number, so that gradients of all elements count.
function total(y: Variable): Variable {
  return typeof y.value === 'number' ? y : y.sin().sum()
}

describe('fuse', () => {
  it.each(rows)('%s', (_, build, inputs, expected) => {
    for (const dtype of ['float64', 'float32'] as const) {
      const tolerance = dtype === 'float64' ? 1e-13 : 1e-5
      const given = inputs.map((v) => (typeof v === 'number' ? v : v.astype(dtype)))
      if (dtype === 'float32' && String(build).includes('onehot')) continue
      const leaves = given.map((v) => variable(v))
      const before = build(...leaves)
      const { fused, replaced } = fuse(before)
      expect(gatesOf(fused).sort()).toEqual([...expected].sort())
      expect(replaced.length).toBeGreaterThan(0)
      expectClose(fused.value, numbers(before.value), tolerance)
      total(before).backward()
      const gradients = leaves.map((leaf) => numbers(leaf.grad))
      total(before).zeroGrad()
      for (const leaf of leaves) leaf.zeroGrad()
      total(fused).backward()
      for (const [i, leaf] of leaves.entries()) expectClose(leaf.grad, gradients[i]!, tolerance * 10)
    }
  })

  it.each(rows.filter(([, , inputs]) => inputs.every((v) => typeof v !== 'number')))(
    '%s: numerically, and its gradient again',
    (_, build, inputs) => {
      const f: Build = (...v) => fuse(build(...v)).fused
      const [plain, lifted] = [0, 1].map(() => (inputs as Tensor[]).map((v) => variable(v)))
      total(f(...plain!)).backward()
      total(f(...lifted!)).backward({ createGraph: true })
      for (const [i, leaf] of lifted!.entries()) expectClose(leaf.grad, numbers(plain![i]!.grad), 1e-13)
      const first = checkGradients(f, inputs)
      expect(first.ok, String(first)).toBe(true)
      for (const i of inputs.keys()) {
        const second = checkGradients(grad((...v) => total(f(...v)), { arguments: i }) as never, inputs)
        expect(second.ok, String(second)).toBe(true)
      }
    },
  )

  it('the lecture’s neuron: equal numbers from one sigmoid gate', () => {
    const [w0, x0, w1, x1, w2] = [2, -1, -3, -2, -3].map((v) => variable(v))
    const z = w0!.mul(x0!).add(w1!.mul(x1!)).add(w2!)
    const chain = z.neg().exp().add(1).reciprocal().named('f')
    chain.backward()
    const byChain = [w0, x0, w1, x1, w2].map((v) => v!.grad as number)
    expectClose(byChain, [-0.1966, 0.3932, -0.3932, -0.5898, 0.1966], 5e-5)
    chain.zeroGrad()
    const { fused, replaced } = fuse(chain)
    expect(replaced).toEqual([
      { expression: '1/(1 + e^−x)', by: 'Sigmoid', gates: ['Reciprocal', 'AddConstant', 'Exp', 'Negate'] },
    ])
    expect(gatesOf(fused)).toEqual(['Multiply', 'Multiply', 'Add', 'Add', 'Sigmoid'])
    expect(fused.name).toBe('f')
    expect(fused.value).toBeCloseTo(0.7311, 4)
    fused.backward()
    expectClose(
      [w0, x0, w1, x1, w2].map((v) => v!.grad as number),
      byChain,
      1e-15,
    )
  })

  it('keeps numbers that overflowed before', () => {
    for (const at of [-800, 800]) {
      const v = variable(at)
      const { fused } = fuse(v.exp().div(v.exp().add(1)))
      expect(fused.value).toBe(at > 0 ? 1 : 0)
    }
    const { fused } = fuse(variable(800).exp().add(1).log())
    expect(fused.value).toBe(800)
  })

  it('leaves the old graph as it is', () => {
    const v = variable(0.5)
    const before = v.neg().exp().add(1).reciprocal().square()
    const { fused } = fuse(before)
    fused.backward()
    const gradient = v.grad as number
    v.zeroGrad()
    before.backward()
    expect(v.grad).toBeCloseTo(gradient, 15)
    expect(gatesOf(before)).toHaveLength(5)
  })

  it('rebuilds a graph with nothing to replace', () => {
    const v = variable(3)
    const { fused, replaced } = fuse(v.square().add(v.pow(3)).max(2).named('g'))
    expect([replaced.length, fused.value, fused.name]).toEqual([0, 36, 'g'])
    fused.backward()
    expect(v.grad).toBe(6 + 27)
    expect(fuse(v).fused).toBe(v)
  })
})

describe('left alone are', () => {
  it.each<[string, Build, string[]]>([
    [
      'expressions whose inside is used elsewhere',
      (v) => {
        const e = v!.neg().exp()
        return e.add(1).reciprocal().add(e)
      },
      ['Negate', 'Exp', 'AddConstant', 'Reciprocal', 'Add'],
    ],
    ['other constants', (v) => v!.neg().exp().add(2).reciprocal(), ['Negate', 'Exp', 'AddConstant', 'Reciprocal']],
    [
      'variables that happen to be 1',
      (v) => variable(1).div(v!.neg().exp().add(1)),
      ['Negate', 'Exp', 'AddConstant', 'Divide'],
    ],
    ['different x', (v, w) => v!.exp().div(w!.exp().add(1)), ['Exp', 'Exp', 'AddConstant', 'Divide']],
    ['sums along other axes', (v) => v!.exp().div(v!.exp().sum()), ['Exp', 'Exp', 'Sum', 'Divide']],
    ['gains, which are no losses', (v) => v!.logSoftmax().mul(onehot).sum(), ['LogSoftmax', 'Multiply', 'Sum']],
    ['max(x, 0), whose gradient at 0 is another than that of ReLU', (v) => v!.max(0), ['Maximum']],
  ])('%s', (_, build, expected) => {
    const { fused, replaced } = fuse(build(variable(x), variable(randomTensor([3, 4], 90))))
    expect(gatesOf(fused).sort()).toEqual(expected.sort())
    expect(replaced).toEqual([])
  })

  it('gates derived from built-in ones', () => {
    class Twisted extends Multiply {}
    const v = variable(2)
    const { fused } = fuse(v.apply(new Twisted(), v.neg().exp().add(1).reciprocal()))
    expect(gatesOf(fused).sort()).toEqual(['Sigmoid', 'Twisted'])
  })
})

describe('layers and gates of one’s own', () => {
  class Cube implements Gate {
    x = 0
    forward(v: Value): Value {
      this.x = v as number
      return this.x ** 3
    }
    backward(dy: Value): Value[] {
      return [(dy as number) * 3 * this.x ** 2]
    }
  }

  it('belong to the new graph where their inputs have changed', () => {
    const v = variable(0.5)
    const before = v.neg().exp().add(1).reciprocal().apply(new Cube())
    const { fused } = fuse(before)
    fused.backward()
    const s = 1 / (1 + Math.exp(-0.5))
    expect(v.grad).toBeCloseTo(3 * s * s * s * (1 - s), 14)
    expect(() => before.backward()).toThrow(StateError)
  })

  it('stay in place below what is replaced', () => {
    const layer = new Linear(4, 2, { dtype: 'float64', seed: 1 })
    const v = variable(x)
    const before = v.apply(layer).neg().exp().add(1).reciprocal().sum()
    const { fused } = fuse(before)
    expect(gatesOf(fused)).toEqual(['Linear', 'Sigmoid', 'Sum'])
    fused.backward()
    const gradient = numbers(v.grad)
    v.zeroGrad()
    v.apply(layer).sigmoid().sum().backward()
    expectClose(v.grad, gradient, 1e-14)
  })

  it('are wired anew if backward has used them', () => {
    const v = variable(0.5)
    const before = v.apply(new Cube()).exp().add(1).log()
    before.backward()
    v.zeroGrad()
    const { fused } = fuse(before)
    fused.backward()
    expect(v.grad).toBeCloseTo((3 * 0.25) / (1 + Math.exp(-0.125)), 14)
  })
})

describe('deep graphs', () => {
  it('of 100,000 gates fuse without recursion', () => {
    const v = variable(0.5)
    let y: Variable = v
    for (let i = 0; i < 25_000; i++) y = y.neg().exp().add(1).reciprocal()
    const { fused, replaced } = fuse(y)
    expect(replaced).toHaveLength(25_000)
    expect(gatesOf(fused)).toHaveLength(25_000)
    expect(fused.value).toBeCloseTo(y.value as number, 14)
  })

  it('of 100,000 factors are searched once', () => {
    let y: Variable = variable(0.5)
    for (let i = 0; i < 100_000; i++) y = y.mul(-1)
    expect(fuse(y).fused.value).toBe(0.5)
  })
})

describe('the gates that stand for several', () => {
  it('check their inputs', () => {
    const affine = new Affine()
    expect(() => affine.forward(1, 2)).toThrow(/\[Affine\] expected x \[..., in\], W \[in, out\] and b \[out\]/)
    expect(() => affine.forward(x, randomTensor([3, 2], 1))).toThrow(/got \[3, 4\], \[3, 2\]/)
    expect(() => affine.forward(x, randomTensor([4, 2], 1).astype('float32'))).toThrow(/one dtype/)
    expect(() => new SoftmaxCrossEntropy().forward(x, randomTensor([3, 3], 1))).toThrow(/one shape/)
    expect(() => new SoftmaxCrossEntropy({ scale: Number.NaN })).toThrow(ArgumentError)
    expect(() => fuse(1 as never)).toThrow(ArgumentError)
  })

  it.each<[number[], boolean, boolean]>([
    [[3, 4], false, true],
    [[3, 4], true, true],
    [[4], true, false],
    [[2, 3, 4], false, true],
    [[2, 3, 4], true, false],
    [[0, 4], false, true],
    [[2, 0], false, true],
  ])('Affine of x %j, transposed %s, bias %s', (shape, transposed, bias) => {
    const k = shape.at(-1)!
    const w = randomTensor(transposed ? [2, k] : [k, 2], 91)
    const inputs = [randomTensor(shape, 92), w, ...(bias ? [randomTensor([2], 93)] : [])]
    const report = checkGradients(new Affine({ transposed }), inputs)
    expect(report.ok, String(report)).toBe(true)
    if (shape.includes(0)) return
    const second = checkGradients(
      grad((...v) => total(v[0]!.apply(new Affine({ transposed }), ...v.slice(1)))) as never,
      inputs,
    )
    expect(second.ok, String(second)).toBe(true)
  })
})
