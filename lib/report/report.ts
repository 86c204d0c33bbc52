// report(): a training or an evaluation as one HTML file that needs nothing else: no network, no script.
import { release, type as systemName } from 'node:os'
import { describe, options } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { info } from '../native/system.js'
import { draw } from '../nn/draw.js'
import { Model } from '../nn/model.js'
import type { History } from '../train/history.js'
import { listOf, object, optional, recordOf, text } from './check.js'
import { classSection } from './classes.js'
import { checkSummary, columnSection, type DataSummary } from './columns.js'
import { definitions, escaped, type Section, scrolling, tiles } from './html.js'
import { checkImportance, type Importance, importanceSection } from './importance.js'
import { numberText, percentText, valueText } from './numbers.js'
import { type Comparison, checkPredictions, scoreNames, scoresOf } from './predictions.js'
import { styleSheet } from './style.js'
import { checkHistory, trainingSection } from './training.js'
import { valueSection } from './values.js'

/** What a {@link report} is made of; what is not there is left out of it. */
export interface ReportOptions {
  title: string
  /** A sentence below the title. */
  subtitle?: string
  /** What fit returned; several for networks that are used together. */
  history?: History | readonly History[]
  /** What the network said of rows that it was not trained on, beside what was true. */
  predictions?: Comparison
  /** Which rows these are: `the test part, 1,200 rows`. */
  rows?: string
  /** How much each feature counts. */
  importance?: readonly Importance[]
  data?: DataSummary
  /** Hyperparameters by name. */
  settings?: Readonly<Record<string, unknown>>
  model?: Model
  /** Things to know, above all else. */
  notes?: readonly string[]
  /** What it was made with, beside processor and versions. */
  environment?: Readonly<Record<string, string>>
}

const keys = ['title', 'subtitle', 'history', 'predictions', 'rows', 'importance', 'data', 'settings', 'model', 'notes', 'environment'] as const // biome-ignore format: a list

const checks = {
  title: text,
  subtitle: optional(text),
  rows: optional(text),
  importance: optional(listOf(checkImportance)),
  data: optional(checkSummary),
  settings: optional(object({})),
  notes: optional(listOf(text)),
  environment: optional(recordOf(text)),
}

/**
 * A report as one HTML file: scores, learning curves, confusion matrix, ROC and precision-recall curves, calibration or
 * residuals, importance of features, the data, hyperparameters, and the machine. It follows the reader's choice of light or
 * dark, fits phones, and can be printed; it loads nothing and runs no script.
 * @returns HTML
 * @throws ArgumentError or ShapeError for predictions that do not go together
 */
export function report(given: ReportOptions): string {
  const all = options('report', given, keys)
  for (const [key, check] of Object.entries(checks)) check('report', key, all[key as keyof typeof checks])
  const { title, subtitle, rows = '', importance, data, settings, model, notes = [] } = all
  if (model !== undefined && !(model instanceof Model)) {
    throw new ArgumentError('report', 'model to be a network', describe(model))
  }
  const told = all.history === undefined ? [] : Array.isArray(all.history) ? all.history : [all.history]
  listOf(checkHistory)('report', 'history', told)
  const histories = (told as History[]).filter(({ epochs }) => epochs.length > 0)
  const predictions = all.predictions === undefined ? undefined : checkPredictions('report', all.predictions)
  const sections: (Section | undefined)[] = [
    histories.length > 0 ? { id: 'training', title: 'Training', html: trainingSection(histories) } : undefined,
    predictions && {
      id: 'predictions',
      title: 'Predictions',
      html: `${rows && `<p class="muted">On ${escaped(rows)}.</p>`}${predictions.kind === 'classes' ? classSection(predictions) : valueSection(predictions)}`,
    },
    importance && importance.length > 0
      ? { id: 'importance', title: 'What counts', html: importanceSection(importance) }
      : undefined,
    data && { id: 'data', title: 'Data', html: columnSection(data) },
    model && { id: 'network', title: 'Network', html: networkHtml(model) },
    settings && {
      id: 'settings',
      title: 'Hyperparameters',
      html: definitions(Object.entries(settings).map(([name, value]) => [name, valueText(value)])),
    },
    { id: 'environment', title: 'Environment', html: definitions(environmentOf(all.environment ?? {})) },
  ]
  const shown = sections.filter((section) => section !== undefined)
  return page(title, subtitle, topTiles(predictions, histories, data, model), notes, shown)
}

function topTiles(
  predictions: Comparison | undefined,
  histories: readonly History[],
  data: DataSummary | undefined,
  model: Model | undefined,
): [string, string][] {
  const parts = ['accuracy', 'balancedAccuracy']
  const scores = predictions ? Object.entries(scoresOf(predictions)) : []
  const list = scores.map(([name, value]): [string, string] => [
    scoreNames[name] ?? name,
    parts.includes(name) ? percentText(value) : numberText(value),
  ])
  if (data) list.push(['rows', data.rows.toLocaleString('en-US')])
  if (model)
    list.push([
      'parameters',
      model
        .parameters()
        .reduce((sum, { size }) => sum + size, 0)
        .toLocaleString('en-US'),
    ])
  if (histories.length > 0) {
    const longest = Math.max(...histories.map(({ epochs }) => epochs.length))
    list.push(['epochs', String(longest)])
    if (histories.length > 1) list.push(['networks', String(histories.length)])
    list.push(['training time', `${numberText(Number(histories[0]!.seconds.toPrecision(3)))} s`])
  }
  return list
}

function networkHtml(model: Model): string {
  return `<p>${escaped(model.summary().split('\n')[0]!)}.</p><details open><summary>Layers</summary><pre tabindex="0">${escaped2(model.summary())}</pre></details>${picture(model)}`
}

// Lines stay lines.
function escaped2(text: string): string {
  return text.split('\n').map(escaped).join('\n')
}

function picture(model: Model): string {
  const drawn = (['light', 'dark'] as const).map((theme) =>
    draw(model, { theme, limit: 24 }).replace(
      /^<svg /,
      `<svg class="${theme}-only" style="max-width:none;width:auto" `,
    ),
  )
  return scrolling('A picture of the network', drawn.join(''))
}

function environmentOf(given: Readonly<Record<string, string>>): [string, string][] {
  const { cpu, isa, threads, compiler } = info()
  return [
    ...Object.entries(given),
    ['processor', cpu.trim() || 'unknown'],
    ['instruction set', isa],
    ['threads', String(threads)],
    ['compiled with', compiler],
    ['Node', process.versions.node],
    ['system', `${systemName()} ${release()}, ${process.arch}`],
  ]
}

function page(
  title: string,
  subtitle: string | undefined,
  top: [string, string][],
  notes: readonly string[],
  sections: readonly Section[],
): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
  const links = sections.map(({ id, title: name }) => `<a href="#${id}">${escaped(name)}</a>`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<style>
${styleSheet()}
</style>
</head>
<body>
<header>
<h1>${escaped(title)}</h1>
${subtitle ? `<p class="muted">${escaped(subtitle)}</p>` : ''}
<nav aria-label="Sections">${links.join('')}</nav>
</header>
<main>
${top.length > 0 ? tiles(top) : ''}
${notes.length > 0 ? `<ul class="notes">${notes.map((note) => `<li>${escaped(note)}</li>`).join('')}</ul>` : ''}
${sections.map(({ id, title: name, html }) => `<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${escaped(name)}</h2>\n${html}\n</section>`).join('\n')}
</main>
<footer>Made by chainrule.</footer>
</body>
</html>
`
}
