// Initializers: how the values of a parameter are drawn before training. Randomness is a seed and a number of stream.
import { finite, nonNegative, options, positive } from '../checks.js'
import { native } from '../native/load.js'
import { stream } from '../native/random.js'
import type { FloatArray } from '../tensor/dtype.js'

/** What an initializer knows of the tensor it fills. */
export interface InitializerContext {
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
  /** Factor of the scale; PyTorch's recommended gains are √2 for ReLU, 5/3 for tanh. */
  gain?: number
}

type Fan = (context: InitializerContext) => number

// U(−b, b) with b = gain·√(3/fan): variance gain²/fan.
function scaledUniform(name: string, fan: Fan, gain: number) {
  return (given?: GainOptions): Initializer => {
    const { gain: g = gain } = options(name, given, ['gain'])
    positive(name, 'gain', g)
    return (values, context) => {
      const bound = g * Math.sqrt(3 / Math.max(1, fan(context)))
      drawUniform(values, context, -bound, bound)
    }
  }
}

// N(0, gain²/fan)
function scaledNormal(name: string, fan: Fan, gain: number) {
  return (given?: GainOptions): Initializer => {
    const { gain: g = gain } = options(name, given, ['gain'])
    positive(name, 'gain', g)
    return (values, context) => drawNormal(values, context, 0, g / Math.sqrt(Math.max(1, fan(context))))
  }
}

const fanIn: Fan = (context) => context.fanIn
const fanMean: Fan = (context) => (context.fanIn + context.fanOut) / 2

/** All initializers: each function takes options and returns an {@link Initializer}. */
export const initializers = {
  /** All 0. (All units of a layer then stay equal for ever.) */
  zeros: (): Initializer => (values) => {
    values.fill(0)
  },
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
  /** Glorot & Bengio 2010: variance 2/(fanIn + fanOut). */
  xavierUniform: scaledUniform('xavierUniform', fanMean, 1),
  /** Glorot & Bengio 2010: variance 2/(fanIn + fanOut). */
  xavierNormal: scaledNormal('xavierNormal', fanMean, 1),
  /** He et al. 2015: variance 2/fanIn, for ReLU. */
  heUniform: scaledUniform('heUniform', fanIn, Math.SQRT2),
  /** He et al. 2015: variance 2/fanIn, for ReLU. */
  heNormal: scaledNormal('heNormal', fanIn, Math.SQRT2),
  /** LeCun et al. 1998: variance 1/fanIn. */
  lecunUniform: scaledUniform('lecunUniform', fanIn, 1),
  /** LeCun et al. 1998: variance 1/fanIn. */
  lecunNormal: scaledNormal('lecunNormal', fanIn, 1),
  /** PyTorch's default for linear layers, kaiming_uniform_(a = √5): uniform within ±1/√fanIn. */
  torchLinear: scaledUniform('torchLinear', fanIn, Math.sqrt(1 / 3)),
} as const

/** Initializers that need no argument, by name. */
export type InitializerName = Exclude<keyof typeof initializers, 'constant'>
