// inspectFile(): what a file holds, without reading its data.
import { FormatError } from '../errors.js'
import type { GateConfig } from '../nn/entry.js'
import { sizeOf } from '../tensor/shape.js'
import { checkPath, withFile } from './files.js'
import type { Json } from './json.js'
import { type ModelMetadata, parseMetadata } from './model-file.js'
import { type OnnxSummary, summariseOnnx } from './onnx/summary.js'
import type { Header, TensorEntry, TensorSummary } from './safetensors.js'
import { withTensorFile } from './tensor-file.js'

/** What a file holds. */
export interface FileSummary extends Partial<OnnxSummary> {
  readonly path: string
  /** `chainrule` for a model, `chainrule-checkpoint`, `safetensors` for what other programs have written, or `onnx`. */
  readonly format: 'chainrule' | 'chainrule-checkpoint' | 'safetensors' | 'onnx'
  /** Version of the format, for models and checkpoints; of the operators for ONNX. */
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
 * What a file holds: format, tensors, architecture, labels, training record. Of safetensors the header alone is read and
 * checked, the data is not.
 * @param path - safetensors or ONNX, of whatever program
 * @throws FileError if the file cannot be read, FormatError if it breaks a rule of its format
 */
export async function inspectFile(path: string): Promise<FileSummary> {
  checkPath('inspectFile', path)
  if (/\.onnx$/i.test(path) || (await isOnnx(path))) return { path, ...(await summariseOnnx('inspectFile', path)) }
  return withTensorFile('inspectFile', path, async ({ header, bytes }) => summaryOf(path, header, bytes))
}

// The first field of an ONNX model is its version, which leaves 0x08 in front; of safetensors it is a length in 8 bytes, a
// header of which begins with {.
async function isOnnx(path: string): Promise<boolean> {
  return withFile('inspectFile', path, Number.MAX_SAFE_INTEGER, async (file) => {
    const first = new Uint8Array(Math.min(9, file.size))
    await file.read(first, 0)
    return first[0] === 0x08 && first[8] !== 0x7b
  })
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
