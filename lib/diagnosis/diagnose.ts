// diagnose(): looks at a network, a batch and, if given, the optimizer, and says what keeps it from learning.
import { boolean, describe, options } from '../checks.js'
import { Dataset, type Samples } from '../data/dataset.js'
import { ArgumentError } from '../errors.js'
import { checkLabels } from '../nn/labels.js'
import { CrossEntropy, isLoss, type Loss, lossText, MeanSquaredError } from '../nn/losses.js'
import { Model } from '../nn/model.js'
import type { Steps } from '../train/eager.js'
import { gradientFlow, inputColumns, learningRate, lossAtStart, nonFinite } from './flow.js'
import { measure } from './measure.js'
import { type Diagnosis, diagnosisOf, type Finding } from './report.js'
import { statisticsOf } from './statistics.js'
import { deadReLUs, noActivation, type Rule, saturatedUnits, softmaxTwice, symmetricUnits } from './units.js'

/** Options of {@link diagnose}. */
export interface DiagnoseOptions {
  /** What the network is trained with. Default: CrossEntropy for labels, MeanSquaredError for values. */
  loss?: Loss
  /** The optimizer that trains it: one of its steps is tried and taken back, to judge the learning rate. Built-in ones only. */
  optimizer?: Steps
  /** Whether the model is not trained yet: a loss far below chance is then reported, too. Default false. */
  start?: boolean
}

/**
 * Looks for what keeps a network from learning: symmetric units, dead ReLUs, saturated sigmoids, missing activations,
 * vanishing and exploding gradients, inputs that are not centred or scaled, a loss far from chance, a learning rate that
 * does not fit. Runs one forward and backward pass on this thread; some hundred rows suffice. The model is afterwards as it
 * was, a forward that waits for its backward included. Call it between batches: in a callback, or when no fit runs.
 * @param model - looked at, not changed
 * @param batch - rows and targets as fit takes them
 * @returns findings, each with what was seen, why it matters and what to do, and the statistics of every gate
 * @throws typed errors for data that does not fit the model, as fit does
 * @example console.log(String(diagnose(model, { x, y }, { optimizer: new SGD({ learningRate: 0.1 }) })))
 */
export function diagnose(model: Model, batch: Samples, given?: DiagnoseOptions): Diagnosis {
  const { loss, optimizer, start = false } = options('diagnose', given, ['loss', 'optimizer', 'start'])
  if (!(model instanceof Model)) {
    throw new ArgumentError('diagnose', 'a model, such as a Sequential', describe(model))
  }
  if (loss !== undefined && !isLoss(loss)) {
    throw new ArgumentError('diagnose', 'loss with forward and backward', lossText(loss))
  }
  if ((loss as { reduction?: unknown } | undefined)?.reduction === 'none') {
    throw new ArgumentError('diagnose', 'a loss that is a number', `${lossText(loss)} of reduction none`)
  }
  if (optimizer !== undefined && typeof optimizer?.step !== 'function') {
    throw new ArgumentError('diagnose', 'optimizer with step(model)', describe(optimizer))
  }
  const { inputs, outputs, dtype, inputDType } = model
  const data = new Dataset('diagnose', batch, { inputs, outputs, targets: loss?.targets, dtype, inputDType })
  data.checkFinite('diagnose')
  if (data.labelled && outputs !== undefined) checkLabels('diagnose', data.y as Int32Array, outputs)
  const used = loss ?? (data.labelled ? new CrossEntropy() : new MeanSquaredError())

  const trace = measure(model, data, used, optimizer)
  const layers = trace.passes.map(statisticsOf)
  const rules = [...early, ...late, lossAtStart(boolean('diagnose', 'start', start)), learningRate]
  const findings: Finding[] = []
  for (const rule of rules) findings.push(...rule(trace, layers, findings))
  return diagnosisOf({ findings, layers, rows: data.rows, loss: trace.loss, chance: trace.chance ?? null })
}

// Causes stand before what they cause: later rules leave out what earlier ones explain.
const early: readonly Rule[] = [nonFinite, symmetricUnits, noActivation, softmaxTwice, inputColumns]
const late: readonly Rule[] = [deadReLUs, saturatedUnits, gradientFlow]
