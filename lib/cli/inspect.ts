// chainrule inspect: what is in a model file, as a table, a picture or JSON.
import { toPng } from '../draw/render.js'
import type { Command } from './command.js'
import { modelPath, writeResult } from './files.js'
import { pairs } from './table.js'
import { UsageError } from './usage.js'

export const inspect: Command = {
  name: 'inspect',
  summary: 'Shows what is in a model file: layers, parameters, labels, and how it was trained.',
  details: 'A folder that train has written stands for the model in it.',
  positionals: [{ name: 'model', text: 'a .safetensors file, or a folder that train has written' }],
  flags: {
    picture: { value: 'file', short: 'p', text: 'draw the network into this file, .svg or .png' },
    theme: { value: 'name', text: 'colours of the picture: light or dark; default light' },
    force: { short: 'f', text: 'overwrite the picture if it is there' },
  },
  examples: [
    ['layers, parameters and memory', 'chainrule inspect churn-model'],
    ['a picture for a talk', 'chainrule inspect churn-model --picture network.png --theme dark'],
    ['how many parameters, in a script', 'chainrule inspect churn-model/model.safetensors --json | jq .parameters'],
  ],
  async run(given, context) {
    const path = await modelPath(given.positionals[0]!)
    const theme = given.choice('theme', ['light', 'dark']) ?? 'light'
    const picture = given.text('picture')
    if (picture !== undefined && !/\.(svg|png)$/.test(picture)) {
      throw new UsageError(`--picture takes a file that ends in .svg or .png, not ${JSON.stringify(picture)}.`)
    }
    const { load } = await import('../io/model.js')
    const model = await load(path)
    const { draw } = await import('../nn/draw.js')
    if (picture !== undefined) {
      const drawn = draw(model, { theme })
      await writeResult(picture, picture.endsWith('.png') ? toPng(drawn) : drawn, given.is('force'))
      context.say(`Picture  ${picture}`)
    }
    await context.result(
      { path, summary: model.summary() },
      `${pairs([['file', path]], context.width)}\n\n${model.summary()}`,
    )
    return 0
  },
}
