// What a trained model says of a table beside what is true, and what each feature counts for that.
import { describe, integer, options, positiveInteger, seedOf } from '../checks.js'
import { type Cell, type Column, cellOf, takeRows } from '../data/table/column.js'
import { Table } from '../data/table/table.js'
import { ArgumentError } from '../errors.js'
import { native } from '../native/load.js'
import { stream } from '../native/random.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Importance } from './importance.js'
import { type Comparison, checkPredictions, scoresOf } from './predictions.js'

/** What is needed of a model of tables. */
export interface TableModel {
  readonly task: 'regression' | 'binary' | 'multiclass'
  readonly target: string
  /** Names of the classes, in the order of the probabilities. */
  readonly labels?: readonly (string | number | boolean)[] | undefined
  predict(
    rows: Table,
  ): Promise<{ readonly prediction: ArrayLike<unknown>; readonly probabilities?: Tensor | undefined }>
}

/** Rows that could be compared, with how many could not. */
export interface Assessment {
  readonly predictions: Comparison
  /** The rows: those whose target is there and, for classes, known. */
  readonly table: Table
  readonly missing: number
  /** Rows of classes that the model does not know. */
  readonly unknown: number
}

/**
 * The predictions for a table whose target is known.
 * @throws ArgumentError if no row can be compared
 */
export async function assess(model: TableModel, table: Table): Promise<Assessment> {
  checkModel('assess', model)
  if (!(table instanceof Table)) throw new ArgumentError('assess', 'a Table (see Table.from)', describe(table))
  const column = table.column(model.target)
  const labels = model.labels?.map(String)
  const classes = labels && new Map(labels.map((label, i) => [label, i]))
  const rows: number[] = []
  const truth: number[] = []
  let [missing, unknown] = [0, 0]
  for (let i = 0; i < table.rows; i++) {
    const cell = cellOf(column, i)
    const value = classes ? classes.get(labelOf(cell)) : numberOf(cell)
    if (cell === null || (value !== undefined && !Number.isFinite(value))) missing++
    else if (value === undefined) unknown++
    else {
      rows.push(i)
      truth.push(value)
    }
  }
  if (rows.length === 0) {
    const found = unknown > 0 ? `${unknown} rows of other values` : 'none'
    throw new ArgumentError('evaluate', `rows with a known value of column ${JSON.stringify(model.target)}`, found)
  }
  const known = rows.length === table.rows ? table : table.take(rows)
  return { predictions: await predictionsOf(model, known, truth), table: known, missing, unknown }
}

function checkModel(operation: string, model: TableModel): void {
  if (typeof model?.predict === 'function' && typeof model.target === 'string') return
  throw new ArgumentError(operation, 'a model of tables, such as trainTabular makes', describe(model))
}

async function predictionsOf(model: TableModel, table: Table, truth: readonly number[]): Promise<Comparison> {
  const { prediction, probabilities } = await model.predict(table)
  if (model.labels && probabilities) {
    return { kind: 'classes', labels: model.labels.map(String), truth: Int32Array.from(truth), probabilities }
  }
  const predicted = Float64Array.from(prediction as ArrayLike<number>)
  return { kind: 'values', name: model.target, truth: Float64Array.from(truth), predicted }
}

/** The name of the class that a cell is of. */
export function labelOf(cell: Cell): string {
  return cell instanceof Date ? cell.toISOString() : String(cell)
}

function numberOf(cell: Cell): number | undefined {
  return typeof cell === 'number' ? cell : typeof cell === 'boolean' ? Number(cell) : undefined
}

/** Options of {@link importanceOf}. */
export interface ImportanceOptions {
  /** Names of the features. */
  features: readonly string[]
  /** Rows looked at, at most. Default 2,000. */
  rows?: number
  /** Shuffles of each feature, at most 1,000. Default 3. */
  repeats?: number
  seed?: number
  /** Called before each feature; what it throws ends the measurement. */
  watch?: (feature: string) => void
}

/**
 * Permutation importance: how much worse the loss is (log loss, or the root of the mean squared error) when a feature's
 * values are dealt to the wrong rows.
 */
export async function importanceOf(
  model: TableModel,
  assessment: Assessment,
  given: ImportanceOptions,
): Promise<Importance[]> {
  const name = 'importanceOf'
  checkModel(name, model)
  if (!(assessment?.table instanceof Table)) {
    throw new ArgumentError(name, 'what assess says of a table', describe(assessment))
  }
  checkPredictions(name, assessment.predictions)
  const keys = ['features', 'rows', 'repeats', 'seed', 'watch'] as const
  const { features, rows = 2000, repeats = 3, seed = 0, watch } = options(name, given, keys)
  if (!Array.isArray(features)) throw new ArgumentError(name, 'names of features in an array', describe(features))
  positiveInteger(name, 'rows', rows)
  integer(name, 'repeats', repeats, 1, 1000)
  seedOf(name, seed)
  if (watch !== undefined && typeof watch !== 'function') {
    throw new ArgumentError(name, 'watch to be a function', describe(watch))
  }
  const score = assessment.predictions.kind === 'classes' ? 'logLoss' : 'rmse'
  const shortened = assessment.table.rows > rows ? assessment.table.slice(0, rows) : assessment.table
  const truth = Array.from(assessment.predictions.truth.subarray(0, shortened.rows))
  const scoreOf = async (table: Table) => scoresOf(await predictionsOf(model, table, truth))[score]!
  const before = await scoreOf(shortened)
  const found: Importance[] = []
  for (const [k, feature] of features.entries()) {
    watch?.(feature)
    const column = shortened.column(feature)
    const drops: number[] = []
    for (let repeat = 0; repeat < repeats; repeat++) {
      const shuffled = shuffle(column, seed, k * repeats + repeat)
      drops.push((await scoreOf(shortened.with(shuffled))) - before)
    }
    const drop = drops.reduce((a, b) => a + b, 0) / repeats
    const spread = Math.sqrt(drops.reduce((sum, d) => sum + (d - drop) ** 2, 0) / repeats)
    found.push({ feature, drop, spread, score: score === 'logLoss' ? 'log loss' : 'RMSE' })
  }
  return found
}

function shuffle(column: Column, seed: number, round: number): Column {
  const order = new Int32Array(column.kind === 'categorical' ? column.codes.length : column.values.length)
  native().randomPermutation(order, seed, stream('shuffle', round))
  return takeRows(column, order)
}
