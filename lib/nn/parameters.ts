// Parameters of a model: one flat vector of values and one of gradients, over shared memory that nothing can detach or
// move. A layer's weight is a view of its stretch.
import { boolean, describe } from '../checks.js'
import { ArgumentError, DTypeError } from '../errors.js'
import { native } from '../native/load.js'
import { type FloatArray, type FloatDType, reserved } from '../tensor/dtype.js'
import { checkShape, type Shape, sizeOf } from '../tensor/shape.js'
import { floats, Tensor } from '../tensor/tensor.js'

/** Every parameter starts at a multiple of this many elements: a cache line or two, a whole number of vectors. */
const ALIGNMENT = 16

/** The two vectors of one model, and whose they are. */
interface Storage {
  readonly values: FloatArray
  readonly gradients: FloatArray
  /** The layer or model that laid this storage out; undefined for a lone parameter. */
  readonly owner: object | undefined
  /** Whether a parameter has left this storage for another model's. */
  moved?: boolean
  /** How often all its values have been replaced, or updated gate by gate. */
  version: number
  /** Whether somebody has had its values in hand: until then they are zeros in memory that was never touched. */
  seen: boolean
  /** The same of its gradients. */
  touched: boolean
}

/** Where one parameter lies now. Adoption by a model moves it. */
interface Slot {
  storage: Storage
  offset: number
  value: Tensor
  gradient: Tensor
  trainable: boolean
}

/** Bytes of a cache line, which is also the widest vector. */
const LINE = 64

// Buffers begin wherever the C library has put them, mostly 16 bytes into a line: then each load of a vector would touch two
// lines, and kernels that live on the bandwidth of the caches take twice as long.
function shared(dtype: FloatDType, length: number): FloatArray {
  const wide = dtype === 'float64'
  const buffer = reserved(() => new SharedArrayBuffer(length * (wide ? 8 : 4) + LINE), length)
  const start = -native().address(new Float32Array(buffer, 0, 1), LINE) & (LINE - 1)
  const made = wide ? new Float64Array(buffer, start, length) : new Float32Array(buffer, start, length)
  native().countMemory(made)
  return made
}

/** A tensor of zeros over shared memory, for what is saved but not trained. */
export function sharedTensor(shape: readonly number[], dtype: FloatDType): Tensor {
  const checked = checkShape('sharedTensor', shape)
  return new Tensor(shared(dtype, sizeOf(checked)), checked)
}

/** A flat vector of zeros like the block's, over shared memory: for optimizer state. */
export function sharedLike(block: ParameterBlock): FloatArray {
  return shared(block.dtype, block.length)
}

function storageOf(dtype: FloatDType, length: number, owner: object | undefined): Storage {
  const [values, gradients] = [shared(dtype, length), shared(dtype, length)]
  return { values, gradients, owner, version: 0, seen: false, touched: false }
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT
}

/** A trained tensor of a layer with its gradient. `value` and `gradient` are views; a model that adopts the layer moves them. */
export class Parameter {
  /** Name within its layer or model, as in PyTorch: `weight`, `0.weight`. */
  readonly name: string
  readonly #slot: Slot

  private constructor(name: string, slot: Slot) {
    this.name = name
    this.#slot = slot
  }

  /** @internal A parameter of zeros with memory of its own. */
  static create(name: string, shape: readonly number[], dtype: FloatDType): Parameter {
    const checked = checkShape('Parameter', shape)
    const length = aligned(sizeOf(checked))
    return new Parameter(name, slotAt(storageOf(dtype, length, undefined), 0, checked))
  }

  /** The trained values. */
  get value(): Tensor {
    this.#slot.storage.seen = true
    return this.#slot.value
  }
  /** The gradient of the last backward. */
  get gradient(): Tensor {
    this.#slot.storage.touched = true
    return this.#slot.gradient
  }
  /** Shape of value and gradient. */
  get shape(): Shape {
    return this.#slot.value.shape
  }
  /** Number of elements. */
  get size(): number {
    return this.#slot.value.size
  }
  /** Element type. */
  get dtype(): FloatDType {
    return this.#slot.value.dtype as FloatDType
  }

  /** Whether optimizers change it (the start) or it is frozen. */
  get trainable(): boolean {
    return this.#slot.trainable
  }
  set trainable(value: boolean) {
    this.#slot.trainable = boolean('trainable', 'trainable', value)
  }

