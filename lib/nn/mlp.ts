// mlp(): a multi-layer perceptron from its sizes.
import { describe, oneOf, options, positiveInteger, seedOf, within } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { type ActivationName, activations } from '../gates/activations.js'
import type { Gate } from '../gates/gate.js'
import type { FloatDType } from '../tensor/dtype.js'
import { BatchNorm } from './batch-norm.js'
import { Dropout } from './dropout.js'
import type { GainName } from './gains.js'
import { type Initializer, type InitializerName, initializers, isGained } from './initializers.js'
import { LayerNorm } from './layer-norm.js'
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
  /** Normalisation between each hidden layer and its activation. Default none. */
  normalization?: 'batch' | 'layer'
  /** Probability of dropout after each hidden activation, in [0, 1). Default 0: none. */
  dropout?: number
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
  'normalization',
  'dropout',
  'bias',
  'dtype',
  'seed',
] as const
const names = [...(Object.keys(activations) as ActivationName[]), 'prelu'] as const

const normalizations = { batch: BatchNorm, layer: LayerNorm } as const

/**
 * A multi-layer perceptron: linear layers with an activation after each hidden one; on wish normalised before the
 * activation, with dropout behind it.
 * @example mlp({ inputs: 784, hidden: [512, 256], outputs: 10, activation: 'relu', seed: 1 })
 */
export function mlp(given: MlpOptions): Sequential {
  const checkedOptions = options('mlp', given, keys)
  const { inputs, hidden = [], outputs, activation = 'relu', outputActivation, seed = 0 } = checkedOptions
  const { initializer = 'heNormal', bias = true, dtype = 'float32', normalization, dropout = 0 } = checkedOptions
  if (!Array.isArray(hidden)) throw new ArgumentError('mlp', 'hidden to be an array of layer sizes', describe(hidden))
  const sizes = [
    positiveInteger('mlp', 'inputs', inputs),
    ...hidden.map((n, i) => positiveInteger('mlp', `hidden[${i}]`, n)),
    positiveInteger('mlp', 'outputs', outputs),
  ]
  oneOf('mlp', 'activation', activation, names)
  if (outputActivation !== undefined) oneOf('mlp', 'outputActivation', outputActivation, names)
  if (normalization !== undefined) oneOf('mlp', 'normalization', normalization, ['batch', 'layer'])
  within('mlp', 'dropout', dropout, 0, 1)
  const make = (name: ActivationName | 'prelu'): Gate =>
    name === 'prelu' ? new PReLU({ dtype }) : new activations[name]()
  const gates: Gate[] = []
  for (let i = 1; i < sizes.length; i++) {
    const after = i < sizes.length - 1 ? activation : outputActivation
    const drawn = withGain(initializer, after ?? 'identity')
    gates.push(new Linear(sizes[i - 1]!, sizes[i]!, { bias, dtype, seed, initializer: drawn }))
    if (i < sizes.length - 1 && normalization !== undefined) {
      gates.push(new normalizations[normalization](sizes[i]!, { dtype }))
    }
    if (after !== undefined) gates.push(make(after))
    if (i < sizes.length - 1 && dropout > 0) gates.push(new Dropout(dropout))
  }
  return new Sequential(...gates).initialize(seedOf('mlp', seed))
}

// The initializer, with the gain of the activation if it is a name that takes one.
function withGain(initializer: Initializer | InitializerName, gain: GainName): Initializer | InitializerName {
  return isGained(initializer) ? initializers[initializer]({ gain }) : initializer
}
