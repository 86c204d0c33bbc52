// Universal approximation: one hidden layer, wide enough, fits any continuous function on a compact set as closely as one
// likes. Here: tanh units on [−1, 1], the error against the width.
import { Adam, MeanSquaredError, mlp, plot, tensor } from 'chainrule'
import { brief, experiment, table } from '../support/lecture.mjs'

const { pick, picture } = experiment('Universal approximation: error of one hidden layer against its width')
const targets = {
  'sin 2πx': (x) => Math.sin(2 * Math.PI * x),
  '|x|': Math.abs,
  bumps: (x) => Math.exp(-40 * (x - 0.4) ** 2) - Math.exp(-40 * (x + 0.4) ** 2),
  zigzag: (x) => 4 * Math.abs(1.5 * x - Math.floor(1.5 * x + 0.5)) - 1,
}
const widths = pick([1, 2, 4, 8, 16, 32, 64], [1, 4, 16])
const steps = pick(4000, 300)
const names = pick(Object.keys(targets), ['sin 2πx', '|x|'])

const points = Array.from({ length: 201 }, (_, i) => i / 100 - 1)
const x = tensor(points.map((v) => [v]))

/** The network of this width after training, as its answers at all points. */
function fitted(f, width) {
  const y = tensor(points.map((v) => [f(v)]))
  const model = mlp({ inputs: 1, hidden: [width], outputs: 1, activation: 'tanh', seed: 1 })
  // Hidden units share out the interval: each bends where its w·x + b is 0.
  const [first] = model.gates
  first.weight.data.forEach((_, i) => {
    const [w, centre] = [1 + width / 4, width === 1 ? 0 : (2 * i) / (width - 1) - 1]
    first.weight.data[i] = w
    first.bias.data[i] = -w * centre
  })
  const [loss, optimizer] = [new MeanSquaredError(), new Adam()]
  for (let step = 0; step < steps; step++) {
    optimizer.learningRate = 0.01 * (1 + Math.cos((Math.PI * step) / steps))
    loss.forward(model.forward(x), y)
    model.backward(loss.backward()[0], { inputGradient: false })
    optimizer.step(model)
  }
  return Array.from(model.predictSync(x).data)
}

const rms = (a, b) => Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0) / a.length)
const results = names.map((name) => {
  const wanted = points.map(targets[name])
  const fits = widths.map((width) => fitted(targets[name], width))
  return { name, wanted, fits, errors: fits.map((fit) => rms(fit, wanted)) }
})
const rows = results.map(({ name, errors }) => [name, ...errors.map(brief)])
console.log(table(['RMS error', ...widths.map((w) => `${w} units`)], rows))

const shown = [1, Math.floor(widths.length / 2), widths.length - 1]
const { name, wanted, fits } = results.at(-1)
const curves = {
  kind: 'lines',
  title: name,
  subtitle: 'the function and some networks',
  x: { label: 'x' },
  series: [
    { name: 'function', x: points, y: wanted, color: 'grey', marks: 'lines', dashed: true },
    ...shown.map((i) => ({ name: `${widths[i]} units`, x: points, y: fits[i], marks: 'lines' })),
  ],
}
const errors = {
  kind: 'lines',
  title: 'Error against width',
  subtitle: 'both axes logarithmic',
  x: { label: 'hidden units', log: true },
  y: { label: 'RMS error', log: true },
  series: results.map((each) => ({ name: each.name, x: widths, y: each.errors })),
}
picture('universal-approximation', plot.page({ title: 'One hidden layer, wide enough', panels: [errors, curves] }))
