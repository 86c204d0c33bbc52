// Residual: gates in a row with a shortcut around them.
import { ArgumentError, ShapeError } from '../errors.js'
import { type BackwardOptions, formText, type Gate, type Value } from '../gates/gate.js'
import { addGradients } from '../gates/ops.js'
import { sameShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { Model, type TraceStep } from './model.js'
import { backChain, checkDistinct, inferChain, inferGate, runChain } from './sequential.js'
import { inputsOf, widthAfterAll } from './widths.js'

/**
 * y = x + F(x), F being gates in a row whose output has their input's shape (He et al. 2016). backward: dx = dy + the
 * gradient through F. Parameters are named as in Sequential: `0.weight` … Where the shortcut needs a gate of its own, to
 * another width, use Parallel with `join: 'add'`.
 * @example new Residual(new Linear(64, 64), new ReLU(), new Linear(64, 64))
 */
export class Residual extends Model {
  /** @throws ArgumentError for no gates, for what is no gate, and for layers that belong to another model */
  constructor(...gates: Gate[]) {
    if (gates.length === 0) throw new ArgumentError('Residual', 'at least one gate', 'none')
    checkDistinct('Residual', gates)
    super(
      'Residual',
      gates.map((gate, i) => [String(i), gate]),
    )
  }

  override get inputs(): number | undefined {
    return inputsOf(this.gates) ?? widthAfterAll(this.gates, undefined)
  }
  override outputsFor(width: number | undefined): number | undefined {
    return widthAfterAll(this.gates, width) ?? width
  }

  protected override compute(x: Value): Value {
    return this.#sum(runChain(this.rules, x), x)
  }

  override infer(x: Tensor): Tensor
  override infer(x: Value): Value
  override infer(x: Value): Value {
    return this.#sum(inferChain(this.rules, x), x)
  }

  #sum(y: Value, x: Value): Value {
    const same = y instanceof Tensor && x instanceof Tensor ? sameShape(y.shape, x.shape) : typeof y === typeof x
    if (!same) throw new ShapeError(this.name, `gates that give the form of their input, ${formText(x)}`, formText(y))
    return addGradients(y, x)
  }

  protected override derive(dy: Value, _kept: unknown, given: BackwardOptions): Value[] {
    const [dx] = backChain(this.rules, dy, given)
    return dx === undefined || given.inputGradient === false ? [] : [addGradients(dy, dx)]
  }

  override *trace(x: Value): Generator<TraceStep, void, undefined> {
    let output = x
    for (const [i, gate] of this.gates.entries()) {
      output = inferGate(this.rules[i]!, output)
      yield { name: this.names[i]!, gate, output: i + 1 < this.gates.length ? output : this.#sum(output, x) }
    }
  }
}
