// How a network gets a compiled forward pass from the rank above: the compiler announces itself here.
import type { FloatArray } from '../tensor/dtype.js'
import type { Model } from './model.js'

/** The forward pass of a network, compiled. It follows the parameters, wherever they change. */
export interface Predictor {
  /** Numbers per row. */
  readonly inputs: number
  readonly outputs: number
  /** Whether the network's parameters still lie where they lay when this was made. */
  readonly current: boolean
  /** Off this thread. @param x - whole rows; copied before the call returns */
  predict(x: FloatArray): Promise<FloatArray>
  /** On this thread, without allocation. @param x - whole rows; @param y - as many, overwritten */
  predictSync(x: FloatArray, y: FloatArray): void
}

/** Makes the predictor of a network, or none where it cannot be compiled. */
export type PredictorMaker = (model: Model) => Predictor | undefined

let maker: PredictorMaker | undefined

/** @internal */
export function usePredictors(make: PredictorMaker): void {
  maker = make
}

/** @internal */
export function predictorOf(model: Model): Predictor | undefined {
  return maker?.(model)
}
