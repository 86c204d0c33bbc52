// The distance of directions, as a loss.
import { finite, oneOf, options, positive } from '../checks.js'
import { DTypeError, ShapeError } from '../errors.js'
import { formText, type Value } from '../gates/gate.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { sameShape } from '../tensor/shape.js'
import { floats, Tensor } from '../tensor/tensor.js'
import {
  type LossOptions,
  type Reduced,
  type Reduction,
  reductions,
  type SampleWeights,
  upstreamLike,
  Waiting,
  weightsOf,
} from './loss.js'

/** Options of {@link CosineDistance}. */
export interface CosineDistanceOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** The least length that is divided by. Default 1e-8, as in PyTorch's cosine_similarity. */
  epsilon?: number
}

interface Kept {
  readonly x: Tensor
  readonly target: Tensor
  readonly weights: FloatArray | null
  readonly divisor: number
}

/**
 * 1 − cos(x, t) of each row (the last axis), x·t/(max(‖x‖, ε)·max(‖t‖, ε)): PyTorch's CosineEmbeddingLoss of pairs that
 * belong together. Keeps both; backward: dx = −(t/‖t‖ − cos·x/‖x‖)/‖x‖ per row.
 */
export class CosineDistance<R extends Reduction = 'mean'> {
  readonly name = 'CosineDistance'
  readonly targets = 'values'
  /** What becomes of the losses of the rows. */
  readonly reduction: R
  /** The least length that is divided by. */
  readonly epsilon: number
  readonly #waiting = new Waiting<Kept>()

  constructor(given?: CosineDistanceOptions<R>) {
    const { reduction, epsilon = 1e-8 } = options('CosineDistance', given, ['reduction', 'epsilon'])
    this.reduction = oneOf('CosineDistance', 'reduction', reduction ?? 'mean', reductions) as R
    this.epsilon = positive('CosineDistance', 'epsilon', epsilon)
  }

  /**
   * @param prediction - [batch, width], or [width] for one row
   * @param target - of the same shape
   * @param weights - one per row
   */
  forward(prediction: Value, target: Value, weights?: SampleWeights): Reduced<R> {
    floats('CosineDistance', 'prediction', prediction)
    floats('CosineDistance', 'target', target)
    const [x, t] = [prediction as Tensor, target as Tensor]
    if (x.rank < 1 || x.rank > 2 || x.size === 0) {
      throw new ShapeError('CosineDistance', 'a prediction [batch, width]', formText(x))
    }
    if (!sameShape(x.shape, t.shape)) {
      throw new ShapeError('CosineDistance', `a target like the prediction, ${formText(x)}`, formText(t))
    }
    if (x.dtype !== t.dtype) throw new DTypeError('CosineDistance', `a target of type ${x.dtype}`, t.dtype)
    const width = x.shape.at(-1)!
    const rows = x.size / width
    const each = weightsOf('CosineDistance', weights, rows, x.dtype as FloatDType)
    const losses = allocate(x.dtype as FloatDType, rows)
    let sum = 0
    let total = 0
    for (let i = 0; i < rows; i++) {
      const weight = each ? each[i]! : 1
      const loss = weight * (1 - this.#row(x.data as FloatArray, t.data as FloatArray, i * width, width).cosine)
      losses[i] = loss
      sum += loss
      total += weight
    }
    const divisor = this.reduction === 'mean' ? total : 1
    this.#waiting.put({ x, target: t, weights: each, divisor })
    if (this.reduction !== 'none') return (sum / divisor) as Reduced<R>
    return (x.rank === 1 ? losses[0]! : new Tensor(losses, Object.freeze([rows]))) as Reduced<R>
  }

  /** @param upstream - a factor, default 1; for reduction `none` of a batch the gradient of every row's loss, [batch] */
  backward(upstream: Value = 1): [Tensor] {
    const { x, target, weights, divisor } = this.#waiting.peek('CosineDistance')
    const width = x.shape.at(-1)!
    const rows = x.size / width
    const each =
      this.reduction === 'none' && x.rank === 2
        ? upstreamLike('CosineDistance', upstream, [rows])
        : allocate('float64', rows).fill(finite('CosineDistance', 'upstream', upstream) / divisor)
    const [a, b] = [x.data as FloatArray, target.data as FloatArray]
    const dx = allocate(x.dtype as FloatDType, x.size)
    for (let i = 0; i < rows; i++) {
      const start = i * width
      const { cosine, lengthX, lengthT, short } = this.#row(a, b, start, width)
      const scale = (-each[i]! * (weights ? weights[i]! : 1)) / lengthX
      // Below ε the length counts as ε, whose derivative is 0.
      const turn = short ? 0 : cosine / lengthX
      for (let j = start; j < start + width; j++) dx[j] = scale * (b[j]! / lengthT - turn * a[j]!)
    }
    this.#waiting.take('CosineDistance')
    return [new Tensor(dx, x.shape)]
  }

  #row(x: FloatArray, t: FloatArray, start: number, width: number) {
    let [dot, xx, tt] = [0, 0, 0]
    for (let j = start; j < start + width; j++) {
      dot += x[j]! * t[j]!
      xx += x[j]! ** 2
      tt += t[j]! ** 2
    }
    const lengthX = Math.max(Math.sqrt(xx), this.epsilon)
    const lengthT = Math.max(Math.sqrt(tt), this.epsilon)
    return { cosine: dot / (lengthX * lengthT), lengthX, lengthT, short: Math.sqrt(xx) < this.epsilon }
  }
}
