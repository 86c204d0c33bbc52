// What the build scripts share: running a command with a friendly face, and knowing whether a build is up to date.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const verbose = process.argv.includes('--verbose')

/** Runs a command quietly; shows everything it printed, and ends this process, if it fails. */
export function step(title, command, args, options = {}) {
  const started = Date.now()
  if (title) process.stderr.write(`${title} … `)
  const done = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: verbose ? 'inherit' : 'pipe',
    ...options,
  })
  if (done.status !== 0) {
    process.stderr.write(`failed\n${done.stdout ?? ''}${done.stderr ?? ''}`)
    if (done.error) process.stderr.write(`${done.error.message}\n`)
    process.exit(done.status || 1)
  }
  if (title) process.stderr.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`)
  return done.stdout
}

/** Runs a command whose output is what the user came for; returns its exit status. */
export function show(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options }).status ?? 1
}

function newest(path) {
  if (!existsSync(path)) return Number.POSITIVE_INFINITY
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))))
}

/** Whether `product` exists and is newer than all `sources` (files or folders, relative to the root). */
export function upToDate(product, sources) {
  const target = join(root, product)
  if (!existsSync(target)) return false
  const built = statSync(target).mtimeMs
  return sources.every((source) => newest(join(root, source)) <= built)
}
