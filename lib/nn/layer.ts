// Layers: gates with parameters.

import { boolean, describe, integer, oneOf, seedOf } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { BuiltinGate } from '../gates/gate.js'
import type { FloatArray, FloatDType } from '../tensor/dtype.js'
import type { Tensor } from '../tensor/tensor.js'
import { type Initializer, type InitializerContext, type InitializerName, initializers } from './initializers.js'
import { Parameter, ParameterBlock } from './parameters.js'

/** A gate whose parameters a model can train. */
export interface Trainable {
  /** All parameters, with names as in PyTorch. */
  parameters(): readonly Parameter[]
}

/** Where the numbers of an initialisation come from. */
export interface InitialisationSource {
  readonly seed: number
  /** Number of the layer's first parameter within the model: each parameter draws from a stream of its own. */
  readonly index: number
  /** Number of the layer itself within the model, for layers that draw numbers when they run. Default 0. */
  readonly position?: number
}

/** Checks where the numbers of an initialisation come from. */
export function checkSource(operation: string, source: unknown): InitialisationSource {
  if (typeof source !== 'object' || source === null) {
    throw new ArgumentError(operation, 'where to draw from, { seed, index }', describe(source))
  }
  const { seed, index, position } = source as Partial<InitialisationSource>
  seedOf(operation, seed)
  integer(operation, 'index', index, 0)
  if (position !== undefined) integer(operation, 'position', position, 0)
  return source as InitialisationSource
}

/** A tensor with the name that it has in a state dict. */
export interface NamedTensor {
  readonly name: string
  readonly value: Tensor
}

/** A gate with tensors that are saved though no gradient trains them, such as running statistics. */
export interface Buffered {
  /** All buffers, with names as in PyTorch. */
  buffers(): readonly NamedTensor[]
}

/** A gate that does in training something else than in inference. */
export interface Moded {
  /** Whether `forward` runs as in training. */
  readonly training: boolean
  /** Makes `forward` run as in training, or, for `false`, as in inference. */
  train(mode?: boolean): unknown
}

/** Whether a gate has buffers. */
export function isBuffered(gate: unknown): gate is Buffered {
  return typeof (gate as Partial<Buffered> | null)?.buffers === 'function'
}

/** Whether a gate can be told to train or to infer. */
export function isModed(gate: unknown): gate is Moded {
  return typeof (gate as Partial<Moded> | null)?.train === 'function'
}

/** Whether a gate has parameters to train. */
export function isTrainable(gate: unknown): gate is Trainable {
  return typeof (gate as Partial<Trainable> | null)?.parameters === 'function'
}

// Layers made without a seed draw from seed 0, each from the next stream.
let unseeded = 0

/** Base of the layers: declares parameters, owns a block until a model adopts it. */
export abstract class Layer<Kept = undefined> extends BuiltinGate<Kept> implements Trainable, Moded {
  #parameters: Parameter[] = []
  #block: ParameterBlock | undefined
  #training = true

  /** Whether `forward` runs as in training (the start) or as in inference; the same for most layers. */
  get training(): boolean {
    return this.#training
  }

  /** Makes `forward` run as in training, or, for `false`, as in inference. Returns this. */
  train(mode = true): this {
    this.#training = boolean('train', 'mode', mode)
    return this
  }

  /** Makes `forward` run as in inference. Returns this. */
  eval(): this {
    return this.train(false)
  }

  /** Whether optimizers change its parameters: false once all are frozen. */
  get trainable(): boolean {
    return this.#parameters.some((parameter) => parameter.trainable)
  }
  set trainable(value: boolean) {
    for (const parameter of this.#parameters) parameter.trainable = value
  }

  /** Makes optimizers leave its parameters as they are. Its mode stays: running statistics still move. Returns this. */
  freeze(): this {
    this.trainable = false
    return this
  }

  /** Makes optimizers change its parameters again. Returns this. */
  unfreeze(): this {
    this.trainable = true
    return this
  }

  /** Adds a parameter of zeros; for constructors. */
  protected declare(name: string, shape: readonly number[], dtype: FloatDType): Parameter {
    const made = Parameter.create(name, shape, dtype)
    this.#parameters.push(made)
    return made
  }

  /** Fills a parameter; zeros are what it begins with. */
  protected draw(parameter: Parameter, initializer: Initializer, context: Omit<InitializerContext, 'shape'>): void {
    if (initializer === initializers.zeros() && !Parameter.seen(parameter)) return
    initializer(parameter.value.data as FloatArray, { ...context, shape: parameter.shape })
  }

  /** Gathers the declared parameters into one block and draws them; last call of a constructor. */
  protected settle(seed: number | undefined): void {
    this.#block = ParameterBlock.adopt(this.name, this.#parameters, this)
    if (seed !== undefined) this.initialize({ seed: seedOf(this.name, seed), index: 0 })
    else {
      this.initialize({ seed: 0, index: unseeded })
      unseeded += this.#parameters.length
    }
  }

  /** Draws all parameters anew. */
  abstract initialize(source: InitialisationSource): void

  parameters(): readonly Parameter[] {
    return this.#parameters
  }

  /** The flat vectors its parameters lie in: its own, or its stretch of the model's. */
  get block(): ParameterBlock {
    this.#block = this.#block!.refreshed()
    return this.#block
  }
}

/** An initializer given by name or as a function. */
export function initializerOf(operation: string, given: Initializer | InitializerName): Initializer {
  if (typeof given === 'function') return given
  const names = Object.keys(initializers).filter((name) => name !== 'constant') as InitializerName[]
  if (typeof given !== 'string')
    throw new ArgumentError(operation, 'initializer to be a name or a function', describe(given))
  return initializers[oneOf(operation, 'initializer', given, names)]()
}
