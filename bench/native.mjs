// Builds and runs the C++ benches (bench/native/), which measure kernels beside those of other libraries in one process.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = 'build-bench'

function command(name, args, options) {
  const done = spawnSync(name, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, ...options })
  if (done.error)
    throw new Error(`${name} cannot be run (${done.error.message}); the C++ benches need cmake and a compiler`)
  if (done.status !== 0) throw new Error(`${name} ${args.join(' ')} failed\n${done.stdout}${done.stderr}`)
  return done
}

/** Builds a C++ bench if need be. Contenders that are not installed are left out by the build or, with a note, by the bench. */
export function buildBench(target) {
  command('cmake', [
    '-S',
    '.',
    '-B',
    folder,
    '-DCHAINRULE_BENCHES=ON',
    '-DCHAINRULE_TESTS=OFF',
    '-DCMAKE_BUILD_TYPE=Release',
  ])
  for (const name of [target, 'eigen_peer', 'xsmm_peer']) {
    const done = spawnSync('cmake', ['--build', folder, '--target', name, '-j'], { cwd: root, encoding: 'utf8' })
    if (name === target && done.status !== 0)
      throw new Error(`the bench ${name} does not build\n${done.stdout}${done.stderr}`)
  }
}

/** Runs a C++ bench with --json; returns its lines, and its notes about what it left out. */
export function runBench(target, args) {
  const { stdout, stderr } = command(`${folder}/${target}`, [...args, '--json'])
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
  return { results: lines.map((line) => JSON.parse(line)), notes: stderr.split('\n').filter((line) => line !== '') }
}
