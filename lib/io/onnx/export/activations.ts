// How elementwise gates of one input are written in ONNX. Where a version of the operators lacks one, or runtimes lack it in
// float64, it is written as the formula that it stands for.
import * as activations from '../../../gates/activations.js'
import * as arithmetic from '../../../gates/arithmetic.js'
import type { ElementwiseGate } from '../../../gates/elementwise.js'
import type { Gate } from '../../../gates/gate.js'
import { Clip } from '../../../gates/select.js'
import { float, text, type Writer } from './writer.js'

/** Writes a gate of one input; returns the name of its output. */
export type WriteUnary = (w: Writer, x: string, gate: Gate) => string

function plain(opType: string): WriteUnary {
  return (w, x) => w.node(opType, [x])
}

/** The operator from a version on, in float32; else the formula. */
function native(opType: string, since: number, formula: WriteUnary): WriteUnary {
  return (w, x, gate) => (w.opset >= since && !w.wide ? w.node(opType, [x]) : formula(w, x, gate))
}

function constantOf(gate: Gate): number {
  return (gate as ElementwiseGate).constants[0]
}

function add(w: Writer, a: string, b: string): string {
  return w.node('Add', [a, b])
}
function times(w: Writer, a: string, b: string): string {
  return w.node('Mul', [a, b])
}

// max(x, 0) and min(x, 0)
function positivePart(w: Writer, x: string): string {
  return w.node('Relu', [x])
}
function negativePart(w: Writer, x: string): string {
  return w.node('Min', [x, w.scalar(0)])
}

function clip(w: Writer, x: string, min: number, max: number): string {
  const bound = (value: number) => (Number.isFinite(value) ? w.scalar(value) : '')
  return w.node('Clip', Number.isFinite(max) ? [x, bound(min), bound(max)] : [x, bound(min)])
}

// log(1 + e^−|x|)
function tail(w: Writer, x: string): string {
  const decay = w.node('Exp', [w.node('Neg', [w.node('Abs', [x])])])
  return w.node('Log', [add(w, decay, w.scalar(1))])
}

const softplus: WriteUnary = native('Softplus', 1, (w, x) => add(w, positivePart(w, x), tail(w, x)))

// α(e^min(x, 0) − 1)
function decaying(w: Writer, x: string, alpha: number): string {
  const decay = w.node('Sub', [w.node('Exp', [negativePart(w, x)]), w.scalar(1)])
  return alpha === 1 ? decay : times(w, decay, w.scalar(alpha))
}

/** max(0, x) + α·min(0, x) */
export function leaky(w: Writer, x: string, alpha: string): string {
  return add(w, positivePart(w, x), times(w, negativePart(w, x), alpha))
}

const leakyRelu: WriteUnary = (w, x, gate) => {
  const alpha = constantOf(gate)
  return w.wide ? leaky(w, x, w.scalar(alpha)) : w.node('LeakyRelu', [x], { alpha: float(alpha) })
}

const elu: WriteUnary = (w, x, gate) => {
  const alpha = constantOf(gate)
  if (w.wide) return add(w, positivePart(w, x), decaying(w, x, alpha))
  return w.node('Elu', [x], { alpha: float(alpha) })
}

// Klambauer et al. 2017
const SELU = { alpha: 1.6732632423543772, gamma: 1.0507009873554805 }

const selu: WriteUnary = (w, x) => {
  if (!w.wide) return w.node('Selu', [x], { alpha: float(SELU.alpha), gamma: float(SELU.gamma) })
  return times(w, add(w, positivePart(w, x), decaying(w, x, SELU.alpha)), w.scalar(SELU.gamma))
}

const softsign: WriteUnary = native('Softsign', 1, (w, x) =>
  w.node('Div', [x, add(w, w.node('Abs', [x]), w.scalar(1))]),
)

