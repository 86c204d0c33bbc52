// The whole state of a training between two batches, as tensors and text, and the way back.
import { describe } from '../checks.js'
import { Dataset } from '../data/dataset.js'
import { ArgumentError, FormatError } from '../errors.js'
import type { Gate } from '../gates/gate.js'
import { Dropout } from '../nn/dropout.js'
import { Model } from '../nn/model.js'
import type { StateDict } from '../nn/state.js'
import { LBFGS } from '../optim/lbfgs.js'
import { Optimizer } from '../optim/optimizer.js'
import type { FloatArray } from '../tensor/dtype.js'
import { Tensor } from '../tensor/tensor.js'
import type { Averager } from './averages.js'
import type { EpochRecord } from './history.js'
import type { FitPlan } from './options.js'
import type { Rates } from './rates.js'

/** A state of a training, as a safetensors file holds it. */
export interface Snapshot {
  readonly tensors: StateDict
  readonly metadata: Readonly<Record<string, string>>
}

/** Sums over the batches of an epoch. */
export class Tally {
  loss = 0
  correct = 0
  rows = 0
  batches = 0
  labelled = false
}

/** Where a training stands. */
export interface Position {
  /** The epoch of the next batch, from 1. */
  epoch: number
  /** What that epoch has seen. */
  tally: Tally
  /** Batches of the whole training. */
  batches: number
  readonly records: EpochRecord[]
}

const FORMAT = 'chainrule-checkpoint'
const VERSION = '1'

interface Progress {
  readonly optimizer: string
  readonly dtype: string
  readonly rule: readonly number[]
  readonly data: readonly unknown[]
  readonly epoch: number
  readonly batches: number
  readonly step: number
  readonly numbers?: readonly number[]
  readonly dropouts: readonly (readonly [seed: number, position: number, drawn: number])[]
  readonly records: readonly EpochRecord[]
  readonly average?: readonly [kind: string, decay: number, count: number]
}

/** What a training consists of beside its position. */
export interface TrainingState {
  readonly model: Model
  readonly plan: FitPlan
  readonly rates: Rates
  readonly averager: Averager | undefined
}

/** Copies everything that the rest of a training depends on. */
export function capture({ model, plan, rates, averager }: TrainingState, position: Position): Snapshot {
  const { name, rule, step, numbers: own, vectors } = optimizerState(plan, model)
  const { tally } = position
  const numbers = (values: readonly number[]) => new Tensor(Float64Array.from(values), [values.length])
  const tensors: StateDict = {
    tally: numbers([tally.loss, tally.correct, tally.rows, tally.batches, tally.labelled ? 1 : 0]),
    rates: numbers(rates.state()),
  }
  for (const [name, { data, shape }] of Object.entries(model.stateDict())) {
    tensors[`model.${name}`] = new Tensor(data.slice(), shape)
  }
  if (averager) {
    // The model may be showing its average.
    const { parameters, offsets } = model.block
    for (const [i, { name, shape, size }] of parameters.entries()) {
      const values = averager.inTraining.slice(offsets[i]!, offsets[i]! + size)
      tensors[`model.${name}`] = new Tensor(values, shape)
    }
    tensors.average = new Tensor(averager.vector.slice(), [averager.vector.length])
  }
  for (const [i, vector] of vectors.entries()) {
    tensors[`optimizer.${i}`] = new Tensor(vector.slice(), [vector.length])
  }
  const progress: Progress = {
    optimizer: name,
    dtype: model.dtype,
    rule,
    data: dataOf(plan),
    epoch: position.epoch,
    batches: position.batches,
    step,
    ...(own.length > 0 && { numbers: own }),
    dropouts: dropoutsOf(model).map(({ seed, position, drawn }) => [seed, position, drawn]),
    records: position.records,
    ...(averager && { average: [averager.how.kind, averager.how.decay, averager.count] as const }),
  }
  return { tensors, metadata: { format: FORMAT, version: VERSION, training: JSON.stringify(progress) } }
}

