// The expressions that fuse() knows, each with the gate that computes the same. Smaller ones are replaced first, so that
// larger ones are written with their gates: tanh with the sigmoid, cross-entropy with the logarithm of softmax.
import { activations, LogSigmoid, Mish, Sigmoid, SiLU, Softplus, Tanh } from '../../gates/activations.js'
import { Exp, Log, Negate, Square } from '../../gates/arithmetic.js'
import { Add, Divide, Multiply, Subtract } from '../../gates/binary.js'
import type { ElementwiseGate } from '../../gates/elementwise.js'
import type { Gate, Value } from '../../gates/gate.js'
import { MatMul } from '../../gates/matmul.js'
import { Mean, Sum } from '../../gates/reductions.js'
import { Reshape } from '../../gates/shapes.js'
import { LogSoftmax, Softmax } from '../../gates/softmax.js'
import { sameShape } from '../../tensor/shape.js'
import { Tensor } from '../../tensor/tensor.js'
import { again } from '../again.js'
import { Affine, SoftmaxCrossEntropy } from './gates.js'
import {
  any,
  both,
  either,
  type Found,
  is,
  line,
  type Matcher,
  over,
  plus,
  type Step,
  scaled,
  times,
  where,
} from './match.js'

/** An expression and what takes its place. */
export interface Pattern {
  /** As people write it. */
  readonly text: string
  readonly matches: Matcher
  /** The gate in its place, and its inputs. A gate among the inputs stands between. */
  replace(found: Found, root: Step): { gate: Gate; inputs: readonly (Step | { gate: Gate; of: Step })[] }
}

const x = any('x')
const expX = is(Exp, x)
const expMinusX = either(is(Exp, times(-1, x)), over(1, expX))
const exp2X = either(is(Exp, times(2, x)), is(Square, expX))

function elementwise(text: string, type: new () => Gate, ...matchers: Matcher[]): Pattern {
  return {
    text,
    matches: either(...matchers),
    replace: ({ variables }) => ({ gate: new type(), inputs: [variables.x!] }),
  }
}

const sigmoidOfMinus: Pattern = {
  text: '1/(1 + e^x)',
  matches: over(1, plus(1, expX)),
  replace: ({ variables }) => ({ gate: new Sigmoid(), inputs: [{ gate: new Negate(), of: variables.x! }] }),
}

function rankOf(value: Value): number {
  return value instanceof Tensor ? value.rank : 0
}

// Σ of m along one axis, which stays with extent 1, or is put back by a reshape; a vector's sum may be a number.
function sumAlong(m: Matcher): Matcher {
  const sum = where(is(Sum, m), (step, found) => {
    const { axis, keepDims } = step.gate as Sum
    const rank = rankOf(step.inputs[0]!.value)
    const along =
      Array.isArray(axis) && axis.length === 1 ? (axis[0] as number) : (axis ?? (rank === 1 ? 0 : undefined))
    if (typeof along !== 'number') return false
    found.number('axis', along < 0 ? along + rank : along)
    return keepDims || rank === 1
  })
  const reshaped = where(is(Reshape, is(Sum, m)), (step, found) => {
    const reduced = step.inputs[0]!
    const { axis, keepDims } = reduced.gate as Sum
    const rank = rankOf(reduced.inputs[0]!.value)
    if (keepDims || (axis !== -1 && axis !== rank - 1)) return false
    found.number('axis', rank - 1)
    return sameShape((step.value as Tensor).shape, [...(reduced.value as Tensor).shape, 1])
  })
  return either(sum, reshaped)
}

function alongAxis(text: string, type: typeof Softmax | typeof LogSoftmax, matches: Matcher): Pattern {
  return {
    text,
    matches,
    replace({ variables, numbers }) {
      const last = rankOf(variables.x!.value) - 1
      return { gate: new type(numbers.axis === last ? {} : { axis: numbers.axis! }), inputs: [variables.x!] }
    },
  }
}

const logOfSoftmax: Pattern = {
  text: 'log softmax x',
  matches: is(Log, is(Softmax, x)),
  replace: ({ variables, steps }) => ({
    gate: new LogSoftmax({ axis: (steps[1]!.gate as Softmax).axis }),
    inputs: [variables.x!],
  }),
}

const all = (m: Matcher) => where(m, ({ gate }) => (gate as Sum).axis === undefined && !(gate as Sum).keepDims)
const ofRows = where(is(LogSoftmax, x), ({ gate, value }) => {
  const { axis } = gate as LogSoftmax
  return axis === -1 || axis === rankOf(value) - 1
})
const product = where(both(Multiply, ofRows, any('t')), (_, { variables }) => {
  const [logits, targets] = [variables.x!.value, variables.t!.value]
  return logits instanceof Tensor && targets instanceof Tensor && sameShape(logits.shape, targets.shape)
})
const rowSums = where(is(Sum, scaled('factor', product)), ({ gate, inputs }) => {
  const { axis } = gate as Sum
  return axis === -1 || axis === rankOf(inputs[0]!.value) - 1
})
const summed = all(is(Sum, scaled('factor', product)))
// Divides by the number of elements that the mean is taken over.
const averaged = where(all(is(Mean, scaled('factor', either(product, rowSums)))), ({ inputs }, found) => {
  const [of] = inputs
  found.number('count', of!.value instanceof Tensor ? of!.value.size : 1)
  return true
})

