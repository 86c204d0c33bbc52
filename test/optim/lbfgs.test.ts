// L-BFGS has the trajectory of PyTorch's: losses before each step, evaluations, and where the parameters end.
import { describe, expect, it } from 'vitest'
import { LBFGS, type LBFGSOptions, Linear, MeanSquaredError, Sequential, Tanh, tensor } from '../../lib/index.js'
import { expectClose } from '../support.js'

const dtype = 'float64'
const x = tensor(
  Array.from({ length: 12 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]),
  { dtype },
)
const y = tensor(
  Array.from({ length: 12 }, (_, i) => [Math.sin(i) * Math.cos(3 * i)]),
  { dtype },
)

/** 2-3-1 with tanh; the parameters are sin(1)/2, sin(2)/2 … in order. */
function network(): Sequential {
  const model = new Sequential(new Linear(2, 3, { dtype }), new Tanh(), new Linear(3, 1, { dtype }))
  let i = 0
  for (const { value } of model.parameters()) for (let k = 0; k < value.size; k++) value.data[k] = Math.sin(++i) / 2
  return model
}
const parametersOf = (model: Sequential) => model.parameters().flatMap(({ value }) => Array.from(value.data))

/** What torch.optim.LBFGS of PyTorch 1.13 does in six steps from there, in float64. */
const references: { options: LBFGSOptions; evaluations: number; losses: number[]; parameters: number[] }[] = [
  {
    options: { learningRate: 0.3, maxIterations: 8 },
    evaluations: 48,
    losses: [
      0.22043490623702078, 0.10014917770849363, 0.04450121881259397, 0.03696782304455973, 0.03366810286112435,
      0.03266927762539651,
    ],
    parameters: [
      0.7530631295950764, 0.8851351051127994, -0.5990042647080668, -1.1830812633179861, -1.1443472044613456,
      -0.9198213279617781, 1.0040258829233764, -0.5696034821719056, 1.8317215790528047, -1.670464173724236,
      -0.6305687891983994, -1.2915633759351803, 1.8425453864872705,
    ],
  },
  {
    options: { lineSearch: 'strongWolfe', maxIterations: 8 },
    evaluations: 58,
    losses: [
      0.22043490623702078, 0.06011058165400851, 0.035498829429870864, 0.033250995921383975, 0.03314945422571421,
      0.032912718665967525,
    ],
    parameters: [
      0.6829857826046938, 0.5990151823098949, -0.538336108185681, -0.5307000437776582, -0.5015922456984241,
      -0.46094607414404326, 0.8687140730970863, 0.5718216517139272, 1.1061509128236302, -1.8458034534386145,
      -1.0325709550971165, -1.356303490662065, 2.515639763178355,
    ],
  },
  {
    options: { lineSearch: 'strongWolfe', historySize: 3, maxIterations: 5 },
    evaluations: 37,
    losses: [
      0.22043490623702078, 0.1764243933022932, 0.04880022593835532, 0.03825047250686918, 0.03582511204350257,
      0.03449905273202247,
    ],
    parameters: [
      0.9759912604420213, 0.8878392247324547, -0.8270700604953302, -0.9225725667125025, -0.7691118261895694,
      -0.697466199860836, 1.0530571633668617, 0.4040172813693007, 1.0317133003217247, -1.1934310477858237,
      -0.349307901612112, -0.9477529699083784, 1.3844385249129707,
    ],
  },
  {
    options: { maxIterations: 4, historySize: 2 },
    evaluations: 24,
    losses: [
      0.22043490623702078, 0.1869685542067218, 0.05769998244535515, 0.04263424185246537, 0.03917534182428742,
      0.03654659776543956,
    ],
    parameters: [
      1.141564966964504, 1.0179339547533073, -0.9339214219302968, -0.9339649563687645, -0.8369930080434954,
      -0.6945850969815234, 0.886574745334177, 0.35321752373484877, 0.8540913994202665, -1.1209237672381671,
      -0.4958128823626794, -0.7678571144918573, 1.0572494768290357,
    ],
  },
  {
    options: { learningRate: 0.5, maxIterations: 10, maxEvaluations: 4 },
    evaluations: 24,
    losses: [
      0.22043490623702078, 0.20471493923557582, 0.17978848891240032, 0.09641902739836254, 0.06457198261737086,
      0.050570179281729265,
    ],
    parameters: [
      1.2170340141303684, 1.0196557757504383, -1.0526263534344191, -0.8731928187615245, -0.8591711523048847,
      -0.8867933613177622, 0.6423285750730903, 0.3286886435141876, 0.7416179364858448, -1.1275931818090121,
      -0.6522292398448268, -0.6124105393905435, 0.7832996917963704,
    ],
  },
  {
    options: { lineSearch: 'strongWolfe', learningRate: 40, maxIterations: 3 },
    evaluations: 19,
    losses: [
      0.22043490623702078, 0.2090374731994639, 0.18529212439768628, 0.15588553046613232, 0.13410446695222536,
      0.1110080134311137,
    ],
    parameters: [
      1.176490822587652, 0.615611433900145, -1.1564642376070433, -0.7033398285354618, -0.5934062742182309,
      -0.8519072524285849, 0.8600431419565377, 0.21648210053674852, 0.6887889661255688, -0.9296828614212048,
      -0.5414156968787571, -0.5422145958234253, 0.6532494101465316,
    ],
  },
  {
    options: { learningRate: 0.3, gradientTolerance: 0.05 },
    evaluations: 9,
    losses: [
      0.22043490623702078, 0.20300388856469684, 0.20300388856469684, 0.20300388856469684, 0.20300388856469684,
      0.20300388856469684,
    ],
    parameters: [
      0.45439894373394657, 0.455048632864241, -0.0024875630148312755, -0.4078390215983306, -0.4916283369689956,
      -0.18285155181951934, 0.34746024119871927, 0.4453116322028269, 0.20894992910366475, -0.26271406836804245,
      -0.48368941514907426, -0.28924809831436626, 0.29691241020493125,
    ],
  },
  {
    options: { lineSearch: 'strongWolfe', changeTolerance: 1e-3 },
    evaluations: 20,
    losses: [
      0.22043490623702078, 0.0368148398593347, 0.0368148398593347, 0.0368148398593347, 0.0368148398593347,
      0.0368148398593347,
    ],
    parameters: [
      1.1568817509917046, 1.0194851290126987, -0.9305154175806091, -0.8440341215463872, -0.8176112710144557,
      -0.7788734555384469, 0.8225717890962899, 0.4652396807885394, 0.7367574251416383, -1.0568212563864687,
      -0.4616592399731868, -0.7394936638802093, 0.9358827441872885,
    ],
  },
]

