// The typed face of native plans: a network as it is compiled, and what a compiled one can do.
import type { FloatArray } from '../tensor/dtype.js'

/**
 * One forward op of a plan: value y from the values x; `weight`, `bias`: offsets in elements into the flat parameter vector.
 * `frozen`: its parameters get no gradient.
 */
export type PlanOp = { x: number[]; y: number; frozen?: boolean } & (
  | { kind: 'linear'; weight: number; weightLength: number; bias?: number }
  | { kind: 'unary'; op: number; p0: number; p1: number }
  | { kind: 'prelu'; weight: number; weightLength: number }
  | { kind: 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'minimum' | 'power' | 'concat' }
  /** Each `extent` neighbours of a row by themselves; default all. */
  | { kind: 'softmax' | 'logSoftmax'; extent?: number }
  /** x ∘ c, or c ∘ x (`column` 0 or 1: which is bound); `op` as in `binary` of the addon, or one more for x^y. */
  | ({ kind: 'bound'; op: number; column: 0 | 1 } & PlanNumbers)
  /** A value without inputs: the same numbers for every row. */
  | ({ kind: 'constant' } & PlanNumbers)
  /** Rows made of pieces of the inputs: input, first element, length, step; four numbers for each. */
  | { kind: 'rearrange'; pieces: number[] }
  /** Σ, max or min (`op` 0 to 2) of each `extent` elements of a row that lie `inner` apart; sums are divided by p0. */
  | { kind: 'reduce'; op: number; extent: number; inner: number; p0: number }
  /** [m, k]·[k, n] with k = `extent`, n = `inner`: stacks of both in a row, or `column` of the two (0 or 1) bound. */
  | { kind: 'matmul'; extent: number; inner: number }
  | ({ kind: 'matmul'; extent: number; inner: number; column: 0 | 1 } & PlanNumbers)
  /** gamma, beta, epsilon; `extent` as above */
  | { kind: 'layerNorm'; extent?: number; weight?: number; weightLength?: number; bias?: number; p0: number }
  /** also momentum, and the number of the running mean's buffer; the variance's is the next. `running`: takes these in training, too. */
  | {
      kind: 'batchNorm'
      extent?: number
      weight?: number
      weightLength?: number
      bias?: number
      p0: number
      p1: number
      buffer: number
      running?: boolean
    }
  /** p, and the number of the counter that tells where the next mask begins. */
  | { kind: 'dropout'; p0: number; seed: number; stream: number; counter: number }
  /** Reads value 0 as indices. `padding`: an entry that is not trained. */
  | { kind: 'embedding'; weight: number; weightLength: number; padding?: number }
  /** The columns of x from `column` on, as many as y is wide. */
  | { kind: 'columns'; column: number }
  /** Reads a column of x, which holds whole numbers, as indices. */
  | { kind: 'lookup'; column: number; weight: number; weightLength: number }
)

/** Numbers of an op that are the same for every row: in the parameters, or in a buffer. */
export interface PlanNumbers {
  weightLength: number
  weight?: number
  buffer?: number
}

/** What a loss can be told. */
export interface PlanLossOptions {
  /** The sum of the losses, not their mean. */
  sum?: boolean
  /** element: as how many its elements a row counts where the mean divides, default all; number of the function (see `elementLoss`). */
  units?: number
  element?: number
  /** Of that function; cosine: the least length. */
  parameter?: number
  /** Cross-entropy: as in the addon's functions. */
  smoothing?: number
  ignore?: number
  /** One per class; element: for binary cross-entropy one weight of positive targets per column. */
  classWeights?: number[]
}

