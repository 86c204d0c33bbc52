// Runs the C++ tests, as built by node-gyp: npm run test:native -- [names of tests…]. With sanitizers: test-sanitized.mjs.
//   --arm         cross-built for arm64, under qemu
//   --exhaustive  the activations over all float32 patterns instead (minutes, all processors)
//   --kernels     all kernels at all sizes and alignments instead, and --count random inputs from --seed (minutes)
import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root, show, step } from './support.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    arm: { type: 'boolean' },
    exhaustive: { type: 'boolean' },
    kernels: { type: 'boolean' },
    verbose: { type: 'boolean' },
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
  },
})

// Kernel objects must not offer weak symbols: the linker could choose one compiled for AVX-512 for every caller.
function checkSymbols() {
  for (const isa of ['scalar', 'avx2', 'avx512', 'neon']) {
    const library = join(root, `build/Release/chainrule_${isa}.a`)
    const objects = existsSync(library) ? library : join(root, `build/Release/obj.target/chainrule_${isa}.a`)
    if (!existsSync(objects)) continue
    const weak = step('', 'nm', ['-C', objects])
      .split('\n')
      .filter((line) => / [VWu] /.test(line))
    if (weak.length) {
      console.error(
        `chainrule_${isa}: ${weak.length} weak symbols in the kernels, for example\n  ${weak.slice(0, 5).join('\n  ')}`,
      )
      process.exit(1)
    }
  }
}

function crossBuilt() {
  const folder = 'build-arm64'
  const options = [
    '-DCMAKE_SYSTEM_NAME=Linux',
    '-DCMAKE_SYSTEM_PROCESSOR=aarch64',
    '-DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++',
    '-DCMAKE_EXE_LINKER_FLAGS=-static',
    '-DCHAINRULE_TESTS=ON',
  ]
  const build = ['--build', folder, '--target', 'chainrule_tests', '-j', String(cpus().length)]
  step('', 'cmake', ['-S', '.', '-B', folder, ...options])
  step('Cross-building the C++ tests for arm64', 'cmake', build)
  return ['qemu-aarch64', join(root, folder, 'chainrule_tests')]
}

const env = { ...process.env }
let names = positionals
if (values.exhaustive || values.kernels) {
  Object.assign(env, { CHAINRULE_SWEEP: 'full', CHAINRULE_COUNT: values.count, CHAINRULE_SEED: values.seed })
  names = values.exhaustive ? ['unary_float32_sweep'] : ['kernels_']
}
if (!values.arm && !names.length) checkSymbols()
const [command, ...rest] = values.arm ? crossBuilt() : [join(root, 'build/Release/chainrule_tests')]
process.exit(show(command, [...rest, ...names], { env }))
