// The gradient check: what backward says against central differences, in float64.
import { describe, options, positive } from '../checks.js'
import { ArgumentError, DTypeError } from '../errors.js'
import { checked, type Gate, gateName, isGate, type Value } from '../gates/gate.js'
import { filledLike } from '../gates/ops.js'
import { tensor } from '../tensor/create.js'
import { Tensor } from '../tensor/tensor.js'
import { type GraphLoss, LossGate } from './loss.js'
import { compare, type GradientEntry, type GradientReport, positionText, reportOf } from './report.js'
import { hold } from './still.js'
import { Variable, variable } from './variable.js'

/** Options of {@link checkGradients}. */
export interface CheckOptions {
  /** Relative tolerance. Default 1e-6. */
  rtol?: number
  /** Absolute tolerance. Default 1e-8. */
  atol?: number
  /** For a loss: what its forward takes behind the prediction. */
  target?: unknown
  /** For a function that a network takes part in: the network, whose parameters are then checked like inputs. */
  model?: Trained
}

// A network's parameters are checked like inputs.
interface Trained {
  parameters(): readonly { readonly name: string; readonly value: Tensor; readonly gradient: Tensor }[]
}

interface Subject {
  readonly name: string
  forward(): Value
  backward(upstream: Value): readonly Value[]
}

/** What {@link checkGradients} checks: a gate, a network, a loss, or a function from variables to a variable. */
export type Checkable = Gate | GraphLoss | ((...inputs: Variable[]) => Variable)

/**
 * Compares analytic with numerical gradients in float64.
 *
 *     checkGradients(new Cube(), [x])                                  // a gate of one's own
 *     checkGradients(model, [x])                                       // a network of float64, its parameters included
 *     checkGradients(copy(model, { dtype: 'float64' }), [x])           // one of float32
 *     checkGradients(new CrossEntropy(), [logits], { target: labels })
 *     checkGradients((x, W) => x.matmul(W).tanh(), [x, W])
 *
 * Networks run in the mode they are in; in training, dropout draws the same elements for every call, and running statistics
 * are put back afterwards. Other gates must give the same outputs for the same inputs, or the report says so.
 * @param target - a gate, a network, a loss, or a function from variables to a variable
 * @param inputs - where to check: numbers, tensors or nested arrays (converted to float64). Integers
 *   (int32), which look something up, are passed on and not compared
 * @returns a report; print it to see which input and element is off, and by how much
 * @throws DTypeError for a network of float32, whose rounding would hide errors: check a copy of float64
 */
export function checkGradients(
  target: Checkable,
  inputs: readonly (Value | readonly unknown[])[],
  given?: CheckOptions,
): GradientReport {
  const {
    rtol = 1e-6,
    atol = 1e-8,
    target: goal,
    model,
  } = options('checkGradients', given, ['rtol', 'atol', 'target', 'model'])
  positive('checkGradients', 'rtol', rtol)
  positive('checkGradients', 'atol', atol)
  if (!Array.isArray(inputs)) throw new ArgumentError('checkGradients', 'inputs to be an array', describe(inputs))
  const values: Value[] = Array.from(inputs, exact)
  const parameters = parametersOf(model ?? target)
  const subject = subjectOf(goal === undefined ? target : new LossGate(target as GraphLoss, [goal]), values)
  const held = hold(target, model)
  const run = () => {
    held.again()
    return subject.forward()
  }
  try {
    const entries: GradientEntry[] = []
    const { output, upstream, problems } = startOf(run)
    const loss = () => weigh(run(), upstream)
    const here = weigh(output, upstream)
    const gradients = subject.backward(upstream).map((g) => (typeof g === 'number' ? g : g.clone()))
    const copies = parameters.map((p) => p.gradient.clone())
    const elements = (input: string, value: Tensor, gradient: Tensor) => {
      for (const [index, analytic] of gradient.data.entries()) {
        const set = (x: number) => {
          value.data[index] = x
        }
        const place = { input, index, position: positionText(value, index) }
        entries.push(compare(place, analytic, { at: value.data[index]!, set, loss, here }))
      }
    }
    for (const [i, value] of values.entries()) {
      const gradient = gradients[i]!
      if (isIntegers(value)) continue
      if (typeof value !== 'number') elements(`input ${i}`, value, gradient as Tensor)
      else {
        const set = (x: number) => {
          values[i] = x
        }
        const place = { input: `input ${i}`, index: 0, position: '' }
        entries.push(compare(place, gradient as number, { at: value, set, loss, here }))
      }
    }
    for (const [i, p] of parameters.entries()) elements(p.name, p.value, copies[i]!)
    return reportOf(subject.name, entries, { rtol, atol }, problems)
  } finally {
    held.restore()
  }
}

