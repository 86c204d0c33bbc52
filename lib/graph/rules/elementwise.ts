// Derivatives of the elementwise gates of one input, in graph operations.
import * as activations from '../../gates/activations.js'
import * as arithmetic from '../../gates/arithmetic.js'
import { Multiply } from '../../gates/binary.js'
import type { ElementwiseGate } from '../../gates/elementwise.js'
import type { Value } from '../../gates/gate.js'
import { allocate, type FloatDType } from '../../tensor/dtype.js'
import { Tensor } from '../../tensor/tensor.js'
import type { Variable } from '../variable.js'
import { type Entry, entry, type GateClass } from './rule.js'
import { type Curvature, Slope, slopeAt } from './slope.js'

// Multiplies with a constant, which need not be finite.
function scaled(x: Variable, constant: Value): Variable {
  return x.apply(new Multiply(), constant)
}

/** A constant made of a variable's elements, for places where the derivative changes its formula. */
export function map(x: Value, f: (v: number) => number): Value {
  if (typeof x === 'number') return f(x)
  const out = allocate(x.dtype as FloatDType, x.data.length)
  for (let i = 0; i < out.length; i++) out[i] = f(x.data[i]!)
  return new Tensor(out, x.shape)
}

// Gates whose slope is constant wherever it exists.
function pieces(type: GateClass<ElementwiseGate>): Entry {
  return entry(type, (dy, [x], y, gate) => [() => scaled(dy, slopeAt(gate, x!.value, y.value))])
}

function curved(type: GateClass<ElementwiseGate>, curvature: Curvature): Entry {
  return entry(type, (dy, [x], y, gate) => [() => dy.mul(x!.apply(new Slope(gate, x!, y, curvature)))])
}

// a·e^z where z < 0, else 0
function leftExponential(z: Variable, a: number): Variable {
  return scaled(
    z.min(0).exp(),
    map(z.value, (v) => (v < 0 ? a : 0)),
  )
}

const SELU_SCALE = 1.0507009873554805 * 1.6732632423543772 // λα, as in the native table
const [GELU_C0, GELU_C1] = [1.5957691216057308, 0.07135481627260025] as const // 2√(2/π), and 0.044715 times it

function geluCurvature(z: Variable, gate: ElementwiseGate): Variable {
  if (gate.op.name === 'gelu') {
    // Φ + zφ has the derivative (2 − z²)φ; beyond ±40 φ is 0
    const square = z.max(-40).min(40).square()
    return square
      .mul(-0.5)
      .exp()
      .mul(1 / Math.sqrt(2 * Math.PI))
      .mul(square.neg().add(2))
  }
  // with v = c0·z + c1·z³ and s = σ(v): (z·s)″ = s(1 − s)·(2v′ + z·v″ + z·v′²(1 − 2s))
  const square = z.square()
  const s = square.mul(GELU_C1).add(GELU_C0).mul(z).sigmoid()
  const [dv, ddv] = [square.mul(3 * GELU_C1).add(GELU_C0), z.mul(6 * GELU_C1)]
  const inner = dv.mul(2).add(z.mul(ddv.add(dv.square().mul(s.mul(-2).add(1)))))
  return s.mul(s.neg().add(1)).mul(inner)
}

// with t = tanh(softplus z), s = σ(z): t′ = (1 − t²)s, t″ = −2t·t′·s + t′(1 − s), (z·t)″ = 2t′ + z·t″
function mishCurvature(z: Variable): Variable {
  const [t, s] = [z.softplus().tanh(), z.sigmoid()]
  const dt = t.square().neg().add(1).mul(s)
  const ddt = dt.mul(s.neg().add(1).sub(t.mul(s).mul(2)))
  return dt.mul(2).add(z.mul(ddt))
}

function sigmoidSlope(z: Variable): Variable {
  const s = z.sigmoid()
  return s.mul(s.neg().add(1))
}

export const elementwiseRules: readonly Entry[] = [
  pieces(activations.Identity),
  pieces(activations.HardTanh),
  pieces(activations.ReLU),
  pieces(activations.LeakyReLU),
  pieces(activations.ReLU6),
  pieces(activations.HardSigmoid),
  pieces(arithmetic.Abs),

  entry(activations.Sigmoid, (dy, _, y) => [() => dy.mul(y.mul(y.neg().add(1)))]),
  entry(activations.Tanh, (dy, _, y) => [() => dy.mul(y.square().neg().add(1))]),
  curved(activations.ELU, (z, gate) => leftExponential(z, gate.constants[0])),
  curved(activations.SELU, (z) => leftExponential(z, SELU_SCALE)),
  curved(activations.Softplus, sigmoidSlope),
  curved(activations.LogSigmoid, (z) => sigmoidSlope(z).neg()),
  // (1 + |z|)⁻² has the derivative −2·sign z·(1 + |z|)⁻³
  curved(activations.Softsign, (z) =>
    scaled(
      z.abs().add(1).pow(-3),
      map(z.value, (v) => -2 * Math.sign(v)),
    ),
  ),
  curved(activations.GELU, geluCurvature),
  // σ + zσ(1 − σ) has the derivative σ(1 − σ)(2 + z(1 − 2σ))
  curved(activations.SiLU, (z) => sigmoidSlope(z).mul(z.mul(z.sigmoid().mul(-2).add(1)).add(2))),
  curved(activations.Mish, mishCurvature),
  // (2z + 3)/6 within (−3, 3)
  curved(activations.HardSwish, (z) => map(z.value, (v) => (Math.abs(v) < 3 ? 1 / 3 : 0))),

  entry(arithmetic.Negate, (dy) => [() => dy.neg()]),
  entry(arithmetic.Scale, (dy, _inputs, _y, gate) => [() => dy.mul(gate.constants[0])]),
  entry(arithmetic.AddConstant, (dy) => [() => dy]),
  entry(arithmetic.Exp, (dy, _, y) => [() => dy.mul(y)]),
  entry(arithmetic.Log, (dy, [x]) => [() => dy.div(x!)]),
  entry(arithmetic.Reciprocal, (dy, _, y) => [() => dy.mul(y.square()).neg()]),
  entry(arithmetic.Sqrt, (dy, _, y) => [() => dy.div(y.mul(2))]),
  entry(arithmetic.Square, (dy, [x]) => [() => dy.mul(x!).mul(2)]),
  entry(arithmetic.Power, (dy, [x], _y, gate) => [() => powerGradient(dy, x!, gate.constants[0])]),
  entry(arithmetic.Sin, (dy, [x]) => [() => dy.mul(x!.cos())]),
  entry(arithmetic.Cos, (dy, [x]) => [() => dy.mul(x!.sin()).neg()]),
]

// p·x^(p − 1)·dy, without powers of 0 that the factor 0 cannot undo
function powerGradient(dy: Variable, x: Variable, p: number): Variable {
  if (p === 0) return scaled(dy, 0)
  if (p === 1) return dy
  return dy.mul(p === 2 ? x.mul(2) : x.pow(p - 1).mul(p))
}
