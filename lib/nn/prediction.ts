// Predictions of a model: through its compiled forward pass where it has one, else gate by gate.
import { describe } from '../checks.js'
import { ArgumentError, ShapeError } from '../errors.js'
import { formText, type Value } from '../gates/gate.js'
import { type NestedInput, tensor } from '../tensor/create.js'
import { allocate, type DType, dtypeOf, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { type Shape, sameShape } from '../tensor/shape.js'
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
  #predictor: Predictor | undefined
  // The row shape that could not be compiled: not tried again.
  #refused: Shape | undefined

  constructor(model: Model) {
    this.#model = model
  }

  /** [batch, outputs] or [outputs], off this thread where the model is compiled. */
  async predict(x: PredictInput): Promise<Tensor> {
    const input = this.#inputTensor(x)
    const predictor = this.#compiledFor(input)
    if (!predictor) return joined(input, await this.#blocks(input))
    return outputTensor(input, await predictor.predict(input.data), predictor)
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
    predictor.predictSync(input.data, out)
    return outputTensor(input, out, predictor)
  }

  /** The same into `out`, without allocation where the model is compiled and both arrays have its element type. */
  predictInto(row: FloatArray | Int32Array, out: FloatArray): void {
    const { inputs } = this.#model
    const predictor = inputs === undefined ? undefined : this.#flat(inputs)
    if (predictor && fits(row, out, predictor, this.#model)) {
      predictor.predictSync(row, out)
      return
    }
    if (!isOf('float32', out) && !isOf('float64', out)) {
      throw new ArgumentError('predictInto', 'out to be a Float32Array or Float64Array', describe(out))
    }
    const result = this.predictSync(row).data
    if (out.length !== result.length)
      throw new ShapeError('predictInto', `out of ${result.length} elements`, describe(out))
    out.set(result)
  }

  // For rows that are vectors; without a new array for the shape where nothing has changed.
  #flat(inputs: number): Predictor | undefined {
    const known = this.#predictor
    const usable = known?.current && known.rowShape.length === 1 && known.inputs === inputs
    return usable ? known : this.#compiled([inputs])
  }

  // Made anew when the parameters have moved or rows have another shape.
  #compiled(rowShape: Shape): Predictor | undefined {
    if (this.#predictor?.current && sameShape(this.#predictor.rowShape, rowShape)) return this.#predictor
    if (this.#refused && sameShape(this.#refused, rowShape)) return undefined
    const made = predictorOf(this.#model, rowShape)
    if (made) this.#predictor = made
    else this.#refused = rowShape
    return made
  }

  // Only for inputs of the right form: the gates say best what is wrong with others.
  #compiledFor(x: Tensor): Predictor | undefined {
    const { inputs, inputDType } = this.#model
    if (x.dtype !== inputDType || x.size === 0 || x.rank === 0) return undefined
    if (x.rank > 1) return this.#compiled(x.shape.slice(1))
    if (inputs === undefined) return inputDType === 'int32' ? this.#compiled([]) : undefined
    return x.size === inputs ? this.#flat(inputs) : undefined
  }

  // The event loop runs between blocks. Where the parameters have changed meanwhile all begins anew, and the third time in one go.
  async #blocks(input: Tensor): Promise<Tensor[]> {
    for (let tries = 0; ; tries++) {
      const { version } = this.#model.block
      const parts: Tensor[] = []
      for (const rows of rowBlocks(input)) {
        if (parts.length > 0 && tries < 2) await new Promise((resume) => setImmediate(resume))
        if (this.#model.block.version !== version) break
        parts.push(this.#rowsOut(rows))
      }
      if (this.#model.block.version === version) return parts
    }
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

function fits(row: unknown, out: unknown, { inputs, outputs }: Predictor, { dtype, inputDType }: Model): boolean {
  if (!isOf(inputDType, row) || !isOf(dtype, out)) return false
  return row.length > 0 && row.length % inputs === 0 && row.length * outputs === out.length * inputs
}

function isOf(dtype: DType, data: unknown): data is FloatArray | Int32Array {
  return data instanceof (dtype === 'float64' ? Float64Array : dtype === 'float32' ? Float32Array : Int32Array)
}

function outputTensor(input: Tensor, out: FloatArray, { inputs, outputShape }: Predictor): Tensor {
  const single = input.rank === 1 && input.size === inputs && input.dtype !== 'int32'
  return new Tensor(out, Object.freeze(single ? [...outputShape] : [input.size / inputs, ...outputShape]))
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
