// Gates of two inputs, on numbers and tensors; tensors broadcast, and gradients are summed over broadcast axes.
import type { Tensor } from '../tensor/tensor.js'
import type { Named } from './contract.js'
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
    const z = binary(this, 'add', x, y)
    this.kept = [x, y]
    return z
  }

  protected override derive(dz: Value, [x, y]: Pair): Value[] {
    return [sumTo(dz, x), sumTo(dz, y)]
  }
}

/** x − y; dx = dz, dy = −dz. */
export class Subtract extends BinaryGate {
  protected override compute(x: Value, y: Value): Value {
    const z = binary(this, 'subtract', x, y)
    this.kept = [x, y]
    return z
  }

  protected override derive(dz: Value, [x, y]: Pair): Value[] {
    return [sumTo(dz, x), sumTo(times(dz, -1), y)]
  }
}

/** x·y, element by element; keeps both; dx = y·dz, dy = x·dz. */
export class Multiply extends BinaryGate {
  protected override compute(x: Value, y: Value): Value {
    const z = times(x, y)
    this.kept = [x, y]
    return z
  }

  protected override derive(dz: Value, [x, y]: Pair): Value[] {
    return [sumTo(times(y, dz), x), sumTo(times(x, dz), y)]
  }
}

/** x/y, element by element; keeps both; dx = dz/y, dy = −dz·x/y². */
export class Divide extends BinaryGate {
  protected override compute(x: Value, y: Value): Value {
    const z = binary(this, 'divide', x, y)
    this.kept = [x, y]
    return z
  }

  protected override derive(dz: Value, [x, y]: Pair): Value[] {
    const dx = binary(this, 'divide', dz, y)
    const dy = times(binary(this, 'divide', times(dx, x), y), -1)
    return [sumTo(dx, x), sumTo(dy, y)]
  }
}

/** max(x, y), element by element; keeps both; the larger receives dz, equals half each (as PyTorch). */
export class Maximum extends BinaryGate {
  protected override compute(x: Value, y: Value): Value {
    const z = binary(this, 'maximum', x, y)
    this.kept = [x, y]
    return z
  }

  protected override derive(dz: Value, [x, y]: Pair): Value[] {
    return [sumTo(times(dz, zipWith(this, x, y, share)), x), sumTo(times(dz, zipWith(this, y, x, share)), y)]
  }
}

/** min(x, y), element by element; keeps both; the smaller receives dz, equals half each (as PyTorch). */
export class Minimum extends BinaryGate {
  protected override compute(x: Value, y: Value): Value {
    const z = binary(this, 'minimum', x, y)
    this.kept = [x, y]
    return z
  }

  protected override derive(dz: Value, [x, y]: Pair): Value[] {
    return [sumTo(times(dz, zipWith(this, y, x, share)), x), sumTo(times(dz, zipWith(this, x, y, share)), y)]
  }
}

/**
 * x^y, element by element; keeps both; dx = dz·y·x^(y − 1), dy = dz·x^y·log x. Where y = 0, dx = 0; where x = 0 and y ≥ 0,
 * dy = 0. A negative x gives NaN unless y is an integer, and dy is NaN there. {@link Power} has a constant exponent.
 */
export class Pow extends BinaryGate {
  protected override compute(x: Value, y: Value): Value {
    const z = zipWith(this, x, y, Math.pow)
    this.kept = [x, y]
    return z
  }

  protected override derive(dz: Value, [x, y]: Pair): Value[] {
    return [sumTo(times(dz, zipWith(this, x, y, byBase)), x), sumTo(times(dz, zipWith(this, x, y, byExponent)), y)]
  }
}

const product: Named = { name: 'Multiply' }

function times(a: Value, b: Value): Value {
  return binary(product, 'multiply', a, b)
}

/** The part of dz that x receives from max(x, y). A NaN hides which is larger: both receive dz (as PyTorch). */
function share(x: number, y: number): number {
  return x < y ? 0 : x === y ? 0.5 : 1
}

/** The derivative of x^y with respect to x. */
function byBase(x: number, y: number): number {
  return y === 0 ? 0 : y * x ** (y - 1)
}

/** The derivative of x^y with respect to y. */
function byExponent(x: number, y: number): number {
  return x === 0 && y >= 0 ? 0 : x ** y * Math.log(x)
}
