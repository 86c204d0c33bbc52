// Watching gates at work: whoever wants to see every value and gradient of a pass (the diagnosis) gets told of them here.
import type { Gate, Value } from './gate.js'

/** What a watcher is told. Gates within other gates report before the gates that hold them. */
export interface Watcher {
  /** A gate has computed `output` from `inputs`. */
  forward(gate: Gate, inputs: readonly Value[], output: Value): void
  /** A gate has derived `gradients`, one per input, or none where none were wanted, from `upstream`. */
  backward(gate: Gate, upstream: Value, gradients: readonly Value[]): void
}

let present: Watcher | undefined

/** Who watches now. Gates that pass several steps in one sweep take them one by one while somebody does. */
export function watcher(): Watcher | undefined {
  return present
}

/** Runs f while `by` is told of the passes of all gates. */
export function watching<T>(by: Watcher, f: () => T): T {
  const before = present
  present = by
  try {
    return f()
  } finally {
    present = before
  }
}
