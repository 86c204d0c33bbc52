// A schedule that rises before another one begins.
import { nonNegative, positiveInteger } from '../../checks.js'
import { type Course, type Schedule, type ScheduleLike, scheduleOf, type UnitOptions, unitOptions } from './schedule.js'

/** Options of {@link warmUp}. */
export interface WarmUpOptions extends UnitOptions {
  /** Batches or epochs until the rate is reached. */
  steps: number
  /** Where it starts, as a part of the rate. Default 1/3. */
  start?: number
  /** What comes after, counting from there. Default: the rate stays. */
  next?: ScheduleLike
}

/**
 * From start·base in a straight line to base, then another schedule (LinearLR, SequentialLR). Counts in what the other
 * schedule counts unless told; both may differ: 500 batches, then a cosine per epoch, whose epochs count from the training's
 * begin.
 */
export function warmUp(given: WarmUpOptions): Schedule {
  const inner = given?.next === undefined ? undefined : scheduleOf('warmUp', given.next)
  const { per, steps, start = 1 / 3 } = unitOptions('warmUp', given, ['steps', 'start', 'next'], inner?.per)
  positiveInteger('warmUp', 'steps', steps)
  nonNegative('warmUp', 'start', start)
  const batches = per === 'batch' ? steps : 0
  const epochs = per === 'epoch' ? steps : 0
  return {
    per: per === 'batch' || inner?.per === 'batch' ? 'batch' : 'epoch',
    start(base, length) {
      const rest = {
        epochs: Math.max(1, length.epochs - epochs),
        batches: length.batches === undefined ? undefined : Math.max(1, length.batches - batches),
      }
      return course(base, inner?.start(base, rest))
    },
  }

  function course(base: number, after: Course | undefined): Course {
    let over = false
    return {
      rate(batch, epoch) {
        const t = per === 'batch' ? batch : epoch
        over = t >= steps
        if (t < steps) return base * (start + ((1 - start) * t) / steps)
        return after ? after.rate(batch - batches, epoch - epochs) : base
      },
      ...(after?.observe && {
        observe: (record: object) => {
          if (over) after.observe!(record)
        },
      }),
      ...(after?.state && { state: () => after.state!(), resume: (state: readonly number[]) => after.resume!(state) }),
    }
  }
}