describe('LBFGS', () => {
  it.each(references)('goes as PyTorch: $options', ({ options, evaluations, losses, parameters }) => {
    const [model, optimizer, loss] = [network(), new LBFGS(options), new MeanSquaredError()]
    let count = 0
    const evaluate = () => {
      count++
      const value = loss.forward(model.forward(x), y)
      model.backward(loss.backward()[0])
      return value
    }
    const found = losses.map(() => optimizer.step(model, evaluate))
    expect(count).toBe(evaluations)
    expectClose(found, losses, 1e-10)
    expectClose(parametersOf(model), parameters, 1e-10)
  })

  it('finds the minimum of a parabola, and stays there', () => {
    const layer = new Linear(3, 1, { dtype, bias: false, seed: 1 })
    const wanted = [3, -2, 0.5]
    const evaluate = () => {
      const w = layer.weight.data
      let loss = 0
      for (let i = 0; i < 3; i++) {
        loss += (i + 1) * (w[i]! - wanted[i]!) ** 2
        layer.block.gradients[i] = 2 * (i + 1) * (w[i]! - wanted[i]!)
      }
      return loss
    }
    const optimizer = new LBFGS({ lineSearch: 'strongWolfe', maxIterations: 50, changeTolerance: 1e-18 })
    optimizer.step(layer, evaluate)
    expectClose(Array.from(layer.weight.data), wanted, 1e-7)
    const before = Array.from(layer.weight.data)
    expect(optimizer.step(layer, evaluate)).toBeLessThan(1e-14)
    expectClose(Array.from(layer.weight.data), before, 1e-8)
    optimizer.reset(layer)
  })

  it('the line search takes infinity and NaN for too far', () => {
    // −log(p) + p is only there for p > 0; the first steps go beyond.
    const layer = new Linear(1, 1, { dtype, bias: false, seed: 1 })
    layer.weight.data[0] = 5
    const optimizer = new LBFGS({ lineSearch: 'strongWolfe', learningRate: 100, changeTolerance: 1e-14 })
    for (let i = 0; i < 3; i++) {
      optimizer.step(layer, () => {
        const p = layer.weight.data[0]!
        layer.block.gradients[0] = 1 - 1 / p
        return p - Math.log(p)
      })
    }
    expect(layer.weight.data[0]).toBeCloseTo(1, 6)
  })

  it.each([
    [{ learningRate: -1 }, 'learningRate'],
    [{ maxIterations: 0 }, 'maxIterations'],
    [{ maxEvaluations: 1.5 }, 'maxEvaluations'],
    [{ gradientTolerance: Number.NaN }, 'gradientTolerance'],
    [{ changeTolerance: -1 }, 'changeTolerance'],
    [{ historySize: 0 }, 'historySize'],
    [{ lineSearch: 'wolfe' }, 'lineSearch'],
    [{ weightDecay: 1 }, 'options among'],
  ])('refuses %o', (bad, what) => expect(() => new LBFGS(bad as never)).toThrow(what))

  it('refuses a step without a function', () => {
    expect(() => new LBFGS().step(network(), undefined as never)).toThrow('[LBFGS] expected a function')
  })
})
