// The addon built with sanitizers, under Node: the runtimes are preloaded, and the tests of the TypeScript side run with
// it. Node and V8 themselves are not built so; what is found lies in the addon or in what it was given.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { packageFile, root } from '../support.mjs'

// Leaks are looked for by the part `leaks`. V8 moves its stack limits when it is told of small stacks.
const kinds = {
  'address,undefined': {
    folder: 'build-asan',
    libraries: ['libasan.so', 'libubsan.so'],
    env: {
      ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1:detect_stack_use_after_return=0:allocator_may_return_null=1',
      UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
    },
  },
  thread: {
    folder: 'build-tsan',
    libraries: ['libtsan.so'],
    env: { TSAN_OPTIONS: 'halt_on_error=0:exitcode=66:report_signal_unsafe=0' },
  },
}

/** Builds the addon with one kind of sanitizers. @returns {string | undefined} its path, or undefined without cmake and gcc */
function build({ folder }, kind) {
  const args = ['cmake-js', 'build', '--out', folder, `--CDCHAINRULE_SANITIZE=${kind}`, '--CDCHAINRULE_TESTS=OFF']
  const { status, stdout, stderr } = spawnSync('npx', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`${stdout}${stderr}`.slice(-2000))
  return packageFile(join(folder, 'Release/chainrule.node'))
}

// The package beside the sanitized addon, since the addon is looked for in the package's own folder.
function packageWith(addon, folder) {
  const target = packageFile(join(folder, 'package'))
  rmSync(target, { recursive: true, force: true })
  mkdirSync(join(target, 'build/Release'), { recursive: true })
  for (const name of readdirSync(root)) {
    if (/^(node_modules|native|bench|prebuilds|out|build.*|\..*)$/.test(name)) continue
    cpSync(join(root, name), join(target, name), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(target, 'node_modules'))
  cpSync(addon, join(target, 'build/Release/chainrule.node'))
  return target
}

function runtime(name) {
  const { stdout } = spawnSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' })
  const path = (stdout ?? '').trim()
  return existsSync(path) ? path : undefined
}

/** Reports in a log: the first line of each, with the addon's frame that comes first. */
function reportsIn(text) {
  const found = [...text.matchAll(/(?:ERROR: \w+Sanitizer|WARNING: ThreadSanitizer): [^\n]*|runtime error: [^\n]*/g)]
  return found.map(
    ({ 0: line, index }) => `${line} ${/native\/[\w/.-]+:\d+/.exec(text.slice(index, index + 6000))?.[0] ?? ''}`,
  )
}

/**
 * @param {string} kind - address,undefined or thread
 * @param {string[]} tests - folders or files of test/; all if empty
 */
export function sanitized(kind, tests) {
  const { folder, libraries, env } = kinds[kind]
  const paths = libraries.map(runtime)
  if (paths.includes(undefined)) {
    console.log(`  ${kind}: SKIPPED, gcc has no ${libraries.join(' and ')} here`)
    return { calls: 0, findings: [] }
  }
  const target = packageWith(build(kinds[kind], kind), folder)
  const log = join(target, 'sanitizer')
  const options = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, `${value}:log_path=${log}`]))
  const vitest = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--root',
    target,
    '--testTimeout',
    '600000',
    '--hookTimeout',
    '600000',
    ...tests,
  ]
  const { status, stdout, stderr } = spawnSync(process.execPath, vitest, {
    cwd: target,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, ...options, LD_PRELOAD: paths.join(':'), CHAINRULE_SANITIZED: kind },
  })
  const logs = readdirSync(target).filter((name) => name.startsWith('sanitizer.'))
  const reports = reportsIn(
    [stdout, stderr, ...logs.map((name) => readFileSync(join(target, name), 'utf8'))].join('\n'),
  )
  const counts = /Tests .*?(\d+) passed/.exec(stdout)
  const findings = [...new Set(reports)]
  if (status !== 0 && findings.length === 0)
    findings.push(`the tests fail under ${kind}: ${`${stdout}${stderr}`.slice(-3000)}`)
  return { calls: Number(counts?.[1] ?? 0), findings }
}

/** @param {{ only?: string }} options - only: folders or files of test/, by commas */
export async function sanitize({ only }) {
  return sanitized('address,undefined', only ? only.split(',') : ['test'])
}

/** The same with ThreadSanitizer. */
export async function races({ only }) {
  return sanitized('thread', only ? only.split(',') : ['test/native', 'test/train', 'test/compile', 'test/nn'])
}
