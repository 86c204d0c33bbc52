// Rows divided for training and testing: at random, by class, by group or by time; once, or in folds.
import { describe, integer, options, seedOf } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { native } from '../native/load.js'
import { stream } from '../native/random.js'
import { type Keys, keysOf, timesOf } from './keys.js'
import type { Table } from './table/table.js'

/** How rows belong together: the name of a column of the table, or one value per row (texts, numbers, booleans, null). */
export type RowKeys = string | ArrayLike<unknown>

/** Which rows may be divided how; at most one of them. */
export interface DivisionOptions {
  /** Classes: every part has the same share of each. */
  stratify?: RowKeys
  /** Groups: rows of one group are never divided. */
  groups?: RowKeys
  /** Times (a column of dates or numbers): what is tested comes after what is trained on. Ties stay in the order of the rows. */
  time?: RowKeys
  /** Seed of the random order. Default 0. */
  seed?: number
}

/** Options of {@link split}. */
export interface SplitOptions extends DivisionOptions {
  /** Part of the rows to test on, between 0 and 1, or a number of rows. Default 0.2. */
  test?: number
}

/** Options of {@link kFold}. */
export interface FoldOptions extends DivisionOptions {
  /** Number of folds. Default 5. */
  folds?: number
}

/** Indices of rows: ascending, or in order of time where the division is one by time. */
export interface Split {
  readonly train: Int32Array
  readonly test: Int32Array
}

/**
 * Divides rows into two parts, both with at least one row.
 * @param rows - a number of rows, or a table
 * @throws ArgumentError if that cannot be done
 * @example const { train, test } = split(table, { test: 0.25, stratify: 'species', seed: 1 })
 */
export function split(rows: number | Table, given?: SplitOptions): Split {
  const division = new Division('split', rows, given, ['test'])
  const { test: part = 0.2 } = given ?? {}
  const wanted = division.testRows(part)
  const { n } = division
  const { stratify, groups, time } = division
  if (time !== undefined) {
    const order = division.byTime(time)
    return { train: order.slice(0, n - wanted), test: order.slice(n - wanted) }
  }
  if (groups !== undefined) return divided(groupsToTest(division.shuffledGroups(groups), wanted, n), groups)
  const order = division.shuffled()
  if (stratify === undefined) return divided(order.subarray(0, wanted))
  return divided(shareOfEachClass(order, stratify, wanted))

  function divided(chosen: ArrayLike<number>, keys?: Keys): Split {
    const tested = new Uint8Array(keys ? keys.count : n)
    for (let i = 0; i < chosen.length; i++) tested[chosen[i]!] = 1
    return partsOf(n, (row) => tested[keys ? keys.codes[row]! : row] === 1)
  }
}

/**
 * Divides rows into folds: each row is tested in exactly one of them and trained on in the others. By time, the rows are cut
 * into one piece more than there are folds; fold i trains on the pieces up to i and tests on the next.
 * @param rows - a number of rows, or a table
 * @throws ArgumentError if there are too few rows, groups, or rows of a class
 * @example for (const { train, test } of kFold(table, { folds: 5, groups: 'patient' })) …
 */
export function kFold(rows: number | Table, given?: FoldOptions): Split[] {
  const division = new Division('kFold', rows, given, ['folds'])
  const { n, stratify, groups, time } = division
  const folds = integer('kFold', 'folds', given?.folds ?? 5, 2)
  const pieces = time === undefined ? folds : folds + 1
  if (n < pieces) throw new ArgumentError('kFold', `at least ${pieces} rows for ${folds} folds`, String(n))
  if (time !== undefined) {
    const order = division.byTime(time)
    const cut = (piece: number) => n - Math.floor(n / pieces) * (pieces - piece)
    return Array.from({ length: folds }, (_, i) => {
      return { train: order.slice(0, cut(i + 1)), test: order.slice(cut(i + 1), cut(i + 2)) }
    })
  }
  const fold = groups ? foldsOfGroups(division, groups, folds) : foldsOfRows(division, stratify, folds)
  return Array.from({ length: folds }, (_, i) => partsOf(n, (row) => fold[row] === i))
}

// What both functions are told, checked.
class Division {
  readonly operation: string
  readonly n: number
  readonly stratify: Keys | undefined
  readonly groups: Keys | undefined
  readonly time: Float64Array | undefined
  readonly #seed: number

  constructor(operation: string, rows: number | Table, given: DivisionOptions | undefined, own: string[]) {
    const keys = [...own, 'stratify', 'groups', 'time', 'seed'] as (keyof DivisionOptions)[]
    const { stratify, groups, time, seed = 0 } = options(operation, given, keys)
    this.operation = operation
    const table = typeof rows === 'object' && rows !== null ? rows : undefined
    this.n = integer(operation, 'rows', table ? table.rows : rows, 0, 2 ** 31 - 1)
    if (this.n < 2) throw new ArgumentError(operation, 'at least 2 rows', String(this.n))
    this.#seed = seedOf(operation, seed)
    const ways = Object.entries({ stratify, groups, time }).filter(([, value]) => value !== undefined)
    if (ways.length > 1) {
      throw new ArgumentError(operation, 'one of stratify, groups and time', ways.map(([name]) => name).join(' and '))
    }
    if (stratify !== undefined) this.stratify = keysOf(operation, 'stratify', stratify, table, this.n)
    if (groups !== undefined) this.groups = keysOf(operation, 'groups', groups, table, this.n)
    if (time !== undefined) this.time = timesOf(operation, time, table, this.n)
  }

