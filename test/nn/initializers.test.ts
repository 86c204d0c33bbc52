// Initializers: moments and bounds of what they draw, gains, orthogonality, and the same numbers for the same seed.
import { describe, expect, it } from 'vitest'
import {
  ArgumentError,
  activations,
  gain,
  type Initializer,
  type InitializerContext,
  type InitializerName,
  initializers,
  Linear,
  mlp,
} from '../../lib/index.js'
import { numbers, randomTensor } from '../support.js'

const [units, inputs] = [400, 300]
const context: InitializerContext = { shape: [units, inputs], fanIn: inputs, fanOut: units, seed: 5, index: 3 }

function draw(initializer: Initializer, given: Partial<InitializerContext> = {}): Float64Array {
  const all = { ...context, ...given }
  const values = new Float64Array(all.shape.reduce((a, b) => a * b, 1)).fill(Number.NaN)
  initializer(values, all)
  return values
}

function moments(values: Float64Array): { mean: number; variance: number; widest: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length
  return { mean, variance, widest: values.reduce((a, b) => Math.max(a, Math.abs(b)), 0) }
}

describe('initializers', () => {
  const he = 2 / inputs
  const xavier = 2 / (inputs + units)
  // name, initializer, variance, bound (∞ for normal ones)
  const rows: [string, Initializer, number, number][] = [
    ['uniform', initializers.uniform(), 0.1 ** 2 / 12, 0.05],
    ['uniform in [−1, 1)', initializers.uniform({ low: -1, high: 1 }), 1 / 3, 1],
    ['normal', initializers.normal(), 0.05 ** 2, Number.POSITIVE_INFINITY],
    ['normal of std 2', initializers.normal({ std: 2 }), 4, Number.POSITIVE_INFINITY],
    // 1 − 2·2φ(2)/(2Φ(2) − 1): the variance of a normal distribution cut off at ±2
    ['truncatedNormal', initializers.truncatedNormal({ std: 1 }), 0.7737413, 2],
    ['xavierUniform', initializers.xavierUniform(), xavier, Math.sqrt(3 * xavier)],
    ['xavierNormal', initializers.xavierNormal(), xavier, Number.POSITIVE_INFINITY],
    ['xavierUniform for tanh', initializers.xavierUniform({ gain: 'tanh' }), (25 / 9) * xavier, 1],
    ['heUniform', initializers.heUniform(), he, Math.sqrt(3 * he)],
    ['heNormal', initializers.heNormal(), he, Number.POSITIVE_INFINITY],
    ['heNormal of fanOut', initializers.heNormal({ mode: 'fanOut' }), 2 / units, Number.POSITIVE_INFINITY],
    ['heUniform for selu', initializers.heUniform({ gain: 'selu' }), 9 / 16 / inputs, 1],
    ['lecunUniform', initializers.lecunUniform(), 1 / inputs, Math.sqrt(3 / inputs)],
    ['lecunNormal', initializers.lecunNormal(), 1 / inputs, Number.POSITIVE_INFINITY],
    ['lecunNormal of gain 3', initializers.lecunNormal({ gain: 3 }), 9 / inputs, Number.POSITIVE_INFINITY],
    ['torchLinear', initializers.torchLinear(), 1 / (3 * inputs), 1 / Math.sqrt(inputs)],
    ['orthogonal', initializers.orthogonal(), 1 / units, 1],
  ]
  it.each(rows)('%s: mean 0, its variance, within its bound', (_, initializer, variance, bound) => {
    const found = moments(draw(initializer))
    expect(Math.abs(found.mean)).toBeLessThan(4 * Math.sqrt(variance / (units * inputs)))
    expect(Math.abs(found.variance / variance - 1)).toBeLessThan(0.02)
    expect(found.widest).toBeLessThanOrEqual(bound)
    // A uniform distribution comes close to its bound, a normal one goes beyond four standard deviations.
    if (bound === Number.POSITIVE_INFINITY) expect(found.widest).toBeGreaterThan(4 * Math.sqrt(variance))
  })

  it.each(rows)('%s: the same seed and index, the same numbers; others, others', (_, initializer) => {
    const small = { shape: [5, 7] }
    const values = draw(initializer, small)
    expect(draw(initializer, small)).toEqual(values)
    expect(draw(initializer, { ...small, seed: 6 })).not.toEqual(values)
    expect(draw(initializer, { ...small, index: 4 })).not.toEqual(values)
  })

  it('zeros and constant', () => {
    expect(moments(draw(initializers.zeros())).widest).toBe(0)
    expect(new Set(draw(initializers.constant(-2)))).toEqual(new Set([-2]))
  })

  it('take fans of 0 and tensors of no elements', () => {
    for (const make of Object.values(initializers)) {
      const initializer = (make as (value?: number) => Initializer)(make === initializers.constant ? 1 : undefined)
      expect(draw(initializer, { shape: [0, 3], fanIn: 0, fanOut: 0 })).toHaveLength(0)
      expect(draw(initializer, { shape: [3], fanIn: 0, fanOut: 0 }).every(Number.isFinite)).toBe(true)
    }
  })

  it.each<[string, () => unknown, RegExp]>([
    ['a gain of 0', () => initializers.heNormal({ gain: 0 }), /\[heNormal\] expected gain to be a number > 0 or/],
    [
      'an unknown activation',
      () => initializers.xavierUniform({ gain: 'cube' as never }),
      /gain to be one of identity/,
    ],
    ['an unknown mode', () => initializers.heNormal({ mode: 'fan' as never }), /mode to be one of fanIn, fanOut/],
    ['a misspelt option', () => initializers.orthogonal({ gian: 1 } as never), /options among gain, got "gian"/],
    ['NaN', () => initializers.constant(Number.NaN), /\[constant\] expected value to be a finite number, got NaN/],
    ['a negative std', () => initializers.normal({ std: -1 }), /std to be a finite number ≥ 0/],
    ['an unknown name', () => new Linear(2, 2, { initializer: 'magic' as never }), /initializer to be one of/],
  ])('refuse %s', (_, f, message) => {
    expect(f).toThrow(ArgumentError)
    expect(f).toThrow(message)
  })
})

