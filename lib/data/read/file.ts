// A file of which parts are read, in any order.
import { describe } from '../../checks.js'
import { Handle } from '../../disk.js'
import { ChainruleError, FileError } from '../../errors.js'
import { Reading } from './place.js'

/** An open file. */
export class OpenFile {
  readonly reading: Reading
  /** Its length in bytes. */
  readonly size: number
  readonly #handle: Handle
  readonly #path: string

  private constructor(reading: Reading, handle: Handle, size: number, path: string) {
    this.reading = reading
    this.size = size
    this.#handle = handle
    this.#path = path
  }

  /** Opens a regular file. Throws FileError if that cannot be done. */
  static async open(operation: string, path: string): Promise<OpenFile> {
    let handle: Handle | undefined
    try {
      handle = await Handle.open(path, 'r')
      const found = await handle.stat()
      if (!found.isFile()) throw new FileError(operation, 'a regular file', describe(path), path)
      return new OpenFile(new Reading(operation, path), handle, found.size, path)
    } catch (cause) {
      await handle?.close()
      throw cause instanceof ChainruleError ? cause : unreadable(operation, path, cause)
    }
  }

  /** Its length in bytes, as hyparquet calls it. */
  get byteLength(): number {
    return this.size
  }

  /** The bytes from `start` to `end`. */
  async slice(start: number, end: number = this.size): Promise<ArrayBuffer> {
    if (!(start >= 0 && start <= end && end <= this.size)) {
      const actual = `bytes ${start} to ${end}`
      throw this.reading.error(`places within the file's ${this.size} bytes`, { actual })
    }
    const bytes = new Uint8Array(end - start)
    for (let at = 0; at < bytes.length; ) {
      const bytesRead = await this.#handle.read(bytes, at, Math.min(bytes.length - at, 2 ** 30), start + at)
      if (bytesRead === 0) throw new FileError(this.reading.operation, `${this.size} bytes`, 'fewer', this.#path)
      at += bytesRead
    }
    return bytes.buffer
  }

  /** Closes it. */
  async close(): Promise<void> {
    await this.#handle.close()
  }
}

/** The error for a file that the system does not let read. */
export function unreadable(operation: string, path: string, cause: unknown): FileError {
  const { code, message } = cause as NodeJS.ErrnoException
  const reason = code === 'ENOENT' ? 'ENOENT (no such file or folder)' : (code ?? message)
  return new FileError(operation, `to read ${describe(path)}`, reason, path, { cause })
}
