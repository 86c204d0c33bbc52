// Models in files: safetensors with the parameters under PyTorch's names, and in the metadata the architecture and what
// else belongs to the model.
import { boolean, describe, options } from '../checks.js'
import { ArgumentError, FormatError } from '../errors.js'
import { configOf, networkOf } from '../nn/config.js'
import type { Model } from '../nn/model.js'
import type { StateDict } from '../nn/state.js'
import { Tensor } from '../tensor/tensor.js'
import { checkPath, writeAtomic } from './files.js'
import { checkParameters, extrasText, type ModelExtras, metadataText, parseMetadata } from './model-file.js'
import { checkReadable, layOut, type Safetensors, type TensorEntry } from './safetensors.js'
import { checksumOf, withTensorFile } from './tensor-file.js'
import { elementsOf } from './types.js'

/** Options of {@link save}: what goes into the file beside the model. */
export interface SaveOptions extends ModelExtras {
  /** Whether a file that is there already is replaced. Default true. */
  readonly overwrite?: boolean
}

/** A model with what its file holds beside it. */
export interface ModelFile extends ModelExtras {
  readonly model: Model
  /** All texts of the file's metadata. */
  readonly metadata: Readonly<Record<string, string>>
  /** Version of the format that the file has. */
  readonly version: string
}

/**
 * Saves a model: architecture and parameters, not the optimizer's state. The parameters are those of the moment of the
 * call. The file is written whole or not at all: a crash leaves the old one.
 * @param path - by custom ending in `.safetensors`
 * @throws ArgumentError for a model with gates of the user's own and for what is no JSON, FileError if the file cannot be
 * written, or is there and `overwrite` is false
 */
export async function save(model: Model, path: string, given?: SaveOptions): Promise<void> {
  checkPath('save', path)
  const { overwrite = true, ...extras } = options('save', given, ['preprocessing', 'labels', 'training', 'overwrite'])
  boolean('save', 'overwrite', overwrite)
  const architecture = JSON.stringify(configOf('save', model))
  const texts = { dtype: model.dtype, architecture, ...extrasText('save', extras) }
  const { data, head } = layOut('save', model.stateDict())
  const metadata = metadataText(texts, await checksumOf(data))
  await writeAtomic('save', path, [head(metadata), data], overwrite)
}

/**
 * Loads a model that {@link save} has written.
 * @throws FileError if the file cannot be read, FormatError if it is damaged or holds something else
 */
export async function load(path: string): Promise<Model> {
  return (await readModel('load', path)).model
}

/**
 * Loads a model with everything that {@link save} has written beside it.
 * @throws FileError if the file cannot be read, FormatError if it is damaged or holds something else
 */
export function readModelFile(path: string): Promise<ModelFile> {
  return readModel('readModelFile', path)
}

async function readModel(operation: string, path: string): Promise<ModelFile> {
  checkPath(operation, path)
  return withTensorFile(operation, path, async ({ header, read }) => {
    const { architecture, checksum, dtype, ...rest } = parseMetadata(operation, header)
    checkParameters(operation, { architecture, checksum, dtype, ...rest }, header)
    const model = networkOf(operation, architecture, dtype)
    const state = model.stateDict()
    const found = await read(({ name }) => bytesOf(state[name]!))
    if (checksum !== found) {
      throw new FormatError(operation, `data with checksum ${checksum}`, `${found}: the file is damaged`)
    }
    return { ...rest, model, metadata: header.metadata }
  })
}

function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

/** Options of {@link saveTensors}. */
export interface SaveTensorsOptions {
  /** Whether a file that is there already is replaced. Default true. */
  readonly overwrite?: boolean
}

/** Saves tensors by name, for example `model.stateDict()`, as safetensors, whole or not at all. */
export async function saveTensors(
  tensors: StateDict,
  path: string,
  metadata: Readonly<Record<string, string>> = {},
  given?: SaveTensorsOptions,
): Promise<void> {
  checkPath('saveTensors', path)
  const { overwrite = true } = options('saveTensors', given, ['overwrite'])
  boolean('saveTensors', 'overwrite', overwrite)
  if (typeof tensors !== 'object' || tensors === null) {
    throw new ArgumentError('saveTensors', 'tensors by name', describe(tensors))
  }
  const { data, head } = layOut('saveTensors', tensors)
  await writeAtomic('saveTensors', path, [head(metadata), data], overwrite)
}

/**
 * Loads all tensors and the metadata of a safetensors file, from whatever program. Types that tensors do not have are
 * converted: F16, BF16 and the 8-bit floats to float32, integers and BOOL to int32.
 * @throws FileError if the file cannot be read, FormatError if it breaks a rule of the format or holds what cannot be
 * converted exactly
 */
export async function loadTensors(path: string): Promise<Safetensors> {
  checkPath('loadTensors', path)
  return withTensorFile('loadTensors', path, async ({ header, read }) => {
    checkReadable('loadTensors', header.entries)
    const places = new Map<TensorEntry, Uint8Array<ArrayBuffer>>()
    for (const entry of header.entries) places.set(entry, new Uint8Array(entry.end - entry.begin))
    await read((entry) => places.get(entry)!)
    const tensors = header.entries.map((entry) => {
      const elements = elementsOf('loadTensors', entry.name, entry.type, places.get(entry)!)
      return [entry.name, new Tensor(elements, entry.shape)] as const
    })
    return { tensors: Object.fromEntries(tensors), metadata: header.metadata }
  })
}
