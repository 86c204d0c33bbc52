// How a network gets a compiled forward pass from the rank above: the compiler announces itself here.
import type { FloatArray } from '../tensor/dtype.js'
import type { Shape } from '../tensor/shape.js'
import type { Model } from './model.js'

/** The forward pass of a network, compiled. It follows the parameters, wherever they change. */
export interface Predictor {
  /** Shape of a row of the input. */
  readonly rowShape: Shape
  /** Elements per row. */
  readonly inputs: number
  readonly outputs: number
  /** Shape of a row of the output. */
  readonly outputShape: Shape
  /** Whether the network's parameters still lie where they lay when this was made. */
  readonly current: boolean
  /** Off this thread. @param x - whole rows; copied before the call returns */
  predict(x: FloatArray | Int32Array): Promise<FloatArray>
  /** On this thread, without allocation. @param x - whole rows; @param y - as many, overwritten */
  predictSync(x: FloatArray | Int32Array, y: FloatArray): void
}

/** Makes the predictor of a network for rows of some shape, or none where it cannot be compiled. */
export type PredictorMaker = (model: Model, rowShape: Shape) => Predictor | undefined

let maker: PredictorMaker | undefined

/** @internal */
export function usePredictors(make: PredictorMaker): void {
  maker = make
}

/** @internal */
export function predictorOf(model: Model, rowShape: Shape): Predictor | undefined {
  return maker?.(model, rowShape)
}
