// Predictions of a model: through its compiled forward pass where it has one, else gate by gate.
import { describe } from '../checks.js'
import { ShapeError } from '../errors.js'
import { formText, type Value } from '../gates/gate.js'
import { type NestedInput, tensor } from '../tensor/create.js'
import { allocate, dtypeOf, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import type { Model } from './model.js'
import { type Predictor, predictorOf } from './predictor.js'

/** Rows that a model can predict for: a tensor, nested arrays, or a flat typed array of whole rows. */
export type PredictInput = Tensor | readonly NestedInput[] | ArrayLike<number>

// Gate by gate, this many rows at a time: enough for the kernels' full speed, little enough to stay in the cache.
const PREDICT_ROWS = 512

/** What stands behind `predict`, `predictSync` and `predictInto` of one model. */
export class Prediction {
  readonly #model: Model
  #predictor: Predictor | null | undefined

  constructor(model: Model) {
    this.#model = model
  }

  /** [batch, outputs] or [outputs], off this thread where the model is compiled. */
  async predict(x: PredictInput): Promise<Tensor> {
    const input = this.#inputTensor(x)
    const predictor = this.#compiledFor(input)
    if (!predictor) return joined(input, await this.#blocks(input))
    return outputTensor(input, await predictor.predict(input.data as FloatArray), predictor.outputs)
  }

  /** The same at once. */
  predictSync(x: PredictInput): Tensor {
    const input = this.#inputTensor(x)
    const predictor = this.#compiledFor(input)
    if (!predictor)
      return joined(
        input,
        Array.from(rowBlocks(input), (rows) => this.#rowsOut(rows)),
      )
    const out = allocate(this.#model.dtype, (input.size / predictor.inputs) * predictor.outputs)
    predictor.predictSync(input.data as FloatArray, out)
    return outputTensor(input, out, predictor.outputs)
  }

  /** The same into `out`, without allocation where the model is compiled and both arrays have its element type. */
  predictInto(row: FloatArray | Int32Array, out: FloatArray): void {
    const predictor = this.#compiled()
    if (predictor && fits(row, out, predictor, this.#model.dtype)) {
      predictor.predictSync(row as FloatArray, out)
      return
    }
    const result = this.predictSync(row).data
    if (out?.length !== result.length)
      throw new ShapeError('predictInto', `out of ${result.length} elements`, describe(out))
    out.set(result)
  }

  // Made anew when the parameters have moved.
  #compiled(): Predictor | null {
    if (this.#predictor === undefined || this.#predictor?.current === false) {
      this.#predictor = predictorOf(this.#model) ?? null
    }
    return this.#predictor
  }

  // Only for inputs of the right form: the gates say best what is wrong with others.
  #compiledFor(x: Tensor): Predictor | null {
    const predictor = this.#compiled()
    if (!predictor || x.dtype !== this.#model.dtype || x.size === 0) return null
    return x.rank >= 1 && x.rank <= 2 && x.shape[x.rank - 1] === predictor.inputs ? predictor : null
  }

  async #blocks(input: Tensor): Promise<Tensor[]> {
    const parts: Tensor[] = []
    for (const rows of rowBlocks(input)) {
      if (parts.length > 0) await new Promise((resume) => setImmediate(resume))
      parts.push(this.#rowsOut(rows))
    }
    return parts
  }

  #rowsOut(x: Tensor): Tensor {
    const y = this.#model.infer(x) as Value
    if (y instanceof Tensor) return y
    throw new ShapeError('predict', 'a network whose output is a tensor', formText(y))
  }

  #inputTensor(x: PredictInput): Tensor {
    const { inputs, inputDType } = this.#model
    const given = x instanceof Tensor ? x : tensor(x as NestedInput[], dtypeOf(x) ? {} : { dtype: inputDType })
    const typed = given.dtype === inputDType ? given : given.astype(inputDType)
    const flat = inputs !== undefined && typed.rank === 1 && typed.size !== inputs && typed.size % inputs === 0
    return flat ? typed.reshape(typed.size / inputs, inputs) : typed
  }
}

function fits(row: unknown, out: unknown, { inputs, outputs }: Predictor, dtype: FloatDType): boolean {
  const kind = dtype === 'float64' ? Float64Array : Float32Array
  if (!(row instanceof kind) || !(out instanceof kind)) return false
  return row.length > 0 && row.length % inputs === 0 && row.length * outputs === out.length * inputs
}

function outputTensor(input: Tensor, out: FloatArray, outputs: number): Tensor {
  return new Tensor(out, Object.freeze(input.rank === 1 ? [outputs] : [input.shape[0]!, outputs]))
}

function* rowBlocks(x: Tensor): Generator<Tensor> {
  const rows = x.rank > 1 ? x.shape[0]! : 0
  if (rows <= PREDICT_ROWS) yield x
  else for (let i = 0; i < rows; i += PREDICT_ROWS) yield x.rows(i, Math.min(rows, i + PREDICT_ROWS))
}

function joined(input: Tensor, parts: readonly Tensor[]): Tensor {
  const [first] = parts as [Tensor]
  if (parts.length === 1) return first
  const width = first.size / first.shape[0]!
  const out = allocate(first.dtype as FloatDType, input.shape[0]! * width)
  let offset = 0
  for (const part of parts) {
    out.set(part.data, offset)
    offset += part.data.length
  }
  return new Tensor(out, Object.freeze([input.shape[0]!, ...first.shape.slice(1)]))
}
