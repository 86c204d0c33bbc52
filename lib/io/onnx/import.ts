// importOnnx(): an ONNX file as a network that can be run and trained.
import { describe, oneOf, options } from '../../checks.js'
import { ArgumentError, FormatError } from '../../errors.js'
import type { Model } from '../../nn/model.js'
import { checkPath, readWhole } from '../files.js'
import { networkOf } from './import/graph.js'
import { decodeModel, type ModelProto } from './proto.js'

/** What the format can hold. */
const LARGEST = 2 ** 31

/** Options of {@link importOnnx}. */
export interface ImportOnnxOptions {
  /** The value that the network ends with. Default the graph's first output. */
  readonly output?: string
  /**
   * What happens to constants that are no parameters of layers, such as means that are subtracted: `fixed` (default), or
   * `trained`, if they are more than single numbers.
   */
  readonly constants?: 'fixed' | 'trained'
}

/**
 * Reads an ONNX file of operators of version 1 to 26 as a network: a Sequential where gates stand in a row, else a Network.
 * Weights become parameters of layers, to be trained on. A loss at the end is left out. docs/files.md lists the operators.
 * @param path - external data is read from the folder of this file alone
 * @throws FileError if the file cannot be read, FormatError if it is damaged, or holds an operator that is not known, which
 * is named with its node
 */
export async function importOnnx(path: string, given?: ImportOnnxOptions): Promise<Model> {
  const bytes = await readWhole('importOnnx', checkPath('importOnnx', path), LARGEST)
  return read(bytes, given, path)
}

/** The same of a model in memory, without external data. */
export async function decodeOnnx(bytes: Uint8Array, given?: ImportOnnxOptions): Promise<Model> {
  if (!(bytes instanceof Uint8Array)) throw new ArgumentError('importOnnx', 'bytes as Uint8Array', describe(bytes))
  return read(bytes, given, undefined)
}

async function read(bytes: Uint8Array, given: ImportOnnxOptions | undefined, path: string | undefined): Promise<Model> {
  const { output, constants = 'fixed' } = options('importOnnx', given, ['output', 'constants'])
  if (output !== undefined && typeof output !== 'string') {
    throw new ArgumentError('importOnnx', 'output to be a name', describe(output))
  }
  const trained = oneOf('importOnnx', 'constants', constants, ['fixed', 'trained']) === 'trained'
  return networkOf(await parseOnnx('importOnnx', bytes), { output, trained, path })
}

/** The message that some bytes are. Throws FormatError for what is none. */
export async function parseOnnx(operation: string, bytes: Uint8Array): Promise<ModelProto> {
  try {
    const model = await decodeModel(bytes)
    if (model.irVersion >= 1n && model.graph) return model
  } catch (cause) {
    throw new FormatError(operation, 'an ONNX model', (cause as Error).message, { cause })
  }
  throw new FormatError(operation, 'an ONNX model', 'bytes without version or graph')
}
