// chainrule import: an ONNX file as a model of this library, to be run, inspected and trained on.

import { save } from '../io/model.js'
import { importOnnx } from '../io/onnx/import.js'
import type { Command } from './command.js'
import { exists, fileAs, refuseOverwriting } from './files.js'
import { UsageError } from './usage.js'

export const importModel: Command = {
  name: 'import',
  summary: 'Reads an ONNX file, of whatever program, as a model of chainrule.',
  details: 'What a multi-layer perceptron can be made of is read; an operator that is not is named with its node.',
  positionals: [
    { name: 'file', text: 'an .onnx file' },
    { name: 'model', text: 'where to, .safetensors; default: the name of the file', optional: true },
  ],
  flags: { force: { short: 'f', text: 'overwrite the model if it is there' } },
  examples: [
    ['a model of PyTorch, exported with torch.onnx.export', 'chainrule import classifier.onnx classifier.safetensors'],
    ['and what is in it', 'chainrule import classifier.onnx && chainrule inspect classifier.safetensors'],
  ],
  async run(given, context) {
    const source = given.positionals[0]!
    if (!(await exists(source))) throw new UsageError(`There is no file ${JSON.stringify(source)}.`)
    const target = fileAs(given.positionals[1] ?? source.replace(/(\.onnx)?$/i, '.safetensors'), 'safetensors')
    await refuseOverwriting([target], given.is('force'))
    const model = await importOnnx(source)
    await save(model, target, { overwrite: given.is('force') })
    await context.result({ file: target, summary: model.summary() }, `${model.summary()}\n\nWrote ${target}.`)
    return 0
  },
}
