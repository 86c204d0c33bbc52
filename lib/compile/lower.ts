// Lowering: a network of built-in gates and its loss, written down as the ops of a native plan.
import { shapeText } from '../checks.js'
import { type Loss, lossText } from '../nn/losses.js'
import type { Model } from '../nn/model.js'
import { type Shape, sameShape } from '../tensor/shape.js'
import { lowerLoss } from './losses.js'
import { type Lowered, Lowering } from './lowering.js'
import { lowerGate } from './rules.js'

/** What a plan is for. */
export interface LoweringGoal {
  /** Shape of a row of the input. */
  readonly rowShape: Shape
  /** The most rows of one batch. */
  readonly batch: number
  /** Undefined for a plan that only predicts. */
  readonly loss?: Loss
  /** Shape of a row of the targets, where they are values and known. */
  readonly targetShape?: Shape
  /** Whether layers run as in training. Default false. */
  readonly training?: boolean
}

/**
 * The plan of a model, or undefined where it cannot have one: it holds a user's own gate (or a subclass of a built-in one,
 * which may compute something else), or a loss without native form. It is then run gate by gate.
 */
export function lower(model: Model, goal: LoweringGoal): Lowered | undefined {
  return attempt(model, goal).lowered
}

/** What keeps a model from being compiled, in words: a gate or the loss. */
export function obstacle(model: Model, goal: LoweringGoal): string {
  return attempt(model, goal).obstacle ?? 'the whole'
}

function attempt(model: Model, goal: LoweringGoal): { lowered?: Lowered | undefined; obstacle?: string } {
  const { rowShape, batch, loss, targetShape, training = false } = goal
  const lowering = new Lowering(model.block, rowShape, { training, integers: model.inputDType === 'int32' })
  const output = lowerGate(model, [0], lowering)
  if (output === undefined) return { obstacle: lowering.obstacle ?? model.name }
  const shape = lowering.shapeOf(output)
  const head = loss ? lowerLoss(loss, shape) : ({ loss: 'none' } as const)
  if (head === undefined)
    return { obstacle: lossText(loss) + (shape.length === 1 ? '' : ` of rows ${shapeText(shape)}`) }
  const { classWeights } = head.lossOptions ?? {}
  if (classWeights && classWeights.length !== shape.at(-1)) return { obstacle: `${classWeights.length} class weights` }
  if (targetShape && !sameShape(targetShape, shape)) return { obstacle: `targets of rows ${shapeText(targetShape)}` }
  return { lowered: lowering.finish(output, batch, head) }
}
