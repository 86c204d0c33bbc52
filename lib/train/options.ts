// The options of fit, checked before anything changes.
import { boolean, describe, options, positive, positiveInteger, seedOf, signalOf } from '../checks.js'
import { Dataset, type Samples } from '../data/dataset.js'
import { ArgumentError } from '../errors.js'
import type { Gate } from '../gates/gate.js'
import { checkPath } from '../io/files.js'
import { BatchNorm } from '../nn/batch-norm.js'
import { checkLabels } from '../nn/labels.js'
import { isLoss, type Loss, lossText } from '../nn/losses.js'
import type { Metric, MetricObject } from '../nn/metrics/metric.js'
import { Model } from '../nn/model.js'
import { LBFGS } from '../optim/lbfgs.js'
import { type Schedule, type ScheduleLike, scheduleOf } from '../optim/schedules/schedule.js'
import { checkAverage, type WeightAverage } from './averages.js'
import { type Callback, checkCallbacks } from './callback.js'
import type { Rated, Steps } from './eager.js'
import { Mixer } from './mixup.js'
import { type BatchStream, isStream } from './stream.js'
import type { GradientRules } from './trainer.js'

/** Options of fit. */
export interface FitOptions {
  /** What to minimise: CrossEntropy for labels, MeanSquaredError for values, or one of your own. */
  loss: Loss
  /** How to update: SGD, Adam, … or any object with step(model). */
  optimizer: Steps
  /**
   * The learning rate in the course of the training: one of `schedules`, or a function of the batches and epochs that are over.
   * The optimizer has its own rate back afterwards.
   */
  schedule?: ScheduleLike
  /** Bounds every gradient by ± this, before the update. */
  clipValue?: number
  /** Bounds the norm of all gradients together, after clipValue. */
  clipNorm?: number
  /** An average of the parameters with which training ends: `ema(…)` or `swa(…)`. */
  average?: WeightAverage
  /**
   * Mixes every row, and its target, with another of its batch: by λ and 1 − λ, λ drawn from Beta(mixup, mixup) for each batch
   * (Zhang et al. 2018). There is no training accuracy then.
   */
  mixup?: number
  /** Batches of one update, whose gradients are averaged by rows; an epoch's last update may have fewer. Default 1. */
  accumulate?: number
  /** Passes over the data. Default 1. */
  epochs?: number
  /** Rows per batch; the last of an epoch may have fewer. Default 32, with L-BFGS all rows. */
  batchSize?: number
  /** Data to evaluate after every epoch. */
  validation?: Samples
  /** Numbers to take of the validation data after every epoch, by name: functions of outputs and targets, or objects. */
  metrics?: Readonly<Record<string, Metric | MetricObject>>
  /** Functions to call after batches and epochs. */
  callbacks?: readonly Callback[]
  /**
   * A checkpoint to go on from, or a folder, whose newest one it is: the training ends with the bits that it would have had
   * without a break. Nothing is done where the folder has none yet.
   */
  resume?: string
  /** Stops training within a batch; fit then rejects with the signal's reason, and the model stays as it was. */
  signal?: AbortSignal
  /** Whether every epoch has its own random order. Default true. */
  shuffle?: boolean
  /** Seed of the orders. Default 0. */
  seed?: number
  /** Whether to print progress. Default: on a terminal. */
  verbose?: boolean
}

/** Options with their defaults, and data in one form. */
export interface FitPlan {
  readonly loss: Loss
  readonly optimizer: Steps
  readonly schedule: Schedule | undefined
  readonly gradients: GradientRules
  readonly average: WeightAverage | undefined
  readonly mixer: Mixer | undefined
  readonly epochs: number
  readonly batchSize: number
  readonly train: Dataset | BatchStream
  readonly validation: Dataset | undefined
  readonly metrics: Readonly<Record<string, Metric | MetricObject>> | undefined
  readonly callbacks: readonly Callback[]
  readonly resume: string | undefined
  readonly signal: AbortSignal | undefined
  readonly shuffle: boolean
  readonly seed: number
  readonly verbose: boolean
}

const keys = [
  'loss',
  'optimizer',
  'schedule',
  'clipValue',
  'clipNorm',
  'average',
  'mixup',
  'accumulate',
  'epochs',
  'batchSize',
  'validation',
  'metrics',
  'callbacks',
  'resume',
  'signal',
  'shuffle',
  'seed',
  'verbose',
] as const

