// The one concept: a gate computes forward, keeps what backward needs, and backward returns one gradient per input, each
// of its input's shape. Contract (contract.ts) holds these rules; BuiltinGate and checked() apply them.
import { describe } from '../checks.js'
import { ArgumentError, DTypeError } from '../errors.js'
import { translated } from '../native/load.js'
import { Tensor } from '../tensor/tensor.js'
import { Contract, checkIntact } from './contract.js'
import { watcher } from './watch.js'

export { formText } from './contract.js'

/** What flows through gates: a number (float64) or a tensor. */
export type Value = number | Tensor

/**
 * A gate: built-in, or any object with these two methods. `forward` computes its output and keeps what `backward` needs;
 * `backward` takes the gradient with respect to the output and returns one gradient per input, each of its input's shape.
 */
export interface Gate {
  /** How errors and pictures call this gate. Default: the name of its class. */
  readonly name?: string
  forward(...inputs: Value[]): Value
  backward(upstream: Value): readonly Value[]
}

/** How a network wants its gates' backward to run. Gates without parameters may ignore all of it. */
export interface BackwardOptions {
  /** Add to the parameters' gradients (+=) where otherwise they are overwritten (=). Default false. */
  accumulate?: boolean
  /** Whether the gradients with respect to the inputs are wanted. If false, backward may return []. Default true. */
  inputGradient?: boolean
}

/** How a gate is called in messages. */
export function gateName(gate: object): string {
  if (typeof gate !== 'object' || gate === null) return describe(gate)
  const { name } = gate as { name?: unknown }
  return typeof name === 'string' && name !== '' ? name : gate.constructor?.name || 'gate'
}

/** Whether a value has the two methods of a gate. */
export function isGate(value: unknown): value is Gate {
  const gate = value as Partial<Gate> | null | undefined
  return typeof gate === 'object' && typeof gate?.forward === 'function' && typeof gate.backward === 'function'
}

const noOptions: BackwardOptions = Object.freeze({})

// Other options than these are for gates that know them.
function checkBackwardOptions(gate: Gate, options: BackwardOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new ArgumentError(gateName(gate), 'options of backward to be an object', describe(options))
  }
  const { accumulate = false, inputGradient = true } = options
  if (typeof accumulate !== 'boolean' || typeof inputGradient !== 'boolean') {
    const got = describe(typeof accumulate === 'boolean' ? inputGradient : accumulate)
    throw new ArgumentError(gateName(gate), 'accumulate and inputGradient to be true or false', got)
  }
}

/** Base of the built-in gates: subclasses compute and derive, this class keeps the rules. */
export abstract class BuiltinGate<Kept = undefined> implements Gate {
  readonly #contract = new Contract()
  /** What backward needs; released by backward. */
  protected kept: Kept | undefined

  /** The name of the gate in messages and pictures. */
  get name(): string {
    return this.constructor.name
  }

  /** Computes the output and sets `kept`. */
  protected abstract compute(...inputs: Value[]): Value
  /** One gradient per input; may be [] if `options.inputGradient` is false. */
  protected abstract derive(upstream: Value, kept: Kept, options: BackwardOptions): Value[]

  forward(...inputs: Value[]): Value {
    this.#checkInputs(inputs)
    const output = this.#computed(inputs)
    this.begin(inputs, output)
    return output
  }

