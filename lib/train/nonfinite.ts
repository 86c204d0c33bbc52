// Finds where a NaN or infinity came from: the first layer whose parameters or output are not finite.
import { ElementwiseGate } from '../gates/elementwise.js'
import { gateName, type Value } from '../gates/gate.js'
import { native } from '../native/load.js'
import { isTrainable } from '../nn/layer.js'
import type { Model } from '../nn/model.js'
import type { FloatArray } from '../tensor/dtype.js'
import type { Tensor } from '../tensor/tensor.js'

/** `0 (Linear): weight[3] is NaN`, or undefined if every layer is finite for this batch. */
export function locateNonFinite(model: Model, x: Tensor): string | undefined {
  for (const { name, gate, output } of model.trace(x)) {
    const title = `${name} (${gateName(gate)})`
    if (isTrainable(gate)) {
      for (const p of gate.parameters()) {
        const data = p.value.data as FloatArray
        const at = native().firstNonFinite(data)
        if (at >= 0) return `${title}: ${p.name}[${at}] is ${data[at]}`
      }
    }
    const bad = nonFinite(output)
    if (bad !== undefined) {
      const cause = gate instanceof ElementwiseGate ? 'its output' : 'its output, from finite parameters,'
      return `${title}: ${cause} contains ${bad}`
    }
  }
  return undefined
}

function nonFinite(value: Value): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : value
  const data = value.data as FloatArray
  const at = native().firstNonFinite(data)
  return at < 0 ? undefined : data[at]
}
