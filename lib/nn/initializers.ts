// Initializers: how the values of a parameter are drawn before training. Randomness is a seed and a number of stream.
import { finite, nonNegative, oneOf, options } from '../checks.js'
import { native } from '../native/load.js'
import { stream } from '../native/random.js'
import type { FloatArray } from '../tensor/dtype.js'
import { type GainName, gainOf } from './gains.js'
import { orthonormalise } from './orthogonal.js'

/** What an initializer knows of the tensor it fills. */
export interface InitializerContext {
  /** Shape of the tensor; a weight is [units, inputs]. */
  readonly shape: readonly number[]
  /** Inputs of one unit. */
  readonly fanIn: number
  /** Units that one input reaches. */
  readonly fanOut: number
  /** Seed of the generator. */
  readonly seed: number
  /** Which tensor of the model: each draws numbers of its own. */
  readonly index: number
}

/** Fills the values of a parameter. */
export type Initializer = (values: FloatArray, context: InitializerContext) => void

// Rejected draws of the truncated normal take the next stream; 4.6 % are rejected each time.
const ROUNDS = 256

function streamOf(context: InitializerContext, round = 0): number {
  return stream('initialize', context.index * ROUNDS + round)
}

function drawUniform(values: FloatArray, context: InitializerContext, low: number, high: number): void {
  native().randomUniform(values, context.seed, streamOf(context), low, high)
}

function drawNormal(values: FloatArray, context: InitializerContext, mean: number, std: number): void {
  native().randomNormal(values, context.seed, streamOf(context), mean, std)
}

function drawTruncated(values: FloatArray, context: InitializerContext, mean: number, std: number): void {
  drawNormal(values, context, 0, 1)
  for (let round = 1; round < ROUNDS; round++) {
    const rejected: number[] = []
    for (let i = 0; i < values.length; i++) if (Math.abs(values[i]!) > 2) rejected.push(i)
    if (rejected.length === 0) break
    const again = new Float64Array(rejected.length)
    native().randomNormal(again, context.seed, streamOf(context, round), 0, 1)
    for (const [k, i] of rejected.entries()) values[i] = again[k]!
  }
  for (let i = 0; i < values.length; i++) values[i] = mean + std * values[i]!
}

/** Options of initializers whose scale follows the layer. */
export interface GainOptions {
  /** Factor of the scale, or the activation after the layer, whose {@link gain} it then is. */
  gain?: number | GainName
}

/** Options of the initializers of He and LeCun. */
export interface FanOptions extends GainOptions {
  /** Whether forward signals (fanIn) or gradients (fanOut) are to keep their size. Default fanIn. */
  mode?: 'fanIn' | 'fanOut'
}

type Fan = (context: InitializerContext) => number

// Variance gain²/fan in both.
const shapes = {
  // U(−b, b) with b = gain·√(3/fan)
  uniform(values: FloatArray, context: InitializerContext, gain: number, fan: number) {
    const bound = gain * Math.sqrt(3 / Math.max(1, fan))
    drawUniform(values, context, -bound, bound)
  },
  // N(0, gain²/fan)
  normal(values: FloatArray, context: InitializerContext, gain: number, fan: number) {
    drawNormal(values, context, 0, gain / Math.sqrt(Math.max(1, fan)))
  },
} as const

function scaled(name: string, shape: keyof typeof shapes, fan: Fan, gain: number) {
  return (given?: GainOptions): Initializer => {
    const factor = gainOf(name, options(name, given, ['gain']).gain ?? gain)
    return (values, context) => shapes[shape](values, context, factor, fan(context))
  }
}

function scaledByFan(name: string, shape: keyof typeof shapes, gain: number) {
  return (given?: FanOptions): Initializer => {
    const { gain: factor = gain, mode = 'fanIn' } = options(name, given, ['gain', 'mode'])
    const fan = oneOf(name, 'mode', mode, ['fanIn', 'fanOut'])
    const g = gainOf(name, factor)
    return (values, context) => shapes[shape](values, context, g, context[fan])
  }
}

function drawOrthogonal(values: FloatArray, context: InitializerContext, gain: number): void {
  const [units = 1] = context.shape
  const inputs = units > 0 ? values.length / units : 0
  const [rows, cols] = units <= inputs ? [units, inputs] : [inputs, units]
  const a = new Float64Array(rows * cols)
  drawNormal(a, context, 0, 1)
  orthonormalise(rows, cols, a)
  for (let i = 0; i < values.length; i++) {
    values[i] = gain * a[units <= inputs ? i : (i % inputs) * units + Math.floor(i / inputs)]!
  }
}

