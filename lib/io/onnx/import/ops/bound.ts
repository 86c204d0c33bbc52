// Gates of two inputs of which one is a constant.
import type { BuiltinGate } from '../../../../gates/gate.js'
import { Bind } from '../../../../nn/bind.js'
import type { Tensor } from '../../../../tensor/tensor.js'
import type { Assembly } from '../assembly.js'
import type { NodeView } from '../node.js'
import type { Constant, Wire, WireShape } from '../operands.js'
import { nameFor } from './handler.js'

/** The shape of an operand as far as it is known. */
export function shapeOf(operand: Wire | Constant): WireShape {
  return operand.kind === 'constant' ? operand.value.shape : operand.shape
}

/** A gate with a constant of its own. */
export function bind(
  a: Assembly,
  n: NodeView,
  gate: BuiltinGate<unknown>,
  value: Tensor,
  x: Wire,
  position: 0 | 1,
  shape: WireShape,
  trained = a.trained && value.rank > 0,
): Wire {
  const name = nameFor(n, n.proto.input[position])
  return a.add(name, new Bind(gate, value, { position, trained }), [x], shape)
}
