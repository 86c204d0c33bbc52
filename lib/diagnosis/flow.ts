// Findings about what flows through the network: inputs, loss, gradients, updates.
import type { Tensor } from '../tensor/tensor.js'
import type { Trace } from './measure.js'
import { brief, type Finding } from './report.js'
import { moments } from './statistics.js'
import { linearPasses, type Rule } from './units.js'

// Gradient norms of the first and last linear layer; 0.25 per sigmoid layer reaches this after five.
const VANISHING = 1e-3
const EXPLODING = 1e3
// A column whose mean is this many deviations away from 0 is not centred: bytes scaled to [0, 1] have less than 2.
const OFF_CENTRE = 3
const LARGE_INPUT = 10
const SMALL_INPUT = 0.01
// Updates of a thousandth of the weights are usual; more than a tenth is suspect, more than their own size is wild.
const HIGH_UPDATE = 0.1
const WILD_UPDATE = 1
const LOW_UPDATE = 1e-5

/** NaN and infinity, where they come up first. */
export const nonFinite: Rule = ({ loss, passes }, layers) => {
  const at = layers.findIndex(
    ({ outputMean, weightNorm }) => !Number.isFinite(outputMean ?? 0) || !Number.isFinite(weightNorm ?? 0),
  )
  if (at < 0 && Number.isFinite(loss)) return []
  const weights = at >= 0 && !Number.isFinite(layers[at]!.weightNorm ?? 0)
  const place = at < 0 ? `the loss is ${loss}` : `${weights ? 'parameters' : 'outputs'} of ${passes[at]!.layer}`
  return [
    {
      code: 'non-finite',
      severity: 'error',
      layer: at < 0 ? null : passes[at]!.layer,
      seen: at < 0 ? place : `NaN or infinity in the ${place}`,
      why: 'every number that is computed from it, and every parameter after one update, is NaN as well',
      advice: 'lower the learning rate, check the inputs for missing values, scale them to mean 0 and deviation 1',
    },
  ]
}

/** Gradients that shrink or grow from layer to layer on their way back. */
export const gradientFlow: Rule = (trace, layers, found) => {
  const linear = linearPasses(trace).map((pass) => layers[trace.passes.indexOf(pass)]!)
  const last = linear.at(-1)
  const explained = found.some(
    ({ code, severity }) => severity === 'error' && ['symmetric-units', 'dead-units', 'non-finite'].includes(code),
  )
  if (linear.length < 2 || !last?.gradientNorm || explained) return []
  const norms = linear.map(({ gradientNorm }) => gradientNorm ?? Number.NaN)
  const [least, most] = [Math.min(...norms), Math.max(...norms)]
  const list =
    norms.length > 8 ? [...norms.slice(0, 4).map(brief), '…', ...norms.slice(-3).map(brief)] : norms.map(brief)
  const seen = `‖gradient‖ at the outputs of the linear layers, first to last: ${list.join(', ')}`
  if (least < VANISHING * last.gradientNorm) {
    return [
      {
        code: 'vanishing-gradient',
        severity: least < 1e-6 * last.gradientNorm ? 'error' : 'warning',
        layer: linear[norms.indexOf(least)]!.layer,
        seen,
        why: 'going back, every layer multiplies the gradient by its weights and derivatives: the first layers learn much slower than the last, or not at all',
        advice:
          'use ReLU with heNormal or tanh with xavierNormal, fewer layers, normalisation, or residual connections',
      },
    ]
  }
  if (most <= EXPLODING * last.gradientNorm) return []
  return [
    {
      code: 'exploding-gradient',
      severity: most > 1e6 * last.gradientNorm ? 'error' : 'warning',
      layer: linear[norms.indexOf(most)]!.layer,
      seen,
      why: 'going back, every layer multiplies the gradient by its weights: one update throws the first layers far off',
      advice: 'draw smaller weights (heNormal, xavierNormal), clip the norm of the gradient, add normalisation',
    },
  ]
}

