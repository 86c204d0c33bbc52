// The activation gates. Formula and derivative of each stand together in the native core; a class here is its row: name,
// constants and their checks. `activations` lists them by the names that mlp() and variables use.
import { finite, oneOf, options } from '../checks.js'
import { ElementwiseGate } from './elementwise.js'

/** z; derivative 1. */
export class Identity extends ElementwiseGate {
  constructor() {
    super('identity')
  }
}

/** Logistic sigmoid 1/(1 + e^−z); derivative s(1 − s). Stable for large |z|. */
export class Sigmoid extends ElementwiseGate {
  constructor() {
    super('sigmoid')
  }
}

/** tanh z; derivative 1 − tanh² z. */
export class Tanh extends ElementwiseGate {
  constructor() {
    super('tanh')
  }
}

/** clip(z, −1, 1); derivative 1 inside, 0 outside. */
export class HardTanh extends ElementwiseGate {
  constructor() {
    super('hardTanh')
  }
}

/** max(0, z); derivative 1 for z > 0, else 0. */
export class ReLU extends ElementwiseGate {
  constructor() {
    super('relu')
  }
}

/** Options of gates with a fixed slope or scale for negative inputs. */
export interface AlphaOptions {
  /** Slope (LeakyReLU) or scale (ELU) for negative inputs. */
  alpha?: number
}

/** max(0, z) + α·min(0, z) with a fixed α (default 0.01). */
export class LeakyReLU extends ElementwiseGate {
  constructor(given?: AlphaOptions) {
    const { alpha = 0.01 } = options('LeakyReLU', given, ['alpha'])
    super('leakyRelu', finite('LeakyReLU', 'alpha', alpha))
  }
}

/** z for z > 0, else α(e^z − 1), with α = 1 unless given. */
export class ELU extends ElementwiseGate {
  constructor(given?: AlphaOptions) {
    const { alpha = 1 } = options('ELU', given, ['alpha'])
    super('elu', finite('ELU', 'alpha', alpha))
  }
}

/** min(max(0, z), 6). */
export class ReLU6 extends ElementwiseGate {
  constructor() {
    super('relu6')
  }
}

/** λ·ELU with the constants of self-normalising networks (Klambauer et al. 2017). */
export class SELU extends ElementwiseGate {
  constructor() {
    super('selu')
  }
}

/** log(1 + e^z); derivative: the sigmoid. */
export class Softplus extends ElementwiseGate {
  constructor() {
    super('softplus')
  }
}

/** z/(1 + |z|). */
export class Softsign extends ElementwiseGate {
  constructor() {
    super('softsign')
  }
}

/** Options of {@link GELU}. */
export interface GELUOptions {
  /** 'none' (default): z·Φ(z) by the error function; 'tanh': its tanh approximation. */
  approximate?: 'none' | 'tanh'
}

/** z·Φ(z), Φ the normal distribution function. */
export class GELU extends ElementwiseGate {
  constructor(given?: GELUOptions) {
    const { approximate = 'none' } = options('GELU', given, ['approximate'])
    super(oneOf('GELU', 'approximate', approximate, ['none', 'tanh']) === 'none' ? 'gelu' : 'geluTanh')
  }
}

/** z·sigmoid(z), also called swish. */
export class SiLU extends ElementwiseGate {
  constructor() {
    super('silu')
  }
}

/** z·tanh(softplus(z)). */
export class Mish extends ElementwiseGate {
  constructor() {
    super('mish')
  }
}

/** clip(z/6 + 1/2, 0, 1). */
export class HardSigmoid extends ElementwiseGate {
  constructor() {
    super('hardSigmoid')
  }
}

/** z·hardSigmoid(z). */
export class HardSwish extends ElementwiseGate {
  constructor() {
    super('hardSwish')
  }
}

/** log sigmoid(z) = −log(1 + e^−z). */
export class LogSigmoid extends ElementwiseGate {
  constructor() {
    super('logSigmoid')
  }
}

/** The elementwise activations by name. */
export const activations = {
  identity: Identity,
  sigmoid: Sigmoid,
  tanh: Tanh,
  hardTanh: HardTanh,
  relu: ReLU,
  leakyRelu: LeakyReLU,
  elu: ELU,
  relu6: ReLU6,
  selu: SELU,
  softplus: Softplus,
  softsign: Softsign,
  gelu: GELU,
  silu: SiLU,
  mish: Mish,
  hardSigmoid: HardSigmoid,
  hardSwish: HardSwish,
  logSigmoid: LogSigmoid,
} as const

/** Names of the elementwise activations. */
export type ActivationName = keyof typeof activations
