// Networks as plain data and back: the one list of gates that files can hold. A gate is written as its name and options.
import { describe } from '../checks.js'
import { ArgumentError, FormatError } from '../errors.js'
import { activations, ELU, GELU, LeakyReLU } from '../gates/activations.js'
import * as arithmetic from '../gates/arithmetic.js'
import type { ElementwiseGate } from '../gates/elementwise.js'
import { type Gate, gateName } from '../gates/gate.js'
import { Slice } from '../gates/parts.js'
import { Max, Mean, Min, SquaredNorm, Sum } from '../gates/reductions.js'
import { Clip, Gather } from '../gates/select.js'
import { BroadcastTo, Flatten, Reshape, Transpose } from '../gates/shapes.js'
import { LogSoftmax, Softmax } from '../gates/softmax.js'
import type { FloatDType } from '../tensor/dtype.js'
import { Linear } from './linear.js'
import { PReLU } from './prelu.js'
import { Sequential } from './sequential.js'

/** A gate as plain data. */
export interface GateConfig {
  /** Its name in the list. */
  readonly gate: string
  readonly [option: string]: unknown
}

/** A parameter that a network of plain data will have. */
export interface ParameterForm {
  /** As in state dicts: `0.weight`. */
  readonly name: string
  readonly shape: readonly number[]
}

interface Entry {
  readonly type: new (...options: never[]) => Gate
  /** The options of a gate. */
  read(gate: Gate): object
  /** A gate of such options; its constructor checks them. */
  make(options: GateConfig, dtype: FloatDType): Gate
  /** Parameters by name. */
  shapes?(options: GateConfig): Record<string, readonly number[]>
}

// Files cannot make this code recurse deeper.
const DEEPEST = 32

function plain(type: new () => Gate): Entry {
  return { type, read: () => ({}), make: () => new type() }
}

function withConstant(type: new (constant: number) => ElementwiseGate, name: string): Entry {
  return {
    type,
    read: (gate) => ({ [name]: (gate as ElementwiseGate).constants[0] }),
    make: (options) => new type(options[name] as number),
  }
}

function withAlpha(type: typeof LeakyReLU | typeof ELU): Entry {
  return {
    type,
    read: (gate) => ({ alpha: (gate as ElementwiseGate).constants[0] }),
    make: ({ alpha }) => new type({ alpha: alpha as number }),
  }
}

const gelu: Entry = {
  type: GELU,
  read: (gate) => ({ approximate: (gate as GELU).op.name === 'geluTanh' ? 'tanh' : 'none' }),
  make: ({ approximate }) => new GELU({ approximate: approximate as 'none' | 'tanh' }),
}

const linear: Entry = {
  type: Linear,
  read(gate) {
    const { inFeatures, outFeatures, bias } = gate as Linear
    return { inFeatures, outFeatures, bias: bias !== undefined }
  },
  make({ inFeatures, outFeatures, bias }, dtype) {
    const options = { bias: bias as boolean, dtype, initializer: 'zeros' } as const
    return new Linear(inFeatures as number, outFeatures as number, options)
  },
  shapes({ inFeatures, outFeatures, bias }) {
    const weight = [outFeatures as number, inFeatures as number]
    return bias === true ? { weight, bias: [outFeatures as number] } : { weight }
  },
}

const prelu: Entry = {
  type: PReLU,
  read: (gate) => ({ channels: (gate as PReLU).channels }),
  make: ({ channels }, dtype) => new PReLU({ channels: channels as number, dtype }),
  shapes: ({ channels }) => ({ weight: [channels as number] }),
}

// A gate whose options object is written as it is read; properties that are undefined are left out.
function withOptions<T extends Gate, O extends object>(type: new (options: O) => T, keys: readonly (keyof T)[]): Entry {
  return {
    type,
    read: (gate) => Object.fromEntries(keys.map((key) => [key, (gate as T)[key]])),
    make: ({ gate, ...options }) => new type(options as O),
  }
}

// A gate made from one list, with or without options behind it.
function withList<T extends Gate, L>(type: new (list: L, ...rest: never[]) => T, key: keyof T & string): Entry {
  return {
    type,
    read: (gate) => ({ [key]: (gate as T)[key] }),
    make: (options) => new type(options[key] as L),
  }
}

const clip: Entry = {
  type: Clip,
  read: (gate) => Object.fromEntries(Object.entries(gate as Clip).filter(([, bound]) => Number.isFinite(bound))),
  make: ({ gate, ...options }) => new Clip(options),
}

