// Coverage-guided fuzzing (libFuzzer, so with clang) of native code that takes structure from elsewhere, with AddressSanitizer
// and UBSan.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { commandLine, root, show, step } from './support.mjs'

/** The fuzzers, and the longest inputs that say something new. */
const fuzzers = { plan: 320, rows: 400 }

const help = `Tries native code that takes structure from elsewhere with inputs that grow by what they reach in it (needs clang).

  npm run fuzz:native -- [plan] [rows] [--count N] [--seed S]
  npm run fuzz:native -- plan --count 100000

  plan       descriptions of plans and of their updates, run where they are accepted
  rows       row numbers, labels, indices and broadcasts
  --count N  inputs of each (default: 1000000)
  --seed S   where they come from, from 1 on (default: 1)
  --verbose  what the build says
  --help     this text

Inputs that reached something new stay in build-fuzz/corpus for the next run; one that fails is kept in build-fuzz and named.`

const {
  values,
  names: given,
  refuse,
} = commandLine(
  help,
  { count: { type: 'number', default: 1_000_000 }, seed: { type: 'number', default: 1 } },
  Object.keys(fuzzers),
)
if (values.count === 0 || values.seed === 0)
  refuse('--count and --seed are at least 1: libFuzzer takes 0 for no end, and for any.')
const names = given.length ? given : Object.keys(fuzzers)

const folder = 'build-fuzz'
const setting = ['-DCMAKE_CXX_COMPILER=clang++', '-DCHAINRULE_SANITIZE=fuzzer-no-link,address,undefined']
const parts = ['-DCHAINRULE_FUZZERS=ON', '-DCHAINRULE_TESTS=OFF', '-DCHAINRULE_ISAS=none']
step('', 'cmake', ['-S', '.', '-B', folder, ...setting, ...parts])
const targets = names.map((name) => `${name}_fuzz`)
step('Building the fuzzers', 'cmake', ['--build', folder, '-j', String(cpus().length), '--target', ...targets])

// Some first inputs of all lengths, from the seed.
function sow(corpus, longest) {
  mkdirSync(corpus, { recursive: true })
  if (readdirSync(corpus).length) return
  let state = values.seed >>> 0
  const byte = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  }
  for (let i = 1; i <= 24; i++) {
    writeFileSync(join(corpus, `seed-${i}`), Uint8Array.from({ length: Math.ceil((i * longest) / 24) }, byte))
  }
}

let failed = false
for (const name of names) {
  const corpus = join(root, folder, 'corpus', name)
  sow(corpus, fuzzers[name])
  const options = [`-runs=${values.count}`, `-seed=${values.seed}`, `-max_len=${fuzzers[name]}`, '-timeout=10']
  const quiet = ['-verbosity=0', '-print_final_stats=1', `-artifact_prefix=${join(root, folder, `${name}-`)}`]
  const env = { ...process.env, ASAN_OPTIONS: 'allocator_may_return_null=1:max_allocation_size_mb=256' }
  console.log(`${name}: ${values.count} inputs, seed ${values.seed}`)
  const status = show(join(root, folder, `${name}_fuzz`), [...options, ...quiet, corpus], { env })
  console.log(`  ${status === 0 ? 'nothing found' : 'FAILED: see above'}`)
  failed ||= status !== 0
}
process.exit(failed ? 1 : 0)
