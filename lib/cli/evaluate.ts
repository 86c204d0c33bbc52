// chainrule evaluate: how good a model is on rows whose target is known.
import { basename } from 'node:path'
import { assess, importanceOf } from '../report/assess.js'
import { scoresOf } from '../report/predictions.js'
import { report } from '../report/report.js'
import { summarize } from '../report/summarize.js'
import { loadTabular } from '../tabular/model.js'
import type { Command } from './command.js'
import { checkColumns, readingFlags, readingOf, readKnown } from './data.js'
import { htmlPath, modelPath, refuseOverwriting, writeResult } from './files.js'
import { scoreTable, testNotes } from './results.js'

export const evaluate: Command = {
  name: 'evaluate',
  summary: 'Judges a model by a file whose target is known: scores, and a report if wanted.',
  positionals: [
    { name: 'model', text: 'a folder that train has written, or its model.safetensors' },
    { name: 'file', text: 'rows with the columns of the training, the target too' },
  ],
  flags: {
    ...readingFlags,
    report: { value: 'file', short: 'r', text: 'write a report into this file, .html' },
    force: { short: 'f', text: 'overwrite the report if it is there' },
  },
  examples: [
    ['scores of the newest data', 'chainrule evaluate customers-model march.csv'],
    ['with curves, confusions and what counts', 'chainrule evaluate customers-model march.csv --report march.html'],
    [
      'fail a build if the model got worse',
      'chainrule evaluate customers-model march.csv --json | jq -e ".scores.accuracy > 0.9"',
    ],
  ],
  async run(given, context) {
    const [model, file] = [await loadTabular(await modelPath(given.positionals[0]!)), given.positionals[1]!]
    const path = htmlPath(given.text('report'))
    if (path !== undefined) await refuseOverwriting([path], given.is('force'))
    const table = await readKnown(file, readingOf(given), model.preprocessing.kinds)
    checkColumns(table, 'target', [model.target], `${file} lacks the target`)
    const tested = await assess(model, table)
    const scores = scoresOf(tested.predictions)
    const notes = testNotes(tested)
    if (path !== undefined) {
      const importance = await importanceOf(model, tested, {
        features: model.features,
        watch: () => context.throwIfInterrupted(),
      })
      const html = report({
        title: `${basename(file)}: ${model.target}`,
        subtitle: `What a network of ${model.record.data.rows.toLocaleString('en-US')} training rows says of ${basename(file)}.`,
        predictions: tested.predictions,
        rows: `${tested.table.rows.toLocaleString('en-US')} rows of ${file}`,
        importance,
        data: summarize(table, {
          target: model.target,
          ignored: table.names.filter((name) => name !== model.target && !model.features.includes(name)),
        }),
        settings: model.record.options,
        model: model.model,
        notes,
        environment: { chainrule: model.record.versions.chainrule },
      })
      await writeResult(path, html, given.is('force'))
    }
    for (const note of notes) context.warn(note)
    const result = {
      file,
      target: model.target,
      task: model.task,
      rows: tested.table.rows,
      scores,
      notes,
      report: path ?? null,
    }
    const text = scoreTable({ test: scores, validation: null }, context.width)
    await context.result(result, `${text}${path === undefined ? '' : `\n\nReport   ${path}`}`)
    return 0
  },
}
