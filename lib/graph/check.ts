// The gradient check: what backward says against central differences, in float64.
import { describe, options, positive } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { checked, type Gate, gateName, isGate, type Value } from '../gates/gate.js'
import { tensor } from '../tensor/create.js'
import { Tensor } from '../tensor/tensor.js'
import { Variable, variable } from './variable.js'

/** Options of {@link checkGradients}. */
export interface CheckOptions {
  /** Relative tolerance. Default 1e-6. */
  rtol?: number
  /** Absolute tolerance. Default 1e-8. */
  atol?: number
}

/** One element whose gradient was compared. */
export interface GradientEntry {
  /** `input 0` or a parameter's name. */
  readonly input: string
  /** Flat index of the element; 0 for numbers. */
  readonly index: number
  /** The same as an index per axis, as text: `[1, 2]`. */
  readonly position: string
  readonly analytic: number
  readonly numerical: number
  /** |analytic − numerical| */
  readonly error: number
}

/** The result of {@link checkGradients}; prints as text. */
export interface GradientReport {
  /** Whether every element is within tolerance. */
  readonly ok: boolean
  /** How many elements were compared. */
  readonly compared: number
  /** The elements out of tolerance, worst first. */
  readonly failures: readonly GradientEntry[]
  /** The element with the largest error relative to its tolerance. */
  readonly worst: GradientEntry | undefined
  toString(): string
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

// Optimal step of central differences in float64: the cube root of its epsilon.
const STEP = Number.EPSILON ** (1 / 3)

/**
 * Compares analytic with numerical gradients in float64.
 * @param target - a gate, a network, or a function from variables to a variable
 * @param inputs - where to check: numbers, tensors or nested arrays (converted to float64)
 * @returns a report; print it to see which input and element is off, and by how much
 */
export function checkGradients(
  target: Gate | ((...inputs: Variable[]) => Variable),
  inputs: readonly (Value | readonly unknown[])[],
  given?: CheckOptions,
): GradientReport {
  const { rtol = 1e-6, atol = 1e-8 } = options('checkGradients', given, ['rtol', 'atol'])
  positive('checkGradients', 'rtol', rtol)
  positive('checkGradients', 'atol', atol)
  if (!Array.isArray(inputs)) throw new ArgumentError('checkGradients', 'inputs to be an array', describe(inputs))
  const values: Value[] = inputs.map((input) =>
    typeof input === 'number' ? input : tensor(input as never, { dtype: 'float64' }).clone(),
  )
  const subject = subjectOf(target, values)
  const output = subject.forward()
  // Any fixed weights make one number of the output; these tell its elements apart.
  const upstream =
    typeof output === 'number'
      ? 1
      : new Tensor(output.data.map((_, i) => 1 + 0.5 * Math.cos(i)) as Float64Array, output.shape)
  const loss = () => weigh(subject.forward(), upstream)
  const gradients = subject.backward(upstream).map((g) => (typeof g === 'number' ? g : g.clone()))

  const entries: GradientEntry[] = []
  values.forEach((value, i) => {
    const name = `input ${i}`
    const gradient = gradients[i]!
    if (typeof value === 'number') {
      const set = (x: number) => {
        values[i] = x
      }
      entries.push(compare(name, 0, '', gradient as number, value, set, loss))
    } else {
      entries.push(...compareTensor(name, value, gradient as Tensor, loss))
    }
  })
  const parameters =
    'parameters' in target && typeof target.parameters === 'function' ? (target as unknown as Trained).parameters() : []
  const copies = parameters.map((p) => p.gradient.clone())
  for (const [i, p] of parameters.entries()) entries.push(...compareTensor(p.name, p.value, copies[i]!, loss))
  return report(subject.name, entries, rtol, atol)
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
      return leaves.map(
        (leaf) =>
          leaf.grad ??
          (typeof leaf.value === 'number'
            ? 0
            : tensor(
                leaf.value.data.map(() => 0),
                { shape: leaf.value.shape },
              )),
      )
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

function compareTensor(name: string, value: Tensor, gradient: Tensor, loss: () => number): GradientEntry[] {
  return Array.from(gradient.data, (analytic, i) => {
    const set = (x: number) => {
      value.data[i] = x
    }
    return compare(name, i, positionText(value, i), analytic, value.data[i]!, set, loss)
  })
}

function compare(
  input: string,
  index: number,
  position: string,
  analytic: number,
  at: number,
  set: (x: number) => void,
  loss: () => number,
): GradientEntry {
  const h = STEP * Math.max(1, Math.abs(at))
  set(at + h)
  const above = loss()
  set(at - h)
  const below = loss()
  set(at)
  const numerical = (above - below) / (at + h - (at - h))
  return { input, index, position, analytic, numerical, error: Math.abs(analytic - numerical) }
}

function positionText({ shape }: Tensor, index: number): string {
  const position: number[] = []
  for (let axis = shape.length - 1, rest = index; axis >= 0; axis--) {
    position.unshift(rest % shape[axis]!)
    rest = Math.floor(rest / shape[axis]!)
  }
  return `[${position.join(', ')}]`
}

function report(name: string, entries: readonly GradientEntry[], rtol: number, atol: number): GradientReport {
  const excess = (e: GradientEntry) => {
    const ratio = e.error / (atol + rtol * Math.abs(e.numerical))
    return Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio
  }
  const ranked = [...entries].sort((a, b) => (excess(a) === excess(b) ? 0 : excess(b) - excess(a)))
  const failures = ranked.filter((e) => excess(e) > 1)
  const line = (e: GradientEntry) =>
    `${e.input}${e.position}: analytic ${e.analytic}, numerical ${e.numerical}, off by ${e.error.toExponential(2)}`
  return {
    ok: failures.length === 0,
    compared: entries.length,
    failures,
    worst: ranked[0],
    toString() {
      const head = `checkGradients(${name}): ${entries.length - failures.length} of ${entries.length} elements agree (rtol ${rtol}, atol ${atol})`
      const shown = failures.slice(0, 10).map((e) => `  ${line(e)}`)
      const more = failures.length > 10 ? [`  … and ${failures.length - 10} more`] : []
      const worst = failures.length === 0 && ranked[0] ? [`  largest error at ${line(ranked[0])}`] : []
      return [head, ...shown, ...more, ...worst].join('\n')
    },
  }
}
