// The network while it is read from an ONNX graph: gates with what they read, and constants computed as far as they can be.
import { describe } from '../../../checks.js'
import { FormatError } from '../../../errors.js'
import type { Gate, Value } from '../../../gates/gate.js'
import type { Model } from '../../../nn/model.js'
import { Network } from '../../../nn/network.js'
import { inferGate, Sequential } from '../../../nn/sequential.js'
import type { NodeSpec } from '../../../nn/wiring.js'
import type { FloatDType } from '../../../tensor/dtype.js'
import { Tensor } from '../../../tensor/tensor.js'
import type { Constant, Extent, Operand, Wire, WireShape } from './operands.js'

/** What is computed of constants alone may have so many elements, and all of it together so many more. */
const MOST = 2 ** 24
const MOST_TOGETHER = 2 ** 26

/** A node of the network that is being put together. */
export interface Plan {
  gate: Gate
  /** The wires that it reads. */
  inputs: readonly Wire[]
  readonly name: string
}

/** What handlers of operators add to. */
export class Assembly {
  /** Element type of the network. */
  readonly dtype: FloatDType
  /** Whether constants beside those of layers are trained. */
  readonly trained: boolean
  readonly #inputs: { readonly name: string; readonly wire: Wire }[] = []
  readonly #plans = new Map<number, Plan>()
  readonly #uses = new Map<number, number>()
  readonly #names = new Set<string>()
  #next = 0
  #computed = 0

  constructor(dtype: FloatDType, trained: boolean) {
    this.dtype = dtype
    this.trained = trained
  }

  /** Adds an input. */
  input(name: string, shape: WireShape, integer: boolean): Wire {
    const wire = { kind: 'wire', id: this.#next++, shape, integer } as const
    this.#inputs.push({ name: this.#free(name), wire })
    return wire
  }

  /** A name of the network that is free. */
  #free(wanted: string): string {
    const plain = wanted.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 60)
    const base = /^[A-Za-z_]/.test(plain) ? plain : `_${plain}`
    let free = base
    for (let n = 1; this.#names.has(free); n++) free = `${base}_${n}`
    this.#names.add(free)
    return free
  }

  /**
   * Adds a gate; of constants alone it is computed at once.
   * @param shape - of the output
   */
  emit(name: string, gate: Gate, reads: readonly (Wire | Constant)[], shape: WireShape): Wire | Constant {
    if (reads.every(({ kind }) => kind === 'constant')) return this.#compute(name, gate, reads as Constant[], shape)
    const wires = reads.filter((read): read is Wire => read.kind === 'wire')
    if (wires.length < reads.length) {
      throw new FormatError('importOnnx', `inputs that the network computes for ${describe(name)}`, 'a constant')
    }
    return this.add(name, gate, wires, shape)
  }

  /** Adds a gate that reads wires. */
  add(name: string, gate: Gate, inputs: readonly Wire[], shape: WireShape): Wire {
    if (inputs.some(({ integer }) => integer) && !(gate as { takesIntegers?: boolean }).takesIntegers) {
      throw new FormatError('importOnnx', `numbers for ${describe(name)}`, 'integers, which are known as indices alone')
    }
    const wire = { kind: 'wire', id: this.#next++, shape, integer: false } as const
    this.#plans.set(wire.id, { gate, inputs, name: this.#free(name) })
    return wire
  }

  #compute(name: string, gate: Gate, constants: readonly Constant[], shape: WireShape): Constant {
    const size = (shape ?? []).reduce((product: number, extent) => product * (extent ?? 0), 1)
    this.#computed += size
    if (!(size <= MOST && this.#computed <= MOST_TOGETHER)) {
      throw new FormatError(
        'importOnnx',
        `constants of at most ${MOST} elements computed by ${describe(name)}`,
        `${size}`,
      )
    }
    const integer = constants.every((constant) => constant.integer)
    const dtype = integer ? 'float64' : this.dtype
    const made = inferGate(gate, ...constants.map(({ value }) => (value.dtype === dtype ? value : value.astype(dtype))))
    return this.constant(made, integer)
  }

  /** A constant of some numbers. */
  constant(made: Value, integer = false): Constant {
    const dtype = integer ? 'float64' : this.dtype
    const value = made instanceof Tensor ? made : new Tensor(Float64Array.of(made), [])
    return { kind: 'constant', integer, value: value.dtype === dtype ? value : value.astype(dtype) }
  }

  /** Numbers of a constant in the element type of the network. */
  numbers({ value }: Constant): Tensor {
    return value.dtype === this.dtype ? value : value.astype(this.dtype)
  }

  /** Notes that a name stands for an operand and is read so often. */
  use(operand: Operand, times: number): void {
    if (operand.kind === 'wire') this.#uses.set(operand.id, (this.#uses.get(operand.id) ?? 0) + times)
  }

  /** The gate that makes a wire, if only one other reads that: it may be exchanged for one that does more. */
  onlyFor({ id }: Wire): Plan | undefined {
    return (this.#uses.get(id) ?? 1) === 1 ? this.#plans.get(id) : undefined
  }

  /** The gate that makes a wire. */
  planOf({ id }: Wire): Plan | undefined {
    return this.#plans.get(id)
  }

  /** Exchanges the gate of a wire for one that does what its only reader did too. */
  replace(wire: Wire, gate: Gate, inputs?: readonly Wire[], shape: WireShape = wire.shape): Wire {
    const plan = this.#plans.get(wire.id)!
    this.#plans.set(wire.id, { ...plan, gate, inputs: inputs ?? plan.inputs })
    this.#uses.set(wire.id, 0)
    return { ...wire, shape }
  }

  /** The network whose output a wire is: a Sequential where gates stand in a row, else a Network. */
  finish(output: Wire): Model {
    const needed = this.#neededBy(output)
    const used = this.#inputs.filter(({ wire }) => needed.has(wire.id))
    if (used.length === 0) throw new FormatError('importOnnx', 'an output that depends on inputs', 'a constant')
    const plans = [...this.#plans].filter(([id]) => needed.has(id)).sort(([a], [b]) => a - b)
    const inRow = plans.every(
      ([, { inputs }], i) => inputs.length === 1 && inputs[0]!.id === (plans[i - 1]?.[0] ?? used[0]!.wire.id),
    )
    if (inRow && used.length === 1) return new Sequential(...plans.map(([, { gate }]) => gate))
    const names = new Map(used.map(({ name, wire }) => [wire.id, name]))
    for (const [id, { name }] of plans) names.set(id, name)
    const nodes = plans.map(([, { name, gate, inputs }]): [string, NodeSpec] => {
      return [name, [gate, ...inputs.map(({ id }) => names.get(id)!)]]
    })
    return new Network({
      inputs: used.map(({ name }) => name),
      nodes: Object.fromEntries(nodes),
      output: names.get(output.id)!,
    })
  }

  #neededBy(output: Wire): Set<number> {
    const needed = new Set([output.id])
    for (const id of needed) for (const input of this.#plans.get(id)?.inputs ?? []) needed.add(input.id)
    return needed
  }
}

/** Product of extents; undefined where one is not known. */
export function sizeOfExtents(extents: readonly Extent[]): number | undefined {
  let size = 1
  for (const extent of extents) {
    if (extent === null) return undefined
    size *= extent
  }
  return size
}
