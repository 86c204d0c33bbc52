// Files for readers that take a path, in memory where the system has such a place. One file is written again and again: opening
// one takes longer than most readers do.
import { existsSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'chainrule-fuzz-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** Reads bytes through a file of this name. */
export function through(name, read) {
  const path = join(folder, name)
  let file
  return async (bytes) => {
    file ??= openSync(path, 'w')
    ftruncateSync(file)
    if (bytes.length > 0) writeSync(file, bytes, 0, bytes.length, 0)
    await read(path)
  }
}

/** What functions that write a file have written. */
export async function filesOf(makers) {
  const files = []
  for (const [i, make] of makers.entries()) {
    const path = join(folder, `seed-${i}`)
    await make(path)
    files.push(readFileSync(path))
  }
  return files
}
