// Arguments that work for variables, operations and derivatives.
import * as chainrule from '../../../dist/esm/index.js'
import { labels, matrix, number, product, wide, x23, x32 } from './samples.mjs'

const { tensor, variable, CrossEntropy, ReLU, Linear } = chainrule

export const graphs = {
  apply: () => [new chainrule.Multiply(), variable(2), variable(3)],
  backward: () => [[number()], [1], { retainGraph: true }],
  checkGradients: () => [new Linear(3, 2, { dtype: 'float64' }), [wide()], { rtol: 1e-3, atol: 1e-3 }],
  fuse: () => [variable(2).mul(3).add(1)],
  hvp: () => [(x) => x.mul(x), 2, 1],
  jvp: () => [(x) => x.mul(x), 2, 1],
  hessian: () => [(x) => x.mul(x).sum(), tensor([1, 2])],
  jacobian: () => [(x) => x.mul(x), tensor([1, 2])],
  vjp: () => [product, 2, 3],
  grad: () => [product, { arguments: [0] }],
  valueAndGrad: () => [product, { arguments: [0] }],
  variable: () => [2, 'x'],
  'ops.concat': () => [[variable(x23()), variable(x23())], { axis: 0 }],
  'ops.stack': () => [[variable(x23()), variable(x23())], { axis: 0 }],
  'ops.where': () => [[1, 0, 1], variable(x23()), variable(x23())],
  'ops.loss': () => [new CrossEntropy(), variable(x23()), labels()],
  'Variable#matmul': () => [
    tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
  ],
  'Variable#reshape': () => [3, 2],
  'Variable#broadcastTo': () => [[2, 3]],
  'Variable#transpose': () => [[1, 0]],
  'Variable#slice': () => [[{ start: 0, stop: 1 }]],
  'Variable#gather': () => [[0, 1], { axis: 0 }],
  'Variable#backward': () => [x23(), { retainGraph: true }],
  'Variable#apply': () => [new ReLU()],
  'Variable#clip': () => [{ min: 0, max: 1 }],
  'Variable#flatten': () => [{ startAxis: 0, endAxis: 1 }],
  defineGradient: () => [class Own extends ReLU {}, () => []],
  'ops.add': () => [matrix(), 2],
  'ops.sub': () => [matrix(), 2],
  'ops.mul': () => [matrix(), 2],
  'ops.div': () => [matrix(), 2],
  'ops.pow': () => [matrix(), 2],
  'ops.matmul': () => [matrix(), x32()],
  'ops.reshape': () => [matrix(), 3, 2],
  'ops.broadcastTo': () => [matrix(), [2, 3]],
  'ops.slice': () => [matrix(), [{ start: 0, stop: 1 }]],
  'ops.gather': () => [matrix(), [0, 1], { axis: 0 }],
  'ops.clip': () => [matrix(), { min: 0, max: 1 }],
}
