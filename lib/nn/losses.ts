// Losses: gates from predictions and targets to a number, the mean over rows or elements.
import { describe, finite, shapeText } from '../checks.js'
import { DTypeError, LabelError, ShapeError, StateError } from '../errors.js'
import { formText, type Value } from '../gates/gate.js'
import { native, translated } from '../native/load.js'
import { tensor } from '../tensor/create.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { sameShape } from '../tensor/shape.js'
import { floats, Tensor } from '../tensor/tensor.js'
import { type Labels, labelsOf } from './labels.js'

/** A loss: built-in, or any object of this form. */
export interface Loss {
  readonly name?: string
  /** What targets are: class labels, or values of the predictions' shape. Losses that do not say take values. */
  readonly targets?: 'labels' | 'values'
  /** The loss of some predictions; keeps what backward needs. */
  forward(prediction: Value, target: Tensor): number
  /** [gradient with respect to the predictions], times `upstream` (default 1). */
  backward(upstream?: number): readonly Value[]
}

/** What a loss keeps between forward and backward. */
class Waiting<T> {
  #kept: T | undefined
  #used = false

  put(kept: T): void {
    this.#kept = kept
    this.#used = false
  }

  take(operation: string): T {
    const kept = this.#kept
    if (kept === undefined) {
      throw new StateError(
        operation,
        'forward before backward',
        this.#used ? 'backward a second time' : 'backward first',
      )
    }
    this.#kept = undefined
    this.#used = true
    return kept
  }
}

/**
 * Softmax cross-entropy of logits and class labels: mean over rows of log Σe^x − x[label]. Keeps both;
 * backward: (softmax − onehot)/rows.
 */
export class CrossEntropy implements Loss {
  readonly name = 'CrossEntropy'
  readonly targets = 'labels'
  readonly #waiting = new Waiting<{ logits: Tensor; labels: Int32Array }>()

  /**
   * @param logits - [batch, classes], or [classes] for one row
   * @param target - one label per row
   * @throws LabelError for a label outside [0, classes), naming its row
   */
  forward(logits: Value, target: Labels | number): number {
    const data = floats('CrossEntropy', 'logits', logits)
    const { shape } = logits as Tensor
    const classes = shape.length === 1 || shape.length === 2 ? shape[shape.length - 1]! : 0
    if (classes === 0 || data.length === 0)
      throw new ShapeError('CrossEntropy', 'logits [batch, classes]', formText(logits))
    const labels = labelsOf('CrossEntropy', target)
    const rows = data.length / classes
    if (labels.length !== rows)
      throw new ShapeError('CrossEntropy', `${rows} labels, one per row`, String(labels.length))
    const loss = run(classes, data, labels, 0, null) / rows
    this.#waiting.put({ logits: logits as Tensor, labels })
    return loss
  }

  backward(upstream = 1): [Tensor] {
    finite('CrossEntropy', 'upstream', upstream)
    const { logits, labels } = this.#waiting.take('CrossEntropy')
    const dx = allocate(logits.dtype as FloatDType, logits.data.length)
    run(logits.shape[logits.rank - 1]!, logits.data as FloatArray, labels, upstream / labels.length, dx)
    return [new Tensor(dx, logits.shape)]
  }
}

function run(classes: number, x: FloatArray, labels: Int32Array, scale: number, dx: FloatArray | null): number {
  try {
    return native().crossEntropy(classes, x, labels, scale, dx)
  } catch (error) {
    const { code, where = -1, value } = error as { code?: string; where?: number; value?: number }
    if (code !== 'OUT_OF_RANGE') throw translated('CrossEntropy', error)
    throw new LabelError('CrossEntropy', `labels in [0, ${classes})`, `${value} at row ${where}`, where)
  }
}

/** Mean over all elements of (prediction − target)². Keeps both; backward: 2(prediction − target)/n. */
export class MeanSquaredError implements Loss {
  readonly name = 'MeanSquaredError'
  readonly targets = 'values'
  readonly #waiting = new Waiting<{ x: FloatArray; target: FloatArray; of: Value }>()

  /** @param prediction - a number or tensor; @param target - of the same form */
  forward(prediction: Value, target: Value | readonly unknown[]): number {
    const wanted = Array.isArray(target)
      ? tensor(target as number[], { dtype: (prediction as Tensor).dtype })
      : (target as Value)
    const x = elements('prediction', prediction)
    const t = elements('target', wanted)
    const same =
      typeof prediction === 'number' || typeof wanted === 'number'
        ? typeof prediction === typeof wanted
        : sameShape(prediction.shape, wanted.shape)
    if (!same)
      throw new ShapeError(
        'MeanSquaredError',
        `a target like the prediction, ${formText(prediction)}`,
        formText(wanted),
      )
    if (x.constructor !== t.constructor)
      throw new DTypeError(
        'MeanSquaredError',
        `a target of type ${(prediction as Tensor).dtype}`,
        (wanted as Tensor).dtype,
      )
    if (x.length === 0)
      throw new ShapeError('MeanSquaredError', 'at least one element', shapeText((prediction as Tensor).shape))
    const loss = native().squaredError(x, t, 0, null) / x.length
    this.#waiting.put({ x, target: t, of: prediction })
    return loss
  }

  backward(upstream?: number): [Tensor]
  backward(upstream?: number): [Value]
  backward(upstream = 1): [Value] {
    finite('MeanSquaredError', 'upstream', upstream)
    const { x, target, of } = this.#waiting.take('MeanSquaredError')
    const dx = x instanceof Float64Array ? new Float64Array(x.length) : new Float32Array(x.length)
    native().squaredError(x, target, (2 * upstream) / x.length, dx)
    return [typeof of === 'number' ? dx[0]! : new Tensor(dx, of.shape)]
  }
}

function elements(name: string, value: unknown): FloatArray {
  return typeof value === 'number' ? Float64Array.of(value) : floats('MeanSquaredError', name, value)
}

/** Whether a value has the form of a loss. */
export function isLoss(value: unknown): value is Loss {
  const loss = value as Partial<Loss> | null | undefined
  return typeof loss === 'object' && typeof loss?.forward === 'function' && typeof loss.backward === 'function'
}

/** For messages: what stands for a loss. */
export function lossText(value: unknown): string {
  return isLoss(value) ? (value.name ?? value.constructor.name) : describe(value)
}
