// Predictions through compiled plans; gives them to every network that can be lowered.
import type { Model } from '../nn/model.js'
import type { ParameterBlock } from '../nn/parameters.js'
import { type Predictor, usePredictors } from '../nn/predictor.js'
import type { FloatArray } from '../tensor/dtype.js'
import type { Shape } from '../tensor/shape.js'
import { lower } from './lower.js'
import type { Lowered } from './lowering.js'
import { type BuiltPlan, buildPlan } from './plan.js'

// Rows that a plan takes at a time: enough for the kernels' full speed, little enough for the caches. Plans of their own
// serve the calls on this thread, which so never wait for a long prediction: one for few rows, because its memory is only
// freed once the event loop gets its turn, and one for more.
const ROWS = 512
const SYNC_ROWS = 128
const FEW_ROWS = 8

/** {@link Predictor} over three plans, made when they are first needed. */
class PlanPredictor implements Predictor {
  readonly rowShape: Shape
  readonly inputs: number
  readonly outputs: number
  readonly outputShape: Shape
  readonly #model: Model
  readonly #block: ParameterBlock
  readonly #few: BuiltPlan
  #sync: BuiltPlan | undefined
  #background: BuiltPlan | undefined

  constructor(model: Model, rowShape: Shape, lowered: Lowered) {
    this.rowShape = rowShape
    this.inputs = lowered.description.widths[0]!
    this.outputs = lowered.description.widths.at(-1)!
    this.outputShape = lowered.outputShape
    this.#model = model
    this.#block = model.block
    this.#few = buildPlan('predict', lowered, this.#block)
  }

  get current(): boolean {
    return this.#block.current
  }

  async predict(x: FloatArray | Int32Array): Promise<FloatArray> {
    this.#background ??= this.#made(ROWS)
    const { plan } = this.#background
    try {
      return await plan.predict(x)
    } catch (error) {
      throw this.#background.translated('predict', error)
    }
  }

  #made(batch: number): BuiltPlan {
    const lowered = lower(this.#model, { rowShape: this.rowShape, batch })!
    return buildPlan('predict', lowered, this.#block)
  }

  predictSync(x: FloatArray | Int32Array, y: FloatArray): void {
    const few = x.length <= FEW_ROWS * this.inputs
    if (!few) this.#sync ??= this.#made(SYNC_ROWS)
    const made = few ? this.#few : this.#sync!
    try {
      made.plan.predictSync(x, y)
    } catch (error) {
      throw made.translated('predict', error)
    }
  }
}

usePredictors((model, rowShape) => {
  const lowered = lower(model, { rowShape, batch: FEW_ROWS })
  return lowered && new PlanPredictor(model, rowShape, lowered)
})