// Inputs are changed element by element: copies of float64, but for integers, which look something up.
function exact(input: Value | readonly unknown[]): Value {
  if (typeof input === 'number' || isIntegers(input)) return input
  return tensor(input as never, { dtype: 'float64' }).clone()
}

function isIntegers(input: unknown): input is Tensor {
  return input instanceof Tensor && input.dtype === 'int32'
}

function parametersOf(target: unknown): ReturnType<Trained['parameters']> {
  const { parameters } = (target ?? {}) as Partial<Trained>
  if (typeof parameters !== 'function') return []
  const list = (target as Trained).parameters()
  const expected = 'a network of type float64, such as copy(network, { dtype: "float64" })'
  for (const { name, value } of list) {
    if (value.dtype !== 'float64') {
      throw new DTypeError('checkGradients', expected, `parameter ${name} of type ${value.dtype}`)
    }
  }
  return list
}

// The output, fixed weights that make one number of it and tell its elements apart, and what is wrong with it.
function startOf(run: () => Value): { output: Value; upstream: Value; problems: string[] } {
  const first = run()
  const before = typeof first === 'number' ? [first] : Array.from(first.data)
  const output = run()
  const after = typeof output === 'number' ? [output] : Array.from(output.data)
  const problems: string[] = []
  const bad = after.filter((v) => !Number.isFinite(v))
  if (bad.length > 0) problems.push(`${bad.length} of ${after.length} outputs are not finite: ${bad[0]}`)
  const differs = before.findIndex((v, i) => !Object.is(v, after[i]))
  if (differs >= 0 || before.length !== after.length) {
    problems.push(
      'the same inputs gave different outputs in two calls: differences in them say nothing about gradients',
    )
  }
  const upstream =
    typeof output === 'number'
      ? 1
      : new Tensor(output.data.map((_, i) => 1 + 0.5 * Math.cos(i)) as Float64Array, output.shape)
  return { output, upstream, problems }
}

function subjectOf(target: unknown, values: Value[]): Subject {
  if (isGate(target)) {
    const gate = checked(target)
    return {
      name: gateName(gate),
      forward: () => gate.forward(...values),
      backward: (upstream) => gate.backward(upstream),
    }
  }
  if (typeof target !== 'function') throw new ArgumentError('checkGradients', 'a gate or a function', describe(target))
  let leaves: Variable[] = []
  let root: Variable
  return {
    name: target.name || 'function',
    forward() {
      leaves = values.map((value) => variable(value))
      root = target(...leaves)
      if (!(root instanceof Variable))
        throw new ArgumentError('checkGradients', 'the function to return a variable', describe(root))
      return root.value
    },
    backward(upstream) {
      root.backward(upstream)
      return leaves.map((leaf) => leaf.grad ?? filledLike(leaf.value, 0))
    },
  }
}

function weigh(output: Value, weights: Value): number {
  if (typeof output === 'number') return output
  const w = (weights as Tensor).data
  let sum = 0
  for (let i = 0; i < w.length; i++) sum += output.data[i]! * w[i]!
  return sum
}
