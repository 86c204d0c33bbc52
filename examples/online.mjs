// Learns from a stream whose rules drift: every batch is first predicted, then learned. A twin that learned only from the
// beginning shows what that is worth.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Adam, accuracy, CrossEntropy, copy, mlp, partialFit, plot, tensor } from 'chainrule'
import { readOptions } from './support/options.mjs'
import { uniform } from './support/random.mjs'

const { batches, seed, out } = readOptions(
  `Trains on a generated stream, batch by batch.

  --batches N   of 32 rows              600
  --seed N      of stream and training  1
  --out DIR     folder for the picture  out`,
  { batches: 600, seed: 1, out: 'out' },
)

// Points are of class 1 above a line that turns by half a circle in the course of the stream.
const random = uniform(seed)
const batch = (k) => {
  const angle = (Math.PI * k) / batches
  const points = Array.from({ length: 32 }, () => [2 * random() - 1, 2 * random() - 1])
  const y = points.map(([a, b]) => (b * Math.cos(angle) - a * Math.sin(angle) + 0.15 * (random() - 0.5) > 0 ? 1 : 0))
  return { x: tensor(points), y }
}

const model = mlp({ inputs: 2, hidden: [16], outputs: 2, activation: 'tanh', seed })
const options = { loss: new CrossEntropy(), optimizer: new Adam({ learningRate: 0.03 }) }

let twin
const scores = { learning: [], stopped: [] }
for (let k = 0; k < batches; k++) {
  const data = batch(k)
  if (twin) scores.stopped.push(accuracy(await twin.predict(data.x), data.y))
  // The accuracy is that of the model before it learns the batch.
  scores.learning.push((await partialFit(model, data, options)).accuracy)
  if (k === Math.floor(batches / 5)) twin = copy(model)
}

const mean = (list) => list.reduce((sum, v) => sum + v) / list.length
const tenth = Math.floor(batches / 10)
console.log(`Accuracy on batches before they are learned: ${mean(scores.learning.slice(tenth)).toFixed(3)}`)
console.log(
  `The last tenth: ${mean(scores.learning.slice(-tenth)).toFixed(3)}; of the twin that stopped: ${mean(scores.stopped.slice(-tenth)).toFixed(3)}`,
)

mkdirSync(out, { recursive: true })
const path = join(out, 'online.svg')
const smooth = (list) => list.map((_, i) => mean(list.slice(Math.max(0, i - 19), i + 1)))
const from = batches - scores.stopped.length
writeFileSync(
  path,
  plot.lines({
    title: 'A drifting stream',
    series: [
      { name: 'goes on learning', x: scores.learning.map((_, i) => i), y: smooth(scores.learning) },
      { name: 'stopped', x: scores.stopped.map((_, i) => from + i), y: smooth(scores.stopped) },
    ],
    x: { label: 'batch' },
    y: { label: 'accuracy, mean of 5 batches' },
  }),
)
console.log(`Picture: ${path}`)
