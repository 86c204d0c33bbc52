// Networks of everything that plans know, from 5 numbers to 3.
import {
  Add,
  AddConstant,
  BatchNorm,
  Bind,
  Concat,
  Divide,
  Dropout,
  ELU,
  Exp,
  type Gate,
  GELU,
  LayerNorm,
  Linear,
  Log,
  LogSoftmax,
  Maximum,
  Minimum,
  type Model,
  Multiply,
  Network,
  Parallel,
  PReLU,
  ReLU,
  Residual,
  Scale,
  Sequential,
  Sigmoid,
  Softmax,
  Sqrt,
  Square,
  Subtract,
  Tanh,
  tensor,
} from '../../lib/index.js'

export type DType = 'float32' | 'float64'

/** By what they are made of. */
export const networks: Record<string, (dtype: DType) => Model> = {
  linear: (dtype) => new Sequential(new Linear(5, 3, { dtype })),
  relu: (dtype) =>
    new Sequential(
      new Linear(5, 17, { dtype }),
      new ReLU(),
      new Linear(17, 9, { dtype }),
      new ReLU(),
      new Linear(9, 3, { dtype }),
    ),
  'without bias': (dtype) =>
    new Sequential(new Linear(5, 8, { dtype, bias: false }), new Tanh(), new Linear(8, 3, { dtype, bias: false })),
  'gelu and elu': (dtype) =>
    new Sequential(
      new Linear(5, 8, { dtype }),
      new GELU(),
      new Linear(8, 6, { dtype }),
      new ELU(),
      new Linear(6, 3, { dtype }),
    ),
  prelu: (dtype) =>
    new Sequential(
      new Linear(5, 8, { dtype }),
      new PReLU({ channels: 8, dtype }),
      new PReLU({ dtype }),
      new Linear(8, 3, { dtype }),
    ),
  'activation first': (dtype) => new Sequential(new Sigmoid(), new Linear(5, 3, { dtype })),
  nested: (dtype) =>
    new Sequential(
      new Sequential(new Linear(5, 7, { dtype }), new Sigmoid()),
      new Sequential(new Linear(7, 3, { dtype })),
    ),
  residual: (dtype) =>
    new Sequential(
      new Linear(5, 6, { dtype }),
      new Residual(new Linear(6, 6, { dtype }), new Tanh(), new Linear(6, 6, { dtype })),
      new ReLU(),
      new Residual(new PReLU({ dtype })),
      new Linear(6, 3, { dtype }),
    ),
  'residual of the input': (dtype) =>
    new Sequential(new Residual(new Linear(5, 5, { dtype }), new Sigmoid()), new Linear(5, 3, { dtype })),
  parallel: (dtype) =>
    new Sequential(
      new Linear(5, 6, { dtype }),
      new Parallel([
        new Sequential(new Linear(6, 4, { dtype }), new ReLU()),
        new Softmax(),
        new Sequential(new GELU(), new Tanh()),
      ]),
      new Parallel([new Linear(16, 3, { dtype }), new Linear(16, 3, { dtype })], { join: 'add' }),
    ),
  'shared weights': (dtype) => {
    const shared = new Linear(5, 5, { dtype })
    return new Network({
      nodes: {
        a: [shared, 'x'],
        b: [new Tanh(), 'a'],
        c: [shared, 'b'],
        twice: [new Multiply(), 'c', 'c'],
        less: [new Subtract(), 'twice', 'b'],
        all: [new Concat({ axis: -1 }), 'less', 'a', 'x', 'less'],
        double: [new Add(), 'all', 'all'],
        out: [new Linear(20, 3, { dtype }), 'double'],
      },
    })
  },
  normalised: (dtype) =>
    new Sequential(
      new LayerNorm(5, { dtype }),
      new Linear(5, 6, { dtype }),
      new BatchNorm(6, { dtype }),
      new ReLU(),
      new Residual(new BatchNorm(6, { dtype, affine: false, momentum: 0.3 }), new LayerNorm(6, { dtype, bias: false })),
      new Linear(6, 3, { dtype }),
    ),
  dropout: (dtype) =>
    new Sequential(
      new Dropout(0.2),
      new Linear(5, 12, { dtype }),
      new Tanh(),
      new Dropout(0.5, { seed: 7 }),
      new Residual(new Dropout(0.1)),
      new Linear(12, 3, { dtype }),
      new Dropout(0),
    ),
  'frozen statistics': (dtype) => {
    const frozen = new BatchNorm(6, { dtype, epsilon: 0.1 })
    frozen.eval()
    return new Sequential(new Linear(5, 6, { dtype }), frozen, new Tanh(), new Linear(6, 3, { dtype }))
  },
  'quotients and extremes': (dtype) =>
    new Network({
      nodes: {
        a: [new Linear(5, 4, { dtype }), 'x'],
        b: [new Sigmoid(), 'a'],
        c: [new AddConstant(1.5), 'b'],
        ratio: [new Divide(), 'a', 'c'],
        high: [new Maximum(), 'ratio', 'b'],
        low: [new Minimum(), 'a', 'ratio'],
        equal: [new Maximum(), 'a', 'a'],
        both: [new Concat({ axis: -1 }), 'high', 'low', 'equal'],
        out: [new Linear(12, 3, { dtype }), 'both'],
      },
    }),
  arithmetic: (dtype) =>
    new Sequential(
      new Linear(5, 6, { dtype }),
      new Square(),
      new AddConstant(1),
      new Sqrt(),
      new Log(),
      new Scale(-0.5),
      new Exp(),
      new Linear(6, 3, { dtype }),
    ),
  'bound numbers': (dtype) => {
    const columns = tensor([0.5, -2, 1.5, 0.25, 3], { dtype })
    const one = tensor([0.75], { dtype })
    const each = [Add, Subtract, Multiply, Divide, Maximum, Minimum].flatMap((gate) => [
      new Bind(new gate(), columns),
      new Bind(new gate(), one, { position: gate === Divide ? 1 : 0 }),
    ])
    return new Sequential(
      new Linear(5, 5, { dtype }),
      ...each.slice(0, 8),
      new Linear(5, 5, { dtype }),
      ...each.slice(8),
      new Linear(5, 3, { dtype }),
    )
  },
  'bound numbers that are trained': (dtype) => {
    const made = (gate: Gate, value: number[], position: 0 | 1 = 1) =>
      new Bind(gate as never, tensor(value, { dtype }), { position, trained: true })
    return new Sequential(
      made(new Subtract(), [0.1, 0.2, 0.3, 0.4, 0.5]),
      new Linear(5, 2, { dtype }),
      made(new Multiply(), [1.5, 0.5]),
      made(new Maximum(), [-0.3, 0.1], 0),
      made(new Add(), [0.3]),
      made(new Divide(), [2, 3]),
      new Sigmoid(),
      made(new Divide(), [0.7, 0.2], 0),
      made(new Minimum(), [0.6]),
      made(new Subtract(), [0.4], 0),
      new Linear(2, 3, { dtype }),
    )
  },
  softmax: (dtype) => new Sequential(new Linear(5, 3, { dtype }), new Softmax()),
  'log softmax': (dtype) => new Sequential(new Linear(5, 3, { dtype }), new LogSoftmax()),
}
