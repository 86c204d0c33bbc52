// Models in files: saved with labels and record, told about, exchanged as ONNX, and trained further.
// Run: node examples/files.mjs [folder]
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Adam,
  accuracy,
  argmax,
  CrossEntropy,
  exportOnnx,
  fit,
  importOnnx,
  inspectFile,
  mlp,
  readModelFile,
  save,
  tensor,
} from 'chainrule'

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'chainrule-files-'))
const [saved, onnx] = [join(folder, 'circle.safetensors'), join(folder, 'circle.onnx')]

// Points within a circle and outside, from a small generator of their own, so that all runs are alike.
let state = 1
const draw = () => {
  state = (state * 48271) % 2147483647
  return (2 * state) / 2147483647 - 1
}
const points = Float32Array.from({ length: 4000 }, draw)
const labels = Int32Array.from({ length: 2000 }, (_, i) => (Math.hypot(points[2 * i], points[2 * i + 1]) < 0.8 ? 0 : 1))
const data = { x: tensor(points, { shape: [2000, 2] }), y: labels }
const options = (epochs) => ({ loss: new CrossEntropy(), optimizer: new Adam({ learningRate: 0.01 }), epochs, seed: 1 })
const rate = (model) => accuracy(model.predictSync(data.x), labels).toFixed(2)

const model = mlp({ inputs: 2, hidden: [16], outputs: 2, activation: 'gelu', normalization: 'layer', seed: 1 })
const { epochs } = await fit(model, data, options(1))
await save(model, saved, { labels: ['inside', 'outside'], training: { epochs: epochs.length } })

const summary = await inspectFile(saved)
console.log(`${summary.format} ${summary.version}: ${summary.parameters} numbers, labels ${summary.labels.join(', ')}`)
for (const { name, type, shape } of summary.tensors) console.log(`  ${name.padEnd(9)} ${type} [${shape.join(', ')}]`)

const file = await readModelFile(saved)
const [label] = argmax(file.model.predictSync([[0.1, 0.2]])).data
console.log(`(0.1, 0.2) is ${file.labels[label]}`)

await exportOnnx({ model, labels: file.labels }, onnx)
const { operators, inputs } = await inspectFile(onnx)
console.log(`ONNX: ${Object.keys(operators).join(' ')} of ${inputs[0].name} [rows, ${inputs[0].shape[1]}]`)

const back = await importOnnx(onnx)
const [before, after] = [model, back].map((each) => each.predictSync(data.x).data)
const same = before.every((value, i) => Math.abs(value - after[i]) < 1e-5)
console.log(
  `read again: ${back.gates.map((gate) => gate.constructor.name).join(' ')}, ${same ? 'the same' : 'other'} scores`,
)
await fit(back, data, options(20))
console.log(`trained further: from ${rate(model)} to ${rate(back)} of the points right`)

// Prints (last digits may differ between processors):
//
//   chainrule 2: 114 numbers, labels inside, outside
//     0.bias    F32 [16]
//     0.weight  F32 [16, 2]
//     1.bias    F32 [16]
//     1.weight  F32 [16]
//     3.bias    F32 [2]
//     3.weight  F32 [2, 16]
//   (0.1, 0.2) is inside
//   ONNX: Gemm LayerNormalization Mul Div Erf Add of input [rows, 2]
//   read again: Linear LayerNorm GELU Linear, the same scores
//   trained further: from 0.82 to 0.97 of the points right
