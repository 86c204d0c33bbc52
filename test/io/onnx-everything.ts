// One network of every gate there is, which the tests of ONNX export.
import * as chainrule from '../../lib/index.js'
import {
  Add,
  BatchNorm,
  Bind,
  Clip,
  ColumnEmbedding,
  Divide,
  Dropout,
  Flatten,
  type FloatDType,
  type Gate,
  Gather,
  GELU,
  LayerNorm,
  Linear,
  LogSoftmax,
  MatMul,
  Max,
  Maximum,
  Mean,
  Min,
  Minimum,
  type Model,
  Multiply,
  Network,
  Parallel,
  Pow,
  Power,
  PReLU,
  ReLU,
  Reshape,
  Residual,
  Scale,
  Sequential,
  Slice,
  Softmax,
  Square,
  Stack,
  Subtract,
  Sum,
  Transpose,
  tensor,
  Where,
} from '../../lib/index.js'

/** A gate behind layers that make its input from four columns: positive numbers of some shape. */
function behind(gate: Gate, shape: number[] = []): Gate {
  return new Sequential(...(shape.length > 0 ? [new Reshape([-1, ...shape])] : []), gate, new Flatten())
}

/** One network of every gate there is, as branches side by side. */
export function everything(dtype: FloatDType): Model {
  const elementwise = Object.values(chainrule).flatMap((each): Gate[] => {
    if (typeof each !== 'function' || !(each.prototype instanceof chainrule.ElementwiseGate)) return []
    const given = { Scale: 1.5, AddConstant: 1.5, Power: 1.5, Clip: { min: 0.3, max: 0.6 } }[each.name]
    return [new (each as unknown as new (given?: unknown) => Gate)(given)]
  })
  const norm = new BatchNorm(4, { dtype, epsilon: 1e-3 })
  norm.runningMean.data.set([0.1, 0.2, 0.3, -0.4])
  norm.runningVariance.data.set([0.5, 1, 2, 3])
  norm.weight!.data.set([1, 2, -1, 0.5])
  const norm3 = new BatchNorm(2, { dtype, affine: false })
  norm3.runningMean.data.set([0.5, 0.25])
  const scaled = new LayerNorm(4, { dtype })
  scaled.weight!.data.set([1, 2, 3, 4])
  scaled.bias!.data.set([0.1, 0, -0.1, 1])
  const slope = new PReLU({ channels: 4, dtype })
  slope.alpha.data.set([0.1, 0.2, -0.3, 2])
  const constant = (values: number[]) => tensor(values, { dtype })
  const shared = new Linear(4, 4, { dtype, seed: 9 })
  const pairs = [Add, Subtract, Multiply, Divide, Maximum, Minimum, Pow].map((type) => {
    return new Network({ nodes: { a: [new Scale(0.5), 'x'], b: [new Square(), 'x'], c: [new type(), 'a', 'b'] } })
  })
  const branches: Gate[] = [
    ...elementwise,
    new GELU({ approximate: 'tanh' }),
    new chainrule.LeakyReLU({ alpha: 0.3 }),
    new chainrule.ELU({ alpha: 0.7 }),
    new Clip({ min: 0.2 }),
    new Clip({ max: 0.7 }),
    new Clip({ min: -0.5, max: 0.5 }),
    new Power(2),
    ...pairs,
    new Softmax(),
    new LogSoftmax(),
    behind(new Softmax({ axis: 1 }), [2, 2]),
    behind(new Sum({ axis: 1, keepDims: true })),
    behind(new Mean({ axis: [-1], keepDims: true })),
    behind(new Max({ axis: -2 }), [2, 2]),
    behind(new Min({ axis: [1, 2], keepDims: true }), [2, 2]),
    behind(new Transpose([0, 2, -2]), [2, 2]),
    behind(new Flatten({ startAxis: 1, endAxis: 2 }), [2, 1, 2]),
    behind(new Slice([null, { start: -1, step: -2 }])),
    behind(new Slice([null, -1, { start: 1 }]), [2, 2]),
    behind(new Slice([null])),
    behind(
      new Gather(
        [
          [3, 0],
          [-1, 1],
        ],
        { axis: 1 },
      ),
    ),
    behind(new Stack({ axis: -1 })),
    behind(gram(), [2, 2]),
    new Network({
      nodes: { a: [new Where([1, 0, 1, 0]), 'x', 'x2'], x2: [new Scale(2), 'x'] },
      output: 'a',
    }),
    new Linear(4, 3, { dtype, seed: 1 }),
    new Linear(4, 3, { dtype, bias: false, seed: 2 }),
    norm,
    behind(norm3, [2, 2]),
    scaled,
    new LayerNorm(4, { dtype, affine: false }),
    slope,
    new PReLU({ dtype }),
    new Dropout(0.3),
    new Residual(new Linear(4, 4, { dtype, seed: 3 }), new ReLU()),
    new Parallel([new Linear(4, 2, { dtype, seed: 4 }), new Linear(4, 2, { dtype, seed: 5 })], { join: 'add' }),
    new Network({ nodes: { a: [shared, 'x'], b: [new ReLU(), 'a'], c: [shared, 'b'] } }),
    new Sequential(
      new Slice([null, { start: 0, stop: 1 }]),
      new Clip({ min: 0, max: 0 }),
      new ColumnEmbedding(3, 2, { inputs: 1, column: 0, dtype, seed: 6 }),
    ),
    new Bind(new Subtract(), constant([1, 2, 3, 4])),
    new Bind(new Divide(), constant([1, 2, 3, 4]), { position: 0 }),
    new Bind(new Pow(), constant([2])),
    new Sequential(
      new Bind(
        new MatMul(),
        tensor(
          [
            [1, 2],
            [3, 4],
            [5, 6],
            [7, 8],
          ],
          { dtype },
        ),
        { trained: true },
      ),
    ),
  ]
  return new Parallel(branches)
}

// x·xᵀ of matrices.
function gram(): Model {
  return new Network({ nodes: { t: [new Transpose([0, 2, 1]), 'x'], p: [new MatMul(), 'x', 't'] } })
}
