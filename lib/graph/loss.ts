// A loss as a gate of a graph: its targets are fixed, its prediction is the input.
import { describe } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { BuiltinGate, gateName, isGate, type Value } from '../gates/gate.js'

/** A loss, built-in or a user's own, as graphs see it. */
export interface GraphLoss {
  readonly name?: string
  forward(prediction: never, ...targets: never[]): Value
  backward(upstream?: never): readonly Value[]
}

interface AnyLoss {
  forward(prediction: Value, ...targets: unknown[]): Value
  backward(upstream: Value): readonly Value[]
}

/** A loss for fixed targets. Keeps the prediction; backward runs the loss forward again, so one loss may serve many graphs. */
export class LossGate extends BuiltinGate<Value> {
  readonly #loss: AnyLoss
  readonly #targets: readonly unknown[]

  /** @param targets - what the loss's forward takes behind the prediction */
  constructor(loss: GraphLoss, targets: readonly unknown[]) {
    super()
    if (!isGate(loss)) throw new ArgumentError('loss', 'a loss with forward and backward', describe(loss))
    this.#loss = loss as AnyLoss
    this.#targets = targets
  }

  override get name(): string {
    return gateName(this.#loss)
  }

  protected override compute(prediction: Value): Value {
    this.kept = prediction
    return this.#loss.forward(prediction, ...this.#targets)
  }

  protected override derive(dy: Value, prediction: Value): Value[] {
    this.#loss.forward(prediction, ...this.#targets)
    return [this.#loss.backward(dy)[0]!]
  }
}
