// What stands in the metadata of a model's file: the format's version, the architecture, and what belongs to the model
// beside it. Version 2 has a checksum over the texts; version 1 had none, and nothing but the architecture.
import { describe, shapeText } from '../checks.js'
import { ArgumentError, FormatError } from '../errors.js'
import { native } from '../native/load.js'
import { parametersOf } from '../nn/config.js'
import type { FloatDType } from '../tensor/dtype.js'
import { sameShape } from '../tensor/shape.js'
import { type Json, jsonText, parseStrict } from './json.js'
import type { Header } from './safetensors.js'
import { checksumText } from './tensor-file.js'
import { typeOf } from './types.js'

/** The version that is written. */
export const VERSION = '2'
const versions = ['1', VERSION]

/** What belongs to a model beside its parameters. */
export interface ModelExtras {
  /** How raw data becomes the input, as plain JSON. */
  readonly preprocessing?: Json
  /** Names of the classes, in the order of the outputs. */
  readonly labels?: readonly string[]
  /** How the model was trained, as plain JSON. */
  readonly training?: Json
}

/** The metadata of a model's file, read. */
export interface ModelMetadata extends ModelExtras {
  readonly version: string
  readonly dtype: FloatDType
  /** The network as plain data: `{ gate: 'Sequential', gates: […] }`. */
  readonly architecture: unknown
  /** Of the tensors' data. */
  readonly checksum: string | undefined
}

const texts = ['dtype', 'architecture', 'preprocessing', 'labels', 'training'] as const

/** The texts of a model's metadata, without checksums. */
export function extrasText(
  operation: string,
  { preprocessing, labels, training }: ModelExtras,
): Record<string, string> {
  return {
    ...(preprocessing !== undefined && { preprocessing: jsonText(operation, 'preprocessing', preprocessing) }),
    ...(labels !== undefined && { labels: JSON.stringify(checkLabels(operation, labels)) }),
    ...(training !== undefined && { training: jsonText(operation, 'training', training) }),
  }
}

function checkLabels(operation: string, labels: unknown): readonly string[] {
  if (!Array.isArray(labels) || labels.length === 0 || !labels.every((label) => typeof label === 'string')) {
    throw new ArgumentError(operation, 'labels to be an array of strings', describe(labels))
  }
  return labels
}

/** The whole metadata of a model's file. */
export function metadataText(given: Record<string, string>, checksum: string): Record<string, string> {
  return { format: 'chainrule', version: VERSION, checksum, metadataChecksum: checksumOfTexts(given), ...given }
}

function checksumOfTexts(metadata: Readonly<Record<string, string>>): string {
  const text = JSON.stringify(texts.map((key) => metadata[key] ?? null))
  return checksumText(native().crc32(Buffer.from(text), 0))
}

/**
 * Reads the metadata of a model's file.
 * @throws FormatError for files of other programs or of a newer version, and for damaged texts
 */
export function parseMetadata(operation: string, { metadata }: Header): ModelMetadata {
  const { format, version, dtype, checksum, architecture } = metadata
  if (format !== 'chainrule' || architecture === undefined) {
    const remedy = 'a model saved by chainrule (for other files use loadTensors and loadStateDict)'
    throw new FormatError(operation, remedy, `metadata format ${describe(format)}`)
  }
  if (version === undefined || !versions.includes(version)) {
    throw new FormatError(operation, `a file of version ${versions.join(' or ')}`, describe(version))
  }
  if (version !== '1' && metadata.metadataChecksum !== checksumOfTexts(metadata)) {
    const expected = `metadata with checksum ${metadata.metadataChecksum}`
    throw new FormatError(operation, expected, `${checksumOfTexts(metadata)}: the file is damaged`)
  }
  if (dtype !== 'float32' && dtype !== 'float64') {
    throw new FormatError(operation, 'dtype float32 or float64', describe(dtype))
  }
  const parsed = (key: string) => parseText(operation, key, metadata[key]!)
  const labels = metadata.labels === undefined ? undefined : (parsed('labels') as string[])
  if (labels !== undefined && !(Array.isArray(labels) && labels.every((label) => typeof label === 'string'))) {
    throw new FormatError(operation, 'labels as an array of strings', describe(labels))
  }
  return {
    version,
    dtype,
    checksum,
    architecture: parsed('architecture'),
    ...(metadata.preprocessing !== undefined && { preprocessing: parsed('preprocessing') as Json }),
    ...(labels !== undefined && { labels }),
    ...(metadata.training !== undefined && { training: parsed('training') as Json }),
  }
}

function parseText(operation: string, key: string, text: string): unknown {
  try {
    return parseStrict(text)
  } catch (cause) {
    throw new FormatError(operation, `${key} in JSON`, (cause as Error).message, { cause })
  }
}

/** The architecture is believed only as far as the file has tensors for it: nothing is allocated before. */
export function checkParameters(operation: string, { architecture, dtype }: ModelMetadata, { entries }: Header): void {
  const present = new Map(entries.map((entry) => [entry.name, entry]))
  for (const { name, shape } of parametersOf(operation, architecture)) {
    const entry = present.get(name)
    if (!entry) throw new FormatError(operation, `a tensor ${name}`, 'none')
    if (!sameShape(entry.shape, shape) || entry.type !== typeOf(dtype)) {
      const found = `${entry.type} ${shapeText(entry.shape)}`
      throw new FormatError(operation, `${name} as ${typeOf(dtype)} ${shapeText(shape)}`, found)
    }
    present.delete(name)
  }
  const [extra] = present.keys()
  if (extra !== undefined) throw new FormatError(operation, 'tensors of the architecture alone', describe(extra))
}
