// What the user can ask of and tell the native core.
import { integer } from '../checks.js'
import type { NativeInfo } from './addon.js'
import { native, translated } from './load.js'

/** The machine as the native core sees it, and what it uses of it. */
export type SystemInfo = Omit<NativeInfo, 'unary'>

/** Instruction set, threads, processor and caches in use. */
export function info(): SystemInfo {
  const { unary: _, ...system } = native().info()
  return system
}

/**
 * Sets the number of threads (1 to 256) of the library's pool, which all models share. Results do not depend on it.
 * @throws ArgumentError if the system gives no more threads
 */
export function setThreads(threads: number): void {
  const count = integer('setThreads', 'threads', threads, 1, 256)
  try {
    native().setThreads(count)
  } catch (error) {
    throw translated('setThreads', error)
  }
}