const crossEntropy: Pattern = {
  text: '−Σ t·log softmax x',
  matches: where(scaled('factor', either(summed, averaged)), (_, { numbers }) => numbers.factor! < 0),
  replace: ({ variables, numbers }) => ({
    gate: new SoftmaxCrossEntropy({ scale: -numbers.factor! / (numbers.count ?? 1) }),
    inputs: [variables.x!, variables.t!],
  }),
}

const scaledCrossEntropy: Pattern = {
  text: 'a·cross-entropy',
  matches: where(scaled('factor', is(SoftmaxCrossEntropy, x, any('t'))), ({ gate }, { numbers }) => {
    return gate?.constructor !== SoftmaxCrossEntropy && numbers.factor! > 0
  }),
  replace: ({ variables, numbers, steps }) => ({
    gate: new SoftmaxCrossEntropy({ scale: numbers.factor! * (steps.at(-1)!.gate as SoftmaxCrossEntropy).scale }),
    inputs: [variables.x!, variables.t!],
  }),
}

// A product of x [..., in] with W [in, out], or of W [out, in] with a vector x.
function isLayer(step: Step): boolean {
  const [a, b] = step.inputs.map(({ value }) => value) as [Tensor, Tensor]
  return b.rank === 2 || (a.rank === 2 && b.rank === 1)
}

function layerInputs(step: Step): { transposed: boolean; inputs: Step[] } {
  const [a, b] = step.inputs as [Step, Step]
  const transposed = rankOf(b.value) === 1
  return { transposed, inputs: transposed ? [b, a] : [a, b] }
}

const matmul = where(is(MatMul, any('a'), any('b')), isLayer)

const affine: Pattern = {
  text: 'x·W + b',
  matches: where(both(Add, matmul, any('bias')), (step, { variables }) => {
    const bias = variables.bias!.value
    return bias instanceof Tensor && bias.rank === 1 && bias.size === (step.value as Tensor).shape.at(-1)
  }),
  replace({ variables, steps }) {
    const { transposed, inputs } = layerInputs(steps[1]!)
    return { gate: new Affine({ transposed }), inputs: [...inputs, variables.bias!] }
  },
}

const smooth = new Set<unknown>(Object.values(activations))
const activated =
  (m: Matcher): Matcher =>
  (step, found) => {
    if (!smooth.has(step.gate?.constructor) || step.value === undefined) return false
    found.steps.push(step)
    return m(step.inputs[0]!, found)
  }
const bare = where(
  (step, found) => step.gate?.constructor === Affine && found.steps.push(step) > 0,
  ({ gate }) => (gate as Affine).activation === undefined,
)

const activatedAffine: Pattern = {
  text: 'activation(x·W + b)',
  matches: activated(either(bare, matmul)),
  replace({ steps }, root) {
    const activation = again(root.gate!, root.value) as ElementwiseGate
    const inner = steps[1]!
    if (inner.gate instanceof Affine) {
      return { gate: new Affine({ activation, transposed: inner.gate.transposed }), inputs: inner.inputs }
    }
    const { transposed, inputs } = layerInputs(inner)
    return { gate: new Affine({ activation, transposed }), inputs }
  },
}

/** The expressions that are replaced, in the order in which they are tried. */
export const patterns: readonly Pattern[] = [
  elementwise('1/(1 + e^−x)', Sigmoid, over(1, plus(1, expMinusX)), is(Divide, expX, plus(1, expX))),
  sigmoidOfMinus,
  elementwise(
    '(e^x − e^−x)/(e^x + e^−x)',
    Tanh,
    is(Divide, is(Subtract, expX, expMinusX), both(Add, expX, expMinusX)),
    is(Divide, plus(-1, exp2X), plus(1, exp2X)),
    line(-1, 2, is(Sigmoid, times(2, x))),
    line(1, -2, is(Sigmoid, is(Negate, times(2, x)))),
    line(1, -2, is(Sigmoid, times(-2, x))),
    line(1, -1, over(2, plus(1, exp2X))),
  ),
  elementwise('log(1 + e^x)', Softplus, is(Log, plus(1, expX))),
  elementwise('log σ(x)', LogSigmoid, is(Log, is(Sigmoid, x)), times(-1, is(Softplus, times(-1, x)))),
  elementwise('x·σ(x)', SiLU, both(Multiply, x, is(Sigmoid, x))),
  elementwise('x·tanh(log(1 + e^x))', Mish, both(Multiply, x, is(Tanh, is(Softplus, x)))),
  alongAxis('e^x/Σe^x', Softmax, is(Divide, expX, sumAlong(expX))),
  alongAxis('x − log Σe^x', LogSoftmax, is(Subtract, x, is(Log, sumAlong(expX)))),
  logOfSoftmax,
  crossEntropy,
  scaledCrossEntropy,
  affine,
  activatedAffine,
]
