// chainrule export: a model as an ONNX file, for other runtimes.

import { stat } from 'node:fs/promises'
import { readModelFile } from '../io/model.js'
import { exportOnnx } from '../io/onnx/export.js'
import type { Command } from './command.js'
import { fileAs, modelPath, refuseOverwriting } from './files.js'
import { bytesText } from './table.js'

export const exportModel: Command = {
  name: 'export',
  summary: 'Writes a model as an ONNX file, for ONNX Runtime and what else reads that.',
  details: `Input and output have any number of rows. Unless --preprocessing is given, the network alone is exported: its input is
what the preprocessing makes of the columns. Preprocessing, labels and training record stand in the metadata.`,
  positionals: [
    { name: 'model', text: 'a .safetensors file, or a folder that train has written' },
    { name: 'file', text: 'where to, .onnx; default: model.onnx beside the model', optional: true },
  ],
  flags: {
    preprocessing: {
      text: 'put the preprocessing into the graph: every column is an input, labels or values come out',
    },
    opset: { value: 'n', text: 'version of the operators, 13 to 25; default 17, which most runtimes know' },
    force: { short: 'f', text: 'overwrite the file if it is there' },
  },
  examples: [
    ['a model for ONNX Runtime', 'chainrule export churn-model churn.onnx'],
    ['one that takes the columns of the table', 'chainrule export churn-model churn.onnx --preprocessing'],
    ['for an old runtime', 'chainrule export churn-model churn.onnx --opset 13'],
  ],
  async run(given, context) {
    const source = await modelPath(given.positionals[0]!)
    const target = fileAs(given.positionals[1] ?? source.replace(/(\.safetensors)?$/, '.onnx'), 'onnx')
    const opset = given.whole('opset', 13, 25)
    await refuseOverwriting([target], given.is('force'))
    const { model, preprocessing, labels, training } = await readModelFile(source)
    const all = {
      model,
      ...(preprocessing !== undefined && { preprocessing }),
      ...(labels && { labels }),
      ...(training !== undefined && { training }),
    }
    await exportOnnx(all, target, {
      overwrite: given.is('force'),
      ...(opset !== undefined && { opset }),
      preprocessing: given.is('preprocessing'),
    })
    const { size } = await stat(target)
    await context.result({ file: target, bytes: size }, `Wrote ${target}, ${bytesText(size)}.`)
    return 0
  },
}
