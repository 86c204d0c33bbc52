// explain(): what a model is compiled to, as a table of ops with their sizes and costs.
import { describe, options, positiveInteger } from '../checks.js'
import { ArgumentError } from '../errors.js'
import type { PlanReport } from '../native/addon.js'
import { native } from '../native/load.js'
import type { Loss } from '../nn/losses.js'
import { Model } from '../nn/model.js'
import { checkShape } from '../tensor/shape.js'
import { lower, obstacle } from './lower.js'
import { buildPlan } from './plan.js'

/** Options of {@link explain}. */
export interface ExplainOptions {
  /** Rows of a batch. Default 1. */
  batch?: number
  /** The loss to train with; without one, the plan only predicts. */
  loss?: Loss
  /** Shape of a row of the input, where the model does not fix it. Default its number of inputs. */
  rowShape?: readonly number[]
}

/**
 * What a model is compiled to: the ops that are left after fusion, the shape that each makes, parameters, floating-point
 * operations and memory for a batch. For a model that runs gate by gate it says why.
 * @throws ArgumentError for a model that does not fix its number of inputs, without `rowShape`
 */
export function explain(model: Model, given?: ExplainOptions): string {
  const { batch = 1, loss, rowShape } = options('explain', given, ['batch', 'loss', 'rowShape'])
  if (!(model instanceof Model)) throw new ArgumentError('explain', 'a network, such as a Sequential', describe(model))
  const { inputs } = model
  positiveInteger('explain', 'batch', batch)
  if (rowShape === undefined && inputs === undefined)
    throw new ArgumentError('explain', 'a model that fixes its number of inputs, or rowShape', 'one that takes any')
  const goal = {
    rowShape: rowShape ? checkShape('explain', rowShape) : [inputs!],
    batch,
    training: loss !== undefined,
    ...(loss && { loss }),
  }
  const lowered = lower(model, goal)
  if (!lowered) return `Runs gate by gate: ${obstacle(model, goal)} cannot be compiled.`
  const { plan, translated } = buildPlan('explain', lowered, model.block)
  try {
    return page(plan.describe(), batch, loss !== undefined, model.dtype)
  } catch (error) {
    throw translated('explain', error)
  }
}

function page({ ops, arenaBytes }: PlanReport, batch: number, trains: boolean, dtype: string): string {
  const { unary } = native().info()
  const rows = ops.map(({ kind, activation, width, parameters, flops, bytes }, i) => [
    String(i),
    activation < 0 ? kind : `${kind} + ${unary[activation]!.name}`,
    `[${batch}, ${width}]`,
    count(parameters),
    scaled(flops * batch, 1000, ['', 'k', 'M', 'G', 'T']),
    scaled(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB']),
  ])
  const total = ops.reduce((sum, { flops }) => sum + flops * batch, 0)
  const head = `${trains ? 'Training' : 'Prediction'} of a batch of ${batch} in ${dtype}`
  const foot = [
    `${scaled(total, 1000, ['', 'k', 'M', 'G', 'T'])} floating-point operations`,
    `${scaled(arenaBytes, 1024, ['B', 'KiB', 'MiB', 'GiB'])} of memory, shared by what does not live at one time`,
  ]
  return [head, table(['#', 'op', 'output', 'parameters', 'operations', 'memory'], rows), ...foot].join('\n')
}

function count(n: number): string {
  return n.toLocaleString('en-US')
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let [left, unit] = [value, 0]
  for (; left >= step && unit + 1 < units.length; unit++) left /= step
  const digits = unit === 0 || left >= 100 ? 0 : left >= 10 ? 1 : 2
  return `${left.toFixed(digits)} ${units[unit]}`.trim()
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)))
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')
  return [line(head), widths.map((w) => '─'.repeat(w)).join('──'), ...rows.map(line)].join('\n')
}
