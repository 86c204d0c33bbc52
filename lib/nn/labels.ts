// Class labels in the forms users have them, as the int32 array that kernels take.
import { describe } from '../checks.js'
import { ArgumentError, LabelError } from '../errors.js'
import { isDetached } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'

/** Class labels: integers from 0, one per row. */
export type Labels = Tensor | Int32Array | Uint8Array | ArrayLike<number>

/** The labels as int32; an Int32Array comes back as it is. Throws LabelError for what is no integer ≥ 0 nor the ignored one. */
export function labelsOf(operation: string, given: unknown, ignored?: number): Int32Array {
  const source = given instanceof Tensor ? given.data : typeof given === 'number' ? [given] : given
  if (ArrayBuffer.isView(source) && isDetached(source)) {
    throw new ArgumentError(operation, 'labels that have their memory', 'detached memory')
  }
  if (source instanceof Int32Array) return source
  if (source instanceof Uint8Array) return Int32Array.from(source)
  if (!Array.isArray(source) && !(ArrayBuffer.isView(source) && !(source instanceof DataView))) {
    throw new ArgumentError(operation, 'labels as an int32 tensor, typed array or array of integers', describe(given))
  }
  const numbers = source as ArrayLike<unknown>
  const labels = new Int32Array(numbers.length)
  for (let i = 0; i < labels.length; i++) {
    const label = numbers[i]
    const usable = Number.isInteger(label) && (label as number) >= 0 && (label as number) <= 0x7fffffff
    if (!usable && (label !== ignored || ignored === undefined)) {
      throw new LabelError(operation, 'labels to be integers ≥ 0', `${describe(label)} at row ${i}`, i)
    }
    labels[i] = label as number
  }
  return labels
}

/** Throws LabelError unless every label lies in [0, classes) or is the ignored one. */
export function checkLabels(operation: string, labels: Int32Array, classes: number, ignored?: number): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!
    if ((label < 0 || label >= classes) && label !== ignored) {
      throw new LabelError(operation, `labels in [0, ${classes})`, `${label} at row ${i}`, i)
    }
  }
}
