// Parallel: branches that all read one input; their outputs are joined.
import { describe, oneOf, options } from '../checks.js'
import { ArgumentError, ShapeError } from '../errors.js'
import { type BackwardOptions, BuiltinGate, formText, type Gate, type Value } from '../gates/gate.js'
import { addGradients } from '../gates/ops.js'
import { Concat } from '../gates/parts.js'
import type { DType } from '../tensor/dtype.js'
import { sameShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { Model, type TraceStep } from './model.js'
import { checkDistinct, inferGate, inputDTypeOf } from './sequential.js'
import { inputsOf, widthAfter } from './widths.js'

/** How branches are joined: side by side along the last axis, or added element by element. */
export type JoinName = 'concat' | 'add'

/** Options of {@link Parallel}. */
export interface ParallelOptions {
  /** Default concat. */
  join?: JoinName
}

/**
 * Branches that all read one input. Their outputs are joined: `concat` along the last axis, or `add`. backward: every
 * branch gets its part of dy, or all of it; dx is the sum of the branches' gradients. Parameters are named `0.…` for the
 * first branch and so on.
 * @example new Parallel([new Sequential(new Linear(8, 4), new ReLU()), new Linear(8, 4)], { join: 'add' })
 */
export class Parallel extends Model {
  /** How the outputs are joined. */
  readonly join: JoinName
  readonly #concat = new Concat({ axis: -1 })

  /** @throws ArgumentError for no branches, for what is no gate, and for layers that belong to another model */
  constructor(branches: readonly Gate[], given?: ParallelOptions) {
    if (!Array.isArray(branches) || branches.length === 0) {
      throw new ArgumentError('Parallel', 'an array of at least one branch', describe(branches))
    }
    checkDistinct('Parallel', branches)
    super(
      'Parallel',
      branches.map((branch, i) => [String(i), branch]),
    )
    const { join = 'concat' } = options('Parallel', given, ['join'])
    this.join = oneOf('Parallel', 'join', join, ['concat', 'add'])
  }

  override get inputs(): number | undefined {
    for (const branch of this.gates) {
      const width = inputsOf([branch])
      if (width !== undefined) return width
    }
    return undefined
  }
  override outputsFor(width: number | undefined): number | undefined {
    const widths = this.gates.map((branch) => widthAfter(branch, width))
    if (this.join === 'add') return widths.find((w) => w !== undefined)
    return widths.reduce((sum, w) => (sum === undefined || w === undefined ? undefined : sum + w), 0)
  }
  override get inputDType(): DType {
    return inputDTypeOf(this.gates[0], this.dtype)
  }

  protected override compute(x: Value): Value {
    const outputs = this.rules.map((branch) => branch.forward(x))
    return this.join === 'add' ? this.#sum(outputs) : this.#concat.forward(...outputs)
  }

  override infer(x: Tensor): Tensor
  override infer(x: Value): Value
  override infer(x: Value): Value {
    return this.#joined(this.rules.map((branch) => inferGate(branch, x)))
  }

  #joined(outputs: readonly Value[]): Value {
    return this.join === 'add' ? this.#sum(outputs) : this.#concat.infer(...outputs)
  }

  #sum(outputs: readonly Value[]): Value {
    return outputs.reduce((sum, y) => {
      const same =
        sum instanceof Tensor && y instanceof Tensor ? sameShape(sum.shape, y.shape) : typeof sum === typeof y
      if (!same) throw new ShapeError(this.name, `branches of one form to add, ${formText(sum)}`, formText(y))
      return addGradients(sum, y)
    })
  }

  protected override derive(dy: Value, _kept: unknown, given: BackwardOptions): Value[] {
    const parts = this.join === 'add' ? this.rules.map(() => dy) : this.#concat.backward(dy)
    let dx: Value | undefined
    for (const [i, branch] of this.rules.entries()) {
      const part = parts[i]!
      const [gradient] = branch instanceof BuiltinGate ? branch.backward(part, given) : branch.backward(part)
      if (gradient !== undefined) dx = dx === undefined ? gradient : sumOfInputs(dx, gradient)
    }
    return given.inputGradient === false || dx === undefined ? [] : [dx]
  }

  override suspend(): () => void {
    const resume = [super.suspend(), this.#concat.suspend()]
    return () => {
      for (const each of resume) each()
    }
  }

  override *trace(x: Value): Generator<TraceStep, void, undefined> {
    const outputs: Value[] = []
    for (const [i, gate] of this.gates.entries()) {
      outputs.push(inferGate(this.rules[i]!, x))
      const last = i + 1 === this.gates.length
      yield { name: this.names[i]!, gate, output: last ? this.#joined(outputs) : outputs[i]! }
    }
  }
}

/** The sum of two gradients of one input; those of integers are 0. */
export function sumOfInputs(a: Value, b: Value): Value {
  return a instanceof Tensor && a.dtype === 'int32' ? a : addGradients(a, b)
}
