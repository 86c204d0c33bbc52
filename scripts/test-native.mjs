// Runs the C++ tests: as built by node-gyp, with sanitizers (--sanitize[=thread]), or cross-built for arm64 under qemu (--arm).
// --exhaustive: the activations over all float32 patterns instead (minutes, all processors).
import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { root, show, step } from './support.mjs'

const option = process.argv.find((a) => /^--(sanitize|arm|exhaustive)/.test(a)) ?? ''
const filters = process.argv.slice(2).filter((a) => !a.startsWith('--'))

function cmakeBuild(folder, title, ...options) {
  step('', 'cmake', ['-S', '.', '-B', folder, ...options])
  step(title, 'cmake', ['--build', folder, '--target', 'chainrule_tests', '-j', String(cpus().length)])
  return join(root, folder, 'chainrule_tests')
}

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

if (option === '--arm') {
  const program = cmakeBuild(
    'build-arm64',
    'Cross-building the C++ tests for arm64',
    '-DCMAKE_SYSTEM_NAME=Linux',
    '-DCMAKE_SYSTEM_PROCESSOR=aarch64',
    '-DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++',
    '-DCMAKE_EXE_LINKER_FLAGS=-static',
    '-DCHAINRULE_TESTS=ON',
  )
  process.exit(show('qemu-aarch64', [program, ...filters]))
}
if (option.startsWith('--sanitize')) {
  const kind = option.split('=')[1] ?? 'address,undefined'
  const program = cmakeBuild(
    `build-${kind.replace(',', '-')}`,
    `Building the C++ tests with -fsanitize=${kind}`,
    `-DCHAINRULE_SANITIZE=${kind}`,
    '-DCHAINRULE_TESTS=ON',
  )
  process.exit(show(program, filters, { env: { ...process.env, UBSAN_OPTIONS: 'print_stacktrace=1' } }))
}
if (option === '--exhaustive') {
  const env = { ...process.env, CHAINRULE_SWEEP: 'full' }
  process.exit(show(join(root, 'build/Release/chainrule_tests'), ['unary_float32_sweep'], { env }))
}
checkSymbols()
process.exit(show(join(root, 'build/Release/chainrule_tests'), filters))
