// Layer normalisation as programs wrote it before there was an operator for it, put together again.
import { AddConstant, Sqrt, Square } from '../../../../gates/arithmetic.js'
import { Multiply, Subtract } from '../../../../gates/binary.js'
import type { Gate } from '../../../../gates/gate.js'
import { Mean } from '../../../../gates/reductions.js'
import { LayerNorm } from '../../../../nn/layer-norm.js'
import type { Tensor } from '../../../../tensor/tensor.js'
import type { Assembly } from '../assembly.js'
import type { NodeView } from '../node.js'
import type { Wire } from '../operands.js'
import { nameFor } from './handler.js'

type Class = new (...options: never[]) => Gate

/** What a wire is made of, if a gate of some class makes it. */
function madeBy(a: Assembly, wire: Wire | undefined, type: Class): { gate: Gate; inputs: readonly Wire[] } | undefined {
  const plan = wire && a.planOf(wire)
  return plan?.gate instanceof type ? plan : undefined
}

// What is averaged along the last axis, which stays.
function averaged(a: Assembly, wire: Wire | undefined): Wire | undefined {
  const plan = madeBy(a, wire, Mean)
  const [x] = plan?.inputs ?? []
  const { axis, keepDims } = (plan?.gate ?? {}) as Partial<Mean>
  const last = Array.isArray(axis) && axis.length === 1 && axis[0] === (x?.shape?.length ?? 0) - 1
  return last && keepDims ? x : undefined
}

/** c/√(mean(c²) + ε) with c = x − mean(x), as one layer. */
export function normalised(a: Assembly, n: NodeView, centred: Wire, deviation: Wire): Wire | undefined {
  const shifted = madeBy(a, madeBy(a, deviation, Sqrt)?.inputs[0], AddConstant)
  const squared = averaged(a, shifted?.inputs[0])
  const square = madeBy(a, squared, Square) ?? madeBy(a, squared, Multiply)
  const difference = madeBy(a, centred, Subtract)
  const [x, mean] = difference?.inputs ?? []
  const features = x?.shape?.at(-1)
  const fits = square?.inputs.every(({ id }) => id === centred.id) && x?.id === averaged(a, mean)?.id
  if (!shifted || !fits || !x || !features) return undefined
  const epsilon = (shifted.gate as AddConstant).constants[0]
  if (!(epsilon > 0)) return undefined
  return a.add(nameFor(n), new LayerNorm(features, { epsilon, affine: false, dtype: a.dtype }), [x], x.shape)
}

/** The layer with factors or, once it has them, offsets; undefined if they are none of its. */
export function withAffine(kind: string, layer: LayerNorm, value: Tensor): LayerNorm | undefined {
  const { features, epsilon, dtype, weight, bias } = layer
  if (value.rank !== 1 || value.data.length !== features) return undefined
  const adds = kind === 'Add' && weight !== undefined && bias === undefined
  if (!adds && !(kind === 'Mul' && weight === undefined)) return undefined
  const made = new LayerNorm(features, { epsilon, bias: adds, dtype })
  made.weight!.data.set(adds ? weight!.data : value.data)
  if (adds) made.bias!.data.set(value.data)
  return made
}
