// Random graphs of variables: shared inputs, diamonds, values that are read many times and some that are never read.
import fc from 'fast-check'
import { ops, Tensor, type Value, type Variable, variable } from '../../lib/index.js'
import { numbers, randomTensor } from '../support.js'

/** A graph as plain data. Values are [n, n], [1, n], [n, 1] or numbers, so that all of them broadcast together. */
export interface GraphCase {
  readonly n: number
  readonly inputs: readonly ('matrix' | 'row' | 'column' | 'number')[]
  /** Each node's operator, and which of the values before it it reads. */
  readonly nodes: readonly { readonly op: OpName; readonly reads: readonly [number, number, number] }[]
  readonly seed: number
}

type Op = (x: Variable, y: Variable, z: Variable) => Variable

const isMatrix = ({ value }: Variable) => value instanceof Tensor && value.shape[0] === value.shape[1]

// None grows fast: products of sums of sines can be differentiated numerically.
const operators = {
  add: (x, y) => x.add(y),
  sub: (x, y) => x.sub(y),
  mul: (x, y) => x.mul(y),
  div: (x, y) => x.div(y.square().add(1)),
  pow: (x, y) => x.softplus().add(0.5).pow(y.tanh()),
  max: (x, y) => x.max(y),
  min: (x, y) => x.min(y),
  matmul: (x, y) => (isMatrix(x) && isMatrix(y) ? x.matmul(y) : x.mul(y)),
  transpose: (x) => (x.value instanceof Tensor ? x.transpose() : x),
  sumOfRows: (x) => (x.value instanceof Tensor ? x.sum({ axis: 0, keepDims: true }) : x),
  meanOfColumns: (x) => (x.value instanceof Tensor ? x.mean({ axis: 1, keepDims: true }) : x),
  sum: (x) => x.sum(),
  squaredNorm: (x) => x.squaredNorm(),
  softmax: (x) => (x.value instanceof Tensor ? x.softmax() : x),
  logSoftmax: (x) => (x.value instanceof Tensor ? x.logSoftmax({ axis: 0 }) : x),
  stacked: (x, y) =>
    x.value instanceof Tensor && y.value instanceof Tensor && x.value.shape.join() === y.value.shape.join()
      ? ops.stack([x, y]).sum({ axis: 0 })
      : x,
  halves: (x) => (isMatrix(x) ? ops.concat([x.slice([{ start: 1 }]), x.slice([{ stop: 1 }])]) : x),
  gathered: (x) => (isMatrix(x) ? x.gather([0, -1, ...Array((x.value as Tensor).shape[0]! - 1).fill(0)].slice(1)) : x),
  three: (x, y, z) => x.mul(y).add(z),
  twice: (x) => x.mul(x),
  sin: (x) => x.sin(),
  cos: (x) => x.cos(),
  tanh: (x) => x.tanh(),
  sigmoid: (x) => x.sigmoid(),
  relu: (x) => x.relu(),
  gelu: (x) => x.gelu(),
  mish: (x) => x.mish(),
  softplus: (x) => x.softplus(),
  abs: (x) => x.abs(),
  log: (x) => x.square().add(1).log(),
  sqrt: (x) => x.square().add(1).sqrt(),
  reciprocal: (x) => x.square().add(1).reciprocal(),
  exp: (x) => x.tanh().exp(),
  clip: (x) => x.clip({ min: -0.8, max: 1.2 }),
} as const satisfies Record<string, Op>

type OpName = keyof typeof operators

/** Any graph. */
export const graphCases: fc.Arbitrary<GraphCase> = fc.record({
  n: fc.integer({ min: 1, max: 3 }),
  inputs: fc.array(fc.constantFrom('matrix' as const, 'row' as const, 'column' as const, 'number' as const), {
    minLength: 1,
    maxLength: 3,
  }),
  nodes: fc.array(
    fc.record({
      op: fc.constantFrom(...(Object.keys(operators) as OpName[])),
      // Of the last values mostly, of all sometimes.
      reads: fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20)),
    }),
    { minLength: 1, maxLength: 10 },
  ),
  seed: fc.nat(1e6),
})

/** Inputs of a graph. */
export function inputsOf({ n, inputs, seed }: GraphCase): Value[] {
  const shapes = { matrix: [n, n], row: [1, n], column: [n, 1], number: [1] }
  return inputs.map((kind, i) => {
    const drawn = randomTensor(shapes[kind], seed + i)
    return kind === 'number' ? drawn.data[0]! : drawn
  })
}

const largest = ({ value }: Variable) => Math.max(...numbers(value).map(Math.abs))

/**
 * The function of a graph: a number made of all values that no node reads. Values beyond ±2 are scaled by what they are at
 * `at`, a constant of the function.
 */
export function functionOf({ nodes }: GraphCase, at: readonly Value[]): (...inputs: Variable[]) => Variable {
  const scales: number[] = []
  const build = (inputs: readonly Variable[], scaleOf: (made: Variable, i: number) => number): Variable => {
    const values = [...inputs]
    const unread = new Set(values)
    for (const [i, { op, reads }] of nodes.entries()) {
      const read = reads.map((back) => values[Math.max(0, values.length - 1 - (back % values.length))]!)
      const used = read.slice(0, operators[op].length) as [Variable, Variable, Variable]
      for (const value of used) unread.delete(value)
      const made = (operators[op] as Op)(...used)
      const value = made.mul(scaleOf(made, i))
      values.push(value)
      unread.add(value)
    }
    return [...unread].map((value, i) => value.mul(1 + i / 7).sum()).reduce((sum, value) => sum.add(value))
  }
  build(
    at.map((value) => variable(value)),
    (made, i) => {
      scales[i] = Math.min(1, 2 / largest(made))
      return scales[i]
    },
  )
  return (...inputs) => build(inputs, (_, i) => scales[i]!)
}
