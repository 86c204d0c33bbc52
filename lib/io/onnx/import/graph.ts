// Reads an ONNX graph node by node into a network.
import { describe } from '../../../checks.js'
import { ChainruleError, FormatError } from '../../../errors.js'
import { Identity } from '../../../gates/activations.js'
import type { Model } from '../../../nn/model.js'
import type { FloatDType } from '../../../tensor/dtype.js'
import { elementType, type GraphProto, type ModelProto, type NodeProto, type ValueInfoProto } from '../proto.js'
import { Assembly } from './assembly.js'
import { NodeView, nodeTitle } from './node.js'
import type { Constant, Extent, Operand, WireShape } from './operands.js'
import { binaryHandlers } from './ops/binary.js'
import { constantHandlers } from './ops/constants.js'
import type { Handler } from './ops/handler.js'
import { layerHandlers } from './ops/layers.js'
import { productHandlers } from './ops/products.js'
import { reductionHandlers } from './ops/reductions.js'
import { shapeHandlers } from './ops/shapes.js'
import { unaryHandlers } from './ops/unary.js'
import { type Needed, neededFor } from './order.js'
import { constantOf, typeName } from './tensors.js'

/** The newest version of the operators that is known. */
const NEWEST = 26

const handlers: ReadonlyMap<string, Handler> = new Map(
  Object.entries({
    ...unaryHandlers,
    ...binaryHandlers,
    ...productHandlers,
    ...shapeHandlers,
    ...reductionHandlers,
    ...layerHandlers,
    ...constantHandlers,
  }),
)

/** Names of the operators that are known. */
export const knownOperators: readonly string[] = [...handlers.keys()].sort()

/** What is wished of a graph. */
export interface GraphWishes {
  /** The value that the network ends with. */
  readonly output?: string | undefined
  /** Whether constants beside those of layers are trained. */
  readonly trained: boolean
  /** Where the model lies, for what lies beside it. */
  readonly path?: string | undefined
}

/** The network of a model. Throws FormatError for what is damaged or not known. */
export async function networkOf(model: ModelProto, { output, trained, path }: GraphWishes): Promise<Model> {
  const { graph } = model
  if (!graph || graph.output.length === 0) throw new FormatError('importOnnx', 'a graph with an output', 'none')
  const version = versionOf(model)
  const end = output ?? graph.output[0]!.name
  const names = initializerNames(graph)
  const entrances = new Map(graph.input.filter(({ name }) => !names.has(name)).map((info) => [info.name, info]))
  const needed = neededFor(graph, end, new Set([...names, ...entrances.keys()]))
  const constants = new Map<string, Constant>()
  for (const tensor of graph.initializer) {
    if (needed.uses.has(tensor.name)) constants.set(tensor.name, await constantOf(tensor, path))
  }
  const inputs = [...entrances.values()].filter(({ name }) => needed.uses.has(name))
  const a = new Assembly(dtypeOf(inputs, constants), trained)
  const values = new Map<string, Operand>(constants)
  for (const info of inputs) values.set(info.name, a.input(info.name, shapeOf(info), isInteger(info)))
  for (const [name, operand] of values) a.use(operand, needed.uses.get(name) ?? 0)
  for (const node of needed.nodes) await readNode(a, node, version, values, needed, path)
  return a.finish(endOf(a, values.get(end), end, inputs.length))
}

function initializerNames(graph: GraphProto): Set<string> {
  const names = new Set<string>()
  for (const { name } of graph.initializer) {
    if (names.has(name)) throw new FormatError('importOnnx', 'each name to be made once', `${describe(name)} twice`)
    names.add(name)
  }
  return names
}

// Before the third version of the format, there was one version of the operators.
function versionOf({ irVersion, opsetImport }: ModelProto): number {
  const found = opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')
  if (found === undefined && irVersion >= 3n) {
    throw new FormatError('importOnnx', 'the version of the operators', 'none')
  }
  const version = Number(found?.version ?? 1n)
  if (version >= 1 && version <= NEWEST) return version
  throw new FormatError('importOnnx', `operators of version 1 to ${NEWEST}`, String(version))
}

const floats: readonly number[] = [elementType.float32, elementType.float64, elementType.float16, elementType.bfloat16]
const integers: readonly number[] = [
  elementType.int64,
  elementType.int32,
  elementType.int16,
  elementType.int8,
  elementType.uint8,
  elementType.uint16,
]

function typeOf({ name, type }: ValueInfoProto): number {
  if (type?.value.case === 'tensorType') {
    const { elemType } = type.value.value
    if (floats.includes(elemType) || integers.includes(elemType)) return elemType
    throw new FormatError('importOnnx', `input ${describe(name)} to be of numbers`, typeName(elemType))
  }
  throw new FormatError('importOnnx', `input ${describe(name)} to be a tensor`, type?.value.case ?? 'nothing')
}

function isInteger(info: ValueInfoProto): boolean {
  return integers.includes(typeOf(info))
}

function dtypeOf(inputs: readonly ValueInfoProto[], constants: ReadonlyMap<string, Constant>): FloatDType {
  const types = inputs.map(typeOf).filter((type) => floats.includes(type))
  if (types.length > 0) return types.includes(elementType.float64) ? 'float64' : 'float32'
  const wide = [...constants.values()].some(({ integer, value }) => !integer && value.dtype === 'float64')
  return wide ? 'float64' : 'float32'
}

function shapeOf({ type }: ValueInfoProto): WireShape {
  const shape = type?.value.case === 'tensorType' ? type.value.value.shape : undefined
  return shape?.dim.map(
    ({ value }): Extent => (value.case === 'dimValue' && value.value > 0n ? Number(value.value) : null),
  )
}

async function readNode(
  a: Assembly,
  node: NodeProto,
  version: number,
  values: Map<string, Operand>,
  { uses }: Needed,
  path: string | undefined,
): Promise<void> {
  const handler = node.domain === '' || node.domain === 'ai.onnx' ? handlers.get(node.opType) : undefined
  if (!handler) throw new FormatError('importOnnx', 'operators that are known (docs/files.md)', nodeTitle(node))
  const inputs = node.input.map((name) => (name === '' ? undefined : values.get(name)))
  const tensor = node.attribute.find(({ name, t }) => name === 'value' && t !== undefined)?.t
  if (tensor) inputs.push(await constantOf(tensor, path))
  const view = new NodeView(node, version, inputs)
  const made = attempt(view, () => handler(a, view))
  const outputs = Array.isArray(made) ? (made as (Operand | undefined)[]) : [made as Operand]
  for (const [i, name] of node.output.entries()) {
    if (name === '' || !uses.has(name)) continue
    const operand = outputs[i]
    if (!operand) return view.refuse('the first outputs alone to be read', `output ${i}`)
    values.set(name, operand)
    a.use(operand, uses.get(name)!)
  }
}

// Whatever a gate says of its options belongs to the node.
function attempt<T>(view: NodeView, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof FormatError) throw cause
    if (!(cause instanceof ChainruleError) && !(cause instanceof RangeError)) throw cause
    throw new FormatError('importOnnx', `options that its gate takes for ${view.title}`, (cause as Error).message, {
      cause,
    })
  }
}

// The output is made by a gate, and be it one that passes an input on.
function endOf(a: Assembly, operand: Operand | undefined, name: string, inputs: number) {
  if (operand?.kind !== 'wire') {
    throw new FormatError('importOnnx', `output ${describe(name)} to depend on the inputs`, operand?.kind ?? 'nothing')
  }
  return operand.id < inputs ? a.add('output', new Identity(), [operand], operand.shape) : operand
}
