// The typed face of the native addon: one signature per exported function. The only list of them on this side.
import type { NativePlan, PlanDescription } from './plan.js'

export type { NativePlan, PlanDescription, PlanOp, PlanReport } from './plan.js'

/** Arrays of the two floating-point element types that kernels work on. */
export type FloatArray = Float32Array | Float64Array

/** What the addon tells about itself and the machine. */
export interface NativeInfo {
  readonly isa: 'scalar' | 'avx2' | 'avx512' | 'neon'
  /** Instruction sets that this build and this processor have. */
  readonly supported: readonly string[]
  readonly threads: number
  readonly processors: number
  readonly cpu: string
  /** Cache sizes in bytes. */
  readonly caches: { readonly l1d: number; readonly l2: number; readonly l3: number }
  readonly compiler: string
  /** Elementwise gates in the order of their numbers. */
  readonly unary: readonly {
    readonly name: string
    readonly keeps: 'nothing' | 'input' | 'output'
    readonly parameters: number
  }[]
}

/**
 * Every function checks what could touch memory (types, detached buffers, lengths, ranges) and throws an Error whose
 * message begins with the function's name. Float arrays of one call have one element type. Arrays are dense, row-major.
 * Outputs are written in place; `=` overwrites, `+=` adds.
 */
export interface Addon {
  /** `parameters` are the model's, in a SharedArrayBuffer; the plan keeps them. */
  readonly NativePlan: new (
    description: PlanDescription,
    parameters: FloatArray,
  ) => NativePlan
  info(): NativeInfo
  /** Threads of the process-wide pool (1 to 256). */
  setThreads(threads: number): void
  /** The best rate of fused multiply-adds that this machine reaches from registers, in GFLOP/s (takes about 0.1 s). */
  measurePeak(float64: boolean, threads: number): number

  /** y = f(x); x and y may be the same array. `op` is an index into `info().unary`; p0, p1 its constants. */
  unaryForward(op: number, x: FloatArray, y: FloatArray, p0: number, p1: number): void
  /** dx = dy·f'(kept); kept is x or y as the row of `info().unary` says (any array of that length for 'nothing'). */
  unaryBackward(op: number, kept: FloatArray, dy: FloatArray, dx: FloatArray, p0: number, p1: number): void
  /** out = a ∘ b, op: 0 add 1 subtract 2 multiply 3 divide 4 maximum 5 minimum; a or b may have length 1. */
  binary(op: number, a: FloatArray, b: FloatArray, out: FloatArray): void
  /** x is [rows, channels]; alpha has length 1 or `channels`. */
  preluForward(channels: number, x: FloatArray, alpha: FloatArray, y: FloatArray): void
  /** dx =, dalpha += */
  preluBackward(
    channels: number,
    x: FloatArray,
    alpha: FloatArray,
    dy: FloatArray,
    dx: FloatArray,
    dalpha: FloatArray,
  ): void

  /**
   * C[m,n] = act(alpha·A·B + beta·C + bias). A's element (i, k) is `a[i·aRow + k·aCol]`, likewise B; C is row-major with
   * row stride n. `op` −1 means no activation. `before` (or null) receives C as it was before the activation.
   */
  gemm(
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: FloatArray,
    aRow: number,
    aCol: number,
    b: FloatArray,
    bRow: number,
    bCol: number,
    beta: number,
    c: FloatArray,
    bias: FloatArray | null,
    op: number,
    p0: number,
    p1: number,
    before: FloatArray | null,
  ): void
  /** out[cols] = (accumulate ? out : 0) + column sums of x[rows, cols]. rows = x.length / out.length. */
  columnSums(x: FloatArray, out: FloatArray, accumulate: boolean): void
  sum(x: FloatArray): number
  dot(x: FloatArray, y: FloatArray): number
  /** NaN if any element is NaN, −∞ for an empty array. */
  maximum(x: FloatArray): number
  argmaxRows(cols: number, x: FloatArray, out: Int32Array): void
  /** y += a·x */
  axpy(a: number, x: FloatArray, y: FloatArray): void
  /** y = a·y */
  scale(a: number, y: FloatArray): void
  /** Index of the first NaN or infinite element, −1 if there is none. */
  firstNonFinite(x: FloatArray): number

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

  softmaxForward(cols: number, x: FloatArray, y: FloatArray): void
  softmaxBackward(cols: number, y: FloatArray, dy: FloatArray, dx: FloatArray): void
  logSoftmaxForward(cols: number, x: FloatArray, y: FloatArray): void
  logSoftmaxBackward(cols: number, y: FloatArray, dy: FloatArray, dx: FloatArray): void
  /**
   * Softmax cross-entropy of logits[rows, cols] in one sweep: dx = scale·(softmax − onehot) unless null; returns the sum
   * of the rows' losses. A label outside [0, cols) throws an Error with `code` 'OUT_OF_RANGE', `where` its row, `value` the label.
   */
  crossEntropy(cols: number, x: FloatArray, labels: Int32Array, scale: number, dx: FloatArray | null): number
  /**
   * The same with weights of classes [cols] and rows [rows] (each or null), label smoothing in [0, 1], and rows of label
   * `ignore` left out (−1 for none), as torch.nn.CrossEntropyLoss. out[0] = Σ weighted loss, out[1] = Σ weights of the rows'
   * labels, by which the mean divides; dx = scale·d(out[0])/dx unless null.
   */
  weightedCrossEntropy(
    cols: number,
    x: FloatArray,
    labels: Int32Array,
    classWeights: FloatArray | null,
    rowWeights: FloatArray | null,
    smoothing: number,
    ignore: number,
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
  /** Returns Σ (x − target)²; dx = scale·(x − target) unless null. */
  squaredError(x: FloatArray, target: FloatArray, scale: number, dx: FloatArray | null): number

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

  /** Counter-based generator (Philox 4x32-10): the same values for the same (seed, stream), anywhere. seed, stream: integers in [0, 2^53). */
  randomUniform(out: FloatArray, seed: number, stream: number, low: number, high: number): void
  randomNormal(out: FloatArray, seed: number, stream: number, mean: number, std: number): void
  /** out = a random permutation of 0 … out.length − 1 */
  randomPermutation(out: Int32Array, seed: number, stream: number): void
  /** out[i, :] = scale·x[rows[start + i], :] for i < count; x is [rows, cols] of any listed type. Throws OUT_OF_RANGE for a bad row. */
  gatherRows(
    x: FloatArray | Uint8Array,
    cols: number,
    rows: Int32Array,
    start: number,
    count: number,
    scale: number,
    out: FloatArray,
  ): void
}
