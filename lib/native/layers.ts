// The addon's functions for layers, losses, shapes and optimizers; those of addon.ts are what everything needs.
import type { FloatArray } from '../tensor/dtype.js'

/** Part of `Addon` (addon.ts), which says what holds for all functions. */
export interface LayerFunctions {
  /** Σ x², in an order that the length alone decides. */
  sumOfSquares(x: FloatArray): number
  /** y = −limit, y or limit, whichever is in the middle; NaN stays. */
  clipValues(limit: number, y: FloatArray): void
  /** out[outer, inner] = reduction (0 sum, 1 max, 2 min) over the middle axis of x[outer, extent, inner]. */
  reduceAxis(kind: number, outer: number, extent: number, inner: number, x: FloatArray, out: FloatArray): void
  /** out[i0, i1 …] = x[i0·strides[0] + i1·strides[1] + …]: stride 0 repeats. Up to 16 axes. */
  expand(x: FloatArray, shape: Int32Array, strides: Int32Array, out: FloatArray): void
  /** out[cols, rows] = the transpose of x[rows, cols]. */
  transpose(rows: number, cols: number, x: FloatArray, out: FloatArray): void

  /** y = (x − mean)·rstd·gamma + beta by row; mean, rstd [rows] (=) are kept for backward. Biased variance. */
  layerNormForward(
    cols: number,
    x: FloatArray,
    gamma: FloatArray | null,
    beta: FloatArray | null,
    epsilon: number,
    y: FloatArray,
    mean: FloatArray,
    rstd: FloatArray,
  ): void
  /** dx =, dgamma +=, dbeta += (each of them or null). */
  layerNormBackward(
    cols: number,
    x: FloatArray,
    gamma: FloatArray | null,
    mean: FloatArray,
    rstd: FloatArray,
    dy: FloatArray,
    dx: FloatArray,
    dgamma: FloatArray | null,
    dbeta: FloatArray | null,
  ): void
  /**
   * The same by column, with the statistics of these rows (two at least); mean, rstd [cols] (=). Running statistics, unless
   * null: r = (1 − momentum)·r + momentum·statistic, the variance there unbiased.
   */
  batchNormForward(
    cols: number,
    x: FloatArray,
    gamma: FloatArray | null,
    beta: FloatArray | null,
    epsilon: number,
    momentum: number,
    runningMean: FloatArray | null,
    runningVariance: FloatArray | null,
    y: FloatArray,
    mean: FloatArray,
    rstd: FloatArray,
  ): void
  /** With the running statistics. */
  batchNormInfer(
    cols: number,
    x: FloatArray,
    gamma: FloatArray | null,
    beta: FloatArray | null,
    epsilon: number,
    runningMean: FloatArray,
    runningVariance: FloatArray,
    y: FloatArray,
  ): void
  /** dx =, dgamma +=, dbeta += (each of them or null). */
  batchNormBackward(
    cols: number,
    x: FloatArray,
    gamma: FloatArray | null,
    mean: FloatArray,
    rstd: FloatArray,
    dy: FloatArray,
    dx: FloatArray,
    dgamma: FloatArray | null,
    dbeta: FloatArray | null,
  ): void
  /**
   * y = x·mask/(1 − p), p in [0, 1). Element i's mask depends on (seed, stream, offset + i) alone and is the same for both
   * element types; backward is the same call on dy. seed, stream, offset: integers in [0, 2^53).
   */
  dropout(x: FloatArray, y: FloatArray, p: number, seed: number, stream: number, offset: number): void
  /** y[r, :] = table[indices[r], :]; table is [entries, width]. Throws OUT_OF_RANGE (`where` the row) like crossEntropy. */
  embeddingForward(width: number, table: FloatArray, indices: Int32Array, y: FloatArray): void
  /** dtable[indices[r], :] += dy[r, :] */
  embeddingBackward(width: number, indices: Int32Array, dy: FloatArray, dtable: FloatArray): void

  /**
   * crossEntropy with weights of classes [cols] and rows [rows] (each or null), label smoothing in [0, 1], and rows of label
   * `ignore` left out (null for none), as torch.nn.CrossEntropyLoss. out[0] = Σ weighted loss, out[1] = Σ weights of the rows'
   * labels, by which the mean divides; dx = scale·d(out[0])/dx unless null.
   */
  weightedCrossEntropy(
    cols: number,
    x: FloatArray,
    labels: Int32Array,
    classWeights: FloatArray | null,
    rowWeights: FloatArray | null,
    smoothing: number,
    ignore: number | null,
    scale: number,
    dx: FloatArray | null,
    out: Float64Array,
  ): void
  /** The same with probabilities [rows, cols] as targets: returns Σ weighted loss. */
  softCrossEntropy(
    cols: number,
    x: FloatArray,
    targets: FloatArray,
    rowWeights: FloatArray | null,
    scale: number,
    dx: FloatArray | null,
  ): number
  /**
   * Returns Σ weight·ℓ(x, target); dx = scale·weight·ℓ' unless null. `weight` is null, [1] or like x. kind, parameter:
   * 0 |x − t| · 1 (x − t)² · 2 Huber, delta · 3 smooth L1, beta · 4 binary cross-entropy of logits, weight of positives ·
   * 5 max(0, margin − t·x), margin · 6 its square · 7 e^x − t·x · 8 t·(log t − x), 0 where t is 0.
   */
  elementLoss(
    kind: number,
    x: FloatArray,
    target: FloatArray,
    weight: FloatArray | null,
    parameter: number,
    scale: number,
    dx: FloatArray | null,
  ): number

  /**
   * One step, the `step`th (from 1), of an optimizer over flat vectors, as torch.optim (Lion: Chen et al. 2023). `options`
   * begins for every kind with learning rate, weight decay, 1 for decoupled decay (else 0), L1 penalty; then, with states:
   * 0 SGD: momentum, dampening, nesterov; velocity (null for momentum 0) · 1 Adam, 2 AdamW: beta1, beta2, epsilon; m, v ·
   * 3 AMSGrad: as Adam; m, v, largest v · 4 NAdam: beta1, beta2, epsilon, momentum decay; m, v · 5 RAdam, 6 Adamax: beta1,
   * beta2, epsilon; m, v · 7 RMSProp: alpha, epsilon, momentum; v, buffer (null for momentum 0), average (centred, else null) ·
   * 8 Adagrad: learning rate decay, epsilon; v · 9 Adadelta: rho, epsilon; v, u · 10 Rprop: eta−, eta+, smallest and largest
   * step; last gradient, steps · 11 Lion: beta1, beta2; m. AdamW and Lion are always decoupled. States are zeros at first.
   */
  optimize(
    kind: number,
    parameters: FloatArray,
    gradient: FloatArray,
    s0: FloatArray | null,
    s1: FloatArray | null,
    s2: FloatArray | null,
    options: Float64Array,
    step: number,
  ): void
  /**
   * Gradients within ±value; then times norm/(√Σg² + 1e-6) where √Σg² is larger than norm, as torch.nn.utils.clip_grad_norm_.
   * 0 for none of either.
   */
  clipGradients(value: number, norm: number, gradients: FloatArray): void
}
