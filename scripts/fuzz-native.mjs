// Coverage-guided fuzzing (libFuzzer, so with clang) of native code that takes structure from elsewhere, with AddressSanitizer
// and UBSan: npm run fuzz:native -- [plan] [rows] [--count N] [--seed S]. Inputs that were of interest stay in
// build-fuzz/corpus for the next run; one that fails is kept beside them and named.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root, show, step } from './support.mjs'

/** The fuzzers, and the longest inputs that say something new. */
const fuzzers = { plan: 320, rows: 400 }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    verbose: { type: 'boolean' },
  },
})
const names = positionals.length ? positionals : Object.keys(fuzzers)
if (names.some((name) => !(name in fuzzers)) || !(Number(values.count) > 0) || !(Number(values.seed) > 0)) {
  console.error('npm run fuzz:native -- [plan] [rows] [--count N] [--seed S]')
  process.exit(2)
}

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
  let state = Number(values.seed) >>> 0
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
