// Losses of classes: cross-entropy of logits with labels or probabilities, and negative log likelihood of log-probabilities.
import { finite, integer, oneOf, options, shapeText } from '../checks.js'
import { ArgumentError, DTypeError, ShapeError } from '../errors.js'
import { formText, type Value } from '../gates/gate.js'
import { native } from '../native/load.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { sameShape } from '../tensor/shape.js'
import { floats, Tensor } from '../tensor/tensor.js'
import { type Labels, labelsOf } from './labels.js'
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
import { labelCrossEntropy, labelLikelihood } from './loss-sums.js'

/** Options of {@link NegativeLogLikelihood}. */
export interface ClassLossOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** One weight ≥ 0 per class; the mean then is Σ wℓ/Σ w. Default: all 1. */
  classWeights?: Tensor | ArrayLike<number>
  /** Rows with this label count for nothing; it may lie outside [0, classes). Default none (PyTorch's is −100). */
  ignoreIndex?: number
}

/** Options of {@link CrossEntropy}. */
export interface CrossEntropyOptions<R extends Reduction = Reduction> extends ClassLossOptions<R> {
  /** How much of the target is spread evenly over all classes, in [0, 1]. Default 0. */
  labelSmoothing?: number
  /** What targets are: labels, or as `values` one probability per class. Default labels. */
  targets?: 'labels' | 'values'
}

interface Kept {
  readonly x: FloatArray
  readonly shape: readonly number[]
  readonly classes: number
  /** Labels, or probabilities. */
  readonly target: Int32Array | FloatArray
  /** One per row, or null. */
  readonly weights: FloatArray | null
  readonly divisor: number
}

/** Base of the losses of classes: rows of scores against one target per row. Keeps both. */
abstract class ClassLoss<R extends Reduction> {
  /** Name of the loss in messages. */
  abstract readonly name: string
  /** What becomes of the losses of the rows. */
  readonly reduction: R
  /** The label of rows that count for nothing. */
  readonly ignoreIndex: number | undefined
  readonly #classWeights: Float64Array | undefined
  readonly #waiting = new Waiting<Kept>()

  protected constructor(operation: string, { reduction, classWeights, ignoreIndex }: ClassLossOptions<R>) {
    this.reduction = oneOf(operation, 'reduction', reduction ?? 'mean', reductions) as R
    if (ignoreIndex !== undefined) integer(operation, 'ignoreIndex', ignoreIndex, -(2 ** 31), 2 ** 31 - 1)
    this.ignoreIndex = ignoreIndex
    if (classWeights === undefined) return
    const count = classWeights instanceof Tensor ? classWeights.size : (classWeights?.length ?? 0)
    this.#classWeights = weightsOf(`${operation} classWeights`, classWeights, count, 'float64') as Float64Array
  }

  /** sums = [Σ wℓ, Σ w] over rows; dx = scale times the gradient of the first, unless null. */
  protected abstract run(kept: Kept, scale: number, dx: FloatArray | null, sums: Float64Array): void
  /** The target in the form that `run` takes. */
  protected abstract targetOf(target: unknown, logits: Tensor, rows: number): Int32Array | FloatArray

  /** Whether it is the mean over all rows, each counting the same: what compiled plans know. */
  get plain(): boolean {
    return this.reduction === 'mean' && this.ignoreIndex === undefined && this.#classWeights === undefined
  }

  /** The weights of the classes as numbers; undefined where there are none. */
  get weightsOfClasses(): readonly number[] | undefined {
    return this.#classWeights && Array.from(this.#classWeights)
  }

  /** The class weights in the type of the scores; null where there are none. */
  protected classWeights({ x, classes }: Kept): FloatArray | null {
    const weights = this.#classWeights
    if (!weights) return null
    if (weights.length !== classes) throw new ShapeError(this.name, `${weights.length} classes`, String(classes))
    return x instanceof Float64Array ? weights : Float32Array.from(weights)
  }

