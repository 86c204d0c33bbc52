// The graph of an ONNX model while it is written: nodes, constants, names that are free, and for every value the shape that
// it has with any number of rows.
import { describe } from '../../../checks.js'
import { ArgumentError } from '../../../errors.js'
import type { Value } from '../../../gates/gate.js'
import type { FloatDType } from '../../../tensor/dtype.js'
import { Tensor } from '../../../tensor/tensor.js'
import {
  type AttributeInit,
  attributeType,
  elementType,
  type NodeInit,
  type TensorInit,
  type ValueInit,
} from '../proto.js'

/** An extent; null for the number of rows. */
export type Extent = number | null

/** A value of the graph. */
export interface Wire {
  readonly name: string
  /** What the network itself makes here of two inputs that differ in their number of rows: that tells the shape. */
  readonly probes: readonly Value[]
}

/** An attribute's value; its name is the key under which it stands. */
export type Attribute = Omit<AttributeInit, 'name' | '$typeName'>

/** A fractional attribute. */
export function float(f: number): Attribute {
  return { type: attributeType.float, f }
}
/** An integer attribute. */
export function int(i: number): Attribute {
  return { type: attributeType.int, i: BigInt(i) }
}
/** An attribute of integers. */
export function ints(list: readonly number[]): Attribute {
  return { type: attributeType.ints, ints: list.map(BigInt) }
}
/** An attribute of text. */
export function text(s: string): Attribute {
  return { type: attributeType.string, s: new Uint8Array(Buffer.from(s)) }
}

/** An attribute of texts. */
export function strings(list: readonly string[]): Attribute {
  return { type: attributeType.strings, strings: list.map((each) => new Uint8Array(Buffer.from(each))) }
}

/** An input or output. */
export function valueInit(name: string, elemType: number, shape: readonly Extent[]): ValueInit {
  const dim = shape.map((extent, axis) => ({
    value:
      extent === null
        ? ({ case: 'dimParam', value: axis === 0 ? 'rows' : `rows_${axis}` } as const)
        : ({ case: 'dimValue', value: BigInt(extent) } as const),
  }))
  return { name, type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } } }
}

/** Shape of a wire. */
export function shapeOf({ probes }: Wire): Extent[] {
  const [a, b] = probes.map((probe) => (probe instanceof Tensor ? probe.shape : []))
  return a!.map((extent, axis) => (b === undefined || b[axis] === extent ? extent : null))
}

/** Number of axes of a wire. */
export function rankOf({ probes: [probe] }: Wire): number {
  return probe instanceof Tensor ? probe.rank : 0
}

/** What gates write to. */
export class Writer {
  readonly nodes: NodeInit[] = []
  readonly tensors: TensorInit[] = []
  /** Version of the operators. */
  readonly opset: number
  /** Element type of the network. */
  readonly dtype: FloatDType
  #path = ''
  #taken = new Set<string>()
  #scalars = new Map<string, string>()
  #layers = new Map<object, string>()

  constructor(opset: number, dtype: FloatDType) {
    this.opset = opset
    this.dtype = dtype
  }

  /** Whether the network is of float64, for which runtimes lack some operators. */
  get wide(): boolean {
    return this.dtype === 'float64'
  }

  /** Runs `write` for the gate of a name within those that are being written. */
  within<T>(name: string, write: () => T): T {
    const outer = this.#path
    this.#path = outer === '' ? name : `${outer}.${name}`
    try {
      return write()
    } finally {
      this.#path = outer
    }
  }

  /** Where the gate stands that is being written: `0`, `2.1`. */
  get path(): string {
    return this.#path
  }

  /** A name that is free. */
  name(wanted: string): string {
    let free = wanted
    for (let n = 1; this.#taken.has(free); n++) free = `${wanted}_${n}`
    this.#taken.add(free)
    return free
  }

  /** Adds a node of one output and returns that output's name. */
  node(
    opType: string,
    input: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): string {
    const output = this.name(`${this.#path || 'model'}/${opType}`)
    const attribute = Object.entries(attributes).map(([name, value]) => ({ name, ...value }))
    this.nodes.push({ name: output, opType, input: [...input], output: [output], attribute, ...(domain && { domain }) })
    return output
  }

  /** Gives what a name stands for another name, that of an output of the model. */
  finish(from: string, to: string): void {
    const last = this.nodes.find(({ output }) => output?.[0] === from)
    if (last) {
      last.output = [to]
      for (const node of this.nodes) node.input = node.input!.map((each) => (each === from ? to : each))
    } else this.nodes.push({ name: `${to}/Identity`, opType: 'Identity', input: [from], output: [to] })
  }

  /** The name of a number of float64, whatever the network is of. */
  wide64(value: number): string {
    return this.constant('number', new Tensor(Float64Array.of(value), []))
  }

  /** Converts to another element type. */
  cast(x: string, to: keyof typeof elementType): string {
    return this.node('Cast', [x], { to: int(elementType[to]) })
  }

  /** The name of a number. */
  scalar(value: number): string {
    const key = describe(value)
    const known = this.#scalars.get(key)
    if (known !== undefined) return known
    const made = this.constant(`constant/${key}`, new Tensor(floatsOf(this.dtype, [value]), []))
    this.#scalars.set(key, made)
    return made
  }

  /** The name of numbers that belong to the gate being written. */
  constant(hint: string, value: Tensor): string {
    const name = this.name(hint.includes('/') ? hint : `${this.#path || 'model'}/${hint}`)
    this.#tensor(name, elementType[value.dtype], value.shape, bytesOf(value))
    return name
  }

  /** The name of 64-bit integers, which shapes and axes are. */
  integers(hint: string, values: readonly (number | bigint)[], shape: readonly number[] = [values.length]): string {
    const name = this.name(`${this.#path || 'model'}/${hint}`)
    const data = BigInt64Array.from(values, (value) => BigInt(value))
    this.#tensor(name, elementType.int64, shape, new Uint8Array(data.buffer))
    return name
  }

  /** The name of truth values. */
  truths(hint: string, { data, shape }: Tensor): string {
    const name = this.name(`${this.#path || 'model'}/${hint}`)
    this.#tensor(name, elementType.bool, shape, Uint8Array.from(data))
    return name
  }

  /** The name of a layer's parameter or buffer: as in state dicts, and once for a layer that stands at several places. */
  parameter(layer: object, key: string, value: Tensor): string {
    const path = this.#layers.get(layer) ?? this.#path
    const name = path === '' ? key : `${path}.${key}`
    if (!this.#layers.has(layer)) this.#layers.set(layer, path)
    if (!this.#taken.has(name)) {
      this.#taken.add(name)
      this.#tensor(name, elementType[value.dtype], value.shape, bytesOf(value))
    }
    return name
  }

  #tensor(name: string, dataType: number, shape: readonly number[], rawData: Uint8Array<ArrayBuffer>): void {
    this.tensors.push({ name, dataType, dims: shape.map(BigInt), rawData })
  }

  /** Throws ArgumentError for what the version of the operators cannot say. */
  refuse(what: string): never {
    throw new ArgumentError(
      'exportOnnx',
      `gates that opset ${this.opset} can hold`,
      `${what} at ${this.#path || 'the model'}`,
    )
  }
}

/** Numbers as an array of an element type. */
export function floatsOf(dtype: FloatDType, values: ArrayLike<number>): Float32Array | Float64Array {
  return dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values)
}

function bytesOf({ data }: Tensor): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}
