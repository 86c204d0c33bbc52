// The typed face of the native addon: one signature per exported function. The only list of them on this side, with layers.ts.
import type { LayerFunctions } from './layers.js'
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
export interface Addon extends LayerFunctions {
  /**
   * `parameters` are the model's; `buffers` what batch norm keeps; `counters` (a Float64Array) count what dropout has drawn.
   * All lie in SharedArrayBuffers, and the plan keeps them.
   */
  readonly NativePlan: new (
    description: PlanDescription,
    parameters: FloatArray,
    buffers?: readonly FloatArray[],
    counters?: Float64Array,
  ) => NativePlan
  info(): NativeInfo
  /** Threads of the process-wide pool (1 to 256). */
  setThreads(threads: number): void
  /** Tells the garbage collector of the memory under an array over a SharedArrayBuffer, until that is collected. */
  countMemory(x: FloatArray): void
  /** Where an array begins in memory, modulo `modulus`, a number from 1 on. */
  address(x: FloatArray, modulus: number): number
  /** CRC-32 as in ZIP files of bytes, going on from the checksum `start` of those before them. */
  crc32(bytes: Uint8Array, start: number): number
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

  softmaxForward(cols: number, x: FloatArray, y: FloatArray): void
  softmaxBackward(cols: number, y: FloatArray, dy: FloatArray, dx: FloatArray): void
  logSoftmaxForward(cols: number, x: FloatArray, y: FloatArray): void
  logSoftmaxBackward(cols: number, y: FloatArray, dy: FloatArray, dx: FloatArray): void
  /**
   * Softmax cross-entropy of logits[rows, cols] in one sweep: dx = scale·(softmax − onehot) unless null; returns the sum
   * of the rows' losses. A label outside [0, cols) throws an Error with `code` 'OUT_OF_RANGE', `where` its row, `value` the label.
   */
  crossEntropy(cols: number, x: FloatArray, labels: Int32Array, scale: number, dx: FloatArray | null): number
  /** Returns Σ (x − target)²; dx = scale·(x − target) unless null. */
  squaredError(x: FloatArray, target: FloatArray, scale: number, dx: FloatArray | null): number

  /**
   * to[i] = from[i] for all i at once: no prediction or update of the model with these parameters, on whatever thread, runs
   * meanwhile (`update`), or no update (otherwise). Pairs have one type and length. Without `wait` it is false, and nothing
   * happens, where an update would have to wait for others.
   */
  copyTogether(
    parameters: FloatArray,
    to: readonly FloatArray[],
    from: readonly FloatArray[],
    update: boolean,
    wait: boolean,
  ): boolean

  /**
   * Calls a function that updates the model with these parameters: no prediction or update of it on another thread runs
   * meanwhile. On this thread, the function may predict and update.
   */
  updateTogether(parameters: FloatArray, update: () => void): void

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
