// chainrule inspect: what is in a model file, as a table, a picture or JSON.
import { toPng } from '../draw/render.js'
import { type FileSummary, inspectFile } from '../io/inspect.js'
import { readModelFile } from '../io/model.js'
import { draw } from '../nn/draw.js'
import type { Model } from '../nn/model.js'
import { valueText } from '../report/numbers.js'
import type { TrainingRecord } from '../tabular/record.js'
import type { Command } from './command.js'
import { modelPath, writeResult } from './files.js'
import { bytesText, pairs, secondsText, table } from './table.js'
import { UsageError } from './usage.js'

const TENSORS = 40

export const inspect: Command = {
  name: 'inspect',
  summary: 'Shows what is in a model file: layers, parameters, labels, and how it was trained.',
  details: `Takes models of chainrule, other safetensors and ONNX files. A folder that train has written stands for the model
in it.`,
  positionals: [{ name: 'model', text: 'a .safetensors or .onnx file, or a folder that train has written' }],
  flags: {
    picture: { value: 'file', short: 'p', text: 'draw the network into this file, .svg or .png' },
    theme: { value: 'name', text: 'colours of the picture: light or dark; default light' },
    tensors: { text: 'list the tensors, too' },
    force: { short: 'f', text: 'overwrite the picture if it is there' },
  },
  examples: [
    ['layers, parameters and how it was trained', 'chainrule inspect churn-model'],
    ['a picture for a talk', 'chainrule inspect churn-model --picture network.png --theme dark'],
    ['what is in a file of another program', 'chainrule inspect other.onnx --tensors'],
    ['how many parameters, in a script', 'chainrule inspect churn-model/model.safetensors --json | jq .parameters'],
  ],
  async run(given, context) {
    const path = await modelPath(given.positionals[0]!)
    const theme = given.choice('theme', ['light', 'dark']) ?? 'light'
    const picture = given.text('picture')
    if (picture !== undefined && !/\.(svg|png)$/.test(picture)) {
      throw new UsageError(`--picture takes a file that ends in .svg or .png, not ${JSON.stringify(picture)}.`)
    }
    const found = await inspectFile(path)
    const model = await modelOf(found)
    if (picture !== undefined) {
      if (!model) throw new UsageError(`${path} holds no network that could be drawn: its format is ${found.format}.`)
      const drawn = draw(model, { theme })
      await writeResult(picture, picture.endsWith('.png') ? toPng(drawn) : drawn, given.is('force'))
      context.say(`Picture  ${picture}`)
    }
    const parts = [pairs(headOf(found), context.width)]
    if (model) parts.push(model.summary())
    if (given.is('tensors') || !model) parts.push(tensorTable(found, context.width))
    const { training, architecture, preprocessing, ...rest } = found
    const result = {
      ...rest,
      training: training ?? null,
      preprocessing: preprocessing ?? null,
      architecture: architecture ?? null,
    }
    await context.result(result, parts.join('\n\n'))
    return 0
  },
}

async function modelOf({ path, format }: FileSummary): Promise<Model | undefined> {
  if (format === 'chainrule') return (await readModelFile(path)).model
  if (format !== 'onnx') return undefined
  const { importOnnx } = await import('../io/onnx/import.js')
  return importOnnx(path).catch(() => undefined) // its operators are listed all the same
}

function headOf(found: FileSummary): [string, string][] {
  const { path, format, version, bytes, parameters, dtype, labels, producer, inputs, outputs, operators } = found
  const rows: [string, string][] = [
    ['file', `${path}, ${bytesText(bytes)}`],
    ['format', version === undefined ? format : `${format} ${version}`],
    ['parameters', `${parameters.toLocaleString('en-US')}${dtype ? ` ${dtype}` : ''}`],
  ]
  if (producer) rows.push(['written by', producer])
  const port = ({ name, type, shape }: { name: string; type: string; shape: readonly (number | null)[] }) =>
    `${name} ${type} [${shape.map((n) => n ?? 'rows').join(', ')}]`
  if (inputs) rows.push(['inputs', inputs.map(port).join(', ')])
  if (outputs) rows.push(['outputs', outputs.map(port).join(', ')])
  if (operators) rows.push(['operators', Object.entries(operators).map(([name, n]) => `${n} ${name}`).join(', ')]) // biome-ignore format: a row
  if (labels) rows.push(['labels', labels.join(', ')])
  return [...rows, ...recordRows(found.training)]
}

// A record is a text of the file: what it lacks is left out.
function recordRows(training: unknown): [string, string][] {
  if (typeof training !== 'object' || training === null) return []
  const { task, target, data, validation, seconds, versions, options } = training as Partial<TrainingRecord>
  const rows: [string, unknown][] = [
    ['predicts', target === undefined ? undefined : `${target}${task ? ` (${task})` : ''}`],
    ['columns', data?.columns?.map(({ name }) => name).join(', ')],
    ['trained on', data?.rows === undefined ? undefined : `${data.rows.toLocaleString('en-US')} rows${typeof seconds === 'number' ? ` in ${secondsText(seconds)}` : ''}`],
    ['validation', validation?.metrics && Object.entries(validation.metrics).map(([name, value]) => `${name} ${valueText(value)}`).join(', ')],
    ['settings', options && Object.entries(options).filter(([, value]) => typeof value !== 'object' || Array.isArray(value)).map(([name, value]) => `${name} ${valueText(value)}`).join(', ')],
    ['made with', versions && `chainrule ${versions.chainrule}, Node ${versions.node}`],
  ] // biome-ignore format: a table
  return rows.filter((row): row is [string, string] => typeof row[1] === 'string')
}

function tensorTable({ tensors }: FileSummary, width: number): string {
  const rows = tensors
    .slice(0, TENSORS)
    .map(({ name, type, shape, bytes }) => [name, type, `[${shape.join(', ')}]`, bytesText(bytes)])
  const more = tensors.length > TENSORS ? `\n… and ${tensors.length - TENSORS} more` : ''
  return table(['tensor', 'type', 'shape', 'size'], rows, width) + more
}
