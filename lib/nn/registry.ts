// The one list of gates that files can hold. A gate is written as its name and options.
import { activations, ELU, GELU, LeakyReLU } from '../gates/activations.js'
import * as arithmetic from '../gates/arithmetic.js'
import { Add, Divide, Maximum, Minimum, Multiply, Pow, Subtract } from '../gates/binary.js'
import type { ElementwiseGate } from '../gates/elementwise.js'
import type { Gate } from '../gates/gate.js'
import { MatMul } from '../gates/matmul.js'
import { Concat, Slice, Stack } from '../gates/parts.js'
import { Max, Mean, Min, SquaredNorm, Sum } from '../gates/reductions.js'
import { Clip, Gather, Where } from '../gates/select.js'
import { BroadcastTo, Flatten, Reshape, Transpose } from '../gates/shapes.js'
import { LogSoftmax, Softmax } from '../gates/softmax.js'
import type { Entry } from './entry.js'
import { layerEntries } from './layer-entries.js'

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
  read: (gate) => {
    const { min, max } = gate as Clip
    return { ...(Number.isFinite(min) && { min }), ...(Number.isFinite(max) && { max }) }
  },
  make: ({ gate, ...options }) => new Clip(options),
}

const gather: Entry = {
  type: Gather,
  read: (gate) => ({ indices: (gate as Gather).indices.toArray(), axis: (gate as Gather).axis }),
  make: ({ indices, axis }) => new Gather(indices as number[], { axis: axis as number }),
}

const where: Entry = {
  type: Where,
  read: (gate) => ({ condition: (gate as Where).condition.toArray() }),
  make: ({ condition }) => new Where(condition as number[]),
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

const joins = [withOptions(Concat, ['axis']), withOptions(Stack, ['axis'])]
const pairs = [Add, Subtract, Multiply, Divide, Maximum, Minimum, Pow, MatMul]

const { Scale, AddConstant, Power } = arithmetic
const slopes = [withAlpha(LeakyReLU), withAlpha(ELU)]
const constants = [withConstant(Scale, 'a'), withConstant(AddConstant, 'c'), withConstant(Power, 'p')]
const special: readonly Entry[] = [
  ...layerEntries,
  gelu,
  clip,
  gather,
  where,
  ...slopes,
  ...constants,
  ...axes,
  ...reductions,
  ...shapes,
  ...joins,
]
const all = [...Object.values(activations), ...Object.values(arithmetic), SquaredNorm, ...pairs]
const rest = all.filter((type) => !special.some((entry) => entry.type === type))
const entries = [...special, ...rest.map((type) => plain(type as new () => Gate))]

/** What files can hold, by class. */
export const byType = new Map<unknown, Entry>(entries.map((entry) => [entry.type, entry]))
/** The same by name. */
export const byName = new Map(entries.map((entry) => [entry.type.name, entry]))
