// State dictionaries: parameters and buffers by name, as they are saved and loaded; all of a state is replaced at once.
import { describe, shapeText } from '../checks.js'
import { ArgumentError, DTypeError, ShapeError } from '../errors.js'
import { native } from '../native/load.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { sameShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import type { NamedTensor } from './layer.js'
import type { ParameterBlock } from './parameters.js'

/** Tensors by name: `{ '0.weight': …, '0.bias': … }`. */
export type StateDict = Record<string, Tensor>

/** The tensors themselves by name. */
export function stateOf(tensors: readonly NamedTensor[]): StateDict {
  return Object.fromEntries(tensors.map(({ name, value }) => [name, value]))
}

// PyTorch counts the batches of a batch normalisation; nothing here depends on that number.
const UNUSED = /(^|\.)num_batches_tracked$/

/** The new values of tensors, in their order and element types, after checking all of a state dictionary. */
export function valuesFor(operation: string, tensors: readonly NamedTensor[], state: StateDict): FloatArray[] {
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
  return tensors.map(({ name, value }) => inType(state[name]!, value.dtype as FloatDType))
}

function inType(tensor: Tensor, dtype: FloatDType): FloatArray {
  return (tensor.dtype === dtype ? tensor : tensor.astype(dtype)).data as FloatArray
}

/**
 * Replaces all tensors of a model between two predictions or updates.
 * @param wait - whether to wait for those under way
 * @returns false if it did not, for one was
 */
export function replaceAll(
  block: ParameterBlock,
  tensors: readonly NamedTensor[],
  values: readonly FloatArray[],
  wait: boolean,
): boolean {
  const to = tensors.map(({ value }) => value.data as FloatArray)
  const done = native().copyTogether(block.values, to, values, true, wait)
  if (done) block.touch()
  return done
}

/** Copies of all tensors of a model as they are between two updates. */
export function copyAll(block: ParameterBlock, tensors: readonly NamedTensor[]): StateDict {
  const from = tensors.map(({ value }) => value.data as FloatArray)
  const to = tensors.map(({ value }) => allocate(value.dtype as FloatDType, value.size))
  native().copyTogether(block.values, to, from, false, true)
  return Object.fromEntries(tensors.map(({ name, value }, i) => [name, new Tensor(to[i]!, value.shape)]))
}

// A prediction that runs is waited for in steps of a millisecond, off this thread; where others follow without a gap, on it.
const PATIENCE = 20

/** {@link replaceAll}, waiting off this thread as long as that is promising. */
export async function replaceSoon(
  block: ParameterBlock,
  tensors: readonly NamedTensor[],
  values: readonly FloatArray[],
): Promise<void> {
  for (let tries = 0; tries < PATIENCE; tries++) {
    if (replaceAll(block, tensors, values, false)) return
    await new Promise((resume) => setTimeout(resume, 1))
  }
  replaceAll(block, tensors, values, true)
}