const gather: Entry = {
  type: Gather,
  read: (gate) => ({ indices: (gate as Gather).indices.toArray(), axis: (gate as Gather).axis }),
  make: ({ indices, axis }) => new Gather(indices as number[], { axis: axis as number }),
}

const axes = [withOptions(Softmax, ['axis']), withOptions(LogSoftmax, ['axis'])]
const reduced = ['axis', 'keepDims'] as const
const reductions = [
  withOptions(Sum, reduced),
  withOptions(Mean, reduced),
  withOptions(Max, reduced),
  withOptions(Min, reduced),
]
const shapes = [
  withOptions(Flatten, ['startAxis', 'endAxis']),
  withList(Reshape, 'shape'),
  withList(Transpose, 'axes'),
  withList(BroadcastTo, 'shape'),
  withList(Slice, 'slices'),
]

const { Scale, AddConstant, Power } = arithmetic
const slopes = [withAlpha(LeakyReLU), withAlpha(ELU)]
const constants = [withConstant(Scale, 'a'), withConstant(AddConstant, 'c'), withConstant(Power, 'p')]
const special: readonly Entry[] = [
  linear,
  prelu,
  gelu,
  clip,
  gather,
  ...slopes,
  ...constants,
  ...axes,
  ...reductions,
  ...shapes,
]
const all = [...Object.values(activations), ...Object.values(arithmetic), SquaredNorm]
const rest = all.filter((type) => !special.some((entry) => entry.type === type))
const entries = [...special, ...rest.map((type) => plain(type as new () => Gate))]
const byType = new Map<unknown, Entry>(entries.map((entry) => [entry.type, entry]))
const byName = new Map(entries.map((entry) => [entry.type.name, entry]))

/**
 * A network as plain data: architecture only, no parameters.
 * @throws ArgumentError for a gate that is not of this library
 */
export function configOf(operation: string, model: Sequential): GateConfig {
  if (model?.constructor !== Sequential) throw new ArgumentError(operation, 'a Sequential', describe(model))
  const gates = model.gates.map((gate, i): GateConfig => {
    if (gate.constructor === Sequential) return configOf(operation, gate as Sequential)
    const entry = byType.get(gate.constructor)
    if (!entry) {
      const remedy = 'gates of this library (keep stateDict() of a network with gates of your own with saveTensors)'
      throw new ArgumentError(operation, remedy, `${gateName(gate)} at ${i}`)
    }
    return { gate: entry.type.name, ...entry.read(gate) }
  })
  return { gate: Sequential.name, gates }
}

/** The parameters of a network of plain data, without making it. Throws FormatError for what describes no network. */
export function parametersOf(operation: string, config: unknown, prefix = '', depth = 0): ParameterForm[] {
  return gatesOf(operation, config, depth).flatMap((gate, i): ParameterForm[] => {
    const place = `${prefix}${i}.`
    if (gate.gate === Sequential.name) return parametersOf(operation, gate, place, depth + 1)
    const shapes = entryOf(operation, gate).shapes?.(gate) ?? {}
    return Object.entries(shapes).map(([name, shape]) => ({ name: place + name, shape }))
  })
}

/** The network of some plain data, with parameters of zeros. Throws FormatError for what describes no network. */
export function networkOf(operation: string, config: unknown, dtype: FloatDType, depth = 0): Sequential {
  const gates = gatesOf(operation, config, depth).map((gate) => {
    if (gate.gate === Sequential.name) return networkOf(operation, gate, dtype, depth + 1)
    try {
      return entryOf(operation, gate).make(gate, dtype)
    } catch (cause) {
      if (cause instanceof FormatError) throw cause
      throw new FormatError(operation, `options that ${gate.gate} takes`, (cause as Error).message, { cause })
    }
  })
  return new Sequential(...gates)
}

function gatesOf(operation: string, config: unknown, depth: number): GateConfig[] {
  const { gate, gates } = (config ?? {}) as Partial<GateConfig>
  if (gate !== Sequential.name || !Array.isArray(gates)) {
    throw new FormatError(operation, 'an architecture { gate: "Sequential", gates: […] }', describe(config))
  }
  if (depth > DEEPEST) throw new FormatError(operation, `networks nested at most ${DEEPEST} deep`, 'deeper ones')
  return gates.map((each: unknown) => (each ?? {}) as GateConfig)
}

function entryOf(operation: string, { gate }: GateConfig): Entry {
  const entry = byName.get(gate)
  if (!entry) throw new FormatError(operation, 'gates that this version knows', describe(gate))
  return entry
}
