// Elementwise gates of one input, y = f(x): all of them are rows of the addon's table, run here on numbers and tensors.

import { native } from '../native/load.js'
import type { UnaryOp } from '../native/unary.js'
import { unaryOp } from '../native/unary.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import { ElementGate } from './element-gate.js'
import type { Value } from './gate.js'

// Numbers pass through the same kernels as arrays of one element.
const one = { x: new Float64Array(1), y: new Float64Array(1), z: new Float64Array(1) }

/**
 * Base of the elementwise gates. Input and output have one shape; `forward` keeps the input or the output, whichever the
 * derivative is made of; dx = dy·f'.
 */
export abstract class ElementwiseGate extends ElementGate<Value> {
  /** The row of the addon's table. */
  readonly op: UnaryOp
  /** The constants of f. */
  readonly constants: readonly [number, number]

  /** @param op - name of the row; @param constants - its constants, as many as the row takes */
  protected constructor(op: string, ...constants: number[]) {
    super()
    this.op = unaryOp(op, constants.length)
    this.constants = [constants[0] ?? 0, constants[1] ?? 0]
  }

  protected override compute(x: Value): Value {
    let y: Value
    if (typeof x === 'number') {
      one.x[0] = x
      native().unaryForward(this.op.index, one.x, one.y, this.constants[0], this.constants[1])
      y = one.y[0]!
    } else {
      const out = allocate(x.dtype as FloatDType, x.data.length)
      native().unaryForward(this.op.index, x.data as FloatArray, out, this.constants[0], this.constants[1])
      y = new Tensor(out, x.shape)
    }
    this.kept = this.op.keeps === 'input' ? x : this.op.keeps === 'output' ? y : undefined
    return y
  }

  protected override derive(dy: Value, kept: Value | undefined): Value[] {
    if (typeof dy === 'number') {
      one.x[0] = typeof kept === 'number' ? kept : 0
      one.y[0] = dy
      native().unaryBackward(this.op.index, one.x, one.y, one.z, this.constants[0], this.constants[1])
      return [one.z[0]!]
    }
    const upstream = dy.data as FloatArray
    const dx = allocate(dy.dtype as FloatDType, upstream.length)
    const what = kept instanceof Tensor ? (kept.data as FloatArray) : upstream
    native().unaryBackward(this.op.index, what, upstream, dx, this.constants[0], this.constants[1])
    return [new Tensor(dx, dy.shape)]
  }

  /**
   * @internal Takes over a forward pass that another gate computed for it in one sweep.
   * @param x - the input, or the output where the input was not stored (the gate does not keep it then)
   */
  resume(x: Tensor, y: Tensor): void {
    this.kept = this.op.keeps === 'input' ? x : this.op.keeps === 'output' ? y : undefined
    this.begin([x], y)
  }
}