/** Puts a training where a snapshot was taken. Everything is checked before anything changes. */
export function restore(training: TrainingState, { tensors, metadata }: Snapshot): Position {
  const { model, plan, rates, averager } = training
  if (metadata.format !== FORMAT || metadata.version !== VERSION) {
    throw new FormatError('resume', `a checkpoint of version ${VERSION}`, describe(metadata.format))
  }
  const progress = progressOf(metadata.training)
  const state = optimizerState(plan, model)
  same('the optimizer', progress.optimizer, state.name)
  same('the options of the optimizer', progress.rule, state.rule)
  same('rows, batchSize, shuffle and seed', progress.data, dataOf(plan))
  same('the average', progress.average?.slice(0, 2), averager && [averager.how.kind, averager.how.decay])
  const dropouts = dropoutsOf(model)
  same('the dtype', progress.dtype, model.dtype)
  same('the number of dropouts', progress.dropouts?.length, dropouts.length)
  const vectors = vectorsOf(tensors)
  for (const [i, { length }] of state.vectors.entries())
    same(`the length of optimizer.${i}`, vectors[i]?.length, length)
  const [loss, correct, rows, batches, labelled] = tensorOf(tensors, 'tally').data
  const kept = Array.from(tensorOf(tensors, 'rates').data)
  const parameters = Object.entries(tensors).filter(([name]) => name.startsWith('model.'))
  model.loadStateDict(Object.fromEntries(parameters.map(([name, value]) => [name.slice('model.'.length), value])))
  state.put(progress.step, progress.numbers ?? [], vectors)
  if (averager) {
    averager.vector.set(tensorOf(tensors, 'average').data)
    averager.count = progress.average![2]
  }
  for (const [i, dropout] of dropouts.entries()) dropout.resume(...progress.dropouts[i]!)
  rates.resume(kept)
  const tally = Object.assign(new Tally(), { loss, correct, rows, batches, labelled: labelled === 1 })
  return { epoch: progress.epoch, tally, batches: progress.batches, records: [...progress.records] }
}

function progressOf(text = ''): Progress {
  try {
    return JSON.parse(text) as Progress
  } catch (cause) {
    throw new FormatError('resume', 'a position in JSON', describe(text), { cause })
  }
}

/** An optimizer's state for a model, in the form that all have in a snapshot, and how to put one back. */
interface KeptOptimizer {
  readonly name: string
  readonly rule: readonly number[]
  readonly step: number
  readonly numbers: readonly number[]
  readonly vectors: readonly FloatArray[]
  put(step: number, numbers: readonly number[], vectors: readonly FloatArray[]): void
}

function optimizerState({ optimizer }: FitPlan, model: Model): KeptOptimizer {
  const { name } = optimizer.constructor
  if (optimizer instanceof LBFGS) {
    const { maxIterations, maxEvaluations, historySize, gradientTolerance, changeTolerance, lineSearch } = optimizer
    return {
      name: `${name} ${lineSearch}`,
      rule: [maxIterations, maxEvaluations, historySize, gradientTolerance, changeTolerance],
      step: 0,
      ...optimizer.kept(model),
      put: (_, numbers, vectors) => optimizer.resume(model, numbers, vectors),
    }
  }
  if (!(optimizer instanceof Optimizer)) {
    throw new ArgumentError('checkpoint', 'an optimizer of the library, whose state is known', describe(optimizer))
  }
  const state = optimizer.state(model)
  return {
    name,
    rule: optimizer.update.options.slice(2),
    step: state.step,
    numbers: [],
    vectors: state.vectors,
    put(step, _, vectors) {
      for (const [i, vector] of state.vectors.entries()) vector.set(vectors[i]!)
      state.step = step
    },
  }
}

function vectorsOf(tensors: StateDict): FloatArray[] {
  const vectors: FloatArray[] = []
  for (let i = 0; tensors[`optimizer.${i}`]; i++) vectors.push(tensors[`optimizer.${i}`]!.data as FloatArray)
  return vectors
}

function dataOf({ train, batchSize, shuffle, seed, gradients, mixer }: FitPlan): readonly unknown[] {
  const mixed = mixer ? [mixer.alpha] : []
  return train instanceof Dataset
    ? [train.rows, batchSize, shuffle, seed, gradients.accumulate, ...mixed]
    : ['stream', gradients.accumulate, ...mixed]
}

function tensorOf(tensors: StateDict, name: string): Tensor {
  const tensor = tensors[name]
  if (!tensor) throw new FormatError('resume', `a checkpoint with ${name}`, 'none')
  return tensor
}

function same(what: string, kept: unknown, now: unknown): void {
  const [a, b] = [JSON.stringify(kept), JSON.stringify(now)]
  if (a !== b) throw new ArgumentError('resume', `${what} of the checkpoint, ${a}`, String(b))
}

function dropoutsOf(gate: Gate): Dropout[] {
  if (gate instanceof Dropout) return [gate]
  return gate instanceof Model ? [...new Set(gate.gates.flatMap(dropoutsOf))] : []
}
