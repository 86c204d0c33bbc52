// State dictionaries: parameters by name, as they are saved and loaded.
import { describe, shapeText } from '../checks.js'
import { ArgumentError, DTypeError, ShapeError } from '../errors.js'
import { sameShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import type { Parameter } from './parameters.js'

/** Tensors by name: `{ '0.weight': …, '0.bias': … }`. */
export type StateDict = Record<string, Tensor>

/** The parameters' own tensors by name. */
export function stateOf(parameters: readonly Parameter[]): StateDict {
  return Object.fromEntries(parameters.map((p) => [p.name, p.value]))
}

/** Copies a state dictionary into parameters, after checking all of it. */
export function loadState(operation: string, parameters: readonly Parameter[], state: StateDict): void {
  if (typeof state !== 'object' || state === null)
    throw new ArgumentError(operation, 'tensors by name', describe(state))
  const known = new Set(parameters.map((p) => p.name))
  const unknown = Object.keys(state).find((name) => !known.has(name))
  if (unknown !== undefined)
    throw new ArgumentError(operation, `names among ${[...known].join(', ')}`, describe(unknown))
  for (const p of parameters) {
    const given = Object.hasOwn(state, p.name) ? state[p.name] : undefined
    if (!(given instanceof Tensor)) throw new ArgumentError(operation, `a tensor ${p.name}`, describe(given))
    if (!sameShape(given.shape, p.shape)) {
      throw new ShapeError(operation, `${p.name} of shape ${shapeText(p.shape)}`, shapeText(given.shape))
    }
    if (given.dtype === 'int32') throw new DTypeError(operation, `${p.name} of a float type`, 'int32')
  }
  for (const p of parameters) p.value.data.set(state[p.name]!.data)
}
