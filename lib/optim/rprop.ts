// Rprop, as torch.optim.Rprop: for whole batches, whose gradients' signs can be trusted.
import { describe, options } from '../checks.js'
import { ArgumentError } from '../errors.js'
import { Optimizer, type OptimizerOptions } from './optimizer.js'

/** Options of {@link Rprop}. Learning rate 0.01 unless told: the first step of every parameter. */
export interface RpropOptions extends Omit<OptimizerOptions, 'weightDecay'> {
  /** Factors of a step whose gradient changed or kept its sign: η− in (0, 1), η+ > 1. Default [0.5, 1.2]. */
  etas?: readonly [number, number]
  /** The smallest and the largest step. Default [1e-6, 50]. */
  stepSizes?: readonly [number, number]
}

/**
 * Each parameter has a step of its own: it grows by η+ while the gradient keeps its sign, and shrinks by η− where that
 * changes, which also leaves out one step; p −= step·sign(g).
 */
export class Rprop extends Optimizer {
  readonly etas: readonly [number, number]
  readonly stepSizes: readonly [number, number]

  constructor(given?: RpropOptions) {
    const all = options('Rprop', given, ['learningRate', 'l1', 'groups', 'etas', 'stepSizes'])
    super('Rprop', all, { learningRate: 0.01 })
    const { etas = [0.5, 1.2], stepSizes = [1e-6, 50] } = all
    const [less, more] = pair('etas', etas)
    if (!(less > 0 && less < 1 && more > 1)) {
      throw new ArgumentError('Rprop', 'etas in (0, 1) and > 1', `${less} and ${more}`)
    }
    const [least, most] = pair('stepSizes', stepSizes)
    if (!(least >= 0 && most >= least)) {
      throw new ArgumentError('Rprop', 'stepSizes ≥ 0, the smallest first', `${least} and ${most}`)
    }
    this.etas = [less, more]
    this.stepSizes = [least, most]
  }

  override get stateNames(): readonly string[] {
    return ['gradient', 'steps']
  }
  protected override get rule(): number {
    return 10
  }
  protected override get own(): readonly number[] {
    return [...this.etas, ...this.stepSizes]
  }
}

function pair(name: string, value: unknown): [number, number] {
  if (!Array.isArray(value) || value.length !== 2 || !value.every((number) => Number.isFinite(number))) {
    throw new ArgumentError('Rprop', `${name} to be two finite numbers`, describe(value))
  }
  return value as [number, number]
}
