// Calls of the file system as promises, made of those that call back. Those of node:fs/promises end the whole process by a failed
// assertion of Node's, once in some thousands, where a worker is terminated just when it makes one.
import * as fs from 'node:fs'
import { promisify } from 'node:util'

export const access = promisify(fs.access)
export const appendFile = promisify(fs.appendFile)
export const link = promisify(fs.link)
export const mkdir = promisify(fs.mkdir)
export const readdir = promisify(fs.readdir)
export const realpath = promisify(fs.realpath.native)
export const rename = promisify(fs.rename)
export const stat = promisify(fs.stat)
export const unlink = promisify(fs.unlink)
export const writeFile = promisify(fs.writeFile)

const opened = promisify(fs.open)
const closed = promisify(fs.close)
const read = promisify(fs.read)
const readAll = promisify(fs.readFile)
const fstat = promisify(fs.fstat)
const fchmod = promisify(fs.fchmod)
const fsync = promisify(fs.fsync)

/** An open file. Whoever opens it closes it; Node closes those of a worker that ends. */
export class Handle {
  readonly #number: number

  private constructor(number: number) {
    this.#number = number
  }

  /** Opens a file, or a folder to flush it. */
  static async open(path: string, flags: string | number, mode?: number): Promise<Handle> {
    return new Handle(await opened(path, flags, mode))
  }

  /** Reads at most `length` bytes into `into` from `offset` on. `position`: null for where the last read ended. How many it has read. */
  async read(into: Uint8Array, offset: number, length: number, position: number | null): Promise<number> {
    return (await read(this.#number, into, offset, length, position)).bytesRead
  }

  /** All bytes from where the last read ended. */
  readAll(): Promise<Buffer> {
    return readAll(this.#number)
  }

  /** Writes all of it behind what was written before. */
  write(part: Uint8Array): Promise<void> {
    return writeFile(this.#number, part)
  }

  stat(): Promise<fs.Stats> {
    return fstat(this.#number)
  }

  chmod(mode: number): Promise<void> {
    return fchmod(this.#number, mode)
  }

  /** Returns once what was written is on the disk. */
  flush(): Promise<void> {
    return fsync(this.#number)
  }

  close(): Promise<void> {
    return closed(this.#number)
  }
}
