// State dictionaries: parameters and buffers by name, as they are saved and loaded.
import { describe, shapeText } from '../checks.js'
import { ArgumentError, DTypeError, ShapeError } from '../errors.js'
import { sameShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import type { NamedTensor } from './layer.js'

/** Tensors by name: `{ '0.weight': …, '0.bias': … }`. */
export type StateDict = Record<string, Tensor>

/** The tensors themselves by name. */
export function stateOf(tensors: readonly NamedTensor[]): StateDict {
  return Object.fromEntries(tensors.map(({ name, value }) => [name, value]))
}

// PyTorch counts the batches of a batch normalisation; nothing here depends on that number.
const UNUSED = /(^|\.)num_batches_tracked$/

/** Copies a state dictionary into tensors, after checking all of it. */
export function loadState(operation: string, tensors: readonly NamedTensor[], state: StateDict): void {
  if (typeof state !== 'object' || state === null)
    throw new ArgumentError(operation, 'tensors by name', describe(state))
  const known = new Set(tensors.map(({ name }) => name))
  const unknown = Object.keys(state).find((name) => !known.has(name) && !UNUSED.test(name))
  if (unknown !== undefined)
    throw new ArgumentError(operation, `names among ${[...known].join(', ')}`, describe(unknown))
  for (const { name, value } of tensors) {
    const given = Object.hasOwn(state, name) ? state[name] : undefined
    if (!(given instanceof Tensor)) throw new ArgumentError(operation, `a tensor ${name}`, describe(given))
    if (!sameShape(given.shape, value.shape)) {
      throw new ShapeError(operation, `${name} of shape ${shapeText(value.shape)}`, shapeText(given.shape))
    }
    if (given.dtype === 'int32') throw new DTypeError(operation, `${name} of a float type`, 'int32')
  }
  for (const { name, value } of tensors) value.data.set(state[name]!.data)
}
