// TargetScaler: values to predict, brought to mean 0 and standard deviation 1, and predictions back.
import { boolean, describe, options } from '../../checks.js'
import { ArgumentError, FormatError, NonFiniteError, ShapeError, StateError } from '../../errors.js'
import type { Json } from '../../io/json.js'
import type { Tensor } from '../../tensor/tensor.js'
import { type Fields, VERSION } from './fields.js'
import { finiteOf, isConstant, type Matrix, mapped, matrixOf, momentsOf, type NumericInput } from './matrix.js'
import type { Transform } from './transform.js'

/** Options of {@link TargetScaler}. */
export interface TargetScalerOptions {
  /** Whether log(1 + y) is scaled: for amounts and counts, which are ≥ 0 and of many sizes. Default false. */
  log?: boolean
}

/** One line for all targets: (y − mean)/deviation, of log(1 + y) on wish. Targets are finite; equal ones have deviation 1. */
export class TargetScaler implements Transform {
  readonly name = 'TargetScaler'
  readonly log: boolean
  #line: { readonly mean: number; readonly deviation: number } | undefined

  constructor(given?: TargetScalerOptions) {
    const { log = false } = options('TargetScaler', given, ['log'])
    this.log = boolean('TargetScaler', 'log', log)
  }

  /** Learns from these targets, and forgets what it knew. Returns this. */
  fit(y: NumericInput): this {
    const matrix = this.#checked(y)
    if (matrix.data.length === 0) throw new ShapeError(this.name, 'at least one target', 'none')
    const values = finiteOf({ ...matrix, rows: matrix.data.length, columns: 1 }, 0)
    if (this.log) for (let i = 0; i < values.length; i++) values[i] = Math.log1p(values[i]!)
    const moments = momentsOf(values)
    this.#line = { mean: moments.mean, deviation: isConstant(moments, values.length) ? 1 : moments.deviation }
    return this
  }

  get #state(): { readonly mean: number; readonly deviation: number } {
    if (this.#line !== undefined) return this.#line
    throw new StateError(this.name, 'fit before transform, inverse and toJSON', 'a transform that has learned nothing')
  }

  get mean(): number {
    return this.#state.mean
  }
  get deviation(): number {
    return this.#state.deviation
  }

  transform(y: NumericInput): Tensor {
    const { mean, deviation } = this.#state
    return mapped(this.#checked(y), (value) => ((this.log ? Math.log1p(value) : value) - mean) / deviation)
  }

  /** {@link fit} and {@link transform} of the same targets. */
  fitTransform(y: NumericInput): Tensor {
    return this.fit(y).transform(y)
  }

  /** What predictions are in the units of the targets. */
  inverse(y: NumericInput): Tensor {
    const { mean, deviation } = this.#state
    return mapped(matrixOf(this.name, y), (value) => {
      const scaled = value * deviation + mean
      return this.log ? Math.expm1(scaled) : scaled
    })
  }

  #checked(y: NumericInput): Matrix {
    const matrix = matrixOf(this.name, y)
    for (let i = 0; i < matrix.data.length; i++) {
      const value = matrix.data[i]!
      if (Number.isFinite(value) && !(this.log && value < 0)) continue
      const place = `${describe(value)} in row ${Math.floor(i / matrix.columns)}`
      if (!Number.isFinite(value)) throw new NonFiniteError(this.name, 'finite targets', place)
      throw new ArgumentError(this.name, 'targets ≥ 0 for log', place)
    }
    return matrix
  }

  toJSON(): Json {
    const { name, log, mean, deviation } = this
    return { transform: name, version: VERSION, log, mean, deviation }
  }

  /** @internal */
  static restored(fields: Fields): TargetScaler {
    const made = new TargetScaler({ log: fields.boolean('log') })
    const deviation = fields.number('deviation')
    if (deviation <= 0) throw new FormatError('TargetScaler', 'a deviation > 0', String(deviation))
    made.#line = { mean: fields.number('mean'), deviation }
    return made
  }
}
