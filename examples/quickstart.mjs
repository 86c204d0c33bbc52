// Trains a small classifier on two spirals and predicts with it: the whole of the everyday API in twenty lines.
import { Adam, argmax, CrossEntropy, fit, mlp, Softmax, tensor } from 'chainrule'

const x = []
const y = []
for (let i = 0; i < 2000; i++) {
  const spiral = i % 2
  const turn = (i / 2000) * 3 * Math.PI
  const radius = 0.1 + turn / (3 * Math.PI)
  x.push([radius * Math.cos(turn + spiral * Math.PI), radius * Math.sin(turn + spiral * Math.PI)])
  y.push(spiral)
}

const model = mlp({ inputs: 2, hidden: [64, 64], outputs: 2, activation: 'tanh', seed: 1 })
const options = { loss: new CrossEntropy(), optimizer: new Adam({ learningRate: 0.01 }), epochs: 40 }
const { epochs, seconds } = await fit(model, { x, y }, options)
const { loss, accuracy } = epochs.at(-1)
console.log(`After ${seconds.toFixed(2)} s: loss ${loss.toFixed(4)}, accuracy ${accuracy}`)

// One point of either spiral.
const scores = await model.predict(tensor([-0.43, 0, 0.43, 0], { shape: [2, 2] }))
const certainty = new Softmax()
  .forward(scores)
  .toArray()
  .map((row) => Math.max(...row).toFixed(2))
console.log('Spirals:', argmax(scores).toArray(), 'with probabilities', certainty.join(' and '))

// Prints, but for the time:
//
//   After 0.17 s: loss 0.0005, accuracy 1
//   Spirals: [ 0, 1 ] with probabilities 1.00 and 1.00
