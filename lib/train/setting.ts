// What a compiled training depends on beside its description: modes of layers and what is frozen, which callbacks may change.
import type { Gate } from '../gates/gate.js'
import { isModed } from '../nn/layer.js'
import { Model } from '../nn/model.js'
import type { ParameterBlock } from '../nn/parameters.js'

/** The setting of a model at one moment. */
export class Setting {
  readonly #model: Model
  readonly #block: ParameterBlock
  readonly #flags: readonly boolean[]

  constructor(model: Model) {
    this.#model = model
    this.#block = model.block
    this.#flags = flagsOf(model, model.block)
  }

  /** Whether the model is still as it was. */
  get current(): boolean {
    const { block } = this.#model
    if (block !== this.#block) return false
    const flags = flagsOf(this.#model, block)
    return flags.length === this.#flags.length && flags.every((flag, i) => flag === this.#flags[i])
  }
}

function flagsOf(model: Model, block: ParameterBlock): boolean[] {
  const flags = block.parameters.map(({ trainable }) => trainable)
  addModes(model, flags)
  return flags
}

function addModes(gate: Gate, flags: boolean[]): void {
  if (isModed(gate)) flags.push(gate.training)
  if (gate instanceof Model) for (const inner of gate.gates) addModes(inner, flags)
}
