// Data files of the command line: flags and config say how they are read and what their columns are for.
import { split } from '../data/split.js'
import type { Column, ColumnKind } from '../data/table/column.js'
import type { Table } from '../data/table/table.js'
import type { Flag } from './command.js'
import type { Config } from './config.js'
import type { Given } from './given.js'
import { suggestion, UsageError } from './usage.js'

const GROUP = 'Data'

/** Flags about how a file is read. */
export const readingFlags: Readonly<Record<string, Flag>> = {
  types: { value: 'column=kind,…', group: GROUP, text: 'kinds of columns where the values mislead: numeric, categorical, boolean, date' },
  delimiter: { value: 'char', group: GROUP, text: 'what stands between fields; default: what the first line shows' },
  'no-header': { group: GROUP, text: 'the first line has values, not names; columns are then column1, column2 …' },
  missing: { value: 'a,b,…', group: GROUP, text: 'fields that count as missing, beside empty ones and NA, NaN, null' },
} // biome-ignore format: a table

/** Flags about what the columns are for. */
export const columnFlags: Readonly<Record<string, Flag>> = {
  target: { value: 'column', short: 't', group: GROUP, text: 'the column to predict' },
  task: { value: 'name', group: GROUP, text: 'regression, binary or multiclass; default: what the target looks like' },
  ignore: { value: 'a,b,…', group: GROUP, text: 'columns to leave out: numbers of customers, notes …' },
  test: { value: 'part|file', group: GROUP, text: 'rows kept out to test the model: a part (default 0.2; 0 for none), or a file of its own' },
  time: { value: 'column', group: GROUP, text: 'a column of dates or numbers: test on the latest rows' },
  groups: { value: 'column', group: GROUP, text: 'a column whose equal values stay on one side: one patient, one customer' },
} // biome-ignore format: a table

const kinds: readonly ColumnKind[] = ['numeric', 'categorical', 'boolean', 'date']

/** How a file is read. */
export interface Reading {
  readonly types?: Readonly<Record<string, ColumnKind>>
  readonly delimiter?: string
  readonly header?: boolean
  readonly missing?: readonly string[]
}

/** How files are read, from flags and a config file; flags win. */
export function readingOf(given: Given, config: Config = {}): Reading {
  const types = { ...config.types, ...typesOf(given) }
  const delimiter = given.text('delimiter') ?? config.delimiter
  const missing = given.list('missing') ?? config.missing
  const header = given.is('no-header') ? false : config.header
  return {
    ...(Object.keys(types).length > 0 && { types }),
    ...(delimiter !== undefined && { delimiter: delimiter === '\\t' || delimiter === 'tab' ? '\t' : delimiter }),
    ...(missing !== undefined && { missing }),
    ...(header !== undefined && { header }),
  }
}

function typesOf(given: Given): Record<string, ColumnKind> {
  const types: Record<string, ColumnKind> = {}
  for (const part of given.list('types') ?? []) {
    const at = part.lastIndexOf('=')
    const kind = part.slice(at + 1)
    if (at < 1 || !kinds.includes(kind as ColumnKind)) {
      const hint = suggestion(kind, kinds)
      throw new UsageError(
        `--types takes column=kind, the kind one of ${kinds.join(', ')}, not ${JSON.stringify(part)}.${hint}`,
      )
    }
    types[part.slice(0, at)] = kind as ColumnKind
  }
  return types
}

/** Reads a table of whatever format; options that only texts have are for those alone. */
export async function readData(path: string, reading: Reading): Promise<Table> {
  const { readTable } = await import('../data/read/table.js')
  const { MISSING } = await import('../data/csv/options.js')
  const { missing, ...rest } = reading
  const table = await readTable(path, { ...rest, ...(missing && { missing: [...MISSING, ...missing] }) })
  if (table.rows > 0) return table
  throw Object.assign(new Error(`${path} has no rows.`), { code: 'EEMPTY' })
}

/**
 * Reads a table with the columns of a training, each of the kind that it had there.
 * @throws UsageError if one of them lacks
 */
