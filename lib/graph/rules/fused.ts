// Derivatives, in graph operations, of the gates that fusion makes: those of the gates they stand for, one after the other.
import { Add } from '../../gates/binary.js'
import { MatMul } from '../../gates/matmul.js'
import type { Tensor } from '../../tensor/tensor.js'
import { again } from '../again.js'
import { Affine, SoftmaxCrossEntropy } from '../fuse/gates.js'
import type { Variable } from '../variable.js'
import { type Entry, entry, type Rule } from './rule.js'

// The rules of other gates come as arguments: they stand in tables of their own.
export function fusedRules(ruleOf: (type: unknown) => Rule): readonly Entry[] {
  return [
    entry(Affine, (dy, [x, w, b], _y, { activation, transposed }) => {
      const matrix = transposed ? w!.transpose() : w!
      const product = x!.matmul(matrix)
      const sum = b ? product.add(b) : product
      let dz = dy
      if (activation) {
        const y = sum.apply(again(activation, sum.value)!)
        dz = ruleOf(activation.constructor)(dy, [sum], y, activation)[0]!()
      }
      const [dProduct, dBias] = b ? ruleOf(Add)(dz, [product, b], sum, new Add()) : [() => dz]
      const [dx, dMatrix] = ruleOf(MatMul)(dProduct!(), [x!, matrix], product, new MatMul())
      const dw = () => (transposed ? dMatrix!().transpose() : dMatrix!())
      return b ? [dx!, dw, dBias!] : [dx!, dw]
    }),
    entry(SoftmaxCrossEntropy, (dy, [x, t], _y, { scale }) => [
      () => dxOf(x!, t!).mul(dy.mul(scale)),
      () => x!.logSoftmax().mul(dy.mul(-scale)),
    ]),
  ]
}

// softmax(x)·Σt − t
function dxOf(x: Variable, t: Variable): Variable {
  return x
    .softmax()
    .mul(t.sum({ axis: (t.value as Tensor).rank - 1, keepDims: true }))
    .sub(t)
}
