// mlp(): a multi-layer perceptron from its sizes.
import { describe, oneOf, options, positiveInteger, seedOf } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { type ActivationName, activations } from '../gates/activations.js'
import type { Gate } from '../gates/gate.js'
import type { FloatDType } from '../tensor/dtype.js'
import type { GainName } from './gains.js'
import { type Initializer, type InitializerName, initializers, isGained } from './initializers.js'
import { Linear } from './linear.js'
import { PReLU } from './prelu.js'
import { Sequential } from './sequential.js'

/** Options of {@link mlp}. */
export interface MlpOptions {
  /** Inputs per row. */
  inputs: number
  /** Units of the hidden layers, first to last; [] makes a 1-layer network. */
  hidden?: readonly number[]
  /** Outputs per row. */
  outputs: number
  /** Activation after each hidden layer. Default relu. */
  activation?: ActivationName | 'prelu'
  /** Activation after the last layer. Default none: losses take logits. */
  outputActivation?: ActivationName | 'prelu'
  /**
   * How weights are drawn; biases are 0. An initializer by name gets the {@link gain} of the activation after its layer,
   * where it takes one. Default heNormal: every layer's outputs then have the mean square of its inputs.
   */
  initializer?: Initializer | InitializerName
  /** Whether layers have biases. Default true. */
  bias?: boolean
  /** Element type. Default float32. */
  dtype?: FloatDType
  /** Seed of the weights. Default 0. */
  seed?: number
}

const keys = [
  'inputs',
  'hidden',
  'outputs',
  'activation',
  'outputActivation',
  'initializer',
  'bias',
  'dtype',
  'seed',
] as const
const names = [...(Object.keys(activations) as ActivationName[]), 'prelu'] as const

/**
 * A multi-layer perceptron: linear layers with an activation after each hidden one.
 * @example mlp({ inputs: 784, hidden: [512, 256], outputs: 10, activation: 'relu', seed: 1 })
 */
export function mlp(given: MlpOptions): Sequential {
  const checkedOptions = options('mlp', given, keys)
  const { inputs, hidden = [], outputs, activation = 'relu', outputActivation, seed = 0 } = checkedOptions
  const { initializer = 'heNormal', bias = true, dtype = 'float32' } = checkedOptions
  if (!Array.isArray(hidden)) throw new ArgumentError('mlp', 'hidden to be an array of layer sizes', describe(hidden))
  const sizes = [
    positiveInteger('mlp', 'inputs', inputs),
    ...hidden.map((n, i) => positiveInteger('mlp', `hidden[${i}]`, n)),
    positiveInteger('mlp', 'outputs', outputs),
  ]
  oneOf('mlp', 'activation', activation, names)
  if (outputActivation !== undefined) oneOf('mlp', 'outputActivation', outputActivation, names)
  const make = (name: ActivationName | 'prelu'): Gate =>
    name === 'prelu' ? new PReLU({ dtype }) : new activations[name]()
  const gates: Gate[] = []
  for (let i = 1; i < sizes.length; i++) {
    const after = i < sizes.length - 1 ? activation : outputActivation
    const drawn = withGain(initializer, after ?? 'identity')
    gates.push(new Linear(sizes[i - 1]!, sizes[i]!, { bias, dtype, seed, initializer: drawn }))
    if (after !== undefined) gates.push(make(after))
  }
  return new Sequential(...gates).initialize(seedOf('mlp', seed))
}

// The initializer, with the gain of the activation if it is a name that takes one.
function withGain(initializer: Initializer | InitializerName, gain: GainName): Initializer | InitializerName {
  return isGained(initializer) ? initializers[initializer]({ gain }) : initializer
}
