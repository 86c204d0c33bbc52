// Runs the C++ tests, and the tests of vitest under Node, with a sanitizer; or the C++ tests under valgrind. Everything is
// built with it into build-address or build-thread; Node itself is not instrumented and gets the sanitizer's library preloaded.
// Any report fails; there are no suppressions. What Node itself leaks at its end does not count: leaks do whose memory came
// through the addon.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { commandLine, root, show, step } from './support.mjs'

/** What the compiler is told, the libraries that Node gets preloaded, and how they are set. */
const kinds = {
  address: {
    compiled: 'address,undefined',
    libraries: ['libasan.so', 'libubsan.so'],
    // A crash in native code is reported though V8 asks for that signal too.
    options: {
      // A test asks for more memory than there is.
      ASAN_OPTIONS: 'handle_segv=2:detect_leaks=1:allocator_may_return_null=1',
      UBSAN_OPTIONS: 'print_stacktrace=1',
      LSAN_OPTIONS: 'exitcode=0',
    },
  },
  thread: {
    compiled: 'thread',
    libraries: ['libtsan.so'],
    options: { TSAN_OPTIONS: 'ignore_noninstrumented_modules=1:die_after_fork=0:second_deadlock_stack=1' },
  },
  valgrind: {},
}

const help = `Runs the tests with tools that watch memory and threads; any report of theirs fails.

  npm run test:sanitized -- address|thread|valgrind [--native | --node] [tests…]
  npm run test:sanitized -- address --native gemm     # C++ tests whose names hold 'gemm'
  npm run test:sanitized -- thread --node test/train  # tests of vitest in that folder

  address    AddressSanitizer, UndefinedBehaviorSanitizer and LeakSanitizer (with g++)
  thread     ThreadSanitizer (with g++)
  valgrind   C++ tests alone, on scalar code and AVX2 (with valgrind)

  --native   the C++ tests alone
  --node     the tests of vitest alone
  --verbose  what the builds say
  --help     this text`

const {
  values,
  names: given,
  refuse,
} = commandLine(help, { native: { type: 'boolean' }, node: { type: 'boolean' } }, () => true)
const [kind, ...names] = given
if (!Object.hasOwn(kinds, kind ?? '')) refuse(`The first name says with what: ${Object.keys(kinds).join(', ')}.`)
if (values.native && values.node) refuse('Either --native or --node; without them both run.')
const { compiled, libraries, options } = kinds[kind]

// Valgrind knows no AVX-512 and says so when the processor is asked; it takes some fifty times as long, so fewer points. Its long
// double has 64 bits, so references are not exact there: what counts are its reports, not comparisons (1) that fail. What it
// calls possibly lost are stacks of threads that the C library keeps for the next ones.
function valgrind() {
  step('', process.execPath, ['scripts/build-native.mjs', '--tests'])
  const tool = [
    '--quiet',
    '--error-exitcode=9',
    '--leak-check=full',
    '--errors-for-leak-kinds=definite',
    '--fair-sched=yes',
  ]
  const env = { ...process.env, CHAINRULE_THINNING: '64' }
  const status = show('valgrind', [...tool, join(root, 'build/Release/chainrule_tests'), ...names], { env })
  return status === 1 ? 0 : status
}

function build() {
  const folder = `build-${kind}`
  const setting = [`-DCHAINRULE_SANITIZE=${compiled}`, '-DCHAINRULE_TESTS=ON', '-DCHAINRULE_ADDON=ON']
  step('', 'cmake', ['-S', '.', '-B', folder, ...setting])
  const targets = ['--target', 'chainrule_tests', ...(values.native ? [] : ['chainrule'])]
  step(`Building with -fsanitize=${compiled}`, 'cmake', ['--build', folder, '-j', String(cpus().length), ...targets])
  return join(root, folder)
}

/** The reports in a folder of logs that count, and how many leaks are Node's own. */
function reports(folder) {
  const found = []
  let foreign = 0
  for (const file of readdirSync(folder)) {
    if (file === 'loads') continue
    const text = readFileSync(join(folder, file), 'utf8')
    const records = text.split(/\n\n+/)
    const leaks = records.filter((record) => /^(Direct|Indirect) leak of /m.test(record))
    const ours = leaks.filter((record) => record.includes('chainrule.node'))
    foreign += leaks.length - ours.length
    found.push(...ours)
    if (leaks.length === 0 && text.trim()) found.push(text.trim())
  }
  return { found, foreign }
}

function underNode(folder) {
  // The library looks for the usual addon before it loads one.
  step('', process.execPath, ['scripts/build-native.mjs'])
  const logs = join(folder, 'logs')
  rmSync(logs, { recursive: true, force: true })
  mkdirSync(logs)
  const paths = libraries.map((name) => step('', 'g++', [`-print-file-name=${name}`]).trim())
  const missing = paths.filter((path) => !existsSync(path))
  if (missing.length) {
    console.error(`There is no ${missing.join(', ')} here.`)
    return 1
  }
  const env = { ...process.env, LD_PRELOAD: paths.join(' ') }
  for (const [name, value] of Object.entries(options)) env[name] = `${value}:log_path=${join(logs, 'report')}`
  const empty = show(process.execPath, ['-e', '0'], { env })
  const own = reports(logs)
  if (empty !== 0 || own.found.length) {
    console.error(`An empty run of Node ends with ${empty}: ${own.found.join('\n')}`)
    return 1
  }
  rmSync(logs, { recursive: true })
  mkdirSync(logs)
  env.CHAINRULE_INSTRUMENTED = folder
  env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --require ${join(root, 'scripts/instrumented.cjs')}`.trim()
  // The torture bounds the address space of its processes, of which a sanitizer needs terabytes.
  const without = ['--exclude', 'test/torture/**']
  const patience = ['--testTimeout=1800000', '--hookTimeout=1800000', '--teardownTimeout=60000']
  const failed = show(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...without, ...patience, ...names], {
    env,
  })
  const { found, foreign } = reports(logs)
  for (const report of found) console.log(`${report}\n`)
  const loads = existsSync(join(logs, 'loads')) ? readFileSync(join(logs, 'loads'), 'utf8').split('\n').length - 1 : 0
  console.log(
    `${kind}: the addon was loaded ${loads} times, ${found.length} reports (and ${foreign} leaks of Node's own)`,
  )
  return failed || (found.length || loads === 0 ? 1 : 0)
}

if (kind === 'valgrind') process.exit(valgrind())
const folder = build()
let failed = 0
if (!values.node) {
  const env = { ...process.env, UBSAN_OPTIONS: 'print_stacktrace=1' }
  failed = show(join(folder, 'chainrule_tests'), names, { env })
}
if (!values.native) failed = underNode(folder) || failed
process.exit(failed)
