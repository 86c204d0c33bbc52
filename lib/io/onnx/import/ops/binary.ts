// Operators of two or more inputs, element by element.
import * as activations from '../../../../gates/activations.js'
import { AddConstant, Negate, Power, Reciprocal, Scale, Sqrt, Square } from '../../../../gates/arithmetic.js'
import { Add, Divide, Maximum, Minimum, Multiply, Pow, Subtract } from '../../../../gates/binary.js'
import type { Gate } from '../../../../gates/gate.js'
import { Where } from '../../../../gates/select.js'
import { LayerNorm } from '../../../../nn/layer-norm.js'
import { Linear } from '../../../../nn/linear.js'
import type { Tensor } from '../../../../tensor/tensor.js'
import type { Assembly } from '../assembly.js'
import type { NodeView } from '../node.js'
import { broadcast, type Constant, type ErrorFunction, type Operand, scalarOf, type Wire } from '../operands.js'
import { bind, shapeOf } from './bound.js'
import { type Handler, nameFor } from './handler.js'
import { normalised, withAffine } from './normal.js'
import { withBias } from './products.js'
import { unsqueezed } from './shapes.js'
import { apply, clipGate, scaled } from './unary.js'

const gates = { Add, Sub: Subtract, Mul: Multiply, Div: Divide, Pow, Max: Maximum, Min: Minimum } as const
type Kind = keyof typeof gates

/** x ∘ y, whichever of them are constants. */
function combine(a: Assembly, n: NodeView, kind: Kind, x: Operand, y: Operand): Operand {
  if (x.kind === 'erf') return withErrorFunction(a, n, kind, x, y)
  if (y.kind === 'erf') return withErrorFunction(a, n, kind, y, x)
  if (x.kind === 'constant' && y.kind === 'constant') return ofConstants(a, n, kind, x, y)
  if (x.kind === 'constant') return bound(a, n, kind, x, n.asWire(y), 0)
  if (y.kind === 'constant') return bound(a, n, kind, y, n.asWire(x), 1)
  const [left, right] = [n.asWire(x), n.asWire(y)]
  const fused =
    kind === 'Mul'
      ? (gated(a, left, right) ?? gated(a, right, left))
      : kind === 'Div'
        ? normalised(a, n, left, right)
        : undefined
  return fused ?? a.emit(nameFor(n), new gates[kind](), [left, right], broadcast(left.shape, right.shape))
}

function ofConstants(a: Assembly, n: NodeView, kind: Kind, x: Constant, y: Constant): Constant {
  const made = a.emit(nameFor(n), new gates[kind](), [x, y], broadcast(x.value.shape, y.value.shape)) as Constant
  if (kind === 'Div' && made.integer)
    made.value.data.forEach((value, i, data) => {
      data[i] = Math.trunc(value)
    })
  return made
}

/** x·f(x) for the gates f of which there is a gate for the product. */
function gated(a: Assembly, x: Wire, product: Wire): Wire | undefined {
  const plan = a.onlyFor(product)
  if (!plan) return undefined
  const [from] = plan.inputs
  const { gate } = plan
  if (from?.id === x.id && gate instanceof activations.Sigmoid) return a.replace(product, new activations.SiLU())
  if (from?.id === x.id && gate instanceof activations.HardSigmoid)
    return a.replace(product, new activations.HardSwish())
  const inner = gate instanceof activations.Tanh ? a.onlyFor(from!) : undefined
  if (!(inner?.gate instanceof activations.Softplus) || inner.inputs[0]!.id !== x.id) return undefined
  return a.replace(product, new activations.Mish(), inner.inputs)
}

/** x ∘ c for `position` 1, c ∘ x for 0. */
function bound(a: Assembly, n: NodeView, kind: Kind, constant: Constant, x: Wire, position: 0 | 1): Operand {
  const shape = broadcast(shapeOf(constant), x.shape)
  const rank = constant.value.rank
  const c =
    rank === 0 || (x.shape !== undefined && rank <= x.shape.length) || rank === 1 ? scalarOf(constant) : undefined
  const simple =
    c !== undefined && Number.isFinite(c) && !(a.trained && rank > 0)
      ? withNumber(a, n, kind, x, c, position)
      : undefined
  if (simple) return simple
  const value = a.numbers(constant)
  const layer = merged(kind, a.onlyFor(x)?.gate, value)
  if (layer) return a.replace(x, layer)
  return bind(a, n, new gates[kind](), value, x, position, shape)
}

