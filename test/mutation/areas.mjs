// What is mutated, and which tests are asked about it.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../torture/support.mjs'

/** Files by area, and the tests that are about them. */
export const areas = {
  gates: { files: ['lib/gates'], tests: ['test/gates', 'test/properties/algebra', 'test/graph/functional'] },
  losses: {
    files: [
      'lib/nn/loss',
      'lib/nn/class-losses',
      'lib/nn/value-losses',
      'lib/nn/binary-cross-entropy',
      'lib/nn/cosine-distance',
    ],
    tests: ['test/nn/losses', 'test/nn/loss', 'test/train/losses'],
  },
  optimizers: { files: ['lib/optim'], tests: ['test/optim', 'test/train/advanced'] },
  csv: { files: ['lib/data/csv'], tests: ['test/data/csv'] },
  arrays: {
    files: ['lib/data/npy', 'lib/data/npz', 'lib/data/idx'],
    tests: ['test/data/idx', 'test/data/readers', 'test/data/bounds'],
  },
  values: { files: ['lib/data/table/parse', 'lib/data/table/values'], tests: ['test/data/'] },
  tensors: {
    files: ['lib/io/safetensors', 'lib/io/json', 'lib/io/types', 'lib/io/tensor-file', 'lib/io/model-file'],
    tests: ['test/io/safetensors', 'test/io/model', 'test/properties/files'],
  },
  onnx: { files: ['lib/io/onnx/import'], tests: ['test/io/onnx'] },
  config: {
    files: ['lib/cli/config', 'lib/cli/settings', 'lib/nn/config'],
    tests: ['test/cli/config', 'test/nn/saved', 'test/nn/copy', 'test/io/model'],
  },
  oracles: { files: ['test/gates/reference', 'test/nn/reference', 'test/optim/references'], tests: [] },
}

function below(path) {
  if (!existsSync(path)) return []
  return statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => below(join(path, name))) : [path]
}

/** Files of the repository whose path begins so and ends with `end`. */
export function filesThat(beginning, end) {
  const folder = join(root, beginning, '..')
  const whole = join(root, beginning)
  const candidates = existsSync(whole) && statSync(whole).isDirectory() ? below(whole) : below(folder)
  return candidates
    .filter((path) => path.startsWith(whole) && path.endsWith(end))
    .map((path) => path.slice(root.length + 1))
    .sort()
}

/** Which tests are asked about a file: those of its area, or of the folder that mirrors its own. */
export function testsOf(file) {
  const area = Object.values(areas).find(({ files }) => files.some((beginning) => file.startsWith(beginning)))
  const [top, folder] = file.split('/')
  const own = [top === 'test' ? `test/${folder}` : `test/${folder.replace(/\.ts$/, '')}`]
  const beginnings = area && area.tests.length > 0 ? area.tests : own
  return [...new Set(beginnings.flatMap((each) => filesThat(each, '.test.ts')))]
}
