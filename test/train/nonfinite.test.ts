// Where NaN and infinity come from: the first layer whose parameters, or else outputs, are not finite.
import { describe, expect, it } from 'vitest'
import { Linear, ReLU, Sequential, Sum, Tanh, type Tensor, tensor } from '../../lib/index.js'
import { locateNonFinite } from '../../lib/train/nonfinite.js'

const x = tensor([[1, 2]], { dtype: 'float64' })
const linear = (inputs: number, outputs: number) => new Linear(inputs, outputs, { dtype: 'float64', seed: 1 })
const model = () => new Sequential(linear(2, 3), new Tanh(), linear(3, 2), new ReLU())

function changed(change: (layers: Linear[]) => void): Sequential {
  const made = model()
  change(made.gates.filter((gate) => gate instanceof Linear))
  return made
}

describe('locateNonFinite', () => {
  it('finds nothing where all is finite', () => expect(locateNonFinite(model(), x)).toBeUndefined())

  it.each<[string, Sequential, Tensor, string]>([
    ['a weight', changed(([, last]) => last!.weight.data.set([Number.NaN], 4)), x, '2 (Linear): weight[4] is NaN'],
    ['a bias', changed(([first]) => first!.bias!.data.set([-Infinity], 2)), x, '0 (Linear): bias[2] is -Infinity'],
    [
      'finite weights that are too large',
      changed(([first]) => first!.weight.data.fill(1e308)),
      x,
      '0 (Linear): its output, from finite parameters, contains Infinity',
    ],
    [
      'an input',
      new Sequential(new Tanh(), linear(2, 2)),
      tensor([[1, Number.NaN]], { dtype: 'float64' }),
      '0 (Tanh): its output contains NaN',
    ],
    [
      'a number',
      new Sequential(new Sum()),
      tensor([[1e308, 1e308]], { dtype: 'float64' }),
      '0 (Sum): its output, from finite parameters, contains Infinity',
    ],
  ])('%s', (_, network, input, place) => expect(locateNonFinite(network, input)).toBe(place))

  it('passes over numbers that are finite', () => {
    expect(locateNonFinite(new Sequential(new Sum()), x)).toBeUndefined()
  })
})
