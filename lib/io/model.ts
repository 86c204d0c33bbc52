// Models in files: safetensors with the parameters under PyTorch's names, and the architecture in the metadata.
import { crc32 } from 'node:zlib'
import { describe, shapeText } from '../checks.js'
import { ArgumentError, FormatError } from '../errors.js'
import { configOf, networkOf, parametersOf } from '../nn/config.js'
import type { Model } from '../nn/model.js'
import type { StateDict } from '../nn/state.js'
import type { FloatDType } from '../tensor/dtype.js'
import { sameShape } from '../tensor/shape.js'
import { checkPath, readWhole, writeAtomic } from './files.js'
import { parseStrict } from './json.js'
import { encodeParts, type Header, readHeader, readTensors, type Safetensors } from './safetensors.js'

/** Version of what stands in the metadata; files of other versions are refused. */
const VERSION = '1'
/** What Node can hold in one buffer on every supported platform. */
const LARGEST = 2 ** 32

/**
 * Saves a model: architecture and parameters, not the optimizer's state. The parameters are those of the moment of the
 * call. The file is written whole or not at all: a crash leaves the old one.
 * @param path - by custom ending in `.safetensors`
 * @throws ArgumentError for a model with gates of the user's own, FileError if the file cannot be written
 */
export async function save(model: Model, path: string): Promise<void> {
  checkPath('save', path)
  const architecture = JSON.stringify(configOf('save', model))
  const { head, data } = encodeParts('save', model.stateDict(), (bytes) => {
    return { format: 'chainrule', version: VERSION, dtype: model.dtype, checksum: checksumOf(bytes), architecture }
  })
  await writeAtomic('save', path, [head, data])
}

/**
 * Loads a model that {@link save} has written.
 * @throws FileError if the file cannot be read, FormatError if it is damaged or holds something else
 */
export async function load(path: string): Promise<Model> {
  const bytes = await readWhole('load', checkPath('load', path), LARGEST)
  const header = readHeader('load', bytes)
  const { format, version, dtype, checksum, architecture } = header.metadata
  if (format !== 'chainrule' || architecture === undefined) {
    const remedy = 'a model saved by chainrule (for other files use loadTensors and loadStateDict)'
    throw new FormatError('load', remedy, `metadata format ${describe(format)}`)
  }
  if (version !== VERSION) throw new FormatError('load', `a file of version ${VERSION}`, describe(version))
  const network = parseArchitecture(architecture)
  if (dtype !== 'float32' && dtype !== 'float64')
    throw new FormatError('load', 'dtype float32 or float64', describe(dtype))
  checkParameters(network, dtype, header)
  const found = checksumOf(bytes.subarray(header.start))
  if (checksum !== found)
    throw new FormatError('load', `data with checksum ${checksum}`, `${found}: the file is damaged`)
  const model = networkOf('load', network, dtype)
  model.loadStateDict(readTensors(bytes, header))
  return model
}

/** Saves tensors by name, for example `model.stateDict()`, as safetensors, whole or not at all. */
export async function saveTensors(
  tensors: StateDict,
  path: string,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  checkPath('saveTensors', path)
  if (typeof tensors !== 'object' || tensors === null) {
    throw new ArgumentError('saveTensors', 'tensors by name', describe(tensors))
  }
  const { head, data } = encodeParts('saveTensors', tensors, () => metadata)
  await writeAtomic('saveTensors', path, [head, data])
}

/** Loads all tensors and the metadata of a safetensors file, from whatever program. */
export async function loadTensors(path: string): Promise<Safetensors> {
  const bytes = await readWhole('loadTensors', checkPath('loadTensors', path), LARGEST)
  const header = readHeader('loadTensors', bytes)
  return { tensors: readTensors(bytes, header), metadata: header.metadata }
}

function parseArchitecture(text: string): unknown {
  try {
    return parseStrict(text)
  } catch (cause) {
    throw new FormatError('load', 'an architecture in JSON', (cause as Error).message, { cause })
  }
}

// The architecture is believed only as far as the file has tensors for it: nothing is allocated before.
function checkParameters(network: unknown, dtype: FloatDType, { entries }: Header): void {
  const present = new Map(entries.map((entry) => [entry.name, entry]))
  for (const { name, shape } of parametersOf('load', network)) {
    const entry = present.get(name)
    if (!entry) throw new FormatError('load', `a tensor ${name}`, 'none')
    if (!sameShape(entry.shape, shape) || entry.dtype !== dtype) {
      const found = `${entry.dtype} ${shapeText(entry.shape)}`
      throw new FormatError('load', `${name} as ${dtype} ${shapeText(shape)}`, found)
    }
    present.delete(name)
  }
  const [extra] = present.keys()
  if (extra !== undefined) throw new FormatError('load', 'tensors of the architecture alone', describe(extra))
}

function checksumOf(data: Uint8Array): string {
  return `crc32:${crc32(data).toString(16).padStart(8, '0')}`
}
