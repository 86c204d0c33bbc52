// All experiments of the lecture, in its order; takes the options of each: --short, --out DIR.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const names = [
  'universal-approximation',
  'linear-collapse',
  'two-paths',
  'zero-initialisation',
  'network-size',
  'regularisation',
  'wide-against-deep',
  'vanishing-gradients',
  'hyperparameters',
  'activations',
  'tanh-against-sigmoid',
  'circuits',
  'fusion',
  'jacobian-against-vjp',
  'diagnosis',
]

for (const name of names) {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, `${name}.mjs`), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
  console.log(`\n${'━'.repeat(100)}\n`)
}