// A layer that takes the constant as a parameter of its own.
function merged(kind: Kind, gate: Gate | undefined, value: Tensor): Gate | undefined {
  if (gate instanceof Linear && kind === 'Add') return withBias(gate, value)
  return gate instanceof LayerNorm ? withAffine(kind, gate, value) : undefined
}

function withNumber(a: Assembly, n: NodeView, kind: Kind, x: Wire, c: number, position: 0 | 1): Operand | undefined {
  const unary = (gate: Gate) => apply(a, n, gate, x)
  switch (kind) {
    case 'Add':
      return unary(new AddConstant(c))
    case 'Sub':
      return position === 1 ? unary(new AddConstant(-c)) : apply(a, n, new AddConstant(c), unary(new Negate()))
    case 'Mul':
      return scaled(a, n, x, c)
    case 'Div':
      return position === 0 && c === 1 ? unary(new Reciprocal()) : undefined
    case 'Pow':
      return position === 0 ? undefined : unary(c === 2 ? new Square() : c === 0.5 ? new Sqrt() : new Power(c))
    case 'Max':
      return unary(clipGate(c, undefined))
    case 'Min':
      return unary(clipGate(undefined, c))
  }
}

// ½x(1 + erf(x/√2)), its factors in any order.
function withErrorFunction(a: Assembly, n: NodeView, kind: Kind, e: ErrorFunction, other: Operand): Operand {
  const number = scalarOf(other)
  if (kind === 'Add' && number === 1 && e.shift === 0 && e.factor === 1) return { ...e, shift: 1 }
  if (kind === 'Mul' && number !== undefined && e.shift === 1) return { ...e, factor: e.factor * number }
  if (kind === 'Div' && number !== undefined && e.shift === 1) return { ...e, factor: e.factor / number }
  if (kind === 'Mul' && other.kind === 'wire' && e.shift === 1) {
    const plan = a.planOf(other)
    const before =
      other.id === e.x.id
        ? 1
        : plan?.gate instanceof Scale && plan.inputs[0]!.id === e.x.id
          ? plan.gate.constants[0]
          : 0
    if (before !== 0) return scaled(a, n, apply(a, n, new activations.GELU(), e.x) as Wire, 2 * e.factor * before)
  }
  return n.asWire(e)
}

function pair(kind: Kind): Handler {
  return (a, n) => {
    const [x, y] = [n.input(0), n.input(1)]
    return combine(a, n, kind, x, n.version < 7 ? aligned(a, n, x, y) : y)
  }
}

// Before version 7 the second operand was aligned to the first at an axis.
function aligned(a: Assembly, n: NodeView, x: Operand, y: Operand): Operand {
  const axis = n.int('axis', -1)
  if (n.int('broadcast', 0) === 0 || axis < 0) return y
  const [left, right] = [x, y].map((each) => (each.kind === 'constant' ? each : n.asWire(each))) as [
    Wire | Constant,
    Wire | Constant,
  ]
  const [outer, inner] = [shapeOf(left)?.length, shapeOf(right)?.length]
  if (outer === undefined || inner === undefined) return n.refuse('operands whose numbers of axes are known', 'others')
  const missing = outer - axis - inner
  if (missing < 0) return n.refuse(`an axis that leaves room for ${inner} axes`, String(axis))
  return unsqueezed(
    a,
    n,
    right,
    Array.from({ length: missing }, (_, i) => inner + i),
  )
}

function several(kind: Kind): Handler {
  return (a, n) => {
    let value = n.input(0)
    for (let i = 1; i < n.count; i++) value = combine(a, n, kind, value, n.input(i))
    return value
  }
}

const mean: Handler = (a, n) => {
  const sum = several('Add')(a, n) as Operand
  return combine(a, n, 'Mul', sum, a.constant(1 / n.count))
}

const where: Handler = (a, n) => {
  const condition = n.constant(0).value
  const [x, y] = [n.input(1), n.input(2)]
  const gate = new Where(condition)
  const fixed = [x, y].map((each) => (each.kind === 'constant' ? each : n.asWire(each)))
  const shape = broadcast(broadcast(condition.shape, shapeOf(fixed[0]!)), shapeOf(fixed[1]!))
  return a.emit(nameFor(n), gate, fixed, shape)
}

/** By name of the operator. */
export const binaryHandlers: Readonly<Record<string, Handler>> = {
  Add: pair('Add'),
  Sub: pair('Sub'),
  Mul: pair('Mul'),
  Div: pair('Div'),
  Pow: pair('Pow'),
  Max: several('Max'),
  Min: several('Min'),
  Sum: several('Add'),
  Mean: mean,
  Where: where,
}
