// A gate of n elements has an n × n Jacobian; backward never forms it: it multiplies by it. Time and memory of both ways for
// a ReLU as it grows to 4096 elements on a batch of 100.
import { jacobian, plot, ReLU, tensor, vjp } from 'chainrule'
import { brief, experiment, table } from '../support/lecture.mjs'
import { generator } from '../support/points.mjs'

const { pick, picture } = experiment('Vector-Jacobian products against explicit Jacobians')
const sizes = pick([[16, 1], [64, 1], [256, 1], [1024, 1], [2048, 1], [4096, 1], [4096, 10], [4096, 100]], [[16, 1], [64, 1], [4096, 100]]) // biome-ignore format: sizes
const MOST = pick(4096, 256) // explicit up to here
const relu = (x) => x.relu()

function seconds(f) {
  const times = []
  for (let total = 0; total < 0.1 && times.length < 50; total += times.at(-1)) {
    const started = performance.now()
    f()
    times.push((performance.now() - started) / 1000)
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)]
}
const bytes = (n) => {
  const unit = Math.min(4, Math.floor(Math.log10(Math.max(1, n)) / 3))
  return `${brief(n / 1000 ** unit)} ${['B', 'kB', 'MB', 'GB', 'TB'][unit]}`
}
const time = (s) =>
  s === undefined ? '–' : s < 1e-3 ? `${brief(1e6 * s)} µs` : s < 1 ? `${brief(1e3 * s)} ms` : `${brief(s)} s`

const results = sizes.map(([width, batch]) => {
  const next = generator(width + batch)
  const n = width * batch
  const draw = () =>
    tensor(
      Float32Array.from({ length: n }, () => 2 * next() - 1),
      { shape: [batch, width] },
    )
  const [x, dy] = [draw(), draw()]
  const { pullback } = vjp(relu, x)
  const gate = new ReLU()
  const product = seconds(() => {
    gate.forward(x)
    gate.backward(dy)
  })
  // The explicit way: the whole matrix, then dy times it.
  let same = ''
  let explicit
  if (n <= MOST) {
    let dx
    explicit = seconds(() => {
      const J = jacobian(relu, x).reshape(n, n).data
      dx = new Float32Array(n)
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) dx[j] += dy.data[i] * J[i * n + j]
    })
    const [gradient] = [pullback(dy)].flat()
    same = dx.every((v, i) => v === gradient.data[i]) ? 'yes' : 'no'
  }
  return { width, batch, n, product, explicit, same }
})
const rows = results.map(({ width, batch, n, product, explicit, same }) => [
  `${width} × ${batch}`, time(product), bytes(4 * n), time(explicit), bytes(4 * n * n), same,
]) // biome-ignore format: columns
console.log(table(['elements × batch', 'VJP', 'memory', 'Jacobian', 'memory', 'equal'], rows))
const last = results.at(-1).n
console.log(
  `\nThe Jacobian of ${last.toLocaleString('en')} elements: ${last.toLocaleString('en')}² floats, ${((4 * last ** 2) / 1e9).toFixed(0)} GB. It is never needed.`,
)

const N = results.map(({ n }) => n)
const chart = (title, label, product, explicit) => ({
  kind: 'lines',
  title,
  x: { label: 'elements', log: true },
  y: { label, log: true },
  series: [
    { name: 'Jacobian', x: N, y: explicit, color: 'red' },
    { name: 'VJP', x: N, y: product, color: 'blue' },
  ],
})
const times = chart(
  'Time',
  'ms',
  results.map(({ product }) => 1e3 * product),
  results.map(({ explicit }) => 1e3 * (explicit ?? Number.NaN)),
)
const memory = chart(
  'Memory',
  'MB',
  N.map((n) => (4 * n) / 1e6),
  N.map((n) => (4 * n * n) / 1e6),
)
const subtitle = 'ReLU in float32; beyond 4096 elements the Jacobian exists on paper only'
picture('jacobian-against-vjp', plot.page({ title: 'No Jacobian, ever', subtitle, panels: [times, memory] }))
