// Operators that make constants, and conversions.
import { Gather } from '../../../../gates/select.js'
import { allocate } from '../../../../tensor/dtype.js'
import { Tensor } from '../../../../tensor/tensor.js'
import { elementType } from '../../proto.js'
import type { Assembly } from '../assembly.js'
import type { NodeView } from '../node.js'
import type { Constant, Operand, Wire } from '../operands.js'
import { typeName } from '../tensors.js'
import type { Handler } from './handler.js'
import { dataOf, knownShape } from './shapes.js'

const floating: readonly number[] = [
  elementType.float32,
  elementType.float64,
  elementType.float16,
  elementType.bfloat16,
]

function numbers(list: readonly number[], integer: boolean, scalar: boolean): Constant {
  return { kind: 'constant', integer, value: new Tensor(Float64Array.from(list), scalar ? [] : [list.length]) }
}

// The tensors of attributes are read before the nodes, as they may lie in other files, and come as inputs.
const constant: Handler = (_, n) => {
  if (n.has('value')) return n.constant(0)
  if (n.has('value_float')) return numbers([n.float('value_float', 0)], false, true)
  if (n.has('value_floats')) return numbers(n.floats('value_floats')!, false, false)
  if (n.has('value_int')) return numbers([n.int('value_int', 0)], true, true)
  if (n.has('value_ints')) return numbers(n.ints('value_ints')!, true, false)
  return n.refuse('numbers', n.proto.attribute[0]?.name ?? 'nothing')
}

/** The most elements of a constant that is made of its shape alone. */
const MOST = 2 ** 24

const constantOfShape: Handler = (a, n) => {
  const shape = Array.from(n.constant(0).value.data)
  const size = shape.reduce((product, extent) => product * extent, 1)
  if (!(size <= MOST)) n.refuse(`a shape of at most ${MOST} elements`, `[${shape.join(', ')}]`)
  const given = n.optional(1)
  const filled = given?.kind === 'constant' ? given : undefined
  const integer = filled?.integer ?? false
  const data = allocate('float64', size).fill(filled?.value.data[0] ?? 0) as Float64Array
  return a.constant(new Tensor(data, shape), integer)
}

// Extents that are not known are NaN, and so is what is computed of them.
const shape: Handler = (_, n) => {
  const extents = knownShape(n, dataOf(n)).map((extent) => extent ?? Number.NaN)
  return numbers(extents.slice(n.int('start', 0), n.has('end') ? n.int('end', 0) : undefined), true, false)
}

const size: Handler = (_, n) => {
  const extents = knownShape(n, dataOf(n)).map((extent) => extent ?? Number.NaN)
  return numbers([extents.reduce((product, extent) => product * extent, 1)], true, true)
}

const cast: Handler = (a, n) => {
  const to = targetOf(n)
  const x = n.input(0)
  if (floating.includes(to)) return toFloats(a, x)
  if (to === elementType.string || (to === elementType.bool && x.kind !== 'constant')) {
    n.refuse('a type of numbers', typeName(to))
  }
  if (x.kind === 'constant') return { ...x, integer: true, value: whole(x.value, to === elementType.bool) }
  return toIntegers(a, n, n.asWire(x))
}

// In version 1 the type is told by its name.
function targetOf(n: NodeView): number {
  if (n.version >= 6) return n.int('to', 0)
  const names: Record<string, number> = { FLOAT: 1, DOUBLE: 11, FLOAT16: 10, INT32: 6, INT64: 7, BOOL: 9 }
  const name = n.text('to', '')
  return names[name.toUpperCase()] ?? n.refuse('a type of numbers', name)
}

function toFloats(a: Assembly, x: Operand): Operand {
  if (x.kind === 'constant') return { kind: 'constant', integer: false, value: a.numbers(x) }
  return x.kind === 'wire' && x.integer ? { ...x, integer: false } : x
}

function whole({ data, shape: extents }: Tensor, truth: boolean): Tensor {
  return new Tensor(Float64Array.from(data, truth ? (value) => (value === 0 ? 0 : 1) : Math.trunc), extents)
}

// Numbers made whole serve as indices alone: those of an input, or one column of a table.
function toIntegers(a: Assembly, n: NodeView, x: Wire): Operand {
  if (x.integer) return x
  const plan = a.planOf(x)
  const [table] = plan?.inputs ?? []
  const inputs = table?.shape?.[1]
  if (plan?.gate instanceof Gather && plan.gate.indices.rank === 0 && table?.shape?.length === 2 && inputs) {
    const index = plan.gate.indices.data[0]!
    if (plan.gate.axis === 1) return { kind: 'column', x: table, column: index < 0 ? index + inputs : index, inputs }
  }
  return n.refuse('integers of an input or of one column', 'others')
}

/** By name of the operator. */
export const constantHandlers: Readonly<Record<string, Handler>> = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Shape: shape,
  Size: size,
  Cast: cast,
}