/** Checks everything that fit is given. Throws typed errors; changes nothing. */
export function checkFit(model: Model, train: Samples | BatchStream, given: FitOptions): FitPlan {
  if (!(model instanceof Model)) throw new ArgumentError('fit', 'a model, such as a Sequential', describe(model))
  const { loss, optimizer, epochs = 1, validation, callbacks = [], signal, ...rest } = options('fit', given, keys)
  const { shuffle = true, seed = 0, verbose = process.stdout.isTTY === true } = rest
  if (!isLoss(loss)) throw new ArgumentError('fit', 'loss with forward and backward', lossText(loss))
  if ((loss as { reduction?: unknown }).reduction === 'none') {
    throw new ArgumentError('fit', 'a loss that is a number', `${lossText(loss)} of reduction none`)
  }
  if (typeof optimizer?.step !== 'function')
    throw new ArgumentError('fit', 'optimizer with step(model)', describe(optimizer))
  if (given.schedule !== undefined && typeof (optimizer as Partial<Rated>).learningRate !== 'number') {
    throw new ArgumentError('fit', 'optimizer with a learningRate beside a schedule', describe(optimizer))
  }
  checkCallbacks('fit', callbacks)
  if (isStream(train) && (given.batchSize ?? given.shuffle ?? given.seed) !== undefined) {
    throw new ArgumentError('fit', 'no batchSize, shuffle and seed for data that comes in batches', 'one of them')
  }
  signalOf('fit', signal)
  const whole = optimizer instanceof LBFGS && given.batchSize === undefined
  const batchSize = positiveInteger('fit', 'batchSize', given.batchSize ?? 32)
  const data = isStream(train) ? train : checkTrainingData(model, loss, train, whole ? undefined : batchSize)
  const seedOfOrders = seedOf('fit', seed)
  const mixer = given.mixup === undefined ? undefined : new Mixer(given.mixup, seedOfOrders, model, loss)
  if (data instanceof Dataset) mixer?.check(data)
  return {
    loss,
    optimizer,
    schedule: given.schedule === undefined ? undefined : scheduleOf('fit', given.schedule),
    gradients: gradientRules(given),
    mixer,
    average: given.average === undefined ? undefined : checkAverage('fit', given.average),
    epochs: positiveInteger('fit', 'epochs', epochs),
    batchSize: whole && data instanceof Dataset ? data.rows : batchSize,
    train: data,
    validation: validation === undefined ? undefined : checkData(model, loss, validation, 'fit validation'),
    metrics: given.metrics === undefined ? undefined : checkMetrics(given.metrics, validation),
    callbacks,
    resume: given.resume === undefined ? undefined : checkPath('fit', given.resume),
    signal,
    shuffle: boolean('fit', 'shuffle', shuffle),
    seed: seedOfOrders,
    verbose: boolean('fit', 'verbose', verbose),
  }
}

function checkMetrics(metrics: unknown, validation: unknown): Readonly<Record<string, Metric | MetricObject>> {
  if (typeof metrics !== 'object' || metrics === null || Array.isArray(metrics)) {
    throw new ArgumentError('fit', 'metrics to be functions by name', describe(metrics))
  }
  for (const [name, metric] of Object.entries(metrics)) {
    if (typeof metric === 'function') continue
    const { reset, update, result } = (metric ?? {}) as Partial<MetricObject>
    if (![reset, update, result].every((method) => typeof method === 'function'))
      throw new ArgumentError('fit', `metric ${name} to be a function, or reset, update and result`, describe(metric))
  }
  if (validation === undefined) throw new ArgumentError('fit', 'validation data beside metrics', 'none')
  return metrics as Readonly<Record<string, Metric | MetricObject>>
}

function gradientRules({ clipValue, clipNorm, accumulate = 1, optimizer }: FitOptions): GradientRules {
  if (
    optimizer instanceof LBFGS &&
    (clipValue ?? clipNorm ?? (accumulate > 1 ? accumulate : undefined)) !== undefined
  ) {
    throw new ArgumentError('fit', 'no clipValue, clipNorm and accumulate beside LBFGS', 'one of them')
  }
  return {
    clipValue: clipValue === undefined ? 0 : positive('fit', 'clipValue', clipValue),
    clipNorm: clipNorm === undefined ? 0 : positive('fit', 'clipNorm', clipNorm),
    accumulate: positiveInteger('fit', 'accumulate', accumulate),
  }
}

// Whether a batch normalisation will take the statistics of batches.
function normalises(gate: Gate): boolean {
  return gate instanceof Model ? gate.gates.some(normalises) : gate instanceof BatchNorm
}

/** Throws NonFiniteError if a number of the data is NaN or infinite; the event loop runs meanwhile. */
export async function checkNumbers({ train, validation }: Pick<FitPlan, 'train' | 'validation'>): Promise<void> {
  if (train instanceof Dataset) await train.checkFiniteInSlices('fit')
  await validation?.checkFiniteInSlices('fit validation')
}

/** Data to train on: checked, also for batches that are too small. @param batchSize - all rows at once unless told */
export function checkTrainingData(model: Model, loss: Loss, samples: Samples, batchSize?: number): Dataset {
  const data = checkData(model, loss, samples, 'fit')
  if ((data.rows % (batchSize ?? data.rows) || (batchSize ?? data.rows)) === 1 && normalises(model)) {
    throw new ArgumentError('fit', 'batches of at least 2 rows for BatchNorm (another batchSize)', 'a last one of 1')
  }
  return data
}

function checkData(model: Model, loss: Loss, samples: Samples, operation: string): Dataset {
  const { inputs, outputs, dtype, inputDType } = model
  const { targets, ignoreIndex } = loss
  const data = new Dataset(operation, samples, { inputs, outputs, targets, ignoreIndex, dtype, inputDType })
  if (data.weights && loss.forward.length < 3) {
    throw new ArgumentError(operation, 'a loss that takes weights of samples', lossText(loss))
  }
  if (data.labelled && outputs !== undefined) checkLabels(operation, data.y as Int32Array, outputs, ignoreIndex)
  return data
}
