// Predictions through compiled plans; gives them to every network that can be lowered.
import type { NativePlan } from '../native/addon.js'
import { translated } from '../native/load.js'
import type { Model } from '../nn/model.js'
import type { ParameterBlock } from '../nn/parameters.js'
import { type Predictor, usePredictors } from '../nn/predictor.js'
import type { FloatArray } from '../tensor/dtype.js'
import { lower } from './lower.js'
import { buildPlan } from './plan.js'

// Rows that a plan takes at a time: enough for the kernels' full speed, little enough for the caches. A plan of its own
// serves the calls on this thread, which so never wait for a long prediction.
const ROWS = 512
const SYNC_ROWS = 128

/** {@link Predictor} over two plans, made when they are first needed. */
class PlanPredictor implements Predictor {
  readonly inputs: number
  readonly outputs: number
  readonly #model: Model
  readonly #block: ParameterBlock
  #background: NativePlan | undefined
  #sync: NativePlan

  constructor(model: Model, sync: NativePlan, inputs: number, outputs: number) {
    this.#model = model
    this.#block = model.block
    this.#sync = sync
    this.inputs = inputs
    this.outputs = outputs
  }

  get current(): boolean {
    return this.#block.current
  }

  async predict(x: FloatArray): Promise<FloatArray> {
    this.#background ??= buildPlan(
      'predict',
      lower(this.#model, { rowShape: [this.inputs], batch: ROWS })!,
      this.#block,
    )
    try {
      return await this.#background.predict(x)
    } catch (error) {
      throw translated('predict', error)
    }
  }

  predictSync(x: FloatArray, y: FloatArray): void {
    this.#sync.predictSync(x, y)
  }
}

usePredictors((model) => {
  const { inputs } = model
  const description = inputs === undefined ? undefined : lower(model, { rowShape: [inputs], batch: SYNC_ROWS })
  if (!description) return undefined
  const { block } = model
  const plan = buildPlan('predict', description, block)
  return new PlanPredictor(model, plan, description.widths[0]!, description.widths.at(-1)!)
})
