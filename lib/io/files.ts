// Whole files: read with a limit, or written so that at any moment either the old or the new content is there.
import { constants } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe } from '../checks.js'
import { access, Handle, link, realpath, rename, stat, unlink } from '../disk.js'
import { ArgumentError, ChainruleError, FileError } from '../errors.js'

/** The path of a file as users give it. Throws ArgumentError for what is no path. */
export function checkPath(operation: string, path: unknown): string {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw new ArgumentError(operation, 'path to be the name of a file', describe(path))
  }
  return path
}

/**
 * The content of a regular file.
 * @param limit - the most bytes it may have
 * @throws FileError if it is missing, unreadable, no regular file, or too large
 */
export async function readWhole(operation: string, path: string, limit: number): Promise<Buffer> {
  return withFile(operation, path, limit, ({ whole }) => whole())
}

/** A regular file that is open for reading. */
export interface OpenFile {
  readonly size: number
  /** Fills `into` with the bytes from `position` on. Throws FileError if the file ends before. */
  read(into: Uint8Array, position: number): Promise<void>
  /** All of it. */
  whole(): Promise<Buffer>
}

/**
 * Opens a regular file, lets `use` read it, and closes it.
 * @param limit - the most bytes it may have
 * @throws FileError if it is missing, unreadable, no regular file, or too large
 */
export async function withFile<T>(
  operation: string,
  path: string,
  limit: number,
  use: (file: OpenFile) => Promise<T>,
): Promise<T> {
  return attempt(operation, `to read ${describe(path)}`, path, async () => {
    // A pipe would keep the call waiting until somebody writes to it.
    const handle = await Handle.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    try {
      const found = await handle.stat()
      if (!found.isFile()) throw new FileError(operation, 'a regular file', describe(path), path)
      const { size } = found
      if (size > limit) throw new FileError(operation, `${describe(path)} of at most ${limit} bytes`, `${size}`, path)
      const read = async (into: Uint8Array, position: number): Promise<void> => {
        for (let done = 0; done < into.length; ) {
          const bytesRead = await handle.read(into, done, into.length - done, position + done)
          if (bytesRead === 0) throw new FileError(operation, `${size} bytes`, `only ${position + done}`, path)
          done += bytesRead
        }
      }
      return await use({ size, read, whole: () => handle.readAll() })
    } finally {
      await handle.close()
    }
  })
}

/**
 * Writes a file in one step: to a temporary file beside it, flushed to disk, then renamed over it, and the rename flushed.
 * A crash at any moment leaves the old file or the new one. A symbolic link stays a link; an old file's mode is kept.
 * @param parts - the content in order; not to be changed until the promise resolves
 * @param overwrite - whether there may be a file already
 * @throws FileError; the old file is then untouched
 */
export async function writeAtomic(
  operation: string,
  path: string,
  parts: readonly Uint8Array[],
  overwrite = true,
): Promise<void> {
  await attempt(operation, `to write ${describe(path)}`, path, async () => {
    if (!overwrite) await checkAbsent(operation, path)
    const target = await realpath(path).catch(() => path)
    const mode = await stat(target).then(
      (found) => found.mode & 0o777,
      () => undefined,
    )
    const folder = dirname(target)
    const temporary = join(folder, `.${basename(target)}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`)
    try {
      await writeNew(temporary, parts, mode)
      await (overwrite ? rename(temporary, target) : putNew(operation, temporary, target))
    } catch (error) {
      await unlink(temporary).catch(() => {})
      throw error
    }
    await flushFolder(folder)
  })
}

async function writeNew(path: string, parts: readonly Uint8Array[], mode: number | undefined): Promise<void> {
  const file = await Handle.open(path, 'wx', mode)
  try {
    if (mode !== undefined) await file.chmod(mode)
    for (const part of parts) await file.write(part)
    await file.flush()
  } finally {
    await file.close()
  }
}

/** Throws FileError if there is a file of this name. */
async function checkAbsent(operation: string, path: string): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  )
  if (exists) throw new FileError(operation, `no file ${describe(path)} yet`, 'one that would be overwritten', path)
}

// A hard link fails if somebody has written the file meanwhile. Where there are none, what remains is to look again.
async function putNew(operation: string, temporary: string, target: string): Promise<void> {
  try {
    await link(temporary, target)
  } catch {
    await checkAbsent(operation, target)
    return rename(temporary, target)
  }
  await unlink(temporary)
}

// Some systems and file systems cannot open or flush a folder; the rename itself has then happened all the same.
async function flushFolder(folder: string): Promise<void> {
  let handle: Handle | undefined
  try {
    handle = await Handle.open(folder, 'r')
    await handle.flush()
  } catch {
  } finally {
    await handle?.close()
  }
}

async function attempt<T>(operation: string, wish: string, path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (cause instanceof ChainruleError) throw cause
    const { code, message } = cause as NodeJS.ErrnoException
    throw new FileError(operation, wish, code === undefined ? message : `${code} (${meaning(code)})`, path, { cause })
  }
}

function meaning(code: string): string {
  const meanings: Record<string, string> = {
    ENOENT: 'no such file or folder',
    EACCES: 'permission denied',
    EPERM: 'not permitted',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of the path is no folder',
    ENOSPC: 'no space left',
    EROFS: 'read-only file system',
  }
  return meanings[code] ?? 'refused by the system'
}
