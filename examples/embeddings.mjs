// A classifier on text embeddings: 1536 numbers a text, as embedding models give them, and a small head that serves.
import { AdamW, argmax, CrossEntropy, earlyStopping, fit, metrics, mlp, schedules, split, tensor } from 'chainrule'
import { readOptions } from './support/options.mjs'
import { normal, pick, uniform } from './support/random.mjs'

const { texts, seed } = readOptions(
  `Trains a classifier on generated vectors of 1536 numbers.

  --texts N     how many                4000
  --seed N      of data and training    1`,
  { texts: 4000, seed: 1 },
)

const SIZE = 1536
const topics = ['billing', 'bug', 'delivery', 'feature', 'praise', 'refund', 'security', 'spam']
const random = uniform(seed)
const gauss = normal(random)

// Vectors of length 1 around one centre per topic; topics overlap, and one text in fifty has a wrong label.
const unit = (vector) => {
  const length = Math.hypot(...vector)
  return vector.map((v) => v / length)
}
const centres = topics.map(() => unit(Array.from({ length: SIZE }, gauss)))
const x = new Float32Array(texts * SIZE)
const y = new Int32Array(texts)
for (let i = 0; i < texts; i++) {
  const topic = Math.floor(random() * topics.length)
  const other = pick(random, centres)
  const noise = 0.09
  x.set(unit(centres[topic].map((c, j) => c + 0.4 * other[j] + noise * gauss())), i * SIZE)
  y[i] = random() < 0.02 ? Math.floor(random() * topics.length) : topic
}

// A quarter to judge by, and a tenth of the rest to stop by.
const { train, test } = split(texts, { test: 0.25, stratify: y, seed })
const parts = split(train.length, { test: 0.1, stratify: train.map((i) => y[i]), seed })
const rows = (indices) => {
  const part = new Float32Array(indices.length * SIZE)
  for (const [k, i] of indices.entries()) part.set(x.subarray(i * SIZE, (i + 1) * SIZE), k * SIZE)
  return { x: tensor(part, { shape: [indices.length, SIZE] }), y: Int32Array.from(indices, (i) => y[i]) }
}
const [training, validation] = [parts.train, parts.test].map((part) => rows(part.map((i) => train[i])))
const held = rows(test)

const head = mlp({ inputs: SIZE, hidden: [64], outputs: topics.length, dropout: 0.3, seed })
const { epochs } = await fit(head, training, {
  loss: new CrossEntropy({ labelSmoothing: 0.05 }),
  optimizer: new AdamW({ learningRate: 0.003 }),
  schedule: schedules.cosine({ per: 'batch' }),
  epochs: 20,
  batchSize: 64,
  validation,
  callbacks: [earlyStopping({ patience: 5 })],
  seed,
  verbose: false,
})
const scores = await head.predict(held.x)
console.log(`${texts} texts, ${epochs.length} epochs of ${Math.round(1000 * epochs[0].seconds)} ms`)
console.log(
  `accuracy ${metrics.accuracy(scores, held.y).toFixed(3)}, among the first two ${metrics.topK(scores, held.y, 2).toFixed(3)}`,
)

// As a server answers: one vector in, without allocation.
const out = new Float32Array(topics.length)
const [vector] = [held.x.data.slice(0, SIZE)]
head.predictInto(vector, out)
const started = performance.now()
for (let i = 0; i < 1000; i++) head.predictInto(vector, out)
console.log(`one text: ${(performance.now() - started).toFixed(0)} µs`)
console.log(`it is about ${topics[argmax(tensor([[...out]])).data[0]]}, says the label: ${topics[held.y[0]]}`)
