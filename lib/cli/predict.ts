// chainrule predict: rows in, predictions out, in chunks: files of any length and pipes.

import { MISSING } from '../data/csv/options.js'
import { streamCsv } from '../data/csv/stream.js'
import { cellOf } from '../data/table/column.js'
import type { Table } from '../data/table/table.js'
import { loadTabular, type TabularModel } from '../tabular/model.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Command } from './command.js'
import type { Context } from './context.js'
import { checkColumns, type Reading, readData, readingFlags, readingOf } from './data.js'
import { modelPath } from './files.js'
import { jsonRows } from './json-rows.js'
import { csvField } from './lines.js'

const ROWS = 8192

export const predict: Command = {
  name: 'predict',
  summary: 'Predicts for the rows of a file or of standard input, and writes CSV or JSON lines.',
  details: `Rows are read, predicted and written in chunks, so that files may be larger than memory and pipes flow. Columns
that the model does not know are left alone; values that are missing, and categories that training never met, are
no errors. The target may be there or not.`,
  positionals: [
    { name: 'model', text: 'a folder that train has written, or its model.safetensors' },
    { name: 'file', text: 'the rows; - or nothing for standard input', optional: true },
  ],
  flags: {
    ...readingFlags,
    format: { value: 'name', text: 'what is written: csv or jsonl; default csv, or jsonl with --json' },
    input: { value: 'name', text: 'what standard input holds: csv or jsonl; default csv' },
    with: { value: 'a,b,…', short: 'w', text: 'columns of the input to write beside the prediction; "all" for all' },
    probabilities: { short: 'p', text: 'write the probability of every class, too' },
  },
  examples: [
    ['predictions of a file', 'chainrule predict customers-model new.csv > predictions.csv'],
    ['with an id and the probabilities', 'chainrule predict customers-model new.csv --with id --probabilities'],
    ['in a pipe', 'zcat new.csv.gz | chainrule predict customers-model | head'],
    ['JSON lines in and out', 'chainrule predict customers-model --input jsonl --format jsonl < rows.jsonl'],
  ],
  async run(given, context) {
    const model = await loadTabular(await modelPath(given.positionals[0]!))
    const file = given.positionals[1] ?? '-'
    const format = given.choice('format', ['csv', 'jsonl']) ?? (context.json ? 'jsonl' : 'csv')
    const input = given.choice('input', ['csv', 'jsonl']) ?? 'csv'
    const kept = given.list('with') ?? []
    const reading = readingOf(given)
    const { kinds } = model.preprocessing
    const lacks = `${file === '-' ? 'the input' : file} lacks a column of the training`
    let writer: Writer | undefined
    let rows = 0
    const one = async (table: Table) => {
      context.throwIfInterrupted()
      if (!writer) {
        checkColumns(table, 'model', model.features, lacks)
        const names = kept.length === 1 && kept[0] === 'all' && !table.has('all') ? [...table.names] : kept
        checkColumns(table, 'with', names)
        writer = new Writer(format, names, model, given.is('probabilities'))
        await context.write(writer.head())
      }
      const { prediction, probabilities } = await model.predict(table)
      await context.write(writer.rows(table, prediction, probabilities))
      rows += table.rows
    }
    try {
      const chunks = chunksOf(file, input, { ...reading, types: { ...kinds, ...reading.types } }, context)
      for await (const table of chunks) if (table.rows > 0) await one(table)
    } catch (error) {
      // Kinds of columns that are not there are refused; what is there instead says more.
      if ((error as { code?: unknown }).code === 'INVALID_ARGUMENT' && !writer && file !== '-') {
        checkColumns(await readData(file, reading), 'model', model.features, lacks)
      }
      throw error
    }
    context.say(`${rows === 1 ? '1 prediction' : `${rows.toLocaleString('en-US')} predictions`} of ${model.target}.`)
    return 0
  },
}

// Rows in chunks. Parquet and Arrow are read whole: they are compact.
async function* chunksOf(
  file: string,
  input: 'csv' | 'jsonl',
  reading: Reading,
  context: Context,
): AsyncGenerator<Table> {
  const { stdin } = context.streams
  if (file === '-' && stdin.isTTY) context.say('Reading standard input; Ctrl-D ends it.')
  const { missing, ...rest } = reading
  const options = { ...rest, ...(missing && { missing: [...MISSING, ...missing] }), rows: ROWS }
  if (file === '-') yield* input === 'csv' ? streamCsv(stdin, options) : jsonRows(stdin, ROWS, reading)
  else if (/\.(csv|tsv|tab|txt)(\.gz)?$/i.test(file)) yield* streamCsv(file, options)
  else {
    const table = await readData(file, reading)
    for (let from = 0; from < table.rows; from += ROWS) yield table.slice(from, Math.min(from + ROWS, table.rows))
  }
}

/** Writes predictions. */
class Writer {
  readonly #format: 'csv' | 'jsonl'
  readonly #kept: readonly string[]
  readonly #classes: readonly string[]

  constructor(format: 'csv' | 'jsonl', kept: readonly string[], model: TabularModel, probabilities: boolean) {
    this.#format = format
    this.#kept = kept
    this.#classes = probabilities ? (model.labels ?? []).map(String) : []
  }

  /** The line of names; nothing for JSON. */
  head(): string {
    if (this.#format === 'jsonl') return ''
    const names = [...this.#kept, 'prediction', ...this.#classes.map((name) => `probability_${name}`)]
    return `${names.map(csvField).join(',')}\n`
  }

  rows(table: Table, prediction: readonly (string | number | boolean)[], probabilities: Tensor | undefined): string {
    const columns = this.#kept.map((name) => table.column(name))
    const classes = this.#classes.length
    const width = probabilities?.shape[1] ?? 0
    const lines: string[] = []
    for (const [i, value] of prediction.entries()) {
      const row = classes === 0 ? [] : Array.from(probabilities!.data.subarray(i * width, i * width + classes), rounded)
      const cells = columns.map((column) => cellOf(column, i))
      if (this.#format === 'csv') lines.push([...cells, value, ...row].map(csvField).join(','))
      else {
        const kept = this.#kept.map((name, k) => [name, cells[k]] as const)
        const likely =
          classes === 0 ? {} : { probabilities: Object.fromEntries(this.#classes.map((name, k) => [name, row[k]])) }
        lines.push(JSON.stringify({ ...Object.fromEntries(kept), prediction: value, ...likely }))
      }
    }
    return `${lines.join('\n')}\n`
  }
}

// As many digits as float32 has.
function rounded(p: number): number {
  return Number(p.toPrecision(7))
}
