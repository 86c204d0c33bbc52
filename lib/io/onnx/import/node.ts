// A node of an ONNX graph as its reader sees it: attributes by name with their defaults, inputs as operands.
import { describe } from '../../../checks.js'
import { FormatError } from '../../../errors.js'
import { type AttributeProto, attributeType, type NodeProto } from '../proto.js'
import type { Constant, Operand, Wire } from './operands.js'

/** One node while it is read. */
export class NodeView {
  readonly proto: NodeProto
  /** Version of the operators. */
  readonly version: number
  readonly #inputs: readonly (Operand | undefined)[]
  readonly #attributes: ReadonlyMap<string, AttributeProto>

  constructor(proto: NodeProto, version: number, inputs: readonly (Operand | undefined)[]) {
    this.proto = proto
    this.version = version
    this.#inputs = inputs
    this.#attributes = new Map(proto.attribute.map((attribute) => [attribute.name, attribute]))
  }

  /** How errors call it. */
  get title(): string {
    return nodeTitle(this.proto)
  }

  /** Throws FormatError, naming the node. */
  refuse(expected: string, actual: string): never {
    throw new FormatError('importOnnx', `${expected} for ${this.title}`, actual)
  }

  /** How many inputs are given. */
  get count(): number {
    return this.#inputs.length
  }

  /** Input `i`, or undefined if it is left out. */
  optional(i: number): Operand | undefined {
    return this.#inputs[i]
  }

  /** Input `i`. */
  input(i: number): Operand {
    return this.#inputs[i] ?? this.refuse(`input ${i}`, 'none')
  }

  /** Input `i`, which is computed by the network. */
  wire(i: number): Wire {
    return this.asWire(this.input(i))
  }

  /** An operand that is computed by the network. */
  asWire(operand: Operand): Wire {
    if (operand.kind === 'wire') return operand
    const others = {
      erf: 'Erf, which is known as a part of GELU alone',
      column: 'numbers made whole, which are known as indices of Gather alone',
      constant: 'a constant',
    }
    const found = others[operand.kind]
    return this.refuse('an input that the network computes', found)
  }

  /** Input `i`, whose numbers are known. */
  constant(i: number): Constant {
    const operand = this.input(i)
    return operand.kind === 'constant' ? operand : this.refuse(`a constant as input ${i}`, 'one that is computed')
  }

  /** Whether an attribute is given. */
  has(name: string): boolean {
    return this.#attributes.has(name)
  }

  #attribute(name: string, type: number): AttributeProto | undefined {
    const found = this.#attributes.get(name)
    // Before the second version of the format, attributes did not tell their type.
    if (found !== undefined && found.type !== type && (found.type as number) !== 0) {
      this.refuse(`attribute ${name} of type ${type}`, `type ${found.type}`)
    }
    if (found?.refAttrName) this.refuse(`a value of attribute ${name}`, `a reference to ${found.refAttrName}`)
    return found
  }

  /** An integer attribute. */
  int(name: string, otherwise: number): number {
    const found = this.#attribute(name, attributeType.int)
    return found === undefined ? otherwise : Number(found.i)
  }

  /** A fractional attribute. */
  float(name: string, otherwise: number): number {
    return this.#attribute(name, attributeType.float)?.f ?? otherwise
  }

  /** An attribute of text. */
  text(name: string, otherwise: string): string {
    const found = this.#attribute(name, attributeType.string)
    return found === undefined ? otherwise : Buffer.from(found.s).toString()
  }

  /** An attribute of integers. */
  ints(name: string): number[] | undefined {
    return this.#attribute(name, attributeType.ints)?.ints.map(Number)
  }

  /** An attribute of fractions. */
  floats(name: string): number[] | undefined {
    return this.#attribute(name, attributeType.floats)?.floats
  }

  /** Integers that are an attribute up to some version and an input since; undefined if neither is there. */
  list(name: string, position: number): number[] | undefined {
    if (this.has(name)) return this.ints(name)
    const operand = this.optional(position)
    if (operand === undefined) return undefined
    const { value, integer } = this.constant(position)
    if (!integer) this.refuse(`integers as ${name}`, value.dtype)
    return Array.from(value.data)
  }
}

/** How errors call a node. */
export function nodeTitle({ opType, name, output, domain }: NodeProto): string {
  const operator = domain === '' || domain === 'ai.onnx' ? opType : `${domain}.${opType}`
  return `${operator} (node ${describe(name || output[0] || '')})`
}
