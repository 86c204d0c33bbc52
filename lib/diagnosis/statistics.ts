// The numbers of one gate on the batch: how its output lies, how much of it is dead or saturated, how large its gradients are.
import { ElementwiseGate } from '../gates/elementwise.js'
import type { Gate, Value } from '../gates/gate.js'
import { Tensor } from '../tensor/tensor.js'
import { norm, type Pass } from './measure.js'
import type { LayerStatistics } from './report.js'

// Derivatives below this part of their largest count as flat.
const FLAT = 0.05

// Whether an output of these gates lies where the derivative is nearly or exactly 0.
const flat: Readonly<Record<string, (y: number) => boolean>> = {
  sigmoid: (y) => 4 * y * (1 - y) < FLAT,
  tanh: (y) => 1 - y * y < FLAT,
  softsign: (y) => (1 - Math.abs(y)) ** 2 < FLAT,
  hardTanh: (y) => Math.abs(y) >= 1,
  hardSigmoid: (y) => y <= 0 || y >= 1,
}
const cutting = new Set(['relu', 'relu6'])

function opOf(gate: Gate): string {
  return gate instanceof ElementwiseGate ? gate.op.name : ''
}

function elements(value: Value | undefined): ArrayLike<number> {
  return value instanceof Tensor ? value.data : value === undefined ? [] : [value]
}

/** Units of a gate, elements of the last axis, whose output is 0 for every row; undefined for gates that do not cut off. */
export function deadUnits({ gate, output }: Pass): { dead: number; units: number } | undefined {
  if (!cutting.has(opOf(gate)) || !(output instanceof Tensor) || output.rank < 2) return undefined
  const units = output.shape[output.rank - 1]!
  const alive = new Uint8Array(units)
  for (let i = 0; i < output.data.length; i++) if (output.data[i] !== 0) alive[i % units] = 1
  return { dead: units - alive.reduce((a, b) => a + b, 0), units }
}

function saturatedShare({ gate, output }: Pass): number | null {
  const test = flat[opOf(gate)]
  const values = elements(output)
  if (!test || values.length === 0) return null
  let count = 0
  for (let i = 0; i < values.length; i++) if (test(values[i]!)) count++
  return count / values.length
}

/** Mean and standard deviation. */
export function moments(values: ArrayLike<number>): { mean: number; std: number } {
  let mean = 0
  for (let i = 0; i < values.length; i++) mean += values[i]! / values.length
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2
  return { mean, std: Math.sqrt(squares / values.length) }
}

/** The statistics of one gate. */
export function statisticsOf(pass: Pass): LayerStatistics {
  const values = elements(pass.output)
  const { mean, std } = moments(values)
  const units = deadUnits(pass)
  const { parameters } = pass
  const weights = parameters.map(({ parameter }) => norm(parameter.value.data))
  const ratios = parameters.flatMap(({ parameter, updateRatio }) =>
    updateRatio === undefined || parameter.value.rank < 2 ? [] : [updateRatio],
  )
  return {
    layer: pass.layer,
    outputMean: values.length === 0 ? null : mean,
    outputStd: values.length === 0 ? null : std,
    deadShare: units && units.units > 0 ? units.dead / units.units : null,
    saturatedShare: saturatedShare(pass),
    gradientNorm: pass.upstream === undefined ? null : norm(elements(pass.upstream)),
    weightNorm: parameters.length === 0 ? null : norm(weights),
    weightGradientNorm: parameters.length === 0 ? null : norm(parameters.map(({ gradient }) => norm(gradient))),
    updateRatio: ratios.length === 0 ? null : Math.max(...ratios),
  }
}
