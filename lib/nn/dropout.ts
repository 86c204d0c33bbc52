// Dropout: leaves out elements at random in training.
import { integer, options, seedOf, within } from '../checks.js'
import { ShapeError } from '../errors.js'
import { type BackwardOptions, formText, type Value } from '../gates/gate.js'
import { native } from '../native/load.js'
import { stream } from '../native/random.js'
import { allocate, type FloatArray, type FloatDType } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import { checkSource, type InitialisationSource, Layer } from './layer.js'
import type { Widths } from './widths.js'

/** Options of {@link Dropout}. */
export interface DropoutOptions {
  /** Seed of the masks. Default 0; every dropout made without a seed draws numbers of its own. */
  seed?: number
}

// Dropouts made without a seed draw from seed 0, each from the next stream.
let unseeded = 0

/**
 * Srivastava et al. 2014, PyTorch's Dropout: in training every element is 0 with probability p, the others are divided by
 * 1 − p; in inference all pass. Keeps where its mask began; backward is the same mask on dy.
 *
 * Masks come from a counter: element i of the n-th number drawn is dropped or not by (seed, position, n) alone. The same
 * seed gives the same masks for any number of threads, and `drawn`, saved and set again, continues where it was.
 */
export class Dropout extends Layer<number | undefined> implements Widths {
  /** Probability of an element to be left out. */
  readonly p: number
  #seed = 0
  #position = 0
  #drawn = 0

  /** @param p - probability of an element to be left out, in [0, 1). Default 0.5 */
  constructor(p = 0.5, given?: DropoutOptions) {
    super()
    const { seed } = options('Dropout', given, ['seed'])
    this.p = within('Dropout', 'p', p, 0, 1)
    this.#seed = seed === undefined ? 0 : seedOf('Dropout', seed)
    this.#position = seed === undefined ? unseeded++ : 0
    this.settle(0)
  }

  /** Seed of the masks. */
  get seed(): number {
    return this.#seed
  }
  /** Which stream of the seed: the number of the layer within its model, once that was initialised. */
  get position(): number {
    return this.#position
  }
  /** How many elements have been drawn: the state of the generator. */
  get drawn(): number {
    return this.#drawn
  }
  set drawn(count: number) {
    this.#drawn = integer('Dropout', 'drawn', count, 0)
  }

  get inputs(): undefined {
    return undefined
  }
  outputsFor(width: number | undefined): number | undefined {
    return width
  }

  /** Takes seed and position of the source, and starts anew. */
  override initialize(source: InitialisationSource): void {
    const { seed, position } = checkSource(this.name, source)
    if (position === undefined) return
    this.#seed = seed
    this.#position = position
    this.#drawn = 0
  }

  /** @internal The state in files. */
  resume(seed: number, position: number, drawn: number): this {
    this.#seed = seedOf('Dropout', seed)
    this.#position = integer('Dropout', 'position', position, 0, 2 ** 40)
    this.drawn = drawn
    return this
  }

  override forward(x: Tensor): Tensor
  override forward(x: Value): Value
  override forward(x: Value): Value {
    return super.forward(x)
  }

  override infer(x: Tensor): Tensor
  override infer(x: Value): Value
  override infer(x: Value): Value {
    return this.#checkInput(x)
  }

  override backward(dy: Value, given?: BackwardOptions): [Tensor] {
    return super.backward(dy, given) as [Tensor]
  }

  #checkInput(x: Value): Tensor {
    if (x instanceof Tensor) return x
    throw new ShapeError('Dropout', 'a tensor', formText(x))
  }

  protected override compute(value: Value): Value {
    const x = this.#checkInput(value)
    const begin = this.training && this.p > 0 ? this.#drawn : undefined
    this.kept = begin
    if (begin === undefined) return x
    this.#drawn += x.data.length
    return this.#masked(x, begin)
  }

  #masked(x: Tensor, begin: number): Tensor {
    const y = allocate(x.dtype as FloatDType, x.data.length)
    native().dropout(x.data as FloatArray, y, this.p, this.#seed, stream('dropout', this.#position), begin)
    return new Tensor(y, x.shape)
  }

  protected override derive(dy: Value, begin: number | undefined): Value[] {
    return [begin === undefined ? dy : this.#masked(dy as Tensor, begin)]
  }
}