  testRows(part: unknown): number {
    const { operation, n } = this
    if (typeof part !== 'number' || !(part > 0) || (part >= 1 && !Number.isInteger(part))) {
      throw new ArgumentError(operation, 'test between 0 and 1, or a number of rows', describe(part))
    }
    // As scikit-learn rounds; the small subtraction undoes 0.07·100 = 7.000000000000001.
    const wanted = part < 1 ? Math.min(Math.max(Math.ceil(part * n - 1e-9), 1), n - 1) : part
    if (wanted >= n) throw new ArgumentError(operation, `test of at most ${n - 1} rows of ${n}`, String(part))
    return wanted
  }

  shuffled(length = this.n): Int32Array {
    const order = new Int32Array(length)
    native().randomPermutation(order, this.#seed, stream('split', 0))
    return order
  }

  byTime(times: Float64Array): Int32Array {
    return Int32Array.from(times, (_, row) => row).sort((a, b) => times[a]! - times[b]! || a - b)
  }

  /** The groups in random order, with their rows. */
  shuffledGroups(groups: Keys): { group: number; rows: number }[] {
    const rows = rowsPerKey(groups)
    if (rows.length < 2) throw new ArgumentError(this.operation, 'at least 2 groups', String(rows.length))
    return Array.from(this.shuffled(rows.length), (group) => ({ group, rows: rows[group]! }))
  }
}

function rowsPerKey({ codes, count }: Keys): Int32Array {
  const rows = new Int32Array(count)
  for (const code of codes) rows[code]!++
  return rows
}

function partsOf(n: number, tested: (row: number) => boolean): Split {
  const all = Int32Array.from({ length: n }, (_, row) => row)
  return { train: all.filter((row) => !tested(row)), test: all.filter(tested) }
}

// As many groups as come closest to the wanted number of rows, but neither none nor all.
function groupsToTest(groups: readonly { group: number; rows: number }[], wanted: number, n: number): number[] {
  let [best, closest, sum] = [1, n, 0]
  for (let taken = 1; taken < groups.length; taken++) {
    sum += groups[taken - 1]!.rows
    if (Math.abs(sum - wanted) < closest) [best, closest] = [taken, Math.abs(sum - wanted)]
  }
  return groups.slice(0, best).map(({ group }) => group)
}

// Largest remainders: every class gives its share of the tested rows, rounded so that the sum is right.
function shareOfEachClass(order: Int32Array, classes: Keys, wanted: number): number[] {
  const rows = rowsPerKey(classes)
  const exact = Array.from(rows, (count) => (count * wanted) / order.length)
  const left = exact.map(Math.floor)
  let missing = wanted - left.reduce((sum, count) => sum + count, 0)
  const byRemainder = exact.map((share, key) => ({ key, rest: share - Math.floor(share) }))
  byRemainder.sort((a, b) => b.rest - a.rest || rows[b.key]! - rows[a.key]! || a.key - b.key)
  for (const { key } of byRemainder) if (missing-- > 0) left[key]!++
  return Array.from(order).filter((row) => left[classes.codes[row]!]!-- > 0)
}

// Rows in random order, class after class, are dealt to the folds in turn: sizes and classes differ by at most one.
function foldsOfRows(division: Division, classes: Keys | undefined, folds: number): Int32Array {
  const order = division.shuffled()
  if (classes) {
    const rare = rowsPerKey(classes).findIndex((rows) => rows < folds)
    if (rare >= 0) {
      const rows = rowsPerKey(classes)[rare]
      throw new ArgumentError('kFold', `at least ${folds} rows of each class`, `${rows} of ${classes.name(rare)}`)
    }
    const rank = Int32Array.from(order)
    for (let i = 0; i < order.length; i++) rank[order[i]!] = i
    order.sort((a, b) => classes.codes[a]! - classes.codes[b]! || rank[a]! - rank[b]!)
  }
  const fold = new Int32Array(division.n)
  for (let i = 0; i < order.length; i++) fold[order[i]!] = i % folds
  return fold
}

// The largest groups first, each to the fold that has the fewest rows.
function foldsOfGroups(division: Division, groups: Keys, folds: number): Int32Array {
  if (groups.count < folds) throw new ArgumentError('kFold', `at least ${folds} groups`, String(groups.count))
  const sizes = new Float64Array(folds)
  const foldOf = new Int32Array(groups.count)
  for (const { group, rows } of division.shuffledGroups(groups).sort((a, b) => b.rows - a.rows)) {
    const smallest = sizes.indexOf(Math.min(...sizes))
    foldOf[group] = smallest
    sizes[smallest]! += rows
  }
  return Int32Array.from(groups.codes, (group) => foldOf[group]!)
}
