// Gates of two inputs, on numbers and tensors; tensors broadcast, and gradients are summed over broadcast axes.
import type { Tensor } from '../tensor/tensor.js'
import { BuiltinGate, type Value } from './gate.js'
import { binary, sumTo, zipWith } from './ops.js'

type Pair = readonly [x: Value, y: Value]

/** Base of the gates of two inputs: types of forward and backward. */
abstract class BinaryGate extends BuiltinGate<Pair> {
  override forward(x: number, y: number): number
  override forward(x: Tensor, y: Value): Tensor
  override forward(x: Value, y: Tensor): Tensor
  override forward(x: Value, y: Value): Value
  override forward(x: Value, y: Value): Value {
    return super.forward(x, y)
  }

  /** @returns [dx, dy], each of its input's form */
  override backward(dz: number): [number, number]
  override backward(dz: Tensor): [Value, Value]
  override backward(dz: Value): [Value, Value]
  override backward(dz: Value): [Value, Value] {
    return super.backward(dz) as [Value, Value]
  }
}

/** x + y; keeps both for their shapes; dx = dz, dy = dz. */
export class Add extends BinaryGate {
  protected override compute(x: Value, y: Value): Value {
    this.kept = [x, y]
    return binary(this.name, 'add', x, y)
  }

  protected override derive(dz: Value, [x, y]: Pair): Value[] {
    return [sumTo(dz, x), sumTo(dz, y)]
  }
}

/** x − y; dx = dz, dy = −dz. */
export class Subtract extends BinaryGate {
  protected override compute(x: Value, y: Value): Value {
    this.kept = [x, y]
    return binary(this.name, 'subtract', x, y)
  }

  protected override derive(dz: Value, [x, y]: Pair): Value[] {
    return [sumTo(dz, x), sumTo(times(dz, -1), y)]
  }
}

/** x·y, element by element; keeps both; dx = y·dz, dy = x·dz. */
export class Multiply extends BinaryGate {
  protected override compute(x: Value, y: Value): Value {
    this.kept = [x, y]
    return times(x, y)
  }

  protected override derive(dz: Value, [x, y]: Pair): Value[] {
    return [sumTo(times(y, dz), x), sumTo(times(x, dz), y)]
  }
}

/** x/y, element by element; keeps both; dx = dz/y, dy = −dz·x/y². */
export class Divide extends BinaryGate {
  protected override compute(x: Value, y: Value): Value {
    this.kept = [x, y]
    return binary(this.name, 'divide', x, y)
  }

  protected override derive(dz: Value, [x, y]: Pair): Value[] {
    const dx = binary(this.name, 'divide', dz, y)
    const dy = times(binary(this.name, 'divide', times(dx, x), y), -1)
    return [sumTo(dx, x), sumTo(dy, y)]
  }
}

/** max(x, y), element by element; keeps both; the larger receives dz, equals half each (as PyTorch). */
export class Maximum extends BinaryGate {
  protected override compute(x: Value, y: Value): Value {
    this.kept = [x, y]
    return binary(this.name, 'maximum', x, y)
  }

  protected override derive(dz: Value, [x, y]: Pair): Value[] {
    return [sumTo(times(dz, zipWith(this.name, x, y, share)), x), sumTo(times(dz, zipWith(this.name, y, x, share)), y)]
  }
}

/** min(x, y), element by element; keeps both; the smaller receives dz, equals half each (as PyTorch). */
export class Minimum extends BinaryGate {
  protected override compute(x: Value, y: Value): Value {
    this.kept = [x, y]
    return binary(this.name, 'minimum', x, y)
  }

  protected override derive(dz: Value, [x, y]: Pair): Value[] {
    return [sumTo(times(dz, zipWith(this.name, y, x, share)), x), sumTo(times(dz, zipWith(this.name, x, y, share)), y)]
  }
}

function times(a: Value, b: Value): Value {
  return binary('Multiply', 'multiply', a, b)
}

/** The part of dz that x receives from max(x, y). */
function share(x: number, y: number): number {
  return x > y ? 1 : x === y ? 0.5 : 0
}
