// Elementwise arithmetic of one input: the gates that expressions are made of.
import { finite } from '../checks.js'
import { ElementwiseGate } from './elementwise.js'

/** −x; derivative −1. */
export class Negate extends ElementwiseGate {
  constructor() {
    super('negate')
  }
}

/** a·x; derivative a. */
export class Scale extends ElementwiseGate {
  /** @param a - the constant factor */
  constructor(a: number) {
    super('scale', finite('Scale', 'a', a))
  }
}

/** c + x; derivative 1. */
export class AddConstant extends ElementwiseGate {
  /** @param c - the constant term */
  constructor(c: number) {
    super('addConstant', finite('AddConstant', 'c', c))
  }
}

/** e^x; derivative e^x. */
export class Exp extends ElementwiseGate {
  constructor() {
    super('exp')
  }
}

/** log x; derivative 1/x. */
export class Log extends ElementwiseGate {
  constructor() {
    super('log')
  }
}

/** 1/x; derivative −1/x². */
export class Reciprocal extends ElementwiseGate {
  constructor() {
    super('reciprocal')
  }
}

/** √x; derivative 1/(2√x). */
export class Sqrt extends ElementwiseGate {
  constructor() {
    super('sqrt')
  }
}

/** x²; derivative 2x. */
export class Square extends ElementwiseGate {
  constructor() {
    super('square')
  }
}

/** x^p for a constant p; derivative p·x^(p − 1). */
export class Power extends ElementwiseGate {
  /** @param p - the exponent */
  constructor(p: number) {
    super('power', finite('Power', 'p', p))
  }
}

/** |x|; derivative the sign of x, 0 at 0. */
export class Abs extends ElementwiseGate {
  constructor() {
    super('abs')
  }
}

/** sin x; derivative cos x. */
export class Sin extends ElementwiseGate {
  constructor() {
    super('sin')
  }
}

/** cos x; derivative −sin x. */
export class Cos extends ElementwiseGate {
  constructor() {
    super('cos')
  }
}
