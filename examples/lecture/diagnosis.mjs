// When a network does not learn: diagnose() looks at it, at some data and at the optimizer, and says what it saw, why that
// matters and what to do. A sick network, and the same after its advice was taken.
import { diagnose, mlp, SGD } from 'chainrule'
import { experiment } from '../support/lecture.mjs'
import { generator, normal } from '../support/points.mjs'

experiment('Diagnosis of a network that does not learn')

// Three classes; inputs like the pixels of images, 0 to 255.
const next = generator(1)
const y = Array.from({ length: 300 }, (_, i) => i % 3)
const pixels = y.map((label) => [0, 1, 2, 3].map((f) => 128 + 30 * normal(next) + (f === label ? 60 : 0)))

const sick = mlp({ inputs: 4, hidden: [16, 16, 16, 16, 16, 16], outputs: 3, activation: 'sigmoid', seed: 1 })
console.log(`${diagnose(sick, { x: pixels, y }, { optimizer: new SGD({ learningRate: 30 }) })}\n`)

const scaled = pixels.map((row) => row.map((v) => (v - 143) / 40))
const well = mlp({ inputs: 4, hidden: [16, 16], outputs: 3, activation: 'relu', seed: 1 })
console.log(String(diagnose(well, { x: scaled, y }, { optimizer: new SGD({ learningRate: 0.1 }) })))