export async function readKnown(path: string, reading: Reading, kinds: Reading['types']): Promise<Table> {
  const lacks = `${path} lacks a column of the training`
  const names = Object.keys(kinds ?? {})
  const table = await readData(path, { ...reading, types: { ...kinds, ...reading.types } }).catch(async (error) => {
    // Kinds of columns that are not there are refused; what is there instead says more.
    if ((error as { code?: unknown }).code === 'INVALID_ARGUMENT') {
      checkColumns(await readData(path, reading), 'model', names, lacks)
    }
    throw error
  })
  checkColumns(table, 'model', names, lacks)
  return table
}

/** Throws UsageError for names that are no columns of a table. */
export function checkColumns(table: Table, flag: string, names: readonly string[], problem = `--${flag}`): void {
  for (const name of names) {
    if (table.has(name)) continue
    const hint = suggestion(name, table.names)
    const shown = table.names.slice(0, 30).join(', ') + (table.names.length > 30 ? ', …' : '')
    throw new UsageError(`${problem}: there is no column ${JSON.stringify(name)}.${hint} The columns are ${shown}.`)
  }
}

/** What the columns are for. */
export interface Purpose {
  readonly target: string
  readonly task?: 'regression' | 'binary' | 'multiclass'
  readonly ignore: readonly string[]
  /** A part of the rows, or a file. */
  readonly test: number | string
  readonly time?: string
  readonly groups?: string
}

/** What the columns are for, from flags and a config file; flags win. */
export function purposeOf(given: Given, config: Config = {}): Purpose {
  const target = given.text('target') ?? config.target
  if (target === undefined) throw new UsageError('--target is needed: the column to predict.')
  const task = given.choice('task', ['regression', 'binary', 'multiclass']) ?? config.task
  const [time, groups] = [given.text('time') ?? config.time, given.text('groups') ?? config.groups]
  if (time !== undefined && groups !== undefined) throw new UsageError('--time and --groups do not go together.')
  const told = given.text('test')
  const part =
    told === undefined || told.trim() === '' || Number.isNaN(Number(told)) ? undefined : given.number('test', 0, 0.999)
  return {
    target,
    ignore: given.list('ignore') ?? config.ignore ?? [],
    test: part ?? told ?? config.test ?? 0.2,
    ...(task !== undefined && { task }),
    ...(time !== undefined && { time }),
    ...(groups !== undefined && { groups }),
  }
}

/** Rows to train on, and rows to test with, if any. */
export interface Parts {
  readonly train: Table
  readonly test: Table | undefined
  /** How they were divided, as it reads after "tested on". */
  readonly how: string
}

/** Checks the columns of a table, and divides its rows. */
export async function divide(table: Table, purpose: Purpose, reading: Reading, seed: number): Promise<Parts> {
  const { target, ignore, test, time, groups } = purpose
  checkColumns(table, 'target', [target])
  checkColumns(table, 'ignore', ignore)
  if (ignore.includes(target)) throw new UsageError(`--ignore: ${JSON.stringify(target)} is the target.`)
  if (time !== undefined) checkColumns(table, 'time', [time])
  if (groups !== undefined) checkColumns(table, 'groups', [groups])
  if (typeof test === 'string') {
    const other = await readKnown(test, reading, kindsOf(table.drop(ignore)))
    return { train: table, test: other, how: `${count(other.rows)} of ${test}` }
  }
  if (test === 0 || table.rows < 5) return { train: table, test: undefined, how: 'nothing' }
  const column = table.column(target)
  const way =
    time !== undefined ? { time } : groups !== undefined ? { groups } : stratifies(column) ? { stratify: target } : {}
  const parts = split(table, { test, seed, ...way })
  const which =
    time !== undefined
      ? `the latest by ${time}`
      : groups !== undefined
        ? `whole groups of ${groups}`
        : 'drawn at random'
  return {
    train: table.take(parts.train),
    test: table.take(parts.test),
    how: `${count(parts.test.length)} that training never saw, ${which}`,
  }
}

function count(rows: number): string {
  return rows === 1 ? '1 row' : `${rows.toLocaleString('en-US')} rows`
}

/** Kinds of the columns of a table by name: what another file with the same columns is read with. */
export function kindsOf(table: Table): Record<string, ColumnKind> {
  return Object.fromEntries(table.columns.map(({ name, kind }) => [name, kind]))
}

// Classes keep their shares in both parts.
function stratifies(column: Column): boolean {
  return column.kind === 'categorical' || column.kind === 'boolean'
}
