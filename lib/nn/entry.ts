// The form of a row in the list of gates that files can hold.
import type { Gate } from '../gates/gate.js'
import type { FloatDType } from '../tensor/dtype.js'

/** A gate as plain data. */
export interface GateConfig {
  /** Its name in the list. */
  readonly gate: string
  readonly [option: string]: unknown
}

/** A row of the list. */
export interface Entry {
  readonly type: new (...options: never[]) => Gate
  /** The options of a gate; for a model, without the gates that it is made of. */
  read(gate: Gate): object
  /** A gate of such options; its constructor checks them. `inner`: the gates that it is made of. */
  make(options: GateConfig, dtype: FloatDType, inner: readonly Gate[]): Gate
  /** Parameters and buffers by name, for layers. */
  shapes?(options: GateConfig): Record<string, readonly number[]>
  /** Names of the gates that a model is made of, or undefined if the options give none. */
  names?(options: GateConfig): readonly string[] | undefined
}
