// What losses have in common: their form, reductions, weights of samples, and what waits between forward and backward.
import { describe, shapeText } from '../checks.js'
import { ArgumentError, ShapeError, StateError } from '../errors.js'
import { formText, type Value } from '../gates/gate.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { sameShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'

/** A loss: built-in, or any object of this form. */
export interface Loss {
  readonly name?: string
  /** What targets are: class labels, or values of the predictions' shape. Losses that do not say take values. */
  readonly targets?: 'labels' | 'values'
  /** A label that counts for nothing, where the loss knows one. */
  readonly ignoreIndex?: number | undefined
  /** The loss of some predictions; keeps what backward needs. `weights`: one per row, for losses that take them. */
  forward(prediction: Value, target: Tensor, weights?: Tensor): number
  /** [gradient with respect to the predictions], times `upstream` (default 1). */
  backward(upstream?: number): readonly Value[]
}

/** What becomes of the losses of rows or elements: their mean, their sum, or none of both: they come as they are. */
export type Reduction = 'mean' | 'sum' | 'none'
/** What forward returns: a number, or for `none` a tensor. */
export type Reduced<R extends Reduction> = R extends 'none' ? Value : number
/** Names of the reductions. */
export const reductions = ['mean', 'sum', 'none'] as const satisfies readonly Reduction[]

/** Weights of samples: one number ≥ 0 per row. */
export type SampleWeights = Tensor | ArrayLike<number>

/** Options that all losses take. */
export interface LossOptions<R extends Reduction = Reduction> {
  /** Default mean. With weights of samples it is Σ wℓ/Σ w: equal weights change nothing. */
  reduction?: R
}

/** Whether a value has the form of a loss. */
export function isLoss(value: unknown): value is Loss {
  const loss = value as Partial<Loss> | null | undefined
  return typeof loss === 'object' && typeof loss?.forward === 'function' && typeof loss.backward === 'function'
}

/** The gradient that a loss gives for its last predictions. @throws ArgumentError for a loss that returns no array */
export function lossGradient(loss: Loss, upstream?: number): Value {
  const gradients: unknown = upstream === undefined ? loss.backward() : loss.backward(upstream)
  if (Array.isArray(gradients)) return gradients[0] as Value
  throw new ArgumentError(lossText(loss), 'backward to return an array of one gradient', describe(gradients))
}

/** For messages: what stands for a loss. A subclass is known by its own name, not by that of the loss that it extends. */
export function lossText(value: unknown): string {
  if (!isLoss(value)) return describe(value)
  const own = Object.hasOwn(Object(value.constructor), 'name') ? value.constructor.name : ''
  return own === 'Object' || own === '' ? (value.name ?? 'a loss') : own
}

/** What a loss keeps between forward and backward. */
export class Waiting<T> {
  #kept: T | undefined
  #used = false

  put(kept: T): void {
    this.#kept = kept
    this.#used = false
  }

  /** What was kept, without ending the wait. */
  peek(operation: string): T {
    if (this.#kept !== undefined) return this.#kept
    const got = this.#used ? 'backward a second time' : 'backward first'
    throw new StateError(operation, 'forward before backward', got)
  }

  take(operation: string): T {
    const kept = this.peek(operation)
    this.#kept = undefined
    this.#used = true
    return kept
  }
}

/** Weights of samples as one array of `rows` numbers; null where there are none. */
export function weightsOf(
  operation: string,
  given: SampleWeights | undefined,
  rows: number,
  dtype: FloatDType,
): FloatArray | null {
  if (given === undefined) return null
  const source = given instanceof Tensor ? given.data : given
  if (!Array.isArray(source) && !(ArrayBuffer.isView(source) && !(source instanceof DataView))) {
    throw new ArgumentError(operation, 'weights as a tensor or array of numbers', describe(given))
  }
  const numbers = source as ArrayLike<unknown>
  if (numbers.length !== rows) {
    throw new ShapeError(operation, `${rows} weights, one per row`, String(numbers.length))
  }
  const weights = allocate(dtype, rows)
  for (let i = 0; i < rows; i++) {
    const weight = numbers[i]
    if (typeof weight !== 'number' || !Number.isFinite(weight) || weight < 0) {
      throw new ArgumentError(operation, 'weights to be finite numbers ≥ 0', `${describe(weight)} at row ${i}`)
    }
    weights[i] = weight
  }
  return weights
}

/** The upstream gradient of a loss that does not reduce: of the output's form. */
export function upstreamLike(operation: string, upstream: unknown, shape: readonly number[]): FloatArray {
  if (upstream instanceof Tensor && upstream.dtype !== 'int32' && sameShape(upstream.shape, shape)) {
    return upstream.data as FloatArray
  }
  throw new ShapeError(operation, `upstream gradient of shape ${shapeText(shape)}`, formText(upstream))
}
