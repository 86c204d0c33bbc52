// chainrule search: tries hyperparameters, side by side in worker threads, and says which were best.
import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import { split } from '../data/split.js'
import type { Command } from './command.js'
import { readConfig } from './config.js'
import { type Context, Interrupted } from './context.js'
import { columnFlags, divide, purposeOf, readData, readingFlags, readingOf } from './data.js'
import { exists, refuseOverwriting, writeResult } from './files.js'
import { settingFlags, valuesOf } from './flags.js'
import type { Given } from './given.js'
import { rungs } from './halving.js'
import { csvField } from './lines.js'
import { resumeAdvice } from './resume.js'
import { searchPicture } from './search-picture.js'
import { flagOf, settingText, type Values } from './settings.js'
import { drawn, grid, parseDimension, pointText, usualSpace } from './space.js'
import { secondsText, shortNumber, table } from './table.js'
import { type Outcome, type Trial, type TrialData, TrialFile, type TrialRunner, workers } from './trials.js'

const LOWER_IS_BETTER = ['loss', 'meanAbsoluteError', 'rootMeanSquaredError']
const SHOWN = 10

export const search: Command = {
  name: 'search',
  summary: 'Searches hyperparameters: grid, random or successive halving, in parallel worker threads.',
  details: `What follows the file is searched over: name=a,b,c tries these values, name=low..high a range; learning rates,
weight decays and batch sizes by factors. Layers are written with x: hidden=64,128x64,none. Every hyperparameter of
train can be searched; a flag fixes it for all trials. Without any, a usual space is searched:
  ${usualSpace.join(' ')}
Trials are judged by rows of the file that they are not trained on, the same for all. Results are written down as
they come: after Ctrl-C, --resume goes on without repeating them.`,
  positionals: [
    { name: 'file', text: 'the data' },
    { name: 'name=values', text: 'what to search over', optional: true, many: true },
  ],
  flags: {
    method: { value: 'name', short: 'm', group: 'Search', text: 'grid, random or halving; default random' },
    trials: { value: 'n', short: 'n', group: 'Search', text: 'how many points to try, random and halving; default 20 and 27' },
    points: { value: 'n', group: 'Search', text: 'grid: how many values of a range; default 3' },
    factor: { value: 'n', group: 'Search', text: 'halving: one in so many goes on, with so many times the epochs; default 3' },
    by: { value: 'score', group: 'Search', text: 'what counts: loss (default), accuracy, f1, rocAuc, rSquared …' },
    jobs: { value: 'n', short: 'j', group: 'Search', text: 'trials at the same time; default: one per processor' },
    out: { value: 'folder', short: 'o', group: 'Search', text: 'where results go; default: the name of the file and -search' },
    resume: { group: 'Search', text: 'go on with a search of the same command that was stopped' },
    force: { short: 'f', group: 'Search', text: 'overwrite results that are there' },
    config: { value: 'file', short: 'c', group: 'Search', text: 'a JSON file with settings that all trials have' },
    ...columnFlags,
    ...readingFlags,
    ...settingFlags,
  }, // biome-ignore format: a table
  examples: [
    ['the usual space, 20 points', 'chainrule search customers.csv --target churned'],
    ['a grid', 'chainrule search customers.csv -t churned --method grid hidden=32,64x32 learning-rate=0.001,0.01 dropout=0,0.2'],
    ['81 points, most of them given up early', 'chainrule search customers.csv -t churned -m halving -n 81 learning-rate=0.0001..0.1 hidden=32,128,256x128'],
    ['by accuracy, and then a model of the best', 'chainrule search customers.csv -t churned --by accuracy --epochs 30\nchainrule train customers.csv --config customers-search/best.json'],
  ], // biome-ignore format: a table
  run: searchCommand,
}

