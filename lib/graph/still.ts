// Holds a network still while it is called again and again: the state of its random numbers, and its buffers.
import { Tensor } from '../tensor/tensor.js'

// A gate that draws random numbers counts them in `drawn`, which can be set back.
interface Drawing {
  drawn: number
}

interface Buffered {
  buffers(): readonly { readonly value: Tensor }[]
}

/** What was held: `again` before each call, `restore` at the end. */
export interface Held {
  /** Lets the gates draw the same random numbers once more. */
  again(): void
  /** Puts everything back as it was. */
  restore(): void
}

/** Notes the state of a gate and of all gates within it. */
export function hold(...roots: readonly unknown[]): Held {
  const drawings: { gate: Drawing; drawn: number }[] = []
  const buffers: { value: Tensor; copy: Tensor }[] = []
  const seen = new Set<unknown>()
  const waiting = [...roots]
  for (let gate = waiting.pop(); waiting.length > 0 || gate !== undefined; gate = waiting.pop()) {
    if (typeof gate !== 'object' || gate === null || gate instanceof Tensor || seen.has(gate)) continue
    seen.add(gate)
    const { drawn, gates } = gate as Partial<Drawing> & { gates?: unknown }
    if (typeof drawn === 'number') drawings.push({ gate: gate as Drawing, drawn })
    if (typeof (gate as Partial<Buffered>).buffers === 'function') {
      for (const { value } of (gate as Buffered).buffers()) buffers.push({ value, copy: value.clone() })
    }
    if (Array.isArray(gates)) waiting.push(...gates)
  }
  const again = () => {
    for (const { gate, drawn } of drawings) gate.drawn = drawn
  }
  return {
    again,
    restore() {
      again()
      for (const { value, copy } of buffers) value.data.set(copy.data)
    },
  }
}
