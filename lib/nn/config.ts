// Models as plain data and back: what files hold of an architecture, and copies.
import { describe } from '../checks.js'
import { ArgumentError, FormatError } from '../errors.js'
import { type Gate, gateName } from '../gates/gate.js'
import type { FloatDType } from '../tensor/dtype.js'
import type { Entry, GateConfig } from './entry.js'
import { isBuffered, isTrainable, type NamedTensor } from './layer.js'
import { Model } from './model.js'
import { byName, byType } from './registry.js'

/** A parameter or buffer that a model of plain data will have. */
export interface ParameterForm {
  /** As in state dicts: `0.weight`. */
  readonly name: string
  readonly shape: readonly number[]
}

// Files cannot make this code recurse deeper.
const DEEPEST = 32

/**
 * A model as plain data: architecture only, no parameters.
 * @throws ArgumentError for a gate that is not of this library
 */
export function configOf(operation: string, model: Model): GateConfig {
  if (!(model instanceof Model)) throw new ArgumentError(operation, 'a model, such as a Sequential', describe(model))
  return gateConfig(operation, model, '')
}

function gateConfig(operation: string, gate: Gate, place: string): GateConfig {
  const entry = byType.get(gate.constructor)
  if (!entry) {
    const remedy = 'gates of this library (keep stateDict() of a network with gates of your own with saveTensors)'
    throw new ArgumentError(operation, remedy, `${gateName(gate)}${place && ` at ${place}`}`)
  }
  const config = { gate: entry.type.name, ...entry.read(gate) }
  if (!(gate instanceof Model)) return config
  const inner = gate.gates.map((each, i) =>
    gateConfig(operation, each, place ? `${place}.${gate.names[i]}` : gate.names[i]!),
  )
  return { ...config, gates: inner }
}

/** The parameters and buffers of a model of plain data, without making it. Throws FormatError for what describes no model. */
export function parametersOf(operation: string, config: unknown, prefix = '', depth = 0): ParameterForm[] {
  const { gates, names } = modelOf(operation, config, depth)
  return gates.flatMap((gate, i): ParameterForm[] => {
    const place = `${prefix}${names[i]}.`
    const { shapes, names: inner } = entryOf(operation, gate)
    if (inner) return parametersOf(operation, gate, place, depth + 1)
    return Object.entries(shapes?.(gate) ?? {}).map(([name, shape]) => ({ name: place + name, shape }))
  })
}

/** The model of some plain data, with parameters of zeros. Throws FormatError for what describes no model. */
export function networkOf(operation: string, config: unknown, dtype: FloatDType, depth = 0): Model {
  const { entry, options, gates } = modelOf(operation, config, depth)
  const inner = gates.map((gate) => {
    const each = entryOf(operation, gate)
    return each.names ? networkOf(operation, gate, dtype, depth + 1) : made(operation, each, gate, dtype, [])
  })
  return made(operation, entry, options, dtype, inner) as Model
}

function made(operation: string, entry: Entry, options: GateConfig, dtype: FloatDType, inner: readonly Gate[]): Gate {
  try {
    return entry.make(options, dtype, inner)
  } catch (cause) {
    if (cause instanceof FormatError) throw cause
    throw new FormatError(operation, `options that ${options.gate} takes`, (cause as Error).message, { cause })
  }
}

interface ModelParts {
  readonly entry: Entry
  readonly options: GateConfig
  readonly gates: readonly GateConfig[]
  readonly names: readonly string[]
}

function modelOf(operation: string, config: unknown, depth: number): ModelParts {
  const options = (config ?? {}) as GateConfig
  const entry = byName.get(options.gate)
  if (!entry?.names || !Array.isArray(options.gates)) {
    throw new FormatError(operation, 'an architecture { gate: "Sequential", gates: […] }', describe(config))
  }
  if (depth > DEEPEST) throw new FormatError(operation, `networks nested at most ${DEEPEST} deep`, 'deeper ones')
  const names = entry.names(options)
  if (!names) throw new FormatError(operation, `nodes for all gates of a ${options.gate}`, describe(options.nodes))
  return { entry, options, gates: options.gates.map((each: unknown) => (each ?? {}) as GateConfig), names }
}

function entryOf(operation: string, { gate }: GateConfig): Entry {
  const entry = byName.get(gate)
  if (!entry) throw new FormatError(operation, 'gates that this version knows', describe(gate))
  return entry
}

/** The parameters and buffers of a gate. */
function tensorsOf(gate: Gate): readonly NamedTensor[] {
  return [...(isTrainable(gate) ? gate.parameters() : []), ...(isBuffered(gate) ? gate.buffers() : [])]
}

/**
 * A copy of a gate of this library with parameters and memory of its own, equal to those of the gate.
 * @throws ArgumentError for a gate that is not of this library
 */
export function copyOf(operation: string, gate: Gate, dtype: FloatDType): Gate {
  const config = gateConfig(operation, gate, '')
  const entry = entryOf(operation, config)
  const copy = entry.names ? networkOf(operation, config, dtype) : made(operation, entry, config, dtype, [])
  if (isTrainable(gate) && isTrainable(copy)) {
    const from = gate.parameters()
    for (const [i, parameter] of copy.parameters().entries()) parameter.trainable = from[i]!.trainable
  }
  if (gate instanceof Model && copy instanceof Model) copy.loadStateDict(gate.copyState())
  else {
    const from = tensorsOf(gate)
    for (const [i, { value }] of tensorsOf(copy).entries()) value.data.set(from[i]!.value.data)
  }
  return copy
}
