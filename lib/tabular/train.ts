// trainTabular(): from a table to a network that predicts one of its columns, without anything to tune.
import { join } from 'node:path'
import { describe } from '../checks.js'
import { kFold, split } from '../data/split.js'
import { takeRows } from '../data/table/column.js'
import { Table, type TableSource } from '../data/table/table.js'
import { ArgumentError } from '../errors.js'
import { CrossEntropy, MeanSquaredError } from '../nn/losses.js'
import type { Sequential } from '../nn/sequential.js'
import { AdamW } from '../optim/optimizers.js'
import { cosine } from '../optim/schedules/cosine.js'
import type { Tensor } from '../tensor/tensor.js'
import { checkpoint } from '../train/callbacks/checkpoint.js'
import { earlyStopping } from '../train/callbacks/early-stopping.js'
import { fit } from '../train/fit.js'
import type { FitOptions } from '../train/options.js'
import { calibration } from './calibration.js'
import { type Evaluation, evaluated } from './evaluation.js'
import { CategoricalFeature } from './features/categorical.js'
import { TabularModel } from './model.js'
import { averaged, embeddingsOf, networkOf } from './network.js'
import {
  type CheckedOptions,
  checkTabular,
  type Sizes,
  sizesFor,
  type TabularOptions,
  tableOf,
  usesFolds,
  validationPart,
} from './options.js'
import { TablePreprocessor } from './preprocessor.js'
import { bestEpochOf, type MemberRecord, type TrainingRecord, type ValidationKind, versions } from './record.js'
import { countsOf, joined, picked, rowsOf, type Samples, scaled } from './rows.js'
import { Target } from './target.js'
import { OrdinalEncoder } from './transforms/encoders.js'

const name = 'trainTabular'

/**
 * Trains a network to predict one column of a table from the others. Task, preprocessing, network, loss and sizes are chosen
 * by the data; options change them. Rows without target are left out.
 * @param source - a {@link Table}, an array of objects, or columns by name; as in {@link Table.from}
 * @returns a model that takes raw rows, and knows how it was made (`record`)
 * @throws typed errors for unusable data and options; the signal's reason when aborted
 * @example const model = await trainTabular(await readTable('churn.csv'), { target: 'churned' })
 */
export async function trainTabular(source: Table | TableSource, given: TabularOptions): Promise<TabularModel> {
  const started = performance.now()
  const checked = checkTabular(given)
  const table = tableOf(name, source)
  if (!table.has(checked.target)) {
    const known = table.names.map(describe).join(', ') || 'no columns'
    throw new ArgumentError(name, `target to be one of the columns ${known}`, describe(checked.target))
  }
  checked.signal?.throwIfAborted()
  const training = new Training(table, checked)
  await breath()
  await training.prepare()
  return await training.run(started)
}

class Training {
  readonly #table: Table
  readonly #options: CheckedOptions
  /** The rows with a target; undefined for all. */
  readonly #rows: Int32Array | undefined
  readonly #count: number
  readonly #target: Target
  readonly #sizes: Sizes
  readonly #preprocessing: TablePreprocessor
  readonly #kind: ValidationKind
  #train!: Samples
  #validation: Samples | undefined

  constructor(table: Table, options: CheckedOptions) {
    const column = table.column(options.target)
    this.#table = table
    this.#options = options
    this.#rows = Target.present(column)
    this.#count = this.#rows?.length ?? table.rows
    if (this.#count === 0) {
      throw new ArgumentError(name, `at least one row with a value in ${describe(options.target)}`, 'none')
    }
    this.#target = Target.fit(this.#rows ? takeRows(column, this.#rows) : column, options.task)
    this.#sizes = sizesFor(this.#count, options)
    const { numeric, oneHotLimit, ignore } = options
    this.#preprocessing = new TablePreprocessor({ numeric, oneHotLimit, ignore: [options.target, ...ignore] })
    this.#kind = this.#chooseValidation()
  }