  #computed(inputs: Value[]): Value {
    try {
      return this.compute(...inputs)
    } catch (error) {
      throw translated(this.name, error)
    }
  }

  /** The output alone: keeps nothing, and leaves a forward that waits for its backward as it is. */
  infer(...inputs: Value[]): Value {
    this.#checkInputs(inputs)
    const kept = this.kept
    const output = this.#computed(inputs)
    this.kept = kept
    return output
  }

  #checkInputs(inputs: readonly Value[]): void {
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i]
      if (typeof input === 'number') continue
      if (!(input instanceof Tensor)) {
        throw new ArgumentError(this.name, 'inputs to be numbers or tensors', describe(input))
      }
      if (input.dtype === 'int32' && !this.takesIntegers) {
        throw new DTypeError(this.name, 'inputs of type float32 or float64', 'int32')
      }
      checkIntact(this, 'input', input)
    }
  }

  /** Whether int32 tensors may come in: for gates that look something up, and for what is made of gates. */
  protected get takesIntegers(): boolean {
    return false
  }

  /**
   * The gradients with respect to the inputs. Needs a forward before each call.
   * @param upstream - gradient with respect to the output, of the output's shape
   * @throws StateError before forward or a second time, ShapeError for an upstream of another shape
   */
  backward(upstream: Value, options: BackwardOptions = noOptions): Value[] {
    if (options !== noOptions) checkBackwardOptions(this, options)
    this.#contract.checkUpstream(this, upstream)
    let gradients: Value[]
    try {
      gradients = this.derive(upstream, this.kept as Kept, options)
    } catch (error) {
      // What was kept may have lost its memory since forward: the addon refuses it.
      throw translated(this.name, error)
    }
    this.kept = undefined
    this.#contract.end(this, gradients, options.inputGradient)
    watcher()?.backward(this, upstream, gradients)
    return gradients
  }

  /** For a caller that has computed the output by other means, fused with the gate before it. */
  protected begin(inputs: readonly Value[], output: Value): void {
    this.#contract.begin(this, inputs, output)
    watcher()?.forward(this, inputs, output)
  }

  /** @internal Sets aside a forward that waits for its backward; the function returned puts it back. */
  suspend(): () => void {
    const { kept } = this
    const resume = this.#contract.suspend()
    return () => {
      this.kept = kept
      resume()
    }
  }
}

/** Holds a user's gate to the rules; built-in gates hold themselves. */
class CheckedGate implements Gate {
  readonly #contract = new Contract()
  readonly gate: Gate

  constructor(gate: Gate) {
    this.gate = gate
  }

  get name(): string {
    return gateName(this.gate)
  }

  forward(...inputs: Value[]): Value {
    const output = this.gate.forward(...inputs)
    this.#contract.begin(this, inputs, output)
    watcher()?.forward(this.gate, inputs, output)
    return output
  }

  backward(upstream: Value): readonly Value[] {
    this.#contract.checkUpstream(this, upstream)
    const gradients = this.gate.backward(upstream)
    this.#contract.end(this, gradients, true)
    watcher()?.backward(this.gate, upstream, gradients)
    return gradients
  }

  // A user's gate keeps what it needs in properties; those are its state.
  suspend(): () => void {
    const resume = this.#contract.suspend()
    const before = Object.getOwnPropertyDescriptors(this.gate) as PropertyDescriptorMap
    return () => {
      resume()
      for (const key of Reflect.ownKeys(this.gate))
        if (!Object.hasOwn(before, key)) Reflect.deleteProperty(this.gate, key)
      for (const key of Reflect.ownKeys(before)) {
        const { writable, value } = before[key as string]!
        if (writable) Reflect.set(this.gate, key, value)
      }
    }
  }
}

/**
 * Sets aside what gates keep of a forward that waits for its backward, so that they can be used for something else.
 * @param rules - gates as {@link checked} returns them
 * @returns what puts everything back; a user's gate gets the properties back that it had, not the elements of its arrays
 */
export function suspend(...rules: Gate[]): () => void {
  const waiting = rules.map((gate) => (checked(gate) as BuiltinGate | CheckedGate).suspend())
  return () => {
    for (const resume of waiting) resume()
  }
}

/**
 * A gate that is held to the rules: the same gate if built in, else a wrapper that checks order of calls and the shapes of
 * upstream and gradients. Sequential, graphs and the gradient check do this by themselves.
 * @throws ArgumentError for what is no gate
 */
export function checked(gate: Gate): Gate {
  if (!isGate(gate)) throw new ArgumentError('checked', 'a gate with forward and backward', describe(gate))
  return gate instanceof BuiltinGate || gate instanceof CheckedGate ? gate : new CheckedGate(gate)
}

/** The gate as the user gave it, where `checked` has wrapped it. */
export function unwrapped(gate: Gate): Gate {
  return gate instanceof CheckedGate ? gate.gate : gate
}
