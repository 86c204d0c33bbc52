// Loads the native addon once, from wherever a build or prebuildify has put it, and translates its errors.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ArgumentError, ChainruleError, IndexError, NativeError } from '../errors.js'
import type { Addon } from './addon.js'

type Bindings = (options: { bindings: string; module_root: string; try: string[][] }) => Addon

let addon: Addon | undefined

/**
 * The native addon; loaded at the first call.
 * @throws NativeError if it cannot be loaded on this platform
 */
export function native(): Addon {
  addon ??= load(packageRoot())
  return addon
}

/** The package's root: the nearest folder above this file, or above another, whose package.json says so. */
export function packageRoot(file = import.meta.filename): string {
  let folder = dirname(file)
  for (;;) {
    const manifest = join(folder, 'package.json')
    if (existsSync(manifest) && /"name":\s*"chainrule"/.test(readFileSync(manifest, 'utf8'))) return folder
    const parent = dirname(folder)
    if (parent === folder) throw new NativeError('chainrule', 'its package.json above its code', 'none')
    folder = parent
  }
}

/** What prebuilt addons are made for: `glibc` is its version where the system's C library is that. */
export interface Platform {
  readonly platform: string
  readonly arch: string
  readonly glibc: string | undefined
}

function here(): Platform {
  const report = process.report as unknown as {
    excludeNetwork: boolean
    getReport(): { header: { glibcVersionRuntime?: string } }
  }
  const { excludeNetwork } = report // looking at the network can take seconds; the setting is the user's
  report.excludeNetwork = true
  const { glibcVersionRuntime: glibc } = report.getReport().header
  report.excludeNetwork = excludeNetwork
  return { platform: process.platform, arch: process.arch, glibc }
}

/**
 * The addon below a package's root: one that was built there, or else a prebuilt one.
 * @throws NativeError if there is none, or it cannot be loaded
 */
export function load(root: string): Addon {
  const bindings = createRequire(import.meta.filename)('bindings') as Bindings
  const built = localBuilds.some((path) => existsSync(join(root, ...path)))
  const places = built ? localBuilds : prebuilds(here())
  try {
    // It joins each list to one path, tries the next if a file is missing, and fails if a file does not load.
    return bindings({ bindings: 'chainrule.node', module_root: root, try: places.map((path) => [root, ...path]) })
  } catch (cause) {
    const [reason] = (cause as Error).message.split('\n')
    const remedy = 'Rebuild it with "npx chainrule rebuild" (needs Python 3, make and a C++20 compiler).'
    const expected = `a native addon for ${platformText(here())}, Node ${process.versions.node}`
    throw new NativeError('chainrule', expected, `"${reason}". ${remedy}`, { cause })
  }
}

const localBuilds = [
  ['build', 'Release', 'chainrule.node'],
  ['build', 'Debug', 'chainrule.node'],
  ['build-cmake', 'Release', 'chainrule.node'],
  ['build-cmake', 'chainrule.node'],
]

// What prebuildify --tag-libc puts into names.
function libcOf({ platform, glibc }: Platform): 'glibc' | 'musl' | undefined {
  if (platform !== 'linux') return undefined
  return glibc ? 'glibc' : 'musl'
}

/** A platform in words. */
export function platformText(system: Platform): string {
  const libc = libcOf(system)
  return `${system.platform}-${system.arch}${libc ? ` (${libc})` : ''}`
}

/** Where prebuildify puts the addon of a platform, the likeliest place first. */
export function prebuilds(system: Platform): string[][] {
  const names = ['chainrule.node', 'node.napi.node']
  const libc = libcOf(system)
  if (libc) names.unshift(`chainrule.${libc}.node`, `node.napi.${libc}.node`)
  return names.map((name) => ['prebuilds', `${system.platform}-${system.arch}`, name])
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