  #chooseValidation(): ValidationKind {
    const { validation } = this.#options
    if (validation instanceof Table) return 'table'
    if (usesFolds(this.#count, this.#options, this.#sizes)) return 'folds'
    return this.#count > 1 && (validation !== undefined || this.#count >= 10) ? 'part' : 'none'
  }

  /** Divides the rows, learns the columns from those to train on, and encodes them all. */
  async prepare(): Promise<void> {
    const { target, validation, seed } = this.#options
    let rows = this.#rows
    let held: Int32Array | undefined
    if (this.#kind === 'part') {
      const test = (validation as number | undefined) ?? validationPart(this.#count)
      const parts = split(this.#count, { test, seed, ...(this.#count <= MOST_STRATIFIED && this.#stratified(2)) })
      rows = picked(this.#rows, parts.train)
      held = picked(this.#rows, parts.test)
    }
    const { signal } = this.#options
    await breath()
    await this.#preprocessing.fitInSlices(this.#table, rows, signal)
    const encode = async (from: Table, some: Int32Array | undefined) => ({
      x: await this.#preprocessing.transformInSlices(from, some, signal),
      y: this.#target.encode(name, from.column(target), some),
    })
    this.#train = await encode(this.#table, rows)
    if (held) this.#validation = await encode(this.#table, held)
    if (validation instanceof Table) {
      this.#validation = await encode(validation, Target.present(validation.column(target)))
      if (this.#validation.x.size === 0) throw new ArgumentError(name, 'rows with a target to validate on', 'none')
    }
  }

  // By class, where each has enough rows to be divided.
  #stratified(parts: number): { stratify?: Int32Array } {
    if (this.#target.scaler) return {}
    const labels = this.#target.encode(name, this.#table.column(this.#target.name), this.#rows) as Int32Array
    return Math.min(...countsOf(labels, this.#target.labels.length)) >= parts ? { stratify: labels } : {}
  }

  async run(started: number): Promise<TabularModel> {
    const { members } = this.#sizes
    const folds =
      this.#kind === 'folds'
        ? kFold(this.#count, { folds: members, seed: this.#options.seed, ...this.#stratified(members) })
        : undefined
    const networks: Sequential[] = []
    const records: MemberRecord[] = []
    const judged: { outputs: Tensor; truth: Samples['y'] }[] = []
    const weights = this.#classWeights()
    for (let i = 0; i < members; i++) {
      const fold = folds?.[i]
      const train = fold ? rowsOf(this.#train, fold.train) : this.#train
      const validation = fold ? rowsOf(this.#train, fold.test) : this.#validation
      const { network, record } = await this.#member(i, train, validation, weights)
      networks.push(network)
      records.push(record)
      if (validation && fold) judged.push({ outputs: await network.predict(validation.x), truth: validation.y })
    }
    if (this.#validation) {
      const { x, y } = this.#validation
      judged.push({ outputs: await averaged(networks, 1).predict(x), truth: y })
    }
    const [outputs, truth] = judged.length > 0 ? joined(judged) : []
    const factor = outputs && truth instanceof Int32Array ? calibration(outputs, truth) : 1
    const model = averaged(networks, factor)
    const evaluation = outputs && truth && evaluated(this.#target, scaled(outputs, factor), truth)
    const seconds = (performance.now() - started) / 1000
    const record = this.#record(
      records,
      { ...(weights && { classWeights: weights }), calibration: factor },
      evaluation,
      seconds,
    )
    return new TabularModel(model, this.#preprocessing, this.#target, record)
  }

  async #member(
    i: number,
    train: Samples,
    validation: Samples | undefined,
    weights: readonly number[] | undefined,
  ): Promise<{ network: Sequential; record: MemberRecord }> {
    const { seed, learningRate, weightDecay, activation, dropout, labelSmoothing, optimizer, signal, verbose } =
      this.#options
    const { epochs, patience, batchSize, hidden } = this.#sizes
    const { dense, embedded } = this.#preprocessing
    const { outputs, scaler } = this.#target
    // Seeds of members follow each other; those of other trainings are far away.
    const own = (seed * 101 + i) % Number.MAX_SAFE_INTEGER
    const network = networkOf({ dense, embedded, outputs, hidden, activation, dropout, seed: own })
    const { epochs: records, seconds } = await fit(network, train, {
      loss: scaler
        ? new MeanSquaredError()
        : new CrossEntropy({ labelSmoothing, ...(weights && { classWeights: weights }) }),
      optimizer: optimizer?.() ?? new AdamW({ learningRate, weightDecay }),
      schedule: cosine({ per: 'batch' }),
      epochs,
      batchSize,
      seed: own,
      verbose,
      ...(validation && { validation }),
      ...(signal && { signal }),
      ...this.#kept(i, validation && patience),
    })
    this.#fillUnknown(network)
    return { network, record: { epochs: records, bestEpoch: bestEpochOf(records), seconds } }
  }

  // What stops a network's training, and what keeps its state, in a folder of its own.
  #kept(i: number, patience: number | undefined): Pick<FitOptions, 'callbacks' | 'resume'> {
    const { checkpoints, callbacks } = this.#options
    const folder = checkpoints && join(checkpoints.folder, `network-${i + 1}`)
    const best = folder !== undefined && { file: join(folder, 'best.safetensors') }
    const stopping = patience === undefined ? [] : [earlyStopping({ patience, ...best })]
    if (folder === undefined) return { callbacks: [...stopping, ...callbacks] }
    // First the folder is made, then the best is kept in it, and after that the state of which it is the best.
    const keeper = checkpoint({ ...checkpoints!, folder })
    return {
      callbacks: [{ begin: keeper.begin! }, ...stopping, ...callbacks, { ...keeper, begin() {} }],
      resume: folder,
    }
  }

  // Where no row of training was unknown, the vector of the unknown is the mean of the others.
  #fillUnknown(network: Sequential): void {
    const encoders = this.#preprocessing.features
      .map((feature) => (feature instanceof CategoricalFeature ? feature.encoder : undefined))
      .filter((encoder) => encoder instanceof OrdinalEncoder)
    for (const [k, { weight, features }] of embeddingsOf(network).entries()) {
      const { counts = [], rareRows } = encoders[k]!
      if (rareRows > 0) continue
      const total = counts.reduce((sum, n) => sum + n, 0)
      for (let j = 0; j < features; j++) {
        let sum = 0
        for (const [c, n] of counts.entries()) sum += n * weight.data[(c + 1) * features + j]!
        weight.data[j] = sum / total
      }
    }
  }

  // Weights ∝ 1/√rows whose mean over rows is 1, where classes are very unequal; ∝ 1/rows if that is asked for.
  #classWeights(): readonly number[] | undefined {
    const { classWeights } = this.#options
    if (this.#target.scaler || classWeights === 'none') return undefined
    const counts = countsOf(this.#train.y as Int32Array, this.#target.labels.length).map((n) => Math.max(1, n))
    const unequal = Math.max(...counts) >= UNEQUAL * Math.min(...counts)
    if (classWeights === 'auto' && !unequal) return undefined
    const power = classWeights === 'balanced' ? 1 : 0.5
    const raw = counts.map((n) => n ** -power)
    const mean = raw.reduce((sum, w, c) => sum + w * counts[c]!, 0) / counts.reduce((sum, n) => sum + n, 0)
    return raw.map((w) => w / mean)
  }

  #record(
    members: readonly MemberRecord[],
    loss: Pick<TrainingRecord, 'classWeights' | 'calibration'>,
    validation: Evaluation | undefined,
    seconds: number,
  ): TrainingRecord {
    const { callbacks: _, signal: __, checkpoints: ___, optimizer, validation: asked, ...rest } = this.#options
    const { features, ignored } = this.#preprocessing
    const { task, scaler, labels } = this.#target
    const own = this.#kind === 'part' ? [this.#train, this.#validation!] : [this.#train]
    const counts = scaler ? [] : own.map(({ y }) => countsOf(y as Int32Array, labels.length))
    return {
      task,
      target: this.#target.name,
      options: {
        ...rest,
        ...this.#sizes,
        optimizer: optimizer === undefined ? 'AdamW' : 'custom',
        ...(asked !== undefined && { validation: asked instanceof Table ? asked.rows : asked }),
      },
      data: {
        rows: this.#count,
        dropped: this.#table.rows - this.#count,
        columns: features.map(({ name, kind, summary }) => ({ name, kind, use: summary })),
        ignored,
        ...(scaler
          ? { mean: scaler.mean, deviation: scaler.deviation }
          : {
              classes: labels.map((label, i) => ({
                label: String(label),
                rows: counts.reduce((sum, part) => sum + part[i]!, 0),
              })),
            }),
      },
      ...loss,
      members,
      ...(validation && { validation }),
      validationKind: this.#kind,
      seconds,
      versions: versions(),
    }
  }
}

// The event loop's turn.
const breath = () => new Promise((resume) => setImmediate(resume))
// More rows need no help to be divided evenly.
const MOST_STRATIFIED = 200_000
// The largest class at least this many times the smallest.
const UNEQUAL = 10