// x/(1 + e^−x) in float64, which is not taken for an operator that a runtime has in float32 alone.
const silu: WriteUnary = (w, x) => {
  if (!w.wide) return times(w, x, w.node('Sigmoid', [x]))
  return w.node('Div', [x, add(w, w.node('Exp', [w.node('Neg', [x])]), w.scalar(1))])
}

const mish: WriteUnary = native('Mish', 18, (w, x, gate) => times(w, x, w.node('Tanh', [softplus(w, x, gate)])))

const hardSigmoid: WriteUnary = (w, x) => {
  if (!w.wide) return w.node('HardSigmoid', [x], { alpha: float(1 / 6), beta: float(0.5) })
  return clip(w, add(w, w.node('Div', [x, w.scalar(6)]), w.scalar(0.5)), 0, 1)
}

const hardSwish: WriteUnary = native('HardSwish', 14, (w, x, gate) => times(w, x, hardSigmoid(w, x, gate)))

const logSigmoid: WriteUnary = (w, x) => w.node('Sub', [negativePart(w, x), tail(w, x)])

const gelu: WriteUnary = (w, x, gate) => {
  const tanh = (gate as ElementwiseGate).op.name === 'geluTanh'
  if (w.opset >= 20 && !w.wide) return w.node('Gelu', [x], { approximate: text(tanh ? 'tanh' : 'none') })
  const half = times(w, x, w.scalar(0.5))
  return times(w, half, add(w, tanh ? innerTanh(w, x) : errorFunction(w, x), w.scalar(1)))
}

// tanh(√(2/π)(x + 0.044715x³))
function innerTanh(w: Writer, x: string): string {
  const cube = times(w, times(w, x, x), x)
  const sum = add(w, x, times(w, cube, w.scalar(0.044715)))
  return w.node('Tanh', [times(w, sum, w.scalar(Math.sqrt(2 / Math.PI)))])
}

// erf(x/√2); runtimes have it in float32 alone.
function errorFunction(w: Writer, x: string): string {
  const scaled = w.node('Div', [x, w.scalar(Math.SQRT2)])
  if (!w.wide) return w.node('Erf', [scaled])
  return w.cast(w.node('Erf', [w.cast(scaled, 'float32')]), 'float64')
}

/** All elementwise gates of one input, by class. */
export const unaries = new Map<unknown, WriteUnary>([
  [activations.Identity, plain('Identity')],
  [activations.Sigmoid, plain('Sigmoid')],
  [activations.Tanh, plain('Tanh')],
  [activations.HardTanh, (w, x) => clip(w, x, -1, 1)],
  [activations.ReLU, plain('Relu')],
  [activations.LeakyReLU, leakyRelu],
  [activations.ELU, elu],
  [activations.ReLU6, (w, x) => clip(w, x, 0, 6)],
  [activations.SELU, selu],
  [activations.Softplus, softplus],
  [activations.Softsign, softsign],
  [activations.GELU, gelu],
  [activations.SiLU, silu],
  [activations.Mish, mish],
  [activations.HardSigmoid, hardSigmoid],
  [activations.HardSwish, hardSwish],
  [activations.LogSigmoid, logSigmoid],
  [arithmetic.Negate, plain('Neg')],
  [arithmetic.Scale, (w, x, gate) => times(w, x, w.scalar(constantOf(gate)))],
  [arithmetic.AddConstant, (w, x, gate) => add(w, x, w.scalar(constantOf(gate)))],
  [arithmetic.Exp, plain('Exp')],
  [arithmetic.Log, plain('Log')],
  [arithmetic.Reciprocal, plain('Reciprocal')],
  [arithmetic.Sqrt, plain('Sqrt')],
  [arithmetic.Square, (w, x) => times(w, x, x)],
  [arithmetic.Power, (w, x, gate) => w.node('Pow', [x, w.scalar(constantOf(gate))])],
  [arithmetic.Abs, plain('Abs')],
  [arithmetic.Sin, plain('Sin')],
  [arithmetic.Cos, plain('Cos')],
  [Clip, (w, x, gate) => clip(w, x, (gate as Clip).min, (gate as Clip).max)],
])