  protected start(scores: Value, target: unknown, given: SampleWeights | undefined): Reduced<R> {
    const x = floats(this.name, 'scores', scores)
    const { shape, rank } = scores as Tensor
    const classes = rank === 1 || rank === 2 ? shape[rank - 1]! : 0
    if (classes === 0 || x.length === 0) throw new ShapeError(this.name, 'scores [batch, classes]', formText(scores))
    const rows = x.length / classes
    const wanted = this.targetOf(target, scores as Tensor, rows)
    const weights = weightsOf(this.name, given, rows, (scores as Tensor).dtype as FloatDType)
    const kept = { x, shape, classes, target: wanted, weights, divisor: 1 }
    if (this.reduction === 'none') {
      const losses = this.#rows(kept)
      this.#waiting.put(kept)
      return (rank === 1 ? losses.data[0]! : losses) as Reduced<R>
    }
    const sums = new Float64Array(2)
    this.run(kept, 0, null, sums)
    const divisor = this.reduction === 'mean' ? sums[1]! : 1
    this.#waiting.put({ ...kept, divisor })
    return (sums[0]! / divisor) as Reduced<R>
  }

  // A kernel sums over rows; a sum over one row is its loss.
  #rows(kept: Kept): Tensor {
    const { x, classes, target, weights } = kept
    const rows = x.length / classes
    const width = target.length / rows
    const losses = x.slice(0, rows) as FloatArray
    const sums = new Float64Array(2)
    for (let i = 0; i < rows; i++) {
      const row = {
        ...kept,
        x: x.subarray(i * classes, (i + 1) * classes),
        target: target.subarray(i * width, (i + 1) * width),
        weights: weights?.subarray(i, i + 1) ?? null,
      }
      this.run(row, 0, null, sums)
      losses[i] = sums[0]!
    }
    return new Tensor(losses, Object.freeze([rows]))
  }

  /**
   * [gradient with respect to the scores].
   * @param upstream - a factor, default 1; for reduction `none` of a batch the gradient of every row's loss, [batch]
   */
  backward(upstream: Value = 1): [Tensor] {
    const kept = this.#waiting.peek(this.name)
    const { x, shape, classes, weights, divisor } = kept
    const dx = allocate(x instanceof Float64Array ? 'float64' : 'float32', x.length)
    const sums = new Float64Array(2)
    if (this.reduction === 'none' && shape.length === 2) {
      const factors = upstreamLike(this.name, upstream, [x.length / classes])
      const each = factors.map((factor, i) => factor * (weights?.[i] ?? 1)) as FloatArray
      this.run({ ...kept, weights: each }, 1, dx, sums)
    } else this.run(kept, finite(this.name, 'upstream', upstream) / divisor, dx, sums)
    this.#waiting.take(this.name)
    return [new Tensor(dx, shape)]
  }

  protected labelsFor(target: unknown, rows: number): Int32Array {
    const labels = labelsOf(this.name, target, this.ignoreIndex)
    if (labels.length !== rows) throw new ShapeError(this.name, `${rows} labels, one per row`, String(labels.length))
    return labels
  }
}

/**
 * Softmax cross-entropy of logits, PyTorch's CrossEntropyLoss: mean over rows of log Σe^x − x[label], with class weights w,
 * smoothing ε and targets t in general −Σ_c w_c·t_c·log softmax(x)_c, t = (1 − ε)·onehot + ε/classes. The mean over labels
 * divides by Σ w[label], the mean over probabilities by the rows. Keeps both; backward: (softmax − t)/rows for w = 1.
 */
export class CrossEntropy<R extends Reduction = 'mean'> extends ClassLoss<R> {
  readonly name = 'CrossEntropy'
  readonly targets: 'labels' | 'values'
  /** How much of the target is spread evenly over all classes. */
  readonly labelSmoothing: number

  constructor(given?: CrossEntropyOptions<R>) {
    const keys = ['reduction', 'classWeights', 'ignoreIndex', 'labelSmoothing', 'targets'] as const
    const { labelSmoothing = 0, targets = 'labels', ...rest } = options('CrossEntropy', given, keys)
    super('CrossEntropy', rest)
    this.targets = oneOf('CrossEntropy', 'targets', targets, ['labels', 'values'])
    if (!(finite('CrossEntropy', 'labelSmoothing', labelSmoothing) >= 0 && labelSmoothing <= 1)) {
      throw new ArgumentError('CrossEntropy', 'labelSmoothing to be a number in [0, 1]', String(labelSmoothing))
    }
    this.labelSmoothing = labelSmoothing
    if (targets === 'values' && rest.ignoreIndex !== undefined) {
      throw new ArgumentError('CrossEntropy', 'no ignoreIndex for probabilities', String(rest.ignoreIndex))
    }
  }

