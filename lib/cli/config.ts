// Config files: JSON with the names of flags as keys, checked by valibot; every mistake names its key and what is allowed.
import { readFile } from 'node:fs/promises'
import type * as v from 'valibot'
import { parseStrict } from '../io/json.js'
import { allowed, fits, settings } from './settings.js'
import { suggestion, UsageError } from './usage.js'

/** What a config file may hold beside hyperparameters: how the data is to be read, and what it is for. */
export interface DataSettings {
  readonly target?: string
  readonly task?: 'regression' | 'binary' | 'multiclass'
  readonly ignore?: readonly string[]
  readonly types?: Readonly<Record<string, 'numeric' | 'categorical' | 'boolean' | 'date'>>
  readonly test?: number
  readonly time?: string
  readonly groups?: string
  readonly delimiter?: string
  readonly header?: boolean
  readonly missing?: readonly string[]
}

/** The content of a config file. */
export type Config = DataSettings & Readonly<Record<string, unknown>>

/** Reads and checks a config file. @throws UsageError for whatever is wrong with it */
export async function readConfig(path: string): Promise<Config> {
  let value: unknown
  try {
    value = parseStrict(await readFile(path, 'utf8'))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new UsageError(`There is no config file ${JSON.stringify(path)}.`)
    throw new UsageError(`${path} is no config file: ${message}.`)
  }
  return checkConfig(path, value)
}

/** Checks the content of a config file; all its mistakes are in the message of one error. */
export async function checkConfig(path: string, value: unknown): Promise<Config> {
  const v = await import('valibot')
  const text = (what: string) => v.pipe(v.string(what), v.nonEmpty(what))
  const texts = (what: string) => v.array(text(what), what)
  const one = (...names: string[]) => v.picklist(names, `one of ${names.join(', ')}`)
  const part = 'a number of at least 0 and below 1'
  const data = {
    target: text('the name of a column'),
    task: one('regression', 'binary', 'multiclass'),
    ignore: texts('a list of columns'),
    types: v.record(
      v.string(),
      one('numeric', 'categorical', 'boolean', 'date'),
      'an object of columns and their kinds',
    ),
    test: v.pipe(v.number(part), v.minValue(0, part), v.ltValue(1, part)),
    time: text('the name of a column'),
    groups: text('the name of a column'),
    delimiter: v.pipe(v.string('one character'), v.length(1, 'one character')),
    header: v.boolean('true or false'),
    missing: v.array(v.string('a list of texts'), 'a list of texts'),
  }
  const hyperparameters = settings.map((setting) => [
    setting.name,
    v.custom(
      (given) => fits(setting, given),
      setting.kind === 'layers' ? 'a list of whole numbers above 0' : allowed(setting),
    ),
  ])
  const entries = { ...data, ...Object.fromEntries(hyperparameters) }
  const schema = v.strictObject(
    Object.fromEntries(Object.entries(entries).map(([key, each]) => [key, v.optional(each as v.GenericSchema)])),
  )
  const parsed = v.safeParse(schema, Array.isArray(value) ? null : value)
  if (parsed.success) return parsed.output as Config
  const names = Object.keys(entries)
  const mistakes = parsed.issues.map((issue) => mistakeOf(issue as Issue, names))
  throw new UsageError(
    `${path} has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:\n${mistakes.map((line) => `  ${line}`).join('\n')}`,
  )
}

interface Issue {
  readonly type: string
  readonly message: string
  readonly input: unknown
  readonly path?: readonly { readonly key: unknown }[]
}

function mistakeOf({ type, message, input, path }: Issue, names: readonly string[]): string {
  if (!path) return `an object like { "target": "price", "epochs": 50 } was expected, not ${shown(input)}.`
  const key = path.map((item) => String(item.key)).join('.')
  if (type === 'strict_object') {
    return `${JSON.stringify(key)} is no setting.${suggestion(key, names) || ` There are ${names.join(', ')}.`}`
  }
  return `${JSON.stringify(key)} takes ${message}, not ${shown(input)}.`
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
