// Loads the native addon once, from wherever a build or prebuildify has put it, and translates its errors.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ArgumentError, ChainruleError, IndexError, NativeError } from '../errors.js'
import type { Addon } from './addon.js'

type Bindings = (options: { bindings: string; module_root: string; try: string[][] }) => Addon

let addon: Addon | undefined

/**
 * The native addon; loaded at the first call.
 * @throws NativeError if it cannot be loaded on this platform
 */
export function native(): Addon {
  addon ??= load()
  return addon
}

/** The package's root: the nearest folder above this file whose package.json says so. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (;;) {
    const manifest = join(folder, 'package.json')
    if (existsSync(manifest) && /"name":\s*"chainrule"/.test(readFileSync(manifest, 'utf8'))) return folder
    const parent = dirname(folder)
    if (parent === folder) throw new NativeError('chainrule', 'its package.json above its code', 'none')
    folder = parent
  }
}

// bindings joins each list to one path, tries the next if a file is missing, and fails if a file does not load.
function load(): Addon {
  const require = createRequire(import.meta.url)
  const bindings = require('bindings') as Bindings
  const root = packageRoot()
  try {
    if (localBuilds.some((path) => existsSync(join(root, ...path)))) {
      return bindings({ bindings: 'chainrule.node', module_root: root, try: localBuilds.map((p) => [root, ...p]) })
    }
    return bindings({ bindings: 'chainrule.node', module_root: root, try: prebuilds().map((p) => [root, ...p]) })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    const here = `${process.platform}-${process.arch}${libc() ? ` (${libc()})` : ''}, Node ${process.versions.node}`
    const remedy = 'Rebuild it with "npx chainrule rebuild" (needs Python 3, make and a C++20 compiler).'
    throw new NativeError('chainrule', `a native addon for ${here}`, `"${reason}". ${remedy}`, { cause })
  }
}

const localBuilds = [
  ['build', 'Release', 'chainrule.node'],
  ['build', 'Debug', 'chainrule.node'],
  ['build-cmake', 'Release', 'chainrule.node'],
  ['build-cmake', 'chainrule.node'],
]

function prebuilds(): string[][] {
  const folder = ['prebuilds', `${process.platform}-${process.arch}`]
  const names = ['chainrule.node', 'node.napi.node']
  const tag = libc()
  if (tag) names.unshift(`chainrule.${tag}.node`, `node.napi.${tag}.node`)
  return names.map((name) => [...folder, name])
}

/** The C library of this process on Linux: what prebuildify --tag-libc puts into names. */
function libc(): 'glibc' | 'musl' | undefined {
  if (process.platform !== 'linux') return undefined
  if (existsSync('/etc/alpine-release')) return 'musl'
  const report = process.report as unknown as {
    excludeNetwork: boolean
    getReport(): { header?: { glibcVersionRuntime?: string } }
  }
  report.excludeNetwork = true
  return report.getReport().header?.glibcVersionRuntime ? 'glibc' : 'musl'
}

/** What the addon throws, beyond Error. */
interface NativeFailure extends Error {
  readonly code?: string
  readonly where?: number
  readonly value?: number
}

/** Turns an error of the addon into one of this library; others come back as they are. */
export function translated(operation: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ChainruleError) return error
  const { code, where, value, message } = error as NativeFailure
  if (code === 'OUT_OF_RANGE') return new IndexError(operation, 'indices in range', `${value} at ${where}`)
  if (code === 'INVALID_ARGUMENT') return new ArgumentError(operation, 'valid arguments', message, { cause: error })
  if (code === 'OUT_OF_MEMORY')
    return new ArgumentError(operation, 'what the system has memory and threads for', message, { cause: error })
  return error
}
