// Gains: the factor by which the weights before an activation are larger, so that signals keep their size through it.
import { describe, finite, oneOf, options } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { type ActivationName, activations } from '../gates/activations.js'
import type { ElementwiseGate } from '../gates/elementwise.js'
import { tensor } from '../tensor/create.js'

/** An activation that a gain is known for. */
export type GainName = ActivationName | 'prelu'

/** Options of {@link gain}. */
export interface GainForOptions {
  /** Slope for negative inputs, of leakyRelu and prelu. Default that of the gate: 0.01, or 0.25 for prelu. */
  alpha?: number
}

// What torch.nn.init.calculate_gain gives; the others are computed.
const fixed: Partial<Record<GainName, number>> = { identity: 1, sigmoid: 1, tanh: 5 / 3, relu: Math.SQRT2, selu: 3 / 4 }
const names = [...(Object.keys(activations) as ActivationName[]), 'prelu'] as const

/**
 * The gain of an activation. PyTorch's `calculate_gain` where that has one: 1 for identity and sigmoid, 5/3 for tanh, √2
 * for relu, √(2/(1 + α²)) for leakyRelu and prelu, 3/4 for selu. For others 1/√E[f(z)²] with z from N(0, 1), which √2
 * of relu is too: the mean square of the signals stays what it is from layer to layer (He et al. 2015, equation 10).
 */
export function gain(activation: GainName, given?: GainForOptions): number {
  const name = oneOf('gain', 'activation', activation, names)
  const { alpha } = options('gain', given, ['alpha'])
  if (name === 'leakyRelu' || name === 'prelu') {
    const slope = alpha === undefined ? (name === 'prelu' ? 0.25 : 0.01) : finite('gain', 'alpha', alpha)
    return Math.sqrt(2 / (1 + slope * slope))
  }
  if (alpha !== undefined) throw new ArgumentError('gain', `no alpha for ${name}`, describe(alpha))
  return fixed[name] ?? 1 / Math.sqrt(meanSquare(new activations[name]()))
}

const WIDEST = 12 // standard deviations; less than 1e-30 of the normal distribution lies beyond
const STEPS = 4801

// E[f(z)²] by the trapezoidal rule, whose error for f that are smooth but for a few kinks is below 1e-5 here.
function meanSquare(gate: ElementwiseGate): number {
  const h = (2 * WIDEST) / (STEPS - 1)
  const z = Float64Array.from({ length: STEPS }, (_, i) => -WIDEST + i * h)
  const f = gate.infer(tensor(z)) as { readonly data: Float64Array }
  let sum = 0
  for (let i = 0; i < STEPS; i++) sum += f.data[i]! ** 2 * Math.exp(-(z[i]! ** 2) / 2)
  return (sum * h) / Math.sqrt(2 * Math.PI)
}

/** A gain as a number, or that of a named activation. */
export function gainOf(operation: string, given: number | GainName): number {
  if (typeof given === 'string') return gain(oneOf(operation, 'gain', given, names))
  if (typeof given !== 'number' || !Number.isFinite(given) || given <= 0) {
    throw new ArgumentError(operation, 'gain to be a number > 0 or the name of an activation', describe(given))
  }
  return given
}