/** A network to compile: op i makes value i + 1 (value 0 is the input), `widths[v]` is the elements per row of value v. */
export interface PlanDescription {
  float64: boolean
  /** The most rows of one batch. */
  batch: number
  widths: number[]
  ops: PlanOp[]
  /** 'none' for a plan that only predicts. */
  loss:
    | 'none'
    | 'crossEntropy'
    | 'squaredError'
    | 'weightedCrossEntropy'
    | 'softCrossEntropy'
    | 'element'
    | 'negativeLogLikelihood'
    | 'cosine'
  lossOptions?: PlanLossOptions
  /** Length of the flat parameter vector. */
  parameters: number
  /** Whether the input are indices. */
  integers: boolean
}

/** What a plan tells about itself. */
export interface PlanReport {
  /** The ops after fusion. `activation` is the fused elementwise op or −1; flops are per row, bytes for a whole batch. */
  readonly ops: readonly {
    readonly kind: PlanOp['kind']
    readonly activation: number
    readonly width: number
    readonly parameters: number
    readonly flops: number
    readonly bytes: number
  }[]
  /** Memory of values and gradients; it is shared by what does not live at one time. */
  readonly arenaBytes: number
  readonly stagingBytes: number
}

/** A compiled network over a model's parameters. Training, evaluation and `predict` run on the library's own threads. */
export interface NativePlan {
  /**
   * Copies the rows `rows[start … start + count)` of x and y into a staging slot (0 or 1), x multiplied by `scale`. y holds
   * labels (Int32Array or Uint8Array) for cross-entropy, else targets. `weights`: one per row of x. Throws OUT_OF_RANGE for a
   * bad row, label or index, and refuses a slot that a training or evaluation still reads.
   */
  stage(
    slot: number,
    x: FloatArray | Int32Array | Uint8Array,
    y: FloatArray | Int32Array | Uint8Array,
    rows: Int32Array,
    start: number,
    count: number,
    scale: number,
    weights?: FloatArray | null,
  ): void
  /**
   * Trains on a staged slot in batches, after what was asked for before; `step` (from 1) is the number of the first. Resolves
   * to [mean loss, correct rows, rows] for each batch that was run: fewer than staged after `stop()`, or when the last one's
   * loss is not finite (that batch then changed nothing, and the plan is stopped). `rule`, `options` and
   * states are those of `optimize` of the addon; `ends` cuts the vectors into ranges with options of their own (one range where
   * it is missing). `options` [batch, range, rule's options]: of the first batches, of which the last stays. `clip` [value, norm]:
   * see clipGradients of the addon. Gradients, states and averages lie in SharedArrayBuffers.
   *
   * `rule` −1 only computes gradients. A negative end −e: the range up to e stays as it is. `bounds` [offset, rows, cols, norm] …:
   * after each update the rows of these matrices are no longer than norm. `average` then becomes a running mean of the
   * parameters, `averaging` [weight of the new ones, whether the first are taken as they are]. `groups` makes updates of several
   * batches: [whether gradients of earlier ones wait, by batch: what the sum of all that wait is divided by for an update, or 0
   * for none]; the gradient of a mean then counts by the rows, or by their weights.
   */
  train(
    slot: number,
    gradients: FloatArray,
    state0: FloatArray | null,
    state1: FloatArray | null,
    state2: FloatArray | null,
    rule: number,
    options: Float64Array,
    step: number,
    ends?: Float64Array | null,
    clip?: Float64Array | null,
    bounds?: Float64Array | null,
    average?: FloatArray | null,
    averaging?: Float64Array | null,
    groups?: Float64Array | null,
  ): Promise<Float64Array>
  /** The same numbers for a staged slot, without changing anything. */
  evaluate(slot: number): Promise<Float64Array>
  /** Resolves to a new array [rows, outputs]. x is copied before the call returns. */
  predict(x: FloatArray | Int32Array): Promise<FloatArray>
  /** y = network(x), on this thread, without allocation. */
  predictSync(x: FloatArray | Int32Array, y: FloatArray): void
  /**
   * Ends trainings and evaluations that run or wait, the running one before its next op, so that its batch changes no parameter;
   * new ones do nothing until `resume()`.
   */
  stop(): void
  resume(): void
  describe(): PlanReport
}
