// What the scripts share: reading the command line, running a command with a friendly face, and knowing whether a build is up
// to date.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const verbose = process.argv.includes('--verbose')

/** How esbuild bundles for Node. */
export const bundling = {
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
}

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

/**
 * What stands on the command line of this process. With --help it prints `help` and ends the process; at an option, name or
 * number that it does not know it says so in a line, prints `help` and ends it with 2.
 * @param {string} help
 * @param {Record<string, { type: 'string' | 'boolean' | 'number', default?: unknown }>} options - numbers are whole and ≥ 0
 * @param {string[] | ((name: string) => boolean)} [known] - the names that may stand beside the options; none if left out
 * @returns {{ values: Record<string, any>, names: string[], refuse: (message: string) => never }}
 */
export function commandLine(help, options = {}, known = []) {
  const refuse = (message) => {
    console.error(`${message}\n\n${help}`)
    process.exit(2)
  }
  const isNumber = (name) => options[name]?.type === 'number'
  const spec = { help: { type: 'boolean', short: 'h' }, verbose: { type: 'boolean' } }
  for (const [name, { type }] of Object.entries(options)) spec[name] = { type: type === 'number' ? 'string' : type }
  const parse = () => {
    try {
      return parseArgs({ allowPositionals: true, options: spec })
    } catch (error) {
      return refuse(error.message.split('. To specify')[0])
    }
  }
  const { values, positionals: names } = parse()
  if (values.help) {
    console.log(help)
    process.exit(0)
  }
  const unknown = names.find((name) => !(typeof known === 'function' ? known(name) : known.includes(name)))
  if (unknown !== undefined) refuse(`Unknown name '${unknown}'.`)
  for (const [name, text] of Object.entries(values)) {
    if (!isNumber(name)) continue
    if (!/^\d+$/.test(text)) refuse(`--${name} takes a whole number, not '${text}'.`)
    values[name] = Number(text)
  }
  for (const [name, { default: value }] of Object.entries(options)) values[name] ??= value
  return { values, names, refuse }
}

/** Builds what is out of date of the addon and of dist/, and with `tests` the C++ tests; ends this process where that fails. */
export function build({ tests = false } = {}) {
  const builds = [['build-native.mjs', ...(tests ? ['--tests'] : [])], ['build-ts.mjs']]
  for (const [script, ...args] of builds) {
    const status = show(process.execPath, [join(root, 'scripts', script), ...args])
    if (status !== 0) process.exit(status)
  }
}
