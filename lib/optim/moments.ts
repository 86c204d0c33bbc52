// What the optimizers of Adam's family share: two running means, and the check of their options.
import { describe, nonNegative, within } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { commonKeys, Optimizer, type OptimizerDefaults, type OptimizerOptions } from './optimizer.js'

/** Options of the optimizers of Adam's family. */
export interface MomentOptions extends OptimizerOptions {
  /** Decay of the first and second moment. Default [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** Added to the denominator. Default 1e-8. */
  epsilon?: number
}

/** Names of the options of {@link MomentOptions}. */
export const momentKeys = [...commonKeys, 'betas', 'epsilon'] as const

/** Two numbers of a pair of options, each in [0, 1). */
export function betasOf(operation: string, betas: unknown): readonly [number, number] {
  if (!Array.isArray(betas) || betas.length !== 2)
    throw new ArgumentError(operation, 'betas to be two numbers', describe(betas))
  return [within(operation, 'betas[0]', betas[0], 0, 1), within(operation, 'betas[1]', betas[1], 0, 1)]
}

/** m = β1·m + (1 − β1)·g, and v, a mean or maximum of g² or |g| with β2. */
export abstract class MomentOptimizer extends Optimizer {
  readonly betas: readonly [number, number]
  readonly epsilon: number

  protected constructor(operation: string, given: MomentOptions, defaults: OptimizerDefaults) {
    super(operation, given, defaults)
    const { betas = [0.9, 0.999], epsilon = 1e-8 } = given
    this.betas = betasOf(operation, betas)
    this.epsilon = nonNegative(operation, 'epsilon', epsilon)
  }

  override get stateNames(): readonly string[] {
    return ['mean', 'squares']
  }
  protected override get own(): readonly number[] {
    return [...this.betas, this.epsilon]
  }
}
