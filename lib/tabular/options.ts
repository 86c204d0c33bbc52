// The options of trainTabular: checked, and where they are not given chosen by the size of the data.
import {
  describe,
  integer,
  nonNegative,
  oneOf,
  options,
  positive,
  positiveInteger,
  seedOf,
  signalOf,
  within,
} from '../checks.js'
import { Table, type TableSource } from '../data/table/table.js'
import { ArgumentError } from '../errors.js'
import { type ActivationName, activations } from '../gates/activations.js'
import type { Optimizer } from '../optim/optimizer.js'
import { type Callback, checkCallbacks } from '../train/callback.js'
import { type CheckpointOptions, checkpoint } from '../train/callbacks/checkpoint.js'
import { type NumericScaling, scalings } from './features/numeric.js'
import { type Task, tasks } from './target.js'

/** Options of trainTabular. */
export interface TabularOptions {
  /** The column to predict. */
  target: string
  /** Default: binary or multiclass for texts, booleans and few whole numbers (up to 20), else regression. */
  task?: Task
  /** Columns that are not to be used. */
  ignore?: readonly string[]
  /**
   * What training is stopped by: a part of the rows, or a table of its own. Default: for up to 5,000 rows every row in turn
   * (see `members`), for more 10 %, at most 50,000 rows.
   */
  validation?: number | Table
  /**
   * Networks whose outputs are averaged. Without `validation` each is stopped by another part of the rows, so that all rows
   * are trained on. Default 10 for up to 1,000 rows, 5 for up to 5,000, else or with `validation` 1.
   */
  members?: number
  /** Seed of everything that is drawn. Default 0. */
  seed?: number
  /** The most passes over the data. Default 100, fewer for large tables. */
  epochs?: number
  /** Epochs without improvement that are borne. Default a fifth of the epochs. */
  patience?: number
  /** Rows per batch. Default by the number of rows: 32 to 1024. */
  batchSize?: number
  /** The highest learning rate; it falls along a cosine. Default 0.003. */
  learningRate?: number
  /** Units of the hidden layers. Default two of 128, of 256 for more than 10,000 rows. */
  hidden?: readonly number[]
  /** Default silu. */
  activation?: ActivationName
  /** Probability of dropout after hidden layers. Default 0.2. */
  dropout?: number
  /** Decoupled weight decay. Default 0.01. */
  weightDecay?: number
  /** How much of each label is spread over all classes, in [0, 1). Default 0.1; probabilities are calibrated afterwards. */
  labelSmoothing?: number
  /** Makes the optimizer of each network, instead of AdamW; `learningRate` and `weightDecay` are then up to it. */
  optimizer?: () => Optimizer
  /** How numbers are scaled. Default standard. */
  numeric?: NumericScaling
  /** Up to so many categories become columns of 0 and 1; more are embedded. Default 10. */
  oneHotLimit?: number
  /** Whether rare classes weigh more in the loss: always, never, or if the largest is ten times the smallest. Default auto. */
  classWeights?: 'auto' | 'balanced' | 'none'
  /**
   * Keeps the state of the training in files below a folder, as checkpoint() does, and goes on from those that it finds there: of
   * the same table and options, with the same result as without a break.
   */
  checkpoints?: CheckpointOptions
  /** Callbacks of fit; each network's training calls them in turn. */
  callbacks?: readonly Callback[]
  /** Stops training within a batch. */
  signal?: AbortSignal
  /** Whether to print progress. Default false. */
  verbose?: boolean
}

const keys = [
  'target',
  'task',
  'ignore',
  'validation',
  'members',
  'seed',
  'epochs',
  'patience',
  'batchSize',
  'learningRate',
  'hidden',
  'activation',
  'dropout',
  'weightDecay',
  'labelSmoothing',
  'optimizer',
  'numeric',
  'oneHotLimit',
  'classWeights',
  'checkpoints',
  'callbacks',
  'signal',
  'verbose',
] as const

// Options that are chosen by the data, or have no default.
type OfTheData =
  | 'task'
  | 'validation'
  | 'members'
  | 'epochs'
  | 'patience'
  | 'batchSize'
  | 'hidden'
  | 'optimizer'
  | 'checkpoints'
  | 'signal'

/** Options that do not depend on the data, with their defaults. */
export type CheckedOptions = Required<Omit<TabularOptions, OfTheData>> & Pick<TabularOptions, OfTheData>

const name = 'trainTabular'

