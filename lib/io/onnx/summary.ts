// What an ONNX file holds, for inspectFile().
import { sizeOf } from '../../tensor/shape.js'
import { readWhole } from '../files.js'
import { type Json, parseStrict } from '../json.js'
import type { ModelExtras } from '../model-file.js'
import type { TensorSummary } from '../safetensors.js'
import { typeName } from './import/tensors.js'
import { parseOnnx } from './import.js'
import type { GraphProto, ModelProto, ValueInfoProto } from './proto.js'

/** An input or output of an ONNX model. */
export interface PortSummary {
  readonly name: string
  readonly type: string
  /** Extents; null where the file leaves them open, as the number of rows. */
  readonly shape: readonly (number | null)[]
}

/** What is told of ONNX files alone. */
export interface OnnxSummary {
  /** The program that has written the file. */
  readonly producer: string
  readonly inputs: readonly PortSummary[]
  readonly outputs: readonly PortSummary[]
  /** How often each operator stands in the graph. */
  readonly operators: Readonly<Record<string, number>>
}

/** What an ONNX file holds. */
export interface OnnxFile extends OnnxSummary, ModelExtras {
  readonly format: 'onnx'
  readonly version: string
  readonly bytes: number
  readonly tensors: readonly TensorSummary[]
  readonly parameters: number
  readonly metadata: Readonly<Record<string, string>>
}

/** Reads what there is to tell of an ONNX file. Throws FileError and FormatError. */
export async function summariseOnnx(operation: string, path: string): Promise<OnnxFile> {
  const bytes = await readWhole(operation, path, 2 ** 31)
  const model = await parseOnnx(operation, bytes)
  const graph = model.graph!
  const tensors = tensorsOf(graph)
  const constants = new Set(tensors.map(({ name }) => name))
  const metadata = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]))
  return {
    format: 'onnx',
    version: versionOf(model),
    bytes: bytes.length,
    producer: [model.producerName, model.producerVersion].filter((text) => text !== '').join(' '),
    inputs: graph.input.filter(({ name }) => !constants.has(name)).map(portOf),
    outputs: graph.output.map(portOf),
    operators: operatorsOf(graph),
    tensors,
    parameters: tensors.reduce((sum, { shape, type }) => sum + (/float/.test(type) ? sizeOf(shape) : 0), 0),
    metadata,
    ...extrasOf(metadata),
  }
}

function versionOf({ opsetImport }: ModelProto): string {
  return String(opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 1)
}

function tensorsOf({ initializer }: GraphProto): TensorSummary[] {
  return initializer.map(({ name, dataType, dims, rawData, externalData }) => {
    const type = typeName(dataType)
    const shape = dims.map(Number)
    const width = Number(/\d+$/.exec(type)?.[0] ?? 8) / 8
    const external = externalData.find(({ key }) => key === 'length')?.value
    return { name, type, shape, bytes: Number(external ?? (rawData.length || sizeOf(shape) * width)) }
  })
}

function portOf({ name, type }: ValueInfoProto): PortSummary {
  if (type?.value.case !== 'tensorType') return { name, type: type?.value.case ?? 'unknown', shape: [] }
  const { elemType, shape } = type.value.value
  const extents = (shape?.dim ?? []).map(({ value }) => (value.case === 'dimValue' ? Number(value.value) : null))
  return { name, type: typeName(elemType), shape: extents }
}

function operatorsOf({ node }: GraphProto): Record<string, number> {
  const counts = new Map<string, number>()
  for (const { opType } of node) counts.set(opType, (counts.get(opType) ?? 0) + 1)
  return Object.fromEntries(counts)
}

// Texts of other programs under these names may be anything.
function extrasOf(metadata: Readonly<Record<string, string>>): ModelExtras {
  const [preprocessing, labels, training] = ['preprocessing', 'labels', 'training'].map((key) => parsed(metadata[key]))
  const named = Array.isArray(labels) && labels.every((label) => typeof label === 'string') ? labels : undefined
  return {
    ...(preprocessing !== undefined && { preprocessing }),
    ...(named !== undefined && { labels: named as string[] }),
    ...(training !== undefined && { training }),
  }
}

function parsed(text: string | undefined): Json | undefined {
  try {
    return text === undefined ? undefined : (parseStrict(text) as Json)
  } catch {
    return undefined
  }
}
