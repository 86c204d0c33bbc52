// Calibration: one factor for all scores, after which probabilities are as often right as they say.
import type { Tensor } from '../tensor/tensor.js'

// Fewer rows say too little.
const FEWEST = 50
// More do not say it better.
const MOST = 10_000
const [LOWEST, HIGHEST] = [0.1, 10]

/**
 * The factor b for which softmax(b·scores) has the least log loss for these labels (temperature scaling, Guo et al. 2017,
 * with b = 1/T); 1 where there are too few rows to tell. Accuracy does not change by it.
 * @param scores - [rows, classes] of rows that the network was not trained on
 */
export function calibration(scores: Tensor, labels: Int32Array): number {
  const [rows, classes] = scores.shape as [number, number]
  if (rows < FEWEST) return 1
  const used = strided(rows)
  // The loss is convex in b: its slope rises, and is 0 at the least.
  let [low, high] = [LOWEST, HIGHEST]
  while (high - low > 1e-3 * low) {
    const middle = Math.sqrt(low * high)
    if (slope(middle) < 0) low = middle
    else high = middle
  }
  return Math.sqrt(low * high)

  // Σ (mean score by the probabilities − score of the label)
  function slope(b: number): number {
    let sum = 0
    for (const row of used) {
      const own = scores.data.subarray(row * classes, (row + 1) * classes)
      const most = Math.max(...own)
      let [total, mean] = [0, 0]
      for (const z of own) {
        const p = Math.exp(b * (z - most))
        total += p
        mean += p * z
      }
      sum += mean / total - own[labels[row]!]!
    }
    return sum
  }
}

function strided(rows: number): number[] {
  const step = Math.max(1, rows / MOST)
  return Array.from({ length: Math.min(rows, MOST) }, (_, i) => Math.floor(i * step))
}