/** Checks everything that needs no data. */
export function checkTabular(given: TabularOptions): CheckedOptions {
  if (given === undefined) throw new ArgumentError(name, 'options { target }', 'none')
  const all = options(name, given, keys)
  const { target, ignore = [], seed = 0, learningRate = 0.003, hidden, activation = 'silu' } = all
  const { dropout = 0.2, weightDecay = 0.01, numeric = 'standard', oneHotLimit = 10, classWeights = 'auto' } = all
  const { callbacks = [], verbose = false, labelSmoothing = 0.1 } = all
  if (typeof target !== 'string') throw new ArgumentError(name, 'target to be the name of a column', describe(target))
  if (!Array.isArray(ignore)) throw new ArgumentError(name, 'ignore to be an array of names', describe(ignore))
  if (hidden !== undefined && !Array.isArray(hidden)) {
    throw new ArgumentError(name, 'hidden to be an array of layer sizes', describe(hidden))
  }
  for (const [i, units] of (hidden ?? []).entries()) positiveInteger(name, `hidden[${i}]`, units)
  for (const key of ['members', 'epochs', 'batchSize'] as const) {
    if (all[key] !== undefined) positiveInteger(name, key, all[key])
  }
  if (all.members !== undefined) integer(name, 'members', all.members, 1, 100)
  if (all.patience !== undefined) integer(name, 'patience', all.patience, 0)
  if (all.task !== undefined) oneOf(name, 'task', all.task, tasks)
  if (all.validation !== undefined && !(all.validation instanceof Table)) checkPart(all.validation)
  if (all.optimizer !== undefined && typeof all.optimizer !== 'function') {
    throw new ArgumentError(name, 'optimizer to be a function that makes one', describe(all.optimizer))
  }
  signalOf(name, all.signal)
  checkCallbacks(name, callbacks)
  if (all.checkpoints !== undefined) checkpoint(all.checkpoints)
  oneOf(name, 'activation', activation, Object.keys(activations) as ActivationName[])
  oneOf(name, 'numeric', numeric, scalings)
  oneOf(name, 'classWeights', classWeights, ['auto', 'balanced', 'none'])
  positive(name, 'learningRate', learningRate)
  within(name, 'dropout', dropout, 0, 1)
  within(name, 'labelSmoothing', labelSmoothing, 0, 1)
  nonNegative(name, 'weightDecay', weightDecay)
  seedOf(name, seed)
  const rest = { dropout, weightDecay, labelSmoothing, numeric, oneHotLimit, classWeights, callbacks, verbose }
  return { ...all, target, ignore, seed, learningRate, activation, ...rest }
}

function checkPart(part: unknown): void {
  if (typeof part === 'number' && part > 0 && part < 1) return
  throw new ArgumentError(name, 'validation to be a part between 0 and 1, or a Table', describe(part))
}

/** Where rows come from. */
export function tableOf(operation: string, source: Table | TableSource, kinds: object = {}): Table {
  if (source instanceof Table) return source
  if (typeof source !== 'object' || source === null) {
    throw new ArgumentError(operation, 'a Table, an array of objects or columns by name', describe(source))
  }
  return Table.from(source, { types: kinds as Record<string, 'numeric'> })
}

/** What depends on the number of rows to train on. */
export interface Sizes {
  readonly members: number
  readonly epochs: number
  readonly patience: number
  readonly batchSize: number
  readonly hidden: readonly number[]
}

const VERY_FEW_ROWS = 1000
const FEW_ROWS = 5000
const MANY_ROWS = 10_000
// Updates of a training on a large table.
const UPDATES = 20_000

/** Batches, epochs and members for so many rows. */
export function sizesFor(rows: number, given: CheckedOptions): Sizes {
  const { validation, members = validation === undefined ? membersFor(rows) : 1 } = given
  const { batchSize = Math.min(1024, Math.max(32, 2 ** Math.round(Math.log2(rows / 32)))) } = given
  const { epochs = Math.min(100, Math.max(5, Math.round((UPDATES * batchSize) / rows))) } = given
  const { patience = Math.max(2, Math.ceil(epochs / 5)) } = given
  const { hidden = rows > MANY_ROWS ? [256, 256] : [128, 128] } = given
  return { members, batchSize, epochs, patience, hidden }
}

function membersFor(rows: number): number {
  if (rows > FEW_ROWS) return 1
  return rows > VERY_FEW_ROWS ? 5 : 10
}

/** Part of the rows that stops the training of a large table. */
export function validationPart(rows: number): number {
  return Math.min(0.1, 50_000 / rows)
}

/** Members that stop each other are no more than rows allow. */
export function usesFolds(rows: number, { validation }: CheckedOptions, { members }: Sizes): boolean {
  return validation === undefined && members > 1 && rows >= 2 * members
}