  override get plain(): boolean {
    return super.plain && this.labelSmoothing === 0 && this.targets === 'labels'
  }

  /**
   * @param logits - [batch, classes], or [classes] for one row
   * @param target - one label per row, or probabilities of the logits' shape
   * @param weights - one per row
   * @throws LabelError for a label outside [0, classes), naming its row
   */
  forward(logits: Value, target: Labels | number, weights?: SampleWeights): Reduced<R> {
    return this.start(logits, target, weights)
  }

  protected override targetOf(target: unknown, logits: Tensor, rows: number): Int32Array | FloatArray {
    if (this.targets === 'labels') return this.labelsFor(target, rows)
    const t = floats(this.name, 'probabilities', target)
    if (!sameShape((target as Tensor).shape, logits.shape)) {
      throw new ShapeError(this.name, `probabilities ${shapeText(logits.shape)} like the logits`, formText(target))
    }
    if ((target as Tensor).dtype !== logits.dtype) {
      throw new DTypeError(this.name, `probabilities of type ${logits.dtype}`, (target as Tensor).dtype)
    }
    return t
  }

  protected override run(kept: Kept, scale: number, dx: FloatArray | null, sums: Float64Array): void {
    const { x, classes: cols, target, weights: rows } = kept
    const { labelSmoothing: smoothing, ignoreIndex: ignore } = this
    const classes = this.classWeights(kept)
    if (target instanceof Int32Array) {
      labelCrossEntropy(this.name, cols, x, target, { classes, rows, smoothing, ignore }, scale, dx, sums)
      return
    }
    const mixed = smoothing === 0 && !classes ? target : this.#mixed(target, cols, classes)
    sums[0] = native().softCrossEntropy(cols, x, mixed, rows, scale, dx)
    sums[1] = rows ? native().sum(rows) : x.length / cols
  }

  // w_c·((1 − ε)·t_c + ε/C)
  #mixed(target: FloatArray, cols: number, classes: FloatArray | null): FloatArray {
    const { labelSmoothing: smoothing } = this
    return target.map(
      (t, i) => (classes ? classes[i % cols]! : 1) * ((1 - smoothing) * t + smoothing / cols),
    ) as FloatArray
  }
}

/**
 * Negative log likelihood of log-probabilities, as LogSoftmax gives them; PyTorch's NLLLoss: −w[label]·x[label], the mean
 * divided by Σ w[label]. Keeps both; backward: −w[label]/Σ w at the label, 0 elsewhere.
 */
export class NegativeLogLikelihood<R extends Reduction = 'mean'> extends ClassLoss<R> {
  readonly name = 'NegativeLogLikelihood'
  readonly targets = 'labels'

  constructor(given?: ClassLossOptions<R>) {
    super(
      'NegativeLogLikelihood',
      options('NegativeLogLikelihood', given, ['reduction', 'classWeights', 'ignoreIndex']),
    )
  }

  /**
   * @param logProbabilities - [batch, classes], or [classes] for one row
   * @param target - one label per row
   * @param weights - one per row
   * @throws LabelError for a label outside [0, classes), naming its row
   */
  forward(logProbabilities: Value, target: Labels | number, weights?: SampleWeights): Reduced<R> {
    return this.start(logProbabilities, target, weights)
  }

  protected override targetOf(target: unknown, _scores: Tensor, rows: number): Int32Array {
    return this.labelsFor(target, rows)
  }

  protected override run(kept: Kept, scale: number, dx: FloatArray | null, sums: Float64Array): void {
    const { x, classes: cols, target, weights: rows } = kept
    const weights = { classes: this.classWeights(kept), rows, ignore: this.ignoreIndex }
    labelLikelihood(this.name, cols, x, target as Int32Array, weights, scale, dx, sums)
  }
}
