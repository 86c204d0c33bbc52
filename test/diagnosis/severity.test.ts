// How grave findings are, where they lie, and how a diagnosis of none, of several and of unknown chance reads.
import { describe, expect, it } from 'vitest'
import {
  CrossEntropy,
  type DiagnoseOptions,
  diagnose,
  diagnosis,
  type FindingCode,
  fit,
  initializers,
  type Linear,
  MeanSquaredError,
  type MlpOptions,
  mlp,
  Poisson,
  type Samples,
  type Sequential,
  SGD,
} from '../../lib/index.js'
import { generator } from '../support.js'

const random = generator(3)
const row = () => Array.from({ length: 4 }, () => 2 * random() - 1)
const x = Array.from({ length: 60 }, row)
const labels = { x, y: x.map((_, i) => i % 3) }
const values = { x, y: x.map(([a]) => [a!]) }
const moved = (...by: number[]) => ({
  ...labels,
  x: x.map((each) => each.map((v, i) => v * (by[i] ? 0.1 : 1) + (by[i] ?? 0))),
})
const net = (more: Partial<MlpOptions> = {}) => mlp({ inputs: 4, hidden: [16, 16], outputs: 3, seed: 1, ...more })
const filled = (model: Sequential, layer: number, part: 'weight' | 'bias', value: number) => {
  ;(model.gates[layer] as Linear)[part]!.data.fill(value)
  return model
}
const many = Array<number>(14).fill(16)
const normal = (std: number) => initializers.normal({ std })

const rows: [string, Sequential, Samples, DiagnoseOptions, FindingCode, 'error' | 'warning', RegExp][] = [
  ['outputs that are not finite', filled(net(), 0, 'weight', 3e38), labels, {}, 'non-finite', 'error', /in the outputs of 0 \(Linear\)/],
  ['a loss that is not finite', filled(net({ hidden: [], outputs: 1 }), 0, 'bias', 1000), values, { loss: new Poisson() }, 'non-finite', 'error', /^the loss is Infinity/],
  ['gradients that vanish altogether', net({ hidden: many, activation: 'sigmoid' }), labels, {}, 'vanishing-gradient', 'error', /, …, /],
  ['gradients that explode altogether', net({ hidden: many, initializer: normal(30) }), labels, {}, 'exploding-gradient', 'error', /‖gradient‖/],
  ['sigmoids at their end', filled(net({ activation: 'sigmoid' }), 0, 'bias', 50), labels, {}, 'saturated-units', 'error', /100 % of the 960/],
  ['hard sigmoids at their end', filled(net({ activation: 'hardSigmoid' }), 0, 'bias', 50), labels, {}, 'saturated-units', 'error', /100 %/],
  ['hard sigmoids at their start', filled(net({ activation: 'hardSigmoid' }), 0, 'bias', -50), labels, {}, 'saturated-units', 'error', /100 %/],
  ['several columns far from 0', net(), moved(5, 9, 7), {}, 'inputs-not-centred', 'warning', /3 of 4 inputs .*: column 1 has mean 9/],
  ['steps too long that help', net({ hidden: [], initializer: normal(1e-4) }), labels, { optimizer: new SGD({ learningRate: 0.1 }) }, 'learning-rate-too-high', 'warning', /takes the loss on this batch from/],
] // biome-ignore format: a table

it.each(rows)('%s', (_, model, batch, options, code, severity, seen) => {
  const found = diagnose(model, batch, options).findings.find((each) => each.code === code)
  expect(found).toMatchObject({ code, severity, seen: expect.stringMatching(seen) })
})

it('the last sigmoids may lie at their ends where the answers are right', () => {
  const model = mlp({ inputs: 1, hidden: [], outputs: 1, outputActivation: 'sigmoid', seed: 1 })
  ;(model.gates[0] as Linear).weight.data.fill(40)
  const far = Array.from({ length: 40 }, (_, i) => [i % 2 ? 1 : -1])
  const batch = { x: far, y: far.map(([v]) => [v! > 0 ? 1 : 0]) }
  const codes = (loss: MeanSquaredError) => diagnose(model, batch, { loss }).findings.map(({ code }) => code)
  expect(codes(new MeanSquaredError())).not.toContain('saturated-units')
  const wrong = { ...batch, y: batch.y.map(([v]) => [1 - v!]) }
  expect(diagnose(model, wrong, {}).findings.map(({ code }) => code)).toContain('saturated-units')
})

describe('the text', () => {
  it('of none, whose chance is not known', () => {
    const text = String(diagnose(net({ activation: 'tanh', outputs: 1 }), { x: [[1, -1, 0.5, 0]], y: [[0]] }))
    expect(text).toMatch(/^Diagnosis on 1 rows: no findings; loss [\d.e-]+\n/)
    expect(text).toMatch(/saturated/)
  })

  it('of several, without a layer', () => {
    const batch = { ...labels, x: x.map((each) => each.map((v) => 20 * v + 100)) }
    expect(String(diagnose(net(), batch))).toMatch(/: [2-9] findings; .*\nwarning: inputs-not-centred\n {2}seen/)
  })

  it('of a warning, without a layer', async () => {
    const warned: string[] = []
    const listen = (warning: Error) => warned.push(warning.message)
    process.on('warning', listen)
    const training = { optimizer: new SGD({ learningRate: 1e-3 }), epochs: 1, verbose: false } as const
    await fit(net(), moved(5, 5, 5, 5), {
      ...training,
      loss: new CrossEntropy(),
      callbacks: [diagnosis({ batch: moved(5, 5, 5, 5) })],
    })
    await new Promise((resume) => setImmediate(resume))
    process.off('warning', listen)
    expect(warned.join()).toMatch(/^epoch 1: inputs-not-centred: /)
  })
})
