// What is done while files fail: jobs that write, each with a way to say what stands there afterwards. As a script it runs
// one job in a process of its own. Arguments: job, folder.
import { existsSync, readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import {
  Adam,
  ChainruleError,
  CrossEntropy,
  checkpoint,
  exportOnnx,
  fit,
  importOnnx,
  load,
  loadTensors,
  mlp,
  save,
  saveTensors,
  tensor,
} from '../../../dist/chainrule.js'

const network = (seed) => mlp({ inputs: 40, hidden: [30], outputs: 3, seed })
const sum = (values) => values.reduce((a, b) => a + b, 0)
const data = {
  x: Float32Array.from({ length: 64 * 40 }, (_, i) => Math.sin(i)),
  y: Int32Array.from({ length: 64 }, (_, i) => i % 3),
}

/** Trains for 40 batches with a checkpoint after each, from the newest one there is. Resolves to the model. */
export async function train(folder) {
  const model = network(1)
  const options = { loss: new CrossEntropy(), optimizer: new Adam(), epochs: 5, batchSize: 8, verbose: false }
  await fit(model, data, { ...options, callbacks: [checkpoint({ folder, everyBatches: 1, keep: 3 })], resume: folder })
  return model
}

// Whose parameters these are.
function which(values) {
  return { [sum(network(1).block.values)]: 'old', [sum(network(2).block.values)]: 'new' }[sum(values)]
}

/** `write(folder)` replaces what `prepare` has put there; `read` says which of both it finds: old or new. */
export const jobs = {
  save: {
    prepare: (folder) => save(network(1), join(folder, 'model.safetensors')),
    write: (folder) => save(network(2), join(folder, 'model.safetensors')),
    read: async (folder) => which((await load(join(folder, 'model.safetensors'))).block.values),
  },
  saveTensors: {
    prepare: (folder) => saveTensors({ w: tensor([1, 2]) }, join(folder, 'model.safetensors')),
    write: (folder) => saveTensors({ w: tensor([3, 4]) }, join(folder, 'model.safetensors')),
    read: async (folder) =>
      ({ 1: 'old', 3: 'new' })[(await loadTensors(join(folder, 'model.safetensors'))).tensors.w.data[0]],
  },
  exportOnnx: {
    prepare: (folder) => exportOnnx(network(1), join(folder, 'model.onnx')),
    write: (folder) => exportOnnx(network(2), join(folder, 'model.onnx')),
    read: async (folder) => which((await importOnnx(join(folder, 'model.onnx'))).block.values),
  },
  checkpoint: {
    prepare: async () => {},
    write: (folder) => train(join(folder, 'model')),
    // Whatever stands there, training goes on from it to the end.
    async read(folder) {
      await train(join(folder, 'model'))
      return 'new'
    },
  },
}

if (process.argv[1] === import.meta.filename) {
  const [, , name, folder] = process.argv
  const say = (message) => writeSync(1, `${JSON.stringify(message)}\n`)
  say({ ready: true })
  try {
    const model = await jobs[name].write(folder)
    say({ outcome: 'done', sum: model ? sum(model.block.values) : undefined })
  } catch (error) {
    const left = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.tmp')) : []
    say({ outcome: error instanceof ChainruleError ? 'refused' : `${error}`, left })
  }
}
