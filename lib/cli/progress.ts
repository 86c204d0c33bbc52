// The progress of a training on standard error: a bar on a terminal, one line per epoch elsewhere.
import type { Callback } from '../train/callback.js'
import { createProgress, type Progress } from '../train/progress.js'
import type { Context } from './context.js'

/** A callback for fit that shows each network's training; `members` networks follow each other. */
export function showProgress(context: Context, epochs: number, members: number): Callback {
  const { stderr, env } = context.streams
  let progress: Progress | undefined
  let member = 0
  let last = { loss: 0, part: 0 }
  return {
    begin() {
      member++
      if (members > 1) context.say(`${context.paint('dim', `network ${member} of ${members}`, 'stderr')}`)
      progress = createProgress({ stream: stderr, epochs, batchesPerEpoch: 1, color: !env.NO_COLOR })
      last = { loss: 0, part: 0 }
    },
    pause({ loss, part = 0 }) {
      // The mean since the last pause, from the means since the epoch's start.
      const before = part > last.part ? last : { loss: 0, part: 0 }
      const since = (loss * part - before.loss * before.part) / (part - before.part)
      last = { loss, part }
      progress?.batch(part, { loss: Number.isFinite(since) ? since : loss })
    },
    epoch({ record }) {
      last = { loss: 0, part: 0 }
      progress?.epochEnd(record)
    },
    end() {
      progress?.done()
    },
  }
}
