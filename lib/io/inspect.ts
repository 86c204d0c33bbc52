// inspectFile(): what a file holds, without reading its data.
import { FormatError } from '../errors.js'
import type { GateConfig } from '../nn/entry.js'
import { sizeOf } from '../tensor/shape.js'
import { checkPath } from './files.js'
import type { Json } from './json.js'
import { type ModelMetadata, parseMetadata } from './model-file.js'
import type { Header, TensorEntry } from './safetensors.js'
import { withTensorFile } from './tensor-file.js'

/** A tensor of a file. */
export interface TensorSummary {
  readonly name: string
  /** Element type as the file's format calls it: F32, F64, I64 … */
  readonly type: string
  readonly shape: readonly number[]
  readonly bytes: number
}

/** What a file holds. */
export interface FileSummary {
  readonly path: string
  /** `chainrule` for a model, `chainrule-checkpoint`, or `safetensors` for what other programs have written. */
  readonly format: 'chainrule' | 'chainrule-checkpoint' | 'safetensors'
  /** Version of the format, for models and checkpoints. */
  readonly version?: string
  /** Size of the file. */
  readonly bytes: number
  /** In the order in which they lie in the file. */
  readonly tensors: readonly TensorSummary[]
  /** Numbers in all tensors together, running statistics included. */
  readonly parameters: number
  /** Element type of a model. */
  readonly dtype?: 'float32' | 'float64'
  /** A model as plain data: `{ gate: 'Sequential', gates: […] }`. */
  readonly architecture?: GateConfig
  /** As it was saved with the model. */
  readonly preprocessing?: Json
  /** Names of the classes, as they were saved with the model. */
  readonly labels?: readonly string[]
  /** How the model was trained, as it was saved with it. */
  readonly training?: Json
  /** All free texts of the file. */
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * What a file holds: format, tensors, architecture, labels, training record. The header alone is read and checked; the
 * data is not.
 * @param path - a `.safetensors` file, of whatever program
 * @throws FileError if the file cannot be read, FormatError if it breaks a rule of its format
 */
export async function inspectFile(path: string): Promise<FileSummary> {
  checkPath('inspectFile', path)
  return withTensorFile('inspectFile', path, async ({ header, bytes }) => summaryOf(path, header, bytes))
}

function summaryOf(path: string, header: Header, bytes: number): FileSummary {
  const { entries, metadata } = header
  const tensors = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end).map(tensorOf)
  const common = {
    path,
    bytes,
    tensors,
    parameters: tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    metadata,
  }
  if (metadata.format === 'chainrule-checkpoint') {
    const { version = '' } = metadata
    return { format: metadata.format, version, ...common }
  }
  if (metadata.format !== 'chainrule') return { format: 'safetensors', ...common }
  const { checksum, architecture, ...known } = parseMetadata('inspectFile', header)
  return { format: 'chainrule', architecture: networkOf(architecture), ...known, ...common }
}

function tensorOf({ name, type, shape, begin, end }: TensorEntry): TensorSummary {
  return { name, type, shape, bytes: end - begin }
}

function networkOf(architecture: ModelMetadata['architecture']): GateConfig {
  if (typeof architecture === 'object' && architecture !== null && 'gate' in architecture) {
    return architecture as GateConfig
  }
  throw new FormatError('inspectFile', 'an architecture { gate: "Sequential", gates: […] }', typeof architecture)
}
