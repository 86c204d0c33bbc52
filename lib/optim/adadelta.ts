// Adadelta, as torch.optim.Adadelta.
import { nonNegative, options, within } from '../checks.js'
import { commonKeys, Optimizer, type OptimizerOptions } from './optimizer.js'

/** Options of {@link Adadelta}. Learning rate 1 unless told. */
export interface AdadeltaOptions extends OptimizerOptions {
  /** Part of both running means that stays. Default 0.9. */
  rho?: number
  /** Added to both means. Default 1e-6. */
  epsilon?: number
}

/** v is the running mean of g², u that of the steps d²: d = √(u + ε)/√(v + ε)·g; p −= learningRate·d. */
export class Adadelta extends Optimizer {
  readonly rho: number
  readonly epsilon: number

  constructor(given?: AdadeltaOptions) {
    const all = options('Adadelta', given, [...commonKeys, 'rho', 'epsilon'])
    super('Adadelta', all, { learningRate: 1 })
    const { rho = 0.9, epsilon = 1e-6 } = all
    this.rho = within('Adadelta', 'rho', rho, 0, 1)
    this.epsilon = nonNegative('Adadelta', 'epsilon', epsilon)
  }

  override get stateNames(): readonly string[] {
    return ['squares', 'steps']
  }
  protected override get rule(): number {
    return 9
  }
  protected override get own(): readonly number[] {
    return [this.rho, this.epsilon]
  }
}
