// Successive halving: many trials with few epochs, the best of them with more, the best of those with more again.

/** A rung: how many trials go on, and for how many epochs. */
export interface Rung {
  readonly trials: number
  readonly epochs: number
}

/**
 * The rungs from `trials` trials to the last one with `epochs` epochs: each has a `factor`-th of the trials of the one
 * before, and `factor` times its epochs.
 */
export function rungs(trials: number, epochs: number, factor: number): Rung[] {
  const count = Math.max(1, Math.floor(Math.log(trials) / Math.log(factor) + 1e-9) + 1)
  return Array.from({ length: count }, (_, i) => ({
    trials: Math.max(1, Math.floor(trials / factor ** i)),
    epochs: Math.max(1, Math.round(epochs / factor ** (count - 1 - i))),
  }))
}
