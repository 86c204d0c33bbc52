// How long does a prediction take? onnxruntime-node, where it is installed, on the same network exported as ONNX.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportOnnx, mlp, setThreads, Tensor } from 'chainrule'
import { both, numbers, race, threadCounts, times } from './support.mjs'

export const title = 'Predictions in microseconds: median (best)'

const networks = [
  { inputs: 784, hidden: [512, 256], outputs: 10 },
  { inputs: 20, hidden: [64, 64], outputs: 1 },
]

export const cases = networks.flatMap((network) =>
  [1, 32, 1024].map((rows) => ({
    network,
    rows,
    name: `${[network.inputs, ...network.hidden, network.outputs].join('-')}, ${rows} row${rows > 1 ? 's' : ''}`,
  })),
)

export async function run({ network, rows }, processors) {
  const model = mlp(network)
  const x = numbers(rows * network.inputs)
  const input = new Tensor(x, [rows, network.inputs])
  const out = new Float32Array(network.outputs)
  const result = { ours: {}, onnxruntime: {} }
  for (const threads of threadCounts(processors)) {
    setThreads(threads)
    const ours = rows === 1 ? () => model.predictInto(x, out) : () => model.predictSync(input)
    const rival = await onnxruntime(model, x, rows, threads)
    const measured = await race(rival ? { ours, rival } : { ours })
    result.ours[threads] = measured.ours
    if (rival) result.onnxruntime[threads] = measured.rival
  }
  return result
}

async function onnxruntime(model, x, rows, threads) {
  const ort = await import('onnxruntime-node').then(
    ({ default: module }) => module,
    () => undefined,
  )
  if (!ort) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'chainrule-predict-'))
  try {
    const file = join(folder, 'model.onnx')
    await exportOnnx(model, file)
    const session = await ort.InferenceSession.create(file, { intraOpNumThreads: threads, interOpNumThreads: 1 })
    const feeds = { [session.inputNames[0]]: new ort.Tensor('float32', x, [rows, x.length / rows]) }
    return () => session.run(feeds)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function show(results, processors) {
  const counts = threadCounts(processors)
  const head = ['network', ...counts.flatMap((t) => [`${t} thread${t > 1 ? 's' : ''}`, 'onnxruntime-node', 'ratio'])]
  const rows = results.map(({ name, result }) => [
    name,
    ...counts.flatMap((t) => {
      const [ours, rival] = [result.ours[t], result.onnxruntime[t]]
      const micro = (seconds) => seconds * 1e6
      return [both(ours, micro), rival ? both(rival, micro) : '–', rival ? times(rival.median / ours.median) : '–']
    }),
  ])
  return {
    head,
    rows,
    note: 'One row through predictInto, more through predictSync; onnxruntime-node answers through a promise.',
  }
}
