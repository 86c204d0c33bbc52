// Where gates have no derivative, or one that jumps: differences say nothing there.

import { watching } from '../../lib/gates/watch.js'
import { type Gate, Tensor, type Value } from '../../lib/index.js'
import { numbers } from '../support.js'

/** Inputs of gates at which their first or second derivative jumps. */
export const kinks: Readonly<Record<string, readonly number[]>> = {
  Abs: [0],
  ReLU: [0],
  LeakyReLU: [0],
  ReLU6: [0, 6],
  ELU: [0],
  SELU: [0],
  PReLU: [0],
  Softsign: [0],
  HardTanh: [-1, 1],
  HardSigmoid: [-3, 3],
  HardSwish: [-3, 3],
}

const MARGIN = 1e-3

function isNear(gate: Gate, inputs: readonly Value[]): boolean {
  const name = gate.constructor.name
  const near = (x: number, y: number) => Math.abs(x - y) < MARGIN
  if (name === 'Clip') {
    const { min, max } = gate as { min?: number; max?: number }
    return numbers(inputs[0]).some((x) => near(x, min ?? Number.NaN) || near(x, max ?? Number.NaN))
  }
  if (name === 'Maximum' || name === 'Minimum') return closest(inputs[0]!, inputs[1]!) < MARGIN
  if (name === 'Max' || name === 'Min') {
    const sorted = numbers(inputs[0]).sort((a, b) => a - b)
    return sorted.some((x, i) => i > 0 && near(x, sorted[i - 1]!))
  }
  const places = kinks[name]
  return places !== undefined && numbers(inputs[0]).some((x) => places.some((place) => near(x, place)))
}

// The smallest distance of any two elements, whichever they meet by broadcasting.
function closest(a: Value, b: Value): number {
  let least = Number.POSITIVE_INFINITY
  for (const x of numbers(a)) for (const y of numbers(b)) least = Math.min(least, Math.abs(x - y))
  return least
}

/** Whether nothing that f computes comes near a kink, and all of it stays below `most` and is finite. */
export function isSmooth(f: () => unknown, most = 50): boolean {
  let smooth = true
  const forward = (gate: Gate, inputs: readonly Value[], output: Value) => {
    const isIndex = inputs[0] instanceof Tensor && inputs[0].dtype === 'int32'
    if (!isIndex && isNear(gate, inputs)) smooth = false
    if (!numbers(output).every((x) => Math.abs(x) < most)) smooth = false
  }
  watching({ forward, backward() {} }, f)
  return smooth
}