async function searchCommand(given: Given, context: Context): Promise<number> {
  const file = given.positionals[0]!
  const config = given.text('config') === undefined ? {} : await readConfig(given.text('config')!)
  const [purpose, base, reading] = [purposeOf(given, config), valuesOf(given, config), readingOf(given, config)]
  const told = given.positionals.slice(1)
  const space = (told.length > 0 ? told : usualSpace)
    .map(parseDimension)
    .filter(({ setting }) => told.length > 0 || base[setting.name] === undefined)
  const method = given.choice('method', ['grid', 'random', 'halving']) ?? 'random'
  const seed = typeof base.seed === 'number' ? base.seed : 0
  const by = given.text('by') ?? 'loss'
  const jobs = given.whole('jobs', 1, 256) ?? availableParallelism()
  const out = given.text('out') ?? `${basename(file).replace(/\.[a-z]+(\.gz)?$/i, '')}-search`
  const names = ['results.csv', 'results.json', 'results.svg', 'best.json', 'trials.jsonl'].map((name) =>
    join(out, name),
  )
  const resume = given.is('resume') && (await exists(names[4]!))
  if (!given.is('resume')) await refuseOverwriting(names, given.is('force'))

  const rows = await readData(file, reading)
  const { train } = await divide(rows, { ...purpose, test: purpose.test }, reading, seed)
  const column = train.column(purpose.target)
  const classes = column.kind === 'categorical' || column.kind === 'boolean'
  const parts = split(train, {
    test: typeof base.validation === 'number' ? base.validation : 0.25,
    seed,
    ...(classes && { stratify: purpose.target }),
  })
  const { validation: _, epochs = 50, ...fixed } = base
  const data: TrialData = {
    train: train.take(parts.train),
    validation: train.take(parts.test),
    target: purpose.target,
    ignore: purpose.ignore,
    values: method === 'halving' ? fixed : { ...fixed, epochs },
    ...(purpose.task && { task: purpose.task }),
  }
  await mkdir(out, { recursive: true })
  const about = { file, rows: rows.rows, purpose, values: data.values, seed, by }
  const log = resume ? await TrialFile.open(names[4]!, about) : await TrialFile.create(names[4]!, about)
  const { run, close } = workers(data, jobs, availableParallelism(), context.signal)
  const started = performance.now()
  const course = new Course(context, log, run, by)
  try {
    if (method === 'halving')
      await halving(given, course, drawn(space, given.whole('trials', 2, 10_000) ?? 27, seed), Number(epochs))
    else {
      const points =
        method === 'grid'
          ? grid(space, given.whole('points', 1, 100) ?? 3)
          : drawn(space, given.whole('trials', 1, 10_000) ?? 20, seed)
      await course.run(points.map((values) => ({ values })))
    }
  } catch (error) {
    throw context.signal.aborted ? new Interrupted(resumeAdvice('search', given)) : error
  } finally {
    await close()
  }
  const ranked = course.ranked()
  const best = ranked[0]
  if (!best || best.error !== undefined)
    throw Object.assign(new Error(`No trial came to an end: ${best?.error}`), { code: 'ESEARCH' })
  const settings = {
    ...purpose,
    ...reading,
    ...data.values,
    ...best.values,
    ...(best.epochs !== undefined && { epochs: best.epochs }),
  }
  const result = {
    target: purpose.target,
    method,
    by,
    best: { ...best, settings },
    trials: ranked,
    seconds: (performance.now() - started) / 1000,
  }
  const [csv, json, svg, config2] = names as [string, string, string, string]
  await writeResult(
    csv,
    tableOf(
      ranked,
      space.map(({ setting }) => setting.name),
    ),
    true,
  )
  await writeResult(json, `${JSON.stringify(result, null, 2)}\n`, true)
  await writeResult(svg, searchPicture(course.outcomes, space, by, `${basename(file)}: ${purpose.target}`), true)
  await writeResult(config2, `${JSON.stringify(settings, null, 2)}\n`, true)
  await context.result(result, textOf(ranked, by, context, names, file))
  return 0
}

async function halving(given: Given, course: Course, points: readonly Values[], epochs: number): Promise<void> {
  let left = points.map((values) => ({ values }))
  for (const rung of rungs(points.length, epochs, given.whole('factor', 2, 100) ?? 3)) {
    left = left.slice(0, rung.trials)
    course.say(`${left.length} ${left.length === 1 ? 'trial' : 'trials'} of ${rung.epochs} epochs`)
    const outcomes = await course.run(left.map(({ values }) => ({ values, epochs: rung.epochs })))
    left = course.ranked(outcomes)
  }
}

/** The course of a search: trials as they end. */
class Course {
  readonly outcomes: Outcome[] = []
  readonly #context: Context
  readonly #log: TrialFile
  readonly #runner: TrialRunner
  readonly #by: string

