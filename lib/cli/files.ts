// Files of the command line: where models are, and results that overwrite nothing unless told.
import { mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeAtomic } from '../io/files.js'
import { UsageError } from './usage.js'

/** The model's name in a folder that train has written. */
export const MODEL = 'model.safetensors'

/** Whether there is a file or folder. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** The file of a model, which users may name by its folder. */
export async function modelPath(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (!found) throw new UsageError(`There is no model ${JSON.stringify(path)}: no such file or folder.`)
  if (!found.isDirectory()) return path
  const inside = join(path, MODEL)
  if (await exists(inside)) return inside
  throw new UsageError(`The folder ${JSON.stringify(path)} has no ${MODEL}; chainrule train writes such a folder.`)
}

/** Throws UsageError for files that are there already. */
export async function refuseOverwriting(paths: readonly string[], force: boolean): Promise<void> {
  if (force) return
  for (const path of paths) {
    if (await exists(path)) throw new UsageError(`${path} is there already; --force overwrites it.`)
  }
}

/** Writes a file whole, with the folders above it. */
export async function writeResult(path: string, content: string | Uint8Array, force: boolean): Promise<void> {
  await refuseOverwriting([path], force)
  await mkdir(dirname(path), { recursive: true })
  await writeAtomic('write', path, [typeof content === 'string' ? Buffer.from(content) : content])
}

/** The name of a file for a report. @throws UsageError */
export function htmlPath(path: string | undefined): string | undefined {
  if (path === undefined || /\.html?$/i.test(path)) return path
  throw new UsageError(`--report takes a file that ends in .html, not ${JSON.stringify(path)}.`)
}

/** The name of a file of some kind. @throws UsageError for another ending */
export function fileAs(path: string, ending: 'onnx' | 'safetensors'): string {
  if (path.toLowerCase().endsWith(`.${ending}`)) return path
  throw new UsageError(`The file to write ends in .${ending}; ${JSON.stringify(path)} does not.`)
}
