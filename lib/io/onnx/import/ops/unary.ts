// Operators of one input, element by element.
import * as activations from '../../../../gates/activations.js'
import * as arithmetic from '../../../../gates/arithmetic.js'
import { Divide } from '../../../../gates/binary.js'
import type { Gate } from '../../../../gates/gate.js'
import { Clip } from '../../../../gates/select.js'
import { Bind } from '../../../../nn/bind.js'
import type { Assembly } from '../assembly.js'
import type { NodeView } from '../node.js'
import { type Constant, type Operand, scalarOf, type Wire } from '../operands.js'
import { type Handler, nameFor } from './handler.js'

/** Adds a gate of one input that keeps its shape. */
export function apply(a: Assembly, n: NodeView, gate: Gate, x: Operand): Wire | Constant {
  const operand = x.kind === 'constant' ? x : n.asWire(x)
  return a.emit(nameFor(n), gate, [operand], operand.kind === 'constant' ? operand.value.shape : operand.shape)
}

function plain(type: new () => Gate): Handler {
  return (a, n) => apply(a, n, new type(), n.input(0))
}

const leaky: Handler = (a, n) => apply(a, n, new activations.LeakyReLU({ alpha: n.float('alpha', 0.01) }), n.input(0))
const elu: Handler = (a, n) => apply(a, n, new activations.ELU({ alpha: n.float('alpha', 1) }), n.input(0))

/** a·x, merged with a factor before it. */
export function scaled(a: Assembly, n: NodeView, x: Wire, factor: number): Wire {
  const plan = a.onlyFor(x)
  if (plan?.gate instanceof arithmetic.Scale) {
    const both = plan.gate.constants[0] * factor
    return both === 1 ? plan.inputs[0]! : a.replace(x, new arithmetic.Scale(both))
  }
  return factor === 1 ? x : (apply(a, n, new arithmetic.Scale(factor), x) as Wire)
}

// Version 1 had the constants of the paper with fewer digits.
const SELU = { alpha: 1.6732632423543772, gamma: 1.0507009873554805 }
const selu: Handler = (a, n) => {
  const [alpha, gamma] = [n.float('alpha', SELU.alpha), n.float('gamma', SELU.gamma)]
  const close = (value: number, to: number) => Math.abs(value - to) < 1e-4
  if (close(alpha, SELU.alpha) && close(gamma, SELU.gamma)) return apply(a, n, new activations.SELU(), n.input(0))
  return apply(a, n, new arithmetic.Scale(gamma), apply(a, n, new activations.ELU({ alpha }), n.input(0)))
}

// max(0, x) + min(0, α(e^(x/α) − 1))
const celu: Handler = (a, n) => {
  const alpha = n.float('alpha', 1)
  if (alpha === 1) return apply(a, n, new activations.ELU(), n.input(0))
  const inner = apply(a, n, new activations.ELU(), apply(a, n, new arithmetic.Scale(1 / alpha), n.input(0)))
  return apply(a, n, new arithmetic.Scale(alpha), inner)
}

const hardSigmoid: Handler = (a, n) => {
  const [alpha, beta] = [n.float('alpha', 0.2), n.float('beta', 0.5)]
  if (Math.abs(alpha - 1 / 6) < 1e-7 && beta === 0.5) return apply(a, n, new activations.HardSigmoid(), n.input(0))
  const line = apply(a, n, new arithmetic.AddConstant(beta), apply(a, n, new arithmetic.Scale(alpha), n.input(0)))
  return apply(a, n, new Clip({ min: 0, max: 1 }), line)
}

const gelu: Handler = (a, n) => {
  const approximate = n.text('approximate', 'none')
  if (approximate !== 'none' && approximate !== 'tanh') n.refuse('approximate none or tanh', approximate)
  return apply(a, n, new activations.GELU({ approximate: approximate as 'none' | 'tanh' }), n.input(0))
}

const swish: Handler = (a, n) => {
  const alpha = n.float('alpha', 1)
  if (alpha === 1) return apply(a, n, new activations.SiLU(), n.input(0))
  const inner = apply(a, n, new activations.SiLU(), apply(a, n, new arithmetic.Scale(alpha), n.input(0)))
  return apply(a, n, new arithmetic.Scale(1 / alpha), inner)
}

const clip: Handler = (a, n) => {
  const bound = (name: string, i: number): number | undefined => {
    if (n.version < 11) return n.has(name) ? n.float(name, 0) : undefined
    const operand = n.optional(i)
    return operand === undefined
      ? undefined
      : (scalarOf(operand) ?? n.refuse(`a constant number as ${name}`, 'another'))
  }
  const [min, max] = [bound('min', 1), bound('max', 2)]
  return apply(a, n, clipGate(min, max), n.input(0))
}

/** The gate that cuts off, by its name where it has one. */
export function clipGate(min: number | undefined, max: number | undefined): Gate {
  if (min === undefined && max === undefined) return new activations.Identity()
  if (min === -1 && max === 1) return new activations.HardTanh()
  if (min === 0 && max === 6) return new activations.ReLU6()
  if (min === 0 && max === undefined) return new activations.ReLU()
  return new Clip({ ...(min !== undefined && { min }), ...(max !== undefined && { max }) })
}

// erf(x/√2), which GELU is made of.
const erf: Handler = (a, n) => {
  const wire = n.wire(0)
  const plan = a.planOf(wire)
  const factor =
    plan?.gate instanceof arithmetic.Scale
      ? plan.gate.constants[0]
      : plan?.gate instanceof Bind && plan.gate.gate instanceof Divide && plan.gate.value.data.length === 1
        ? 1 / plan.gate.value.data[0]!
        : 0
  if (Math.abs(factor * Math.SQRT2 - 1) > 1e-6) n.refuse('an operator that is known', 'Erf of other than x/√2')
  return { kind: 'erf', x: plan!.inputs[0]!, factor: 1, shift: 0 }
}

/** By name of the operator. */
export const unaryHandlers: Readonly<Record<string, Handler>> = {
  Identity: (_, n) => n.input(0),
  Relu: plain(activations.ReLU),
  Sigmoid: plain(activations.Sigmoid),
  Tanh: plain(activations.Tanh),
  Softplus: plain(activations.Softplus),
  Softsign: plain(activations.Softsign),
  HardSwish: plain(activations.HardSwish),
  Mish: plain(activations.Mish),
  Exp: plain(arithmetic.Exp),
  Log: plain(arithmetic.Log),
  Neg: plain(arithmetic.Negate),
  Sqrt: plain(arithmetic.Sqrt),
  Reciprocal: plain(arithmetic.Reciprocal),
  Abs: plain(arithmetic.Abs),
  Sin: plain(arithmetic.Sin),
  Cos: plain(arithmetic.Cos),
  LeakyRelu: leaky,
  Elu: elu,
  Selu: selu,
  Celu: celu,
  HardSigmoid: hardSigmoid,
  Gelu: gelu,
  Swish: swish,
  Clip: clip,
  Erf: erf,
}
