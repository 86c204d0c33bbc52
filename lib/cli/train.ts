// chainrule train: from a data file to a model, a report and a table of metrics.
import { mkdir, rm, rmdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { assess, importanceOf } from '../report/assess.js'
import { report } from '../report/report.js'
import { summarize } from '../report/summarize.js'
import { checkTabular, sizesFor } from '../tabular/options.js'
import { trainTabular } from '../tabular/train.js'
import type { Command } from './command.js'
import { readConfig } from './config.js'
import { type Context, Interrupted } from './context.js'
import { columnFlags, divide, purposeOf, readData, readingFlags, readingOf } from './data.js'
import { exists, MODEL, refuseOverwriting, writeResult } from './files.js'
import { settingFlags, trainingOptions, valuesOf } from './flags.js'
import type { Given } from './given.js'
import { showProgress } from './progress.js'
import { notesOf, scoresFor, scoreTable, trainingHistory } from './results.js'
import { quoted, resumeAdvice } from './resume.js'
import { secondsText } from './table.js'
import { UsageError } from './usage.js'

const CHECKPOINTS = 'checkpoints'

export const train: Command = {
  name: 'train',
  summary: 'Trains a network on a table: writes a model, a report and the metrics into a folder.',
  details: `Reads CSV, TSV, JSON lines (all also gzipped), Parquet and Arrow. Nothing needs to be prepared: kinds of columns,
missing values, scaling, categories, the loss and the network's size are taken care of. The file of --config is
JSON with the names of the flags below, without dashes: { "target": "price", "batchSize": 64, "hidden": [64, 32] }.
Ctrl-C puts the state of the training away and says how to go on; the result is the same as without a break.`,
  positionals: [{ name: 'file', text: 'the data: rows with a header' }],
  flags: {
    ...columnFlags,
    ...readingFlags,
    ...settingFlags,
    out: { value: 'folder', short: 'o', text: 'where results go; default: the name of the file and -model' },
    config: { value: 'file', short: 'c', text: 'a JSON file with settings; flags win over it' },
    resume: { text: 'go on where a training of the same command was stopped' },
    'checkpoint-seconds': { value: 's', text: 'put the state away so often; default 30' },
    'no-report': { text: 'write no report.html' },
    force: { short: 'f', text: 'overwrite results that are there' },
    quiet: { short: 'q', text: 'show no progress' },
  },
  examples: [
    [
      'the shortest way: a model, a report, metrics in customers-model/',
      'chainrule train customers.csv --target churned',
    ],
    ['a number to predict, some columns left out', 'chainrule train houses.parquet -t price --ignore id,notes'],
    [
      'other sizes, another folder',
      'chainrule train customers.csv -t churned --hidden 64,32 --learning-rate 0.01 -o small',
    ],
    ['settings from a file, one of them changed', 'chainrule train customers.csv --config settings.json --seed 2'],
    ['test on the latest months', 'chainrule train demand.csv -t sold --time date --test 0.1'],
    ['the accuracy, in a script', 'chainrule train customers.csv -t churned --json --force | jq .test.accuracy'],
  ],
  run: trainCommand,
}

async function trainCommand(given: Given, context: Context): Promise<number> {
  const started = performance.now()
  const file = given.positionals[0]!
  const config = given.text('config') === undefined ? {} : await readConfig(given.text('config')!)
  const [purpose, values, reading] = [purposeOf(given, config), valuesOf(given, config), readingOf(given, config)]
  const out = given.text('out') ?? `${nameOf(file)}-model`
  const paths = { model: join(out, MODEL), report: join(out, 'report.html'), metrics: join(out, 'metrics.json') }
  const [force, resume] = [given.is('force'), given.is('resume')]
  await refuseOverwriting(Object.values(paths), force)
  const checkpoints = join(out, CHECKPOINTS)
  if (!resume) {
    if ((await exists(checkpoints)) && !force) {
      throw new UsageError(`A training was stopped in ${out}: --resume goes on with it, --force begins anew.`)
    }
    await rm(checkpoints, { recursive: true, force: true })
  } else if (!(await exists(checkpoints))) context.warn(`${out} has no training to go on with; this one begins anew.`)
  const everySeconds = given.number('checkpoint-seconds', 0.05) ?? 30

  const table = await readData(file, reading)
  context.say(
    `Read ${rowsText(table.rows)} and ${table.columns.length} columns of ${file} in ${secondsText((performance.now() - started) / 1000)}.`,
  )
  context.throwIfInterrupted()
  const parts = await divide(table, purpose, reading, typeof values.seed === 'number' ? values.seed : 0)
  const { target, task, ignore } = purpose
  const options = { target, ignore, ...(task && { task }), ...trainingOptions(values) }
  const { epochs, members } = sizesFor(parts.train.rows, checkTabular(options))
  const callbacks = given.is('quiet') ? [] : [showProgress(context, epochs, members)]
  const model = await trainTabular(parts.train, {
    ...options,
    callbacks,
    checkpoints: { folder: checkpoints, everySeconds, signal: context.signal },
  }).catch(async (error) => {
    if (context.signal.aborted) throw new Interrupted(resumeAdvice('train', given))
    if (!resume) await rm(checkpoints, { recursive: true, force: true })
    await rmdir(out).catch(() => {}) // if nothing else is in it
    throw error
  })
  context.throwIfInterrupted()

  const tested = parts.test && (await assess(model, parts.test))
  const scores = scoresFor(model, tested)
  const notes = notesOf(model.record, tested)
  const importance =
    tested &&
    (await importanceOf(model, tested, { features: model.features, watch: () => context.throwIfInterrupted() }))
  await mkdir(out, { recursive: true })
  await model.save(paths.model)
  if (!given.is('no-report')) {
    const html = report({
      title: `${basename(file)}: ${target}`,
      subtitle: `A network that predicts ${target} from ${model.features.length} columns, trained on ${rowsText(model.record.data.rows)}.`,
      history: trainingHistory(model.record),
      ...(tested && { predictions: tested.predictions, rows: parts.how, importance: importance! }),
      data: summarize(table, { target, ignored: [...ignore, ...model.record.data.ignored.map(({ name }) => name)] }),
      settings: { ...model.record.options, ...values },
      model: model.model,
      notes,
      environment: { chainrule: model.record.versions.chainrule },
    })
    await writeResult(paths.report, html, true)
  }
  const seconds = (performance.now() - started) / 1000
  const result = {
    model: paths.model,
    report: given.is('no-report') ? null : paths.report,
    target,
    task: model.task,
    rows: { train: parts.train.rows, test: parts.test?.rows ?? 0 },
    ...scores,
    importance: importance ?? [],
    notes,
    settings: model.record.options,
    seconds,
  }
  await writeResult(paths.metrics, `${JSON.stringify(result, null, 2)}\n`, true)
  await rm(checkpoints, { recursive: true, force: true })
  for (const note of notes) context.warn(note)
  const files = [
    `Model    ${paths.model}`,
    ...(given.is('no-report') ? [] : [`Report   ${paths.report}`]),
    `Metrics  ${paths.metrics}`,
  ]
  const next = `Next: chainrule predict ${quoted(out)} ${quoted(file)}`
  const head = tested ? `Tested on ${parts.how}:` : 'Judged by the rows that stopped the training:'
  await context.result(
    result,
    [head, '', scoreTable(scores, context.width), '', ...files, '', context.paint('dim', next)].join('\n'),
  )
  return 0
}

function nameOf(file: string): string {
  return basename(file).replace(/\.(csv|tsv|tab|txt|jsonl|ndjson|parquet|arrow|feather)?(\.gz)?$/i, '') || 'data'
}

function rowsText(rows: number): string {
  return rows === 1 ? '1 row' : `${rows.toLocaleString('en-US')} rows`
}
