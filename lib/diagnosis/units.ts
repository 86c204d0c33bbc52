// Findings about the network itself: units that do the same, do nothing or lie flat, layers that add nothing.
import { gateName } from '../gates/gate.js'
import { Linear } from '../nn/linear.js'
import { Tensor } from '../tensor/tensor.js'
import { norm, type Pass, type Trace } from './measure.js'
import { brief, type Finding, type LayerStatistics, percent } from './report.js'
import { deadUnits } from './statistics.js'

/** One kind of finding. `found` are those of the rules before, for findings that follow from others. */
export type Rule = (trace: Trace, layers: readonly LayerStatistics[], found: readonly Finding[]) => Finding[]

// Fewer rows say little about units that never fire.
const ROWS_FOR_DEAD = 16
// Trained networks of ReLUs have dead units, too; half of them are too many.
const DEAD_SHARE = 0.5
// Half the outputs flat; trained tanh units often have a third.
const SATURATED_SHARE = 0.5
// Gradients of equal units, computed in another order, differ by their rounding alone.
const SAME = 1e-5

/** The linear layers, in order. */
export function linearPasses(trace: Trace): Pass[] {
  return trace.passes.filter(({ gate }) => gate instanceof Linear)
}

/** Hidden units with equal weights and equal gradients stay equal for ever. */
export const symmetricUnits: Rule = (trace) =>
  linearPasses(trace)
    .slice(0, -1)
    .flatMap((pass): Finding[] => {
      const units = (pass.gate as Linear).outFeatures
      const largest = largestGroup(pass, units)
      if (largest < 2) return []
      const { weight } = pass.gate as Linear
      const equal = norm(weight.data) === 0 ? 'all weights 0' : 'equal weights'
      return [
        {
          code: 'symmetric-units',
          severity: largest === units ? 'error' : 'warning',
          layer: pass.layer,
          seen: `${largest} of ${units} units have ${equal} and equal gradients (the rows of dW are equal)`,
          why: 'they compute the same function now and after every update: together they can do no more than one unit',
          advice:
            'draw the weights at random around 0, for example with initializer heNormal (ReLU) or xavierNormal (tanh)',
        },
      ]
    })

// The size of the largest group of units whose rows of W, b, dW and db are equal.
function largestGroup({ gate, parameters }: Pass, units: number): number {
  const inputs = (gate as Linear).inFeatures
  const representatives: { unit: number; count: number }[] = []
  const rows = parameters.map(({ parameter, gradient }) => {
    const width = parameter.value.rank === 2 ? inputs : 1
    const scale = norm(gradient) / Math.sqrt(units)
    return { values: parameter.value.data, gradient, width, tolerance: SAME * scale }
  })
  const equal = (a: number, b: number) =>
    rows.every(({ values, gradient, width, tolerance }) => {
      for (let i = 0; i < width; i++) {
        if (values[a * width + i] !== values[b * width + i]) return false
        if (!(Math.abs(gradient[a * width + i]! - gradient[b * width + i]!) <= tolerance)) return false
      }
      return true
    })
  for (let unit = 0; unit < units; unit++) {
    const same = representatives.find((each) => equal(each.unit, unit))
    if (same) same.count++
    else representatives.push({ unit, count: 1 })
  }
  return Math.max(0, ...representatives.map(({ count }) => count))
}

// Gates whose output is an affine function of their input.
const affine = new Set(['Identity', 'Scale', 'Negate', 'AddConstant', 'Flatten', 'Dropout'])

/** Linear layers with nothing between them are one linear layer. */
export const noActivation: Rule = (trace) => {
  const origin = new Map<unknown, Pass>()
  return trace.passes.flatMap((pass): Finding[] => {
    const [input] = pass.inputs
    const before = trace.readers(input!) === 1 ? origin.get(input) : undefined
    if (pass.gate instanceof Linear) origin.set(pass.output, pass)
    else if (before && affine.has(gateName(pass.gate))) origin.set(pass.output, before)
    if (!before || !(pass.gate instanceof Linear)) return []
    return [
      {
        code: 'no-activation',
        severity: 'warning',
        layer: pass.layer,
        seen: `no activation between ${before.layer} and ${pass.layer}`,
        why: 'W2·(W1·x + b1) + b2 is one linear function of x: the two layers can do no more than one',
        advice: `put an activation between them (ReLU, for example), or replace both by one Linear(${(before.gate as Linear).inFeatures}, ${pass.gate.outFeatures}); collapse() does so`,
      },
    ]
  })
}

/** CrossEntropy contains the softmax. */
export const softmaxTwice: Rule = ({ passes, lossName }) => {
  const last = passes.at(-1)
  if (!last || gateName(last.gate) !== 'Softmax' || !/^(Soft)?CrossEntropy/.test(lossName ?? '')) return []
  return [
    {
      code: 'softmax-twice',
      severity: 'warning',
      layer: last.layer,
      seen: `the network ends in a Softmax, and ${lossName} applies another to its output`,
      why: 'a softmax of probabilities is nearly uniform: the loss cannot come near 0, and gradients are small',
      advice: 'let the network end in logits, and apply Softmax to its predictions only',
    },
  ]
}

/** ReLUs that are 0 for every row pass no gradient back. What lies behind a dead layer is not judged. */
export const deadReLUs: Rule = ({ passes }, _layers, found) => {
  const findings: Finding[] = []
  // Inputs that are nearly the same in every row make units that are 0 in every row.
  const alike = found.some(({ code }) => code.startsWith('inputs-'))
  if (found.some(({ code }) => code === 'symmetric-units')) return findings
  for (const pass of passes) {
    const counted = deadUnits(pass)
    const rows = pass.output instanceof Tensor ? pass.output.shape[0]! : 0
    if (!counted || rows < ROWS_FOR_DEAD) continue
    const { dead, units } = counted
    if (dead === 0 || dead < DEAD_SHARE * units || (alike && dead < units)) continue
    findings.push({
      code: 'dead-units',
      severity: dead === units ? 'error' : 'warning',
      layer: pass.layer,
      seen: `${dead} of ${units} units are 0 for each of the ${rows} rows`,
      why: 'the derivative of ReLU is 0 there: no gradient reaches the weights of a dead unit, and it stays dead',
      advice:
        'lower the learning rate, start biases at 0 and weights with heNormal, centre the inputs; or use LeakyReLU or ELU',
    })
    if (dead === units) break
  }
  return findings
}

/** Sigmoids and tanhs at their flat ends pass hardly any gradient back. */
export const saturatedUnits: Rule = ({ passes, loss, chance }, layers) =>
  passes.flatMap(({ layer, output }, i): Finding[] => {
    const share = layers[i]!.saturatedShare
    if (share === null || share < SATURATED_SHARE) return []
    const answersRight = i === passes.length - 1 && chance !== undefined && loss < chance / 2
    if (answersRight) return []
    const count = output instanceof Tensor ? output.size : 1
    return [
      {
        code: 'saturated-units',
        severity: share > 0.9 ? 'error' : 'warning',
        layer,
        seen: `${percent(share)} of the ${count} outputs lie where the derivative is below 5 % of its largest (mean ${brief(layers[i]!.outputMean!)})`,
        why: 'the gradient is multiplied by that derivative: the layers before learn hardly at all',
        advice:
          'scale the inputs to mean 0 and deviation 1, draw smaller weights (xavierNormal), lower the learning rate; or use ReLU',
      },
    ]
  })
