// The activations and their derivatives, every one from its gate: forward(z), and backward(1) for the derivative.
import { activations, PReLU, plot, tensor } from 'chainrule'
import { experiment, table } from '../support/lecture.mjs'

const { picture } = experiment('Activations and their derivatives')
const formulas = {
  identity: ['z', '1'],
  sigmoid: ['1/(1+e^-z)', 's(1-s)'],
  tanh: ['tanh z', '1 - tanh² z'],
  hardTanh: ['clip(z, -1, 1)', '1 inside, 0 outside'],
  relu: ['max(0, z)', '1[z > 0]'],
  leakyRelu: ['max(0,z) + α min(0,z)', '1 or α, fixed'],
  elu: ['z if z ≥ 0 else α(e^z - 1)', '1 or α e^z'],
  prelu: ['max(0,z) + α min(0,z)', '1 or α, trained'],
}
const make = (name) => (name === 'prelu' ? new PReLU() : new activations[name]())
const names = [...new Set([...Object.keys(formulas), ...Object.keys(activations)])]

/** f(z) and f'(z). */
function curve(name, z) {
  const gate = make(name)
  const x = tensor(z)
  const y = gate.forward(x)
  const [dx] = gate.backward(tensor(z.map(() => 1)))
  return { f: Array.from(y.data), derivative: Array.from(dx.data) }
}

const places = [-2, 0, 2]
const number = (v) => String(Number(v.toFixed(4)))
const rows = names.map((name) => {
  const { f, derivative } = curve(name, places)
  return [name, ...f.map(number), ...derivative.map(number), ...(formulas[name] ?? ['', ''])]
})
const head = ['gate', ...places.map((z) => `f(${z})`), ...places.map((z) => `f'(${z})`), 'forward', 'derivative']
console.log(table(head, rows))

// What is written to PReLU's slope: dα = Σ dy·min(0, z).
const prelu = make('prelu')
prelu.forward(tensor([-3, -1, 2]))
prelu.backward(tensor([1, 10, 100]))
console.log(`\nPReLU's own gradient for z = −3, −1, 2 and dy = 1, 10, 100: dα = ${prelu.parameters()[0].gradient.data}`)

const panels = names.map((name) => {
  const end = name === 'relu6' ? 8 : 4 // ReLU6 ends at 6
  const z = Array.from({ length: 97 }, (_, i) => -4 + ((4 + end) * i) / 96)
  const { f, derivative } = curve(name, z)
  return {
    kind: 'lines',
    title: name,
    width: 230,
    height: 210,
    legend: 'none',
    y: { min: -4, max: end },
    series: [
      { name: 'f', x: z, y: f, marks: 'lines' },
      { name: "f'", x: z, y: derivative, marks: 'lines' },
    ],
  }
})
const subtitle = 'blue: f(z), orange: its derivative'
picture('activations', plot.page({ title: 'Activation gates', subtitle, panels, columns: 5 }))
