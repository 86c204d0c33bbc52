// A gate of one's own: written, checked against numerical gradients, put into a network, trained.
import {
  Adam,
  checkGradients,
  fit,
  initializers,
  Linear,
  MeanSquaredError,
  Sequential,
  Tensor,
  tensor,
} from 'chainrule'

// y = sin x, so dx = dy·cos x. Forward keeps x.
class Sine {
  forward(x) {
    this.x = x
    return new Tensor(x.data.map(Math.sin), x.shape)
  }

  backward(dy) {
    const dx = dy.data.map((upstream, i) => upstream * Math.cos(this.x.data[i]))
    return [new Tensor(dx, dy.shape)]
  }
}

console.log(`${checkGradients(new Sine(), [tensor([-2, 0, 0.5, 3])])}\n`)

const x = Float32Array.from({ length: 400 }, (_, i) => -1 + i / 200)
const y = x.map((t) => t * Math.sin(6 * t))
const model = new Sequential(
  new Linear(1, 32, { initializer: initializers.uniform({ low: -6, high: 6 }), seed: 1 }),
  new Sine(),
  new Linear(32, 1, { seed: 2 }),
)
console.log(model.summary())
const data = { x: tensor(x, { shape: [400, 1] }), y: tensor(y, { shape: [400, 1] }) }
const options = { loss: new MeanSquaredError(), optimizer: new Adam({ learningRate: 0.01 }), epochs: 200 }
const { epochs } = await fit(model, data, options)
const [first, last] = [epochs[0].loss.toFixed(4), epochs.at(-1).loss.toExponential(1)]
console.log(`\nMean squared error: ${first} after 1 epoch, ${last} after ${epochs.length}`)

const column = (value, digits) => value.toFixed(digits).padStart(digits + 3)
for (const t of [-0.8, 0, 0.8]) {
  const guess = model.predictSync(tensor([[t]])).item()
  console.log(`t = ${column(t, 1)}   t·sin 6t = ${column(t * Math.sin(6 * t), 4)}   network ${column(guess, 4)}`)
}

// Prints (last digits may differ between processors):
//
//   checkGradients(Sine): 4 of 4 elements agree (rtol 0.000001, atol 1e-8)
//     largest error at input 0[3]: analytic -0.49994992493785395, numerical -0.4999499249103374, off by 2.75e-11
//
//   2-layer network, input [batch, 1]
//   name  gate    output       parameters  memory
//   ─────────────────────────────────────────────
//   0     Linear  [batch, 32]          64   256 B
//   1     Sine    [batch, ?]            0
//   2     Linear  [batch, 1]           33   132 B
//   97 parameters, all trained, 388 B
//   132 B of activations per row, and those of unknown width
//
//   Mean squared error: 0.1589 after 1 epoch, 5.0e-5 after 200
//   t = -0.8   t·sin 6t = -0.7969   network -0.7990
//   t =  0.0   t·sin 6t =  0.0000   network -0.0010
//   t =  0.8   t·sin 6t = -0.7969   network -0.7890
