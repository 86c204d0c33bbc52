// exportOnnx(): a network as an ONNX file.
import { boolean, describe, integer, options, shapeText } from '../../checks.js'
import { ArgumentError } from '../../errors.js'
import { Model } from '../../nn/model.js'
import { Network } from '../../nn/network.js'
import { inputDTypeOf } from '../../nn/sequential.js'
import { inputsOf } from '../../nn/widths.js'
import type { DType } from '../../tensor/dtype.js'
import { allocate } from '../../tensor/dtype.js'
import { sizeOf } from '../../tensor/shape.js'
import { Tensor } from '../../tensor/tensor.js'
import { checkPath, writeAtomic } from '../files.js'
import { type Json, jsonText } from '../json.js'
import { extrasText, type ModelExtras } from '../model-file.js'
import { writeGate } from './export/models.js'
import { targetNames, writeColumns, writeTarget } from './export/table/table.js'
import { type Extent, shapeOf, valueInit, type Wire, Writer } from './export/writer.js'
import { elementType, encodeModel, type ModelInit } from './proto.js'

/** The versions of the operators that can be written. */
export const OLDEST = 13
/** The newest of them. */
export const NEWEST = 25
// Of the format itself, by the version of the operators: what each came with.
const irVersions: readonly [opset: number, ir: number][] = [
  [25, 12],
  [24, 11],
  [23, 11],
  [21, 10],
  [19, 9],
  [15, 8],
  [13, 7],
]
// What a file of this format can be.
const LARGEST = 2 ** 31 - 1

/** Options of {@link exportOnnx}. */
export interface ExportOnnxOptions {
  /** Version of the operators, 13 to 25. Default 17, which most runtimes know. */
  readonly opset?: number
  /** Name of the input, or names of several in the order that the network takes them. Default `input`, or those of a Network. */
  readonly inputNames?: readonly string[]
  /** Name of the output. Default `output`. */
  readonly outputName?: string
  /** Shapes of the inputs, null for the number of rows. Default `[null, inputs]` with the number that the network fixes. */
  readonly inputShapes?: readonly (readonly (number | null)[])[]
  /**
   * Whether the preprocessing of a TabularModel goes into the graph: then every column is an input, and outputs are `label`
   * and `probabilities`, or `prediction`. Default false.
   */
  readonly preprocessing?: boolean
  /** Free texts that the file holds. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Whether a file that is there already is replaced. Default true. */
  readonly overwrite?: boolean
}

/** A network with what belongs to it, such as a TabularModel: what {@link exportOnnx} takes beside a network alone. */
export interface ModelWithExtras {
  readonly model: Model
  /** How raw data becomes the input: plain JSON, or what gives it as `toJSON()`. */
  readonly preprocessing?: Json | { toJSON(): Json }
  /** The classes, in the order of the outputs. */
  readonly labels?: readonly (string | number | boolean | Date | null)[] | undefined
  /** How the model was trained, as plain JSON. */
  readonly training?: Json
}

/**
 * Writes a network as an ONNX file, as in inference. Inputs and output have any number of rows, parameters the names that
 * they have in state dicts. docs/files.md has the table of what each gate becomes.
 * @param given - a network, or one with preprocessing, labels and training record, which go into the file's metadata
 * @throws ArgumentError for gates of the user's own and what the version of the operators cannot hold, FileError if the file
 * cannot be written
 */
export async function exportOnnx(
  given: Model | ModelWithExtras,
  path: string,
  wishes?: ExportOnnxOptions,
): Promise<void> {
  checkPath('exportOnnx', path)
  const bytes = await encodeOnnx(given, wishes)
  await writeAtomic('exportOnnx', path, [bytes], wishes?.overwrite ?? true)
}

/** The same in memory. */
export async function encodeOnnx(given: Model | ModelWithExtras, wishes?: ExportOnnxOptions): Promise<Uint8Array> {
  const keys = ['opset', 'inputNames', 'outputName', 'inputShapes', 'preprocessing', 'metadata', 'overwrite'] as const
  const { opset = 17, metadata = {}, preprocessing = false, ...names } = options('exportOnnx', wishes, keys)
  integer('exportOnnx', 'opset', opset, OLDEST, NEWEST)
  const { model, ...extras } = given instanceof Model ? { model: given } : modelOf(given)
  const content = { ...extrasText('exportOnnx', extras as ModelExtras), ...metadata }
  boolean('exportOnnx', 'preprocessing', preprocessing)
  const texts = textsOf(content)
  const made = preprocessing
    ? tableInit(model, opset, extras.preprocessing as Json | undefined, texts)
    : modelInit(model, opset, names, texts)
  const size = made.graph!.initializer!.reduce((sum, { rawData }) => sum + (rawData?.length ?? 0), 0)
  if (size > LARGEST - 2 ** 24) throw new ArgumentError('exportOnnx', 'parameters of less than 2 GiB', `${size} bytes`)
  return encodeModel(made)
}

