// Vanishing and exploding gradients: how much of the gradient reaches the first layer of networks of growing depth, for
// each activation and initializer, before any training. The diagnosis measures it.
import { diagnose, initializers, mlp, plot } from 'chainrule'
import { brief, experiment, table } from '../support/lecture.mjs'
import { generator, normal } from '../support/points.mjs'

const { pick, picture } = experiment('Gradient at the first layer, as a part of that at the last, against depth')
const depths = pick([2, 5, 10, 15, 20, 30], [2, 10])
const WIDTH = 64
const networks = [
  ['sigmoid', 'xavierNormal'],
  ['tanh', 'xavierNormal'],
  ['relu', 'heNormal'],
  ['relu', 'torchLinear'],
  ['relu', 'std 0.05', initializers.normal({ std: 0.05 })],
  ['relu', 'std 0.4', initializers.normal({ std: 0.4 })],
  ['selu', 'lecunNormal'],
  ['tanh', 'orthogonal'],
]

const next = generator(1)
const rows = pick(256, 64)
const batch = {
  x: Array.from({ length: rows }, () => Array.from({ length: WIDTH }, () => normal(next))),
  y: Array.from({ length: rows }, (_, i) => i % 10),
}
/** ‖gradient‖ at the outputs of the linear layers, first to last, and what the diagnosis has to say. */
function flow([activation, name, initializer = name], depth) {
  const model = mlp({ inputs: WIDTH, hidden: Array(depth).fill(WIDTH), outputs: 10, activation, initializer, seed: 1 })
  const { layers, findings } = diagnose(model, batch)
  const norms = layers.filter(({ layer }) => layer.includes('Linear')).map(({ gradientNorm }) => gradientNorm)
  return {
    norms,
    part: norms[0] / norms.at(-2),
    finding: findings.find(({ code }) => code.includes('gradient'))?.code ?? '',
  }
}

const results = networks.map((network) => ({ network, flows: depths.map((depth) => flow(network, depth)) }))
const lines = results.map(({ network, flows }) => [
  network.slice(0, 2).join(', '), ...flows.map(({ part }) => brief(part)), flows.at(-1).finding,
]) // biome-ignore format: columns
console.log(table(['activation, initializer', ...depths.map((d) => `${d} layers`), 'diagnosis of the deepest'], lines))

const against = (title, x, series) => ({
  kind: 'lines',
  title,
  x,
  y: { log: true, min: 1e-20, max: 1e12 },
  series,
  legend: 'top',
  width: 480,
  height: 420,
})
const panels = [
  against('Part of the gradient that arrives at layer 1', { label: 'hidden layers' }, results.map(({ network, flows }) => ({
    name: network.slice(0, 2).join(', '), x: depths, y: flows.map(({ part }) => part),
  }))),
  against(`Layer by layer, ${depths.at(-1)} hidden layers`, { label: 'layer' }, results.map(({ network, flows }) => ({
    name: network.slice(0, 2).join(', '), y: flows.at(-1).norms.slice(0, -1).map((norm) => norm / flows.at(-1).norms.at(-2)), marks: 'lines',
  }))),
] // biome-ignore format: two charts of the same form
picture(
  'vanishing-gradients',
  plot.page({ title: 'Vanishing gradients', subtitle: 'Before training; logarithmic', panels }),
)
