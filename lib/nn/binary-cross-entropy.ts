// Binary cross-entropy of logits, with a weight for positive targets: one for all columns, or one for each.
import { options, positive, shapeText } from '../checks.js'
import { ShapeError } from '../errors.js'
import { formText, type Value } from '../gates/gate.js'
import type { FloatArray } from '../tensor/dtype.js'
import { floats, Tensor } from '../tensor/tensor.js'
import type { LossOptions, Reduction } from './loss.js'
import { type LossElements, ValueLoss } from './value-losses.js'

/** Options of {@link BinaryCrossEntropy}. */
export interface BinaryCrossEntropyOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** Weight of the positive class: > 1 favours recall, < 1 precision. One number, or one per column. Default 1. */
  positiveWeight?: number | Tensor | readonly number[]
}

/**
 * Binary cross-entropy of logits, PyTorch's BCEWithLogitsLoss: −p·t·log σ(x) − (1 − t)·log(1 − σ(x)), stable for large |x|;
 * t in [0, 1], p the positive weight. ℓ' = (1 − t)·σ(x) − p·t·(1 − σ(x)).
 */
export class BinaryCrossEntropy<R extends Reduction = 'mean'> extends ValueLoss<R> {
  readonly name = 'BinaryCrossEntropy'
  readonly kind = 'binaryCrossEntropy'
  readonly #columns: readonly number[] | undefined

  constructor(given?: BinaryCrossEntropyOptions<R>) {
    const { reduction, positiveWeight = 1 } = options('BinaryCrossEntropy', given, ['reduction', 'positiveWeight'])
    const several = positiveWeight instanceof Tensor || Array.isArray(positiveWeight)
    const check = (weight: unknown) => positive('BinaryCrossEntropy', 'positiveWeight', weight)
    super('BinaryCrossEntropy', reduction, several ? 1 : check(positiveWeight))
    if (!several) return
    const list =
      positiveWeight instanceof Tensor
        ? floats('BinaryCrossEntropy', 'positiveWeight', positiveWeight)
        : (positiveWeight as readonly number[])
    this.#columns = Array.from(list, check)
  }

  /** The weights of positive targets, one per column; undefined where there is one for all. */
  get positiveWeights(): readonly number[] | undefined {
    return this.#columns
  }

  override get plain(): boolean {
    return super.plain && this.#columns === undefined
  }

  // With w = p·t + 1 − t, the loss for the weight p is w times the plain loss for the target p·t/w.
  protected override elements(prediction: Value, target: FloatArray, weights: FloatArray | null): LossElements {
    const columns = this.#columns
    if (!columns) return { target, weights }
    const width = typeof prediction === 'number' ? 1 : (prediction.shape.at(-1) ?? 1)
    if (width !== columns.length) {
      const expected = `predictions of shape ${shapeText(['…', columns.length])}, one column per positive weight`
      throw new ShapeError(this.name, expected, formText(prediction))
    }
    const moved = target.slice()
    const scaled = target.slice()
    for (let i = 0; i < target.length; i++) {
      const t = target[i]!
      const part = columns[i % width]! * t
      const weight = part + 1 - t
      moved[i] = part / weight
      scaled[i] = weight * (weights ? weights[i]! : 1)
    }
    return { target: moved, weights: scaled }
  }
}