function modelOf(given: unknown): ModelWithExtras {
  if (typeof given !== 'object' || given === null || !((given as ModelWithExtras).model instanceof Model)) {
    throw new ArgumentError('exportOnnx', 'a model, such as a Sequential, or { model, … }', describe(given))
  }
  const { model, labels, training } = given as ModelWithExtras
  // A TabularModel tells of its preprocessing and its target together.
  const whole = given as { toJSON?: unknown }
  const preprocessing =
    typeof whole.toJSON === 'function' ? (given as { toJSON(): Json }) : (given as ModelWithExtras).preprocessing
  return {
    model,
    ...(preprocessing !== undefined && { preprocessing }),
    ...(labels !== undefined && { labels: Array.isArray(labels) ? labels.map(String) : labels }),
    ...(training !== undefined && { training }),
  }
}

type Names = Pick<ExportOnnxOptions, 'inputNames' | 'outputName' | 'inputShapes'>

function modelInit(
  model: Model,
  opset: number,
  { inputNames, outputName = 'output', inputShapes }: Names,
  metadataProps: Texts,
): ModelInit {
  const w = new Writer(opset, model.dtype)
  const entrances = entrancesOf(model)
  const names = namesOf(inputNames ?? entrances.map(({ name }) => name), entrances.length, outputName)
  for (const name of [...names, outputName]) w.name(name)
  const wires = entrances.map(({ dtype, width }, i): Wire => {
    const shape = shapeFor(inputShapes?.[i], width, names[i]!)
    return { name: names[i]!, probes: [2, 3].map((rows) => probeOf(dtype, shape, rows)) }
  })
  const output = writeGate(w, model, wires)
  w.finish(output.name, outputName)
  return {
    ...headOf(opset, metadataProps),
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: {
      name: 'network',
      node: w.nodes,
      initializer: w.tensors,
      input: wires.map((wire, i) => valueInit(names[i]!, elementType[entrances[i]!.dtype], shapeOf(wire))),
      output: [valueInit(outputName, elementType[model.dtype], shapeOf(output))],
    },
  }
}

function tableInit(model: Model, opset: number, preprocessing: Json | undefined, metadataProps: Texts): ModelInit {
  const w = new Writer(opset, model.dtype)
  for (const name of targetNames) w.name(name)
  const plain = jsonOf(preprocessing)
  const { inputs, matrix } = writeColumns(w, plain)
  const outputs = writeTarget(w, plain, writeGate(w, model, [matrix]))
  const opsetImport = [
    { domain: '', version: BigInt(opset) },
    { domain: 'ai.onnx.ml', version: 2n },
  ]
  const graph = { name: 'network', node: w.nodes, initializer: w.tensors, input: [...inputs], output: outputs }
  return { ...headOf(opset, metadataProps), opsetImport, graph }
}

// What gives JSON as toJSON() has numbers of its own classes.
function jsonOf(value: unknown): Json | undefined {
  return value === undefined ? undefined : (JSON.parse(jsonText('exportOnnx', 'preprocessing', value)) as Json)
}

type Texts = { key: string; value: string }[]

function headOf(opset: number, metadataProps: Texts) {
  const irVersion = BigInt(irVersions.find(([since]) => opset >= since)![1])
  return { irVersion, producerName: 'chainrule', metadataProps }
}

interface Entrance {
  readonly name: string
  readonly dtype: DType
  readonly width: number | undefined
}

function entrancesOf(model: Model): Entrance[] {
  if (!(model instanceof Network) || model.inputNames.length === 1) {
    return [{ name: 'input', dtype: model.inputDType, width: model.inputs }]
  }
  return model.inputNames.map((name) => {
    const readers = model.nodes.filter(({ inputs }) => inputs.includes(name))
    const types = readers.map(({ gate }) => inputDTypeOf(gate, model.dtype))
    const widths = readers.map(({ gate, inputs }) => (inputs.length === 1 ? inputsOf([gate]) : undefined))
    return {
      name,
      dtype: types.includes('int32') ? 'int32' : model.dtype,
      width: widths.find((width) => width !== undefined),
    }
  })
}

function namesOf(given: unknown, count: number, output: unknown): string[] {
  const names = Array.isArray(given) ? [...given] : []
  const sound = [...names, output].every((name) => typeof name === 'string' && name !== '')
  if (names.length !== count || !sound || new Set([...names, output]).size !== count + 1) {
    throw new ArgumentError('exportOnnx', `${count} inputNames and an outputName, all different`, describe(given))
  }
  return names
}

function shapeFor(given: unknown, width: number | undefined, name: string): Extent[] {
  if (given === undefined && width !== undefined) return [null, width]
  const sound = (extent: unknown) => extent === null || (Number.isSafeInteger(extent) && (extent as number) > 0)
  if (Array.isArray(given) && given.length > 0 && given.every(sound)) return given
  const expected = `inputShapes with the shape of ${name}, such as [null, 4] for any number of rows of 4`
  throw new ArgumentError(
    'exportOnnx',
    expected,
    Array.isArray(given) ? shapeText(given.map(describe)) : describe(given),
  )
}

function probeOf(dtype: DType, shape: readonly Extent[], rows: number): Tensor {
  const extents = shape.map((extent) => extent ?? rows)
  return new Tensor(allocate(dtype, sizeOf(extents)), extents)
}

function textsOf(metadata: unknown): Texts {
  const entries = Object.entries((metadata ?? {}) as object)
  if (!entries.every(([, value]) => typeof value === 'string')) {
    throw new ArgumentError('exportOnnx', 'metadata to map names to strings', describe(metadata))
  }
  return entries.map(([key, value]) => ({ key, value: value as string }))
}
