// The rules between a gate's forward and its backward: one forward before each backward, an upstream of the output's form,
// and one gradient per input, each of its input's form.
import { describe, shapeText } from '../checks.js'
import { ArgumentError, DTypeError, ShapeError, StateError } from '../errors.js'
import type { DType } from '../tensor/dtype.js'
import { type Shape, sameShape, sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import type { Value } from './gate.js'

/** `[2, 3]` for a tensor, `a number` for a number. */
export function formText(value: unknown): string {
  return value instanceof Tensor ? shapeText(value.shape) : typeof value === 'number' ? 'a number' : describe(value)
}

/** Who is held to the rules; its name is asked for when an error is written. */
export interface Named {
  readonly name: string
}

/**
 * Throws if the memory of a tensor was given away (transferred to another thread, say) since the tensor was made.
 * @param role - what the tensor is to the gate: `input`, `upstream gradient`
 */
export function checkIntact(gate: Named, role: string, x: Tensor): void {
  if (x.data.length !== sizeOf(x.shape)) {
    throw new StateError(gate.name, `${role} ${shapeText(x.shape)} to have its memory`, 'detached memory')
  }
}

/** Shape and element type of a value; a number has neither. Used again for every pass. */
class Form {
  shape: Shape | undefined
  dtype: DType | undefined

  /** Takes the form of `value`, or that of a number for what is no tensor. */
  take(value: unknown): void {
    if (value instanceof Tensor) {
      this.shape = value.shape
      this.dtype = value.dtype
    } else {
      this.shape = undefined
      this.dtype = undefined
    }
  }

  /** Whether `value` has this form. */
  fits(value: unknown): boolean {
    if (typeof value === 'number') return this.shape === undefined
    if (!(value instanceof Tensor) || this.shape === undefined) return false
    return value.dtype === this.dtype && sameShape(value.shape, this.shape)
  }

  /** What to throw for a value that does not fit. */
  mismatch(operation: string, role: string, value: unknown): Error {
    if (value instanceof Tensor && this.shape && sameShape(value.shape, this.shape)) {
      return new DTypeError(operation, `${role} of type ${this.dtype}`, value.dtype)
    }
    const expected = this.shape ? `of shape ${shapeText(this.shape)}` : 'to be a number'
    return new ShapeError(operation, `${role} ${expected}`, formText(value))
  }
}

/** The rules of one gate between its forward and its backward. A pass allocates nothing here. */
export class Contract {
  #inputs: Form[] = []
  #output = new Form()
  #count = 0
  #state: 'new' | 'waiting' | 'used' = 'new'

  /** Notes a forward pass. */
  begin(gate: Named, inputs: readonly unknown[], output: Value): void {
    if (typeof output !== 'number' && !(output instanceof Tensor)) {
      throw new ArgumentError(gate.name, 'forward to return a number or a tensor', describe(output))
    }
    const forms = this.#inputs
    while (forms.length < inputs.length) forms.push(new Form())
    for (let i = 0; i < inputs.length; i++) forms[i]!.take(inputs[i])
    this.#count = inputs.length
    this.#output.take(output)
    this.#state = 'waiting'
  }

  /** Throws unless a forward pass waits for its backward, and the upstream gradient has its output's form. */
  checkUpstream(gate: Named, upstream: unknown): void {
    if (this.#state !== 'waiting') {
      const got = this.#state === 'used' ? 'backward a second time' : 'backward first'
      throw new StateError(gate.name, 'forward before backward', got)
    }
    if (!this.#output.fits(upstream)) throw this.#output.mismatch(gate.name, 'upstream gradient', upstream)
    if (upstream instanceof Tensor) checkIntact(gate, 'upstream gradient', upstream)
  }

  /** Ends the pass: throws unless there is one gradient per input, each of its input's form. */
  end(gate: Named, gradients: readonly unknown[], inputGradient: boolean | undefined): void {
    this.#state = 'used'
    if (inputGradient === false) return
    const count = this.#count
    if (!Array.isArray(gradients) || gradients.length !== count) {
      const got = Array.isArray(gradients) ? `${gradients.length} of them` : formText(gradients)
      const wanted = count === 1 ? 'an array of one gradient' : `an array of ${count} gradients, one per input`
      throw new ShapeError(gate.name, `backward to return ${wanted}`, got)
    }
    for (let i = 0; i < count; i++) {
      const form = this.#inputs[i]!
      if (!form.fits(gradients[i])) throw form.mismatch(gate.name, `gradient ${i}`, gradients[i])
    }
  }

  /** Sets a pass aside; the function returned puts it back. */
  suspend(): () => void {
    const [inputs, output, count, state] = [this.#inputs, this.#output, this.#count, this.#state]
    this.#inputs = []
    this.#output = new Form()
    this.#count = 0
    this.#state = 'new'
    return () => {
      this.#inputs = inputs
      this.#output = output
      this.#count = count
      this.#state = state
    }
  }
}