  constructor(context: Context, log: TrialFile, runner: TrialRunner, by: string) {
    this.#context = context
    this.#log = log
    this.#runner = runner
    this.#by = by
  }

  say(text: string): void {
    this.#context.say(text)
  }

  async run(points: readonly { values: Values; epochs?: number }[]): Promise<Outcome[]> {
    const first = this.outcomes.length
    const trials = points.map((point, i): Trial => ({ number: first + i + 1, ...point }))
    const found: Outcome[] = []
    const take = (outcome: Outcome) => {
      found.push(outcome)
      this.outcomes.push(outcome)
    }
    const open = trials.filter((trial) => {
      const known = this.#log.known(trial)
      if (known) take({ ...known, number: trial.number })
      return !known
    })
    if (open.length < trials.length)
      this.say(`${trials.length - open.length} of ${trials.length} trials are known already.`)
    await this.#runner(open, async (raw) => {
      const outcome = { ...raw, score: this.#scoreOf(raw) }
      take(outcome)
      await this.#log.add(outcome)
      const score =
        outcome.error === undefined ? `${this.#by} ${shortNumber(outcome.score)}` : `failed: ${outcome.error}`
      this.say(`trial ${outcome.number}  ${score}  ${pointText(outcome.values)}  ${secondsText(outcome.seconds)}`)
    })
    return found
  }

  #scoreOf({ loss, metrics, error }: Outcome): number {
    if (error !== undefined) return Number.NaN
    const score = this.#by === 'loss' ? loss : metrics[this.#by]
    if (score !== undefined) return score
    throw Object.assign(
      new Error(`--by takes loss, ${Object.keys(metrics).join(', ')}, not ${JSON.stringify(this.#by)}.`),
      { code: 'ESCORE' },
    )
  }

  /** The best first; what failed comes last. */
  ranked(outcomes: readonly Outcome[] = this.outcomes): Outcome[] {
    const sign = LOWER_IS_BETTER.includes(this.#by) ? 1 : -1
    const rank = ({ score, epochs = 0 }: Outcome) => [Number.isFinite(score) ? 0 : 1, -epochs, sign * score] as const
    return [...outcomes].sort((a, b) => {
      const [x, y] = [rank(a), rank(b)]
      return x[0] - y[0] || x[1] - y[1] || x[2] - y[2] || a.number - b.number
    })
  }
}

function tableOf(ranked: readonly Outcome[], names: readonly string[]): string {
  const metrics = Object.keys(ranked[0]?.metrics ?? {})
  const halved = ranked.some(({ epochs }) => epochs !== undefined)
  const head = ['trial', ...(halved ? ['epochs'] : []), ...names, 'loss', ...metrics, 'parameters', 'seconds', 'error']
  const rows = ranked.map(({ number, epochs, values, loss, metrics: found, parameters, seconds, error }) => {
    const shown = names.map((name) => (values[name] === undefined ? '' : settingText(values[name])))
    return [
      number,
      ...(halved ? [epochs] : []),
      ...shown,
      loss,
      ...metrics.map((name) => found[name]),
      parameters,
      seconds.toFixed(3),
      error,
    ]
  })
  return `${[head, ...rows].map((row) => row.map(csvField).join(',')).join('\n')}\n`
}

function textOf(
  ranked: readonly Outcome[],
  by: string,
  context: Context,
  names: readonly string[],
  file: string,
): string {
  const searched = Object.keys(ranked[0]!.values)
  const halved = ranked.some(({ epochs }) => epochs !== undefined)
  const rows = ranked
    .slice(0, SHOWN)
    .map(({ number, epochs, values, score, error, seconds }) => [
      String(number),
      ...(halved ? [String(epochs)] : []),
      ...searched.map((name) => settingText(values[name])),
      error === undefined ? shortNumber(score) : 'failed',
      secondsText(seconds),
    ])
  const head = ['trial', ...(halved ? ['epochs'] : []), ...searched.map(flagOf), by, 'time']
  const more = ranked.length > SHOWN ? `\n… and ${ranked.length - SHOWN} more` : ''
  const [csv, , svg, best] = names
  return `${table(head, rows, context.width)}${more}\n\nResults  ${csv}\nPicture  ${svg}\nBest     ${best}\n\n${context.paint('dim', `Next: chainrule train ${file} --config ${best}`)}`
}