describe('orthogonal', () => {
  it.each([[[1, 1]], [[1, 5]], [[5, 1]], [[7, 7]], [[31, 33]], [[65, 64]], [[100, 37]], [[6, 2, 5]], [[9]]])(
    '%j has orthonormal rows, or columns where these are fewer',
    (shape) => {
      const q = draw(initializers.orthogonal({ gain: 2 }), { shape })
      const rows = shape[0]!
      const cols = q.length / rows
      const [count, length, at] =
        rows <= cols
          ? [rows, cols, (i: number, k: number) => q[i * cols + k]!]
          : [cols, rows, (i: number, k: number) => q[k * cols + i]!]
      for (let i = 0; i < count; i++) {
        for (let j = 0; j <= i; j++) {
          let dot = 0
          for (let k = 0; k < length; k++) dot += at(i, k) * at(j, k)
          expect(Math.abs(dot - (i === j ? 4 : 0)), `${i}·${j}`).toBeLessThan(1e-13)
        }
      }
    },
  )

  it('prefers no direction: the signs on the diagonal are even', () => {
    let positive = 0
    for (let seed = 0; seed < 200; seed++) {
      const q = draw(initializers.orthogonal(), { shape: [2, 2], seed })
      positive += (q[0]! > 0 ? 1 : 0) + (q[3]! > 0 ? 1 : 0)
    }
    expect(Math.abs(positive - 200)).toBeLessThan(60)
  })
})

describe('gain', () => {
  it('is what PyTorch gives, where that has one', () => {
    expect(gain('identity')).toBe(1)
    expect(gain('sigmoid')).toBe(1)
    expect(gain('tanh')).toBe(5 / 3)
    expect(gain('relu')).toBe(Math.SQRT2)
    expect(gain('leakyRelu')).toBeCloseTo(Math.sqrt(2 / 1.0001), 14)
    expect(gain('leakyRelu', { alpha: 0.2 })).toBeCloseTo(1.3867504905630728, 14)
    expect(gain('prelu')).toBeCloseTo(Math.sqrt(2 / 1.0625), 14)
    expect(gain('selu')).toBe(0.75)
  })

  it('of the others keeps the mean square of normal numbers', () => {
    const z = new Float64Array(200_000)
    initializers.normal({ std: 1 })(z, context)
    const known = ['sigmoid', 'tanh', 'selu']
    for (const [name, Activation] of Object.entries(activations)) {
      if (known.includes(name)) continue
      let square = 0
      const gate = new Activation()
      for (let i = 0; i < z.length; i += 20) square += (gate.infer(z[i]!) as number) ** 2
      const after = (square / (z.length / 20)) * gain(name as keyof typeof activations) ** 2
      expect(Math.abs(after - 1), `${name}: ${after}`).toBeLessThan(0.05)
    }
  })

  it('refuses unknown names and slopes where there are none', () => {
    expect(() => gain('magic' as never)).toThrow(ArgumentError)
    expect(() => gain('relu', { alpha: 1 })).toThrow(/no alpha for relu, got 1/)
  })
})

describe('mlp', () => {
  const output = (initializer?: InitializerName) => {
    const given = initializer ? { initializer } : {}
    const model = mlp({ inputs: 256, hidden: Array(12).fill(256), outputs: 256, activation: 'relu', ...given })
    const y = model.predictSync(randomTensor([64, 256], 9))
    return numbers(y).reduce((sum, v) => sum + v * v, 0) / y.size
  }

  it('keeps the size of signals through twelve layers, by the gain of the activation', () => {
    // The inputs' mean square is 4/3.
    expect(output()).toBeGreaterThan(0.4)
    expect(output()).toBeLessThan(4)
    expect(output('orthogonal')).toBeGreaterThan(0.4)
    expect(output('lecunUniform')).toBeGreaterThan(0.4)
    expect(output('torchLinear')).toBeLessThan(1e-4)
  })

  it('draws biases of 0', () => {
    const [weight, bias] = mlp({ inputs: 3, outputs: 2 }).parameters()
    expect(new Set(bias!.value.data)).toEqual(new Set([0]))
    expect(weight!.value.data.every((v) => v !== 0)).toBe(true)
  })
})
