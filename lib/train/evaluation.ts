// Loss, accuracy and metrics of a model over a data set; nothing changes.
import type { Dataset } from '../data/dataset.js'
import { ShapeError } from '../errors.js'
import { formText } from '../gates/gate.js'
import type { Loss } from '../nn/losses.js'
import type { Metric, MetricObject } from '../nn/metrics/metric.js'
import type { Model } from '../nn/model.js'
import { Tensor } from '../tensor/tensor.js'
import { correctRows } from './eager.js'
import { evaluatePlan } from './plans.js'
import { EVALUATION_ROWS, RESULT_WIDTH } from './trainer.js'

/** Loss, and accuracy where targets are labels. */
export interface Evaluation {
  readonly loss: number
  readonly accuracy?: number
}

/** The mean loss over the rows of a data set, off this thread where model and loss have a native form. */
export async function evaluate(
  model: Model,
  loss: Loss,
  data: Dataset,
  signal: AbortSignal | undefined,
): Promise<Evaluation> {
  const results = (await evaluatePlan(model, loss, data, signal)) ?? (await evaluateGates(model, loss, data, signal))
  signal?.throwIfAborted()
  let sum = 0
  let correct = 0
  for (let i = 0; i < results.length; i += RESULT_WIDTH) {
    sum += results[i]! * results[i + 2]!
    correct += results[i + 1]!
  }
  const mean = sum / data.rows
  return data.labelled ? { loss: mean, accuracy: correct / data.rows } : { loss: mean }
}

async function evaluateGates(
  model: Model,
  loss: Loss,
  data: Dataset,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const order = data.order(false, 0, 0)
  const results: number[] = []
  for (let start = 0; start < data.rows && !signal?.aborted; start += EVALUATION_ROWS) {
    const rows = Math.min(EVALUATION_ROWS, data.rows - start)
    const { x, y, weights } = data.gather(order, start, rows, model.dtype)
    const output = model.infer(x)
    if (!(output instanceof Tensor)) throw new ShapeError('fit', 'a network whose output is a tensor', formText(output))
    const mean = loss.forward(output, y, weights)
    results.push(mean, correctRows(data, output, y), rows)
    await new Promise((resume) => setImmediate(resume))
  }
  return Float64Array.from(results)
}

/** Metrics by name over a data set: functions of all rows at once, objects of pieces of them. */
export async function measure(
  model: Model,
  metrics: Readonly<Record<string, Metric | MetricObject>>,
  data: Dataset,
): Promise<Record<string, number>> {
  const order = data.order(false, 0, 0)
  const output = await model.predict(data.gatherInputs(order, 0, data.rows, model.dtype))
  const target = data.gatherTargets(order, 0, data.rows, model.dtype)
  return Object.fromEntries(
    Object.entries(metrics).map(([name, metric]) => {
      if (typeof metric === 'function') return [name, metric(output, target)]
      metric.reset()
      for (let start = 0; start < data.rows; start += EVALUATION_ROWS) {
        const end = Math.min(start + EVALUATION_ROWS, data.rows)
        metric.update(output.rows(start, end), target.rows(start, end))
      }
      return [name, metric.result()]
    }),
  )
}
