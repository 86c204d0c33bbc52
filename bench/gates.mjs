// What does a gate cost beside its kernel? On tensors of eight numbers, and on a batch of 100 × 4096.
import {
  Add,
  Divide,
  Exp,
  Gather,
  LogSoftmax,
  MatMul,
  Max,
  Maximum,
  Mean,
  Multiply,
  ReLU,
  Reshape,
  Sigmoid,
  Slice,
  Softmax,
  Sum,
  setThreads,
  Tanh,
  Tensor,
  Transpose,
} from 'chainrule'
import { native } from '../dist/esm/native/load.js'
import { numbers, percent, race, short } from './support.mjs'

export const title = 'A gate against the bare call of its kernel, float32, one thread: best of 100, in ns'

const shapes = { small: [1, 8], large: [100, 4096] }
const tensorOf = (shape, seed = 1) =>
  new Tensor(
    numbers(
      shape.reduce((a, b) => a * b),
      seed,
    ).map((value) => 1.5 + value),
    shape,
  )

// What the addon is asked for: a list of calls per pass, with arrays that are there already.
function unary(name) {
  return (addon, [x], y, dx) => {
    const op = addon.info().unary.findIndex((row) => row.name === name)
    return {
      forward: [() => addon.unaryForward(op, x, y, 0, 0)],
      backward: [() => addon.unaryBackward(op, x, y, dx, 0, 0)],
    }
  }
}
const binary =
  (forward, ...backward) =>
  (addon, [a, b], z, dx) => ({
    forward: [() => addon.binary(forward, a, b, z)],
    backward: backward.map((op) => () => addon.binary(op, z, b, dx)),
  })
const rows =
  (name) =>
  (addon, [x], y, dx) => ({
    forward: [() => addon[`${name}Forward`](8, x, y)],
    backward: [() => addon[`${name}Backward`](8, x, y, dx)],
  })
const total = (addon, [x]) => ({ forward: [() => addon.sum(x)], backward: [] })
const nothing = () => ({ forward: [], backward: [] })
const product = (addon, [a, b], y, dx) => {
  const gemm = (m, n, k, x, w, out) => addon.gemm(m, n, k, 1, x, k, 1, w, n, 1, 0, out, null, -1, 0, 0, null)
  const weights = new Float32Array(64)
  return {
    forward: [() => gemm(1, 8, 8, a, b, y)],
    backward: [() => gemm(1, 8, 8, y, b, dx), () => gemm(8, 8, 1, a, y, weights)],
  }
}

const small = [
  ['ReLU', () => new ReLU(), unary('relu'), [[1, 8]]],
  ['Sigmoid', () => new Sigmoid(), unary('sigmoid'), [[1, 8]]],
  ['Exp', () => new Exp(), unary('exp'), [[1, 8]]],
  [
    'Add',
    () => new Add(),
    binary(0),
    [
      [1, 8],
      [1, 8],
    ],
  ],
  [
    'Multiply',
    () => new Multiply(),
    binary(2, 2, 2),
    [
      [1, 8],
      [1, 8],
    ],
  ],
  [
    'Divide',
    () => new Divide(),
    binary(3, 3, 2, 3),
    [
      [1, 8],
      [1, 8],
    ],
  ],
  [
    'Maximum',
    () => new Maximum(),
    binary(4, 2, 2),
    [
      [1, 8],
      [1, 8],
    ],
  ],
  ['Multiply [8, 1] and [8]', () => new Multiply(), nothing, [[8, 1], [8]]],
  ['Sum', () => new Sum(), total, [[1, 8]]],
  ['Sum along rows', () => new Sum({ axis: 1 }), nothing, [[1, 8]]],
  ['Mean', () => new Mean(), total, [[1, 8]]],
  ['Max along rows', () => new Max({ axis: 1 }), nothing, [[1, 8]]],
  [
    'MatMul [1, 8] and [8, 8]',
    () => new MatMul(),
    product,
    [
      [1, 8],
      [8, 8],
    ],
  ],
  ['Softmax', () => new Softmax(), rows('softmax'), [[1, 8]]],
  ['LogSoftmax', () => new LogSoftmax(), rows('logSoftmax'), [[1, 8]]],
  ['Reshape', () => new Reshape([8]), nothing, [[1, 8]]],
  ['Transpose', () => new Transpose(), nothing, [[2, 4]]],
  ['Slice', () => new Slice([null, { start: 2 }]), nothing, [[1, 8]]],
  ['Gather', () => new Gather([0, 0, 0]), nothing, [[1, 8]]],
]
const large = [
  ['ReLU', () => new ReLU(), unary('relu'), [shapes.large]],
  ['Sigmoid', () => new Sigmoid(), unary('sigmoid'), [shapes.large]],
  ['Tanh', () => new Tanh(), unary('tanh'), [shapes.large]],
]
const all = [
  ...small.map((row) => ['small', ...row]),
  ...large.map(([name, ...row]) => ['large', `${name} of 100 × 4096`, ...row]),
]

export const cases = all.map(([size, name], index) => ({ name, size, index }))

export async function run({ index }) {
  const [, , make, kernels, forms] = all[index]
  setThreads(1)
  const inputs = forms.map((shape, i) => tensorOf(shape, i + 1))
  const gate = make()
  const output = gate.forward(...inputs)
  const upstream = typeof output === 'number' ? 1 : tensorOf([...output.shape], 3)
  const length = inputs[0].size
  const calls = kernels(
    native(),
    inputs.map(({ data }) => data),
    new Float32Array(length).fill(1),
    new Float32Array(length),
  )
  const [first, second] = inputs
  const together = (list) => () => {
    for (let i = 0; i < list.length; i++) list[i]()
  }
  const timed = await race(
    {
      ...(calls.forward.length > 0 ? { kernelForward: together(calls.forward) } : {}),
      ...(calls.backward.length > 0 ? { kernelBackward: together(calls.backward) } : {}),
      forward: second ? () => gate.forward(first, second) : () => gate.forward(first),
      both: second
        ? () => {
            gate.forward(first, second)
            gate.backward(upstream)
          }
        : () => {
            gate.forward(first)
            gate.backward(upstream)
          },
    },
    { rounds: 100, sample: 1 },
  )
  const best = (name) => (timed[name]?.min ?? 0) * 1e9
  const forward = { kernel: best('kernelForward'), gate: best('forward') }
  return { forward, backward: { kernel: best('kernelBackward'), gate: Math.max(0, best('both') - best('forward')) } }
}

export function show(results) {
  const head = ['gate', 'kernel forward', 'gate forward', 'more', 'kernel backward', 'gate backward', 'more']
  const cells = ({ kernel, gate }, size) => [
    kernel > 0 ? short(kernel) : '–',
    short(gate),
    size === 'large' ? percent(gate / kernel - 1) : Math.round(gate - kernel).toLocaleString('en-US'),
  ]
  const rows = results.map(({ name, result }, i) => [
    name,
    ...cells(result.forward, cases[i].size),
    ...cells(result.backward, cases[i].size),
  ])
  return {
    head,
    rows,
    note:
      'Tensors of shape [1, 8] unless the name says otherwise. "More" is what checks, the new output and what is kept cost on top;\n' +
      'it is negative where a loop in TypeScript is faster than a call of the addon. – : no kernel. Backward: forward and\n' +
      'backward together, less forward.',
  }
}