  /** The same parameter under the name `prefix.name`. */
  within(prefix: string | number): Parameter {
    if (typeof prefix !== 'string' && typeof prefix !== 'number') {
      throw new ArgumentError('Parameter', 'prefix to be a name or a number', describe(prefix))
    }
    return new Parameter(`${prefix}.${this.name}`, this.#slot)
  }

  /** @internal Whether both stand for one tensor. */
  static same(a: Parameter, b: Parameter): boolean {
    return a.#slot === b.#slot
  }
  /** @internal Whether it may be other than zeros. */
  static seen(parameter: Parameter): boolean {
    return parameter.#slot.storage.seen
  }
  /** @internal The layer or model whose storage this parameter lies in. */
  static owner(parameter: Parameter): object | undefined {
    return parameter.#slot.storage.owner
  }
  /** @internal */
  static slot(parameter: Parameter): Slot {
    return parameter.#slot
  }
}

function slotAt(storage: Storage, offset: number, shape: Shape): Slot {
  const end = offset + sizeOf(shape)
  return {
    storage,
    offset,
    value: new Tensor(storage.values.subarray(offset, end), shape),
    gradient: new Tensor(storage.gradients.subarray(offset, end), shape),
    trainable: true,
  }
}

/**
 * A parameter for a user's own gate, starting at `initial` (copied). A gate that returns its parameters from a method
 * `parameters()` has them adopted, trained and saved by the Sequential it stands in.
 */
export function parameter(name: string, initial: Tensor): Parameter {
  if (typeof name !== 'string') throw new ArgumentError('parameter', 'name to be a string', describe(name))
  const data = floats('parameter', 'initial', initial)
  const made = Parameter.create(name, initial.shape, initial.dtype as FloatDType)
  made.value.data.set(data)
  return made
}

/** The values of a parameter that may be missing, as kernels take them. */
export function valuesOf(parameter: Parameter | undefined): FloatArray | null {
  return (parameter?.value.data ?? null) as FloatArray | null
}

/** Its gradient, to be added to; zeros unless what stands there is to be kept. */
export function gradientOf(parameter: Parameter | undefined, accumulate: boolean): FloatArray | null {
  if (!parameter) return null
  const gradient = parameter.gradient.data as FloatArray
  if (!accumulate) gradient.fill(0)
  return gradient
}

/** The flat vectors of a model: every parameter at a multiple of 16 elements, zeros between. */
export class ParameterBlock {
  readonly dtype: FloatDType
  /** Number of elements of the vectors. */
  readonly length: number
  /** Where each parameter starts in `values`. */
  readonly offsets: readonly number[]
  /** All parameters in order. */
  readonly parameters: readonly Parameter[]
  readonly #storage: Storage
  readonly #values: FloatArray
  readonly #gradients: FloatArray

  private constructor(
    parameters: readonly Parameter[],
    storage: Storage,
    start: number,
    end: number,
    dtype: FloatDType,
  ) {
    this.dtype = dtype
    this.parameters = parameters
    this.length = end - start
    this.#values = storage.values.subarray(start, end)
    this.#gradients = storage.gradients.subarray(start, end)
    this.offsets = parameters.map((p) => Parameter.slot(p).offset - start)
    this.#storage = storage
  }

  /**
   * Moves parameters into a new block of the owner, in order.
   * @throws DTypeError if they have different element types
   */
  static adopt(
    operation: string,
    parameters: readonly Parameter[],
    owner: object,
    empty: FloatDType = 'float32',
  ): ParameterBlock {
    const dtype = parameters[0]?.dtype ?? empty
    let length = 0
    for (const p of parameters) {
      if (p.dtype !== dtype)
        throw new DTypeError(operation, `parameters of one dtype, ${dtype}`, `${p.name} of ${p.dtype}`)
      length += aligned(p.size)
    }
    const storage = storageOf(dtype, length, owner)
    let offset = 0
    for (const p of parameters) {
      const slot = Parameter.slot(p)
      const moved = slotAt(storage, offset, p.shape)
      if (slot.storage.seen) {
        moved.value.data.set(slot.value.data)
        storage.seen = true
      }
      if (slot.storage.touched) {
        moved.gradient.data.set(slot.gradient.data)
        storage.touched = true
      }
      slot.storage.moved = true
      Object.assign(slot, moved, { trainable: slot.trainable })
      offset += aligned(p.size)
    }
    return new ParameterBlock(parameters, storage, 0, length, dtype)
  }

  /** All values. */
  get values(): FloatArray {
    this.#storage.seen = true
    return this.#values
  }

  /** All gradients, in the same places as the values. */
  get gradients(): FloatArray {
    this.#storage.touched = true
    return this.#gradients
  }

  /** Whether the parameters still lie here; another model may have adopted them since. */
  get current(): boolean {
    return !this.#storage.moved || this.parameters.every((p) => Parameter.slot(p).storage === this.#storage)
  }

  /** The block of the same parameters where they lie now: within a model that adopted them together, in order. */
  refreshed(): ParameterBlock {
    const first = this.parameters[0]
    const last = this.parameters.at(-1)
    if (this.current || !first || !last) return this
    const { storage, offset } = Parameter.slot(first)
    const end = Parameter.slot(last).offset + aligned(last.size)
    return new ParameterBlock(this.parameters, storage, offset, end, this.dtype)
  }

  /** @internal Grows whenever JavaScript changes the values as a whole. */
  get version(): number {
    return this.#storage.version
  }
  /** @internal Tells that it has. */
  touch(): void {
    this.#storage.version++
  }

  /** @internal Sets the gradients of frozen parameters to zero, so that they do not count in the norm of all. */
  clearFrozen(): void {
    for (const { trainable, gradient } of this.parameters) if (!trainable) gradient.data.fill(0)
  }

  /** Sets all gradients to zero. */
  zeroGradients(): void {
    this.gradients.fill(0)
  }
}