/** Columns of the inputs far from mean 0 and deviation 1. */
export const inputColumns: Rule = ({ x }) => {
  if (x.dtype === 'int32') return []
  const columns = columnMoments(x)
  const varied = columns.filter(({ std }) => std > 1e-6)
  const size = ({ mean, std }: { mean: number; std: number }) => Math.hypot(mean, std)
  const off = varied.filter(({ mean, std }) => Math.abs(mean) > OFF_CENTRE * std)
  const large = columns.filter((column) => size(column) > LARGE_INPUT)
  const allSmall = varied.length > 0 && columns.every((column) => size(column) < SMALL_INPUT)
  const findings: Finding[] = []
  if (off.length > 0) {
    const worst = off.reduce((a, b) => (Math.abs(a.mean) / a.std > Math.abs(b.mean) / b.std ? a : b))
    findings.push({
      code: 'inputs-not-centred',
      severity: 'warning',
      layer: null,
      seen: `${off.length} of ${columns.length} inputs lie far from 0 on one side: column ${worst.column} has mean ${brief(worst.mean)}, deviation ${brief(worst.std)}`,
      why: 'inputs of one sign push all weights of a unit in the same direction: training zigzags, and what varies is small beside what is constant',
      advice: 'subtract the mean of every column, as found on the training data',
    })
  }
  if (large.length > 0 || allSmall) {
    const worst = (large.length > 0 ? large : columns).reduce((a, b) => (size(a) > size(b) ? a : b))
    const what = large.length > 0 ? `${large.length} of ${columns.length} inputs are large` : 'all inputs are tiny'
    findings.push({
      code: 'inputs-not-scaled',
      severity: 'warning',
      layer: null,
      seen: `${what}: column ${worst.column} has mean ${brief(worst.mean)}, deviation ${brief(worst.std)}`,
      why: 'initial weights and usual learning rates expect inputs of about 1: others saturate units and make steps too long for some weights, too short for the rest',
      advice: 'divide every column by its deviation, as found on the training data (bytes of pixels: scale 1/255)',
    })
  }
  return findings
}

function columnMoments(x: Tensor): { column: number; mean: number; std: number }[] {
  const rows = x.shape[0]!
  const width = x.size / rows
  return Array.from({ length: width }, (_, column) => {
    const values = Float64Array.from({ length: rows }, (_, row) => x.data[row * width + column]!)
    return { column, ...moments(values) }
  })
}

/** A loss far from what guessing gives. `start`: the model is not trained yet. */
export function lossAtStart(start: boolean): Rule {
  return ({ y, output, loss, chance }) => {
    if (chance === undefined || !Number.isFinite(loss)) return []
    const labelled = y.dtype === 'int32'
    const classes = (output as Tensor).shape.at(-1)
    const even = Math.log(classes!)
    const formula = Math.abs(chance - even) < 1e-3 * even ? ` (ln ${classes} = ${even.toFixed(3)})` : ''
    const guess = labelled
      ? `guessing among ${classes} classes gives ${brief(chance)}${formula}`
      : `the best constant answer has ${brief(chance)}`
    const limit = labelled ? 1.5 * chance + 1 : 5 * chance
    if (loss > limit) {
      return [
        {
          code: 'loss-above-chance',
          severity: 'warning',
          layer: null,
          seen: `loss ${brief(loss)}; ${guess}`,
          why: 'the network is certain of wrong answers: the first steps of training only undo that, or training has gone astray',
          advice: labelled
            ? 'before training: draw smaller weights for the last layer, scale the inputs; in training: lower the learning rate'
            : 'scale the targets to mean 0 and deviation 1, or start the last bias at their mean; in training: lower the learning rate',
        },
      ]
    }
    if (!start || loss > chance / 2) return []
    return [
      {
        code: 'loss-below-chance',
        severity: 'note',
        layer: null,
        seen: `loss ${brief(loss)} before any training; ${guess}`,
        why: 'a network that has seen nothing cannot know so much',
        advice: 'check that the inputs do not contain the targets; if the model is trained already, all is well',
      },
    ]
  }
}

/** Updates much too large or too small for the weights they change. */
export const learningRate: Rule = ({ loss, lossAfter, chance }: Trace, layers, found) => {
  const known = layers.filter((layer) => layer.updateRatio !== null)
  if (known.length === 0) return []
  const worst = known.reduce((a, b) => (a.updateRatio! > b.updateRatio! || Number.isNaN(a.updateRatio) ? a : b))
  const ratio = worst.updateRatio!
  const rises = lossAfter !== undefined && !(lossAfter <= loss)
  const after =
    lossAfter === undefined ? '' : `, and takes the loss on this batch from ${brief(loss)} to ${brief(lossAfter)}`
  const usual = 'about 0.001 is usual'
  if (!(ratio <= WILD_UPDATE) || (ratio > HIGH_UPDATE && rises)) {
    return [
      {
        code: 'learning-rate-too-high',
        severity: rises ? 'error' : 'warning',
        layer: worst.layer,
        seen: `one step changes the weights by ${brief(ratio)} of their norm (${usual})${after}`,
        why: 'the gradient holds near the weights only: long steps land where it says nothing',
        advice: 'divide the learning rate by 10 until the loss falls',
      },
    ]
  }
  const idle = found.some(({ severity }) => severity === 'error')
  const settled = chance !== undefined && loss < chance / 10
  if (ratio >= LOW_UPDATE || idle || settled) return []
  return [
    {
      code: 'learning-rate-too-low',
      severity: 'warning',
      layer: worst.layer,
      seen: `one step changes no layer's weights by more than ${brief(ratio)} of their norm (${usual})`,
      why: 'training would take very many steps to get anywhere',
      advice: 'multiply the learning rate by 10 until the loss falls at a good pace',
    },
  ]
}
