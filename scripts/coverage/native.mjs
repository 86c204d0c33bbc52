// Branches of native/ that the C++ tests take, and the addon under vitest and where memory, threads and calls into the engine are
// refused, by clang's coverage of sources: a condition counts in both its ways, and the same line compiled for several types and
// instruction sets is one line.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { root, show, step } from '../support.mjs'

const folder = join(root, 'coverage/native')
const build = join(root, 'build-coverage')
const testProgram = join(build, 'chainrule_tests')
const addon = join(build, 'Release/chainrule.node')
// Tests that lead through the addon everywhere; others reach nothing else of it.
const through = [
  'test/native',
  'test/gates',
  'test/graph',
  'test/nn',
  'test/optim',
  'test/train',
  'test/compile',
  'test/properties',
  'test/data',
]

function tool(name) {
  return [name, `${name}-14`].find((each) => spawnSync(each, ['--version']).error === undefined)
}

/** @param {string[]} filters - test files that run the addon, where not all of them are to */
export async function coverNative(filters) {
  const [profdata, cov] = [tool('llvm-profdata'), tool('llvm-cov')]
  if (!tool('clang++') || !profdata || !cov) {
    console.log('native: needs clang++, llvm-profdata and llvm-cov (Debian: clang llvm)')
    return undefined
  }
  step('Building addon and C++ tests with counters', process.execPath, [
    join(root, 'node_modules/cmake-js/bin/cmake-js'),
    'build',
    '--out',
    'build-coverage',
    '--CDCMAKE_C_COMPILER=clang',
    '--CDCMAKE_CXX_COMPILER=clang++',
    '--CDCHAINRULE_COVERAGE=ON',
    '--CDCHAINRULE_TESTS=ON',
  ])
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const program = existsSync(testProgram) ? testProgram : join(build, 'Release/chainrule_tests')
  // %c: counters live in the file, so that a process that is killed has written them.
  const profile = (name) => ({ ...process.env, LLVM_PROFILE_FILE: join(folder, `${name}-%p%c.profraw`) })
  let failed = show(program, [], { env: profile('tests') })
  // The tests try all instruction sets; what the process itself chooses is another thing.
  failed ||= show(program, ['plan_options', 'dispatch'], { env: { ...profile('scalar'), CHAINRULE_ISA: 'scalar' } })
  // It notes there how often it was loaded.
  mkdirSync(join(dirname(addon), 'logs'), { recursive: true })
  const preload = join(root, 'scripts/instrumented.cjs')
  const instrumented = { NODE_OPTIONS: `--require=${preload}`, CHAINRULE_INSTRUMENTED: dirname(addon) }
  const withAddon = (name, ...args) => show(process.execPath, args, { env: { ...profile(name), ...instrumented } })
  const tests = filters.length ? filters : through
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  failed ||= withAddon('addon', vitest, 'run', '--reporter=dot', '--testTimeout=300000', ...tests)
  if (!filters.length) failed ||= withAddon('starved', join(root, 'test/torture/run.mjs'), 'starved', '--count', '400')
  if (failed) process.exitCode = 1
  const profiles = readdirSync(folder).map((name) => join(folder, name))
  const merged = join(folder, 'all.profdata')
  step('', profdata, ['merge', '-sparse', '-o', merged, ...profiles])
  const text = step('', cov, ['export', '-skip-functions', `-instr-profile=${merged}`, program, '-object', addon])
  return JSON.parse(text).data[0].files.flatMap(branchesOf)
}

function branchesOf({ filename, branches, segments }) {
  const file = relative(root, filename)
  if (!file.startsWith('native/')) return []
  const places = new Map()
  for (const [line, column, lineEnd, columnEnd, yes, no] of branches) {
    const place = `${line}:${column}:${lineEnd}:${columnEnd}`
    const before = places.get(place) ?? { line, column, yes: 0, no: 0 }
    places.set(place, { ...before, yes: before.yes + yes, no: before.no + no })
  }
  let [count, covered] = [0, 0]
  const lines = []
  for (const { line, column, yes, no } of places.values()) {
    // A condition that the compiler knows has no counters, though its line runs.
    if (yes + no === 0 && runs(segments, line, column)) continue
    count += 2
    for (const way of [yes, no])
      if (way > 0) covered++
      else lines.push(line)
  }
  return count === 0 ? [] : [{ file, folder: file.split('/').slice(0, 2).join('/'), branches: count, covered, lines }]
}

// How often the piece of source at a place has run: that of the last segment before it.
function runs(segments, line, column) {
  let last = 0
  for (const [l, c, n, hasCount] of segments) {
    if (l > line || (l === line && c > column)) break
    last = hasCount ? n : 0
  }
  return last > 0
}
