// TabularModel: a trained network with its preprocessing; takes raw rows and gives values of the target.
import { describe, options } from '../checks.js'
import { Table, type TableSource } from '../data/table/table.js'
import { ArgumentError, FormatError } from '../errors.js'
import { Softmax } from '../gates/softmax.js'
import type { Json } from '../io/json.js'
import { readModelFile, save } from '../io/model.js'
import type { Model } from '../nn/model.js'
import type { Tensor } from '../tensor/tensor.js'
import { type Evaluation, evaluated } from './evaluation.js'
import { tableOf } from './options.js'
import { TablePreprocessor } from './preprocessor.js'
import type { TrainingRecord } from './record.js'
import { Target, type TargetValue, type Task } from './target.js'
import { Fields } from './transforms/fields.js'

/** What predict returns. */
export interface TabularPredictions {
  /** One per row: a label, or a number in the units of the target. */
  readonly prediction: TargetValue[]
  /** [rows, classes] in the order of `labels`, for classes. */
  readonly probabilities?: Tensor
}

/** A network that predicts a column of tables. Made by trainTabular and loadTabular. */
export class TabularModel {
  /** The network; its input is what `preprocessing` makes. */
  readonly model: Model
  readonly preprocessing: TablePreprocessor
  /** How it was trained. */
  readonly record: TrainingRecord
  readonly #target: Target

  /** @internal */
  constructor(model: Model, preprocessing: TablePreprocessor, target: Target, record: TrainingRecord) {
    if (model.inputs !== preprocessing.width || model.outputs !== target.outputs) {
      const expected = `a network of ${preprocessing.width} inputs and ${target.outputs} outputs`
      throw new FormatError('TabularModel', expected, `${model.inputs} and ${model.outputs}`)
    }
    this.model = model
    this.preprocessing = preprocessing
    this.record = record
    this.#target = target
  }

  get task(): Task {
    return this.#target.task
  }
  /** Name of the column that is predicted. */
  get target(): string {
    return this.#target.name
  }
  /** Names of the columns that it reads. */
  get features(): readonly string[] {
    return this.preprocessing.features.map(({ name }) => name)
  }
  /** The classes in the order of the probabilities; undefined for a regression. */
  get labels(): readonly TargetValue[] | undefined {
    return this.#target.scaler ? undefined : this.#target.labels
  }

  /**
   * Predicts for rows with the columns of `features`; others are left alone. Missing values (null) and categories that
   * training has not met are no errors. Runs off the main thread.
   * @param source - a {@link Table}, an array of objects, or columns by name
   * @throws ArgumentError for columns that are missing or of another kind
   */
  async predict(source: Table | TableSource): Promise<TabularPredictions> {
    const outputs = await this.#outputs(this.#tableOf('predict', source))
    const prediction = this.#target.decode(outputs)
    return this.#target.scaler ? { prediction } : { prediction, probabilities: new Softmax().forward(outputs) }
  }

  /** How good its predictions are for rows that have the target, too. Rows whose target is missing are left out. */
  async evaluate(source: Table | TableSource): Promise<Evaluation> {
    const table = this.#tableOf('evaluate', source, this.target)
    const column = table.column(this.target)
    const rows = Target.present(column)
    const truth = this.#target.encode('evaluate', column, rows)
    return evaluated(this.#target, await this.#outputs(table, rows), truth)
  }

  /**
   * Saves network, preprocessing, labels and record in one file, whole or not at all.
   * @param path - by custom ending in `.safetensors`
   * @throws FileError if the file cannot be written, or is there and `overwrite` is false
   */
  async save(path: string, given?: { readonly overwrite?: boolean }): Promise<void> {
    const { overwrite = true } = options('TabularModel.save', given, ['overwrite'])
    const { labels } = this
    await save(this.model, path, {
      preprocessing: this.toJSON(),
      ...(labels && { labels: labels.map(String) }),
      training: this.record as unknown as Json,
      overwrite,
    })
  }

  /** Preprocessing and target as plain data: what a file holds of them. */
  toJSON(): Json {
    return { ...(this.preprocessing.toJSON() as { readonly [key: string]: Json }), target: this.#target.toJSON() }
  }

  async #outputs(table: Table, rows?: Int32Array): Promise<Tensor> {
    const x = await this.preprocessing.transformInSlices(table, rows)
    if (x.size === 0) throw new ArgumentError('predict', 'at least one row', 'none')
    return this.model.predict(x)
  }

  // Of objects the columns that count alone, which must be there: one that never comes is a mistake, not a missing value.
  #tableOf(operation: string, source: Table | TableSource, ...also: string[]): Table {
    const wanted = [...this.features, ...also]
    const given = Array.isArray(source) ? columnsOf(operation, source, wanted) : source
    const kinds = Object.entries(this.preprocessing.kinds).filter(
      ([name]) => !(given instanceof Table) && typeof given === 'object' && given !== null && name in given,
    )
    const table = tableOf(operation, given, Object.fromEntries(kinds))
    const lacking = wanted.filter((name) => !table.has(name))
    if (lacking.length === 0) return table
    const missing = `also ${lacking.map(describe).join(', ')} (null where a value is not known)`
    const there = table.names.map(describe).join(', ') || 'no columns'
    throw new ArgumentError(operation, `the columns ${wanted.map(describe).join(', ')}, ${missing}`, there)
  }
}

function columnsOf(operation: string, rows: readonly unknown[], wanted: readonly string[]): Record<string, unknown[]> {
  for (const [i, row] of rows.entries()) {
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) continue
    throw new ArgumentError(operation, `an object in row ${i}`, describe(row))
  }
  const objects = rows as readonly Record<string, unknown>[]
  const named = objects.length === 0 ? wanted : wanted.filter((name) => objects.some((row) => Object.hasOwn(row, name)))
  return Object.fromEntries(named.map((name) => [name, objects.map((row) => row[name] ?? null)]))
}

/**
 * Loads a model that `save` of a {@link TabularModel} has written.
 * @throws FileError if the file cannot be read, FormatError if it is damaged or holds something else
 */
export async function loadTabular(path: string): Promise<TabularModel> {
  const { model, preprocessing, training } = await readModelFile(path)
  if (preprocessing === undefined || training === undefined) {
    const actual = preprocessing === undefined ? 'one without preprocessing (see load)' : 'one without training record'
    throw new FormatError('loadTabular', 'a model of trainTabular', actual)
  }
  const fields = new Fields('loadTabular', 'preprocessing', preprocessing)
  fields.checkTransform('TablePreprocessor')
  const target = Target.restored(new Fields('loadTabular', 'a target', fields.object('target')))
  new Fields('loadTabular', 'a training record', training)
  const record = training as unknown as TrainingRecord
  return new TabularModel(model, TablePreprocessor.restored(fields), target, record)
}
