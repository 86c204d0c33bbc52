// Runs the C++ tests, as built by node-gyp or cross-built for arm64. With sanitizers: test-sanitized.mjs.
import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { build, commandLine, root, show, step } from './support.mjs'

const help = `Runs the C++ tests that npm run build:native -- --tests has built; all of them, or those whose names hold one of the words.

  npm run test:native -- [words…]      npm run test:native -- gemm softmax
  npm run test:arm -- [words…]         cross-built for arm64, under qemu
  npm run test:exhaustive              the activations over all 2³² float32 patterns (minutes, all processors)
  npm run test:kernels -- [options]    every kernel at all sizes and alignments, then random inputs (minutes)

  --count N   random inputs of test:kernels (default: 1000000)
  --seed S    where they come from (default: 1)
  --verbose   what the builds say
  --help      this text`

const { values, names: words } = commandLine(
  help,
  {
    arm: { type: 'boolean' },
    exhaustive: { type: 'boolean' },
    kernels: { type: 'boolean' },
    count: { type: 'number', default: 1_000_000 },
    seed: { type: 'number', default: 1 },
  },
  () => true,
)

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
  const making = ['--build', folder, '--target', 'chainrule_tests', '-j', String(cpus().length)]
  step('', 'cmake', ['-S', '.', '-B', folder, ...options])
  step('Cross-building the C++ tests for arm64', 'cmake', making)
  return ['qemu-aarch64', join(root, folder, 'chainrule_tests')]
}

const env = { ...process.env }
let names = words
if (values.exhaustive || values.kernels) {
  if (!values.arm) build({ tests: true })
  Object.assign(env, { CHAINRULE_SWEEP: 'full', CHAINRULE_COUNT: values.count, CHAINRULE_SEED: values.seed })
  names = values.exhaustive ? ['unary_float32_sweep'] : ['kernels_']
}
if (!values.arm && !names.length) checkSymbols()
const [command, ...rest] = values.arm ? crossBuilt() : [join(root, 'build/Release/chainrule_tests')]
process.exit(show(command, [...rest, ...names], { env }))
