// Adam and AdamW, as torch.optim.Adam and AdamW.
import { boolean, options } from '../checks.js'
import { MomentOptimizer, type MomentOptions, momentKeys } from './moments.js'

/** Options of {@link Adam} and {@link AdamW}. Learning rate 0.001 unless told; weight decay 0, AdamW's 0.01. */
export interface AdamOptions extends MomentOptions {
  /** Whether the largest second moment so far divides (Reddi et al. 2018). Default false. */
  amsgrad?: boolean
}

abstract class AdamFamily extends MomentOptimizer {
  readonly amsgrad: boolean
  readonly #plainRule: number

  protected constructor(name: string, given: AdamOptions | undefined, decoupled: boolean) {
    const all = options(name, given, [...momentKeys, 'amsgrad'])
    super(name, all, { learningRate: 1e-3, weightDecay: decoupled ? 0.01 : 0, decoupled })
    const { amsgrad = false } = all
    this.amsgrad = boolean(name, 'amsgrad', amsgrad)
    this.#plainRule = decoupled ? 2 : 1
  }

  override get stateNames(): readonly string[] {
    return this.amsgrad ? ['mean', 'squares', 'largest'] : ['mean', 'squares']
  }
  protected override get rule(): number {
    return this.amsgrad ? 3 : this.#plainRule
  }
}

/** m and v are running means of g and g²; p −= learningRate·m̂/(√v̂ + ε), both corrected for their start at 0. */
export class Adam extends AdamFamily {
  constructor(given?: AdamOptions) {
    super('Adam', given, false)
  }
}

/** Adam with decoupled weight decay: p −= learningRate·weightDecay·p before the step. */
export class AdamW extends AdamFamily {
  constructor(given?: AdamOptions) {
    super('AdamW', given, true)
  }
}