const fanMean: Fan = (context) => (context.fanIn + context.fanOut) / 2

function allZeros(values: FloatArray): void {
  values.fill(0)
}

/** All initializers: each function takes options and returns an {@link Initializer}. */
export const initializers = {
  /** All 0. (All units of a layer then stay equal for ever.) */
  zeros: (): Initializer => allZeros,
  /** One value everywhere. */
  constant: (value: number): Initializer => {
    finite('constant', 'value', value)
    return (values) => {
      values.fill(value)
    }
  },
  /** Uniform in [low, high); default [−0.05, 0.05). */
  uniform: (given?: { low?: number; high?: number }): Initializer => {
    const { low = -0.05, high = 0.05 } = options('uniform', given, ['low', 'high'])
    finite('uniform', 'low', low)
    finite('uniform', 'high', high)
    return (values, context) => drawUniform(values, context, low, high)
  },
  /** Normal; default mean 0 and standard deviation 0.05. */
  normal: (given?: { mean?: number; std?: number }): Initializer => {
    const { mean = 0, std = 0.05 } = options('normal', given, ['mean', 'std'])
    finite('normal', 'mean', mean)
    nonNegative('normal', 'std', std)
    return (values, context) => drawNormal(values, context, mean, std)
  },
  /** Normal, redrawn beyond two standard deviations `std` (those of the untruncated distribution). */
  truncatedNormal: (given?: { mean?: number; std?: number }): Initializer => {
    const { mean = 0, std = 0.05 } = options('truncatedNormal', given, ['mean', 'std'])
    finite('truncatedNormal', 'mean', mean)
    nonNegative('truncatedNormal', 'std', std)
    return (values, context) => drawTruncated(values, context, mean, std)
  },
  /** Glorot & Bengio 2010: variance gain²·2/(fanIn + fanOut). Gain 1 unless told. */
  xavierUniform: scaled('xavierUniform', 'uniform', fanMean, 1),
  /** Glorot & Bengio 2010: variance gain²·2/(fanIn + fanOut). Gain 1 unless told. */
  xavierNormal: scaled('xavierNormal', 'normal', fanMean, 1),
  /** He et al. 2015, PyTorch's kaiming_uniform_: variance gain²/fanIn. Gain √2, for ReLU, unless told. */
  heUniform: scaledByFan('heUniform', 'uniform', Math.SQRT2),
  /** He et al. 2015, PyTorch's kaiming_normal_: variance gain²/fanIn. Gain √2, for ReLU, unless told. */
  heNormal: scaledByFan('heNormal', 'normal', Math.SQRT2),
  /** LeCun et al. 1998: variance gain²/fanIn. Gain 1 unless told. */
  lecunUniform: scaledByFan('lecunUniform', 'uniform', 1),
  /** LeCun et al. 1998: variance gain²/fanIn. Gain 1 unless told. */
  lecunNormal: scaledByFan('lecunNormal', 'normal', 1),
  /** PyTorch's default for linear layers, kaiming_uniform_(a = √5): uniform within ±1/√fanIn. */
  torchLinear: scaled('torchLinear', 'uniform', (context) => context.fanIn, Math.sqrt(1 / 3)),
  /**
   * Saxe et al. 2014: gain times a random matrix with orthonormal rows, or columns where it has more rows than columns.
   * Axes after the first count as one; a vector is one column.
   */
  orthogonal: (given?: GainOptions): Initializer => {
    const factor = gainOf('orthogonal', options('orthogonal', given, ['gain']).gain ?? 1)
    return (values, context) => drawOrthogonal(values, context, factor)
  },
} as const

/** Initializers that need no argument, by name. */
export type InitializerName = Exclude<keyof typeof initializers, 'constant'>

const gained = [
  'xavierUniform',
  'xavierNormal',
  'heUniform',
  'heNormal',
  'lecunUniform',
  'lecunNormal',
  'orthogonal',
] as const satisfies readonly InitializerName[]

/** Whether this is the name of an initializer that takes a gain. */
export function isGained(initializer: unknown): initializer is (typeof gained)[number] {
  return (gained as readonly unknown[]).includes(initializer)
}
