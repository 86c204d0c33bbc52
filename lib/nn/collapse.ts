// collapse(): layers without an activation between them are one layer.
import { describe } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { Identity } from '../gates/activations.js'
import { BuiltinGate, type Gate, gateName } from '../gates/gate.js'
import { matrix, multiplyInto } from '../gates/ops.js'
import type { FloatDType } from '../tensor/dtype.js'
import { copyOf } from './config.js'
import { isTrainable } from './layer.js'
import { Linear } from './linear.js'
import { Sequential } from './sequential.js'

/** An affine map in float64. */
interface Affine {
  readonly weight: Float64Array // [out, in]
  readonly bias: Float64Array | undefined // [out]
  readonly inputs: number
  readonly outputs: number
}

/**
 * The same network with adjacent linear layers merged: W₂·(W₁·x + b₁) + b₂ = (W₂·W₁)·x + (W₂·b₁ + b₂). Identity gates
 * and the borders of nested Sequentials do not separate layers. Products are computed in float64 and rounded once. The
 * network given stays as it is; parameters are copies, but gates of a user without parameters are taken over.
 * @throws ArgumentError for a user's gate with parameters, which cannot be copied
 */
export function collapse(model: Sequential): Sequential {
  if (!(model instanceof Sequential)) throw new ArgumentError('collapse', 'a Sequential', describe(model))
  const gates: Gate[] = []
  let merged: Affine | undefined
  const flush = () => {
    if (merged) gates.push(layerOf(merged, model.dtype))
    merged = undefined
  }
  for (const gate of flat(model)) {
    if (gate instanceof Linear) merged = merged ? product(affineOf(gate), merged) : affineOf(gate)
    else {
      flush()
      gates.push(copied(gate, model.dtype))
    }
  }
  flush()
  return new Sequential(...gates).train(model.training)
}

function* flat(model: Sequential): Generator<Gate> {
  for (const gate of model.gates) {
    if (gate instanceof Sequential) yield* flat(gate)
    else if (!(gate instanceof Identity)) yield gate
  }
}

function copied(gate: Gate, dtype: FloatDType): Gate {
  if (gate instanceof BuiltinGate) return copyOf('collapse', gate, dtype)
  if (!isTrainable(gate)) return gate
  throw new ArgumentError('collapse', 'gates of this library, or without parameters', gateName(gate))
}

function affineOf({ weight, bias, inFeatures, outFeatures }: Linear): Affine {
  return {
    weight: Float64Array.from(weight.data),
    bias: bias && Float64Array.from(bias.data),
    inputs: inFeatures,
    outputs: outFeatures,
  }
}

// second after first
function product(second: Affine, first: Affine): Affine {
  const { inputs } = first
  const { outputs } = second
  const inner = first.outputs
  if (second.inputs !== inner) {
    throw new ArgumentError('collapse', `a layer of ${inner} inputs after one of ${inner} outputs`, `${second.inputs}`)
  }
  const left = matrix(second.weight, outputs, inner)
  const weight = new Float64Array(outputs * inputs)
  multiplyInto(weight, left, matrix(first.weight, inner, inputs))
  if (!first.bias) return { weight, bias: second.bias, inputs, outputs }
  const bias = second.bias ?? new Float64Array(outputs)
  multiplyInto(bias, left, matrix(first.bias, inner, 1), true)
  return { weight, bias, inputs, outputs }
}

function layerOf({ weight, bias, inputs, outputs }: Affine, dtype: FloatDType): Linear {
  const layer = new Linear(inputs, outputs, { bias: bias !== undefined, dtype, initializer: 'zeros' })
  layer.weight.data.set(weight)
  if (bias) layer.bias!.data.set(bias)
  return layer
}
