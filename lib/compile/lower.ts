// Lowering: a network of built-in gates and its loss, written down as the ops of a native plan.
import { activations } from '../gates/activations.js'
import { ElementwiseGate } from '../gates/elementwise.js'
import type { Gate } from '../gates/gate.js'
import { LogSoftmax, Softmax } from '../gates/softmax.js'
import type { PlanDescription, PlanOp } from '../native/addon.js'
import { Linear } from '../nn/linear.js'
import { CrossEntropy, type Loss, MeanSquaredError } from '../nn/losses.js'
import type { Model } from '../nn/model.js'
import { Parameter, type ParameterBlock } from '../nn/parameters.js'
import { PReLU } from '../nn/prelu.js'
import { Sequential } from '../nn/sequential.js'

const elementwise = new Set<unknown>(Object.values(activations))
const rowwise = new Map<unknown, 'softmax' | 'logSoftmax'>([
  [Softmax, 'softmax'],
  [LogSoftmax, 'logSoftmax'],
])
const losses = new Map<unknown, PlanDescription['loss']>([
  [CrossEntropy, 'crossEntropy'],
  [MeanSquaredError, 'squaredError'],
])

/**
 * The plan of a model, or undefined where it cannot have one: it holds a user's own gate (or a subclass of a built-in one,
 * which may compute something else), a loss without native form, or it does not fix its number of inputs. It is then run gate by gate.
 * @param loss - undefined for a plan that only predicts
 * @param batch - the most rows of one batch
 */
export function lower(model: Model, loss: Loss | undefined, batch: number): PlanDescription | undefined {
  const { inputs, block, dtype } = model
  const lossKind = loss ? losses.get(loss.constructor) : 'none'
  if (inputs === undefined || lossKind === undefined || model.constructor !== Sequential) return undefined
  const ops: PlanOp[] = []
  const widths = [inputs]
  for (const gate of flatten(model)) {
    const x = ops.length
    const op = lowerGate(gate, x, widths[x]!, block)
    if (!op) return undefined
    ops.push(op)
    widths.push(gate instanceof Linear ? gate.outFeatures : widths[x]!)
  }
  if (ops.length === 0) return undefined
  return { float64: dtype === 'float64', batch, widths, ops, loss: lossKind, parameters: block.values.length }
}

function* flatten(model: Model): Generator<Gate> {
  for (const gate of model.gates) {
    if (gate.constructor === Sequential) yield* flatten(gate as Model)
    else yield gate
  }
}

function lowerGate(gate: Gate, x: number, width: number, block: ParameterBlock): PlanOp | undefined {
  const y = x + 1
  const kind = gate.constructor
  if (kind === Linear) {
    const linear = gate as Linear
    const [weight, bias] = linear.parameters() as [Parameter, Parameter | undefined]
    if (linear.inFeatures !== width) return undefined
    const op = { kind: 'linear', x, y, weight: offsetOf(weight, block), weightLength: weight.size } as const
    return bias ? { ...op, bias: offsetOf(bias, block) } : op
  }
  if (kind === PReLU) {
    const [alpha] = (gate as PReLU).parameters() as [Parameter]
    if (alpha.size !== 1 && alpha.size !== width) return undefined
    return { kind: 'prelu', x, y, weight: offsetOf(alpha, block), weightLength: alpha.size }
  }
  const rows = rowwise.get(kind)
  if (rows) return (gate as Softmax).axis === -1 ? { kind: rows, x, y } : undefined
  if (!elementwise.has(kind) || !(gate instanceof ElementwiseGate)) return undefined
  return { kind: 'unary', x, y, op: gate.op.index, p0: gate.constants[0], p1: gate.constants[1] }
}

function offsetOf(parameter: Parameter, block: ParameterBlock): number {
  return block.offsets[block.parameters.findIndex((other) => Parameter.same(other, parameter))]!
}
